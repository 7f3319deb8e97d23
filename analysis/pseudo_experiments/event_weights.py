"""Distribution of event weights in each bin, from which toys of weighted data are drawn."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import hist
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import roots_genlaguerre

from analysis.histograms import axes, binned
from analysis.model import weight_spread
from detsim.experiment import Experiment

__all__ = ["ENOUGH", "ExperimentWeights", "WeightModel", "experiment_weights", "weight_model"]

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

ENOUGH = 10.0
"""A bin with fewer effective counts uses the weights of its neighbours, too."""
_MOST = 1000
"""Largest number of events of a bin whose weights are stored."""
_NODES = 8
_NARROWEST, _WIDEST = 0.01, 4.0
"""Relative variances of gamma distributions: below the first all weights are equal; the second is the largest
that is used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentWeights:
    """Weights that the events of each bin of an experiment can have; made by `experiment_weights`.

    Parameters
    ----------
    values : tuple of ndarray
        Possible weights in each bin, then outside the bins.
    rates : tuple of ndarray
        Expected number of events with each of these weights, for an expected Σw of 1 in the bin.
    outside : float
        Σw outside the bins.
    """

    values: tuple[Array, ...]
    rates: tuple[Array, ...]
    outside: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightModel:
    """Weights that the events of each bin can have, one experiment after the other.

    Parameters
    ----------
    values, rates : ndarray, shape (n_weights,)
        As in `ExperimentWeights`; the bins of all experiments are first.
    first : ndarray of int, shape (n_bins + n_experiments,)
        Index of the first weight of each bin, then of the events outside the bins of each experiment.
    outside : ndarray, shape (n_experiments,)
        Σw outside the bins of each experiment.

    Notes
    -----
    In a bin with the expected sum μ of weights, the number of events of weight w_j is Poisson with the mean
    μ p_j/⟨w⟩. Here p_j is the probability of w_j, and ⟨w⟩ = Σ p_j w_j. The sum of weights has the mean μ and
    the variance μ ⟨w²⟩/⟨w⟩.
    """

    values: Array
    rates: Array
    first: Indices
    outside: Array

    @property
    def bin_of(self) -> Indices:
        """Bin of each weight, shape (n_weights,)."""
        sizes = np.diff(np.append(self.first, len(self.values)))
        return np.repeat(np.arange(len(self.first)), sizes)

    @property
    def differ(self) -> bool:
        """Whether weights differ within a bin, so that nearly every toy has another scaling."""
        return any(np.ptp(weights) > 0 for weights in np.split(self.values, self.first[1:]))

    def means(self, expected: ArrayLike) -> Array:
        """Compute the expected number of events of each weight, shape (..., n_weights).

        Parameters
        ----------
        expected : array_like, shape (..., n_bins)
            Expected Σw.
        """
        mu = np.asarray(expected, np.float64)
        outside = np.broadcast_to(self.outside, (*mu.shape[:-1], len(self.outside)))
        return np.asarray(np.concatenate([mu, outside], axis=-1)[..., self.bin_of] * self.rates)

    def sums(self, numbers: Array) -> tuple[Array, Array]:
        """Add up weights and their squares.

        Parameters
        ----------
        numbers : ndarray, shape (n, n_weights)
            Number of events of each weight.

        Returns
        -------
        sums, squares : ndarray, shape (n, n_bins + n_experiments)
        """
        sums = np.add.reduceat(numbers * self.values, self.first, axis=1)
        return sums, np.add.reduceat(numbers * self.values**2, self.first, axis=1)

    def relative_variance(self) -> Array:
        """Compute the variance of Σw over its mean, ⟨w²⟩/⟨w⟩, shape (n_bins,)."""
        ratios = np.add.reduceat(self.rates * self.values**2, self.first)
        return np.asarray(ratios[: len(self.first) - len(self.outside)])

    def losses(self) -> Array:
        """Compute ⟨w⟩⟨w³⟩/⟨w²⟩² - 1, shape (n_bins,): see `analysis.model.effective_counts.WeightCheck`."""
        means, squares, cubes = (np.add.reduceat(self.rates * self.values**k, self.first) for k in (1, 2, 3))
        return np.asarray((means * cubes / squares**2 - 1)[: len(self.first) - len(self.outside)])


def weight_model(experiments: Sequence[ExperimentWeights]) -> WeightModel:
    """Concatenate the weights of experiments."""
    bins = [(v, r) for e in experiments for v, r in zip(e.values[:-1], e.rates[:-1], strict=True)]
    bins += [(e.values[-1], e.rates[-1]) for e in experiments]
    sizes = [len(values) for values, _ in bins]
    return WeightModel(
        values=np.concatenate([values for values, _ in bins]),
        rates=np.concatenate([rates for _, rates in bins]),
        first=np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64),
        outside=np.array([e.outside for e in experiments]),
    )


def experiment_weights(
    data: hist.Hist[Any],
    experiment: Experiment,
    events: Iterable[Mapping[str, ArrayLike]] | None = None,
) -> ExperimentWeights:
    """Find the weights that the events of each bin can have from data.

    Parameters
    ----------
    data : hist.Hist
        Σw and Σw² in the bins of the experiment; counts have weights of 1.
    experiment : Experiment
    events : iterable of mappings, optional
        The events of the histogram in any number of chunks: columns `T_reco`, `weight`, and `L_reco` if the
        detector has bins of the distance.

    Raises
    ------
    ValueError
        If the histogram has other bins, cannot be one of sums of weights, or is empty.

    Notes
    -----
    With events, the weights in a bin are those of its events (the first 1000), scaled by a common factor so
    that Σw²/Σw is that of the histogram. A histogram alone does not tell how weights differ within a bin:
    they are then assumed to follow a gamma distribution. Its relative variance is estimated from the scatter
    of Σw²/Σw between neighbouring bins (`analysis.model.effective_counts.weight_spread`); without scatter all
    weights are Σw²/Σw. Eight weights of a Gauss quadrature have the moments of that distribution. One or two
    events do not show how weights are distributed: a bin with fewer than `ENOUGH` effective counts uses the
    weights of the nearest bins, too, until these have enough.
    """
    bins = binned(data)
    bins.check_data()
    n_bins = experiment.detector.n_bins
    if bins.variances is None or not bins.is_weighted:
        ones = (np.ones(1),) * (n_bins + 1)
        return ExperimentWeights(values=ones, rates=ones, outside=0.0)
    inner = (slice(1, -1),) * data.ndim
    sums, squares = (a[inner] for a in (bins.values, bins.variances))
    flow = np.ones(bins.values.shape, np.bool_)
    flow[inner] = False
    outside = _support(float(bins.values[flow].sum()), float(bins.variances[flow].sum()))
    event_weights = [None] * n_bins if events is None else _weights_of_events(events, experiment)
    totals = zip(sums.ravel(), squares.ravel(), event_weights, strict=True)
    supports = [_support(w, v, weights) for w, v, weights in totals]
    effective = np.array([numbers.sum() for _, numbers in supports]).reshape(sums.shape)
    shape = _gamma(effective, sums) if events is None else None
    values, rates = [], []
    for i in range(n_bins):
        pooled = [supports[j] for j in _neighbours(i, effective)] or [outside]
        w, numbers = (np.concatenate([s[k] for s in pooled]) for k in (0, 1))
        if shape is not None:
            w, numbers = (numbers @ w**2 / (numbers @ w)) * shape[0], shape[1]
        values.append(w)
        rates.append(numbers / (numbers @ w))
    w, numbers = outside
    if not len(w):
        return ExperimentWeights(values=(*values, np.ones(1)), rates=(*rates, np.ones(1)), outside=0.0)
    return ExperimentWeights(values=(*values, w), rates=(*rates, 1 / w), outside=float(w @ numbers))


def _support(total: float, square: float, weights: Array | None = None) -> tuple[Array, Array]:
    """Return the possible weights of a bin, and the number of effective counts of each."""
    if not square > 0:
        return np.empty(0), np.empty(0)
    if weights is None or not len(weights):
        return np.array([square / total]), np.array([total * total / square])
    scaled = weights * (square / total) / (weights @ weights / weights.sum())
    return scaled, np.full(len(scaled), total / scaled.sum())


def _gamma(effective: Array, sums: Array) -> tuple[Array, Array]:
    """Return weights of a gamma distribution, in units of ⟨w²⟩/⟨w⟩, and their probabilities."""
    n, w = np.atleast_2d(effective), np.atleast_2d(sums)
    scaling = np.divide(n, w, out=np.ones_like(n), where=n > 0)
    variance = min(weight_spread(list(zip(n, scaling, strict=True))), _WIDEST)
    if variance < _NARROWEST:
        return np.ones(1), np.ones(1)
    nodes, probabilities = roots_genlaguerre(_NODES, 1 / variance - 1)
    return nodes * variance / (1 + variance), probabilities / probabilities.sum()


def _neighbours(i: int, effective: Array) -> list[int]:
    """List the bins nearest to bin i that together have enough effective counts; i alone if it has enough."""
    rows = effective if effective.ndim == 2 else effective[None]
    positions = np.stack(np.unravel_index(np.arange(rows.size), rows.shape))
    distance = np.abs(positions - positions[:, i : i + 1]).max(axis=0)
    flat = rows.ravel()
    for radius in range(int(distance.max()) + 1):
        is_near = distance <= radius
        if flat[is_near].sum() >= ENOUGH:
            break
    return [int(j) for j in np.flatnonzero(is_near & (flat > 0))]


def _weights_of_events(events: Iterable[Mapping[str, ArrayLike]], experiment: Experiment) -> list[Array]:
    """Sort the weights of events into bins: the first events of each bin; weights of 0 are skipped."""
    edges, n_bins = axes(experiment), experiment.detector.n_bins
    weights: list[list[Array]] = [[] for _ in range(n_bins)]
    n_kept = np.zeros(n_bins, np.int64)
    for columns in events:
        weight = np.asarray(columns["weight"], np.float64)
        is_inside, bin_index = weight > 0, np.zeros(len(weight), np.int64)
        for axis in edges:
            index = np.searchsorted(axis.edges, np.asarray(columns[axis.name], np.float64), side="right") - 1
            is_inside &= (index >= 0) & (index < len(axis))
            bin_index = bin_index * len(axis) + index
        for b in np.flatnonzero(np.bincount(bin_index[is_inside], minlength=n_bins)):
            if n_kept[b] < _MOST:
                selected = weight[is_inside & (bin_index == b)][: _MOST - n_kept[b]]
                weights[b].append(selected)
                n_kept[b] += len(selected)
    return [np.concatenate(arrays) if arrays else np.empty(0) for arrays in weights]
