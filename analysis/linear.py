"""The fit of Gaussian data with a linear model: where fits of real ones begin."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.fitter import Fitter

__all__ = ["Linear", "linearised"]

Array = NDArray[np.float64]

_STEP = 1e-3
"""Of the differences, in standard deviations and in units of the resolution."""


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


def linearised(fitter: Fitter, start: float, low: float, high: float) -> Linear | None:
    """Expand the expectation around a value of the parameter of interest, within its range.

    Returns
    -------
    Linear or None
        None where nothing is measured there.
    """
    t, zero = fitter.templates, fitter.nominal
    mu = t.expected(start)
    step = _STEP * min(fitter.width, 1e30)
    left, right = max(start - step, low), min(start + step, high)
    rows = [(t.expected(right) - t.expected(left)) / (right - left)]
    rows += [(t.expected(start, x) - t.expected(start, -x)) / (2 * _STEP) for x in _STEP * np.eye(len(zero))]
    changes = np.array(rows)
    variance = fitter.errors**2 if fitter.likelihood == "paper" else np.maximum(mu, 1e-3)
    weights = np.array([float(n.constraint != "free") for n in t.nuisances])
    information = (changes / variance) @ changes.T
    information[1:, 1:] += np.diag(weights)
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
