"""What a report says of data: fit, impacts, limit, expected band, goodness of fit; and its files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.fits import FitResult, Impacts, LimitResult
from analysis.histograms import Comparison, binned, compare, compare_weighted
from analysis.studies import GoodnessOfFit
from detsim.expectation import Expectation, predict
from macros.plots import Look, Picture, look, render
from macros.studies import (
    Inference,
    LimitOptions,
    counts_picture,
    expected_limit_picture,
    impacts_picture,
    limit_picture,
    profile_picture,
)
from macros.terminal import Progress, json_text
from macros.words import (
    expectation_document,
    fit_document,
    goodness_document,
    impacts_document,
    limit_document,
)

__all__ = ["CONTENTS", "Analysis", "analyse", "analysis_pictures", "draw_picture", "write_analysis"]

CONTENTS = {
    "card.toml": "the card as it was used",
    "events.root": "the simulated events",
    "histograms.root": "histograms of data and expectation, for ROOT",
    "spectrum.json": "the histogram of the data, as UHI JSON",
    "spectrum.csv": "the histogram of the data",
    "expect.json": "expected counts",
    "fit.json": "the fit: parameters, pulls, correlations, impacts, minima",
    "limit.json": "the limit, and the expected one with its band",
    "spectrum.pdf": "figure of the measured energy",
    "distance.pdf": "figure of the measured distance",
    "counts.csv": "the numbers of these figures",
    "profile.pdf": "figure of the profile likelihood",
    "profile.csv": "its numbers",
    "impacts.pdf": "figure of pulls and impacts",
    "impacts.csv": "its numbers",
    "limit.pdf": "figure of the limit",
    "limit.csv": "its numbers",
    "band.pdf": "figure of the limit beside the expected ones",
    "band.csv": "its numbers",
}
"""Files of a report and of a run, in the order in which the report names them."""
_NUMBERS = {"spectrum": "counts"}
"""Names of tables that differ from those of their figures."""


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """What is found in data.

    Parameters
    ----------
    case : Inference
        With data.
    fit : FitResult
    impacts : Impacts
    limit : LimitResult
    expected : LimitResult or None
        The expected limit with its band, in the exposures of the data; None: not asked for.
    n_toys : int
        Pseudo-experiments of the band.
    goodness : GoodnessOfFit or None
        From pseudo-experiments, if these were asked for.
    predictions : tuple of Expectation
        Of the card's model, one an experiment.
    comparisons : tuple of Comparison
        Of the data with these, in the bins.
    """

    case: Inference
    fit: FitResult
    impacts: Impacts
    limit: LimitResult
    expected: LimitResult | None
    n_toys: int
    goodness: GoodnessOfFit | None
    predictions: tuple[Expectation, ...]
    comparisons: tuple[Comparison, ...]

    def document(self) -> dict[str, Any]:
        """Return the keys of the JSON output."""
        return {
            "fit": self.fit_document(),
            "limit": limit_document(self.limit),
            "expected_limit": None if self.expected is None else limit_document(self.expected),
            "data": self.case.source,
            "kind": self.case.kind,
            "auxiliary": self.case.auxiliary,
        }

    def fit_document(self) -> dict[str, Any]:
        """Return the keys of the fit."""
        return {
            **fit_document(self.fit),
            "impacts": impacts_document(self.impacts),
            "goodness_of_fit": goodness_document(self.goodness),
        }


def analyse(
    case: Inference,
    options: LimitOptions,
    *,
    n_goodness: int,
    progress: Progress,
    stopped: Callable[[], bool] = lambda: False,
) -> Analysis:
    """Fit data, and find limit, expected band and goodness of fit.

    Parameters
    ----------
    case : Inference
        With data, and with a seed if anything is drawn.
    options : LimitOptions
        `n_toys` of the expected band; 0: no band.
    n_goodness : int
        Pseudo-experiments for the goodness of fit; 0: none.
    progress : callable
    stopped : callable
        Whether to stop after this block of pseudo-experiments.
    """
    with progress("fitting", None, "fits"):
        fit = case.fit()
    followed: dict[str, Any] = {"progress": progress, "stopped": stopped}
    followed["calibration"] = case.shared_calibration(options, progress)
    limit = case.limit(options, **followed).result
    expected = case.without_data().limit(options, **followed).result if options.n_toys else None
    goodness = None
    if n_goodness and fit.valid:
        goodness = case.goodness(n_goodness, progress=progress, stopped=stopped)
    with progress("impacts", None, "fits"):
        impacts = case.impacts(fit)
    predictions = tuple(predict(e, case.card.model) for e in case.fitter.templates.experiments)
    return Analysis(
        case=case,
        fit=fit,
        impacts=impacts,
        limit=limit,
        expected=expected,
        n_toys=options.n_toys,
        goodness=goodness,
        predictions=predictions,
        comparisons=_comparisons(case, predictions),
    )


def _comparisons(case: Inference, predictions: tuple[Expectation, ...]) -> tuple[Comparison, ...]:
    """Compare the data of each experiment with the prediction of the card, in the bins."""
    found = []
    for data, expected in zip(case.data.sets if case.data else (), predictions, strict=True):
        h = data.histogram
        counts, variances = h.values().ravel(), h.variances()
        if binned(h).is_weighted and variances is not None:
            found.append(compare_weighted(counts, variances.ravel(), expected.counts))
        else:
            found.append(compare(counts, expected.counts))
    return tuple(found)


def analysis_pictures(found: Analysis) -> dict[str, Picture]:
    """Make the pictures of an analysis, by name; those that it has nothing for are left out."""
    case, fit = found.case, found.fit
    pictures = {"spectrum": counts_picture(case, fit, axis="energy")}
    if any(e.detector.distance is not None for e in case.fitter.templates.experiments):
        pictures["distance"] = counts_picture(case, fit, axis="distance")
    if not fit.failed:
        pictures["profile"] = profile_picture(case, fit, limit=_plain(found.limit))
    if found.impacts.impacts:
        pictures["impacts"] = impacts_picture(case, fit, found.impacts)
    pictures["limit"] = limit_picture(case, found.limit)
    if found.expected is not None:
        pictures["band"] = expected_limit_picture(case, found.expected, observed=found.limit)
    return pictures


def _plain(limit: LimitResult) -> LimitResult | None:
    """Return a limit whose threshold is one number, which the profile can show."""
    return limit if limit.thresholds is None else None


def draw_picture(picture: Picture, style: Look) -> bytes:
    """Draw a picture of `analysis_pictures` as PDF in a style."""
    with look(style):
        return render(picture.draw(), "pdf")


def write_analysis(directory: Path, found: Analysis, pictures: Mapping[str, Picture]) -> None:
    """Write card, documents and the numbers of figures to a directory.

    Parameters
    ----------
    directory : Path
    found : Analysis
    pictures : mapping of str to Picture
        Of `analysis_pictures`.
    """
    case = found.case
    (directory / "card.toml").write_text(case.card.text(), encoding="utf-8")
    _dump(directory / "fit.json", found.fit_document())
    limit = limit_document(found.limit)
    _dump(directory / "limit.json", {**limit, "expected_limit": found.document()["expected_limit"]})
    _dump(directory / "expect.json", _expected(found))
    for name, picture in pictures.items():
        if name == "distance":
            continue
        table = counts_picture(case, found.fit).data if name == "spectrum" else picture.data
        (directory / f"{_NUMBERS.get(name, name)}.csv").write_text(table.csv(), encoding="utf-8")


def _expected(found: Analysis) -> dict[str, Any]:
    card, predictions = found.case.card, found.predictions
    if len(card.experiments) == 1:
        return expectation_document(predictions[0], card)
    names = [experiment.name for experiment in card.experiments]
    pairs = zip(names, predictions, strict=True)
    return {name: expectation_document(expected, card.of(name)) for name, expected in pairs}


def _dump(path: Path, document: Mapping[str, Any]) -> None:
    path.write_text(json_text(document) + "\n", encoding="utf-8")
