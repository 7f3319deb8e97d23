"""The report of an analysis of data: its sentences and tables."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analysis.fits import FitResult, LimitResult
from detsim.event_files import origin
from macros.plots import Picture
from macros.report import Report, ReportFile, ReportTable, Section, report_figure
from macros.runs.analysis import Analysis
from macros.terminal import format_number
from macros.words import (
    allowed_elsewhere,
    band_texts,
    end_text,
    experiment_rows,
    explain_parameter,
    fit_notes,
    impacts_table,
    interval_text,
    minima_table,
    poor_fit,
    pulls_table,
    undetermined_text,
)
from simgen.quotation import name_with_unit

__all__ = ["analysis_report"]

_SUSPICIOUS = 1e-3
_TITLES = {
    "spectrum": ("Measured energy", "Data, the expectation of the standard model by quadrature, and the fit"),
    "distance": (
        "Measured distance from the source",
        "Data, the expectation of the standard model without oscillation, and the fit, with their ratio",
    ),
    "profile": (
        "Profile likelihood",
        "-2 Δln L, minimised over the nuisance parameters",
    ),
    "impacts": (
        "Pulls and impacts",
        "How far the data pull each nuisance parameter, and how far that moves the parameter of interest",
    ),
    "limit": ("Limit", "The statistic of the data, the threshold of the limit, and what is allowed"),
    "band": ("Limit beside those expected", "The limit of these data among those of pseudo-experiments"),
}


def analysis_report(
    found: Analysis,
    pictures: Mapping[str, Picture],
    *,
    source: str,
    command: str,
    files: Sequence[ReportFile],
    made: Sequence[str] = (),
) -> Report:
    """Write the report of an analysis.

    Parameters
    ----------
    found : Analysis
    pictures : mapping of str to Picture
        Of `macros.runs.analysis.analysis_pictures`.
    source : str
        What the data were read from.
    command : str
        Makes it again.
    files : sequence of ReportFile
    made : sequence of str
        Sentences on how the data were made.
    """
    case, card = found.case, found.case.card
    figures = {name: report_figure(picture, *_TITLES[name]) for name, picture in pictures.items()}
    shown = [figures[name] for name in ("spectrum", "distance") if name in figures]
    sections = [
        Section(
            title="Result", tables=[ReportTable(caption="What the data say", rows=list(_results(found)))]
        ),
        Section(
            title="Data and prediction",
            sentences=[*made, *_comparison_sentences(found)],
            figures=shown,
            details=list(_counts(pictures["spectrum"])),
        ),
        Section(
            title="Fit",
            sentences=_fit_sentences(found),
            tables=[_parameters(found.fit), *_minima(found.fit)],
            figures=[figures["profile"]] if "profile" in figures else [],
        ),
        *_nuisances(found, figures),
        Section(
            title="Limit",
            sentences=_limit_sentences(found),
            figures=[figures[name] for name in ("limit", "band") if name in figures],
        ),
        Section(
            title="Experiment",
            tables=[
                ReportTable(caption=experiment.name, rows=experiment_rows(_of(card, experiment.name)))
                for experiment in card.experiments
            ],
        ),
    ]
    names = ", ".join(experiment.name for experiment in card.experiments)
    return Report(
        title=f"{found.fit.poi} of {card.model.label} from {case.kind} data of {names}",
        summary=_summary(found, source),
        warnings=list(_warnings(found)),
        sections=sections,
        files=files,
        command=command,
        card_text=card.text(),
        provenance=origin(),
    )


def _of(card: Any, name: str) -> Any:
    return card if len(card.experiments) == 1 else card.of(name)


def _summary(found: Analysis, source: str) -> list[str]:
    """Say in two sentences what was measured where and what the parameter means; then what data these are."""
    case, card = found.case, found.case.card
    exposed = []
    for experiment in card.experiments:
        facts = dict(experiment_rows(_of(card, experiment.name)))
        time = next(f"{key} {facts[key]}" for key in ("live time", "exposure") if key in facts)
        exposed.append(f"{experiment.name} (source: {facts['source']}; {time})")
    kind = f"{case.kind[0].upper()}{case.kind[1:]}"
    first = f"{kind} data of {' and '.join(exposed)} are compared with {card.model.label}."
    meaning = explain_parameter(found.fit.poi)
    second = f"{meaning[0].upper() if meaning.startswith('the ') else meaning[0]}{meaning[1:]}."
    said = {
        "simulated": "These data are simulated: no detector took them.",
        "measured": "Their files do not say that these data were simulated: they are taken for measured.",
    }
    kinds = said.get(case.kind, f"These data are {case.kind}.")
    return [f"{first} {second}", f"Data: {source}. {kinds}"]


def _results(found: Analysis) -> Iterator[tuple[str, str]]:
    fit, limit, expected = found.fit, found.limit, found.expected
    estimate = fit.estimate
    name = name_with_unit(fit.poi)
    if fit.valid:
        error = "" if estimate.error is None else f" ± {format_number(estimate.error)} (Hesse)"
        yield f"Estimate of {name}", f"{format_number(estimate.value)}{error}"
        method = {"minos": "MINOS", "hesse": "Hesse"}[fit.method]
        yield f"Interval at {100 * fit.level:g} % by {method}", interval_text(estimate)
    else:
        yield f"Estimate of {name}", f"none: {fit.reason}"
    mass = f"; M_Z′ > {limit.M_Zprime_GeV:.4g} GeV" if limit.M_Zprime_GeV else ""
    spread = "" if limit.mc_error is None else f" ± {format_number(limit.mc_error, 2)} (pseudo-experiments)"
    upper = (
        "none: nothing is excluded" if limit.upper is None else f"{format_number(limit.upper)}{spread}{mass}"
    )
    yield f"Upper limit at {100 * limit.level:g} %, {limit.method}", upper
    if expected is not None and expected.band is not None:
        texts = band_texts(expected.band, expected.band_errors)
        yield "Expected limit, median", texts[2]
        yield "Expected within ±1 σ and ±2 σ", f"{texts[1]} to {texts[3]}; {texts[0]} to {texts[4]}"
    elif limit.asimov is not None:
        yield "Expected limit (Asimov)", format_number(limit.asimov)
    yield "Goodness of fit", _quality(found)
    goodness = found.goodness
    if goodness is not None:
        p = f"p = {format_number(goodness.p_value)} ± {format_number(goodness.p_error, 2)}"
        yield "Goodness by pseudo-experiments", f"{p} from {goodness.n_toys}"


def _quality(found: Analysis) -> str:
    fit, n_bins = found.fit, found.case.fitter.templates.n_bins
    if fit.quality is None:
        return "none: no minimum was found"
    kind = "χ²" if fit.likelihood == "paper" else "deviance"
    p = "" if fit.quality.p_value is None else f", p = {format_number(fit.quality.p_value)}"
    pearson = fit.quality.pearson
    other = "" if pearson is None else f"; Pearson's χ² = {format_number(pearson)}"
    return (
        f"{kind} = {format_number(fit.fval)} of {n_bins} bins with {fit.quality.ndof} degrees of freedom"
        f"{other}{p}"
    )


def _comparison_sentences(found: Analysis) -> Iterator[str]:
    """Say how far the data are from the prediction of the card, with the bins that the χ² counts."""
    experiments = found.case.fitter.templates.experiments
    for experiment, compared, expected in zip(experiments, found.comparisons, found.predictions, strict=True):
        total = f"{format_number(float(expected.counts.sum()), 6)} are expected"
        start = f"{experiment.name}: of the card's model {total} in the {experiment.detector.n_bins} bins"
        if compared.p_value is None:
            yield f"{start}, too few for a χ²."
            continue
        pooled = experiment.detector.n_bins - compared.ndof
        joined = f", {pooled} fewer because bins that expect few counts are pooled" if pooled else ""
        yield (
            f"{start}; χ² of the data against it = {format_number(compared.chi2)} for {compared.ndof} bins"
            f"{joined}, p = {format_number(compared.p_value)}."
        )


def _counts(picture: Picture) -> Iterator[ReportTable]:
    """Make a table of the counts from the numbers of the figure."""
    data = picture.data
    at = {name: data.columns.index(name) for name in data.columns}
    shown = ("experiment", "low", "high", "data", "expected", "fitted", "pull")
    unit = str(data.rows[0][at["unit"]])
    head = ("experiment", f"from [{unit}]", f"to [{unit}]", "data", "expected", "fit", "pull")
    rows = [[_cell(row[at[name]]) for name in shown] for row in data.rows]
    yield ReportTable(caption="Counts in the bins of the energy", head=head, rows=rows)


def _cell(value: float | str | None) -> str:
    if isinstance(value, str):
        return value
    return "–" if value is None else f"{value:.6g}"


def _fit_sentences(found: Analysis) -> list[str]:
    fit = found.fit
    likelihood = {
        "poisson": "binned Poisson likelihood with constrained normalisations",
        "paper": "the paper's χ² with an uncorrelated relative error per bin",
    }.get(fit.likelihood, fit.likelihood)
    state = "valid" if fit.valid else f"not valid: {fit.failure or fit.reason}"
    return [
        f"The fit is {state}; {likelihood}.",
        *(f"{text[0].upper()}{text[1:]}." for text in fit_notes(fit)),
    ]


def _parameters(fit: FitResult) -> ReportTable:
    method = {"minos": "MINOS", "hesse": "Hesse"}[fit.method]
    rows = [
        (name_with_unit(name), format_number(e.value), format_number(e.error), interval_text(e))
        for name, e in fit.parameters.items()
    ]
    head = ("parameter", "estimate", "error (Hesse)", f"interval, {method} {100 * fit.level:g} %")
    return ReportTable(caption="Fitted parameters", head=head, rows=rows)


def _minima(fit: FitResult) -> Iterator[ReportTable]:
    if fit.minima:
        (name, rise, _, allowed), rows = minima_table(fit)
        head = (name, rise, "range", allowed)
        yield ReportTable(caption="All local minima of -2 ln L, the deepest first", head=head, rows=rows)


def _nuisances(found: Analysis, figures: Mapping[str, Any]) -> Iterator[Section]:
    if not found.fit.pulls:
        return
    (head, rows), impacts = pulls_table(found.fit.pulls), found.impacts
    tables = [ReportTable(caption="Pulls of the nuisance parameters", head=head, rows=rows)]
    sentences = [f"No impacts: {impacts.reason}."] if impacts.reason else []
    if impacts.impacts:
        caption = f"Impacts: change of {impacts.parameter} with a parameter one error up or down"
        head, rows = impacts_table(impacts)
        tables.append(ReportTable(caption=caption, head=head, rows=rows))
    shown = [figures["impacts"]] if "impacts" in figures else []
    yield Section(title="Nuisance parameters", sentences=sentences, figures=shown, details=tables)


def _limit_sentences(found: Analysis) -> list[str]:
    limit, expected = found.limit, found.expected
    regions = " and ".join(
        f"[{', '.join(end_text(end, float('inf')) for end in pair)}]" for pair in limit.regions
    )
    how = f"{100 * limit.level:g} % confidence, {limit.method}"
    threshold = (
        "" if limit.thresholds else f", Δχ² = {limit.delta_chi2:.4f} above the minimum in the physical range"
    )
    texts = [f"Allowed: {regions or 'nothing'} ({how}{threshold})."]
    if limit.upper is None:
        texts.append(f"There is no upper limit on {limit.parameter}: nothing above it is excluded.")
    if expected is not None and expected.band is not None:
        model = found.case.card.model.label
        texts.append(
            f"The expected band comes from {found.n_toys} pseudo-experiments of {model} with the exposure of "
            "the data; errors of its limits are statistical."
        )
    return texts


def _warnings(found: Analysis) -> Iterator[str]:
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
        yield f"There is no upper limit on {limit.parameter}: nothing above it is excluded."
    if len(limit.regions) > 1:
        yield "More than one region is allowed; the upper limit is the upper end of the highest."
