"""-2 ln L/L_saturated of many data sets, one a column, with first and second derivatives."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

__all__ = ["DATA_TERMS", "Problem"]


def poisson(n, mu, _):
    """2(μ - n + n ln(n/μ)) and derivatives in μ; an expectation below 0 counts as 0."""
    with np.errstate(all="ignore"):
        x = (mu - n) / n
        full = 2 * n * (x - np.log1p(np.maximum(x, -1)))
        ratio = n / mu
    positive = mu > 0
    value = np.where(n > 0, np.where(positive, full, np.inf), 2 * np.maximum(mu, 0))
    ratio = np.where(positive, ratio, 0)
    return value, np.where(positive, 2 * (1 - ratio), 0), 2 * ratio * ratio / np.where(n > 0, n, 1)


def paper(n, mu, errors):
    """((n - μ)/σ)² with fixed errors."""
    residual = (mu - n) / errors
    return residual**2, 2 * residual / errors, np.broadcast_to(2 / errors**2, mu.shape)


def templates(n, mu, errors):
    """Poisson with a factor b of each expectation that is measured as 1 ± δ, at its minimum in b.

    The minimum solves b² + b(μδ² - 1) = nδ².
    """
    v = errors**2
    with np.errstate(all="ignore"):
        half = (mu * v - 1) / 2
        root = np.sqrt(half * half + n * v)
        b = np.where(half > 0, n * v / (half + root), root - half)
        change = np.where(root > 0, -b * v / (2 * root), 0)
        data = poisson(n, b * mu, None)[0]
        value = data + np.where(v > 0, (b - 1) ** 2 / np.where(v > 0, v, 1), 0)
        slope = np.where(n > 0, 2 * (b - n / mu), 2 * b)
        bend = 2 * change + np.where(n > 0, 2 * n / mu**2, 0)
    positive = mu > 0
    value = np.where(positive, value, np.where(n > 0, np.inf, 0))
    return value, np.where(positive, slope, 0), np.where(positive, bend, 0)


DATA_TERMS = {"poisson": poisson, "paper": paper, "templates": templates}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Many data sets of one expectation.

    Parameters y of a data set are t = (θ - origin)/unit and the pulls x.

    Parameters
    ----------
    expected : Expectation
    curve : Parabola or Spline
    counts : ndarray, shape (n_bins, n)
    auxiliary : ndarray, shape (n_nuisances, n)
    likelihood : {"poisson", "paper", "templates"}
    errors : ndarray, shape (n_bins,), or None
        Absolute ones of the paper's χ², relative ones of templates.
    """

    expected: object
    curve: object
    counts: np.ndarray
    auxiliary: np.ndarray
    likelihood: str = "poisson"
    errors: np.ndarray | None = None

    @property
    def size(self):
        """Number of data sets."""
        return self.counts.shape[1]

    def take(self, which):
        """Choose data sets, which may be repeated."""
        return Problem(
            expected=self.expected,
            curve=self.curve,
            counts=self.counts[:, which],
            auxiliary=self.auxiliary[:, which],
            likelihood=self.likelihood,
            errors=self.errors,
        )

    @property
    def physical(self):
        """Physical range of the parameter of interest, as far as the signal is known."""
        return self._known(self.expected.physical)

    @property
    def range(self):
        """Range of a free fit, as far as the signal is known."""
        return self._known(self.expected.range)

    def _known(self, ends):
        low, high = self.curve.domain
        return max(low, ends[0]), min(high, ends[1])

    @cached_property
    def lowest(self):
        """Lower ends of the pulls, shape (n_nuisances,)."""
        return np.array([n.low for n in self.expected.nuisances])

    @cached_property
    def weights(self):
        """1 for a nuisance parameter with an auxiliary measurement, shape (n_nuisances, 1)."""
        return np.array([[n.weight] for n in self.expected.nuisances]).reshape(-1, 1)

    def _constraints(self, x):
        return np.sum(self.weights * (x - self.auxiliary) ** 2, axis=0)

    def _data_term(self, mu):
        errors = None if self.errors is None else self.errors[:, None]
        return DATA_TERMS[self.likelihood](self.counts, mu, errors)

    @np.errstate(all="ignore")
    def value(self, y):
        """Evaluate -2 ln L/L_saturated, shape (n,)."""
        signal, x = self.curve(y[0], 0)[0], y[1:]
        mu = np.zeros_like(self.counts)
        for c in self.expected.components:
            layers = signal[:, c.bins] if c.layers is None else c.layers[:, :, None]
            mu[c.bins] += self._factors(c, x)[0] * self._shape(layers, x)[0]
        return self._data_term(mu)[0].sum(axis=0) + self._constraints(x)

    def _factors(self, c, x):
        """Product of factors, shape (n,), and its derivatives {m: .}, {(m, k): .}."""
        each = {m: self.expected.nuisances[m].factor(x[m]) for m in c.factors}

        def product(orders):
            total = 1.0
            for m in c.factors:
                total = total * each[m][orders.get(m, 0)]
            return total

        first = {m: product({m: 1}) for m in c.factors}
        second = {(m, m): product({m: 2}) for m in c.factors}
        second |= {(m, k): product({m: 1, k: 1}) for m in c.factors for k in c.factors if m < k}
        return product({}), first, second

    def _shape(self, layers, x):
        """Spectrum with its shape changed, shape (own bins, n), and derivatives in the pulls of shapes."""
        numbers = self.expected.shapes
        n_shapes, total = len(numbers), layers[0]
        first, second = {}, {}
        for s, m in enumerate(numbers):
            U, V = layers[1 + s], layers[1 + n_shapes + s]
            total = total + x[m] * (U + x[m] * V)
            first[m], second[m] = U + 2 * x[m] * V, 2 * V
        return total, first, second

    @np.errstate(all="ignore")
    def expansion(self, y, *, held=False):
        """Evaluate value, gradient, Hessian and its part that is never negative.

        Parameters
        ----------
        y : ndarray, shape (p, n)
        held : bool
            Leave all derivatives in the parameter of interest 0.

        Returns
        -------
        value : ndarray, shape (n,)
        gradient : ndarray, shape (p, n)
        hessian, safe : ndarray, shape (p, p, n)
        """
        p, x = len(y), y[1:]
        signals = self.curve(y[0], 0 if held else 2)
        mu, J = np.zeros_like(self.counts), np.zeros((p, *self.counts.shape))
        parts = []
        for c in self.expected.components:
            F, dF, ddF = self._factors(c, x)
            layers = signals[0][:, c.bins] if c.layers is None else c.layers[:, :, None]
            T, dT, ddT = self._shape(layers, x)
            along, dalong, bend = None, {}, None
            if c.layers is None and not held:
                along, dalong, _ = self._shape(signals[1][:, c.bins], x)
                bend = self._shape(signals[2][:, c.bins], x)[0]
                J[0, c.bins] += F * along
            mu[c.bins] += F * T
            for m in dF:
                J[1 + m, c.bins] += dF[m] * T
            for m in dT:
                J[1 + m, c.bins] += F * dT[m]
            parts.append((c.bins, F, dF, ddF, T, dT, ddT, along, dalong, bend))
        value, g1, g2 = self._data_term(mu)
        gradient = np.einsum("pin,in->pn", J, g1)
        gradient[1:] += 2 * self.weights * (x - self.auxiliary)
        constraint = np.zeros((p, 1))
        constraint[1:] = 2 * self.weights
        size = np.maximum(g2, 1e-3 * 2 / np.maximum(mu, 1e-3)) if self.likelihood != "paper" else g2
        H, safe = np.empty((p, p, self.size)), np.empty((p, p, self.size))
        H[0], H[:, 0], safe[0], safe[:, 0] = 0, 0, 0, 0
        for a in range(int(held), p):
            for b in range(int(held), a + 1):
                product = J[a] * J[b]
                H[a, b] = H[b, a] = np.einsum("in,in->n", product, g2)
                safe[a, b] = safe[b, a] = np.einsum("in,in->n", product, size)
            H[a, a] += constraint[a]
            safe[a, a] += constraint[a]
        for part in parts:
            _add_curvature(H, g1, *part)
        return value.sum(axis=0) + self._constraints(x), gradient, H, safe


def _add_curvature(H, g1, bins, F, dF, ddF, T, dT, ddT, along, dalong, bend):
    """Add the slope of the data term times second derivatives of the expectation."""
    w = g1[bins]

    def summed(spectrum):
        return np.einsum("in,in->n", w, np.broadcast_to(spectrum, w.shape))

    def add(a, b, what):
        H[a, b] += what
        if a != b:
            H[b, a] += what

    if dF:
        total = summed(T)
        for (m, k), f in ddF.items():
            add(1 + m, 1 + k, f * total)
    for s in dT:
        slope = summed(dT[s])
        for m in dF:
            add(1 + m, 1 + s, dF[m] * slope)
        add(1 + s, 1 + s, F * summed(ddT[s]))
    if along is not None:
        add(0, 0, F * summed(bend))
        slope = summed(along) if dF else None
        for m in dF:
            add(0, 1 + m, dF[m] * slope)
        for s in dalong:
            add(0, 1 + s, F * summed(dalong[s]))
