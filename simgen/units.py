"""Quantities with units as strings, such as "250 keV" or "1.8e12 /cm2/s".

A quantity is a number, then units joined by ``*`` and ``/``, powers as in ``cm2``. It is read into the
internal units: MeV, cm, s, g, rad, Bohr magnetons and bytes. Inside the packages there are only floats;
strings with units exist at the borders.
"""

import math
import re
from decimal import Context, Decimal
from difflib import get_close_matches
from typing import Literal, NamedTuple

__all__ = ["KINDS", "UNITS", "Kind", "convert", "read_quantity", "unit_value", "write_quantity"]

Kind = Literal[
    "energy",
    "time",
    "length",
    "area",
    "mass",
    "activity",
    "rate",
    "flux",
    "density",
    "angle",
    "magnetic moment",
    "light yield",
    "Birks constant",
    "mass squared",
    "exposure",
    "rate per mass",
    "size of a file",
]

_Dimension = tuple[int, int, int, int, int, int, int]
"""Powers of energy, length, time, mass, angle, magnetic moment and information."""

_ENERGY = (1, 0, 0, 0, 0, 0, 0)
_LENGTH = (0, 1, 0, 0, 0, 0, 0)
_TIME = (0, 0, 1, 0, 0, 0, 0)
_MASS = (0, 0, 0, 1, 0, 0, 0)
_ANGLE = (0, 0, 0, 0, 1, 0, 0)
_MOMENT = (0, 0, 0, 0, 0, 1, 0)
_BYTES = (0, 0, 0, 0, 0, 0, 1)
_PER_TIME = (0, 0, -1, 0, 0, 0, 0)

UNITS: dict[str, tuple[str, _Dimension]] = {
    "eV": ("1e-6", _ENERGY),
    "keV": ("1e-3", _ENERGY),
    "MeV": ("1", _ENERGY),
    "GeV": ("1e3", _ENERGY),
    "TeV": ("1e6", _ENERGY),
    "mm": ("0.1", _LENGTH),
    "cm": ("1", _LENGTH),
    "m": ("100", _LENGTH),
    "km": ("1e5", _LENGTH),
    "ns": ("1e-9", _TIME),
    "us": ("1e-6", _TIME),
    "ms": ("1e-3", _TIME),
    "s": ("1", _TIME),
    "min": ("60", _TIME),
    "h": ("3600", _TIME),
    "d": ("86400", _TIME),
    "y": ("31557600", _TIME),
    "yr": ("31557600", _TIME),
    "mg": ("1e-3", _MASS),
    "g": ("1", _MASS),
    "kg": ("1e3", _MASS),
    "t": ("1e6", _MASS),
    "kt": ("1e9", _MASS),
    "Hz": ("1", _PER_TIME),
    "uBq": ("1e-6", _PER_TIME),
    "mBq": ("1e-3", _PER_TIME),
    "Bq": ("1", _PER_TIME),
    "kBq": ("1e3", _PER_TIME),
    "MBq": ("1e6", _PER_TIME),
    "GBq": ("1e9", _PER_TIME),
    "TBq": ("1e12", _PER_TIME),
    "PBq": ("1e15", _PER_TIME),
    "mCi": ("3.7e7", _PER_TIME),
    "Ci": ("3.7e10", _PER_TIME),
    "kCi": ("3.7e13", _PER_TIME),
    "MCi": ("3.7e16", _PER_TIME),
    "rad": ("1", _ANGLE),
    "mrad": ("1e-3", _ANGLE),
    "deg": (repr(math.pi / 180), _ANGLE),
    "mu_B": ("1", _MOMENT),
    "B": ("1", _BYTES),
    "kB": ("1e3", _BYTES),
    "MB": ("1e6", _BYTES),
    "GB": ("1e9", _BYTES),
    "TB": ("1e12", _BYTES),
}
"""Value in internal units, and dimension. A year (y, yr) has 365.25 days; a tonne (t) 1000 kg."""


class _Wanted(NamedTuple):
    dimension: _Dimension
    article: str
    example: str
    units: str


KINDS: dict[str, _Wanted] = {
    "energy": _Wanted(_ENERGY, "an energy", "250 keV", "eV, keV, MeV, GeV, TeV"),
    "time": _Wanted(_TIME, "a time", "20 d", "ns, us, ms, s, min, h, d, y, yr"),
    "length": _Wanted(_LENGTH, "a length", "300 cm", "mm, cm, m, km"),
    "area": _Wanted((0, 2, 0, 0, 0, 0, 0), "an area", "1e-32 cm2", "cm2, m2"),
    "mass": _Wanted(_MASS, "a mass", "99.5 t", "mg, g, kg, t, kt"),
    "activity": _Wanted(
        _PER_TIME, "an activity", "1.67 MCi", "Bq, kBq, MBq, GBq, TBq, PBq, mCi, Ci, kCi, MCi"
    ),
    "rate": _Wanted(_PER_TIME, "a rate", "10 /d", "/s, /min, /h, /d, /y, Hz, mBq, uBq"),
    "flux": _Wanted((0, -2, -1, 0, 0, 0, 0), "a flux", "1.8e12 /cm2/s", "/cm2/s, /m2/s, /cm2/d"),
    "density": _Wanted((0, -3, 0, 1, 0, 0, 0), "a density", "0.88 g/cm3", "g/cm3, kg/m3"),
    "angle": _Wanted(_ANGLE, "an angle", "-66.7 deg", "deg, rad, mrad"),
    "light yield": _Wanted((-1, 0, 0, 0, 0, 0, 0), "a light yield", "500 /MeV", "/MeV, /keV"),
    "Birks constant": _Wanted(
        (-1, -2, 0, 1, 0, 0, 0), "a Birks constant", "0.01 g/cm2/MeV", "g/cm2/MeV, mg/cm2/MeV, kg/m2/MeV"
    ),
    "magnetic moment": _Wanted(_MOMENT, "a magnetic moment", "2.5e-12 mu_B", "mu_B"),
    "mass squared": _Wanted((2, 0, 0, 0, 0, 0, 0), "a mass squared", "1 eV2", "eV2, keV2, MeV2"),
    "exposure": _Wanted((0, 0, 1, 1, 0, 0, 0), "an exposure", "100 t*yr", "t*yr, t*d, kg*d, kg*yr"),
    "rate per mass": _Wanted(
        (0, 0, -1, -1, 0, 0, 0), "a rate per mass", "3 /t/d", "/t/d, /t/y, /kg/d, /kg/y, mBq/kg"
    ),
    "size of a file": _Wanted(_BYTES, "the size of a file", "2 GB", "B, kB, MB, GB, TB"),
}
"""Kinds of quantity: dimension, name with article, an example, units to choose from."""

_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4}(?!\d))?)\s*(.*?)\s*", re.DOTALL)
_FACTOR = re.compile(r"([A-Za-z_]+)([1-9]?)")
_EXACT = Context(prec=40)


def read_quantity(text: str, kind: Kind, *, unit: str | None = None) -> float:
    """Read a quantity into internal units, or into another one.

    Parameters
    ----------
    text : str
        A number, then units joined by ``*`` and ``/``, powers as in ``cm2``.
    kind : str
        Kind of quantity that is required; a key of `KINDS`.
    unit : str, optional
        Unit of the result, where it is not the internal one.

    Returns
    -------
    float
        The nearest float to the exact value in internal units, or in `unit`.

    Raises
    ------
    ValueError
        If there is no number or no unit, the unit is unknown, or it is of another dimension.

    Examples
    --------
    >>> read_quantity("57.7 keV", "energy")
    0.0577
    >>> read_quantity("1.8e12 /cm2/s", "flux")
    1800000000000.0
    >>> read_quantity("1.75 eV2", "mass squared", unit="eV2")
    1.75
    >>> read_quantity("250", "energy")
    Traceback (most recent call last):
    ValueError: '250' has no unit: write for example '250 keV' (an energy: eV, keV, MeV, GeV, TeV)
    """
    expected = KINDS[kind]
    advice = f"write for example {expected.example!r} ({expected.article}: {expected.units})"
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} does not begin with a number: {advice}")
    number, stated = match.groups()
    if not stated:
        raise ValueError(f"{text!r} has no unit: {advice}")
    try:
        dimension, scale = _read_unit(stated, wanted=expected.dimension)
    except ValueError as error:
        raise ValueError(f"{text!r}: {error}; {advice}") from None
    if dimension != expected.dimension:
        raise ValueError(f"{text!r} is not {expected.article}{_name(dimension)}: {advice}")
    exact = _EXACT.multiply(Decimal(number), scale)
    if unit is not None:
        exact = _EXACT.divide(exact, _read_unit(unit)[1])
    value = float(exact)
    if math.isinf(value) or (value == 0 and exact != 0):
        raise ValueError(f"{text!r} is too large or too small to be computed with")
    return value


def unit_value(unit: str) -> float:
    """Return the value of a unit in internal units.

    Examples
    --------
    >>> unit_value("keV"), unit_value("/d") * 86400
    (0.001, 1.0)
    """
    return float(_read_unit(unit)[1])


def convert(value: float, unit: str, into: str) -> float:
    """Convert a value from one unit to another.

    Raises
    ------
    ValueError
        If a unit is unknown, or they are of different dimensions.

    Examples
    --------
    >>> convert(1.0, "MeV", "keV"), convert(36.0, "h", "d")
    (1000.0, 1.5)
    """
    (dimension, scale), (other, wanted) = _read_unit(unit), _read_unit(into)
    if dimension != other:
        raise ValueError(f"units {unit!r} and {into!r} differ in kind")
    return float(_EXACT.divide(_EXACT.multiply(Decimal(repr(float(value))), scale), wanted))


def write_quantity(value: float, unit: str, *, digits: int = 17) -> str:
    """Write a value in internal units as a quantity.

    Parameters
    ----------
    value : float
        In internal units.
    unit : str
        Unit to write it in.
    digits : int
        Significant digits; 17 lose nothing.

    Examples
    --------
    >>> write_quantity(0.25, "keV", digits=4)
    '250 keV'
    """
    return f"{value / unit_value(unit):.{digits}g} {unit}"


def _read_unit(unit: str, *, wanted: _Dimension | None = None) -> tuple[_Dimension, Decimal]:
    """Read an expression such as ``g/cm3`` or ``/cm2/s``; for an unknown unit suggest one of a dimension."""
    powers = [0] * 7
    scale = Decimal(1)
    expression = unit if unit.startswith("/") else f"*{unit}"
    for operator, factor in re.findall(r"([*/])([^*/]*)", expression):
        match = _FACTOR.fullmatch(factor.strip())
        if match is None:
            raise ValueError(f"cannot read the unit {unit!r} (join units by * and /, powers as in cm2)")
        name, power = match[1], int(match[2] or 1)
        if name not in UNITS:
            raise ValueError(f"unknown unit {name!r}{_suggest(name, wanted if name == unit else None)}")
        sign = power if operator == "*" else -power
        value, dimension = UNITS[name]
        powers = [p + sign * d for p, d in zip(powers, dimension, strict=True)]
        scale = _EXACT.multiply(scale, _EXACT.power(Decimal(value), sign))
    a, b, c, d, e, f, g = powers
    return (a, b, c, d, e, f, g), scale


def _name(dimension: _Dimension) -> str:
    articles = [kind.article for kind in KINDS.values() if kind.dimension == dimension]
    return f" but {' or '.join(articles)}" if articles else ""


def _suggest(name: str, wanted: _Dimension | None) -> str:
    known = [unit for unit, (_, dimension) in UNITS.items() if wanted in {None, dimension}]
    same_letters = [unit for unit in known if unit.lower() == name.lower()]
    close = same_letters or get_close_matches(name, known, n=1, cutoff=0.6)
    return f", did you mean {' or '.join(map(repr, close))}?" if close else ""
