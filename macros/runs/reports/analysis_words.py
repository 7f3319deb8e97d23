"""What an analysis of data found, in sentences: results, limit, warnings."""

from collections.abc import Iterator

from analysis.fits import LimitResult
from analysis.quotation import mass_text, scale_of
from macros.runs.reports.analysis import Analysis
from macros.terminal import format_number
from macros.words import (
    allowed_elsewhere,
    allowed_text,
    band_texts,
    estimate_cells,
    excluded_end,
    excluded_text,
    few_toys_warnings,
    limit_scale,
    median_text,
    poor_fit,
    undetermined_text,
)

__all__ = ["limit_sentences", "result_rows", "warning_sentences"]

_SUSPICIOUS = 1e-3


def result_rows(found: Analysis) -> Iterator[tuple[str, str]]:
    """Name and write each number that was found."""
    fit, limit, expected = found.fit, found.limit, found.expected
    name, central, _, interval = estimate_cells(fit.poi, fit.estimate)
    if fit.valid:
        yield f"Estimate of {name}", central
        method = {"minos": "MINOS", "hesse": "Hesse"}[fit.method]
        yield f"Interval at {100 * fit.level:g} % by {method}", interval
    else:
        yield f"Estimate of {name}", f"none: {fit.reason}"
    mass = f"; M_Z′ > {mass_text(limit.M_Zprime_GeV)}" if limit.M_Zprime_GeV else ""
    scale = limit_scale(limit)
    spread = "" if limit.mc_error is None else " (pseudo-experiments)"
    upper = (
        f"none: {_open_text(limit)}"
        if limit.upper is None
        else f"{scale.text(limit.upper, limit.mc_error)}{spread}{mass}"
    )
    if excluded_end(limit) is None:
        yield f"Upper limit at {100 * limit.level:g} %, {limit.method}", upper
    else:
        interval = f"{allowed_text(limit, scale)}{spread}"
        yield f"Interval at {100 * limit.level:g} %, {limit.method}", interval
    if expected is not None and expected.band is not None:
        texts = band_texts(expected.band, expected.band_errors, scale)
        unit = f" [{scale.unit}]" if scale.unit else ""
        yield "Expected limit, median", median_text(expected.band, expected.band_errors, scale)
        yield (
            f"Expected within ±1 σ and ±2 σ{unit}",
            f"{texts[1]} to {texts[3]}; {texts[0]} to {texts[4]}",
        )
    elif limit.asimov is not None:
        yield "Expected limit (Asimov)", scale_of(limit.parameter, limit.asimov).text(limit.asimov)
    yield "Goodness of fit", _quality(found)
    goodness = found.goodness
    if goodness is not None:
        yield "Goodness by pseudo-experiments", f"p {goodness.p_text} from {goodness.n_toys}"


def _open_text(limit: LimitResult) -> str:
    """Say why there is no upper limit."""
    if len(limit.regions) > 1:
        return "the highest allowed region is open at its upper end"
    return "nothing above the estimate is excluded"


def _quality(found: Analysis) -> str:
    fit, n_bins = found.fit, found.case.fitter.templates.n_bins
    if fit.quality is None:
        return "none: no minimum was found"
    kind = "χ²" if fit.likelihood == "paper" else "deviance"
    text = (
        f"{kind} = {format_number(fit.fval)} of {n_bins} bins with {fit.quality.ndof} degrees of freedom"
        f"{_p_text(fit.quality.p_deviance)}"
    )
    if fit.quality.pearson is None:
        return text
    return f"{text}; Pearson's χ² = {format_number(fit.quality.pearson)}{_p_text(fit.quality.p_pearson)}"


def _p_text(p: float | None) -> str:
    return "" if p is None else f", p = {format_number(p)}"


def limit_sentences(found: Analysis) -> list[str]:
    """Say what is allowed, and where the expected band comes from."""
    limit, expected = found.limit, found.expected
    how = f"{100 * limit.level:g} % confidence, {limit.method}"
    threshold = (
        "" if limit.thresholds else f", Δχ² = {limit.delta_chi2:.4f} above the minimum in the physical range"
    )
    texts = [f"Allowed: {allowed_text(limit, limit_scale(limit))} ({how}{threshold})."]
    if limit.method not in {"two-sided", "feldman-cousins"} and limit.upper is not None:
        texts.append("The limit is one-sided: it excludes no value below the estimate.")
    excluded = excluded_end(limit)
    if excluded is not None:
        texts.append(f"{excluded_text(limit, excluded)}.")
    if limit.upper is None:
        texts.append(f"There is no upper limit on {limit.parameter}: {_open_text(limit)}.")
    if expected is not None and expected.band is not None:
        model = found.case.card.model.label
        texts.append(
            f"The expected band comes from {found.n_toys} pseudo-experiments of {model} with the exposure of "
            "the data; errors of its limits are statistical."
        )
    return texts


def warning_sentences(found: Analysis) -> Iterator[str]:
    """List what the reader has to know."""
    fit, limit = found.fit, found.limit
    if not fit.valid:
        yield f"The fit is not valid: {fit.reason}."
    poor = poor_fit(fit.quality)
    if poor:
        yield f"{poor[0].upper()}{poor[1:]}."
    if fit.valid:
        for name, e in fit.parameters.items():
            for side, end, reason in (("lower", e.lower, e.lower_reason), ("upper", e.upper, e.upper_reason)):
                if end is None:
                    why = f": {reason}" if reason else ""
                    yield f"The interval of {name} is open at its {side} end{why}."
        yield from (f"{text[0].upper()}{text[1:]}." for text in allowed_elsewhere(fit))
    yield from (f"{undetermined_text(group)}." for group in fit.undetermined)
    if fit.weights is not None and fit.weights.warning:
        yield f"{fit.weights.warning[0].upper()}{fit.weights.warning[1:]}."
    yield from _limit_warnings(limit)
    for compared in found.comparisons:
        if compared.p_value is not None and compared.p_value < _SUSPICIOUS:
            yield f"The counts and the card's model disagree: p = {compared.p_value:.2g}."
    yield from found.case.card.warnings


def _limit_warnings(limit: LimitResult) -> Iterator[str]:
    if limit.upper is None:
        yield f"There is no upper limit on {limit.parameter}: {_open_text(limit)}."
    if len(limit.regions) > 1:
        upper = "" if limit.upper is None else "; the upper limit is the upper end of the highest"
        yield f"More than one region is allowed{upper}."
    for text in few_toys_warnings(limit.n_calibration, limit.level):
        yield f"{text[0].upper()}{text[1:]}."
