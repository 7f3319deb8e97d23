"""Profiles of -2 ln L of one data set: minimised over the nuisance parameters, from several starts."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import OptimizeResult, minimize

from analysis.batch.engine import Problem
from analysis.batch.engine._kernels.layout import Layout
from analysis.model import FitModel, Templates

__all__ = ["FitError", "far_counts", "profiled", "pull_starts", "repeated"]

Array = NDArray[np.float64]

_OFF = 2.0
"""Distance from its measurement, in standard deviations, of further starts of a pull that changes shapes."""
_HIGH, _SHARE = 25.0, 1e-3
"""Height above the lowest value of a scan from which searches need to agree only to a share of the height."""
_SIMPLEX_ROUNDS = 5
_DESCENT = {"ftol": 1e-14, "gtol": 1e-8, "maxiter": 1000}
_SIMPLEX = {"xatol": 1e-9, "fatol": 1e-10, "maxiter": 20_000, "maxfev": 20_000}
_FAR = 1e3
"""Multiple of -2 ln L of the model's values. Above it a value only tells that a point is excluded."""
_SAME_DEPTH, _SAME_DEPTH_AT_KINK = 1e-7, 1e-5
"""Values of -2 ln L with a smaller relative difference count as the same; the second is for kinks."""
_RATIO, _SIGMAS = 10.0, 10.0
"""Ratio of observed and expected counts, and difference in errors, beyond which counts are called far."""


class FitError(ValueError):
    """No minimum of -2 ln L is found: the run failed, the input is not wrong."""


def far_counts(templates: Templates, counts: Array) -> str:
    """Return a message if the counts are far from anything that the model expects; else an empty text.

    Parameters
    ----------
    templates : Templates
    counts : ndarray, shape (n_bins,)
    """
    poi = templates.poi
    truth = templates.model.parameters[poi]
    observed, expected = float(np.sum(counts)), float(templates.expected(truth).sum())
    ratio = max(observed, 1.0) / max(expected, 1.0)
    if 1 / _RATIO < ratio < _RATIO or abs(observed - expected) < _SIGMAS * max(expected, 1.0) ** 0.5:
        return ""
    return (
        f"the counts are far from anything that the model expects: {observed:.4g} observed, {expected:.4g} "
        f"expected at {poi} = {truth:g}"
    )


def pull_starts(model: FitModel, auxiliary: Array) -> list[Array]:
    """List starting values of the pulls, each of shape (n, n_nuisances).

    These are the measured pulls; if parameters change shapes, also the nominal pulls, and the measured ones
    with one such parameter moved up or down.
    """
    shapes = [m for m, n in enumerate(model.templates.nuisances) if n.is_shape]
    starts = [auxiliary]
    if shapes:
        starts.append(np.zeros_like(auxiliary))
    for m in shapes:
        for shift in (-_OFF, _OFF):
            moved = auxiliary.copy()
            moved[:, m] += shift
            starts.append(moved)
    return starts


def repeated(
    layout: Layout,
    counts: Array,
    auxiliary: Array,
    n: int,
    held: Mapping[int, float] | None = None,
    pulls: Array | None = None,
) -> Problem:
    """Repeat one data set n times; some pulls may be fixed, and starting values of the others be given."""
    mask = np.zeros(len(auxiliary), np.bool_)
    start = auxiliary.copy() if pulls is None else np.asarray(pulls, np.float64).copy()
    for number, pull in (held or {}).items():
        mask[number], start[number] = True, pull
    return Problem(
        layout=layout,
        counts=np.tile(counts, (n, 1)),
        auxiliary=np.tile(auxiliary, (n, 1)),
        held=mask,
        pulls=start,
    )


def profiled(
    model: FitModel,
    counts: Array,
    auxiliary: Array,
    points: ArrayLike,
    held: Mapping[int, float] | None = None,
    also: Array | None = None,
    *,
    layout: Layout | None = None,
) -> tuple[Array, Array]:
    """Minimise -2 ln L of one data set over the nuisance parameters at values of the one of interest.

    Parameters
    ----------
    model : FitModel
    counts : ndarray, shape (n_bins,)
    auxiliary : ndarray, shape (n_nuisances,)
    points : array_like, shape (n,)
    held : mapping of int to float, optional
        Pulls of nuisance parameters that are fixed, by their index.
    also : ndarray, shape (k, n_nuisances), optional
        Further starting values of the pulls, such as those of known minima.
    layout : Layout, optional
        The model in arrays, with the signal at these values.

    Returns
    -------
    values : ndarray, shape (n,)
        -2 ln L/L_saturated.
    pulls : ndarray, shape (n, n_nuisances)

    Raises
    ------
    FitError
        If at a point no minimum over the nuisance parameters is found.
    """
    poi_values = np.atleast_1d(np.asarray(points, np.float64))
    if layout is None:
        layout = model.polynomial
    if layout is None:
        on_grid = np.array_equal(poi_values, model.grid)
        layout = model.on_grid if on_grid else model.layout_at(np.unique(poi_values))
    values, failed = np.full(len(poi_values), np.inf), np.ones(len(poi_values), np.bool_)
    parameters = np.zeros((len(poi_values), 1 + len(auxiliary)))
    starts = [start[0] for start in pull_starts(model, auxiliary[None])]
    for start in (*starts, *(() if also is None else also)):
        problem = repeated(layout, counts, auxiliary, len(poi_values), held, start)
        candidates, depths, not_found = problem.profile(poi_values)
        better = np.where(failed, ~not_found | ~np.isfinite(values), ~not_found & (depths < values))
        parameters[better], values[better] = candidates[better], depths[better]
        failed &= not_found
    if failed.any():
        _repair(model, layout, counts, auxiliary, poi_values, parameters, values, failed, held or {})
    return values, parameters[:, 1:]


def _repair(
    model: FitModel,
    layout: Layout,
    counts: Array,
    auxiliary: Array,
    points: Array,
    parameters: Array,
    values: Array,
    failed: NDArray[np.bool_],
    held: Mapping[int, float],
) -> None:
    """Repeat failed searches: from pulls of neighbours, from nominal ones, and with L-BFGS-B.

    A search can fail because rounding hides small decreases. If two searches stop at the same -2 ln L, it is
    accepted. So is the lowest value if it is so far above -2 ln L of the model's values that the point is
    excluded in any case.
    """
    excluded_value = _FAR * (
        1 + model.deviance(counts, auxiliary, model.anchor, np.maximum(auxiliary, _lowest(model)))
    )
    for i in np.flatnonzero(failed):
        solved = np.flatnonzero(~failed)
        nearest = solved[np.argsort(np.abs(points[solved] - points[i]), kind="stable")[:2]]
        trials = [(float(values[i]), parameters[i, 1:].copy())]
        for start in (*parameters[nearest, 1:], np.zeros_like(auxiliary)):
            solution, depth, unsolved = repeated(layout, counts, auxiliary, 1, held, start).profile(
                points[i : i + 1]
            )
            trials.append((float(depth[0]), solution[0, 1:]))
            if not unsolved[0] or _agree(trials):
                failed[i] = False
                break
        else:
            for start in (auxiliary, *parameters[nearest, 1:]):
                descent = _descended(model, counts, auxiliary, float(points[i]), start, held)
                trials.append((float(descent.fun), np.asarray(descent.x)))
                failed[i] &= not descent.success
            starts = [x for _, x in sorted(trials[-3:], key=lambda trial: trial[0])] if failed[i] else []
            lowest = values[solved].min(initial=math.inf)
            for _ in range(_SIMPLEX_ROUNDS):
                # the lowest point may be a kink, where a bin without counts expects 0
                for start in starts:
                    descent = _descended(
                        model, counts, auxiliary, float(points[i]), start, held, simplex=True
                    )
                    trials.append((float(descent.fun), np.asarray(descent.x)))
                height = min(depth for depth, _ in trials) - lowest - _HIGH
                failed[i] &= not _agree(trials, max(_SAME_DEPTH_AT_KINK, _SHARE * height))
                starts = [min(trials, key=lambda trial: trial[0])[1]] if failed[i] else []
        values[i], parameters[i, 1:] = min(trials, key=lambda trial: trial[0])
        if failed[i] and values[i] < math.inf:
            failed[i] = values[i] < excluded_value
    if failed.any():
        raise FitError(_failure(model, counts, float(points[np.flatnonzero(failed)[0]])))


def _failure(model: FitModel, counts: Array, poi: float) -> str:
    """Return the error for a value without a minimum over the nuisance parameters, with a probable reason."""
    message = far_counts(model.templates, counts)
    free = [n.name for n in model.templates.nuisances if n.constraint == "free"]
    failure = f"no minimum over the nuisance parameters was found at {model.templates.poi} = {poi:g}"
    if message:
        return f"{message}; {failure}"
    if free:
        return f"{failure}: constrain those of {', '.join(free)} that the data do not know"
    return failure


def _lowest(model: FitModel) -> Array:
    return np.array([n.lowest for n in model.templates.nuisances])


def _agree(trials: Sequence[tuple[float, Array]], tolerance: float = _SAME_DEPTH) -> bool:
    """Tell whether the two lowest values agree."""
    lowest, next_lowest, *_ = sorted(value for value, _ in trials)
    return next_lowest - lowest <= tolerance * (1 + abs(lowest))


def _descended(
    model: FitModel,
    counts: Array,
    auxiliary: Array,
    poi: float,
    start: Array,
    held: Mapping[int, float],
    *,
    simplex: bool = False,
) -> OptimizeResult:
    """Minimise over the pulls with L-BFGS-B, or with the simplex of Nelder and Mead."""
    bounds = [(max(n.lowest, -1e6), 1e6) for n in model.templates.nuisances]
    initial = start.copy()
    for number, pull in held.items():
        bounds[number], initial[number] = (pull, pull), pull
    initial = np.clip(initial, *np.array(bounds).T)
    return minimize(
        lambda x: model.deviance(counts, auxiliary, poi, np.ascontiguousarray(x)),
        initial,
        method="Nelder-Mead" if simplex else "L-BFGS-B",
        bounds=bounds,
        options=dict(_SIMPLEX if simplex else _DESCENT),
    )
