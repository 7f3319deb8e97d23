"""Profiles of nuisance parameters of one data set, minimised over everything else from many starts."""

import math

import numpy as np

from support.descent import descend

__all__ = ["pull_profile"]

_REACH, _SIDE = 1e4, 12
"""Largest distance of starts of an unbounded parameter of interest, in its unit; starts on each side."""


def pull_profile(problem, numbers, pulls, near):
    """Minimise -2 ln L at values of pulls by the rule of fits; all of them side by side.

    Minima are sought with the parameter of interest in its physical range; those at an end of it are
    released, and followed beyond in short steps.

    Parameters
    ----------
    problem : Problem
        Of one data set.
    numbers : int or array_like of int, shape (k,)
        Of the nuisance parameter that has each value.
    pulls : array_like, shape (k,)
    near : ndarray, shape (1 + n_nuisances,)
        A point from which minima are sought, too.

    Returns
    -------
    ndarray, shape (k,)
    """
    curve, wanted = problem.curve, np.asarray(pulls, float)
    physical, free = ([(e - curve.origin) / curve.unit for e in r] for r in (problem.physical, problem.range))
    first, last = max(physical[0], -_REACH), min(physical[1], _REACH)
    steps = np.geomspace(0.2, _REACH, _SIDE)
    values = np.concatenate([[near[0], first, last, 0.0], near[0] + steps, near[0] - steps])
    values = np.unique(np.clip([*values, *np.linspace(max(first, -20), min(last, 20), 7)], first, last))
    measured = problem.auxiliary[:, 0]
    begins = [np.array([t, *x]) for t in values for x in (measured, near[1:])]
    start = np.repeat(np.array(begins).T, len(wanted), axis=1)
    held = np.tile(wanted, len(begins))
    many = problem.take(np.zeros(start.shape[1], int))
    low = np.full_like(start, physical[0])
    low[1:] = problem.lowest[:, None]
    high = np.full_like(start, math.inf)
    high[0] = physical[1]
    held_number = np.tile(np.broadcast_to(numbers, len(wanted)), len(begins))
    columns = np.arange(len(held))
    low[1 + held_number, columns] = high[1 + held_number, columns] = held
    y, value, _ = descend(many, start, low=low, high=high, largest=2.0, n_steps=400)
    for end, beyond in zip(physical, free, strict=True):
        which = np.flatnonzero(np.abs(y[0] - end) <= 1e-12 * max(1.0, abs(end))) if end != beyond else []
        if not len(which):
            continue
        lowest, highest = low[:, which].copy(), high[:, which].copy()
        lowest[0], highest[0] = min(end, beyond), max(end, beyond)
        _, value[which], _ = descend(
            many.take(which), y[:, which], low=lowest, high=highest, largest=0.5, n_steps=2000
        )
    return value.reshape(len(begins), len(wanted)).min(axis=0)
