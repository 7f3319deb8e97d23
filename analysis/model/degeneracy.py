"""Free nuisance parameters that data cannot distinguish, from the rank of Fisher's matrix."""

import numpy as np
from numpy.typing import NDArray

from analysis.model.nuisances import null_groups, null_rows
from analysis.model.templates import Templates

__all__ = ["null_directions", "redundant", "undetermined"]

Array = NDArray[np.float64]

_STEP = 1e-3
"""Step of numerical derivatives, in pulls."""
_SMALL = 1e-8
"""Smaller components of a direction, relative to the largest, are set to 0."""
_RANK = 1e-7
"""Smaller singular values, for columns of length 1, count as 0."""


def undetermined(templates: Templates) -> tuple[tuple[int, ...], ...]:
    """Group the free nuisance parameters of which the counts determine only some combinations.

    Parameters
    ----------
    templates : Templates

    Returns
    -------
    tuple of tuple of int
        Indices of nuisance parameters, one group for each set that cannot be distinguished; a group of one
        changes no count at all. Empty if every free parameter is determined.

    Notes
    -----
    The groups are found from the null space of Fisher's matrix of the nuisance parameters at the model's
    values. A constrained parameter is never in it.
    """
    if all(n.constraint != "free" for n in templates.nuisances):
        return ()
    return null_groups(_columns(templates)[0])


def redundant(templates: Templates) -> tuple[int, ...]:
    """List the nuisance parameters whose effect is a combination of those of earlier ones, ascending."""
    vague = [m for group in undetermined(templates) for m in group]
    columns, indices = _columns(templates)[0] if vague else np.empty((0, 0)), []
    for m in sorted(vague):
        before = [q for q in range(m) if q not in indices]
        if np.linalg.matrix_rank(columns[:, [*before, m]], tol=_RANK) == np.linalg.matrix_rank(
            columns[:, before], tol=_RANK
        ):
            indices.append(m)
    return tuple(indices)


def null_directions(templates: Templates) -> Array:
    """List directions of the pulls along which no count changes, shape (M, k).

    The entry of a pull that does not change is exactly 0. Pulls that by themselves change no count are left
    out.
    """
    columns, sizes = _columns(templates)
    directions = [np.zeros((0, len(sizes)))]
    for group in undetermined(templates):
        if len(group) < 2:
            continue
        indices = list(group)
        rows = null_rows(columns[:, indices]) / sizes[indices]
        along = np.zeros((len(rows), len(sizes)))
        along[:, indices] = rows / np.abs(rows).max(axis=1)[:, None]
        directions.append(np.where(np.abs(along) < _SMALL, 0.0, along))
    return np.concatenate(directions).T


def _columns(templates: Templates) -> tuple[Array, Array]:
    """Compute the derivatives of counts and measurements with respect to pulls.

    Returns
    -------
    columns : ndarray, shape (n_bins + M, M)
        Derivatives, each column normalised to length 1.
    sizes : ndarray, shape (M,)
        Lengths of the columns before normalisation.
    """
    poi, size = templates.model.parameters[templates.poi], len(templates.nuisances)
    mu = templates.expected(poi)
    steps = _STEP * np.eye(size)
    changes = np.array([templates.expected(poi, x) - templates.expected(poi, -x) for x in steps]) / (
        2 * _STEP
    )
    constrained = np.diag([float(n.constraint != "free") for n in templates.nuisances])
    columns = np.vstack([(changes / np.sqrt(np.maximum(mu, 1e-3))).T, constrained])
    sizes = np.linalg.norm(columns, axis=0)
    return np.asarray(columns / np.where(sizes > 0, sizes, 1.0)), sizes
