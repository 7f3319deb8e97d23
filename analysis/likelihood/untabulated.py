"""Minima of one data set of a model whose signal is folded anew at each value, as that of a mass is."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from analysis.likelihood.likelihood import Likelihood
from analysis.likelihood.starts import deepest_dips, neighbours

__all__ = ["folded_minima"]

Array = NDArray[np.float64]

_DIPS, _WAVES = 6, 12
"""Local minima of the profile on the grid that are followed, as in a search of many; the last of Δm²,
with one for every wave."""


def folded_minima(data: Likelihood) -> tuple[Array, Array]:
    """Find the minima of one data set in the physical range, without a table of the signal.

    A table serves many data sets and takes seconds. The rule is that of `analysis.batch.search`: local minima
    of the profile on the grid are each followed between the neighbouring values.

    Parameters
    ----------
    data : Likelihood

    Returns
    -------
    parameters : ndarray, shape (k, 1 + n_nuisances)
        The deepest first.
    values : ndarray, shape (k,)
        -2 ln L/L_saturated.
    """
    grid = data.model.grid
    values, pulls = data.profile(grid)
    found = []
    for i in deepest_dips(values, _WAVES if data.templates.poi == "delta_m2" else _DIPS):
        best = float(values[i]), (float(grid[i]), *map(float, pulls[i]))
        low, high = neighbours(grid, i)
        start = pulls[i : i + 1]
        dip = minimize_scalar(
            lambda x, start=start: float(data.profile(x, also=start)[0][0]),
            bounds=(low, high),
            method="bounded",
            options={"xatol": 1e-7 * (high - low)},
        )
        if dip.fun < best[0]:
            value, own = data.profile(dip.x, also=start)
            best = float(value[0]), (float(dip.x), *map(float, own[0]))
        found.append(best)
    found.sort(key=lambda one: one[0])
    return np.array([p for _, p in found]), np.array([v for v, _ in found])
