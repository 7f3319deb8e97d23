"""Counts and auxiliary measurements of many pseudo-experiments at once, in compiled code."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.pseudo_experiments._kernels.throw import (
    BITS,
    BLOCK,
    CountArrays,
    extent,
    fill_normals,
    fill_shared,
    fill_table,
    fill_varied,
)
from simgen._kernels.machine.jit import has_to_be_compiled
from simgen.threads import in_chunks

__all__ = [
    "LARGEST_MEAN",
    "CountTable",
    "are_throws_compiled",
    "count_table",
    "throw_counts",
    "throw_normals",
    "throw_varied",
]

Array = NDArray[np.float64]
Key = NDArray[np.uint32]

LARGEST_MEAN = 1e15
"""Largest mean: float64 represents counts of this size exactly."""
_LARGEST_TABLE = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class CountTable:
    """Expected counts prepared for `throw_counts`; made by `count_table`."""

    arrays: CountArrays

    @property
    def n_bins(self) -> int:
        """Number of bins."""
        return len(self.arrays.expected)


def _check_means(expected: ArrayLike, shape: str, ndim: int) -> Array:
    means = np.ascontiguousarray(expected, np.float64)
    if means.ndim != ndim:
        raise ValueError(f"expected must have the shape {shape}, got {means.shape}")
    bad = ~((means >= 0) & (means <= LARGEST_MEAN))
    if bad.any():
        index = tuple(int(i[0]) for i in np.nonzero(bad))
        raise ValueError(
            f"expected counts must be from 0 to {LARGEST_MEAN:.0g} a bin, got {means[index]:g} at "
            f"{index[0] if ndim == 1 else index}"
        )
    return means


def _check_key(key: Key) -> tuple[np.uint64, np.uint64]:
    words = np.asarray(key)
    if words.shape != (2,) or words.dtype != np.uint32:
        raise ValueError(f"key must be two uint32 words, as kernel_key makes them, got {key!r}")
    return np.uint64(words[0]), np.uint64(words[1])


def _check_numbers(**numbers: Any) -> None:
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 0:
            raise ValueError(f"{name} must be an integer ≥ 0, got {value!r}")
    first, n = int(numbers["first"]), int(numbers["n"])
    if first + n > 2**63 - 1:
        raise ValueError(f"toys are numbered up to 2**63 - 1, got first {first} and n {n}")


def count_table(expected: ArrayLike) -> CountTable:
    """Prepare the tables for throwing counts with given means many times.

    Parameters
    ----------
    expected : array_like, shape (n_bins,)

    Returns
    -------
    CountTable

    Raises
    ------
    ValueError
        If a mean is negative, not finite or too large.

    Notes
    -----
    A bin takes about 240 √mean + 400 bytes. Above a mean of 1e6 it has no table: counts are drawn by
    rejection.
    """
    means = _check_means(expected, "(n_bins,)", 1)
    tabulated = means <= _LARGEST_TABLE
    extents = [extent(m) if t else (0, -1) for m, t in zip(means, tabulated, strict=True)]
    lowest = np.array([low for low, _ in extents], np.int64)
    bits = np.ceil(np.log2(8 * np.sqrt(means) + 16)).astype(np.int64)
    first = np.concatenate([[0], np.cumsum([high - low + 1 for low, high in extents], dtype=np.int64)])
    first_guide = np.concatenate([[0], np.cumsum(np.where(tabulated, 2**bits, 0))])
    arrays = CountArrays(
        expected=means.copy(),
        lowest=lowest.astype(np.float64),
        first=first,
        first_guide=first_guide,
        shift=(BITS - bits).astype(np.uint64),
        thresholds=np.empty(first[-1], np.uint64),
        guide=np.empty(first_guide[-1], np.uint32),
    )
    for b in np.flatnonzero(tabulated):
        thresholds = arrays.thresholds[first[b] : first[b + 1]]
        fill_table(
            means[b],
            lowest[b],
            arrays.shift[b],
            thresholds,
            arrays.guide[first_guide[b] : first_guide[b + 1]],
        )
    return CountTable(arrays=arrays)


def throw_counts(expected: ArrayLike | CountTable, n: int, *, key: Key, first: int = 0) -> Array:
    """Throw the Poisson counts of pseudo-experiments that have the same means.

    Parameters
    ----------
    expected : array_like, shape (n_bins,), or CountTable
        A table is not prepared again for each chunk of toys.
    n : int
        Number of toys.
    key : ndarray of uint32, shape (2,)
        From `simgen.random.kernel_key`.
    first : int
        Index of the first toy.

    Returns
    -------
    ndarray, shape (n, n_bins)
        Row i is toy first + i: a function of the key, the index, the bin and its mean.

    Notes
    -----
    Counts are drawn by inversion in steps of 2⁻⁶³ up to a mean of 1e6, and by rejection above: see
    docs/explanation/randomness.md.

    Raises
    ------
    ValueError
        If a mean is negative, not finite or too large, or if n, first or the key are invalid.

    Examples
    --------
    >>> from simgen.random import Stage, kernel_key
    >>> throw_counts([0.0, 0.0], 1, key=kernel_key(1, Stage.TOY_COUNTS))
    array([[0., 0.]])
    """
    k0, k1 = _check_key(key)
    _check_numbers(n=n, first=first)
    table = expected if isinstance(expected, CountTable) else count_table(expected)
    counts = np.empty((n, table.n_bins))
    in_chunks(
        n,
        lambda begin, end: fill_shared(
            int(first), begin, end, table.arrays, k0, k1, np.empty((2, BLOCK), np.uint64), counts
        ),
    )
    return counts


def throw_varied(expected: ArrayLike, *, key: Key, first: int = 0) -> Array:
    """Throw the Poisson counts of pseudo-experiments, each of which has its own means.

    Parameters
    ----------
    expected : array_like, shape (n, n_bins)
    key : ndarray of uint32, shape (2,)
        From `simgen.random.kernel_key`.
    first : int
        Index of the first toy.

    Returns
    -------
    ndarray, shape (n, n_bins)
        Row i is toy first + i: a function of the key, the index, the bin and its mean. For the same means the
        counts differ from those of `throw_counts`.

    Raises
    ------
    ValueError
        If a mean is negative, not finite or too large, or if first or the key are invalid.
    """
    k0, k1 = _check_key(key)
    means = _check_means(expected, "(n, n_bins)", 2)
    _check_numbers(n=len(means), first=first)
    counts = np.empty_like(means)
    in_chunks(
        len(means),
        lambda begin, end: fill_varied(int(first), begin, end, means, k0, k1, np.ones((4, BLOCK)), counts),
    )
    return counts


def throw_normals(n: int, n_columns: int, *, key: Key, first: int = 0) -> Array:
    """Throw standard normals, such as the auxiliary measurements of pseudo-experiments.

    Parameters
    ----------
    n : int
        Number of toys.
    n_columns : int
        Number of normals per toy.
    key : ndarray of uint32, shape (2,)
        From `simgen.random.kernel_key`, of another stage than the counts.
    first : int
        Index of the first toy.

    Returns
    -------
    ndarray, shape (n, n_columns)
        Row i is toy first + i: a function of the key, the index and the column.

    Raises
    ------
    ValueError
        If n, n_columns, first or the key are invalid.
    """
    k0, k1 = _check_key(key)
    _check_numbers(n=n, n_columns=n_columns, first=first)
    values = np.empty((n, n_columns))
    if n_columns > 0:  # else its function is not compiled
        in_chunks(
            n,
            lambda begin, end: fill_normals(int(first), begin, end, k0, k1, np.ones((4, BLOCK)), values),
        )
    return values


def are_throws_compiled() -> bool:
    """Tell whether the first function that throws counts is on disk, or cannot be kept there."""
    return not has_to_be_compiled(extent)
