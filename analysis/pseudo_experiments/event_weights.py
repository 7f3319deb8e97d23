"""Distribution of the weights of events, bin by bin, from which toys of weighted data are drawn."""

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
"""A bin with fewer effective counts takes the weights of its neighbours too."""
_MOST = 1000
"""Events of a bin whose weights are kept."""
_NODES = 8
_NARROWEST, _WIDEST = 0.01, 4.0
"""Relative variances of gamma distributions: below they are one weight, above nothing is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentWeights:
    """Weights that the events of each bin of an experiment can have; made by `experiment_weights`.

    Parameters
    ----------
    values : tuple of ndarray
        Different weights of each bin, then of what is outside the bins.
    rates : tuple of ndarray
        Expected number of events of each of these weights where Σw = 1 is expected in the bin.
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
        As of `ExperimentWeights`, the bins of all experiments first.
    first : ndarray of int, shape (n_bins + n_experiments,)
        First weight of each bin, then of what is outside the bins of each experiment.
    outside : ndarray, shape (n_experiments,)
        Σw outside the bins of each experiment.

    Notes
    -----
    Where Σw = μ is expected in a bin, the number of events of weight w_j is Poisson with the mean μ p_j/⟨w⟩,
    p_j being the probability of w_j and ⟨w⟩ = Σ p_j w_j. The sum has the mean μ and the variance μ ⟨w²⟩/⟨w⟩.
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
        """Whether events of one bin have different weights, so that nearly every toy has its own scaling."""
        return any(np.ptp(own) > 0 for own in np.split(self.values, self.first[1:]))

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
            Events of each weight.

        Returns
        -------
        sums, squares : ndarray, shape (n, n_bins + n_experiments)
        """
        sums = np.add.reduceat(numbers * self.values, self.first, axis=1)
        return sums, np.add.reduceat(numbers * self.values**2, self.first, axis=1)

    def relative_variance(self) -> Array:
        """Compute the variance of Σw over its mean, ⟨w²⟩/⟨w⟩, shape (n_bins,)."""
        found = np.add.reduceat(self.rates * self.values**2, self.first)
        return np.asarray(found[: len(self.first) - len(self.outside)])

    def losses(self) -> Array:
        """Compute ⟨w⟩⟨w³⟩/⟨w²⟩² - 1, shape (n_bins,): see `analysis.model.effective_counts.WeightCheck`."""
        one, two, three = (np.add.reduceat(self.rates * self.values**k, self.first) for k in (1, 2, 3))
        return np.asarray((one * three / two**2 - 1)[: len(self.first) - len(self.outside)])


def weight_model(experiments: Sequence[ExperimentWeights]) -> WeightModel:
    """Put the weights of experiments behind one another."""
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
        The events of the histogram in any number of parts: columns `T_reco`, `L_reco` where the detector has
        bins of the distance, and `weight`.

    Raises
    ------
    ValueError
        If the histogram has other bins, is none of weights, or is empty.

    Notes
    -----
    With events, the weights in a bin are those of its events (the first 1000), scaled by a common factor so
    that Σw²/Σw is that of the histogram. A histogram alone does not hold how weights differ within a bin:
    they are taken for gamma distributed, with the relative variance that Σw²/Σw shows by its scatter between
    neighbouring bins (`analysis.model.effective_counts.weight_spread`); without scatter they are Σw²/Σw, all
    alike. Eight weights of a Gauss quadrature have the moments of that distribution. A bin with fewer than
    `ENOUGH` effective counts takes the weights of the nearest bins too, as many as are needed, because one
    or two events do not show how weights are distributed.
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
    known = [None] * n_bins if events is None else _weights_of_events(events, experiment)
    totals = zip(sums.ravel(), squares.ravel(), known, strict=True)
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
    """Return the different weights of a bin, and how many effective counts each stands for."""
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
    """List the bins, the nearest to bin i, that have enough effective counts together; i alone if it has."""
    rows = effective if effective.ndim == 2 else effective[None]
    at = np.stack(np.unravel_index(np.arange(rows.size), rows.shape))
    distance = np.abs(at - at[:, i : i + 1]).max(axis=0)
    flat = rows.ravel()
    for reach in range(int(distance.max()) + 1):
        near = distance <= reach
        if flat[near].sum() >= ENOUGH:
            break
    return [int(j) for j in np.flatnonzero(near & (flat > 0))]


def _weights_of_events(events: Iterable[Mapping[str, ArrayLike]], experiment: Experiment) -> list[Array]:
    """Sort the weights of events into bins: the first ones of each, those of 0 left out."""
    edges, n_bins = axes(experiment), experiment.detector.n_bins
    found: list[list[Array]] = [[] for _ in range(n_bins)]
    kept = np.zeros(n_bins, np.int64)
    for part in events:
        weight = np.asarray(part["weight"], np.float64)
        inside, place = weight > 0, np.zeros(len(weight), np.int64)
        for axis in edges:
            index = np.searchsorted(axis.edges, np.asarray(part[axis.name], np.float64), side="right") - 1
            inside &= (index >= 0) & (index < len(axis))
            place = place * len(axis) + index
        for b in np.flatnonzero(np.bincount(place[inside], minlength=n_bins)):
            if kept[b] < _MOST:
                taken = weight[inside & (place == b)][: _MOST - kept[b]]
                found[b].append(taken)
                kept[b] += len(taken)
    return [np.concatenate(parts) if parts else np.empty(0) for parts in found]
