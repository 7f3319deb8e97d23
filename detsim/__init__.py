"""What the detector makes of true events: response, expected counts, event files."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from detsim.detection import detect
    from detsim.detector import Detector, Resolution, Target, uniform_edges
    from detsim.eventfile import EventFile, EventWriter, FileError, RunInfo
    from detsim.experiment import Experiment, FlatBackground
    from detsim.folded import Folded
    from detsim.folding import fold
    from detsim.prediction import Expectation, predict
    from detsim.reweighting import gamma_templates, weights
    from detsim.sampling import Sample, Sampling
    from detsim.simulation import generate, simulate, simulate_counts, stream

__all__ = [
    "Detector",
    "EventFile",
    "EventWriter",
    "Expectation",
    "Experiment",
    "FileError",
    "FlatBackground",
    "Folded",
    "Resolution",
    "RunInfo",
    "Sample",
    "Sampling",
    "Target",
    "detect",
    "fold",
    "gamma_templates",
    "generate",
    "predict",
    "simulate",
    "simulate_counts",
    "stream",
    "uniform_edges",
    "weights",
]

_HOME = {
    "Detector": "detsim.detector",
    "EventFile": "detsim.eventfile",
    "EventWriter": "detsim.eventfile",
    "Expectation": "detsim.prediction",
    "Experiment": "detsim.experiment",
    "FileError": "detsim.eventfile",
    "FlatBackground": "detsim.experiment",
    "Folded": "detsim.folded",
    "Resolution": "detsim.detector",
    "RunInfo": "detsim.eventfile",
    "Sample": "detsim.sampling",
    "Sampling": "detsim.sampling",
    "Target": "detsim.detector",
    "detect": "detsim.detection",
    "fold": "detsim.folding",
    "gamma_templates": "detsim.reweighting",
    "generate": "detsim.simulation",
    "predict": "detsim.prediction",
    "simulate": "detsim.simulation",
    "simulate_counts": "detsim.simulation",
    "stream": "detsim.simulation",
    "uniform_edges": "detsim.detector",
    "weights": "detsim.reweighting",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that nothing heavy is loaded in vain."""
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names."""
    return sorted({*globals(), *__all__})
