"""What the toys in a joined file of a study say: coverage, p-values, bands, thresholds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from analysis.calibration import read_calibration
from analysis.pseudo_experiments import METHODS, expected_band
from analysis.studies import (
    ComparedFit,
    CoverageStudy,
    GoodnessTally,
    Tally,
    compare_toys,
    tally,
)
from detsim.event_files import TableFile
from macros.studies import read_statistics, read_sums
from macros.terminal import say
from macros.words import (
    band_document,
    calibration_document,
    comparison_document,
    coverage_document,
    goodness_document,
    say_band,
    say_calibration,
    say_comparison,
    say_coverage,
    say_goodness,
)

__all__ = ["StudyResult", "study_result"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyResult:
    """A result as keys of JSON, and a function that writes it for a person."""

    document: dict[str, Any]
    say: Callable[[], None]


def study_result(path: Path, tree: str) -> StudyResult | None:
    """Compute the result of the toys in a file; None where they are of no study.

    Parameters
    ----------
    path : Path
        A whole file, whose toys were made, or joined, by one command.
    tree : str
        What it holds.
    """
    if tree == "calibration":
        made = read_calibration(path)
        level = made.provenance.get("card", {}).get("fit", {}).get("limit_level", 0.95)
        document = calibration_document(made.calibration, path, float(level))
        return StudyResult(document=document, say=partial(say_calibration, document))
    if tree == "sums":
        return _of_sums(path)
    if tree == "statistics":
        return _of_statistics(path)
    return _of_toys(path) if tree == "toys" else None


def _of_sums(path: Path) -> StudyResult:
    stored = read_sums(path)
    if stored.goodness is not None:
        return _goodness(stored.goodness)
    return _coverage(stored.provenance, stored.provenance["parameter"], stored.tallies)


def _of_statistics(path: Path) -> StudyResult:
    origin, columns = read_statistics(path)
    if origin["statistic"] == "goodness":
        return _goodness(GoodnessTally(**origin["observed"]).with_toys(columns["statistic"]))
    if origin["statistic"] == "comparison":
        fits = [ComparedFit(**fit) for fit in origin["fits"]]
        compared = compare_toys(fits, np.stack([columns["difference_a"], columns["difference_b"]]))
        return StudyResult(document=comparison_document(compared), say=partial(say_comparison, compared))
    document = band_document(*expected_band(columns["upper"]), origin)
    return StudyResult(document=document, say=partial(say_band, document))


def _of_toys(path: Path) -> StudyResult | None:
    """Count how often intervals cover the truth; None where it is no coverage study."""
    with TableFile(path, "toys") as table:
        origin = table.provenances[0]
        if origin.get("command") != "coverage":
            return None
        truth = next(name for name in table.branches if name.startswith("true_"))
        poi = truth.removeprefix("true_")
        methods = _methods(origin)
        designs = dict(zip(origin.get("at", ()), origin.get("by_design", ()), strict=False))
        tallies: dict[float, Tally] = {}
        for columns in table.iterate():
            for value in np.unique(columns[truth]).tolist():
                rows = {name: column[columns[truth] == value] for name, column in columns.items()}
                before, by_design = tallies.get(value), designs.get(value, ())
                tallies[value] = tally(rows, poi, methods, before, by_design, origin.get("n_calibration"))
    order = [value for value in origin["at"] if value in tallies]
    return _coverage(origin, poi, tuple(tallies[value] for value in order))


def _methods(origin: Mapping[str, Any]) -> Sequence[str]:
    """Return the methods of a file of toys; one that was joined says them of each of its parts."""
    stated = [origin.get("run"), *(part.get("run") for part in origin.get("parts", ()))]
    found: Sequence[str] = next((run["methods"] for run in stated if run and "methods" in run), METHODS)
    return found


def _coverage(origin: Mapping[str, Any], parameter: str, tallies: tuple[Tally, ...]) -> StudyResult:
    level = float(origin["level"])
    points = tuple(one.point(level) for one in tallies)
    study = CoverageStudy(parameter=parameter, level=level, points=points, tallies=tallies)
    return StudyResult(document=coverage_document(study), say=partial(say_coverage, study))


def _goodness(sums: GoodnessTally) -> StudyResult:
    result = sums.result()

    def tell() -> None:
        say(f"-2 ln L of the data: {result.statistic:.6g}")
        say_goodness(result)

    return StudyResult(document=goodness_document(result) or {}, say=tell)
