"""First and second derivatives of -2 ln L of one data set in all parameters, in closed form."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.likelihood.likelihood import Likelihood
from analysis.model import Nuisance, Templates

__all__ = ["Expansion", "derivatives"]

Array = NDArray[np.float64]

_FLOOR = 1e-290
"""Smaller expected counts are replaced by this."""


@dataclass(frozen=True, kw_only=True)
class Expansion:
    """Layers of the signal around a value of the parameter of interest, to second order.

    Parameters
    ----------
    centre : float
    powers : ndarray, shape (3, n_layers, n_bins)
        Coefficients of (poi - centre)^k: exact where the signal is a polynomial.
    """

    centre: float
    powers: Array

    @classmethod
    def around(cls, templates: Templates, centre: float, step: float) -> "Expansion":
        """Expand around a value; if the signal is not a polynomial, by differences with a step."""
        return cls(centre=centre, powers=templates.expansion(centre, step))

    def at(self, poi: float) -> Array:
        """Compute the layers and their first and second derivatives, shape (3, n_layers, n_bins)."""
        t = poi - self.centre
        constant, first, second = self.powers
        return np.array([constant + t * (first + t * second), first + 2 * t * second, 2 * second])


def derivatives(data: Likelihood, expansion: Expansion, parameters: ArrayLike) -> tuple[Array, Array]:
    """Compute gradient and second derivatives of -2 ln L.

    Parameters
    ----------
    data : Likelihood
    expansion : Expansion
        Expansion of the templates of `data`.
    parameters : array_like, shape (n,)
        The parameter of interest, then the pulls of the nuisance parameters.

    Returns
    -------
    gradient : ndarray, shape (n,)
    hessian : ndarray, shape (n, n)

    Notes
    -----
    With f(μ) the term of a bin, ∂²/∂a∂b = Σ f''(μ) ∂_a μ ∂_b μ + f'(μ) ∂²_ab μ, and 2 on the diagonal of each
    nuisance parameter that has an auxiliary measurement.
    """
    point = np.asarray(parameters, np.float64)
    mu, first, second = _expected(data.templates, expansion, point)
    slope, bend = _term(data, mu)
    gradient = first @ slope
    hessian = np.einsum("ai,bi->ab", first * bend, first) + second @ slope
    measured = np.array([n.constraint != "free" for n in data.templates.nuisances], np.float64)
    gradient[1:] += 2 * measured * (point[1:] - data.auxiliary)
    hessian[np.diag_indices(len(point))] += 2 * np.concatenate([[0.0], measured])
    return gradient, hessian


def _term(data: Likelihood, mu: Array) -> tuple[Array, Array]:
    """Compute f'(μ) and f''(μ) of each bin."""
    n = data.counts
    if data.kind == "paper":
        return 2 * (mu - n) / data.spread**2, 2 / data.spread**2
    m = np.maximum(mu, _FLOOR)
    square = np.maximum(m**2, np.finfo(np.float64).tiny)  # a bin below the threshold has no counts of either
    if data.kind == "poisson":
        return 2 * (1 - n / m), 2 * n / square
    # β² + β(μδ² - 1) = nδ²: the factor of a bin that is known to a relative error δ (arXiv:1103.0354)
    variance = data.spread**2
    half = 0.5 * (m * variance - 1)
    root = np.sqrt(half**2 + n * variance)
    beta = np.where(half > 0, n * variance / np.where(half + root > 0, half + root, 1.0), root - half)
    change = -variance * beta / (2 * np.where(root > 0, root, 1.0))
    return 2 * (beta - n / m), 2 * (change + n / square)


def _expected(templates: Templates, expansion: Expansion, point: Array) -> tuple[Array, Array, Array]:
    """Compute the expected counts, shape (n_bins,), and their first and second derivatives."""
    size, pulls = len(point), point[1:]
    mu = np.zeros(templates.n_bins)
    first, second = np.zeros((size, len(mu))), np.zeros((size, size, len(mu)))
    signal = expansion.at(float(point[0]))
    for e, columns in enumerate(templates.bins):
        spectra = [signal[:, :, columns]]
        spectra += [np.stack([b, np.zeros_like(b), np.zeros_like(b)]) for b in templates.backgrounds[e]]
        for j, spectrum in enumerate(spectra):
            s, s1, s2 = _spectrum(templates, spectrum, pulls)
            f, f1, f2 = _factor(templates.nuisances, (e, j), pulls)
            mu[columns] += f * s
            first[:, columns] += f * s1 + f1[:, None] * s
            mixed = f1[:, None, None] * s1[None]
            second[:, :, columns] += f * s2 + mixed + mixed.swapaxes(0, 1) + f2[:, :, None] * s
    return mu, first, second


def _spectrum(templates: Templates, layers: Array, pulls: Array) -> tuple[Array, Array, Array]:
    """Compute a component without its factors, T + Σ x U + x² V, and its derivatives."""
    shapes = [i for i, n in enumerate(templates.nuisances) if n.is_shape]
    x, n_shapes, size = pulls[shapes], len(shapes), 1 + len(pulls)
    weights = np.concatenate([[1.0], x, x**2])
    values = np.einsum("l,klb->kb", weights, layers)
    first, second = np.zeros((size, values.shape[1])), np.zeros((size, size, values.shape[1]))
    first[0], second[0, 0] = values[1], values[2]
    for s, i in enumerate(shapes):
        linear, quadratic = layers[:, 1 + s], layers[:, 1 + n_shapes + s]
        first[1 + i] = linear[0] + 2 * x[s] * quadratic[0]
        second[0, 1 + i] = second[1 + i, 0] = linear[1] + 2 * x[s] * quadratic[1]
        second[1 + i, 1 + i] = 2 * quadratic[0]
    return values[0], first, second


def _factor(
    nuisances: tuple[Nuisance, ...], target: tuple[int, int], pulls: Array
) -> tuple[float, Array, Array]:
    """Compute the factor of a component, and its derivatives, also where one of the factors is 0."""
    acting = [i for i, n in enumerate(nuisances) if not n.is_shape and target in n.targets]
    values = {i: float(nuisances[i].value(pulls[i])) for i in acting}
    slopes = {i: float(nuisances[i].slope(pulls[i])) for i in acting}
    first, second = np.zeros(1 + len(pulls)), np.zeros((1 + len(pulls),) * 2)

    def product(*without: int) -> float:
        return float(np.prod([values[k] for k in acting if k not in without]))

    for i in acting:
        n = nuisances[i]
        first[1 + i] = slopes[i] * product(i)
        bend = slopes[i] ** 2 / values[i] if n.constraint == "log-normal" else 0.0
        second[1 + i, 1 + i] = bend * product(i)
        for k in acting:
            if k != i:
                second[1 + i, 1 + k] = slopes[i] * slopes[k] * product(i, k)
    return product(), first, second
