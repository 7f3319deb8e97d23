"""One data set with scipy, from many starts: a check of the scan that shares only the spectra with it."""

import math

import numpy as np
from scipy.optimize import minimize
from scipy.special import xlogy

__all__ = ["SingleFit"]

_BARRIER = 1e30


class SingleFit:
    """-2 ln L/L_saturated of one data set of a problem, written with loops.

    Parameters
    ----------
    problem : Problem
    number : int
        Of the data set.
    exact : bool
        Fold the signal at each value instead of taking it from the problem's curve.
    """

    def __init__(self, problem, number=0, *, exact=False):
        self.problem, self.exact = problem, exact
        self.expected = problem.expected
        self.counts = problem.counts[:, number]
        self.measured = problem.auxiliary[:, number]

    def theta(self, t):
        """Parameter of interest in its own unit."""
        return self.problem.curve.origin + self.problem.curve.unit * t

    def mu(self, t, x):
        """Compute expected counts as a sum over components."""
        nuisances, numbers = self.expected.nuisances, self.expected.shapes
        signal = (
            self.expected.signal(self.theta(t))
            if self.exact
            else self.problem.curve(np.array([t]), 0)[0][..., 0]
        )
        total = np.zeros(self.expected.n_bins)
        for c in self.expected.components:
            layers = signal[:, c.bins] if c.layers is None else c.layers
            spectrum = layers[0].copy()
            for s, m in enumerate(numbers):
                spectrum += x[m] * layers[1 + s] + x[m] ** 2 * layers[1 + len(numbers) + s]
            for m in c.factors:
                one = nuisances[m]
                spectrum *= (1 + one.sigma) ** x[m] if one.law == "log-normal" else 1 + one.sigma * x[m]
            total[c.bins] += spectrum
        return total

    def __call__(self, t, x):
        """Evaluate -2 ln L/L_saturated."""
        with np.errstate(over="ignore", invalid="ignore"):
            mu, n, errors = self.mu(t, x), self.counts, self.problem.errors
        if not np.all(np.isfinite(mu)):
            return _BARRIER
        pulls = (x - self.measured)[[m.law != "free" for m in self.expected.nuisances]]
        constraint = float(pulls @ pulls)
        if self.problem.likelihood == "paper":
            return float(np.sum(((n - mu) / errors) ** 2)) + constraint
        mu = np.maximum(mu, 0)
        if np.any((mu == 0) & (n > 0)):
            return _BARRIER
        if self.problem.likelihood == "templates":
            return constraint + sum(map(_with_error, n, mu, errors))
        ratio = np.where(n > 0, mu / np.maximum(n, 1e-300), 1)
        return 2 * float(np.sum(mu - n - xlogy(n, ratio))) + constraint

    def profile(self, t, starts=()):
        """Minimise over the pulls, from the measured ones and from others: (-2 ln L, pulls)."""
        if not len(self.measured):
            return self(t, self.measured), self.measured
        return self._best(lambda x: self(t, x), [self.measured, *starts], self._bounds)

    def minimum(self, low, high, *, n_starts=12, seed=1):
        """Find the deepest minimum between two values t, from random starts: (-2 ln L, t, pulls)."""
        rng = np.random.default_rng(seed)
        spread = rng.normal(size=(n_starts, len(self.measured)))
        values = _spread(low, high, n_starts, rng)
        starts = [np.array([t, *(self.measured + s)]) for t, s in zip(values, spread, strict=True)]
        value, y = self._best(lambda y: self(y[0], y[1:]), starts, [(low, high), *self._bounds])
        return value, y[0], y[1:]

    @property
    def _bounds(self):
        return [(m.low if math.isfinite(m.low) else None, None) for m in self.expected.nuisances]

    def _best(self, cost, starts, bounds):
        tried = []
        for start in starts:
            low = np.array([-np.inf if a is None else a for a, _ in bounds])
            high = np.array([np.inf if b is None else b for _, b in bounds])
            y = np.clip(start, low, high)
            for method, options in (
                ("L-BFGS-B", {"ftol": 1e-13, "gtol": 1e-9, "maxiter": 500}),
                ("L-BFGS-B", {"ftol": 1e-15, "gtol": 1e-9, "maxiter": 500}),
            ):
                y = minimize(cost, y, method=method, bounds=bounds, options=options).x
            tried.append((cost(y), y))
        _, y = min(tried, key=lambda one: one[0])
        options = {"xatol": 1e-8, "fatol": 1e-11, "maxfev": 4000, "adaptive": True}
        for _ in range(2):
            y = minimize(cost, y, method="Nelder-Mead", bounds=bounds, options=options).x
        return cost(y), y


def _spread(low, high, n, rng):
    """Values between the ends, evenly in the inverse hyperbolic sine."""
    evenly = np.linspace(np.arcsinh(low), np.arcsinh(high), n)
    return np.sinh(evenly + rng.uniform(-0.01, 0.01, n)).clip(low, high)


def _with_error(n, mu, error):
    """Poisson with an expectation known to a relative error, minimised over its factor by halving."""

    def slope(b):
        return mu - (n / b if n else 0.0) + (b - 1) / error**2

    low, high = 1e-12, 1e6
    for _ in range(200):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    data = low * mu - n - (n * math.log(low * mu / n) if n else 0.0)
    return 2 * data + ((low - 1) / error) ** 2
