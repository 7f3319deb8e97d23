"""The main job: simulate, histogram, fit, limit, plots, report."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hist
import numpy as np
from numpy.typing import NDArray

from analysis.fits import FitResult, Fitter, LimitResult, fit_counts, limit_of_counts
from analysis.histograms import bin_counts, from_counts, write_csv, write_json, write_root
from detsim.event_files import EventFile, origin
from detsim.expectation import Expectation, predict
from macros.card import Card
from macros.plots import distance_plot, profile_plot, render, render_svg, spectrum_plot
from macros.report import Report, ReportFigure, Spectrum, write_report
from macros.runs.production import Production, produce
from macros.setup import file_histogram, foreign_run, open_fitter, whole_directory
from macros.terminal import json_text
from macros.words import expectation_document, fit_document, limit_document

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["RunResult", "run_job"]

Array = NDArray[np.float64]

_FILES = {
    "card": "card.toml",
    "events": "events.root",
    "histograms": "histograms.root",
    "histogram_json": "spectrum.json",
    "histogram_csv": "spectrum.csv",
    "expectation": "expect.json",
    "fit": "fit.json",
    "limit": "limit.json",
    "spectrum_figure": "spectrum.pdf",
    "distance_figure": "distance.pdf",
    "profile_figure": "profile.pdf",
    "report": "report.html",
}
_TITLES = {
    "spectrum": "Measured energy",
    "distance": "Measured distance from the source",
    "profile": "Profile likelihood",
}
_CAPTIONS = {
    "spectrum": "Simulated data, the standard model's expectation by quadrature, and the fitted model.",
    "distance": "Simulated data, the standard model's expectation without oscillation, the fitted model, and "
    "their ratios to it.",
    "profile": "-2 Δln L over the constrained normalisations, with the fit's interval and the limit.",
}


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """What a run made.

    Parameters
    ----------
    directory : Path
    files : dict of str to str
        Names in the directory, by what they are.
    production : Production
    expectation : Expectation
    fit : FitResult
    limit : LimitResult
    """

    directory: Path
    files: dict[str, str]
    production: Production
    expectation: Expectation
    fit: FitResult
    limit: LimitResult

    def document(self) -> dict[str, Any]:
        """Return the keys of the JSON output."""
        events = str(self.directory / self.files["events"])
        return {
            "directory": str(self.directory),
            "files": self.files,
            "simulation": {**self.production.document(), "file": events, "files": [events]},
            "fit": fit_document(self.fit),
            "limit": limit_document(self.limit),
        }


def run_job(
    card: Card,
    directory: Path,
    *,
    force: bool = False,
    reads: Sequence[Path] = (),
    advance: Callable[[float], None] | None = None,
) -> RunResult:
    """Do the main job of a card.

    Parameters
    ----------
    card : Card
        With a seed.
    directory : Path
        Made whole or not at all.
    force : bool
        Replace a former run that is there.
    reads : sequence of Path
        Files of the card, none of which may be in what is replaced.
    advance : callable, optional
        Called with the number of events drawn.

    Returns
    -------
    RunResult
    """
    if card.run.seed is None:
        raise ValueError("a run needs a seed")
    distance = card.experiment.detector.distance
    files = {key: name for key, name in _FILES.items() if distance or key != "distance_figure"}
    names = set(_FILES.values())
    with whole_directory(directory, names, force=force, reads=reads, foreign=foreign_run) as staging:
        (staging / files["card"]).write_text(card.text(), encoding="utf-8")
        made = produce(card, staging / files["events"], seed=card.run.seed, advance=advance)
        data = _histogram(card, staging / files["events"])
        expected = predict(card.experiment, card.model)
        fitter = open_fitter(card)
        counts = bin_counts(data, card.experiment)
        fitted = fit_counts(fitter, counts, level=card.fit.level, method=card.fit.method)
        limit = limit_of_counts(fitter, counts, level=card.fit.limit_level, method=card.fit.limit_method)
        _dump(staging / files["fit"], fit_document(fitted))
        _dump(staging / files["limit"], limit_document(limit))
        _dump(staging / files["expectation"], expectation_document(expected, card))
        _write_histograms(staging, files, data, from_counts(expected.with_flow, card.experiment))
        best = _best(fitter, fitted)
        figures = _figures(card, data, fitter, fitted, limit, best)
        for name, figure in figures.items():
            (staging / files[f"{name}_figure"]).write_bytes(render(figure, "pdf"))
        report = Report(
            title=f"{card.experiment.name}: {fitted.poi} of {card.model.label}",
            card_name=card.name,
            card_text=card.text(),
            model=card.model.label,
            seed=card.run.seed,
            spectrum=Spectrum(
                edges=expected.edges,
                counts=counts,
                expected=expected.counts,
                fitted=best,
                distance_edges=None if distance is None else distance.edges,
            ),
            comparison=made.comparison,
            fit=fitted,
            limit=limit,
            figures=[
                ReportFigure(svg=render_svg(figure), title=_TITLES[name], caption=_CAPTIONS[name])
                for name, figure in figures.items()
            ],
            provenance=origin(),
        )
        write_report(staging / files["report"], report)
    return RunResult(
        directory=directory,
        files=files,
        production=made,
        expectation=expected,
        fit=fitted,
        limit=limit,
    )


def _write_histograms(
    directory: Path, files: Mapping[str, str], data: hist.Hist[Any], expected: hist.Hist[Any]
) -> None:
    """Write the data in every format, and the expectation beside them in ROOT."""
    write_json(directory / files["histogram_json"], data)
    write_csv(directory / files["histogram_csv"], data)
    name = "_".join(data.axes.name)
    write_root(directory / files["histograms"], {name: data, f"{name}_expected": expected})


def _dump(path: Path, document: Mapping[str, Any]) -> None:
    path.write_text(json_text(document) + "\n", encoding="utf-8")


def _histogram(card: Card, path: Path) -> hist.Hist[Any]:
    """Fill the histogram from the file, so that it is the file's."""
    with EventFile(path) as file:
        return file_histogram(file, card.experiment)


def _best(fitter: Fitter, fitted: FitResult) -> Array | None:
    """Compute the counts at the fit's estimates, shape (n_bins,); None without a valid fit."""
    if not fitted.valid:
        return None
    poi, *others = [e.value for e in fitted.parameters.values() if e.value is not None]
    pulls = [n.pull(value) for n, value in zip(fitter.templates.nuisances, others, strict=True)]
    return fitter.templates.expected(poi, pulls)


def _figures(
    card: Card,
    data: hist.Hist[Any],
    fitter: Fitter,
    fitted: FitResult,
    limit: LimitResult,
    best: Array | None,
) -> dict[str, "Figure"]:
    """Draw the spectrum, the counts against the distance if it is measured, and the profile likelihood."""
    standard = predict(card.experiment, card.model.standard())
    errors = fitter.errors if len(fitter.errors) else None
    label = f"fit of {card.model.label}"
    figures = {"spectrum": spectrum_plot(data, standard, fitted=best, label=label, errors=errors)}
    if card.experiment.detector.distance is not None:
        figures["distance"] = distance_plot(data, standard, fitted=best, label=label, errors=errors)
    poi, curve = _profile(fitter, bin_counts(data, card.experiment), fitted, limit)
    figures["profile"] = profile_plot(poi, curve, fit=fitted, limit=limit)
    return figures


def _profile(fitter: Fitter, counts: Array, fitted: FitResult, limit: LimitResult) -> tuple[Array, Array]:
    """Scan the profile likelihood over what the interval and the limit span."""
    data = fitter.data(counts)
    estimate = fitted.estimate
    ends = [fitter.truth, estimate.value, estimate.lower, estimate.upper, limit.upper, limit.asimov]
    finite = [e for e in ends if e is not None]
    span = max(finite) - min(finite) or 1.0
    low, high = fitter.range
    points = np.linspace(max(min(finite) - 0.35 * span, low), min(max(finite) + 0.35 * span, high), 161)
    profile = fitter.profile(data)
    values = np.array([profile(p) for p in points])
    return points, values - min(float(values.min()), fitted.fval)
