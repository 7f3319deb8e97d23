"""Results of fits, limits and studies as text for a person."""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from analysis.fits import FitResult, LimitResult
from analysis.quotation import Scale, digits_apart, exact_text, mass_text, quoted, scale_of
from analysis.studies import GLOBAL_FIT_LEVEL, CoverageStudy, GoodnessOfFit, Sensitivity
from macros.terminal import format_number, number_of, print_table, say, warn
from macros.words.audits import say_audit
from macros.words.calibrations import few_toys_warnings
from macros.words.coverage_verdicts import level_line, table_warnings, verdict_lines
from macros.words.fit_description import (
    band_texts,
    end_text,
    estimate_cells,
    fit_notes,
    median_text,
    undetermined_text,
)
from simgen.parameters import parameter_range

__all__ = [
    "allowed_text",
    "bias_lines",
    "coverage_table",
    "excluded_end",
    "excluded_text",
    "limit_axis_values",
    "limit_scale",
    "say_band",
    "say_coverage",
    "say_expected",
    "say_fit",
    "say_goodness",
    "say_limit",
    "say_plane",
    "say_sensitivity",
]

_ROUNDING = 1e-9
"""A smaller -2 ln L is 0."""
_MOST_COLUMNS = 8
"""Most values of a key that have a column each."""


def say_fit(result: FitResult, *, expected: bool = False) -> None:
    """Write a fit for a person; `expected`: it is one without data."""
    if expected:
        say("expected data (Asimov), exact data of the model:")
    rows = [estimate_cells(name, estimate) for name, estimate in result.parameters.items()]
    method = {"minos": "MINOS", "hesse": "Hesse"}[result.method]
    print_table(("parameter", "value ± Hesse", f"{method} {100 * result.level:g} %", "interval"), rows)
    kind = "χ²" if result.likelihood == "paper" else "deviance"
    fval = 0.0 if abs(result.fval) < _ROUNDING else result.fval  # of exact data
    say(f"{kind} {format_number(fval)} for {result.ndof} degrees of freedom")
    for text in fit_notes(result):
        say(text)
    for group in result.undetermined:
        say(undetermined_text(group))
    if result.disagreement is not None:
        say(
            f"warning: two searches for the minimum differ by {format_number(result.disagreement, 2)} "
            "errors; the deeper is quoted"
        )
    _say_weighted(result)
    if not result.valid:
        say(f"not valid: {result.reason}")


def say_goodness(found: GoodnessOfFit | None) -> None:
    """Write a goodness of fit for a person, if there is one."""
    if found is None:
        return
    asymptotic = format_number(found.p_asymptotic)
    failed = f", {found.n_failed} failed" if found.n_failed else ""
    say(
        f"goodness of fit: p {found.p_text} from "
        f"{number_of(found.n_toys, 'toy')}{failed}; {asymptotic} as a χ² of {found.ndof} degrees of freedom"
    )


def say_band(document: Mapping[str, Any]) -> None:
    """Write the document of a band for a person."""
    band, errors = tuple(document["band"].values()), tuple(document["band_errors"].values())
    scale = scale_of(document["parameter"], document["upper"], *band)
    which = f"{document['parameter']}, {100 * document['level']:g} % {document['method']}"
    say(f"expected (Asimov) limit on {which}: {scale.text(document['upper'])}")
    _say_band(band, errors, scale)


def _say_band(band: Sequence[float | None], errors: Sequence[float | None] | None, scale: Scale) -> None:
    found = band_texts(band, errors, scale)
    say(f"expected median: {median_text(band, errors, scale)}")
    within = f", in {scale.unit}" if scale.unit else ""
    say(f"expected band at -2 … +2 σ{within}: {', '.join(found)}")


def say_limit(result: LimitResult, *, expected: bool = False) -> None:
    """Write a limit for a person; `expected`: it is one without data."""
    scale = limit_scale(result)
    if expected:
        say("expected (Asimov), of exact data of the model:")
    which = f"{100 * result.level:g} % {result.method} (Δχ² = {result.delta_chi2:.4f})"
    if result.n_regions > 1:
        say(f"{result.n_regions} regions of {result.parameter} are allowed: {allowed_text(result, scale)}")
    spread = "" if result.mc_error is None else " (toys)"
    excluded = excluded_end(result)
    if excluded is not None and result.n_regions == 1:
        say(f"{result.parameter} in {allowed_text(result, scale)}{spread} at {which}")
    elif result.upper is None:
        say(f"no upper limit on {result.parameter} at {which}")
    else:
        mass = result.M_Zprime_GeV
        heavier = f", M_Z' > {mass_text(mass)}" if mass else ""
        end = " (upper end of the highest region)" if result.n_regions > 1 else ""
        upper = scale.text(result.upper, result.mc_error)
        say(f"{result.parameter} < {upper}{spread} at {which}{end}{heavier}")
    if excluded is not None:
        say(excluded_text(result, excluded))
    if result.asimov is not None and result.asimov != result.upper:
        say(f"expected (Asimov): {scale_of(result.parameter, result.asimov).text(result.asimov)}")
    if result.band:
        _say_band(result.band, result.band_errors, scale)
        say_audit(result.audit)
    two_sided = result.method in {"two-sided", "feldman-cousins"}
    if result.n_regions < 2 and excluded is None:
        say(f"allowed: {allowed_text(result, scale)}")
    if not two_sided and (result.upper is not None or result.n_regions > 1):
        say("the limit is one-sided: it excludes no value below the estimate")
    for group in result.undetermined:
        say(undetermined_text(group))
    _say_weighted(result)
    for text in few_toys_warnings(result.n_calibration, result.level):
        warn(text)


def say_expected(result: LimitResult | None) -> None:
    """Write median and band of the expected limit beside that of data, if there is one."""
    if result is not None and result.band:
        scale = scale_of(result.parameter, result.upper, *result.band)
        _say_band(result.band, result.band_errors, scale)


def limit_scale(result: LimitResult) -> Scale:
    """Choose the unit of a limit and of the regions that are allowed."""
    return scale_of(result.parameter, *limit_axis_values(result))


def excluded_end(result: LimitResult) -> float | None:
    """Return the lower end of the physical range if a two-sided region excludes it; else None."""
    lowest, _ = parameter_range(result.parameter)
    starts = [low for low, _ in result.regions]
    if result.method not in {"two-sided", "feldman-cousins"} or not starts or math.isinf(lowest):
        return None
    return lowest if all(low is not None and low > lowest for low in starts) else None


def excluded_text(result: LimitResult, end: float) -> str:
    """Say that the lower end of the range is excluded."""
    what = exact_text(result.parameter, end) if end else "0"
    return f"{result.parameter} = {what} is excluded at {100 * result.level:g} %: the result is an interval"


def limit_axis_values(result: LimitResult) -> list[float | None]:
    """Return the values that decide the unit of a limit, in texts and in figures."""
    finite = [end for region in result.regions for end in region if end is not None]
    return [result.upper] if result.upper else [*finite, None if finite else result.asimov]


def allowed_text(result: LimitResult, scale: Scale) -> str:
    """Write the regions that are allowed."""
    errors: Sequence[Any] = result.regions_mc_error or [(None, None)] * len(result.regions)
    regions = [
        ", ".join(_end(end, error, scale) for end, error in zip(*pairs, strict=True))
        for pairs in zip(result.regions, errors, strict=True)
    ]
    return " and ".join(scale.joined(f"[{ends}]") for ends in regions) or "nothing"


def _end(end: float | None, error: float | None, scale: Scale) -> str:
    return end_text(end, math.inf, number=lambda x: scale.number(x, error) if x else "0")


def _say_weighted(result: FitResult | LimitResult) -> None:
    if result.effective_counts is not None:
        worth = format_number(sum(result.effective_counts))
        say(f"weighted data: (Σw)²/Σw² = {worth} effective counts in the bins")
    if result.weights is not None and result.weights.warning:
        warn(result.weights.warning)


def say_coverage(study: CoverageStudy) -> None:
    """Write a coverage study for a person."""
    print_table(*coverage_table(study))
    for line in (level_line(study), *verdict_lines(study)):
        say(line)
    for line in bias_lines(study):
        say(line)
    retried = sum(p.n_retried for p in study.points)
    if retried:
        say(
            f"{number_of(retried, 'toy')} {'was' if retried == 1 else 'were'} fitted by MINUIT, because the "
            "compiled fit did not converge"
        )
    say_audit(study.audit, reached=study.audit_reached)
    for text in table_warnings(study):
        warn(text)


def coverage_table(study: CoverageStudy) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return head and rows of the table of a coverage study."""
    rows: list[tuple[str, ...]] = []
    for p in study.points:
        for name, m in p.methods.items():
            interval = f"[{m.low:.4f}, {m.high:.4f}]"
            verdict = f"{m.verdict} by design" if m.verdict == "over" and m.over_by_design else m.verdict
            rows.append((f"{p.value:g}", name, f"{m.fraction:.4f}", interval, verdict, str(p.n_failed)))
    return (study.parameter, "method", "coverage", "99.7 %", "verdict", "failed"), rows


def bias_lines(study: CoverageStudy) -> list[str]:
    """Write bias and pulls of the estimates at each true value."""
    return [
        f"{study.parameter} = {p.value:g}: bias {quoted(p.bias, p.bias_error)}, pulls "
        f"{format_number(p.pull_mean, 3)} with a width of {format_number(p.pull_width, 3)}"
        for p in study.points
    ]


def say_sensitivity(result: Sensitivity, *, head: str, points: Sequence[float] | Sequence[str]) -> None:
    """Write limits against errors or against a key of the card."""
    scale, digits = scale_of(result.parameter, *result.limit), digits_apart(*result.limit)
    unit = f" [{scale.unit}]" if scale.unit else ""
    columns = {
        head: [p if isinstance(p, str) else f"{p:.4g}" for p in points],
        f"{result.parameter} <{unit}": [scale.number(limit, digits=digits) for limit in result.limit],
    }
    if result.above is not None:
        columns["above the card's"] = [Scale().number(distance) for distance in result.above]
    if result.parameter == "gamma":
        columns["M_Z' >"] = [mass_text(mass or None) for mass in result.M_Zprime_GeV]
    print_table(tuple(columns), list(zip(*columns.values(), strict=True)))
    _say_what(result)


def say_plane(
    result: Sensitivity,
    first: tuple[str, Sequence[str]],
    second: tuple[str, Sequence[str]],
    rows: Sequence[Sequence[float | None]],
) -> None:
    """Write limits against two keys of a card: a column for each value of the first, or a line for each pair.

    Parameters
    ----------
    result : Sensitivity
        What the limits are.
    first, second : tuple of str and sequence of str
        Keys and their values.
    rows : sequence of sequence of float or None
        A row for each value of the second key.
    """
    scale, digits = scale_of(result.parameter, *result.limit), digits_apart(*result.limit)
    number = partial(scale.number, digits=digits)
    unit = f" [{scale.unit}]" if scale.unit else ""
    (key_a, values_a), (key_b, values_b) = first, second
    if len(values_a) <= _MOST_COLUMNS:
        say(f"{result.parameter} <{unit}, a column for each {key_a}, a line for each {key_b}")
        lines = [(b, *map(number, row)) for b, row in zip(values_b, rows, strict=True)]
        print_table(("", *values_a), lines)
    else:
        lines = [
            (a, b, number(limit))
            for b, row in zip(values_b, rows, strict=True)
            for a, limit in zip(values_a, row, strict=True)
        ]
        print_table((key_a, key_b, f"{result.parameter} <{unit}"), lines)
    _say_what(result)


def _say_what(result: Sensitivity) -> None:
    """Say of which model, level and method limits are, and what is known otherwise."""
    if result.level is None or result.method is None:
        say(f"{result.model}; expected (Asimov) limits, each at the level and with the method of its point")
    else:
        at = f"expected (Asimov) limits at {100 * result.level:g} % {result.method}"
        say(f"{result.model}, {at} (Δχ² = {result.delta_chi2:.4f})")
    if result.global_fit is not None:
        bound = f"{result.parameter} < {format_number(result.global_fit, 3)}"
        say(f"global electroweak fit: {bound} at {100 * GLOBAL_FIT_LEVEL:g} % (hep-ph/9707451)")
