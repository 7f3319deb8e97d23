"""The table of plausible values: a row for every key that is a number, with the reason."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from macros.card.checks.faults import CardFault
from macros.card.tables import UNIT_MASS
from simgen.units import unit_value

__all__ = ["RANGES", "SMALLEST", "Range", "check_ranges"]

_ENERGY = "recoils of neutrinos from radioactive sources, the sun, reactors and beams"
_LENGTH = "from a vial to the largest detectors"
_PLACE = "from the detector itself to the sun"
_NEW = "larger effects were excluded long ago"


@dataclass(frozen=True, slots=True)
class Range:
    """Plausible values of one key.

    Parameters
    ----------
    key : str
        Path; ``*`` is any name, or any place in a list.
    unit : str
        Of the limits; empty for a pure number.
    possible : tuple of two float
        Outside no number that is computed can be right: an error.
    plausible : tuple of two float
        Outside there is a warning.
    why : str
    """

    key: str
    unit: str
    possible: tuple[float, float]
    plausible: tuple[float, float]
    why: str

    @property
    def scale(self) -> float:
        """The unit in internal ones."""
        return {"": 1.0, "mu_B": 1.0, "eV2": 1.0}.get(self.unit) or unit_value(self.unit)

    def write(self, value: float) -> str:
        """Write a value in the unit of the row."""
        return f"{value:.6g} {self.unit}".rstrip()

    def between(self, limits: tuple[float, float]) -> str:
        """Say what lies between two limits, of which one may be open."""
        low, high = limits
        if math.isinf(low):
            return f"at most {self.write(high)}"
        return (
            f"at least {self.write(low)}" if math.isinf(high) else f"{self.write(low)} to {self.write(high)}"
        )


_ROUNDING = 1e-13
"""Of units, relative."""
SMALLEST = {"keV": 1e-11, "m": 1e-12, "d": 1e-14}
"""Sizes below which a value that is not 0 is lost beside others, by the unit of its row."""

_INF = math.inf
_ENERGIES = ((-1e8, 1e8), (-1e3, 1e5), _ENERGY)
_HALF_LIFE = ((1e-9, _INF), (1, 1e33), "from the shortest that a source can have to double beta decays")

RANGES = (
    Range("source.activity", "Bq", (1e-3, 1e24), (1e3, 1e19), "source experiments have 1e16 to 1e18 Bq"),
    Range("source.flux", "/cm2/s", (1e-20, 1e30), (1e-3, 1e17), "from the sky to a strong source at contact"),
    Range("source.events", "", (1e-20, 1e18), (1e-3, 1e12), "numbers that can be counted"),
    Range("source.half_life", "s", *_HALF_LIFE),
    Range(
        "source.components.*.lines.*.energy", "keV", (1e-3, _INF), (1, 1e6), "scattering off free electrons"
    ),
    Range("source.components.*.lines.*.intensity", "", (1e-30, 1e12), (1e-9, 1e3), "neutrinos per decay"),
    Range("source.components.*.intensity", "", (1e-30, 1e12), (1e-9, 1e3), "neutrinos per decay"),
    Range("geometry.radius", "m", (1e-9, 1e7), (1e-3, 1e3), _LENGTH),
    Range("geometry.inner_radius", "m", (1e-9, 1e7), (1e-3, 1e3), _LENGTH),
    Range("geometry.height", "m", (1e-9, 1e7), (1e-3, 1e3), _LENGTH),
    Range("geometry.size.*", "m", (1e-9, 1e7), (1e-3, 1e3), _LENGTH),
    Range("geometry.source_distance", "m", (-_INF, 1e12), (-_INF, 2e11), _PLACE),
    Range("geometry.source_position.*", "m", (-1e12, 1e12), (-2e11, 2e11), _PLACE),
    Range("geometry.source_radius", "m", (-_INF, 1e9), (-_INF, 1e2), "sources are smaller than detectors"),
    Range("detector.mass", "kg", (1e-12, 1e15), (1e-6, 1e9), "from a crystal to a megatonne"),
    Range("detector.electrons", "", (1, 1e45), (1e15, 1e36), "from a crystal to a megatonne"),
    Range("detector.threshold", "keV", (-1e8, 1e8), (0, 1e5), _ENERGY),
    Range("detector.bins.low", "keV", *_ENERGIES),
    Range("detector.bins.high", "keV", *_ENERGIES),
    Range("detector.bins.width", "keV", (1e-9, 1e8), (1e-4, 1e5), _ENERGY),
    Range("detector.edges.*", "keV", *_ENERGIES),
    Range("detector.resolution.at_1MeV", "keV", (-_INF, 1e6), (-_INF, 1e3), "no more than the energy itself"),
    Range("detector.resolution.constant", "keV", (-_INF, 1e6), (-_INF, 1e3), "noise of detectors"),
    Range(
        "detector.resolution.proportional", "", (-_INF, 10), (-_INF, 0.5), "no more than the energy itself"
    ),
    Range("detector.resolution.photoelectrons", "/MeV", (1e-3, 1e12), (1, 1e7), "light yields of detectors"),
    Range("detector.resolution.sigma.*", "keV", (-_INF, 1e6), (-_INF, 1e4), "widths of detectors"),
    Range("detector.*.energies.*", "keV", *_ENERGIES),
    Range(
        "detector.efficiency", "", (1e-12, _INF), (1e-3, _INF), "detectors record what they were built for"
    ),
    Range("detector.quenching.kB", "g/cm2/MeV", (-_INF, 100), (-_INF, 0.1), "scintillators have about 0.01"),
    Range("detector.quenching.mean_excitation", "eV", (1, 1e5), (10, 1e3), "hydrogen 19 eV, uranium 890 eV"),
    Range("detector.quenching.ratio.*", "", (-_INF, 1e3), (-_INF, 2), "visible over true energy"),
    Range(
        "detector.energy_scale", "", (1e-3, 1e3), (0.5, 2), "measured over visible energy, after calibration"
    ),
    Range("detector.fiducial", "", (1e-9, _INF), (1e-3, _INF), "a part of the target that is worth it"),
    Range("detector.fiducial.wall_distance", "m", (-_INF, 1e7), (-_INF, 1e2), _LENGTH),
    Range("detector.distance.low", "m", (-_INF, 1e12), (-_INF, 2e11), _PLACE),
    Range("detector.distance.high", "m", (-_INF, 1e12), (-_INF, 2e11), _PLACE),
    Range("detector.distance.width", "m", (1e-9, 1e12), (1e-3, 2e11), _PLACE),
    Range("detector.distance.edges.*", "m", (-_INF, 1e12), (-_INF, 2e11), _PLACE),
    Range("detector.distance.resolution", "m", (-_INF, 1e9), (-_INF, 1e2), "widths of detectors"),
    Range("exposure.start", "d", (-5e12, 5e12), (-36525, 36525), "within a century of the stated activity"),
    Range("exposure.duration", "d", (1e-14, 5e12), (1e-5, 36525), "from a second to a century"),
    Range("exposure.amount", "t*yr", (1e-15, 1e13), (1e-9, 1e7), "from a crystal to a megatonne"),
    Range(
        "background.*.rate",
        "/d",
        (-_INF, 1e20),
        (-_INF, 1e11),
        "detectors count up to MHz; per tonne with an amount",
    ),
    Range("background.*.half_life", "s", *_HALF_LIFE),
    Range("background.*.index", "", (-100, 100), (-10, 10), "powers that spectra have"),
    Range("background.*.low", "keV", *_ENERGIES),
    Range("background.*.high", "keV", *_ENERGIES),
    Range("background.*.energy", "keV", (1e-6, 1e8), (1e-3, 1e5), _ENERGY),
    Range("background.*.edges.*", "keV", *_ENERGIES),
    Range("model.beta", "deg", (-1e4, 1e4), (-180, 180), "an angle"),
    Range(
        "model.gamma",
        "",
        (-_INF, 1e4),
        (-_INF, 1),
        "above 1 the Z' is lighter than the Z; below 0.9 GeV, at 1e4, it is no contact interaction: see "
        "vector_coupling",
    ),
    Range("model.mass", "GeV", (0.9119, _INF), (91.19, 1e5), "as of gamma; above, it has no effect"),
    Range("model.phi", "deg", (-90, 90), (-10, 10), "LEP allows less than a degree"),
    Range(
        "model.constrained.tau", "", (-_INF, 1e12), (-_INF, 1e3), "a ratio of two expectation values squared"
    ),
    Range("model.sin2_theta_w", "", (0, 0.5), (0.2, 0.26), "0.22 to 0.24 in all schemes"),
    Range("model.delta_c_L", "", (-1e3, 1e3), (-1, 1), _NEW),
    Range("model.eps_L", "", (-1e3, 1e3), (-1, 1), _NEW),
    Range("model.eps_R", "", (-1e3, 1e3), (-1, 1), _NEW),
    Range("model.mu_nu", "mu_B", (-_INF, 1e-3), (-_INF, 1e-8), _NEW),
    Range("model.charge_radius", "cm2", (-1e-24, 1e-24), (-1e-30, 1e-30), _NEW),
    Range("model.millicharge", "", (-1, 1), (-1e-9, 1e-9), _NEW),
    Range("model.vector_coupling", "", (-12.6, 12.6), (-1e-3, 1e-3), "at 4 pi perturbation theory ends"),
    Range("model.vector_mass", "MeV", (1e-15, 1e12), (1e-6, 1e6), "from 1 eV to 1 TeV"),
    Range("model.scalar_coupling", "", (-_INF, 12.6), (-_INF, 1e-3), "at 4 pi perturbation theory ends"),
    Range("model.scalar_mass", "MeV", (1e-15, 1e12), (1e-6, 1e6), "from 1 eV to 1 TeV"),
    Range("model.delta_m2", "eV2", (-_INF, 1e16), (-_INF, 1e6), "waves that a detector could see"),
    Range("model.generate_above", "keV", (-_INF, 1e8), (-_INF, 1e5), _ENERGY),
    Range("fit.error_per_bin", "", (1e-9, 100), (1e-4, 1), "a relative error"),
    Range("fit.level", "", (1e-6, 1 - 1e-12), (0.5, 1 - 1e-7), "from a half to five standard deviations"),
    Range(
        "fit.limit_level", "", (1e-6, 1 - 1e-12), (0.5, 1 - 1e-7), "from a half to five standard deviations"
    ),
    Range("fit.template_events", "", (1, 1e10), (1e4, 1e10), "fewer make templates of noise"),
    Range("run.file_size", "GB", (1e-3, 9e9), (1e-3, 1e5), "of one file"),
)
"""In the order of the card; `macros.card.checks.consistency` has what concerns several keys."""


def check_ranges(tables: Mapping[str, Any], *, per_mass: bool) -> tuple[list[CardFault], list[CardFault]]:
    """Compare a card with the table of plausible values.

    Parameters
    ----------
    tables : mapping of str to table
        Those that are valid in themselves, in internal units.
    per_mass : bool
        Whether rates are per mass.

    Returns
    -------
    errors, warnings : list of CardFault
    """
    errors, warnings = [], []
    for row in RANGES:
        for key, stated in _values(tables, row.key.split("."), ()):
            value = stated / row.scale * (UNIT_MASS if per_mass and key.endswith(".rate") else 1)
            if math.isinf(value) and math.isinf(stated):
                continue  # a word such as "none"
            smallest = SMALLEST.get(row.unit, 0.0)
            if not _inside(value, row.possible) or 0 < abs(value) < smallest:
                limits = row.between(row.possible)
                if 0 < abs(value) < smallest:
                    limits = f"0 or at least {row.write(smallest)}"
                reason = f"must be {limits}, got {row.write(value)}"
                errors.append(CardFault(key=key, reason=reason, suggestion=row.why))
            elif not _inside(value, row.plausible):
                reason = f"{row.write(value)} is not plausible, {row.between(row.plausible)} is"
                warnings.append(CardFault(key=key, reason=reason, suggestion=row.why))
    return errors, warnings


def _inside(value: float, limits: tuple[float, float]) -> bool:
    low, high = limits
    below, above = (0.0 if math.isinf(x) else _ROUNDING * abs(x) for x in limits)
    return low - below <= value <= high + above


def _values(node: Any, path: Sequence[str], key: tuple[str, ...]) -> Iterator[tuple[str, float]]:
    """Find the numbers under a path, with the keys of each."""
    if not path:
        if isinstance(node, float | int) and not isinstance(node, bool):
            yield ".".join(key), float(node)
        return
    head, *rest = path
    for name, value in _members(node):
        if head in ("*", name):
            yield from _values(value, rest, (*key, name))


def _members(node: Any) -> list[tuple[str, Any]]:
    if isinstance(node, BaseModel):
        return list(node)
    if isinstance(node, Mapping):
        return list(node.items())
    return [(str(i), item) for i, item in enumerate(node)] if isinstance(node, list | tuple) else []
