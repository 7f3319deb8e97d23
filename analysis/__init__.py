"""What is learnt from counts: fits, limits, pseudo-experiments, coverage, sensitivity."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis.coverage import CoverageStudy, coverage
    from analysis.fit import fit, make_fitter
    from analysis.histograms import histogram
    from analysis.intervals import limit
    from analysis.results import FitResult, LimitResult
    from analysis.sensitivity import Sensitivity, expected_limit, sensitivity
    from analysis.settings import FitSettings
    from analysis.toys import Thrower, toys

__all__ = [
    "CoverageStudy",
    "FitResult",
    "FitSettings",
    "LimitResult",
    "Sensitivity",
    "Thrower",
    "coverage",
    "expected_limit",
    "fit",
    "histogram",
    "limit",
    "make_fitter",
    "sensitivity",
    "toys",
]

_HOME = {
    "CoverageStudy": "analysis.coverage",
    "FitResult": "analysis.results",
    "FitSettings": "analysis.settings",
    "LimitResult": "analysis.results",
    "Sensitivity": "analysis.sensitivity",
    "Thrower": "analysis.toys",
    "coverage": "analysis.coverage",
    "expected_limit": "analysis.sensitivity",
    "fit": "analysis.fit",
    "histogram": "analysis.histograms",
    "limit": "analysis.intervals",
    "make_fitter": "analysis.fit",
    "sensitivity": "analysis.sensitivity",
    "toys": "analysis.toys",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that nothing heavy is loaded in vain."""
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
