"""Groups of parameters that are not determined, from the null space of a matrix."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

__all__ = ["null_groups", "null_rows"]

Array = NDArray[np.float64]

_RANK, _SHARE = 1e-7, 1e-5
"""Singular values, relative to the largest, and shares of a parameter in a direction that count as none."""


def null_groups(columns: Array) -> tuple[tuple[int, ...], ...]:
    """Group the columns that take part in a linear dependence.

    Parameters
    ----------
    columns : ndarray, shape (n, M)

    Returns
    -------
    tuple of tuple of int
        Numbers of columns, ascending: a group for each set that depends on one another; a column of zeros is
        a group of its own.

    Examples
    --------
    >>> null_groups(np.array([[1.0, 2.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]))
    ((0, 1), (3,))
    """
    rows = null_rows(columns)
    projector = rows.T @ rows
    _, labels = connected_components(np.abs(projector) > _SHARE, directed=False)
    inside = np.flatnonzero(np.diag(projector) > _SHARE)
    groups = {label: tuple(int(i) for i in inside if labels[i] == label) for label in labels[inside]}
    return tuple(sorted(groups.values()))


def null_rows(columns: Array) -> Array:
    """Return orthonormal combinations of columns that are zero, shape (k, M)."""
    _, values, rows = np.linalg.svd(columns, full_matrices=True)
    rank = int(np.count_nonzero(values > _RANK * max(values.max(initial=0.0), 1.0)))
    return np.asarray(rows[rank:])
