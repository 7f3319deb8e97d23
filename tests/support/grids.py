"""Values of the parameter of interest at which a profile is scanned."""

import math
from dataclasses import replace

import numpy as np

from support.descent import profile

__all__ = ["make_grid", "profiled"]


def make_grid(problem, *, spacing=0.3, reach=1e4, per_decade=10, n_most=400):
    """Lay out values of the parameter of interest over its physical range.

    Points are `spacing` standard deviations apart, as exact data of each value have them with all nuisance
    parameters fitted, and at least `per_decade` to a decade of distance. Where that needs too many they are
    sparser far from the values that data of the model allow.

    Parameters
    ----------
    problem : Problem
        Only its expectation is used.
    spacing : float
    reach : float
        Half-width of the scan of an unbounded range, in units of `curve.unit`.
    per_decade : int
    n_most : int
    """
    curve, expected = problem.curve, problem.expected
    low, high = (max(min((e - curve.origin) / curve.unit, reach), -reach) for e in problem.physical)
    steps = np.geomspace(0.02, reach, 600)
    fine = np.concatenate([[0], steps, -steps, low + steps, high - steps, np.linspace(low, high, 801)])
    fine = np.unique(fine[(fine >= low) & (fine <= high)])
    mu = _exact(problem, fine)
    asimov = replace(problem, counts=mu, auxiliary=np.zeros((len(expected.nuisances), len(fine))))
    _, _, H, _ = asimov.expansion(np.vstack([fine[None], asimov.auxiliary]))
    density = np.sqrt(np.maximum(profiled(H), 0) / 2)
    arc = np.concatenate([[0], np.cumsum(np.diff(fine) * (density[1:] + density[:-1]) / 2)])
    own = _exact(problem, np.zeros(1))
    truth = replace(problem, counts=np.repeat(own, len(fine), axis=1), auxiliary=asimov.auxiliary)
    height = profile(truth, fine, truth.auxiliary)[0]
    padded = np.concatenate([[np.inf], height, [np.inf]])
    centres = arc[(height < padded[:-2]) & (height <= padded[2:]) & (height < 100)]
    chosen = _walk(arc, centres, spacing, n_most)
    t = np.interp(chosen, arc, fine)
    t = np.concatenate([t, [0, low, high], _decades(low, high, reach, per_decade)])
    t = np.unique(t[(t >= low) & (t <= high)])
    return _inside(curve.origin + curve.unit * t, problem.physical)


def _inside(theta, physical):
    return np.unique(np.clip(theta, *physical))


def _decades(low, high, reach, per_decade):
    steps = np.geomspace(0.1, reach, per_decade * round(math.log10(reach / 0.1)) + 1)
    return np.concatenate([steps, -steps, low + steps, high - steps])


def _walk(arc, centres, spacing, n_most):
    """Points along the arc length, `spacing` apart within 10 of a centre, wider by the distance beyond."""
    growth = 0.0
    while True:
        points, at = [], 0.0
        while at < arc[-1] and len(points) <= n_most:
            points.append(at)
            distance = np.min(np.abs(at - centres)) if len(centres) else 0.0
            at += spacing * max(1.0, growth * distance / 10)
        if len(points) <= n_most or growth > 100:
            return np.array([*points, arc[-1]])
        growth = max(1.0, 2 * growth)


def _exact(problem, t):
    """Expected counts at nominal pulls, shape (n_bins, n)."""
    signal = problem.curve(t, 0)[0]
    mu = np.zeros((problem.expected.n_bins, len(t)))
    for c in problem.expected.components:
        mu[c.bins] += signal[0, c.bins] if c.layers is None else c.layers[0][:, None]
    return np.maximum(mu, 1e-9)


def profiled(H):
    """Curvature in the parameter of interest with all others at their best."""
    if len(H) == 1:
        return H[0, 0]
    rest = np.moveaxis(H[1:, 1:], -1, 0)
    mixed = np.moveaxis(H[0, 1:], -1, 0)[..., None]
    solved = np.linalg.pinv(rest, hermitian=True) @ mixed
    return H[0, 0] - (np.moveaxis(mixed, 1, 2) @ solved)[:, 0, 0]
