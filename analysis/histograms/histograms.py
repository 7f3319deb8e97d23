"""Histograms of the measured energy, or of measured distance and energy, as `hist` objects."""

import warnings
from itertools import pairwise
from typing import Any

import awkward as ak
import hist
import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.histograms.checks import check_finite, check_weights, outside_text, unit_hint
from detsim.detector import Detector, bin_numbers
from detsim.experiment import Experiment
from detsim.formats import Binned, add_flow, unequal
from simgen.events import Events

__all__ = [
    "axes",
    "bin_counts",
    "binned",
    "describe_bin",
    "empty_histogram",
    "experiment_counts",
    "filled",
    "from_counts",
    "histogram",
    "is_weighted",
    "with_flow",
]

_STORAGES = (
    hist.storage.Int64,
    hist.storage.AtomicInt64,
    hist.storage.Double,
    hist.storage.Unlimited,
    hist.storage.Weight,
)


def axes(experiment: Experiment) -> list[hist.axis.Variable]:
    """Make the axes of an experiment's histogram, with both flow bins.

    The last is the measured energy, T_reco [MeV]; before it comes the measured distance, L_reco [cm], where
    the detector has bins of it. They have the names of the columns that fill them.
    """
    bins = {"T_reco": (experiment.detector.edges, "MeV")}
    if experiment.detector.distance is not None:
        bins = {"L_reco": (experiment.detector.distance.edges, "cm"), **bins}
    return [
        hist.axis.Variable(edges, name=name, label=f"{name} [{unit}]", underflow=True, overflow=True)
        for name, (edges, unit) in bins.items()
    ]


def empty_histogram(experiment: Experiment) -> hist.Hist[Any]:
    """Make a histogram of an experiment with nothing in it, of weighted storage."""
    return hist.Hist(*axes(experiment), storage=hist.storage.Weight(), label="events")


def histogram(
    data: Events | ArrayLike,
    experiment: Experiment,
    *,
    L_reco: ArrayLike | None = None,
    weight: ArrayLike | None = None,
) -> hist.Hist[Any]:
    """Fill a histogram of the measured energy, or of measured distance and energy.

    Parameters
    ----------
    data : Events or array_like
        Events with `T_reco`, or measured energies [MeV].
    experiment : Experiment
        Where its detector has bins of the distance, the histogram has two dimensions: L_reco, T_reco.
    L_reco : array_like, optional
        Measured distances [cm], where the detector has bins of them and `data` are energies.
    weight : array_like, optional
        Of each event, 0 or above; that of the events if not given, else 1.

    Returns
    -------
    hist.Hist
        Weighted storage: the variances are Σw².

    Raises
    ------
    ValueError
        If the events have not been through the detector, have no distance where one is needed, an energy or
        distance is not finite, or a weight is negative or not finite.

    Warns
    -----
    UserWarning
        If no event lies in the bins.
    """
    h = filled(data, experiment, L_reco=L_reco, weight=weight)
    if not np.any(h.values()) and np.any(h.values(flow=True)):
        energies = data.T_reco if isinstance(data, Events) else data
        warnings.warn(outside_text(np.asarray(energies, np.float64), h.axes), stacklevel=2)
    return h


@np.errstate(invalid="ignore")  # damaged numbers are refused below
def filled(
    data: Events | ArrayLike,
    experiment: Experiment,
    *,
    L_reco: ArrayLike | None = None,
    weight: ArrayLike | None = None,
) -> hist.Hist[Any]:
    """Fill a histogram as `histogram` does, of events that may all lie outside of the bins."""
    T_reco: ArrayLike | None
    if isinstance(data, Events):
        T_reco, L_reco = data.T_reco, data.L_reco
        weight = data.weight if weight is None else weight
    else:
        T_reco = data
    if T_reco is None:
        raise ValueError("the events have no T_reco: run the detector stage first")
    columns = [np.asarray(T_reco, np.float64)]
    if experiment.detector.distance is not None:
        if L_reco is None:
            raise ValueError("the detector has bins of the distance, and the events have no L_reco")
        columns.insert(0, np.asarray(L_reco, np.float64))
    for values, axis in zip(columns, axes(experiment), strict=True):
        check_finite(values, axis.label)
    if weight is not None:
        weight = np.asarray(weight, np.float64)
        check_weights(weight)
    h = empty_histogram(experiment)
    h.fill(*columns, weight=weight)
    return h


def from_counts(counts: ArrayLike, experiment: Experiment) -> hist.Hist[Any]:
    """Make a histogram from counts, shape (n_bins,) or with both flow bins (n_bins + 2,).

    In two dimensions counts are ordered by distance, then energy. The two flow bins, which have no distance,
    become those at the lower and the upper corner of both axes.
    """
    counts = np.asarray(counts, np.float64)
    n_bins = experiment.detector.n_bins
    if counts.shape == (n_bins,):
        counts = np.concatenate([[0.0], counts, [0.0]])
    if counts.shape != (n_bins + 2,):
        raise ValueError(
            f"counts need {n_bins} or {n_bins + 2} entries, got shape {counts.shape}: one a bin; of "
            f"{n_bins + 2} the first is the underflow and the last the overflow"
        )
    h = empty_histogram(experiment)
    cells = np.zeros(h.axes.extent)
    inner = (slice(1, -1),) * h.ndim
    cells[inner] = counts[1:-1].reshape(h.axes.size)
    cells.flat[0], cells.flat[-1] = counts[0], counts[-1]
    h[...] = np.stack([cells, cells], axis=-1)
    return h


def with_flow(h: hist.Hist[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Return values and variances with flow bins on every axis, 0 if missing; None for missing variances."""
    pads = [(int(not axis.traits.underflow), int(not axis.traits.overflow)) for axis in h.axes]
    values = np.pad(np.asarray(h.values(flow=True), np.float64), pads)
    variances = h.variances(flow=True)
    return values, None if variances is None else np.pad(np.asarray(variances, np.float64), pads)


def is_weighted(h: hist.Hist[Any]) -> bool:
    """Tell whether the variances of a histogram differ from its counts: these are then sums of weights."""
    variances = h.variances(flow=True)
    return variances is not None and not np.allclose(variances, h.values(flow=True), rtol=1e-6, atol=1e-9)


def binned(h: hist.Hist[Any]) -> Binned:
    """Return bins, contents and variances of a histogram, checked as those of files are.

    Raises
    ------
    ValueError
        If it holds no counts or weights, or other than finite contents ≥ 0 in bins of numbers.
    """
    counts_or_weights = issubclass(h.storage_type, _STORAGES)
    if not counts_or_weights:
        raise ValueError(
            f"a histogram of counts or weights is needed, and this one has {h.storage_type.__name__} storage"
        )
    for axis in h.axes:
        if not axis.traits.ordered or axis.traits.circular:
            kind = "circular" if axis.traits.circular else "one of categories"
            raise ValueError(
                f"the axis {axis.name or axis.label!r} is {kind}, and bins of numbers are needed"
            )
    has_flow = [(axis.traits.underflow, axis.traits.overflow) for axis in h.axes]
    variances = h.variances(flow=True) if issubclass(h.storage_type, hist.storage.Weight) else None
    return Binned(
        edges=tuple(np.asarray(axis.edges, np.float64) for axis in h.axes),
        values=add_flow(h.values(flow=True), has_flow),
        variances=None if variances is None else add_flow(variances, has_flow),
        units=tuple("cm" if axis.name == "L_reco" else "MeV" for axis in h.axes),
    )


def bin_counts(h: hist.Hist[Any], experiment: Experiment, *, read_in: str = "MeV") -> NDArray[np.float64]:
    """Return the counts in the bins of an experiment, shape (n_bins,).

    In two dimensions they are ordered by distance, then energy.

    Parameters
    ----------
    h : hist.Hist
    experiment : Experiment
    read_in : str
        Unit in which the energies of a file were taken, for messages: "eV", "keV", "MeV" or "GeV".

    Raises
    ------
    TypeError
        If it is no histogram.
    ValueError
        If the histogram has other axes or bins, or counts that are not finite or below 0.
    """
    if not isinstance(h, hist.Hist):
        raise TypeError(
            f"a histogram is needed, as histogram(data, experiment) makes it, got {type(h).__name__}"
        )
    detector = experiment.detector
    required_axes = [("detector.bins", detector.edges, "MeV")]
    if detector.distance is not None:
        required_axes.insert(0, ("detector.distance", detector.distance.edges, "cm"))
    if len(h.axes) != len(required_axes):
        needed = " and ".join(f"{key} [{unit}]" for key, _, unit in required_axes)
        raise ValueError(
            f"the histogram has {len(h.axes)} dimension{'s' * (len(h.axes) != 1)}, and the detector's has "
            f"{len(required_axes)}: {needed}"
        )
    bins = binned(h)
    for read, (key, edges, unit) in zip(bins.edges, required_axes, strict=True):
        unit_read = read_in if unit == "MeV" else unit
        converted = "" if unit_read == unit else f" {unit}, read in {unit_read}"
        different = unequal(read, edges)
        if different:
            which = f": {different}" if len(read) == len(edges) else ""  # else it repeats both binnings
            raise ValueError(
                f"the histogram's bins ({len(read) - 1} from {read[0]:g} to {read[-1]:g}{converted}) are "
                f"not those of {key} ({len(edges) - 1} from {edges[0]:g} to {edges[-1]:g} {unit}, as data "
                f"have to be){which}{unit_hint(read, edges, unit, unit_read)}"
            )
    return bins.values[(slice(1, -1),) * h.ndim].ravel()


def experiment_counts(
    T_reco: ak.Array, experiment: Experiment, *, L_reco: ak.Array | None = None
) -> NDArray[np.int64]:
    """Count the events of many pseudo-experiments.

    Parameters
    ----------
    T_reco : awkward.Array, shape (n_experiments, var)
        Measured energies [MeV], one list per pseudo-experiment.
    experiment : Experiment
    L_reco : awkward.Array, shape (n_experiments, var), optional
        Measured distances [cm], needed where the detector has bins of them.

    Returns
    -------
    ndarray of int64, shape (n_experiments, n_bins + 2)
        With both flow bins.
    """
    n, n_cells = len(T_reco), experiment.detector.n_bins + 2
    numbers = np.repeat(np.arange(n), ak.to_numpy(ak.num(T_reco)))
    distances = None if L_reco is None else ak.to_numpy(ak.flatten(L_reco))
    cells = bin_numbers(experiment.detector, ak.to_numpy(ak.flatten(T_reco)), distances)
    return np.bincount(numbers * n_cells + cells, minlength=n * n_cells).reshape(n, n_cells)


def describe_bin(detector: Detector, index: int) -> str:
    """Describe a bin by its edges.

    Parameters
    ----------
    detector : Detector
    index : int
        In a vector of counts without flow bins.
    """
    j, i = divmod(index, detector.n_energy_bins)
    low, high = list(pairwise(detector.edges))[i]
    energy = f"from {low:g} to {high:g} MeV"
    if detector.distance is None:
        return energy
    near, far = list(pairwise(detector.distance.edges))[j]
    return f"{energy} at {near:g} to {far:g} cm"
