"""Minima of one data set, with MINUIT or by direct folding, by the rule of `analysis.batch.search`."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from analysis.likelihood.likelihood import Likelihood
from analysis.likelihood.minima import TIE, LocalMinima
from analysis.likelihood.minuit import EDM, TIGHT, Minimum, scanned
from analysis.likelihood.starts import neighbours, ranked_dips
from analysis.model import FitModel

__all__ = ["SingleFit", "curvature_errors", "folded_minima", "inside_range", "single_minima", "sorted_minima"]

Array = NDArray[np.float64]

_DIPS, _WAVES = 6, 12
"""Number of local minima of the profile on the grid that are followed, as in a search for many data sets. The
second is for Δm², whose profile has one minimum per oscillation period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleFit:
    """Minima of one data set found by MINUIT.

    Parameters
    ----------
    parameters : ndarray, shape (1 + n_nuisances,)
        Estimates of the free fit.
    errors : ndarray, shape (1 + n_nuisances,), or None
    value : float
        -2 ln L/L_saturated.
    minima : LocalMinima
        All minima of the data set.
    """

    parameters: Array
    errors: Array | None
    value: float
    minima: LocalMinima


def sorted_minima(model: FitModel, found: list[Minimum]) -> list[Minimum]:
    """Sort minima, the deepest first; of equal ones the valid, the physical, the nearest to the model's."""
    low, high = model.physical

    def order(minimum: Minimum) -> tuple[bool, bool, float]:
        poi = minimum.values[0]
        return (not minimum.valid, not low <= poi <= high, abs(poi - model.anchor))

    valid = [m.fval for m in found if m.valid]
    floor = min(valid, default=min((m.fval for m in found), default=math.inf))
    return sorted(
        found, key=lambda m: (m.fval > floor + TIE, m.fval if m.fval > floor + TIE else 0.0, *order(m))
    )


def inside_range(
    model: FitModel, found: Iterable[Minimum], at: Callable[[float], tuple[float, Sequence[float]]]
) -> list[tuple[float, tuple[float, ...]]]:
    """List minima in the physical range; a minimum beyond it is replaced by the end of the range.

    Parameters
    ----------
    model : FitModel
    found : iterable of Minimum
    at : callable
        Function of the parameter of interest that returns the profiled -2 ln L and the pulls.

    Returns
    -------
    list of (value, parameters)
    """
    low, high = model.physical
    inside = []
    for minimum in found:
        poi = min(max(minimum.values[0], low), high)
        value, pulls = (minimum.fval, minimum.values[1:]) if poi == minimum.values[0] else at(poi)
        inside.append((value, (poi, *pulls)))
    return inside


def curvature_errors(data: Likelihood, minimum: Minimum) -> Array | None:
    """Compute the errors of the parameters from the second derivatives at a minimum.

    Returns
    -------
    ndarray, shape (n_parameters,), or None
        0 for a fixed parameter of interest; None if the matrix is not positive definite, or if the minimum is
        at an end of the range, where the slope of -2 ln L is not 0.
    """
    model, fixed = data.model, minimum.fixed[0]
    low, high = model.symmetric_range
    if not fixed and not low < minimum.values[0] < high:
        return None
    # smaller steps if the minimum is much sharper than at the model's value
    step = 0.01 * min(model.width, max(float(minimum.errors[0]), 1e-3 * model.width))
    return data.errors(data.polished(minimum.values, step, fixed=fixed), step, fixed=fixed)


def single_minima(model: FitModel, counts: Array, auxiliary: Array, *, errors: bool) -> SingleFit | None:
    """Fit one data set with MINUIT alone; None where it finds no minimum."""
    data = Likelihood(model=model, counts=counts, auxiliary=auxiliary)
    minima = [m for m in scanned(data, tolerance=TIGHT) if m.valid]
    minima = minima or [m for m in scanned(data, tolerance=EDM) if m.valid]
    if not minima:
        return _at_end_of_scan(data)
    inside = inside_range(model, minima, lambda poi: _first_of_profile(*data.profile(poi)))
    best = sorted_minima(model, minima)[0]
    return SingleFit(
        parameters=np.array(best.values),
        errors=curvature_errors(data, best) if errors else None,
        value=best.fval,
        minima=LocalMinima(
            which=np.zeros(1, np.intp),
            parameters=np.array([[p for _, p in inside]]),
            values=np.array([[v for v, _ in inside]]),
            released=np.array([[m.values for m in minima]]),
            released_values=np.array([[m.fval for m in minima]]),
        ),
    )


def _at_end_of_scan(data: Likelihood) -> SingleFit | None:
    """Return the end of a scan of an unbounded range if -2 ln L is lowest there; else None."""
    model = data.model
    values, pulls = data.profile(model.grid)
    for i, end in ((-1, model.physical[1]), (0, model.physical[0])):
        if math.isinf(end) and values[i] <= values.min() + TIE:
            parameters = np.array([model.grid[i], *pulls[i]])
            point, depth = parameters[None, None], np.array([[float(values[i])]])
            minima = LocalMinima(
                which=np.zeros(1, np.intp),
                parameters=point,
                values=depth,
                released=point,
                released_values=depth,
            )
            return SingleFit(parameters=parameters, errors=None, value=float(values[i]), minima=minima)
    return None


def _first_of_profile(values: Array, pulls: Array) -> tuple[float, tuple[float, ...]]:
    return float(values[0]), tuple(map(float, pulls[0]))


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
    minima = []
    for i in ranked_dips(values, _WAVES if data.templates.poi == "delta_m2" else _DIPS):
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
            value, pulls_at_dip = data.profile(dip.x, also=start)
            best = float(value[0]), (float(dip.x), *map(float, pulls_at_dip[0]))
        minima.append(best)
    minima.sort(key=lambda pair: pair[0])
    return np.array([p for _, p in minima]), np.array([v for v, _ in minima])
