"""Histograms of the measured energy, as `hist` objects."""

from typing import Any

import awkward as ak
import hist
import numpy as np
from numpy.typing import ArrayLike, NDArray

from detsim.experiment import Experiment
from simgen.events import Events

__all__ = ["bin_counts", "energy_axis", "experiment_counts", "from_counts", "histogram"]


def energy_axis(experiment: Experiment) -> hist.axis.Variable:
    """Make the axis of the measured energy, with both flow bins."""
    return hist.axis.Variable(
        experiment.detector.edges, name="T_reco", label="T_reco [MeV]", underflow=True, overflow=True
    )


def histogram(
    data: Events | ArrayLike, experiment: Experiment, *, weight: ArrayLike | None = None
) -> hist.Hist[Any]:
    """Fill a histogram of the measured energy.

    Parameters
    ----------
    data : Events or array_like
        Events with `T_reco`, or measured energies [MeV].
    experiment : Experiment
    weight : array_like, optional
        Of each event, 0 or above; that of the events if not given, else 1.

    Returns
    -------
    hist.Hist
        Weighted storage: the variances are Σw².

    Raises
    ------
    ValueError
        If the events have not been through the detector, or a weight is negative or not finite.
    """
    T_reco = data.T_reco if isinstance(data, Events) else data
    if T_reco is None:
        raise ValueError("the events have no T_reco: run the detector stage first")
    h = hist.Hist(energy_axis(experiment), storage=hist.storage.Weight(), label="events")
    if weight is None and isinstance(data, Events):
        weight = data.weight
    if weight is not None:
        weight = np.asarray(weight, np.float64)
        _check_weights(weight)
    h.fill(np.asarray(T_reco, np.float64), weight=weight)
    return h


def _check_weights(weight: NDArray[np.float64]) -> None:
    bad = weight[~(np.isfinite(weight) & (weight >= 0))]
    if bad.size:
        raise ValueError(
            f"weights must be finite and not negative, got {bad[0]:g} ({bad.size} of {weight.size} are wrong)"
        )


def from_counts(counts: ArrayLike, experiment: Experiment) -> hist.Hist[Any]:
    """Make a histogram from counts, shape (n_bins,) or with both flow bins (n_bins + 2,)."""
    counts = np.asarray(counts, np.float64)
    n_bins = experiment.detector.n_bins
    if counts.shape == (n_bins,):
        counts = np.concatenate([[0.0], counts, [0.0]])
    if counts.shape != (n_bins + 2,):
        raise ValueError(f"counts need {n_bins} or {n_bins + 2} entries, got shape {counts.shape}")
    h = hist.Hist(energy_axis(experiment), storage=hist.storage.Weight(), label="events")
    h.view(flow=True)["value"] = counts
    h.view(flow=True)["variance"] = counts
    return h


def bin_counts(h: hist.Hist[Any], experiment: Experiment) -> NDArray[np.float64]:
    """Return the counts in the bins of an experiment, shape (n_bins,).

    Raises
    ------
    ValueError
        If the histogram has other bins, or counts that are not finite or below 0.
    """
    edges = np.asarray(experiment.detector.edges)
    found = np.asarray(h.axes[0].edges)
    if len(h.axes) != 1 or found.shape != edges.shape or not np.allclose(found, edges, rtol=1e-6, atol=0):
        raise ValueError(
            f"the histogram's bins ({len(found) - 1} from {found[0]:g} to {found[-1]:g}) are not those of "
            f"detector.bins ({len(edges) - 1} from {edges[0]:g} to {edges[-1]:g} MeV)"
        )
    counts = np.asarray(h.values(), np.float64)
    if not np.all(np.isfinite(counts)) or np.any(counts < 0):
        raise ValueError("the histogram holds counts that are not finite or below 0")
    return counts


def experiment_counts(T_reco: ak.Array, experiment: Experiment) -> NDArray[np.int64]:
    """Count the events of many pseudo-experiments.

    Parameters
    ----------
    T_reco : awkward.Array, shape (n_experiments, var)
        Measured energies [MeV], one list per pseudo-experiment.
    experiment : Experiment

    Returns
    -------
    ndarray of int64, shape (n_experiments, n_bins + 2)
        With both flow bins.
    """
    numbers = np.repeat(np.arange(len(T_reco)), ak.to_numpy(ak.num(T_reco)))
    h = hist.Hist(
        hist.axis.Integer(0, max(len(T_reco), 1), name="experiment", flow=False),
        energy_axis(experiment),
        storage=hist.storage.Int64(),
    )
    h.fill(numbers, ak.to_numpy(ak.flatten(T_reco)).astype(np.float64))
    return np.asarray(h.view(flow=True))[: len(T_reco)]
