"""Distributions of test statistics whose size does not grow with the number of toys; they can be added."""

from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["LARGEST", "RESOLUTION", "Distributions", "WeightedValues"]

Array = NDArray[np.float64]
Counts = NDArray[np.int64]
Sample = NDArray[np.float32]

RESOLUTION = 1 / 1024
"""Width of a bin of ±√|q|, in standard deviations."""
LARGEST = 10_000
"""Number of the largest statistics of each sign that are kept one by one."""
_REACH = 12 * 1024
"""Number of bins of each sign; the last one holds all that lies beyond."""
_N_BINS = 2 * _REACH + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedValues:
    """Values in ascending order, and how often each of them occurs.

    Parameters
    ----------
    values : ndarray of float32, shape (m, k)
    counts : ndarray of int, shape (m, k)
        Zero where a row has fewer values.
    """

    values: Sample
    counts: Counts


@dataclass(frozen=True, kw_only=True)
class Distributions:
    """Distributions of a signed statistic at several true values.

    Parameters
    ----------
    largest_kept : int
        Number of the highest and of the lowest statistics of each true value that are kept one by one.
    counts : ndarray of int, shape (m, n_bins)
        Histogram of ±√|q| in bins of the width `RESOLUTION`, around 0, those that are kept included.
    farthest : ndarray of float32, shape (m, n_bins)
        Statistic of each bin that is farthest from 0; NaN in an empty one.
    highest, lowest : ndarray of float32, shape (m, largest_kept)
        Descending, and ascending; NaN where there are fewer.
    n_failed : ndarray of int, shape (m,)
        Number of infinite statistics: toys whose fit failed.

    Notes
    -----
    Sums of parts are those of all toys at once, bit for bit: counts, and the largest and smallest of many
    values, do not depend on the order. A quantile that is read from the bins is too far from 0 by at most the
    width of a bin, `RESOLUTION` standard deviations; it is exact among the values that are kept, and where
    all statistics of a bin are equal, as those of counts often are.
    """

    largest_kept: int
    counts: Counts
    farthest: Sample
    highest: Sample
    lowest: Sample
    n_failed: Counts

    @classmethod
    def empty(cls, n_values: int, largest_kept: int = LARGEST) -> "Distributions":
        """Make distributions at a number of true values, without toys."""
        if largest_kept < 0:
            raise ValueError(f"the number of statistics kept one by one is at least 0, got {largest_kept}")
        none = np.full((n_values, largest_kept), np.nan, np.float32)
        return cls(
            largest_kept=largest_kept,
            counts=np.zeros((n_values, _N_BINS), np.int64),
            farthest=np.full((n_values, _N_BINS), np.nan, np.float32),
            highest=none,
            lowest=none.copy(),
            n_failed=np.zeros(n_values, np.int64),
        )

    @property
    def n_toys(self) -> int:
        """Number of toys at each true value, failed ones included."""
        return int(self.counts[0].sum() + self.n_failed[0])

    def add(self, i: int, statistics: ArrayLike) -> None:
        """Add toys at the true value of index i, in place, by their statistics, shape (n,)."""
        every = np.asarray(statistics, np.float32).ravel()
        x = every[np.isfinite(every)]
        self.n_failed[i] += len(every) - len(x)
        keys = _bins(x)
        self.counts[i] += np.bincount(keys, minlength=_N_BINS)
        above = x >= 0
        np.fmax.at(self.farthest[i], keys[above], x[above])
        np.fmin.at(self.farthest[i], keys[~above], x[~above])
        self.highest[i] = _highest(np.concatenate([self.highest[i], x]), self.largest_kept)
        self.lowest[i] = -_highest(-np.concatenate([self.lowest[i], x]), self.largest_kept)

    def __add__(self, other: "Distributions") -> "Distributions":
        if (self.largest_kept, self.counts.shape) != (other.largest_kept, other.counts.shape):
            raise ValueError("the distributions differ in their true values, or in how many toys they keep")
        pairs = ((self.highest, other.highest), (-self.lowest, -other.lowest))
        high, low = (
            np.stack([_highest(row, self.largest_kept) for row in np.concatenate(pair, axis=1)])
            for pair in pairs
        )
        return replace(
            self,
            counts=self.counts + other.counts,
            farthest=np.concatenate(
                [
                    np.fmin(self.farthest[:, :_REACH], other.farthest[:, :_REACH]),
                    np.fmax(self.farthest[:, _REACH:], other.farthest[:, _REACH:]),
                ],
                axis=1,
            ),
            highest=high,
            lowest=-low,
            n_failed=self.n_failed + other.n_failed,
        )

    def values(self) -> WeightedValues:
        """List statistics in ascending order, and how many toys have each: at most those of all bins."""
        rows = [self._row(i) for i in range(len(self.counts))]
        longest = max(len(values) for values, _ in rows)
        values = np.full((len(rows), longest), np.inf, np.float32)
        counts = np.zeros((len(rows), longest), np.int64)
        for i, (row, numbers) in enumerate(rows):
            values[i, : len(row)], counts[i, : len(row)] = row, numbers
        return WeightedValues(values=values, counts=counts)

    def _row(self, i: int) -> tuple[Sample, Counts]:
        """Take the statistics of one true value that are kept out of its bins, and put them beside these."""
        in_bins = int(self.counts[i].sum())
        low = np.sort(self.lowest[i][~np.isnan(self.lowest[i])])
        high = np.sort(self.highest[i][~np.isnan(self.highest[i])])
        high = high[max(len(low) + len(high) - in_bins, 0) :]  # few toys are in both
        left = self.counts[i] - reduce(
            np.add, (np.bincount(_bins(kept), minlength=_N_BINS) for kept in (low, high))
        )
        used = np.flatnonzero(left > 0)
        bulk = np.clip(
            self.farthest[i][used],
            low[-1] if len(low) else -np.inf,
            high[0] if len(high) else np.inf,
        )
        failed = np.full(1, np.inf, np.float32)
        values = np.concatenate([low, bulk, high, failed])
        ones = [np.ones(len(kept), np.int64) for kept in (low, high)]
        counts = np.concatenate([ones[0], left[used], ones[1], self.n_failed[i : i + 1]])
        order = np.argsort(values, kind="stable")
        return values[order], counts[order]


def _bins(statistics: Sample) -> NDArray[np.int64]:
    """Find the bins of signed statistics; the one in the middle holds 0."""
    root = np.sqrt(np.abs(statistics.astype(np.float64))) / RESOLUTION
    steps = np.minimum(np.ceil(root), _REACH).astype(np.int64)
    return np.asarray(_REACH + np.where(statistics < 0, -steps, steps))


def _highest(values: Sample, n: int) -> Sample:
    """Return the n highest values in descending order, NaN last."""
    known = values[~np.isnan(values)]
    if len(known) > n:
        known = np.partition(known, len(known) - n)[len(known) - n :] if n else known[:0]
    found = np.full(n, np.nan, np.float32)
    found[: len(known)] = np.sort(known)[::-1]
    return found
