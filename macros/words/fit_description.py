"""Fits and limits in words: intervals, errors, expected bands, fits that do not describe the data."""

from collections.abc import Callable, Iterator, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

from analysis.fits import AT_RANGE, NOT_FOUND, UNBOUNDED
from analysis.quotation import Scale, name_with_unit, quoted, quoted_errors, scale_of, without_rounding
from macros.terminal import format_number, warn

if TYPE_CHECKING:
    from analysis.contours import PlaneResult
    from analysis.fits import Estimate, FitQuality, FitResult, LimitResult, LocalMinimum

__all__ = [
    "allowed_elsewhere",
    "band_texts",
    "end_text",
    "estimate_cells",
    "estimate_document",
    "fit_notes",
    "interval_text",
    "other_minima_document",
    "poor_fit",
    "quality_document",
    "undetermined_text",
    "warn_poor_fit",
]

_MINIMA = 3
"""Other minima that the text of a fit names, besides those that are allowed."""
_SIDES = ((0, "lower", "below"), (1, "upper", "above"))


def end_text(
    end: float | None,
    last: float,
    *,
    reached: bool = True,
    number: Callable[[float | None], str] = format_number,
) -> str:
    """Write an end of an interval: the end of the range where that is reached, "open" where nothing ends it.

    `number` writes a number.

    Examples
    --------
    >>> end_text(None, 0.0), end_text(None, float("inf")), end_text(0.25, 0.0)
    ('0', 'open', '0.25')
    """
    if end is not None:
        return number(end)
    if not (reached and isfinite(last)):
        return "open"
    return number(last) if last else "0"


def estimate_cells(name: str, found: "Estimate") -> tuple[str, str, str, str]:
    """Write a fitted parameter: name with unit, value and Hesse error, errors of the interval, interval.

    Notes
    -----
    All numbers have the decimals that show two digits of the smallest error.
    """
    value, error = without_rounding(found.value, found.error, found.lower, found.upper), found.error
    down, up = _distances(found)
    scale = scale_of(name, *([value, error] if value else [found.lower, found.upper, error]))
    smallest = min((e for e in (error, down, up) if e), default=None)
    central = scale.number(value, smallest, digits=4)
    if value is not None and error is not None:
        central = quoted(value * scale.factor, error * scale.factor)
    errors = "" if value is None else quoted_errors(*(d and d * scale.factor for d in (down, up)))
    interval = interval_text(found, number=lambda end: scale.number(end, smallest, digits=4))
    return name_with_unit(name, scale), central, errors, interval


def _distances(found: "Estimate") -> tuple[float | None, float | None]:
    """Return how far the ends of the interval are below and above the estimate; None where there is none."""
    if found.value is None:
        return None, None
    down = None if found.lower is None else found.value - found.lower
    up = None if found.upper is None else found.upper - found.value
    return down, up


def interval_text(found: "Estimate", *, number: Callable[[float | None], str] = format_number) -> str:
    """Write the interval of a parameter; dashes where there is none; `number` writes a number."""
    if all(_end(found, name) is None and not _reason(found, name) for _, name, _ in _SIDES):
        return "–"
    ends = [
        end_text(_end(found, name), found.range[i], reached=_reason(found, name) == AT_RANGE, number=number)
        if _end(found, name) is not None or _reason(found, name) in {AT_RANGE, UNBOUNDED}
        else "–"
        for i, name, _ in _SIDES
    ]
    return f"[{', '.join(ends)}]"


def _end(estimate: "Estimate", name: str) -> float | None:
    end: float | None = getattr(estimate, name)
    return end


def _reason(estimate: "Estimate", name: str) -> str:
    return str(getattr(estimate, f"{name}_reason"))


def estimate_document(found: "Estimate") -> dict[str, Any]:
    """Return the keys of a fitted parameter."""
    return {
        "value": found.value,
        "error": found.error,
        "lower": found.lower,
        "upper": found.upper,
        "error_reason": found.error_reason or None,
        "lower_reason": found.lower_reason or None,
        "upper_reason": found.upper_reason or None,
        "range": list(found.range),
    }


def other_minima_document(result: "FitResult") -> list[dict[str, Any]]:
    """Return the keys of the local minima beside the deepest."""
    return [
        {"value": m.value, "rise": m.rise, "allowed_at_level": m.allowed, "in_interval": _inside(result, m)}
        for m in result.minima[1:]
    ]


def _inside(result: "FitResult", minimum: "LocalMinimum") -> bool:
    """Tell whether a minimum lies in the interval of the fit."""
    lower, upper = result.estimate.lower, result.estimate.upper
    return (lower is None or lower <= minimum.value) and (upper is None or minimum.value <= upper)


def fit_notes(result: "FitResult") -> Iterator[str]:
    """Say what the table of a fit does not: ends at a range, what is not bounded, missing errors, minima."""
    for name, estimate in result.parameters.items():
        yield from _ends(name, estimate)
    yield from _missing_errors(result)
    allowed = [m for m in result.minima[1:] if m.allowed]
    excluded = [m for m in result.minima[1:] if not m.allowed]
    for minimum in (*allowed, *excluded[: max(0, _MINIMA - len(allowed))]):
        yield _minimum(result, minimum)
    n_more = len(excluded) - max(0, _MINIMA - len(allowed))
    if n_more > 0:
        yield f"{n_more} more local minima, none of them allowed at {100 * result.level:g} %: see --details"


def _ends(name: str, estimate: "Estimate") -> Iterator[str]:
    for i, side, where in _SIDES:
        reason = _reason(estimate, side)
        if reason == AT_RANGE:
            last = format_number(estimate.range[i])
            yield f"{name}: {last} is the end of its range, up to which everything is allowed"
        elif reason == UNBOUNDED:
            yield f"{name}: the data do not bound it from {where}"
        elif reason == NOT_FOUND:
            yield f"{name}: the {side} end of its interval was not found: {reason}"


def _missing_errors(result: "FitResult") -> Iterator[str]:
    """Say why errors are missing, for all parameters with one reason in a line."""
    if not result.valid:
        return
    vague = {name for group in result.undetermined for name in group}
    reasons: dict[str, list[str]] = {}
    for name, estimate in result.parameters.items():
        if estimate.error is None and estimate.error_reason and name not in vague:
            reasons.setdefault(estimate.error_reason, []).append(name)
    for reason, names in reasons.items():
        yield f"no Hesse error of {', '.join(names)}: {reason}"


def allowed_elsewhere(result: "FitResult") -> list[str]:
    """Say which other minima are allowed at the level of the interval, and outside of it."""
    return [_minimum(result, m) for m in result.minima[1:] if m.allowed and not _inside(result, m)]


def _minimum(result: "FitResult", minimum: "LocalMinimum") -> str:
    from analysis.likelihood import TIE

    higher = f"higher by {format_number(minimum.rise, 3)}" if minimum.rise > TIE else "equally deep"
    scale = scale_of(result.poi, minimum.value)
    text = f"another minimum at {result.poi} = {scale.text(minimum.value, digits=4)}, {higher}"
    if not minimum.allowed or _inside(result, minimum):
        return text
    level = f"{text}, is allowed at {100 * result.level:g} % too, outside of this interval"
    if not minimum.physical:
        return f"{level}; it is not physical"
    return f"{level}: `nugauge limit --method two-sided` gives all allowed regions"


def undetermined_text(group: Sequence[str]) -> str:
    """Say which free factors the data do not know."""
    if len(group) == 1:
        return f"{group[0]} changes no count: it is free, and the data do not know it"
    names = f"{', '.join(group[:-1])} and {group[-1]}"
    return f"{names} are free, and the data cannot tell them apart: they have no errors of their own"


def quality_document(found: "FitQuality | None") -> dict[str, Any] | None:
    """Return the keys of the quality of a fit."""
    if found is None:
        return None
    return {
        "fval": found.fval,
        "pearson": found.pearson,
        "ndof": found.ndof,
        "p_deviance": found.p_deviance,
        "p_pearson": found.p_pearson,
        "p_value": found.p_value,
        "poor": found.poor,
    }


def poor_fit(found: "FitQuality | None") -> str | None:
    """Say in one sentence that a model does not describe the data; None if nothing is to be said."""
    return None if found is None else found.warning


def warn_poor_fit(result: "FitResult | LimitResult | PlaneResult") -> None:
    """Warn of a fit that does not describe the data, on standard error, and of how to look closer."""
    text = poor_fit(result.quality)
    if text:
        warn(
            f"{text} (`nugauge fit --gof N` tests it by pseudo-experiments, `nugauge compare` another model)"
        )


def band_texts(
    band: Sequence[float | None], errors: Sequence[float | None] | None, scale: Scale | None = None
) -> list[str]:
    """Write the limits at -2 ... +2 σ, each with its statistical error where that is known.

    Parameters
    ----------
    band : sequence of float or None
    errors : sequence of float or None, or None
        As of `analysis.fits.results.LimitResult`.
    scale : Scale, optional
        Unit of the texts, which do not name it.

    Examples
    --------
    >>> band_texts([0.0571, 3.31, None], [0.00021, None, None])
    ['0.05710 ± 0.00021', '3.31', '–']
    """
    scale = scale or Scale()
    known_errors = errors or (None,) * len(band)
    return [_text(value, error, scale) for value, error in zip(band, known_errors, strict=True)]


def median_text(band: Sequence[float | None], errors: Sequence[float | None] | None, scale: Scale) -> str:
    """Write the median of a band with its error and its unit."""
    return scale.text(band[2], errors[2] if errors else None)


def _text(value: float | None, error: float | None, scale: Scale) -> str:
    if value is None or not error or not isfinite(value):
        return scale.number(value)
    return quoted(value * scale.factor, error * scale.factor)
