"""Free nuisance parameters that no data can tell apart, from the rank of Fisher's matrix."""

import numpy as np
from numpy.typing import NDArray

from analysis.nullspace import null_groups
from analysis.templates import Templates

__all__ = ["redundant", "undetermined"]

Array = NDArray[np.float64]

_STEP = 1e-3
"""Of differences, in pulls."""
_RANK = 1e-7
"""Singular values that count as none, of columns of length 1."""


def undetermined(templates: Templates) -> tuple[tuple[int, ...], ...]:
    """Group the free nuisance parameters of which the counts know only some combinations.

    Parameters
    ----------
    templates : Templates

    Returns
    -------
    tuple of tuple of int
        Numbers of nuisance parameters, a group for each set that cannot be told apart; a group of one changes
        no count at all. Empty where every free parameter is determined.

    Notes
    -----
    The null space of Fisher's matrix of the nuisance parameters at the model's values. A constrained
    parameter is never in it.
    """
    if all(n.constraint != "free" for n in templates.nuisances):
        return ()
    return null_groups(_changes(templates))


def redundant(templates: Templates) -> tuple[int, ...]:
    """List the nuisance parameters whose effect on the counts those before them have, too, ascending."""
    vague = [m for group in undetermined(templates) for m in group]
    columns, found = _changes(templates) if vague else np.empty((0, 0)), []
    for m in sorted(vague):
        before = [q for q in range(m) if q not in found]
        if np.linalg.matrix_rank(columns[:, [*before, m]], tol=_RANK) == np.linalg.matrix_rank(
            columns[:, before], tol=_RANK
        ):
            found.append(m)
    return tuple(found)


def _changes(templates: Templates) -> Array:
    """Compute how pulls change counts and measurements, columns of length 1, shape (n_bins + M, M)."""
    poi, size = templates.model.parameters[templates.poi], len(templates.nuisances)
    mu = templates.expected(poi)
    steps = _STEP * np.eye(size)
    changes = np.array([templates.expected(poi, x) - templates.expected(poi, -x) for x in steps]) / (
        2 * _STEP
    )
    constrained = np.diag([float(n.constraint != "free") for n in templates.nuisances])
    columns = np.vstack([(changes / np.sqrt(np.maximum(mu, 1e-3))).T, constrained])
    sizes = np.linalg.norm(columns, axis=0)
    return np.asarray(columns / np.where(sizes > 0, sizes, 1.0))
