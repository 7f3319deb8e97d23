"""Known sources of neutrinos: isotopes with their data sets."""

from collections.abc import Callable
from functools import partial
from typing import Literal, get_args

from simgen.constants import YEAR
from simgen.flavours import Flavour
from simgen.sources.components import Component, Source
from simgen.sources.spectra import BetaSpectrum, HistogramSpectrum, Lines, TableSpectrum

__all__ = [
    "SOURCES",
    "BetaSpectrum",
    "Component",
    "HistogramSpectrum",
    "Lines",
    "Source",
    "TableSpectrum",
    "be7",
    "cr51",
    "pm147",
    "source",
]

DataSet = Literal["modern", "paper"]
Pr144Shape = Literal["measured", "allowed"]

_DAY = 86400.0
_PR144_FACTORS: dict[str, tuple[float, float]] = {"measured": (-0.0279, -0.076), "allowed": (0.0, 0.0)}


def cr51(data: DataSet = "modern") -> Source:
    """Make a ⁵¹Cr source.

    Parameters
    ----------
    data : {"modern", "paper"}
        "paper" is Table II.

    Notes
    -----
    Modern: half-life 27.704 d; lines as used by SOX and GALLEX: 747.3, 752.0, 427.2, 431.8 keV.

    Examples
    --------
    >>> cr51("paper").intensity
    1.0
    """
    _check_choice("data", data, get_args(DataSet))
    if data == "paper":
        lines = Lines(energies=(0.746, 0.751, 0.426, 0.431), intensities=(0.81, 0.09, 0.09, 0.01))
        half_life = 27 * _DAY
    else:
        lines = Lines(energies=(0.7473, 0.7520, 0.4272, 0.4318), intensities=(0.8163, 0.0849, 0.0895, 0.0093))
        half_life = 27.704 * _DAY
    return Source(
        name="Cr51",
        components=(Component(name="Cr51", flavour=Flavour.NU_E, spectrum=lines),),
        half_life=half_life,
    )


def pm147(data: DataSet = "modern") -> Source:
    """Make a ¹⁴⁷Pm source of ν̄_e.

    Parameters
    ----------
    data : {"modern", "paper"}
        "paper" is eq. (14): endpoint 234.7 keV, no Fermi function.
    """
    _check_choice("data", data, get_args(DataSet))
    if data == "paper":
        beta = BetaSpectrum(endpoint=0.2347, Z=62, A=147, coulomb=False)
    else:
        beta = BetaSpectrum(endpoint=0.22406, Z=62, A=147)
    return Source(
        name="Pm147",
        components=(Component(name="Pm147", flavour=Flavour.ANTI_NU_E, spectrum=beta),),
        half_life=2.6234 * YEAR,
    )


def ar37() -> Source:
    """Make a ³⁷Ar source of ν_e.

    Notes
    -----
    Half-life 35.011 d; capture from the K shell gives 811 keV (90.2 %), from higher shells 813 keV (9.8 %).
    """
    lines = Lines(energies=(0.811, 0.813), intensities=(0.902, 0.098))
    return Source(
        name="Ar37",
        components=(Component(name="Ar37", flavour=Flavour.NU_E, spectrum=lines),),
        half_life=35.011 * _DAY,
    )


def zn65() -> Source:
    """Make a ⁶⁵Zn source of ν_e: capture lines and the β⁺ continuum.

    Notes
    -----
    Intensities from I_EC0/I_EC* = 0.9684(18) of the KDK collaboration (arXiv:2308.03965, Nuclear Data
    Sheets 189, 224) and I_β+ = 1.4271(7) %, with 0.003 % to the level at 771 keV left out: 48.494 % to the
    ground state, 50.076 % to the level at 1115.5 keV; KDK quotes 48.50(6) and 50.08(6) %. Lines: Q = 1352.1
    keV less the copper shell's binding (K 8.98, L 1.1 keV; higher shells are counted with L). K-capture
    fractions 0.8857 and 0.8797, as in ENSDF. End point of the positrons Q - 2 m_e = 330.1 keV. Half-life
    244.01 d.
    """
    ground, excited, positrons = 0.48494, 0.50076, 0.014271
    lines = Lines(
        energies=(1.3431, 1.3510, 0.2276, 0.2355),
        intensities=(0.8857 * ground, 0.1143 * ground, 0.8797 * excited, 0.1203 * excited),
    )
    beta = BetaSpectrum(endpoint=0.3301, Z=29, A=65, intensity=positrons, positron=True)
    return Source(
        name="Zn65",
        components=(
            Component(name="Zn65", flavour=Flavour.NU_E, spectrum=lines),
            Component(name="Zn65-positrons", flavour=Flavour.NU_E, spectrum=beta),
        ),
        half_life=244.01 * _DAY,
    )


def h3() -> Source:
    """Make a tritium source of ν̄_e, end point 18.59 keV, half-life 12.32 y."""
    return _beta_source("H3", 12.32 * YEAR, [("H3", BetaSpectrum(endpoint=0.01859, Z=2, A=3))])


def sr90() -> Source:
    """Make a ⁹⁰Sr source of ν̄_e with its daughter ⁹⁰Y in equilibrium: two antineutrinos a decay.

    Notes
    -----
    End points 546 and 2279 keV, both unique first-forbidden with the factor p² λ₂ + q²; half-life 28.80 y.
    Mean beta energies come out as 195.5 and 930.9 keV, evaluated are 195.7 and 932.4 keV; without the Coulomb
    function λ₂ they would be 201 and 944 keV. ⁹⁰Y (64 h) reaches equilibrium some weeks after a separation.
    """
    return _beta_source(
        "Sr90",
        28.80 * YEAR,
        [
            ("Sr90", BetaSpectrum(endpoint=0.546, Z=39, A=90, shape="first-unique-coulomb")),
            ("Y90", BetaSpectrum(endpoint=2.279, Z=40, A=90, shape="first-unique-coulomb")),
        ],
    )


def ce144(pr144_shape: Pr144Shape = "measured") -> Source:
    """Make a ¹⁴⁴Ce source of ν̄_e with its daughter ¹⁴⁴Pr in equilibrium: two antineutrinos a decay.

    Parameters
    ----------
    pr144_shape : {"measured", "allowed"}
        Shape of the 0⁻ → 0⁺ branch of ¹⁴⁴Pr to 2997.5 keV: "measured" multiplies by C(W) = 1 - 0.0279 W -
        0.076/W, W the electron's energy in units of m_e (A. V. Derbin et al., arXiv:2506.03716).

    Notes
    -----
    End points and intensities in order: ¹⁴⁴Ce 318.7 (76.5 %), 185.2 (19.6 %), 238.6 keV (3.9 %); ¹⁴⁴Pr 2997.5
    (97.9 %), 2301 (1.04 %), 811 keV (1.05 %), which leaves 0.01 % out; all others have allowed shapes.
    Half-life 284.9 d; ¹⁴⁴Pr lives for 17 min. C(W) makes the antineutrinos harder at the same number a decay:
    +1.4 % of the branch's recoils above 0.25 MeV, +2.8 % above 1.5 MeV.
    """
    _check_choice("pr144_shape", pr144_shape, get_args(Pr144Shape))
    cerium = ((0.3187, 0.765), (0.1852, 0.196), (0.2386, 0.039))
    praseodymium = ((2.9975, 0.979), (2.301, 0.0104), (0.811, 0.0105))
    branches = [
        (f"{name}-{1000 * end:.0f}", BetaSpectrum(endpoint=end, Z=Z, A=144, intensity=share, factor=factor))
        for name, Z, rows in (("Ce144", 59, cerium), ("Pr144", 60, praseodymium))
        for end, share in rows
        for factor in (_PR144_FACTORS[pr144_shape] if end == praseodymium[0][0] else (0.0, 0.0),)
    ]
    return _beta_source("Ce144", 284.9 * _DAY, branches)


def be7(p_ee: float = 0.51) -> Source:
    """Make the ⁷Be neutrinos of the Sun: a constant mixture of ν_e, ν_μ and ν_τ.

    Parameters
    ----------
    p_ee : float
        Probability that a neutrino arrives as ν_e, from 0 to 1; the rest is half ν_μ, half ν_τ. The default
        is Borexino's 0.51 ± 0.07 at 862 keV (PRL 107, 141302), used for both lines.

    Notes
    -----
    861.8 keV (89.52 %) and 384.2 keV (10.48 %). A flux counts the neutrinos of all flavours and both lines.

    Examples
    --------
    >>> [round(c.spectrum.intensity, 3) for c in be7(0.6).components]
    [0.6, 0.2, 0.2]
    """
    if not 0 <= p_ee <= 1:
        raise ValueError(f"p_ee is a probability from 0 to 1, got {p_ee}")
    shares = {Flavour.NU_E: p_ee, Flavour.NU_MU: (1 - p_ee) / 2, Flavour.NU_TAU: (1 - p_ee) / 2}
    components = [
        Component(
            name=f"Be7-{flavour}",
            flavour=flavour,
            spectrum=Lines(energies=(0.8618, 0.3842), intensities=(0.8952 * share, 0.1048 * share)),
        )
        for flavour, share in shares.items()
        if share > 0
    ]
    return Source(name="Be7", components=tuple(components))


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Refuse what is not one of the choices."""
    if value not in choices:
        raise ValueError(f"{name} must be {' or '.join(map(repr, choices))}, got {value!r}")


def _beta_source(name: str, half_life: float, branches: list[tuple[str, BetaSpectrum]]) -> Source:
    return Source(
        name=name,
        components=tuple(
            Component(name=n, flavour=Flavour.ANTI_NU_E, spectrum=spectrum) for n, spectrum in branches
        ),
        half_life=half_life,
    )


SOURCES: dict[str, dict[DataSet, Callable[[], Source]]] = {
    "Cr51": {"modern": cr51, "paper": partial(cr51, "paper")},
    "Pm147": {"modern": pm147, "paper": partial(pm147, "paper")},
    "Ar37": {"modern": ar37},
    "Zn65": {"modern": zn65},
    "H3": {"modern": h3},
    "Sr90": {"modern": sr90},
    "Ce144": {"modern": ce144},
    "Be7": {"modern": be7},
}
"""Functions that make a source, by isotope and data set; CONTRIBUTING.md says how an isotope is added."""


def source(
    isotope: str,
    data: DataSet = "modern",
    *,
    p_ee: float | None = None,
    pr144_shape: Pr144Shape | None = None,
) -> Source:
    """Make a source by the name of its isotope.

    Parameters
    ----------
    isotope : str
        One of `SOURCES`.
    data : {"modern", "paper"}
        The paper has ⁵¹Cr and ¹⁴⁷Pm.
    p_ee : float, optional
        Survival probability of solar ν_e; with Be7 only.
    pr144_shape : {"measured", "allowed"}, optional
        Shape of the strongest branch of ¹⁴⁴Pr, see `ce144`; with Ce144 only.

    Raises
    ------
    ValueError
        If the isotope is unknown, has no such data, no flavour mixture or no ¹⁴⁴Pr.
    """
    if isotope not in SOURCES:
        raise ValueError(f"unknown isotope {isotope!r}: known are {', '.join(SOURCES)}")
    sets = SOURCES[isotope]
    _check_choice("data", data, get_args(DataSet))
    if data not in sets:
        raise ValueError(f"data = {data!r}: the paper has no {isotope}; 'modern' is what there is")
    if p_ee is not None:
        if isotope != "Be7":
            raise ValueError(f"p_ee is the flavour mixture of solar neutrinos, and the isotope is {isotope}")
        return be7(p_ee)
    if pr144_shape is not None:
        if isotope != "Ce144":
            raise ValueError(f"pr144_shape is of the daughter of Ce144, and the isotope is {isotope}")
        return ce144(pr144_shape)
    return sets[data]()
