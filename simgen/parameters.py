"""Physical range and unit of every parameter of the models, named angles β, and γ from the mass of a Z'.

The range in which a parameter is fitted, which may be wider, is in analysis/model/ranges.py.
"""

import math

from simgen.constants import M_Z
from simgen.units import Kind, read_quantity

__all__ = [
    "NAMED_BETA",
    "gamma_from_mass",
    "mass_from_gamma",
    "parameter_names",
    "parameter_range",
    "parameter_unit",
    "read_parameter",
]

NAMED_BETA = {
    "chi": 0.0,
    "psi": math.pi / 2,
    "eta": math.atan2(-math.sqrt(5 / 8), math.sqrt(3 / 8)),
}
"""E6 angle β [rad] of the named models, after eq. (6)."""

_RANGES = {
    "gamma": (0.0, math.inf),
    "mu_nu": (0.0, math.inf),
    "phi": (-math.pi / 2, math.pi / 2),
    "beta": (-math.pi / 2, math.pi / 2),
    "delta_c_L": (-math.inf, math.inf),
    "sin2_theta_w": (0.0, 0.5),
    "eps_L": (-math.inf, math.inf),
    "eps_R": (-math.inf, math.inf),
    "charge_radius": (-math.inf, math.inf),
    "millicharge": (-math.inf, math.inf),
    "vector_coupling": (-math.inf, math.inf),
    "vector_mass": (0.0, math.inf),
    "scalar_coupling": (0.0, math.inf),
    "scalar_mass": (0.0, math.inf),
    "sin2_2theta": (0.0, 1.0),
    "delta_m2": (0.0, math.inf),
}
"""Physical range of every parameter, in its internal unit."""

_UNITS = {
    "mu_nu": "μ_B",
    "phi": "rad",
    "beta": "rad",
    "charge_radius": "cm²",
    "millicharge": "e",
    "vector_mass": "MeV",
    "scalar_mass": "MeV",
    "delta_m2": "eV²",
}
"""Internal unit of the parameters that have one."""


_KINDS: dict[str, Kind] = {
    "mu_nu": "magnetic moment",
    "phi": "angle",
    "beta": "angle",
    "charge_radius": "area",
    "vector_mass": "energy",
    "scalar_mass": "energy",
    "delta_m2": "mass squared",
}
"""Kind of quantity of the parameters that can be written with a unit."""


def gamma_from_mass(mass: float) -> float:
    """Convert the mass of the Z' [MeV] into γ = (M_Z/M_Z')²."""
    return (M_Z / mass) ** 2


def mass_from_gamma(gamma: float) -> float:
    """Convert γ into the mass of the Z' [MeV]; γ = 0 gives infinity."""
    return M_Z / math.sqrt(gamma) if gamma > 0 else math.inf


def parameter_names() -> tuple[str, ...]:
    """Name every parameter that a model can have."""
    return tuple(_RANGES)


def parameter_range(name: str) -> tuple[float, float]:
    """Return the physical range of a parameter, in its internal unit."""
    return _RANGES[name]


def parameter_unit(name: str) -> str:
    """Return the internal unit of a parameter, in which results are given; empty for a pure number.

    Examples
    --------
    >>> parameter_unit("vector_mass"), parameter_unit("gamma")
    ('MeV', '')
    """
    return _UNITS.get(name, "")


def read_parameter(name: str, number: float, unit: str = "") -> float:
    """Return a value of a parameter in its internal unit.

    Parameters
    ----------
    name : str
    number : float
    unit : str
        As in a card; without one the number is in the internal unit.

    Raises
    ------
    ValueError
        If the parameter has no unit, or one of another kind.

    Examples
    --------
    >>> read_parameter("vector_mass", 10.0, "keV"), read_parameter("gamma", 0.1)
    (0.01, 0.1)
    """
    if not unit:
        return number
    if name not in _KINDS:
        raise ValueError(f"{number:g} {unit!r}: {name or 'the parameter'} has no unit")
    return read_quantity(
        f"{number!r} {unit}", _KINDS[name], unit="eV2" if _KINDS[name] == "mass squared" else None
    )
