"""Local minima of -2 ln L of many data sets, and the choice of the deepest."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["TIE", "LocalMinima", "Searched", "deepest"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Indices = NDArray[np.intp]

TIE = 1e-6
"""Minima whose -2 ln L differ by less are equally deep."""


def deepest(values: Array, points: Array, low: float, high: float, anchor: float) -> Indices:
    """Choose the deepest of k minima of each data set, shape (n,).

    Of equally deep minima the physical ones are preferred, then the one nearest to the anchor.

    Parameters
    ----------
    values, points : ndarray, shape (n, k)
        -2 ln L, and the parameter of interest.
    low, high : float
        Its physical range.
    anchor : float
        Value of the parameter of interest in the model.

    Examples
    --------
    >>> deepest(np.array([[2.0, 1.0, 1.0]]), np.array([[0.0, -1.0, 3.0]]), 0.0, 9.0, 0.0)
    array([2])
    """
    with np.errstate(invalid="ignore"):
        equal = values <= values.min(axis=1, keepdims=True) + TIE
        outside = (points < low) | (points > high)
        distance = np.abs(points - anchor)
    return np.asarray(np.lexsort((distance, outside, ~equal), axis=1)[:, 0])


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalMinima:
    """Local minima of m data sets that were searched from several starts, k for each data set.

    Parameters
    ----------
    which : ndarray of int, shape (m,)
        Indices of the data sets.
    parameters : ndarray, shape (m, k, 1 + n_nuisances)
        Minima in the physical range; NaN if a data set has fewer. A minimum may be listed several times.
    values : ndarray, shape (m, k)
        -2 ln L/L_saturated there, else infinity.
    released : ndarray, shape (m, k, 1 + n_nuisances)
        The minima that are reached from these if the parameter of interest may leave the range.
    released_values : ndarray, shape (m, k)
    """

    which: Indices
    parameters: Array
    values: Array
    released: Array
    released_values: Array

    @classmethod
    def none(cls, size: int) -> "LocalMinima":
        """Return an empty list of minima for a number of parameters."""
        empty, depths = np.empty((0, 1, size)), np.empty((0, 1))
        return cls(
            which=np.empty(0, np.intp),
            parameters=empty,
            values=depths,
            released=empty,
            released_values=depths,
        )

    def of(self, which: Indices) -> "LocalMinima":
        """Return the minima of some data sets; indices become positions in `which`."""
        order = np.argsort(which, kind="stable")
        positions = np.searchsorted(which, self.which, sorter=order)
        positions = order[np.minimum(positions, len(which) - 1)] if len(which) else positions[:0]
        is_chosen = which[positions] == self.which if len(which) else np.zeros(len(self.which), np.bool_)
        return LocalMinima(
            which=positions[is_chosen] if len(which) else positions,
            parameters=self.parameters[is_chosen],
            values=self.values[is_chosen],
            released=self.released[is_chosen],
            released_values=self.released_values[is_chosen],
        )

    def with_(self, other: "LocalMinima") -> "LocalMinima":
        """Join with another list, which replaces the minima of data sets that are in both; in their order."""
        if not len(self.which):
            return other
        kept = ~np.isin(self.which, other.which)
        k = max(self.values.shape[1], other.values.shape[1])

        def joined(earlier: Array, later: Array, empty: float) -> Array:
            arrays = []
            for array in (earlier[kept], later):
                padding = ((0, 0), (0, k - array.shape[1]), *((0, 0) for _ in array.shape[2:]))
                arrays.append(np.pad(array, padding, constant_values=empty))
            return np.concatenate(arrays)

        which = np.concatenate([self.which[kept], other.which])
        order = np.argsort(which, kind="stable")
        return LocalMinima(
            which=which[order],
            parameters=joined(self.parameters, other.parameters, math.nan)[order],
            values=joined(self.values, other.values, math.inf)[order],
            released=joined(self.released, other.released, math.nan)[order],
            released_values=joined(self.released_values, other.released_values, math.inf)[order],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """Minima of n data sets.

    Parameters
    ----------
    parameters : ndarray, shape (n, 1 + n_nuisances)
        Estimates of the free fit: the parameter of interest, then the pulls.
    values : ndarray, shape (n,)
        -2 ln L/L_saturated there; infinity where no minimum was found.
    unsure : ndarray of bool, shape (n,)
        The search from one of the starts failed: a deeper minimum may have been missed.
    minima : LocalMinima
        Minima of data sets that were searched from several starts. The others have one minimum only; if it
        lies beyond the physical range, their physical minimum is at the end of the range.
    """

    parameters: Array
    values: Array
    unsure: Mask
    minima: LocalMinima

    def updated(self, other: "Searched", which: Indices) -> "Searched":
        """Replace the results of data sets that were searched again; arrays are changed in place."""
        parameters, values, unsure = self.parameters, self.values, self.unsure
        parameters[which], values[which], unsure[which] = other.parameters, other.values, other.unsure
        m = other.minima
        minima = self.minima.with_(
            LocalMinima(
                which=which[m.which],
                parameters=m.parameters,
                values=m.values,
                released=m.released,
                released_values=m.released_values,
            )
        )
        return Searched(parameters=parameters, values=values, unsure=unsure, minima=minima)

    def rooted(self) -> "Searched":
        """Take the square root of the first parameter, after a fit of its square."""
        for parameters in (self.parameters, self.minima.parameters, self.minima.released):
            parameters[..., 0] = np.sqrt(np.maximum(parameters[..., 0], 0.0))
        return self
