"""Fits, limits, pseudo-experiments, coverage and sensitivity from binned counts."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from simgen.former import install

if TYPE_CHECKING:
    from analysis.calibration import Calibration, read_calibration, write_calibration
    from analysis.counting import CountBelt, count_belt, count_interval, gaussian_interval
    from analysis.fits import FitResult, LimitResult, fit, limit, make_fitter
    from analysis.histograms import histogram
    from analysis.pseudo_experiments import Thrower, toys
    from analysis.settings import FitSettings
    from analysis.studies import (
        CoverageStudy,
        GoodnessOfFit,
        Hypothesis,
        HypothesisComparison,
        Sensitivity,
        calibrate,
        calibrated_limit,
        compare_hypotheses,
        coverage,
        expected_calibrated_limit,
        expected_limit,
        goodness_of_fit,
        sensitivity,
        true_values,
    )

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

install()

_HOME = {
    "Calibration": "analysis.calibration.table",
    "CountBelt": "analysis.counting.intervals",
    "CoverageStudy": "analysis.studies.coverage_study",
    "FitResult": "analysis.fits.results",
    "FitSettings": "analysis.settings",
    "GoodnessOfFit": "analysis.studies.goodness",
    "Hypothesis": "analysis.studies.model_comparison",
    "HypothesisComparison": "analysis.studies.model_comparison",
    "LimitResult": "analysis.fits.results",
    "Sensitivity": "analysis.studies.expected_limits",
    "Thrower": "analysis.pseudo_experiments.throw",
    "calibrate": "analysis.studies.thresholds",
    "calibrated_limit": "analysis.studies.calibrated_limits",
    "compare_hypotheses": "analysis.studies.model_comparison",
    "count_belt": "analysis.counting.intervals",
    "count_interval": "analysis.counting.intervals",
    "coverage": "analysis.studies.coverage_study",
    "expected_calibrated_limit": "analysis.studies.calibrated_limits",
    "expected_limit": "analysis.studies.expected_limits",
    "fit": "analysis.fits.estimate",
    "gaussian_interval": "analysis.counting.intervals",
    "goodness_of_fit": "analysis.studies.goodness",
    "histogram": "analysis.histograms.histograms",
    "limit": "analysis.fits.limits",
    "make_fitter": "analysis.fits.fitter",
    "read_calibration": "analysis.calibration.file",
    "sensitivity": "analysis.studies.expected_limits",
    "toys": "analysis.pseudo_experiments.fitted_toys",
    "true_values": "analysis.studies.thresholds",
    "write_calibration": "analysis.calibration.file",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that nothing heavy is loaded in vain."""
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names."""
    return sorted({*globals(), *__all__})
