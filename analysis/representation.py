"""Text of the numbers in results: levels, estimates, ends of intervals, regions, bands."""

from collections.abc import Iterable
from math import isfinite

from simgen.quotation import quoted
from simgen.representation import format_number, readable

__all__ = ["band_text", "ends_text", "estimate_text", "percent", "region_text", "rounded", "warning_rows"]

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


def ends_text(lower: End, upper: End) -> str:
    """Write the ends of an interval, None being an open one; empty without both.

    Examples
    --------
    >>> ends_text(0.1, 0.25), ends_text(None, 0.25), ends_text(0.1, None), ends_text(None, None)
    ('0.1 to 0.25', 'up to 0.25', '0.1 and more', '')
    """
    if lower is None:
        return "" if upper is None else f"up to {rounded(upper)}"
    return f"{rounded(lower)} and more" if upper is None else f"{rounded(lower)} to {rounded(upper)}"


def estimate_text(value: float | None, error: float | None, lower: End = None, upper: End = None) -> str:
    """Write an estimate with its error and interval, as far as it has them.

    Examples
    --------
    >>> estimate_text(0.15, 0.05, 0.1, 0.25), estimate_text(0.15, None), estimate_text(None, None)
    ('0.150 ± 0.050, 0.1 to 0.25', '0.15', 'not measured')
    """
    if value is None:
        return "not measured"
    central = rounded(value) if error is None else quoted(value, error)
    return ", ".join(filter(None, [central, ends_text(lower, upper)]))


def region_text(regions: Iterable[tuple[End, End]]) -> str:
    """Write allowed regions one after the other.

    Examples
    --------
    >>> region_text([(0.0, 0.1), (0.3, None)]), region_text([(None, None)]), region_text([])
    ('0 to 0.1; 0.3 and more', 'everything', 'none')
    """
    return "; ".join(ends_text(*region) or "everything" for region in regions) or "none"


def band_text(band: Iterable[End]) -> str:
    """Write the quantiles at -2, -1, 0, +1 and +2 standard deviations.

    Examples
    --------
    >>> band_text([0.1, 0.2, 0.3, 0.4, None])
    '0.1, 0.2, 0.3, 0.4, open'
    """
    return ", ".join("open" if x is None else rounded(x) for x in band)


def warning_rows(text: str | None) -> list[tuple[str, str]]:
    """Show a warning as the last row of a table; no row without one."""
    return [("warning", text)] if text else []
