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
    """Choose the deepest of k minima of each data set, shape (n,); of ties the physical, then the nearest.

    Parameters
    ----------
    values, points : ndarray, shape (n, k)
        -2 ln L, and the parameter of interest.
    low, high : float
        Its physical range.
    anchor : float
        The value that is preferred.

    Examples
    --------
    >>> deepest(np.array([[2.0, 1.0, 1.0]]), np.array([[0.0, -1.0, 3.0]]), 0.0, 9.0, 0.0)
    array([2])
    """
    with np.errstate(invalid="ignore"):
        equal = values <= values.min(axis=1, keepdims=True) + TIE
        outside = (points < low) | (points > high)
        far = np.abs(points - anchor)
    return np.asarray(np.lexsort((far, outside, ~equal), axis=1)[:, 0])


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalMinima:
    """Local minima of the data sets that were searched from several starts, k of each of m.

    Parameters
    ----------
    which : ndarray of int, shape (m,)
        Numbers of the data sets.
    parameters : ndarray, shape (m, k, 1 + n_nuisances)
        Minima in the physical range; NaN where there are fewer. One may be there several times.
    values : ndarray, shape (m, k)
        -2 ln L/L_saturated there, else infinity.
    released : ndarray, shape (m, k, 1 + n_nuisances)
        Where they end when the parameter of interest may leave the range.
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
        """Return those of some data sets, numbered anew."""
        order = np.argsort(which, kind="stable")
        place = np.searchsorted(which, self.which, sorter=order)
        place = order[np.minimum(place, len(which) - 1)] if len(which) else place[:0]
        kept = which[place] == self.which if len(which) else np.zeros(len(self.which), np.bool_)
        return LocalMinima(
            which=place[kept] if len(which) else place,
            parameters=self.parameters[kept],
            values=self.values[kept],
            released=self.released[kept],
            released_values=self.released_values[kept],
        )

    def with_(self, other: "LocalMinima") -> "LocalMinima":
        """Return these and others; of data sets that are in both, the others count."""
        if not len(self.which):
            return other
        kept = ~np.isin(self.which, other.which)
        k = max(self.values.shape[1], other.values.shape[1])

        def joined(one: Array, new: Array, empty: float) -> Array:
            parts = []
            for part in (one[kept], new):
                padding = ((0, 0), (0, k - part.shape[1]), *((0, 0) for _ in part.shape[2:]))
                parts.append(np.pad(part, padding, constant_values=empty))
            return np.concatenate(parts)

        return LocalMinima(
            which=np.concatenate([self.which[kept], other.which]),
            parameters=joined(self.parameters, other.parameters, math.nan),
            values=joined(self.values, other.values, math.inf),
            released=joined(self.released, other.released, math.nan),
            released_values=joined(self.released_values, other.released_values, math.inf),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """Minima of n data sets.

    Parameters
    ----------
    parameters : ndarray, shape (n, 1 + n_nuisances)
        Of the free fit: the parameter of interest, then the pulls.
    values : ndarray, shape (n,)
        -2 ln L/L_saturated there; infinity where no minimum was found.
    unsure : ndarray of bool, shape (n,)
        A search failed from one of its starts: a deeper minimum may have been missed.
    minima : LocalMinima
        Of data sets that were searched from several starts. Of the others the minimum is the only one, and
        where it lies beyond the physical range, the end of the range is the physical one.
    """

    parameters: Array
    values: Array
    unsure: Mask
    minima: LocalMinima

    def updated(self, other: "Searched", which: Indices) -> "Searched":
        """Replace the data sets of these numbers, which were searched again, in the same arrays."""
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
        """Take the root of the first parameter, where its square was searched."""
        for parameters in (self.parameters, self.minima.parameters, self.minima.released):
            parameters[..., 0] = np.sqrt(np.maximum(parameters[..., 0], 0.0))
        return self
