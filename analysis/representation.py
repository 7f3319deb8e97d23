"""Text of the numbers in results: levels, estimates, ends of intervals, regions, bands."""

from collections.abc import Callable, Iterable
from math import isfinite

from analysis.quotation import Scale, name_with_unit, quoted, scale_of, without_rounding
from simgen.pictures import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION
from simgen.representation import format_number, readable

__all__ = [
    "METHOD_COLOURS",
    "band_text",
    "ends_text",
    "estimate_row",
    "percent",
    "region_text",
    "rounded",
    "warning_rows",
]

METHOD_COLOURS = {
    "hesse": SKY,
    "minos": BLUE,
    "one-sided": VERMILION,
    "two-sided": ORANGE,
    "feldman-cousins": GREEN,
    "calibrated": PURPLE,
    "cls": GREY,
}
"""Colour of each method of intervals and limits, in every picture."""

End = float | None


def percent(level: float) -> str:
    """Write a share in percent.

    Examples
    --------
    >>> percent(0.95), percent(0.683)
    ('95 %', '68.3 %')
    """
    return f"{readable(100 * level)} %"


def rounded(value: float) -> str:
    """Write a result with four digits, as commands do.

    Examples
    --------
    >>> rounded(-0.0560767), rounded(374012.3), rounded(float("inf"))
    ('-0.05608', '3.740e+05', 'inf')
    """
    return format_number(value) if isfinite(value) else readable(value)


def ends_text(lower: End, upper: End, number: Callable[[float], str] = rounded) -> str:
    """Write the ends of an interval, None being an open one; empty without both; `number` writes a number.

    Examples
    --------
    >>> ends_text(0.1, 0.25), ends_text(None, 0.25), ends_text(0.1, None), ends_text(None, None)
    ('0.1 to 0.25', 'up to 0.25', '0.1 and more', '')
    """
    if lower is None:
        return "" if upper is None else f"up to {number(upper)}"
    return f"{number(lower)} and more" if upper is None else f"{number(lower)} to {number(upper)}"


def estimate_row(name: str, value: End, error: End, lower: End = None, upper: End = None) -> tuple[str, str]:
    """Write a parameter with its unit; and its estimate with error and interval, as far as it has them.

    Examples
    --------
    >>> estimate_row("gamma", 0.15, 0.05, 0.1, 0.25), estimate_row("gamma", None, None)
    (('gamma', '0.150 ± 0.050, 0.100 to 0.250'), ('gamma', 'not measured'))
    >>> estimate_row("mu_nu", 2.457e-11, 1.83e-12, None, 2.64e-11)
    ('mu_nu [10⁻¹¹ μ_B]', '2.46 ± 0.18, up to 2.64')
    """
    if value is None:
        return name_with_unit(name), "not measured"
    value = without_rounding(value, error, lower, upper) or 0.0
    scale = scale_of(name, *([value, error] if value else [lower, upper, error]))
    distances = [abs(end - value) for end in (lower, upper) if end is not None and isfinite(end)]
    smallest = min((e for e in (error, *distances) if e), default=None)
    central = scale.number(value, smallest, digits=4)
    if error is not None:
        central = quoted(value * scale.factor, error * scale.factor)
    ends = ends_text(lower, upper, lambda end: _finite(scale, end, smallest))
    return name_with_unit(name, scale), ", ".join(filter(None, [central, ends]))


def _finite(scale: Scale, value: float, error: End = None) -> str:
    return scale.number(value, error, digits=4 if error else 3) if isfinite(value) else rounded(value)


def region_text(regions: Iterable[tuple[End, End]], scale: Scale | None = None) -> str:
    """Write allowed regions one after the other, without the unit of their scale.

    Examples
    --------
    >>> region_text([(0.0, 0.1), (0.3, None)]), region_text([(None, None)]), region_text([])
    ('0 to 0.100; 0.300 and more', 'everything', 'none')
    """
    chosen = scale or Scale()
    texts = (ends_text(*region, lambda end: _finite(chosen, end)) for region in regions)
    return "; ".join(text or "everything" for text in texts) or "none"


def band_text(band: Iterable[End], scale: Scale | None = None) -> str:
    """Write the quantiles at -2, -1, 0, +1 and +2 standard deviations, without the unit of their scale.

    Examples
    --------
    >>> band_text([0.1, 0.2, 0.3, 0.4, None])
    '0.100, 0.200, 0.300, 0.400, open'
    """
    chosen = scale or Scale()
    return ", ".join("open" if x is None else _finite(chosen, x) for x in band)


def warning_rows(text: str | None) -> list[tuple[str, str]]:
    """Show a warning as the last row of a table; no row without one."""
    return [("warning", text)] if text else []
