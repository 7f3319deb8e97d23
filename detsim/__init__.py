"""What the detector makes of true events: response, expected counts, event files."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from simgen.former import install

if TYPE_CHECKING:
    from detsim.detector import Detector, Resolution, Target, uniform_edges
    from detsim.event_files import EventFile, EventWriter, FileError, RunInfo
    from detsim.expectation import Expectation, Folded, fold, predict
    from detsim.experiment import Experiment, FlatBackground
    from detsim.simulation import (
        Sample,
        Sampling,
        detect,
        gamma_templates,
        generate,
        simulate,
        simulate_counts,
        stream,
        weights,
    )

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

install()

_HOME = {
    "Detector": "detsim.detector.detector",
    "EventFile": "detsim.event_files.event_writer",
    "EventWriter": "detsim.event_files.event_writer",
    "Expectation": "detsim.expectation.prediction",
    "Experiment": "detsim.experiment",
    "FileError": "detsim.event_files.event_writer",
    "FlatBackground": "detsim.experiment",
    "Folded": "detsim.expectation.folded",
    "Resolution": "detsim.detector.detector",
    "RunInfo": "detsim.event_files.event_writer",
    "Sample": "detsim.simulation.mc_templates",
    "Sampling": "detsim.simulation.mc_templates",
    "Target": "detsim.detector.detector",
    "detect": "detsim.simulation.detection",
    "fold": "detsim.expectation.folding",
    "gamma_templates": "detsim.simulation.reweighting",
    "generate": "detsim.simulation.monte_carlo",
    "predict": "detsim.expectation.prediction",
    "simulate": "detsim.simulation.monte_carlo",
    "simulate_counts": "detsim.simulation.monte_carlo",
    "stream": "detsim.simulation.monte_carlo",
    "uniform_edges": "detsim.detector.detector",
    "weights": "detsim.simulation.reweighting",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that nothing heavy is loaded in vain."""
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names."""
    return sorted({*globals(), *__all__})
