"""Flat directions of free factors: moves along them, away from bounds, that change no expected count."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from analysis.model import Templates, null_directions

__all__ = ["centred", "lowered"]

Array = NDArray[np.float64]

_POSITIVE = 1e-6
"""Largest value of u in the first program, as a share of the sum of all distances from bounds."""


def lowered(templates: Templates, pulls: Array, numbers: Sequence[int]) -> Array:
    """Move free factors along the flat directions, so that some of them contribute least.

    Parameters
    ----------
    templates : Templates
    pulls : ndarray, shape (n_nuisances,)
    numbers : sequence of int
        Nuisance parameters that a fit by MINUIT fixes: their contribution is a lower limit for the sum.

    Returns
    -------
    ndarray, shape (n_nuisances,)
        Pulls with the same expected counts.
    """
    bounded, slack, along = _distances(templates, pulls)
    if not len(bounded):
        return pulls
    least = along[np.isin(bounded, numbers)].sum(axis=0)
    solution = linprog(least, A_ub=-along, b_ub=slack, bounds=(None, None))
    return _moved(pulls, bounded, slack, along, solution.x) if solution.success else pulls


def centred(templates: Templates, pulls: Array) -> Array:
    """Move free factors along the flat directions, away from their bounds.

    Parameters
    ----------
    templates : Templates
    pulls : ndarray, shape (n_nuisances,)

    Returns
    -------
    ndarray, shape (n_nuisances,)
        Pulls with the same expected counts.

    Notes
    -----
    The factors that are not fixed can give every possible sum if no factor is 0, except those that are 0
    everywhere along the flat directions. Two linear programs find such a point: the first finds which factors
    can be above 0; the second maximises the smallest of these.
    """
    bounded, slack, along = _distances(templates, pulls)
    if not slack.sum() > 0:
        return pulls
    n, k = along.shape
    cap = _POSITIVE * slack.sum()
    # maximise Σ u with u ≤ slack + along · c and u ≤ cap
    support = linprog(
        np.concatenate([-np.ones(n), np.zeros(k)]),
        A_ub=np.hstack([np.eye(n), -along]),
        b_ub=slack,
        bounds=[(0, cap)] * n + [(None, None)] * k,
    )
    if not support.success:
        return pulls
    positive = (support.x[:n] > cap / 2).astype(np.float64)
    # maximise t with t ≤ slack + along · c for the positive factors, and 0 ≤ slack + along · c for the others
    solution = linprog(
        np.concatenate([[-1.0], np.zeros(k)]),
        A_ub=np.hstack([positive[:, None], -along]),
        b_ub=slack,
        bounds=[(0, None)] + [(None, None)] * k,
    )
    return _moved(pulls, bounded, slack, along, solution.x[1:]) if solution.success else pulls


def _distances(templates: Templates, pulls: Array) -> tuple[NDArray[np.intp], Array, Array]:
    """Return pulls with a bound and a flat direction, their distances from the bound, and the directions."""
    directions = null_directions(templates)
    lowest = np.array([n.lowest for n in templates.nuisances])
    bounded = np.flatnonzero(np.any(directions != 0, axis=1) & np.isfinite(lowest))
    return bounded, np.maximum(pulls - lowest, 0)[bounded], directions[bounded]


def _moved(pulls: Array, bounded: NDArray[np.intp], slack: Array, along: Array, coefficients: Array) -> Array:
    """Move along flat directions, without rounding beyond bounds."""
    moved = pulls.copy()
    moved[bounded] += np.maximum(slack + along @ coefficients, 0.0) - slack
    return moved
