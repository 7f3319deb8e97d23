"""Response matrices and templates of a fit as histograms."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import hist
import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.exchange.translation import plain_name
from analysis.histograms import axes
from analysis.model import FitModel, Templates
from detsim.detector import Resolution
from detsim.expectation import fold
from detsim.experiment import Experiment
from simgen.interaction import Model, T_max

__all__ = ["N_TRUE_BINS", "response_histograms"]

Array = NDArray[np.float64]

N_TRUE_BINS = 100
"""Bins of the true recoil energy."""


def response_histograms(
    model: FitModel,
    *,
    at: float | None = None,
    n_true: int = N_TRUE_BINS,
    origin: Mapping[str, str] | None = None,
) -> dict[str, hist.Hist[Any]]:
    """Make the response matrix and the templates of each experiment.

    Parameters
    ----------
    model : FitModel
    at : float, optional
        Value of the parameter of interest; that of the model if not given.
    n_true : int
        Bins of the true recoil energy, from `generate_above` to its largest value.
    origin : mapping of str to str, optional
        Provenance, which becomes the metadata of the histograms.

    Returns
    -------
    dict of str to hist.Hist
        `true`, `response`, `signal`, `background_NAME`; `signal_A`, `signal_B` and `signal_C` where the
        signal is A + Bθ + Cθ² in the parameter of interest θ; each template also with the endings `_NAME_up`
        and `_NAME_down` for one standard deviation of each shape. With several experiments the names begin
        with that of the experiment and a slash.

    Raises
    ------
    ValueError
        If data are weighted, or the value is not in the range of the parameter.

    Notes
    -----
    The response is the number of events measured in a bin, divided by the number of recoils in the target in
    a bin of the true energy, both for the model and folded by quadrature. Within bins of the true energy it
    is an average over the model's own spectrum: times the true spectrum it gives the expected signal exactly.
    Efficiencies, cuts and bound electrons are part of it. Recoils that are recorded outside of the bins are
    in the flow bins.
    """
    t = model.templates
    if t.scaling is not None:
        raise ValueError("the data are weighted, and templates are of counts: leave the data out")
    value = model.truth if at is None else at
    low, high = model.range
    if not low <= value <= high:
        raise ValueError(f"{t.poi} must lie from {low:g} to {high:g}, got {value:g}")
    chosen = t.model.vary(**{t.poi: value})
    found: dict[str, hist.Hist[Any]] = {}
    for e, experiment in enumerate(t.experiments):
        prefix = f"{plain_name(experiment.name)}/" if len(t.experiments) > 1 else ""
        histograms = {
            **_response(experiment, chosen, n_true),
            **_templates(t, e, value, chosen),
        }
        for name, h in histograms.items():
            h.name = f"{experiment.name}: {h.name or name}"
            h.metadata = dict(origin or {})
            found[f"{prefix}{name}"] = h
    return found


def _response(experiment: Experiment, model: Model, n_true: int) -> dict[str, hist.Hist[Any]]:
    """Fold the spectrum above each edge of the true energy: differences are the events of a bin."""
    plain = replace(experiment, backgrounds=(), systematics=())
    highest = max(float(T_max(c.spectrum.endpoint)) for c in experiment.source.components)
    edges = np.linspace(experiment.generate_above, highest, n_true + 1)
    ideal = replace(
        experiment.detector,
        edges=tuple(edges.tolist()),
        threshold=-np.inf,
        resolution=Resolution(),
        efficiency=1.0,
        binding="free",
        quenching=None,
        energy_scale=1.0,
        fiducial=1.0,
        wall_distance=0.0,
        distance=None,
    )
    true = fold(replace(plain, detector=ideal), model).signal(model)[1:-1]
    above = [fold(replace(plain, generate_above=float(T)), model).signal(model) for T in edges[:-1]]
    measured = -np.diff([*above, np.zeros_like(above[0])], axis=0)
    probabilities = np.divide(measured, true[:, None], out=np.zeros_like(measured), where=true[:, None] > 0)
    T_axis = hist.axis.Variable(edges, name="T", label="true recoil energy T [MeV]")
    spectrum = hist.Hist(T_axis, storage=hist.storage.Weight(), name="recoils in the target", label="recoils")
    spectrum.view().value = true
    y = _measured_axis(experiment)
    response = hist.Hist(
        T_axis, y, storage=hist.storage.Weight(), name="response", label="events per recoil in the target"
    )
    response.view(flow=True).value[1:-1] = np.maximum(probabilities, 0.0)
    return {"true": spectrum, "response": response}


def _measured_axis(experiment: Experiment) -> Any:
    """Return the axis of the measured energy; with bins of the distance, one that counts all bins."""
    if experiment.detector.distance is None:
        return axes(experiment)[-1]
    n = experiment.detector.n_bins
    return hist.axis.Regular(n, 0, n, name="bin", label="bin, distance by distance with all its energies")


def _templates(t: Templates, e: int, value: float, model: Model) -> dict[str, hist.Hist[Any]]:
    """Make the histograms of an experiment: nominal, and one standard deviation of each shape."""
    bins = t.bins[e]
    layers = {"signal": t.layers(value)[:, bins]}
    if t.coefficients is not None:
        layers |= {f"signal_{k}": c[:, bins] for k, c in zip("ABC", t.coefficients, strict=True)}
    backgrounds = zip(t.experiments[e].backgrounds, t.backgrounds[e], strict=True)
    layers |= {plain_name(f"background_{b.name}"): spectra for b, spectra in backgrounds}
    variances = {"signal": t.samples[e].variances(model)[1:-1]} if t.samples else {}
    n_shapes = len(t.shapes)
    found = {}
    for name, spectra in layers.items():
        found[name] = _counts(t.experiments[e], spectra[0], variances.get(name, 0.0))
        for s, shape in enumerate(t.shapes):
            linear, bent = spectra[1 + s], spectra[1 + n_shapes + s]
            if linear.any() or bent.any():
                ending = plain_name(shape.name)
                found[f"{name}_{ending}_up"] = _counts(t.experiments[e], spectra[0] + linear + bent)
                found[f"{name}_{ending}_down"] = _counts(t.experiments[e], spectra[0] - linear + bent)
    return found


def _counts(experiment: Experiment, counts: Array, variances: ArrayLike = 0.0) -> hist.Hist[Any]:
    """Make a histogram of expected counts, whose variances are those of simulated templates."""
    h = hist.Hist(*axes(experiment), storage=hist.storage.Weight(), label="expected events")
    shape = h.view().shape
    h.view().value = np.reshape(counts, shape)
    h.view().variance = np.broadcast_to(np.asarray(variances, np.float64), np.shape(counts)).reshape(shape)
    return h
