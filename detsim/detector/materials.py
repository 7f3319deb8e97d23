"""Targets: material, mass, number of electrons, and the shells in which they are bound."""

import math
import re
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simgen.constants import AVOGADRO
from simgen.representation import readable

__all__ = ["Target", "charge_to_mass", "composition", "electrons_in", "shells"]

_TOKEN = re.compile(r"([A-Z][a-z]?)(\d*)")
# fmt: off
ELEMENTS = frozenset((
    "H", "He", "Li", "Be", "B", "C", "N", "O", "F", "Ne", "Na", "Mg", "Al", "Si",
    "P", "S", "Cl", "Ar", "K", "Ca", "Sc", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni",
    "Cu", "Zn", "Ga", "Ge", "As", "Se", "Br", "Kr", "Rb", "Sr", "Y", "Zr", "Nb", "Mo",
    "Tc", "Ru", "Rh", "Pd", "Ag", "Cd", "In", "Sn", "Sb", "Te", "I", "Xe", "Cs", "Ba",
    "La", "Ce", "Pr", "Nd", "Pm", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb",
    "Lu", "Hf", "Ta", "W", "Re", "Os", "Ir", "Pt", "Au", "Hg", "Tl", "Pb", "Bi", "Po",
    "At", "Rn", "Fr", "Ra", "Ac", "Th", "Pa", "U", "Np", "Pu", "Am", "Cm", "Bk", "Cf",
))
# fmt: on
"""Elements of the X-ray data base, here so that a formula is checked without opening it."""


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
    if not formula or _TOKEN.sub("", formula):
        raise ValueError(f"target {formula!r} is not a chemical formula such as 'C9H12' or 'NaI'")
    counts: dict[str, int] = {}
    for element, n in _TOKEN.findall(formula):
        if element not in ELEMENTS:
            raise ValueError(f"target {formula!r}: there is no element {element!r}")
        if n and int(n) == 0:
            raise ValueError(f"target {formula!r}: a number of atoms must be above 0")
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
    return mass * AVOGADRO * charge_to_mass(formula)


def charge_to_mass(formula: str) -> float:
    """Compute ΣZ/ΣA of a material [mol/g]."""
    atoms = composition(formula)
    table = atomic_table()
    charge = sum(n * table[e][0] for e, n in atoms.items())
    weight = sum(n * table[e][1] for e, n in atoms.items())
    return float(charge / weight)


@cache
def atomic_table() -> dict[str, tuple[int, float]]:
    """Read atomic numbers and atomic masses [g/mol] of the elements.

    Notes
    -----
    They are read from the file of the X-ray data base itself, because importing `xraydb` loads SQLAlchemy,
    which takes a quarter of a second. If the file is not what it was, `xraydb` is asked.
    """
    package = find_spec("xraydb")
    with suppress(sqlite3.Error, OSError):
        file = Path(str(package and package.origin)).with_name("xraydb.sqlite").resolve(strict=True)
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)) as data_base:
            rows = data_base.execute("SELECT element, atomic_number, molar_mass FROM elements").fetchall()
        table = {str(element): (int(number), float(mass)) for element, number, mass in rows}
        if table.keys() >= ELEMENTS:
            return table
    from xraydb import atomic_mass, atomic_number  # noqa: PLC0415

    return {element: (atomic_number(element), atomic_mass(element)) for element in ELEMENTS}


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
    n_electrons: dict[float, float] = {}
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
                    n_electrons[energy] = n_electrons.get(energy, 0) + n * filled
                    left -= filled
        n_electrons[0.0] = n_electrons.get(0.0, 0) + n * left
    energies = np.array(sorted(n_electrons))
    return energies, np.array([n_electrons[e] for e in energies]) / total


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The electrons of the target.

    Parameters
    ----------
    material : str or None
        Chemical formula; None if only a number of electrons is known.
    mass : float or None
        Mass [g], with a material.
    electrons : float or None
        Number of electrons; without it, it follows from material and mass.

    Raises
    ------
    ValueError
        If neither or both of mass and electrons are given.
    """

    material: str | None = None
    mass: float | None = None
    electrons: float | None = None

    def __post_init__(self) -> None:
        if (self.mass is None) == (self.electrons is None):
            raise ValueError("a target has either a mass (with a material) or a number of electrons")
        if self.mass is not None and self.material is None:
            raise ValueError("a target's mass needs its material, a chemical formula such as 'C9H12'")
        for name, value, unit in (("mass", self.mass, " g"), ("electrons", self.electrons, "")):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise ValueError(f"target {name} must be finite and above 0{unit}, got {value}")
        if self.material is not None:
            composition(self.material)

    @property
    def summary(self) -> str:
        """Material, mass and number of electrons, in one line."""
        mass = "" if self.mass is None else f"{readable(self.mass, 'mg', 'g', 'kg', 't', 'kt')} of "
        return f"{mass}{self.material or 'any material'}, {readable(self.n_electrons)} electrons"

    @property
    def electrons_per_atom(self) -> float | None:
        """Mean number of electrons over the atoms of the material; None if only a number is known.

        Examples
        --------
        >>> Target(material="NaI", mass=1e6).electrons_per_atom
        32.0
        """
        if self.material is None:
            return None
        from xraydb import atomic_number  # noqa: PLC0415

        atoms = composition(self.material)
        return float(sum(n * atomic_number(e) for e, n in atoms.items()) / sum(atoms.values()))

    @property
    def n_electrons(self) -> float:
        """Number of electrons."""
        if self.electrons is not None:
            return self.electrons
        return electrons_in(str(self.material), float(self.mass or 0))
