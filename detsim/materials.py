"""Target materials: electrons in a mass, and the shells they are bound in."""

import re
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simgen.constants import AVOGADRO

__all__ = ["composition", "electrons_in", "shells"]

_TOKEN = re.compile(r"([A-Z][a-z]?)(\d*)")


def composition(formula: str) -> dict[str, int]:
    """Read a chemical formula.

    Raises
    ------
    ValueError
        If it is not a formula of known elements.

    Examples
    --------
    >>> composition("C9H12")
    {'C': 9, 'H': 12}
    """
    from xraydb import atomic_number  # noqa: PLC0415 (opens its data base)

    if not formula or _TOKEN.sub("", formula):
        raise ValueError(f"target {formula!r} is not a chemical formula such as 'C9H12' or 'NaI'")
    counts: dict[str, int] = {}
    for element, n in _TOKEN.findall(formula):
        try:
            atomic_number(element)
        except ValueError:
            raise ValueError(f"target {formula!r}: there is no element {element!r}") from None
        counts[element] = counts.get(element, 0) + int(n or 1)
    return counts


def electrons_in(formula: str, mass: float) -> float:
    """Count the electrons in a mass of a material.

    Parameters
    ----------
    formula : str
        Chemical formula.
    mass : float
        Mass [g].

    Notes
    -----
    N_e = mass · N_A · ΣZ/ΣA.

    Examples
    --------
    >>> f"{electrons_in('NaI', 1e6):.3e}"
    '2.571e+29'
    """
    from xraydb import atomic_mass, atomic_number  # noqa: PLC0415

    atoms = composition(formula)
    charge = sum(n * atomic_number(e) for e, n in atoms.items())
    weight = sum(n * atomic_mass(e) for e, n in atoms.items())
    return float(mass * AVOGADRO * charge / weight)


_OCCUPANCY = {
    "K": (2,),
    "L": (2, 2, 4),
    "M": (2, 2, 4, 4, 6),
    "N": (2, 2, 4, 4, 6, 6, 8),
    "O": (2, 2, 4, 4, 6),
    "P": (2, 2, 4),
}


@lru_cache
def shells(formula: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """List binding energies and the fraction of electrons bound in each shell.

    Returns
    -------
    energies, fractions : ndarray
        Binding energies in ascending order [MeV], 0 for electrons without a tabulated shell, and the
        fraction of all electrons at each; the fractions sum to 1.

    Notes
    -----
    Edges of the X-ray data base (Elam, Ravel and Sieber 2002), subshells filled up to Z electrons.
    """
    from xraydb import atomic_number, xray_edges  # noqa: PLC0415

    atoms = composition(formula)
    found: dict[float, float] = {}
    total = 0
    for element, n in atoms.items():
        left = atomic_number(element)
        total += n * left
        edges = xray_edges(element)
        for shell, occupancies in _OCCUPANCY.items():
            for i, capacity in enumerate(occupancies, start=1):
                name = shell if shell == "K" else f"{shell}{i}"
                if name in edges and left:
                    filled = min(capacity, left)
                    energy = edges[name].energy * 1e-6
                    found[energy] = found.get(energy, 0) + n * filled
                    left -= filled
        found[0.0] = found.get(0.0, 0) + n * left
    energies = np.array(sorted(found))
    return energies, np.array([found[e] for e in energies]) / total
