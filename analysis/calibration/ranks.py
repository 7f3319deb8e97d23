"""Quantiles and tail fractions of statistics of pseudo-experiments, and curves of them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Curve", "check_enough", "coverage_error", "fraction_above", "ranked", "tie", "toys_for_error"]

Array = NDArray[np.float64]
Counts = NDArray[np.int64]
Sample = NDArray[np.float32]

_TIE = 1e-6
"""Statistics closer than this, relative to 1 + q, are equal: for integer counts they have few values."""


def tie(q: ArrayLike) -> Array:
    """Compute the difference below which two statistics are equal."""
    return np.asarray(_TIE * (1 + np.asarray(q, np.float64)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A quantity at tabulated values with its statistical errors; interpolation is linear.

    Parameters
    ----------
    values : ndarray, shape (m,)
        Ascending.
    centre, low, high : ndarray, shape (m,)
        The quantity, and one standard deviation below and above; errors of different values are independent.
    """

    values: Array
    centre: Array
    low: Array
    high: Array

    def at(self, points: ArrayLike, shift: float = 0.0) -> Array:
        """Interpolate, and add a number of standard deviations."""
        x = np.asarray(points, np.float64)
        error = self.high - self.centre if shift > 0 else self.centre - self.low
        if len(self.values) == 1:
            return np.full(x.shape, self.centre[0] + shift * error[0])
        i = np.clip(np.searchsorted(self.values, x, side="right") - 1, 0, len(self.values) - 2)
        w = np.clip((x - self.values[i]) / (self.values[i + 1] - self.values[i]), 0.0, 1.0)
        moved = shift * np.hypot((1 - w) * error[i], w * error[i + 1])
        return np.asarray((1 - w) * self.centre[i] + w * self.centre[i + 1] + moved)


def check_enough(n_toys: int, level: float) -> None:
    """Refuse too few pseudo-experiments for a threshold of a confidence level.

    Raises
    ------
    ValueError
    """
    if math.ceil(level * (n_toys + 1)) > n_toys:
        raise ValueError(
            f"{n_toys} toys are too few for a level of {level:g}: at least {math.ceil(level / (1 - level))} "
            "are needed, and a hundred times as many for a useful threshold"
        )


def coverage_error(n_toys: int, level: float) -> float:
    """Compute by how much the coverage of a table's threshold scatters from table to table.

    Parameters
    ----------
    n_toys : int
        Pseudo-experiments at each true value of the table.
    level : float

    Notes
    -----
    The fraction of all data below the k-th smallest of n statistics has a beta distribution with k and
    n + 1 - k, whatever the distribution of the statistic. This is its standard deviation for
    k = level (n + 1).

    Examples
    --------
    >>> round(coverage_error(2000, 0.9), 4)
    0.0067
    """
    return math.sqrt(level * (1 - level) / (n_toys + 2))


def toys_for_error(error: float, level: float) -> int:
    """Compute how many toys a table needs for a `coverage_error`.

    Examples
    --------
    >>> toys_for_error(0.005, 0.9)
    3598
    """
    return math.ceil(level * (1 - level) / error**2 - 2 - 1e-6)


def ranked(values: Sample, counts: Counts | None, ranks: Sequence[int]) -> list[Array]:
    """Return the values of ranks from 1 in each row, shape (m,) each.

    Parameters
    ----------
    values : ndarray, shape (m, k)
    counts : ndarray of int, shape (m, k), or None
        How often each of them occurs; None: once.
    ranks : sequence of int
    """
    if counts is None:
        ordered = np.partition(values, [r - 1 for r in ranks], axis=1).astype(np.float64)
        return [ordered[:, r - 1] for r in ranks]
    order = np.argsort(values, axis=1, kind="stable")
    ordered = np.take_along_axis(values, order, 1).astype(np.float64)
    below = np.cumsum(np.take_along_axis(counts, order, 1), axis=1)
    places = [np.count_nonzero(below < r, axis=1) for r in ranks]
    return [ordered[np.arange(len(ordered)), column] for column in places]


def fraction_above(ordered: Sample, counts: Counts | None, q: Array) -> Array:
    """Compute which fraction of the values in ascending order, or of toys that have them, is at least q."""
    below = np.searchsorted(ordered, q - tie(np.where(np.isfinite(q), q, 0.0)), side="left")
    if counts is None:
        return np.asarray((len(ordered) - below) / len(ordered))
    smaller = np.concatenate([[0], np.cumsum(counts)])
    return np.asarray((smaller[-1] - smaller[below]) / smaller[-1])
