"""Linear estimates: the fit of Gaussian data with a linear model, from which other fits start."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.model import FitModel, undetermined

__all__ = ["Linear", "linearised"]

Array = NDArray[np.float64]

_STEP = 1e-3
"""Step of numerical derivatives, in standard deviations of a pull and in units of the resolution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    """Estimates that are linear in the data.

    Parameters
    ----------
    estimator : ndarray, shape (1 + n_nuisances, 1 + n_bins + n_nuisances)
        The parameters are this matrix times (1, counts, auxiliary): Fisher's step for Gaussian data.
    valley : ndarray, shape (n_nuisances,)
        Change of the best pulls with the parameter of interest.
    """

    estimator: Array
    valley: Array


def linearised(
    model: FitModel, start: float, low: float, high: float, *, squared: bool = False
) -> Linear | None:
    """Expand the expectation around a value of the parameter of interest, within its range.

    Parameters
    ----------
    model : FitModel
    start : float
    low, high : float
        Range.
    squared : bool
        The first parameter is the square of the parameter of interest; `start` and range are squares, too.

    Returns
    -------
    Linear or None
        None if the counts do not determine the parameters there.
    """
    t, zero = model.templates, model.nominal

    def expected(value: float, pulls: Array | None = None) -> Array:
        return t.expected(math.sqrt(value) if squared else value, pulls)

    mu, unit = expected(start), min(model.width, 1e30)
    step = _STEP * (unit**2 if squared else unit)
    lower, upper = max(start - step, low), min(start + step, high)
    rows = [(expected(upper) - expected(lower)) / (upper - lower)]
    rows += [(expected(start, x) - expected(start, -x)) / (2 * _STEP) for x in _STEP * np.eye(len(zero))]
    changes = np.array(rows)
    variance = model.errors**2 if model.likelihood == "paper" else np.maximum(mu, 1e-3)
    weights = np.array([float(n.constraint != "free") for n in t.nuisances])
    information = (changes / variance) @ changes.T
    information[1:, 1:] += np.diag(weights)
    vague = [1 + m for group in undetermined(t) for m in group]
    information[vague, vague] += 1.0  # the counts do not constrain these: keep them near their start
    try:
        np.linalg.cholesky(information)
    except np.linalg.LinAlgError:
        return None
    auxiliary = np.vstack([np.zeros((1, len(zero))), np.diag(weights)])
    solved = np.linalg.solve(information, np.hstack([changes / variance, auxiliary]))
    constant = np.concatenate([[start], zero]) - solved[:, : len(mu)] @ mu
    return Linear(
        estimator=np.column_stack([constant, solved]),
        valley=np.asarray(-np.linalg.solve(information[1:, 1:], information[1:, 0]), np.float64),
    )
