"""What fits and limits show of themselves: rows of a table, and a small picture."""

from typing import TYPE_CHECKING

from analysis.quotation import Scale, mass_text, name_with_unit, scale_of
from analysis.representation import (
    METHOD_COLOURS,
    band_text,
    estimate_row,
    percent,
    region_text,
    rounded,
    warning_rows,
)
from simgen.pictures import GREY, INK, PURPLE, VERMILION, Level, Row, intervals

if TYPE_CHECKING:
    from analysis.fits.results import FitResult, LimitResult

__all__ = ["fit_picture", "fit_rows", "limit_picture", "limit_rows"]

_MOST = 8
"""Rows of a picture for other minima, and for nuisance parameters."""


def fit_rows(result: "FitResult") -> list[tuple[str, str]]:
    """List the estimates with their units, the intervals' level, the minimum, and what is wrong."""
    shown = [estimate_row(name, e.value, e.error, e.lower, e.upper) for name, e in result.parameters.items()]
    shown += [("intervals", f"{result.method}, {percent(result.level)}")]
    shown += [(f"minimum of -2 ln L ({result.likelihood})", rounded(result.fval))]
    shown += [("degrees of freedom", str(result.ndof))]
    for i, minimum in enumerate(result.other_minima, start=1):
        text = scale_of(result.poi, minimum.value).text(minimum.value, digits=4)
        shown.append((f"other minimum {i}", f"{text}, higher by {rounded(minimum.rise)}"))
    shown += [] if result.valid else [("not valid", result.failure or result.reason)]
    return shown + warning_rows(result.quality.warning if result.quality else None)


def fit_picture(result: "FitResult") -> str:
    """Draw the interval of the parameter of interest with its other minima, and the pulls; may be empty."""
    found = result.estimate
    if found.value is None:
        return ""
    ends = [found.value, found.error, found.lower, found.upper]
    scale = scale_of(result.poi, *(ends[:2] if found.value else ends[1:]))
    colour = METHOD_COLOURS.get(result.method, INK)
    has_interval = any(x is not None or why for x, why in _ends(result))
    span = (_times(found.lower, scale), _times(found.upper, scale))
    value = found.value * scale.factor
    rows = [
        Row(
            name=f"{result.method} {percent(result.level)}",
            spans=[span] if has_interval else [],
            value=value,
            colour=colour,
        )
    ]
    if found.error is not None and result.method != "hesse":
        error = found.error * scale.factor
        rows.append(
            Row(
                name="± Hesse",
                spans=[(value - error, value + error)],
                value=value,
                colour=METHOD_COLOURS["hesse"],
            )
        )
    for minimum in result.minima[1:_MOST]:
        region = (_times(minimum.lower, scale), _times(minimum.upper, scale))
        known = minimum.allowed and region != (None, None)
        rows.append(
            Row(
                name="allowed too" if minimum.allowed else "other minimum",
                spans=[region] if known else [],
                value=minimum.value * scale.factor,
                colour=VERMILION,
            )
        )
    about = f"Interval of {result.poi}"
    return intervals(about, rows, x=name_with_unit(result.poi, scale)) + _pulls_picture(result)


def _ends(result: "FitResult") -> list[tuple[float | None, str]]:
    found = result.estimate
    return [(found.lower, found.lower_reason), (found.upper, found.upper_reason)]


def _times(value: float | None, scale: Scale) -> float | None:
    return None if value is None else value * scale.factor


def _pulls_picture(result: "FitResult") -> str:
    """Draw the nuisance parameters after the fit, in standard deviations from nominal."""
    rows = [
        Row(
            name=p.name,
            spans=[] if p.x_error is None else [(p.x - p.x_error, p.x + p.x_error)],
            value=p.x,
            colour=PURPLE,
        )
        for p in result.pulls[:_MOST]
        if p.constraint != "free"
    ]
    if not rows:
        return ""
    levels = [Level(x=x, colour=INK if x == 0 else GREY) for x in (-1.0, 0.0, 1.0)]
    return intervals("Pulls of the nuisance parameters", rows, x="pull [σ]", levels=levels)


def limit_rows(result: "LimitResult") -> list[tuple[str, str]]:
    """List the limit with its unit, the allowed regions, what was expected, and what is wrong."""
    scale = _limit_scale(result)
    upper = "nothing is excluded" if result.upper is None else scale.text(result.upper, result.mc_error)
    shown = [(f"upper limit at {percent(result.level)}", upper), ("method", result.method)]
    if result.M_Zprime_GeV:
        shown.append(("lower limit on M_Z'", mass_text(result.M_Zprime_GeV)))
    shown += [(_in_unit("allowed", scale), region_text(result.regions, scale))]
    if result.asimov is not None:
        shown.append(("expected (Asimov)", scale_of(result.parameter, result.asimov).text(result.asimov)))
    if result.band is not None:
        shown.append((_in_unit("expected at -2 ... +2 σ", scale), band_text(result.band, scale)))
    return shown + warning_rows(result.quality.warning if result.quality else None)


def limit_picture(result: "LimitResult") -> str:
    """Draw the allowed regions, and the expected limit with its band; empty if no end is known."""
    scale = _limit_scale(result)
    colour = METHOD_COLOURS.get(result.method, INK)
    spans = [(_times(low, scale), _times(high, scale)) for low, high in result.regions]
    rows = [Row(name=f"allowed, {percent(result.level)}", spans=spans, colour=colour)]
    asimov = _times(result.asimov, scale)
    if result.band is not None:
        band = [_times(b, scale) for b in result.band]
        middle = (band[1], band[3])
        rows.append(
            Row(
                name="expected, 1 and 2 σ",
                spans=[(band[0], band[4])],
                value=band[2],
                inner=middle,
                colour=GREY,
            )
        )
    elif asimov is not None:
        rows.append(Row(name="expected (Asimov)", value=asimov, colour=GREY))
    upper = _times(result.upper, scale)
    levels = [] if upper is None else [Level(x=upper, label="upper limit", colour=colour)]
    return intervals(
        f"Limit on {result.parameter}", rows, x=name_with_unit(result.parameter, scale), levels=levels
    )


def _limit_scale(result: "LimitResult") -> Scale:
    finite = [end for region in result.regions for end in region if end is not None]
    return scale_of(result.parameter, *([result.upper] if result.upper else finite))


def _in_unit(name: str, scale: Scale) -> str:
    return f"{name} [{scale.unit}]" if scale.unit else name
