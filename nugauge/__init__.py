"""What a notebook needs, under one name: cards, models, sources, detectors, events, fits and studies.

    import nugauge as ng

    card = ng.load_card("borexino-cr51-realistic")
    events = card.simulate(seed=1)
    result = card.fit(events)
    limit = card.limit(events)

A card answers with all that it says; the functions of the same names take everything explicitly. They stand
in the packages `simgen`, `detsim`, `analysis` and `macros`, which are loaded when a name is first used.
"""

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis import (
        Calibration,
        FitResult,
        FitSettings,
        LimitResult,
        Thrower,
        calibrate,
        coverage,
        expected_limit,
        fit,
        goodness_of_fit,
        histogram,
        limit,
        make_fitter,
        read_calibration,
        sensitivity,
        toys,
        true_values,
        write_calibration,
    )
    from detsim import (
        Background,
        Birks,
        Curve,
        Detector,
        DistanceBins,
        EfficiencyCurve,
        EventFile,
        Expectation,
        Experiment,
        FileError,
        FlatBackground,
        PhotoElectrons,
        QuenchingTable,
        RecordedSample,
        Resolution,
        Sampling,
        Systematic,
        TabulatedResolution,
        Target,
        detect,
        generate,
        predict,
        simulate,
        stream,
        uniform_edges,
        weights,
    )
    from macros import Card, CardError, load_card, run_campaign, show_progress
    from simgen import (
        E6,
        LR,
        SM,
        Activity,
        BetaSpectrum,
        Box,
        Component,
        Cylinder,
        Events,
        Exposure,
        Flavour,
        Flux,
        FunctionSpectrum,
        HistogramSpectrum,
        Interactions,
        Line,
        Lines,
        Model,
        PowerLaw,
        Shell,
        Source,
        Sphere,
        TableSpectrum,
        Tabulated,
        Uniform,
        be7,
        cr51,
        dsigma_dT,
        pm147,
        sigma,
        source,
    )

    __version__: str

__all__ = [
    "E6",
    "LR",
    "SM",
    "Activity",
    "Background",
    "BetaSpectrum",
    "Birks",
    "Box",
    "Calibration",
    "Card",
    "CardError",
    "Component",
    "Curve",
    "Cylinder",
    "Detector",
    "DistanceBins",
    "EfficiencyCurve",
    "EventFile",
    "Events",
    "Expectation",
    "Experiment",
    "Exposure",
    "FileError",
    "FitResult",
    "FitSettings",
    "FlatBackground",
    "Flavour",
    "Flux",
    "FunctionSpectrum",
    "HistogramSpectrum",
    "Interactions",
    "LimitResult",
    "Line",
    "Lines",
    "Model",
    "PhotoElectrons",
    "PowerLaw",
    "QuenchingTable",
    "RecordedSample",
    "Resolution",
    "Sampling",
    "Shell",
    "Source",
    "Sphere",
    "Systematic",
    "TableSpectrum",
    "Tabulated",
    "TabulatedResolution",
    "Target",
    "Thrower",
    "Uniform",
    "__version__",
    "be7",
    "calibrate",
    "coverage",
    "cr51",
    "detect",
    "dsigma_dT",
    "expected_limit",
    "fit",
    "generate",
    "goodness_of_fit",
    "histogram",
    "limit",
    "load_card",
    "make_fitter",
    "pm147",
    "predict",
    "read_calibration",
    "run_campaign",
    "sensitivity",
    "show_progress",
    "sigma",
    "simulate",
    "source",
    "stream",
    "toys",
    "true_values",
    "uniform_edges",
    "weights",
    "write_calibration",
]

_PACKAGES = ("macros", "analysis", "detsim", "simgen")


def _check_packages() -> None:
    """Refuse packages or files of other people that have the name of one of ours and come first.

    Raises
    ------
    ImportError
        With the path and the remedy.
    """
    ours = Path(__file__).resolve().parent.parent
    for name in _PACKAGES:
        origin = _origin(name)
        if origin is None:
            raise ImportError(f"nugauge is not installed as a whole: there is no package {name!r}")
        path = Path(origin).resolve()
        if not path.is_relative_to(ours / name):
            raise ImportError(
                f"{path} has the name of the package {name!r} of nugauge and hides it: rename it, or start "
                "Python from another directory, not one in PYTHONPATH either (python -P leaves the present "
                "one out)"
            )


def _origin(name: str) -> str | None:
    """Return the file or folder of a package that is loaded, or would be; None if there is none."""
    if name in sys.modules:
        module = sys.modules[name]
        return getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", [])), "(in memory)")
    spec = find_spec(name)
    return None if spec is None else spec.origin or next(iter(spec.submodule_search_locations or []), None)


_check_packages()


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 (nothing is loaded at import)

    try:
        return version("nugauge")
    except PackageNotFoundError:  # run from its source
        return "0+unknown"


def __getattr__(name: str) -> Any:
    """Load a public name from its package when it is first used."""
    if name == "__version__":
        return _version()
    if name in __all__:
        for package in map(import_module, _PACKAGES):
            if name in package.__all__:
                return getattr(package, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
