"""Values as an option gives them: n points from a to b, evenly or in equal ratios, or a list; with units."""

import math
import re
from dataclasses import dataclass
from itertools import pairwise

import typer

__all__ = ["MOST_POINTS", "ScanValue", "even_values", "read_points", "read_scan", "read_values"]

MOST_POINTS = 100_000
"""Largest number of values of one option."""
_ROUNDING = 1e-9
"""An equidistant value this close to 0 is 0, in steps."""
_NUMBER = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?(?:inf|nan))\s*(.*)")
_HOW = "n points from a to b, such as"


@dataclass(frozen=True, slots=True)
class ScanValue:
    """A value of a scan.

    Parameters
    ----------
    number : float or None
        None for a word.
    unit : str
        Of the number, or the word.
    """

    number: float | None
    unit: str = ""


def read_scan(option: str, text: str) -> list[ScanValue]:
    """Read the values of a scan.

    Parameters
    ----------
    option : str
        What error messages call it.
    text : str
        ``a:b:n``, ends included; ``a:b:n:log`` for equal ratios; or a list, ``v,v,...``. Ends and entries may
        have units, different ones, too; those of a range are given in the unit of a. Entries of a list
        may be words.

    Raises
    ------
    typer.BadParameter
        If it is something else.

    Examples
    --------
    >>> [f"{v.number:g} {v.unit}" for v in read_scan("--x", "10 keV:1 MeV:3:log")]
    ['10 keV', '100 keV', '1000 keV']
    >>> read_scan("--x", "chi,psi")
    [ScanValue(number=None, unit='chi'), ScanValue(number=None, unit='psi')]
    """
    if ":" in text:
        return _range(option, text)
    values = [_value(part.strip()) for part in text.split(",")]
    if len(values) < 2 or not all(v.unit or v.number is not None for v in values):
        raise typer.BadParameter(f"{option} {text!r}: write a:b:n, {_HOW} 0.01:0.15:15, or a list, v,v,...")
    _check_finite(option, text, values)
    twice = [v for v in values if values.count(v) > 1]
    if twice:
        raise typer.BadParameter(f"{option} {text!r}: {_word(twice[0])} stands there twice")
    return values


def _value(text: str) -> ScanValue:
    match = _NUMBER.fullmatch(text)
    return ScanValue(None, text) if match is None else ScanValue(float(match[1]), match[2].strip())


def _word(value: ScanValue) -> str:
    return value.unit if value.number is None else f"{value.number:g} {value.unit}".rstrip()


def _check_finite(option: str, text: str, values: list[ScanValue]) -> None:
    if not all(v.number is None or math.isfinite(v.number) for v in values):
        raise typer.BadParameter(f"{option} {text!r}: values must be finite")


def _range(option: str, text: str) -> list[ScanValue]:
    """Read a range."""
    parts = [part.strip() for part in text.split(":")]
    logarithmic = len(parts) == 4 and parts[3] == "log"
    ends = [_value(part) for part in parts[:2]]
    counted = len(parts) > 2 and re.fullmatch(r"\d{1,9}", parts[2]) is not None and int(parts[2]) > 0
    if len(parts) != 3 + logarithmic or any(end.number is None for end in ends) or not counted:
        raise typer.BadParameter(
            f"{option} {text!r}: write a:b:n, {_HOW} 0.01:0.15:15, or a:b:n:log for equal ratios"
        )
    n = int(parts[2])
    if n > MOST_POINTS:
        raise typer.BadParameter(f"{option} {text!r}: more than {MOST_POINTS} points")
    _check_finite(option, text, ends)
    unit = ends[0].unit or ends[1].unit
    low, high = (_in_unit(option, text, end, unit) for end in ends)
    if not logarithmic:
        return [ScanValue(value, unit) for value in even_values(low, high, n)]
    if low <= 0 or high <= 0:
        raise typer.BadParameter(f"{option} {text!r}: equal ratios start above 0")
    steps = [i / max(n - 1, 1) for i in range(n)]
    return [ScanValue(float(f"{low * (high / low) ** s:.12g}"), unit) for s in steps]


def _in_unit(option: str, text: str, value: ScanValue, unit: str) -> float:
    """Return a number in a unit; one without is in it already."""
    from simgen.units import convert

    number = float(value.number or 0.0)
    if value.unit in {"", unit}:
        return number
    try:
        return convert(number, value.unit, unit)
    except ValueError as error:
        raise typer.BadParameter(f"{option} {text!r}: {error}") from None


def even_values(first: float, last: float, n: int) -> list[float]:
    """Return equidistant values with 12 digits, ends included; of 0 rounding leaves nothing but 0.

    Examples
    --------
    >>> even_values(-0.7, 1.4, 4)
    [-0.7, 0.0, 0.7, 1.4]
    """
    step = (last - first) / max(n - 1, 1)
    values = [float(f"{first + (last - first) * i / max(n - 1, 1):.12g}") for i in range(n)]
    return [0.0 if abs(v) < _ROUNDING * abs(step) else v for v in values]


def read_points(option: str, text: str) -> tuple[str, list[float]]:
    """Read the name of a parameter and its values, in its internal unit, ascending.

    Parameters
    ----------
    option : str
        What error messages call it.
    text : str
        ``NAME=`` and values as for `read_scan`, two at least.

    Raises
    ------
    typer.BadParameter
        If it is something else.

    Examples
    --------
    >>> read_points("--x", "gamma=0:0.2:3")
    ('gamma', [0.0, 0.1, 0.2])
    >>> read_points("--x", "vector_mass=1 keV:1 MeV:4:log")
    ('vector_mass', [0.001, 0.01, 0.1, 1.0])
    """
    name, _, values = (part.strip() for part in text.partition("="))
    if not name or (":" not in values and "," not in values):
        raise _wrong_points(option, text)
    try:
        scan = read_scan(option, values)
    except typer.BadParameter as error:
        raise _wrong_points(option, text) if "write a:b:n" in error.message else error from None
    points = [internal_value(option, value, name) for value in scan]
    if len(points) < 2 or any(b <= a for a, b in pairwise(points)):
        raise typer.BadParameter(f"{option} {text!r}: needs a name, a < b and at least 2 points, ascending")
    return name, points


def _wrong_points(option: str, text: str) -> typer.BadParameter:
    return typer.BadParameter(
        f"{option} {text!r}: write NAME=a:b:n, {_HOW} gamma=0:0.2:41, a:b:n:log, or NAME=v,v,..."
    )


def internal_value(option: str, value: ScanValue, parameter: str) -> float:
    """Return a value of a parameter in its internal unit.

    Raises
    ------
    typer.BadParameter
        If it is a word, or has a unit that is none of the parameter.
    """
    from simgen.parameters import read_parameter

    if value.number is None:
        raise typer.BadParameter(
            f"{option}: {value.unit!r} is not a number; write for example 0,0.02,0.05, or 0:0.2:21"
        )
    try:
        return read_parameter(parameter, value.number, value.unit)
    except ValueError as error:
        raise typer.BadParameter(f"{option}: {error}") from None


def read_values(option: str, text: str, parameter: str = "") -> list[float]:
    """Read the values of a parameter whose name is known, in its internal unit.

    Parameters
    ----------
    option : str
        What error messages call it.
    text : str
        One value, or as for `read_scan`.
    parameter : str
        Decides which units there may be: none for one that has none.

    Raises
    ------
    typer.BadParameter
        If it is something else.

    Examples
    --------
    >>> read_values("--at", "0,0.02"), read_values("--at", "0:0.2:3")
    ([0.0, 0.02], [0.0, 0.1, 0.2])
    """
    if ":" in text:
        scan = read_scan(option, text)
    else:
        scan = [_value(part.strip()) for part in text.split(",")]
        _check_finite(option, text, scan)
    values = [internal_value(option, value, parameter) for value in scan]
    twice = [v for v in values if values.count(v) > 1]
    if twice:
        raise typer.BadParameter(f"{option} {text!r}: {twice[0]:g} stands there twice")
    return values
