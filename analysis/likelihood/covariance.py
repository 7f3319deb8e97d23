"""Covariance and correlation of all fitted parameters, from the second derivatives at the minimum."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.likelihood.likelihood import Likelihood
from analysis.likelihood.second_derivatives import Expansion, derivatives
from analysis.model import Templates

__all__ = ["Covariance", "at_end", "at_end_reason", "fit_covariance", "no_covariance"]

Array = NDArray[np.float64]
Rows = tuple[tuple[float, ...], ...]

_STEPS = 8
_CLOSE = 1e-8
"""Newton's method ends if its next step is shorter than this, in errors."""
_AT_END = 1e-3
"""A parameter closer than this to an end of its range, in errors, counts as at that end."""
_SINGULAR = 1e-13
"""Smallest eigenvalue of the second derivatives, scaled to 1 on the diagonal, of an invertible matrix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Covariance:
    """Covariance of the parameters of a fit.

    Parameters
    ----------
    names : tuple of str
        The parameter of interest, then the nuisance parameters.
    pulls : tuple of tuple of float, or None
        Covariance of the parameter of interest and the pulls of the nuisance parameters, in units of their
        standard deviations; None if it does not exist.
    slopes : tuple of float
        Derivative of each reported parameter with respect to its pull; 1 for the parameter of interest.
    reason : str
        Why the covariance does not exist; empty if it does.
    """

    names: tuple[str, ...]
    pulls: Rows | None
    slopes: tuple[float, ...] = ()
    reason: str = ""

    @property
    def matrix(self) -> Rows | None:
        """Covariance of the reported parameters; None if it does not exist."""
        if self.pulls is None:
            return None
        slopes = np.array(self.slopes)
        return _rows(slopes[:, None] * np.array(self.pulls) * slopes)

    @property
    def correlation(self) -> Rows | None:
        """Correlation matrix; None if it does not exist."""
        if self.pulls is None:
            return None
        errors = np.sqrt(np.diag(np.array(self.pulls)))
        correlation = np.array(self.pulls) / errors[:, None] / errors
        np.fill_diagonal(correlation, 1.0)
        return _rows(correlation)


def at_end(value: float, low: float, high: float, error: float) -> bool:
    """Tell whether a parameter is at an end of its range, where -2 ln L has a slope and is no parabola.

    Examples
    --------
    >>> at_end(0.0, 0.0, math.inf, 0.1), at_end(0.01, 0.0, math.inf, 0.1)
    (True, False)
    """
    return min(value - low, high - value) < _AT_END * error


def at_end_reason(name: str) -> str:
    """Say why a parameter that stands at an end of its range has no Hesse error."""
    return f"{name} is at the end of its range, where -2 ln L is no parabola"


def no_covariance(names: Sequence[str], reason: str) -> Covariance:
    """Say why a fit has no covariance."""
    return Covariance(names=tuple(names), pulls=None, reason=reason)


def fit_covariance(
    data: Likelihood, minimum: Sequence[float], step: float, range_: tuple[float, float]
) -> Covariance:
    """Compute the covariance of the parameters of a fit.

    Parameters
    ----------
    data : Likelihood
    minimum : sequence of float
        The parameter of interest and the pulls at the minimum, or close to it: Newton's method starts there.
    step : float
        Step of numerical derivatives in the parameter of interest, if the signal is not a polynomial.
    range_ : tuple of two floats
        Range of the parameter of interest in the fit.

    Notes
    -----
    V = 2 H⁻¹, with H the second derivatives of -2 ln L: the inverse of the observed information.
    """
    return _Search(data=data, start=tuple(minimum), step=step, range_=range_).covariance


@dataclass(frozen=True, kw_only=True)
class _Search:
    """The minimum that Newton's method reaches, with the second derivatives there."""

    data: Likelihood
    start: tuple[float, ...]
    step: float
    range_: tuple[float, float]

    @property
    def templates(self) -> Templates:
        return self.data.templates

    @cached_property
    def _expansion(self) -> Expansion:
        return Expansion.around(self.templates, self.start[0], self.step)

    @cached_property
    def _point(self) -> Array:
        """The minimum: MINUIT stops near it, and in a long valley that distance changes the curvature."""
        point = np.array(self.start)
        for _ in range(_STEPS):
            gradient, hessian = derivatives(self.data, self._expansion, point)
            inverse = _inverse(hessian)
            if inverse is None:
                return np.array(self.start)
            move = -inverse @ gradient
            length = np.max(np.abs(move) / np.sqrt(2 * np.diag(inverse)))
            if not length < 1:
                return np.array(self.start)
            point = point + move
            if length < _CLOSE:
                break
        return point

    @cached_property
    def covariance(self) -> Covariance:
        names = self.templates.names
        _, hessian = derivatives(self.data, self._expansion, self._point)
        inverse = _inverse(hessian)
        if inverse is None:
            return no_covariance(names, _indefinite(names, hessian))
        errors = np.sqrt(2 * np.diag(inverse))
        lowest = [self.range_[0], *(n.lowest for n in self.templates.nuisances)]
        highest = [self.range_[1], *(math.inf for _ in self.templates.nuisances)]
        for name, value, error, low, high in zip(
            names, np.array(self.start), errors, lowest, highest, strict=True
        ):
            if at_end(value, low, high, error):
                return no_covariance(names, at_end_reason(name))
        slopes = (
            1.0,
            *(float(n.slope(x)) for n, x in zip(self.templates.nuisances, self.start[1:], strict=True)),
        )
        return Covariance(names=names, pulls=_rows(2 * inverse), slopes=slopes)


def _inverse(hessian: Array) -> Array | None:
    """Invert the second derivatives; None if they are not positive definite."""
    diagonal = np.diag(hessian)
    if not np.all(np.isfinite(hessian)) or np.any(diagonal <= 0):
        return None
    scale = 1 / np.sqrt(diagonal)
    values, vectors = np.linalg.eigh(scale[:, None] * hessian * scale)
    if values[0] < _SINGULAR:
        return None
    return np.asarray(scale[:, None] * (vectors / values) @ vectors.T * scale)


def _indefinite(names: Sequence[str], hessian: Array) -> str:
    """Name the parameters along whose combination -2 ln L does not rise."""
    diagonal = np.diag(hessian)
    if not np.all(np.isfinite(hessian)):
        return "-2 ln L has no second derivatives at the minimum"
    flat = [name for name, d in zip(names, diagonal, strict=True) if d <= 0]
    if not flat:
        scale = 1 / np.sqrt(diagonal)
        vectors = np.linalg.eigh(scale[:, None] * hessian * scale)[1]
        flat = [name for name, x in zip(names, vectors[:, 0], strict=True) if abs(x) > 0.1]
    directions = ", ".join(flat)
    return f"the second derivatives of -2 ln L are not positive definite: it has no parabola in {directions}"


def _rows(matrix: Array) -> Rows:
    return tuple(tuple(map(float, row)) for row in matrix)
