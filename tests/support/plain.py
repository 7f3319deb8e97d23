"""Statistics written a second time with NumPy and scipy, from the folded shapes upwards."""

from dataclasses import replace
from functools import cache

import numpy as np
from scipy.optimize import brentq, minimize
from scipy.stats import poisson

from detsim.expectation.folding import fold
from detsim.experiment import FlatBackground
from detsim.systematics import known_to
from support.experiments import DAY, borexino


def scaled(experiment, factor):
    """The same experiment with another number of electrons."""
    target = replace(experiment.detector.target, electrons=factor * experiment.detector.target.electrons)
    return replace(experiment, detector=replace(experiment.detector, target=target))


def with_nuisances(factor=1.0, signal=0.018, background=0.1, rate=1000 / DAY):
    """BOREXINO with a normalisation known to 1.8 % and a flat background known to 10 %."""
    flat = FlatBackground(name="flat", rate=factor * rate, low=0.25, high=0.8, uncertainty=background)
    return replace(known_to(scaled(borexino(), factor), activity=signal), backgrounds=(flat,))


def poisson_deviance(n, mu):
    """-2 ln of the likelihood ratio to the saturated model, from scipy's probabilities of integer counts."""
    return 2 * float(np.sum(poisson.logpmf(n, n) - poisson.logpmf(n, mu)))


def smooth_deviance(n, mu):
    """The same for counts that are not integers."""
    n, mu = np.asarray(n), np.asarray(mu)
    return 2 * float(np.sum(mu - n + np.where(n > 0, n * np.log(np.where(n > 0, n, 1) / mu), 0)))


class PlainLikelihood:
    """-2 ln L of counts with Gaussian-constrained pulls, without any of the package's templates."""

    def __init__(self, experiment, model, poi, counts, *, auxiliary=None, errors=None):
        self.folded = fold(experiment, model)
        self.model, self.poi, self.counts, self.errors = model, poi, np.asarray(counts, float), errors
        self.uncertainties = np.array(
            [
                sum(s.uncertainty for s in experiment.systematics),
                *(b.uncertainty for b in experiment.backgrounds),
            ]
        )
        self.free = self.uncertainties > 0
        self.auxiliary = np.zeros(self.free.sum()) if auxiliary is None else np.asarray(auxiliary)
        self.expected = cache(self._signal)

    def _signal(self, poi):
        return self.folded.signal(self.model.vary(**{self.poi: poi}))[1:-1]

    def __call__(self, parameters):
        factors = np.ones(len(self.uncertainties))
        factors[self.free] = 1 + self.uncertainties[self.free] * np.asarray(parameters[1:])
        mu = factors[0] * self.expected(float(parameters[0])) + factors[1:] @ self.folded.backgrounds[:, 1:-1]
        if self.errors is None:
            data = smooth_deviance(self.counts, np.maximum(mu, 1e-300))
        else:
            data = float(np.sum(((self.counts - mu) / self.errors) ** 2))
        pulls = np.asarray(parameters[1:]) - self.auxiliary
        return data + float(pulls @ pulls)

    def profile(self, poi):
        """Minimum over the normalisations, with scipy."""
        if not self.free.any():
            return self((poi,))

        def cost(x):
            return self((poi, *x))

        start = np.zeros(self.free.sum())
        options = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000, "maxfev": 8000}
        best = minimize(cost, start, method="Nelder-Mead", options=options)
        return float(minimize(cost, best.x, method="Nelder-Mead", options=options).fun)

    def minimum(self, low, high):
        """Golden-section minimum of the profile: (value, -2 ln L)."""
        ratio = (np.sqrt(5) - 1) / 2
        a, b = low, high
        c, d = b - ratio * (b - a), a + ratio * (b - a)
        left, right = self.profile(c), self.profile(d)
        for _ in range(36):  # to 3e-8 of the range: -2 ln L does not tell closer values apart
            if left < right:
                b, d, right = d, c, left
                c = b - ratio * (b - a)
                left = self.profile(c)
            else:
                a, c, left = c, d, right
                d = a + ratio * (b - a)
                right = self.profile(d)
        return (a + b) / 2, self.profile((a + b) / 2)

    def crossing(self, level, low, high):
        """Where the profile has a level."""
        return brentq(lambda p: self.profile(p) - level, low, high, xtol=1e-12, rtol=1e-10)
