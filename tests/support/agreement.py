"""Fits of many data sets against their scans: in -2 ln L and in standard deviations."""

from dataclasses import dataclass

import numpy as np

from support.deviance import Problem
from support.grids import profiled
from support.scan import scan_many
from support.single_fit import SingleFit

__all__ = ["Agreement", "agreement"]


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Distances of n fits from the minima of the scan.

    Parameters
    ----------
    problem : Problem
    excess : ndarray, shape (n,)
        -2 ln L of the fits above that of the scan; negative if a fit is deeper.
    distance : ndarray, shape (n,)
        Between the estimates, in standard deviations from the curvature at the scan's.
    theta, value : ndarray, shape (n,)
        What the scan finds.
    physical : ndarray, shape (n,)
        -2 ln L of the scan's minimum in the physical range.
    """

    problem: Problem
    excess: np.ndarray
    distance: np.ndarray
    theta: np.ndarray
    value: np.ndarray
    physical: np.ndarray

    def worst(self, n):
        """Numbers of the n data sets with the largest excess."""
        return np.argsort(-np.abs(self.excess), kind="stable")[:n]

    def scipy_excess(self, which, reach=1e3):
        """-2 ln L of the scan's physical minimum above the deepest that scipy finds, for some data sets."""
        low, high = ((e - self.problem.curve.origin) / self.problem.curve.unit for e in self.problem.physical)
        ends = max(low, -reach), min(high, reach)
        return np.array([self.physical[d] - SingleFit(self.problem, d).minimum(*ends)[0] for d in which])


def agreement(problem, grid, theta, value, *, bounded=False):
    """Scan data sets and compare fits of them.

    Parameters
    ----------
    problem : Problem
    grid : ndarray, shape (k,)
    theta, value : ndarray, shape (n,)
        Estimates and -2 ln L/L_saturated of the fits.
    bounded : bool
        Whether the fits were held in the physical range.

    Returns
    -------
    Agreement
    """
    found_theta, found_value, physical, sigma = (np.empty(problem.size) for _ in range(4))
    for first, block in scan_many(problem, grid):
        best = block.physical if bounded else block.free
        where = slice(first, first + block.problem.size)
        t = (best.theta - problem.curve.origin) / problem.curve.unit
        curvature = profiled(block.problem.expansion(np.vstack([t[None], best.pulls]))[2])
        found_theta[where], found_value[where] = best.theta, best.value
        physical[where] = block.physical.value
        sigma[where] = problem.curve.unit * np.sqrt(2 / np.maximum(curvature, 1e-300))
    return Agreement(
        problem=problem,
        excess=value - found_value,
        distance=(theta - found_theta) / sigma,
        theta=found_theta,
        value=found_value,
        physical=physical,
    )
