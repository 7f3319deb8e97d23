"""Points of profiles of many data sets: what is sought, and what was found."""

import math
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from analysis.batch.engine._kernels.profile_points import N_POINTS

__all__ = ["ProfilePoints", "Sought"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Points of the profile to compute beside Hesse's errors; NaN: not sought.

    Parameters
    ----------
    place : float
        A value of the parameter of interest.
    rise : float
        Rise of -2 ln L above the minimum at both ends of the interval.
    limit_rise : float
        Rise above the physical minimum at the upper limit.
    """

    place: float = math.nan
    rise: float = math.nan
    limit_rise: float = math.nan

    def includes(self, other: "Sought") -> bool:
        """Whether all that the other seeks is sought."""
        pairs = [(getattr(self, f.name), getattr(other, f.name)) for f in fields(self)]
        return all(math.isnan(theirs) or own == theirs for own, theirs in pairs)

    def settings(self, ends: tuple[float, float], physical: tuple[float, float]) -> Array:
        """Return the numbers in the order of the compiled search, with the range and the physical range."""
        return np.array([self.place, self.rise, self.limit_rise, *ends, *physical])


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfilePoints:
    """Points of the profiles of n data sets, each of shape (n,); NaN where it was not sought or not found.

    Parameters
    ----------
    sought : Sought
    upper, lower : ndarray
        Ends of the interval around the minimum.
    at_place : ndarray
        -2 ln L/L_saturated at the given value, minimised over the nuisance parameters.
    at_bound : ndarray
        The same at the end of the physical range that is nearest to a minimum outside it.
    limit : ndarray
        Upper limit.
    """

    sought: Sought
    upper: Array
    lower: Array
    at_place: Array
    at_bound: Array
    limit: Array

    @classmethod
    def of_columns(cls, sought: Sought, found: Array) -> "ProfilePoints":
        """Name the columns of an array of shape (n, N_POINTS)."""
        return cls(sought=sought, **dict(zip(_names(), found.T, strict=True)))

    @classmethod
    def none(cls, n: int, sought: Sought) -> "ProfilePoints":
        """Return the points of n data sets of which none was found."""
        return cls.of_columns(sought, np.full((n, N_POINTS), math.nan))

    def of(self, which: NDArray[np.intp]) -> "ProfilePoints":
        """Return the points of the data sets with these indices."""
        return replace(self, **{name: getattr(self, name)[which] for name in _names()})


def _names() -> list[str]:
    return [f.name for f in fields(ProfilePoints) if f.name != "sought"]
