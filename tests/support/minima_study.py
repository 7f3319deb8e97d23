"""Fits of many data sets of a card against the scan: how many miss the minimum, by how much, and which."""

import time
from dataclasses import dataclass

import numpy as np

from analysis.batch import fitter as batchfitter
from analysis.batch.physical_fit import bounded_fit
from support.grids import profiled
from support.minima_tally import Minima
from support.scan import scan, scan_many
from support.single_fit import SingleFit

__all__ = ["ABOVE", "Comparison", "compare_minima", "scipy_check"]

ABOVE = 0.01
"""A fit whose -2 ln L is higher than the scan's by more has missed the minimum."""
APART = 1e-3
"""Estimates that differ by more standard deviations are different."""
INTERPOLATED = 1e-4
"""Likelihoods of signals between tabulated values differ by no more."""
FAR = 50.0
"""How far above the lowest a point of the grid is worth a minimisation in -2 ln L."""
SAID = batchfitter.FAILED | getattr(batchfitter, "UNSURE", 0)
"""Bits of the status that say that a minimum may be missed; others do not excuse a fit."""
SHOWN = 20
"""Misses of a block that are kept one by one."""
REACH = 1e3
"""Where scipy stops in an unbounded range, in units of the curve."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Fits of n data sets and what the scan finds, arrays of shape (n,).

    Parameters
    ----------
    status : ndarray of int
    theta, value : ndarray
        Of the free fits; NaN where one failed.
    right_theta, right_value : ndarray
        Of the scan, by the rule for free fits.
    sigma : ndarray
        From the curvature at the scan's estimate, all else fitted.
    tied : ndarray of bool
        Whether another minimum is as deep.
    beyond : ndarray of bool
        Whether the fit ended in the physical range, but outside what is scanned of it, or where the signal is
        not folded.
    claimed : ndarray
        -2 ln L that the fit says, above what the independent likelihood has at its parameters.
    bounded_theta, bounded_value, physical_theta, physical_value : ndarray
        Fits that stay in the physical range, and the scan's.
    """

    status: np.ndarray
    theta: np.ndarray
    value: np.ndarray
    right_theta: np.ndarray
    right_value: np.ndarray
    sigma: np.ndarray
    tied: np.ndarray
    beyond: np.ndarray
    claimed: np.ndarray
    bounded_theta: np.ndarray
    bounded_value: np.ndarray
    physical_theta: np.ndarray
    physical_value: np.ndarray

    @property
    def excess(self):
        """-2 ln L of the fits above the scan's."""
        return self.value - self.right_value

    @property
    def bounded_excess(self):
        """The same of the fits in the physical range."""
        return self.bounded_value - self.physical_value

    @property
    def apart(self):
        """Whether estimates differ by more than 1e-3 σ and more than 1e-6 in -2 ln L, and nothing is tied.

        The same -2 ln L at another value is a flat likelihood, whose curvature gives no σ. Beyond the points
        that are scanned nothing is judged but -2 ln L.
        """
        distance = np.abs(self.theta - self.right_theta)
        apart = (distance > APART * self.sigma) & ~self.tied & (np.abs(self.excess) > self.resolved)
        return apart & ~self.beyond & ~self.scan_above

    @property
    def resolved(self):
        """Smallest difference of -2 ln L that is one: 1e-6, and what interpolated signals differ by."""
        return APART**2 + 2 * np.minimum(np.nan_to_num(np.abs(self.claimed), nan=0.0), INTERPOLATED)

    @property
    def scan_above(self):
        """Whether a fit in the physical range is deeper than the scan, which has then missed a minimum."""
        return self.bounded_excess < -self.resolved


def compare(card, counts, auxiliary):
    """Fit and scan data sets: a `Comparison`, its `Problem`, and the seconds of both."""
    problem, n = card.problem(counts, auxiliary), len(counts)
    start = time.perf_counter()
    fits = card.batch.fit(counts, auxiliary)
    bounded = bounded_fit(card.batch, counts, auxiliary)
    middle = time.perf_counter()
    found = {name: np.empty(n) for name in ("right_theta", "right_value", "sigma", "tied")}
    found |= {name: np.empty(n) for name in ("physical_theta", "physical_value")}
    for first, block in scan_many(problem, card.grid, far=FAR):
        _store(found, np.arange(first, first + block.problem.size), block)
    depth = np.fmax(found["right_value"] - fits.values, found["physical_value"] - bounded.values)
    again = np.argsort(-depth, kind="stable")[: 2 * SHOWN]
    again = again[depth[again] > APART**2]
    if len(again):
        _store(found, again, scan(problem.take(again), card.grid_of(0.1, 10), thorough=True))
    end = time.perf_counter()
    curve = problem.curve
    theta = np.clip(fits.parameters[:, 0], *curve.domain)
    y = np.vstack([[(theta - curve.origin) / curve.unit], fits.parameters[:, 1:].T])
    return (
        Comparison(
            status=fits.status,
            theta=fits.parameters[:, 0],
            value=fits.values,
            beyond=_outside(fits.parameters[:, 0], card.grid, problem),
            claimed=fits.values - problem.value(y),
            bounded_theta=bounded.best,
            bounded_value=bounded.values,
            **{**found, "tied": found["tied"] > 0},
        ),
        problem,
        (middle - start, end - middle),
    )


def _outside(theta, grid, problem):
    physical, known = problem.expected.physical, problem.curve.domain
    scanned = (theta >= grid[0]) & (theta <= grid[-1])
    unscanned = ~scanned & (theta > physical[0]) & (theta < physical[1])
    return unscanned | (theta < known[0]) | (theta > known[1])


def _store(found, where, block):
    free, physical, curve = block.free, block.physical, block.problem.curve
    t = (free.theta - curve.origin) / curve.unit
    curvature = profiled(block.problem.expansion(np.vstack([t[None], free.pulls]))[2])
    found["right_theta"][where], found["right_value"][where] = free.theta, free.value
    found["physical_theta"][where], found["physical_value"][where] = physical.theta, physical.value
    found["sigma"][where] = curve.unit * np.sqrt(2 / np.maximum(curvature, 1e-300))
    found["tied"][where] = np.isfinite(block.tied).any(axis=0)


def compare_minima(card, n, *, first=0, seed=1):
    """Throw, fit and scan a block of data sets.

    Returns
    -------
    minima : Minima
    comparison : Comparison or None
        None if the fitter broke off.
    problem : Problem
    """
    counts, auxiliary = card.throw(n, first=first, seed=seed)
    try:
        found, problem, seconds = compare(card, counts, auxiliary)
    except (ArithmeticError, ValueError, RuntimeError, np.linalg.LinAlgError) as error:
        minima = Minima(n=n, failed=n, error=f"{type(error).__name__}: {error}")
        return minima, None, card.problem(counts, auxiliary)
    good, fitted = (found.status & SAID) == 0, np.isfinite(found.value)
    above, deeper = found.excess > ABOVE, (found.excess < -ABOVE) & ~found.beyond
    bounded_above, bounded_deeper = found.bounded_excess > ABOVE, found.scan_above
    status = {
        str(s): [int(np.sum(found.status == s)), int(np.sum(above & (found.status == s)))]
        for s in np.unique(found.status)
    }
    missed = np.flatnonzero(~fitted | above | deeper | bounded_above | bounded_deeper)
    size = np.fmax(np.abs(found.excess), np.abs(found.bounded_excess))
    shown = missed[np.argsort(-np.where(fitted, size, np.inf)[missed], kind="stable")][:SHOWN]
    minima = Minima(
        n=n,
        above=int(np.sum(good & above)),
        deeper=int(np.sum(good & deeper)),
        apart=int(np.sum(good & fitted & found.apart)),
        failed=int(np.sum(~fitted)),
        worst=float(np.max(found.excess, where=good & fitted, initial=0.0)),
        claimed=float(np.max(np.abs(found.claimed), where=good & fitted, initial=0.0)),
        status=status,
        bounded_above=int(np.sum(~(found.bounded_excess <= ABOVE))),
        bounded_deeper=int(np.sum(bounded_deeper)),
        bounded_worst=float(
            np.max(found.bounded_excess, where=np.isfinite(found.bounded_value), initial=0.0)
        ),
        fit_seconds=seconds[0],
        scan_seconds=seconds[1],
        misses=[_miss(card, found, int(d), first + int(d), seed) for d in shown],
    )
    return minima, found, problem


def _miss(card, found, d, toy, seed):
    names = ("theta", "value", "right_theta", "right_value", "excess")
    names += ("bounded_theta", "bounded_value", "physical_theta", "physical_value", "bounded_excess")
    numbers = {name: float(getattr(found, name)[d]) for name in names}
    return {"card": card.name, "toy": toy, "seed": seed, "status": int(found.status[d]), **numbers}


def scipy_check(problem, found, n):
    """Compare the scan with scipy's deepest minimum in the physical range, of the n worst and n spread ones.

    Returns
    -------
    list of [int, float]
        Data sets and by how much -2 ln L of the scan is too high.
    """
    size = np.nan_to_num(np.fmax(np.abs(found.excess), np.abs(found.bounded_excess)), nan=np.inf)
    worst = np.argsort(-size, kind="stable")[:n]
    spread = np.linspace(0, problem.size - 1, min(n, problem.size)).astype(int)
    low, high = ((e - problem.curve.origin) / problem.curve.unit for e in problem.physical)
    ends = max(low, -REACH), min(high, REACH)
    checked = []
    for d in np.unique([*worst, *spread]):
        deepest = SingleFit(problem, d).minimum(*ends)[0]
        checked.append([int(d), float(found.physical_value[d] - deepest)])
    return checked
