"""Spectra of background events: lines, flat spectra, power laws, tables."""

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Deposit", "Line", "PowerLaw", "Spectrum", "Tabulated", "Uniform"]

Array = NDArray[np.float64]


def _check_limits(low: float, high: float) -> None:
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"needs low < high, got {low} and {high} MeV")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One energy.

    Parameters
    ----------
    energy : float
        [MeV].
    """

    energy: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.energy) and self.energy > 0):
            raise ValueError(f"energy of a line must be finite and above 0 MeV, got {self.energy} MeV")

    @property
    def knots(self) -> Array:
        """Ends of the spectrum [MeV], twice the energy."""
        return np.array([self.energy, self.energy])

    def fraction(self, low: float, high: float) -> float:
        """Compute the fraction of the events with low ≤ E < high [MeV]."""
        return float(low <= self.energy < high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uniform:
    """The same density everywhere between two energies.

    Parameters
    ----------
    low, high : float
        [MeV].
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        _check_limits(self.low, self.high)

    @property
    def knots(self) -> Array:
        """Ends of the spectrum [MeV]."""
        return np.array([self.low, self.high])

    def density(self, E: ArrayLike) -> Array:
        """Compute the probability per energy between the ends [1/MeV]."""
        return np.full(np.shape(E), 1 / (self.high - self.low))

    def fraction(self, low: float, high: float) -> float:
        """Compute the fraction of the events with low ≤ E < high [MeV]."""
        return max(min(high, self.high) - max(low, self.low), 0.0) / (self.high - self.low)


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerLaw:
    """A density proportional to E^-index.

    Parameters
    ----------
    index : float
        Positive where the spectrum falls.
    low, high : float
        Ends of the spectrum [MeV], above 0.

    Examples
    --------
    >>> round(PowerLaw(index=2.0, low=0.5, high=1.0).fraction(0.5, 0.75), 6)
    0.666667
    """

    index: float
    low: float
    high: float

    def __post_init__(self) -> None:
        _check_limits(self.low, self.high)
        if self.low <= 0:
            raise ValueError(f"low of a power law must be above 0 MeV, got {self.low} MeV")
        if not (math.isfinite(self.index) and abs(self.index) <= 50):
            raise ValueError(f"index of a power law must lie in -50 to 50, got {self.index}")

    @property
    def knots(self) -> Array:
        """Energies, evenly spaced in their logarithm, between which the density is smooth [MeV]."""
        n = 2 + math.ceil(math.log(self.high / self.low) * max(abs(self.index), 1.0) / 4)
        return np.append(np.geomspace(self.low, self.high, n)[:-1], self.high)

    def _power(self, x: float) -> float:
        """Integrate t^-index from 1 to x."""
        p = 1 - self.index
        return math.log(x) if p == 0 else math.expm1(p * math.log(x)) / p

    def density(self, E: ArrayLike) -> Array:
        """Compute the probability per energy between the ends [1/MeV]."""
        x = np.asarray(E, np.float64) / self.low
        return np.asarray(x**-self.index / (self.low * self._power(self.high / self.low)))

    def fraction(self, low: float, high: float) -> float:
        """Compute the fraction of the events with low ≤ E < high [MeV]."""
        low, high = max(low, self.low), min(high, self.high)
        if low >= high:
            return 0.0
        # from low on, so that nothing cancels
        scale: float = (low / self.low) ** (1 - self.index)
        return scale * self._power(high / low) / self._power(self.high / self.low)


@dataclass(frozen=True, kw_only=True)
class Tabulated:
    """A density that is linear between tabulated points; a repeated energy is a step.

    Parameters
    ----------
    energies : tuple of float
        Not descending [MeV].
    densities : tuple of float
        Density at each, ≥ 0; of any normalisation.
    """

    energies: tuple[float, ...]
    densities: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.energies) != len(self.densities) or len(self.energies) < 2:
            raise ValueError(
                f"a spectrum needs at least two points and a density at each, got {len(self.energies)} "
                f"energies and {len(self.densities)} densities"
            )
        for name, unit, numbers in (("energies", " MeV", self.energies), ("densities", "", self.densities)):
            for number in numbers:
                if not math.isfinite(number):
                    raise ValueError(f"{name} of a spectrum must be finite, got {number}{unit}")
        if min(self.densities) < 0:
            raise ValueError(f"densities of a spectrum must be ≥ 0, got {min(self.densities)}")
        for before, after in pairwise(self.energies):
            if after < before:
                raise ValueError(f"energies of a spectrum must ascend, got {after} MeV after {before} MeV")
        if not 0 < self._area[-1] < math.inf:
            raise ValueError("a spectrum must be above 0 somewhere")

    @classmethod
    def histogram(cls, edges: ArrayLike, contents: ArrayLike) -> Self:
        """Make a spectrum of counts per bin.

        Parameters
        ----------
        edges : array_like, shape (n + 1,)
            Ascending [MeV].
        contents : array_like, shape (n,)
            Counts, ≥ 0; of any normalisation.
        """
        e, counts = np.asarray(edges, np.float64), np.asarray(contents, np.float64)
        if e.ndim != 1 or counts.ndim != 1 or len(e) != len(counts) + 1 or not len(counts):
            raise ValueError(f"a histogram needs one edge more than contents, got {e.size} and {counts.size}")
        for before, after in pairwise(e):
            if not after > before:
                raise ValueError(f"edges of a histogram must ascend, got {after} MeV after {before} MeV")
        for count in counts:
            if not (math.isfinite(count) and count >= 0):
                raise ValueError(f"contents of a histogram must be finite and ≥ 0, got {count}")
        densities = np.repeat(counts / np.diff(e), 2)
        return cls(energies=tuple(np.repeat(e, 2)[1:-1].tolist()), densities=tuple(densities.tolist()))

    @cached_property
    def _area(self) -> Array:
        """Cumulative integral at the points."""
        e, d = np.array(self.energies), np.array(self.densities)
        return np.append(0.0, np.cumsum(np.diff(e) * (d[1:] + d[:-1]) / 2))

    @property
    def knots(self) -> Array:
        """Energies between which the density is smooth [MeV]."""
        return np.unique(self.energies)

    @property
    def nodes(self) -> Array:
        """Energies and normalised densities, shape (n, 2)."""
        return np.stack([self.energies, np.array(self.densities) / self._area[-1]], axis=1)

    def density(self, E: ArrayLike) -> Array:
        """Compute the probability per energy between the ends [1/MeV]."""
        E, (e, d) = np.asarray(E, np.float64), self.nodes.T
        i = np.clip(np.searchsorted(e, E, side="right") - 1, 0, len(e) - 2)
        width = e[i + 1] - e[i]
        x = np.divide(E - e[i], width, out=np.zeros_like(E), where=width > 0)
        return np.asarray(d[i] + x * (d[i + 1] - d[i]))

    def _below(self, E: float) -> float:
        e, d = self.nodes.T
        if not e[0] < E < e[-1]:
            return float(e[-1] <= E)
        i = int(np.searchsorted(e, E, side="right")) - 1
        x = E - e[i]
        slope = (d[i + 1] - d[i]) / (e[i + 1] - e[i])
        return float(self._area[i] / self._area[-1] + x * (d[i] + slope * x / 2))

    def fraction(self, low: float, high: float) -> float:
        """Compute the fraction of the events with low ≤ E < high [MeV]."""
        return max(self._below(high) - self._below(low), 0.0)


Spectrum = Line | Uniform | PowerLaw | Tabulated


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """Events of one spectrum.

    Parameters
    ----------
    spectrum : Line, Uniform, PowerLaw or Tabulated
    mean : float
        Mean number of events.
    """

    spectrum: Spectrum
    mean: float
