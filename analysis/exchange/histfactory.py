"""Expected counts of HistFactory's JSON, with the interpolation that pyhf and ROOT have by default."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["expected_counts", "interpolated_change", "interpolated_factor"]

Array = NDArray[np.float64]


def interpolated_factor(x: ArrayLike, low: float, high: float) -> Array:
    """Compute the factor of a `normsys` at pulls x (code 4), in the shape of x.

    Parameters
    ----------
    x : array_like
    low, high : float
        Factors at x = -1 and 1, above 0.

    Notes
    -----
    high^x from 1 on, low^-x down to -1. Between, a polynomial of sixth degree that is 1 at x = 0, with the
    values and the first two derivatives of the powers at both ends.

    Examples
    --------
    >>> interpolated_factor([-2.0, -1.0, 0.0, 1.0, 2.0], 0.8, 1.25).round(12).tolist()
    [0.64, 0.8, 1.0, 1.25, 1.5625]
    """
    pulls = np.asarray(x, np.float64)
    k = np.arange(1, 7)
    rows, values = [], []
    for end, base in ((1.0, high), (-1.0, low)):
        rate = end * np.log(base)
        rows += [end**k, k * end ** (k - 1), k * (k - 1) * end**k]
        values += [base - 1, rate * base, rate**2 * base]
    coefficients = np.linalg.solve(np.array(rows), np.array(values))
    inner = np.polynomial.polynomial.polyval(np.clip(pulls, -1, 1), [1.0, *coefficients])
    outer = np.where(pulls > 0, high ** np.abs(pulls), low ** np.abs(pulls))
    return np.asarray(np.where(np.abs(pulls) < 1, inner, outer))


def interpolated_change(x: ArrayLike, nominal: Array, low: Array, high: Array) -> Array:
    """Compute what a `histosys` adds to a histogram at pulls x (code 4p), shape (n, n_bins).

    Parameters
    ----------
    x : array_like, shape (n,)
    nominal, low, high : ndarray, shape (n_bins,)
        Contents at x = 0, -1 and 1.

    Notes
    -----
    Linear beyond ±1, on each side with its own slope; between, xS + x²(15 - 10x² + 3x⁴)A/8 with S = (high -
    low)/2 and A = (high + low)/2 - nominal.

    Examples
    --------
    >>> nominal, low, high = np.ones(1), np.array([0.8]), np.array([1.2])
    >>> interpolated_change([-2.0, 0.5, 1.0], nominal, low, high).ravel().round(12).tolist()
    [-0.4, 0.1, 0.2]
    """
    pulls = np.asarray(x, np.float64)[:, None]
    linear, bent = (high - low) / 2, (high + low) / 2 - nominal
    square = pulls**2
    inner = square * (15 - square * (10 - 3 * square)) / 8
    return np.asarray(pulls * linear + np.where(np.abs(pulls) < 1, inner, np.abs(pulls)) * bent)


def expected_counts(channels: Sequence[Mapping[str, Any]], parameters: Mapping[str, ArrayLike]) -> Array:
    """Compute the expected counts of channels at points of their parameters, shape (n, n_bins).

    Parameters
    ----------
    channels : sequence of mapping
        As in HistFactory's JSON. Bins of the channels follow each other.
    parameters : mapping of str to array_like, shape (n,)
        Those of all modifiers but `staterror`, which is 1.

    Notes
    -----
    Σ over samples of Π factors (nominal + Σ changes): changes are those of `histosys`, factors those of
    `normsys`, `normfactor` and `lumi`.
    """
    return np.concatenate(
        [sum(_contents(sample, parameters) for sample in channel["samples"]) for channel in channels], axis=1
    )


def _contents(sample: Mapping[str, Any], parameters: Mapping[str, ArrayLike]) -> Array:
    """Compute the contents of a sample, shape (n, n_bins)."""
    nominal = np.asarray(sample["data"], np.float64)
    total, factor = nominal[None], np.ones((1, 1))
    for modifier in sample["modifiers"]:
        kind, data = modifier["type"], modifier["data"]
        if kind == "staterror":
            continue
        x = np.asarray(parameters[modifier["name"]], np.float64)
        if kind == "histosys":
            low, high = (np.asarray(data[key], np.float64) for key in ("lo_data", "hi_data"))
            total = total + interpolated_change(x, nominal, low, high)
        else:
            values = interpolated_factor(x, data["lo"], data["hi"]) if kind == "normsys" else x
            factor = factor * values[:, None]
    return np.asarray(factor * total)
