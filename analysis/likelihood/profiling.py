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
"""Standard deviations from its measurement at which a pull that changes shapes begins, beside it."""
_HIGH, _SHARE = 25.0, 1e-3
"""Higher above the lowest value of a scan, it suffices that searches agree to so much of the height."""
_AGAIN = 5
_DESCENT = {"ftol": 1e-14, "gtol": 1e-8, "maxiter": 1000}
_SIMPLEX = {"xatol": 1e-9, "fatol": 1e-10, "maxiter": 20_000, "maxfev": 20_000}
_FAR = 1e3
"""Times -2 ln L of the model's values: so far above it a value only tells that a point is excluded."""
_ONE_DEPTH, _ONE_KINK = 1e-7, 1e-5
"""Values of -2 ln L that differ by less, relatively, are one; the second where they are at a kink."""
_TIMES, _SIGMAS = 10.0, 10.0
"""Ratio of observed and expected counts, and distance in errors, from which counts are far from expected."""


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
    more = max(observed, 1.0) / max(expected, 1.0)
    if 1 / _TIMES < more < _TIMES or abs(observed - expected) < _SIGMAS * max(expected, 1.0) ** 0.5:
        return ""
    return (
        f"the counts are far from anything that the model expects: {observed:.4g} observed, {expected:.4g} "
        f"expected at {poi} = {truth:g}"
    )


def pull_starts(model: FitModel, auxiliary: Array) -> list[Array]:
    """List pulls from which minima over the nuisance parameters are sought, each of shape (n, n_nuisances).

    The measured ones; with parameters that change shapes also nominal ones, and each of these moved up and
    down.
    """
    shapes = [m for m, n in enumerate(model.templates.nuisances) if n.is_shape]
    found = [auxiliary]
    if shapes:
        found.append(np.zeros_like(auxiliary))
    for m in shapes:
        for shift in (-_OFF, _OFF):
            moved = auxiliary.copy()
            moved[:, m] += shift
            found.append(moved)
    return found


def repeated(
    layout: Layout,
    counts: Array,
    auxiliary: Array,
    n: int,
    held: Mapping[int, float] | None = None,
    pulls: Array | None = None,
) -> Problem:
    """Repeat one data set n times; some pulls may be held, and others be starting values."""
    mask = np.zeros(len(auxiliary), np.bool_)
    begin = auxiliary.copy() if pulls is None else np.asarray(pulls, np.float64).copy()
    for number, pull in (held or {}).items():
        mask[number], begin[number] = True, pull
    return Problem(
        layout=layout,
        counts=np.tile(counts, (n, 1)),
        auxiliary=np.tile(auxiliary, (n, 1)),
        held=mask,
        pulls=begin,
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
        Pulls of nuisance parameters that are fixed, by their number.
    also : ndarray, shape (k, n_nuisances), optional
        Pulls from which minima are sought, too, such as those of known minima.
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
        If no minimum over the nuisance parameters is found at a value.
    """
    wanted = np.atleast_1d(np.asarray(points, np.float64))
    if layout is None:
        layout = model.polynomial
    if layout is None:
        on_grid = np.array_equal(wanted, model.grid)
        layout = model.on_grid if on_grid else model.layout_at(np.unique(wanted))
    values, failed = np.full(len(wanted), np.inf), np.ones(len(wanted), np.bool_)
    parameters = np.zeros((len(wanted), 1 + len(auxiliary)))
    starts = [start[0] for start in pull_starts(model, auxiliary[None])]
    for start in (*starts, *(() if also is None else also)):
        problem = repeated(layout, counts, auxiliary, len(wanted), held, start)
        found, depths, lost = problem.profile(wanted)
        better = np.where(failed, ~lost | ~np.isfinite(values), ~lost & (depths < values))
        parameters[better], values[better] = found[better], depths[better]
        failed &= lost
    if failed.any():
        _repair(model, layout, counts, auxiliary, wanted, parameters, values, failed, held or {})
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
    """Minimise again where it failed: from pulls of neighbours, from nominal ones, and with L-BFGS-B.

    A search can fail because rounding hides every fall. Two searches that stop at one depth are believed; so
    is the lowest of all where it is so far above -2 ln L of the model's values that nothing depends on it.
    """
    far = _FAR * (1 + model.deviance(counts, auxiliary, model.anchor, np.maximum(auxiliary, _lowest(model))))
    for i in np.flatnonzero(failed):
        found = np.flatnonzero(~failed)
        nearest = found[np.argsort(np.abs(points[found] - points[i]), kind="stable")[:2]]
        tried = [(float(values[i]), parameters[i, 1:].copy())]
        for begin in (*parameters[nearest, 1:], np.zeros_like(auxiliary)):
            one, value, still = repeated(layout, counts, auxiliary, 1, held, begin).profile(points[i : i + 1])
            tried.append((float(value[0]), one[0, 1:]))
            if not still[0] or _agree(tried):
                failed[i] = False
                break
        else:
            for begin in (auxiliary, *parameters[nearest, 1:]):
                more = _descended(model, counts, auxiliary, float(points[i]), begin, held)
                tried.append((float(more.fun), np.asarray(more.x)))
                failed[i] &= not more.success
            starts = [x for _, x in sorted(tried[-3:], key=lambda one: one[0])] if failed[i] else []
            lowest = values[found].min(initial=math.inf)
            for _ in range(_AGAIN):
                # the lowest point may be a kink, where a bin without counts expects none
                for begin in starts:
                    more = _descended(model, counts, auxiliary, float(points[i]), begin, held, simplex=True)
                    tried.append((float(more.fun), np.asarray(more.x)))
                height = min(value for value, _ in tried) - lowest - _HIGH
                failed[i] &= not _agree(tried, max(_ONE_KINK, _SHARE * height))
                starts = [min(tried, key=lambda one: one[0])[1]] if failed[i] else []
        values[i], parameters[i, 1:] = min(tried, key=lambda one: one[0])
        if failed[i] and values[i] < math.inf:
            failed[i] = values[i] < far
    if failed.any():
        raise FitError(_failure(model, counts, float(points[np.flatnonzero(failed)[0]])))


def _failure(model: FitModel, counts: Array, poi: float) -> str:
    """Return the error for a value without a minimum over the nuisance parameters, with a probable reason."""
    far, free = (
        far_counts(model.templates, counts),
        [n.name for n in model.templates.nuisances if n.constraint == "free"],
    )
    where = f"no minimum over the nuisance parameters was found at {model.templates.poi} = {poi:g}"
    if far:
        return f"{far}; {where}"
    if free:
        return f"{where}: constrain those of {', '.join(free)} that the data do not know"
    return where


def _lowest(model: FitModel) -> Array:
    return np.array([n.lowest for n in model.templates.nuisances])


def _agree(tried: Sequence[tuple[float, Array]], tolerance: float = _ONE_DEPTH) -> bool:
    """Tell whether the two lowest values agree."""
    first, second, *_ = sorted(value for value, _ in tried)
    return second - first <= tolerance * (1 + abs(first))


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
    begin = start.copy()
    for number, pull in held.items():
        bounds[number], begin[number] = (pull, pull), pull
    begin = np.clip(begin, *np.array(bounds).T)
    return minimize(
        lambda x: model.deviance(counts, auxiliary, poi, np.ascontiguousarray(x)),
        begin,
        method="Nelder-Mead" if simplex else "L-BFGS-B",
        bounds=bounds,
        options=dict(_SIMPLEX if simplex else _DESCENT),
    )
