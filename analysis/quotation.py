"""Numbers as one quotes them: in a unit that suits them, rounded by their errors."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from simgen.parameters import parameter_unit
from simgen.representation import format_number, readable
from simgen.units import unit_value

__all__ = [
    "Scale",
    "digits_apart",
    "exact_text",
    "mass_text",
    "name_with_unit",
    "quoted",
    "quoted_errors",
    "scale_of",
    "without_rounding",
]

_ENERGIES = ("eV", "keV", "MeV", "GeV", "TeV")
_CUSTOMARY = {"μ_B": -11, "cm²": -32, "e": -12}
"""Powers of ten in which magnetic moments, charge radii and millicharges are quoted."""
_AROUND = 1e4
"""Values further from a customary power have one of their own."""
_SMALLEST, _LARGEST = 1e-3, 1e5
"""Numbers between these are written without a power of ten."""
_ROUNDING = 1e-7
"""Beside its error and interval a smaller value is 0."""
_DIGITS = 3
"""Significant digits of a limit that has no error of its own."""
_MOST_DIGITS = 5
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

Number = float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Unit in which values of a parameter are written.

    Parameters
    ----------
    factor : float
        By which values in the internal unit are multiplied.
    unit : str
        Power of ten and unit, each as far as there is one.
    """

    factor: float = 1.0
    unit: str = ""

    def number(self, value: Number, error: Number = None, *, digits: int = _DIGITS) -> str:
        """Write a value without its unit, rounded to two digits of its error, or to some digits.

        Examples
        --------
        >>> Scale().number(0.70998, 0.5961), Scale().number(0.0704231), Scale().number(None)
        ('0.71', '0.0704', '–')
        """
        if value is None or not math.isfinite(value):
            return "–"
        places = _places([error and error * self.factor])
        if places is None:
            return _significant(value * self.factor, digits)
        return _fixed(value * self.factor, places)

    def text(self, value: Number, error: Number = None, *, digits: int = _DIGITS) -> str:
        """Write a value with its unit, and with its error if it has one.

        Examples
        --------
        >>> moments = scale_of("mu_nu", 2.457e-11)
        >>> print(moments.text(2.457e-11), "or", moments.text(2.457e-11, 1.83e-12))
        2.46 × 10⁻¹¹ μ_B or (2.46 ± 0.18) × 10⁻¹¹ μ_B
        """
        if value is None or not math.isfinite(value):
            return "–"
        if _places([error]) is None or error is None:
            return self.joined(self.number(value, digits=digits))
        pair = quoted(value * self.factor, error * self.factor)
        return self.joined(f"({pair})" if self.unit else pair)

    def joined(self, number: str) -> str:
        """Write a number that is in this unit with the unit."""
        if number == "–":
            return number
        if number == "0" and self.unit.startswith("10"):
            return f"0 {self.unit.partition(' ')[2]}".rstrip()
        times = " × " if self.unit.startswith("10") else " "
        return f"{number}{times}{self.unit}" if self.unit else number


def scale_of(parameter: str, *values: Number) -> Scale:
    """Choose the unit in which values of a parameter are written.

    Parameters
    ----------
    parameter : str
    *values : float or None
        In the internal unit; the largest decides.

    Examples
    --------
    >>> scale_of("mu_nu", 2.457e-11).unit, scale_of("vector_mass", 0.0123, None).unit
    ('10⁻¹¹ μ_B', 'keV')
    >>> scale_of("gamma", 0.07), scale_of("vector_coupling", 3.2e-12).unit
    (Scale(factor=1.0, unit=''), '10⁻¹²')
    """
    sizes = [abs(v) for v in values if v is not None and math.isfinite(v) and v]
    size, unit = max(sizes, default=0.0), parameter_unit(parameter)
    if unit == "MeV":
        fitting = [name for name in _ENERGIES if size >= unit_value(name)]
        name = (fitting or _ENERGIES[:1])[-1] if size else unit
        return Scale(factor=1 / unit_value(name), unit=name)
    power = _CUSTOMARY.get(unit, 0)
    customary = 10.0**power
    if size and not customary * _SMALLEST <= size < customary * (_AROUND if power else _LARGEST):
        power = math.floor(math.log10(size))
    if power == 0:
        return Scale(unit=unit)
    ten = f"10{str(power).translate(_SUPERSCRIPTS)}"
    return Scale(factor=10.0**-power, unit=f"{ten} {unit}".rstrip())


def digits_apart(*values: Number) -> int:
    """Return the digits, three or more, with which different values are written differently.

    Parameters
    ----------
    *values : float or None
        Those that differ by less than 10⁻⁵ of their size are taken for equal.

    Examples
    --------
    >>> digits_apart(0.07, 0.08), digits_apart(0.23121, 0.23124, 0.2315), digits_apart(1.0, None)
    (3, 5, 3)
    """
    known = sorted({float(f"{v:.5e}") for v in values if v is not None and math.isfinite(v)})
    for digits in range(_DIGITS, _MOST_DIGITS):
        if len({f"{v:.{digits - 1}e}" for v in known}) == len(known):
            return digits
    return _MOST_DIGITS


def without_rounding(value: Number, *others: Number) -> Number:
    """Return 0 for a value that is a rounding error beside its error and the ends of its interval.

    Examples
    --------
    >>> without_rounding(-2.4e-21, None, 0.0, 1.3e-12), without_rounding(0.07, 0.1)
    (0.0, 0.07)
    """
    sizes = [abs(v) for v in others if v is not None and math.isfinite(v)]
    return 0.0 if value is not None and abs(value) < _ROUNDING * max(sizes, default=0.0) else value


def exact_text(parameter: str, value: float) -> str:
    """Write a value that was chosen and has no error, such as a true value: with its unit, not rounded.

    Examples
    --------
    >>> exact_text("gamma", 0.1), exact_text("vector_mass", 0.0125)
    ('0.1', '12.5 keV')
    """
    scale = scale_of(parameter, value)
    return scale.joined(readable(value * scale.factor))


def name_with_unit(name: str, scale: Scale | None = None) -> str:
    """Write the name of a parameter with its unit, or that of a scale, if it has one.

    Examples
    --------
    >>> name_with_unit("vector_mass"), name_with_unit("gamma")
    ('vector_mass [MeV]', 'gamma')
    """
    unit = parameter_unit(name) if scale is None else scale.unit
    return f"{name} [{unit}]" if unit else name


def quoted(value: Number, error: Number) -> str:
    """Write a value and its error, both rounded to two digits of the error.

    Examples
    --------
    >>> quoted(0.70998, 0.5961), quoted(1234.5, 678.0), quoted(0.0571, None), quoted(2.0, 0.0996)
    ('0.71 ± 0.60', '1230 ± 680', '0.0571', '2.00 ± 0.10')
    """
    places = _places([error])
    if value is None or error is None or places is None or not math.isfinite(value):
        return format_number(value)
    if not (_SMALLEST <= max(abs(value), abs(error)) < _LARGEST):
        power = math.floor(math.log10(max(abs(value), abs(error))))
        inner = quoted(value * 10.0**-power, error * 10.0**-power)
        return f"({inner}) × 10{str(power).translate(_SUPERSCRIPTS)}"
    return f"{_fixed(value, places)} ± {_fixed(error, places)}"


def quoted_errors(down: Number, up: Number) -> str:
    """Write the errors down and up of a value, rounded to two digits of the smaller; empty if one is missing.

    Examples
    --------
    >>> quoted_errors(0.0512, 0.1034), quoted_errors(None, 0.1), quoted_errors(0.0504, 0.0496)
    ('+0.103 −0.051', '', '± 0.050')
    """
    places = _places([down, up])
    if down is None or up is None or places is None:
        return ""
    below, above = _fixed(down, places), _fixed(up, places)
    return f"± {above}" if below == above else f"+{above} −{below}"


def mass_text(GeV: Number) -> str:
    """Write a mass [GeV] in GeV or TeV.

    Examples
    --------
    >>> mass_text(343.62), mass_text(1234.5), mass_text(None)
    ('344 GeV', '1.23 TeV', '–')
    """
    return scale_of("vector_mass", GeV and GeV * unit_value("GeV")).text(GeV and GeV * unit_value("GeV"))


def _significant(value: float, digits: int) -> str:
    """Write a number with some digits, zeros at its end too."""
    if value and not _SMALLEST <= abs(value) < _LARGEST:
        return format_number(value, digits)
    rounded = float(f"{value:.{digits - 1}e}")
    return _fixed(rounded, digits - 1 - math.floor(math.log10(abs(rounded)))) if rounded else "0"


def _places(errors: Iterable[Number]) -> int | None:
    """Return the decimals that show two digits of the smallest error; None without one."""
    known = [abs(e) for e in errors if e is not None and math.isfinite(e) and e]
    if not known:
        return None
    smallest = float(f"{min(known):.1e}")
    return 1 - math.floor(math.log10(smallest))


def _fixed(value: float, places: int) -> str:
    """Write a number with some decimals, or rounded to tens and more; 0 without a sign."""
    rounded = round(value, places) + 0.0
    return f"{rounded:.{max(places, 0)}f}"
