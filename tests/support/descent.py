"""Damped Newton steps within bounds, many data sets at once, and minima over the pulls."""

import numpy as np

__all__ = ["descend", "profile", "starts_of"]

_TOLERANCE = 1e-11
"""Expected fall of -2 ln L at which a descent ends."""


@np.errstate(all="ignore")  # far from any minimum numbers overflow, and the step is refused
def _solve(matrix, right):
    """Solve by Cholesky's decomposition for matrices (p, p, n); tell which are positive definite."""
    p = len(right)
    L, good = np.zeros_like(matrix), np.ones(matrix.shape[2], bool)
    for j in range(p):
        pivot = matrix[j, j] - np.sum(L[j, :j] ** 2, axis=0)
        good &= pivot > 1e-13 * np.abs(matrix[j, j])
        L[j, j] = np.sqrt(np.where(pivot > 0, pivot, 1))
        for i in range(j + 1, p):
            L[i, j] = (matrix[i, j] - np.sum(L[i, :j] * L[j, :j], axis=0)) / L[j, j]
    found = np.empty_like(right)
    for j in range(p):
        found[j] = (right[j] - np.sum(L[j, :j] * found[:j], axis=0)) / L[j, j]
    for j in reversed(range(p)):
        found[j] = (found[j] - np.sum(L[j + 1 :, j] * found[j + 1 :], axis=0)) / L[j, j]
    return found, good


def descend(problem, start, *, low, high, largest=20.0, n_steps=200, tolerance=_TOLERANCE):
    """Descend from a starting point to a minimum within bounds.

    Parameters
    ----------
    problem : Problem
    start : ndarray, shape (p, n)
    low, high : ndarray, broadcastable to (p, n)
        Equal ones hold a parameter.
    largest : float
        Longest step in any parameter; a short one stays in the basin of the start.
    n_steps : int
    tolerance : float
        Expected fall of -2 ln L at which a descent ends.

    Returns
    -------
    y : ndarray, shape (p, n)
    value : ndarray, shape (n,)
    done : ndarray of bool, shape (n,)
        Whether the expected fall is below the tolerance, or nothing but rounding changes.
    """
    low, high = (np.broadcast_to(e, start.shape) for e in (low, high))
    y = np.clip(start, low, high)
    value, done = np.full(y.shape[1], np.inf), np.zeros(y.shape[1], bool)
    active = np.arange(y.shape[1])
    damping = np.zeros(y.shape[1])
    here, at, lo, hi = problem, y.copy(), low, high
    held = bool(np.all(low[0] == high[0]))
    state = here.expansion(at, held=held)
    value[:] = state[0]
    for _ in range(n_steps):
        f, gradient, H, safe = state
        step, fall = _step(at, gradient, H, safe, damping, lo, hi, largest)
        new = np.clip(at + step, lo, hi)
        ahead = here.expansion(new, held=held)
        with np.errstate(invalid="ignore"):
            better = ahead[0] < f
        ends = (fall < tolerance) | (~better & (np.abs(fall) < 1e-13 * np.maximum(f, 1)) | (damping > 1e12))
        damping = np.where(better, np.where(damping > 1e-6, damping / 8, 0), np.maximum(8 * damping, 1e-3))
        at = np.where(better, new, at)
        state = tuple(np.where(better, b, a) for a, b in zip(state, ahead, strict=True))
        y[:, active], value[active] = at, state[0]
        done[active[ends]] = True
        keep = ~ends
        if not keep.all():
            if not keep.any():
                break
            active, at, damping = active[keep], at[:, keep], damping[keep]
            lo, hi, here = lo[:, keep], hi[:, keep], here.take(keep)
            state = tuple(k[..., keep] for k in state)
    return y, value, done


@np.errstate(all="ignore")
def _step(y, gradient, H, safe, damping, low, high, largest):
    """Newton's step where the Hessian allows it, else one with its part that is never negative.

    A parameter at a bound that it would cross is left out.
    """
    held = (low == high) | ((y <= low) & (gradient > 0)) | ((y >= high) & (gradient < 0))
    g = np.where(held, 0, gradient)
    p = len(y)
    diagonal = np.einsum("iin->in", safe)
    diagonal = np.maximum(diagonal, 1e-12 * diagonal.max(axis=0) + 1e-300)

    def prepared(matrix, ridge):
        made = np.where(held[:, None] | held[None], 0, matrix)
        for j in range(p):
            made[j, j] = np.where(held[j], 1, made[j, j] + ridge * diagonal[j])
        return made

    step, good = _solve(prepared(H, damping), -g)
    if not good.all():
        bad = ~good
        other, _ = _solve(prepared(safe, np.maximum(damping, 1e-3))[..., bad], -g[:, bad])
        step[:, bad] = other
    step = np.where(np.isfinite(step), step, 0)
    fall = -np.sum(g * step, axis=0) / 2
    length = np.abs(step).max(axis=0)
    step = step * np.minimum(1, largest / np.maximum(length, 1e-300))
    return np.where(held, 0, step), fall


def starts_of(problem):
    """List pulls from which minima over the nuisance parameters are sought, each of shape (m, n).

    The auxiliary measurements, nominal, then each parameter two standard deviations off its measurement.
    """
    measured = problem.auxiliary
    found = [measured, np.zeros_like(measured)]
    for m in range(len(measured)):
        for shift in (-2.0, 2.0):
            moved = measured.copy()
            moved[m] += shift
            found.append(moved)
    return found


def profile(problem, t, pulls, **options):
    """Minimise over the pulls at values t of shape (n,), from pulls of shape (m, n).

    Returns
    -------
    value : ndarray, shape (n,)
    pulls : ndarray, shape (m, n)
    done : ndarray of bool, shape (n,)
    """
    lowest = np.broadcast_to(problem.lowest[:, None], pulls.shape)
    highest = np.full_like(pulls, np.inf)
    low, high = np.vstack([t[None], lowest]), np.vstack([t[None], highest])
    y, value, done = descend(problem, np.vstack([t[None], pulls]), low=low, high=high, **options)
    return value, y[1:], done
