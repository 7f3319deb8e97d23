"""Details of a fit beside its numbers, as JSON keys and as tables: pulls, correlations, impacts, minima."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from analysis.quotation import Scale, name_with_unit, quoted, scale_of
from macros.terminal import format_number, print_table, say
from macros.words.fit_description import end_text

if TYPE_CHECKING:
    from analysis.fits import FitResult, Impacts, LocalMinimum, Pull
    from analysis.likelihood import Covariance

__all__ = [
    "details_document",
    "impacts_document",
    "impacts_table",
    "minima_table",
    "pulls_table",
    "say_details",
    "say_impacts",
    "say_pulls",
]

Table = tuple[tuple[str, ...], list[tuple[str, ...]]]
"""Head and rows of a table."""


def details_document(result: "FitResult") -> dict[str, Any]:
    """Return the keys of a fit's pulls, correlation and minima."""
    return {
        "minima": [_minimum(m) for m in result.minima],
        "pulls": {p.name: _pull(p) for p in result.pulls},
        "correlation": None if result.covariance is None else _correlation(result.covariance),
    }


def _minimum(minimum: "LocalMinimum") -> dict[str, Any]:
    return {
        "value": minimum.value,
        "rise": minimum.rise,
        "physical": minimum.physical,
        "allowed": minimum.allowed,
        "lower": minimum.lower,
        "upper": minimum.upper,
    }


def _pull(pull: "Pull") -> dict[str, Any]:
    return {
        "constraint": pull.constraint,
        "prefit_value": pull.prefit_value,
        "prefit_error": pull.prefit_error,
        "prefit_lower": pull.prefit_lower,
        "prefit_upper": pull.prefit_upper,
        "value": pull.value,
        "error": pull.error,
        "lower": pull.lower,
        "upper": pull.upper,
        "prefit_x": pull.prefit_x,
        "x": pull.x,
        "x_error": pull.x_error,
        "pull": pull.pull,
        "error_ratio": pull.error_ratio,
    }


def _correlation(covariance: "Covariance") -> dict[str, Any]:
    return {
        "parameters": list(covariance.names),
        "matrix": covariance.correlation,
        "covariance": covariance.matrix,
        "reason": covariance.reason or None,
    }


def impacts_document(found: "Impacts | None") -> dict[str, Any] | None:
    """Return the keys of impacts, the largest first; None if none were asked for."""
    if found is None:
        return None
    names = ("up", "down", "prefit_up", "prefit_down")
    impacts = {i.name: {name: getattr(i, name) for name in names} for i in found.impacts}
    return {"parameter": found.parameter, "impacts": impacts, "reason": found.reason or None}


def say_details(result: "FitResult") -> None:
    """Write pulls, correlations and minima of a fit for a person."""
    if result.pulls:
        say_pulls(result.pulls)
    if result.covariance is not None:
        _say_correlation(result.covariance)
    if result.minima:
        _say_minima(result)


def say_pulls(pulls: "tuple[Pull, ...]") -> None:
    """Write pulls and constraints of nuisance parameters for a person."""
    say("")
    say("pulls of nuisance parameters, before and after the fit (σ: the uncertainty of the card)")
    print_table(*pulls_table(pulls))
    if any(p.constraint == "log-normal" for p in pulls):
        say("log-normal: value and, in brackets, the values one standard deviation below and above")
    if any(p.prefit_x is None for p in pulls):
        say("free: not measured before the fit, so that there is no error to be pulled against")


def pulls_table(pulls: "Sequence[Pull]") -> Table:
    """Return head and rows of the table of pulls."""
    rows: list[tuple[str, ...]] = [
        (
            p.name,
            p.constraint,
            _before(p),
            _after(p),
            "none" if p.prefit_x is None else f"{_fixed(p.prefit_x)} ± 1",
            _fixed(p.x) if p.x_error is None else f"{_fixed(p.x)} ± {_fixed(p.x_error)}",
            _fixed(p.pull),
            _fixed(p.error_ratio),
        )
        for p in pulls
    ]
    head = ("parameter", "constraint", "before", "after", "before [σ]", "after [σ]", "pull", "error ratio")
    return head, rows


def _fixed(value: float | None) -> str:
    """Write a number of standard deviations; one that rounds to 0 without a sign."""
    return "–" if value is None else f"{round(value, 3) + 0.0:.3f}"


def _before(pull: "Pull") -> str:
    """Write the measurement of a nuisance parameter, as its constraint has it."""
    if pull.prefit_value is None:
        return "none"
    if pull.constraint == "log-normal":
        return _with_ends(pull.prefit_value, pull.prefit_lower, pull.prefit_upper)
    return _with_error(pull.prefit_value, pull.prefit_error)


def _after(pull: "Pull") -> str:
    """Write the estimate of a nuisance parameter in the same way."""
    if pull.constraint == "log-normal" and pull.error is not None:
        return _with_ends(pull.value, pull.lower, pull.upper)
    return _with_error(pull.value, pull.error)


def _with_ends(value: float, lower: float | None, upper: float | None) -> str:
    return f"{format_number(value)} [{format_number(lower, 3)}, {format_number(upper, 3)}]"


def _with_error(value: float, error: float | None) -> str:
    return quoted(value, error)


def _say_correlation(covariance: "Covariance") -> None:
    matrix = covariance.correlation
    if matrix is None:
        say(f"no correlation matrix: {covariance.reason}")
        return
    say("")
    say("correlations")
    numbers = [str(i) for i in range(1, len(matrix) + 1)]
    rows = [
        (number, name, *(_fixed(x) for x in row))
        for number, name, row in zip(numbers, covariance.names, matrix, strict=True)
    ]
    print_table(("", "parameter", *numbers), rows)


def say_impacts(found: "Impacts") -> None:
    """Write impacts for a person, the largest first."""
    if found.reason:
        say("")
        say(f"no impacts: {found.reason}")
        return
    if not found.impacts:
        return
    say("")
    say(
        f"impacts: change of {found.parameter} with a parameter one error up or down, all else fitted again; "
        f"the whole error is {format_number(found.error)}"
    )
    print_table(*impacts_table(found))


def impacts_table(found: "Impacts") -> Table:
    """Return head and rows of the table of impacts."""
    names = ("up", "down", "prefit_up", "prefit_down")
    rows: list[tuple[str, ...]] = [
        (i.name, *(_signed(getattr(i, name)) for name in names)) for i in found.impacts
    ]
    return ("parameter", "after: up", "after: down", "before: up", "before: down"), rows


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.4g}"


def _say_minima(result: "FitResult") -> None:
    say("")
    say(f"minima of -2 ln L, and what is allowed around them at {100 * result.level:g} %")
    print_table(*minima_table(result))


def minima_table(result: "FitResult") -> Table:
    """Return head and rows of the table of all local minima."""
    ends = (end for m in result.minima for end in (m.lower, m.upper) if end is not None)
    scale = scale_of(result.poi, *(m.value for m in result.minima), *ends)
    rows: list[tuple[str, ...]] = [
        (
            scale.number(m.value, digits=6),
            format_number(m.rise),
            "physical" if m.physical else "not physical",
            f"[{', '.join(_ends(m, result, scale))}]" if m.allowed else "not allowed",
        )
        for m in result.minima
    ]
    return (name_with_unit(result.poi, scale), "-2 Δln L", "", f"allowed at {100 * result.level:g} %"), rows


def _ends(minimum: "LocalMinimum", result: "FitResult", scale: Scale) -> tuple[str, ...]:
    return tuple(
        end_text(end, last, number=lambda x: scale.number(x, digits=4))
        for end, last in zip((minimum.lower, minimum.upper), result.estimate.range, strict=True)
    )
