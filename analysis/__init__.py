"""What is learnt from counts: fits, limits, pseudo-experiments, coverage, sensitivity."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis.calibrated import calibrated_limit, expected_calibrated_limit
    from analysis.calibrating import calibrate, true_values
    from analysis.calibration import Calibration
    from analysis.calibrationfile import read_calibration, write_calibration
    from analysis.coverage_study import CoverageStudy, coverage
    from analysis.estimation import fit
    from analysis.feldman_cousins import CountBelt, count_belt, count_interval, gaussian_interval
    from analysis.fitter import make_fitter
    from analysis.goodness import GoodnessOfFit, goodness_of_fit
    from analysis.histograms import histogram
    from analysis.hypotheses import Hypothesis, HypothesisComparison, compare_hypotheses
    from analysis.intervals import limit
    from analysis.pseudoexperiments import toys
    from analysis.reach import Sensitivity, expected_limit, sensitivity
    from analysis.results import FitResult, LimitResult
    from analysis.settings import FitSettings
    from analysis.thrower import Thrower

__all__ = [
    "Calibration",
    "CountBelt",
    "CoverageStudy",
    "FitResult",
    "FitSettings",
    "GoodnessOfFit",
    "Hypothesis",
    "HypothesisComparison",
    "LimitResult",
    "Sensitivity",
    "Thrower",
    "calibrate",
    "calibrated_limit",
    "compare_hypotheses",
    "count_belt",
    "count_interval",
    "coverage",
    "expected_calibrated_limit",
    "expected_limit",
    "fit",
    "gaussian_interval",
    "goodness_of_fit",
    "histogram",
    "limit",
    "make_fitter",
    "read_calibration",
    "sensitivity",
    "toys",
    "true_values",
    "write_calibration",
]

_HOME = {
    "Calibration": "analysis.calibration",
    "CountBelt": "analysis.feldman_cousins",
    "CoverageStudy": "analysis.coverage_study",
    "FitResult": "analysis.results",
    "FitSettings": "analysis.settings",
    "GoodnessOfFit": "analysis.goodness",
    "Hypothesis": "analysis.hypotheses",
    "HypothesisComparison": "analysis.hypotheses",
    "LimitResult": "analysis.results",
    "Sensitivity": "analysis.reach",
    "Thrower": "analysis.thrower",
    "calibrate": "analysis.calibrating",
    "calibrated_limit": "analysis.calibrated",
    "compare_hypotheses": "analysis.hypotheses",
    "count_belt": "analysis.feldman_cousins",
    "count_interval": "analysis.feldman_cousins",
    "coverage": "analysis.coverage_study",
    "expected_calibrated_limit": "analysis.calibrated",
    "expected_limit": "analysis.reach",
    "fit": "analysis.estimation",
    "gaussian_interval": "analysis.feldman_cousins",
    "goodness_of_fit": "analysis.goodness",
    "histogram": "analysis.histograms",
    "limit": "analysis.intervals",
    "make_fitter": "analysis.fitter",
    "read_calibration": "analysis.calibrationfile",
    "sensitivity": "analysis.reach",
    "toys": "analysis.pseudoexperiments",
    "true_values": "analysis.calibrating",
    "write_calibration": "analysis.calibrationfile",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that nothing heavy is loaded in vain."""
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names."""
    return sorted({*globals(), *__all__})
