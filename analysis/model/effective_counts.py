"""Effective counts of weighted data, and whether they are too few for the scaled Poisson likelihood."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.histograms import describe_bin
from analysis.model.templates import Templates

__all__ = ["FEW", "WeightCheck", "check_weights", "weight_spread"]

Array = NDArray[np.float64]

FEW = 0.2
"""Bias, in standard errors, from which a warning is given: docs: weighted-data.md has the measurement."""
_WORST = 3
_UNKNOWN = 1.0
"""Relative variance of weights if fewer than three bins have events: that of an exponential distribution."""
_EQUAL = 1e-6
_WINDOW = 6
_MEDIAN = 2 / 3
"""The median of χ² is about its degrees of freedom minus this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightCheck:
    """Effective counts of weighted data, and the bias that few of them cause.

    Parameters
    ----------
    n_effective : float
        Effective counts in all bins, Σ (Σw)²/Σw².
    n_bins : int
        Number of bins with events.
    bias : float
        Estimated bias of a factor that is common to all bins, in its standard errors; at most 0.
    worst_bins : tuple of (str, float)
        The bins with the fewest effective counts, and their effective counts; bins without events are left
        out.

    Notes
    -----
    The sum Σw of a bin and its scaling s = Σw/Σw² are correlated, because large weights make s small. To
    first order the score of a common factor has the mean b = 1 - ⟨w⟩⟨w³⟩/⟨w²⟩² per bin, independent of the
    counts, and the variance Σ n: the bias is B b/√(Σ n) standard errors with B bins. For weights of a gamma
    distribution of relative variance v, b = -v/(1 + v). If the weights of single events are not known, v is
    estimated from r = Σw²/Σw, which has a variance of about v r²/n. The variance is taken around a straight
    line in up to six neighbouring bins, so that a steady change of weights with energy does not contribute.
    """

    n_effective: float
    n_bins: int
    bias: float
    worst_bins: tuple[tuple[str, float], ...]

    @property
    def most(self) -> float:
        """Bias, in standard errors, for b = -2 in every bin: at least twice that of exponential weights."""
        return 2 * self.n_bins / math.sqrt(self.n_effective) if self.n_effective > 0 else 0.0

    @property
    def few(self) -> bool:
        """Whether the effective counts are too few for the interval to cover with its level."""
        return abs(self.bias) > FEW

    @property
    def warning(self) -> str | None:
        """Warning of too few effective counts; None if they are enough."""
        if not self.few:
            return None
        worst = ", ".join(f"{n:.2g} {bin_text}" for bin_text, n in self.worst_bins)
        return (
            f"weighted data with few effective counts: {self.n_effective:.3g} in all, the fewest {worst}. "
            "Large weights count less, which biases a factor common to all bins by about "
            f"{self.bias:.1f} standard errors or more, and intervals cover less than they say: take wider "
            "bins, and measure the coverage with `nugauge coverage CARD --weights DATA`"
        )


def check_weights(templates: Templates, counts: Array, losses: Array | None = None) -> WeightCheck | None:
    """Check whether weighted data have enough effective counts.

    Parameters
    ----------
    templates : Templates
        Templates scaled to the data.
    counts : ndarray, shape (n_bins,)
        Effective counts.
    losses : ndarray, shape (n_bins,), optional
        -b of each bin, if the weights of events are known: see `WeightCheck`.

    Returns
    -------
    WeightCheck or None
        None for counts, which have no weights.
    """
    if templates.scaling is None:
        return None
    lost = total = 0.0
    named: list[tuple[str, float]] = []
    for e, bins in enumerate(templates.bins):
        experiment = templates.experiments[e]
        n, s = counts[bins], templates.scaling[bins]
        detector = experiment.detector
        rows = zip(*(np.split(a, detector.n_bins // detector.n_energy_bins) for a in (n, s)), strict=True)
        total += float(n.sum())
        if np.all(s == 1):  # counts, of an experiment that is fitted with weighted ones
            continue
        if losses is None:
            x = weight_spread(list(rows))
            lost += np.count_nonzero(n) * x / (1 + x)
        else:
            lost += float(losses[bins][n > 0].sum())
        prefix = f"{experiment.name}, " if len(templates.bins) > 1 else ""
        named += [(f"{prefix}{describe_bin(detector, int(i))}", float(n[i])) for i in np.flatnonzero(n)]
    bias = -lost / math.sqrt(total) if total > 0 else 0.0
    worst = tuple(sorted(named, key=lambda pair: pair[1])[:_WORST])
    return WeightCheck(n_effective=total, n_bins=len(named), bias=bias, worst_bins=worst)


def weight_spread(rows: Sequence[tuple[Array, Array]]) -> float:
    """Estimate the relative variance of the weights in a bin: see `WeightCheck`.

    Parameters
    ----------
    rows : sequence of (ndarray, ndarray)
        Effective counts and Σw/Σw² of neighbouring bins.

    Returns
    -------
    float
        0 for equal weights, 1 if fewer than three neighbouring bins have events.
    """
    ratios = np.concatenate([1 / s[n > 0] for n, s in rows])
    if len(ratios) > 1 and np.ptp(ratios) <= _EQUAL * ratios.max():
        return 0.0  # equal weights are counts in another exposure
    windows = [window for n, s in rows for window in _windows(n[n > 0], 1 / s[n > 0])]
    freedom = sum(len(n) - 2 for n, _ in windows)
    if not freedom:
        return _UNKNOWN
    return sum(_residual(n, r) for n, r in windows) / (freedom - _MEDIAN)


def _windows(n: Array, r: Array) -> list[tuple[Array, Array]]:
    """Divide the bins into groups of at most `_WINDOW` neighbours, in which weights may change linearly."""
    number = -(-len(n) // _WINDOW)
    groups = zip(np.array_split(n, number), np.array_split(r, number), strict=True) if number else ()
    return [(n, r) for n, r in groups if len(n) > 2]


def _residual(n: Array, r: Array) -> float:
    """Sum n (r - line)²/r̄², with the straight line of least squares."""
    line = np.polynomial.Polynomial.fit(np.arange(len(r)), r, 1, w=np.sqrt(n))
    mean = float(n @ r / n.sum())
    return float(n @ (r - line(np.arange(len(r)))) ** 2) / mean**2
