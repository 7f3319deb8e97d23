"""The report of an analysis of data: its sentences and tables."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analysis.fits import FitResult
from detsim.event_files import origin
from macros.plots import Picture
from macros.report import Report, ReportFigure, ReportFile, ReportTable, Section, report_figure
from macros.runs.reports.analysis import Analysis
from macros.runs.reports.analysis_words import limit_sentences, result_rows, warning_sentences
from macros.terminal import format_number
from macros.words import (
    estimate_cells,
    experiment_rows,
    explain_parameter,
    fit_notes,
    impacts_table,
    minima_table,
    pulls_table,
)

__all__ = ["analysis_figure", "analysis_report"]

_AXES = {"spectrum": "energy", "distance": "distance"}
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


def analysis_figure(name: str, picture: Picture) -> ReportFigure:
    """Draw a picture of `macros.runs.reports.analysis.analysis_pictures` for a page, by its name there."""
    return report_figure(picture, *_TITLES[name])


def analysis_report(
    found: Analysis,
    pictures: Mapping[str, Picture],
    figures: Mapping[str, ReportFigure],
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
        Of `macros.runs.reports.analysis.analysis_pictures`.
    figures : mapping of str to ReportFigure
        Of `analysis_figure`, by name.
    source : str
        What the data were read from.
    command : str
        Makes it again.
    files : sequence of ReportFile
    made : sequence of str
        Sentences on how the data were made.
    """
    case, card = found.case, found.case.card
    shown = [figures[name] for name in ("spectrum", "distance") if name in figures]
    sections = [
        Section(
            title="Result", tables=[ReportTable(caption="What the data say", rows=list(result_rows(found)))]
        ),
        Section(
            title="Data and prediction",
            sentences=[*made, *_comparison_sentences(found)],
            figures=shown,
            details=[_counts(pictures[n], axis) for n, axis in _AXES.items() if n in pictures],
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
            sentences=limit_sentences(found),
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
        warnings=list(warning_sentences(found)),
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


def _counts(picture: Picture, axis: str) -> ReportTable:
    """Make a table of the counts from the numbers of the figure."""
    data = picture.data
    at = {name: data.columns.index(name) for name in data.columns}
    shown = ("experiment", "low", "high", "data", "expected", "fitted", "pull")
    unit = str(data.rows[0][at["unit"]])
    head = ("experiment", f"from [{unit}]", f"to [{unit}]", "data", "expected", "fit", "pull")
    rows = [[_cell(row[at[name]]) for name in shown] for row in data.rows]
    return ReportTable(caption=f"Counts in the bins of the {axis}", head=head, rows=rows)


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
        *(f"{text}." for text in fit_notes(fit)),
    ]


def _parameters(fit: FitResult) -> ReportTable:
    method = {"minos": "MINOS", "hesse": "Hesse"}[fit.method]
    rows = [estimate_cells(name, estimate) for name, estimate in fit.parameters.items()]
    head = ("parameter", "estimate ± Hesse", f"{method} {100 * fit.level:g} %", "interval")
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
