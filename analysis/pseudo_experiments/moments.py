"""Exact sums of values and of their squares, which do not depend on the order in which values are added."""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["Moments"]

_UNIT = 1074
"""Every floating-point number is an integer times 2 to the power of minus this."""
_HALF = 26
_AT_ONCE = 2**25
"""Most values that are added with floating-point numbers of 53 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Number, sum and sum of squares of values.

    Parameters
    ----------
    n : int
    total, squares : int
        Sum of the values, and of their squares as floating-point numbers, in units of 2⁻¹⁰⁷⁴, without
        rounding.

    Examples
    --------
    >>> parts = Moments().with_values([0.1, 0.2]) + Moments().with_values([0.3])
    >>> parts == Moments().with_values([0.3, 0.2, 0.1])
    True
    >>> parts.mean, round(parts.deviation, 12)
    (0.2, 0.1)
    """

    n: int = 0
    total: int = 0
    squares: int = 0

    def with_values(self, values: ArrayLike) -> "Moments":
        """Add finite values, shape (n,)."""
        x = np.asarray(values, np.float64)
        return Moments(
            n=self.n + len(x), total=self.total + _exact_sum(x), squares=self.squares + _exact_sum(x**2)
        )

    def __add__(self, other: "Moments") -> "Moments":
        return Moments(
            n=self.n + other.n, total=self.total + other.total, squares=self.squares + other.squares
        )

    @property
    def mean(self) -> float | None:
        """Mean; None without values."""
        return float(Fraction(self.total, self.n << _UNIT)) if self.n else None

    @property
    def deviation(self) -> float | None:
        """Standard deviation, with n - 1; None of fewer than two values."""
        if self.n < 2:
            return None
        unit = 1 << _UNIT
        spread = Fraction(self.squares, unit) - Fraction(self.total, unit) ** 2 / self.n
        return math.sqrt(max(float(spread / (self.n - 1)), 0.0))

    def document(self) -> list[str]:
        """Return the three numbers as they are written into a file."""
        return [hex(number) for number in (self.n, self.total, self.squares)]

    @classmethod
    def of_document(cls, numbers: list[str]) -> "Moments":
        """Read them again."""
        n, total, squares = (int(number, 16) for number in numbers)
        return cls(n=n, total=total, squares=squares)


def _exact_sum(x: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]") -> int:
    """Add up values without rounding, in units of 2⁻¹⁰⁷⁴."""
    if not np.all(np.isfinite(x)):
        raise ValueError("values that are not finite have no sum")
    if len(x) > _AT_ONCE:
        return sum(_exact_sum(x[i : i + _AT_ONCE]) for i in range(0, len(x), _AT_ONCE))
    fractions, exponents = np.frexp(x)
    integers = np.ldexp(fractions, 53).astype(np.int64)
    high = integers >> _HALF
    low = integers - (high << _HALF)
    first = int(exponents.min(initial=0))
    parts = [np.bincount(exponents - first, weights=part) for part in (high, low)]  # exact below 2⁵³
    total = 0
    for exponent, (above, below) in enumerate(zip(*parts, strict=True), first):
        found = (int(above) << _HALF) + int(below)
        shift = exponent - 53 + _UNIT
        total += found << shift if shift >= 0 else found >> -shift
    return total
