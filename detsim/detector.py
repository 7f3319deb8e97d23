"""The detector: electrons, threshold, resolution, efficiency, bins."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from detsim.materials import composition, electrons_in, shells

__all__ = ["Detector", "Resolution", "Target", "uniform_edges"]

Array = NDArray[np.float64]


def uniform_edges(low: float, high: float, width: float) -> tuple[float, ...]:
    """Make bin edges of one width; where it does not divide the range, the last bin is narrower.

    Examples
    --------
    >>> uniform_edges(0.25, 0.55, 0.1)
    (0.25, 0.35, 0.45, 0.55)
    """
    if not (high > low and width > 0):
        raise ValueError(f"bins need low < high and width > 0, got {low}, {high}, {width} MeV")
    n = math.ceil((high - low) / width - 1e-9)
    return (*(round(low + i * width, 12) for i in range(n)), high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """Gaussian smearing of the true recoil energy, σ² = a² + b²T + c²T².

    Parameters
    ----------
    constant : float
        a [MeV].
    stochastic : float
        b [MeV^½], which is σ at 1 MeV when alone: Δ of eq. (13).
    proportional : float
        c, a pure number.
    """

    constant: float = 0.0
    stochastic: float = 0.0
    proportional: float = 0.0

    def __post_init__(self) -> None:
        for name in ("constant", "stochastic", "proportional"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"resolution {name} must be finite and ≥ 0, got {value}")

    @property
    def perfect(self) -> bool:
        """Whether measured and true energy are the same."""
        return self.constant == self.stochastic == self.proportional == 0

    def sigma(self, T: ArrayLike) -> Array:
        """Compute the standard deviation of T_reco [MeV] at a true recoil energy T [MeV]."""
        T = np.asarray(T, np.float64)
        variance = self.constant**2 + self.stochastic**2 * T + self.proportional**2 * T**2
        return np.asarray(np.sqrt(variance))


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The electrons of the target.

    Parameters
    ----------
    material : str or None
        Chemical formula; None if only a number of electrons is known.
    mass : float or None
        Mass [g], with a material.
    electrons : float or None
        Number of electrons; without it, it follows from material and mass.

    Raises
    ------
    ValueError
        If neither or both of mass and electrons are given.
    """

    material: str | None = None
    mass: float | None = None
    electrons: float | None = None

    def __post_init__(self) -> None:
        if (self.mass is None) == (self.electrons is None):
            raise ValueError("a target has either a mass (with a material) or a number of electrons")
        if self.mass is not None and self.material is None:
            raise ValueError("a target's mass needs its material, a chemical formula such as 'C9H12'")
        for name, value, unit in (("mass", self.mass, " g"), ("electrons", self.electrons, "")):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise ValueError(f"target {name} must be finite and above 0{unit}, got {value}")
        if self.material is not None:
            composition(self.material)

    @property
    def n_electrons(self) -> float:
        """Number of electrons."""
        if self.electrons is not None:
            return self.electrons
        return electrons_in(str(self.material), float(self.mass or 0))


@dataclass(frozen=True, kw_only=True)
class Detector:
    """A detector and the binning of its measured energy.

    Parameters
    ----------
    name : str
    target : Target
    edges : tuple of float
        Bin edges in T_reco [MeV], ascending.
    threshold : float
        Events with T_reco below it are not recorded [MeV]; -inf records all.
    resolution : Resolution
    efficiency : float
        Constant fraction of the events above threshold that are recorded, in (0, 1].
    binding : {"free", "shells"}
        "shells": electrons bound by more than T do not take part.
    """

    name: str
    target: Target
    edges: tuple[float, ...]
    threshold: float
    resolution: Resolution
    efficiency: float
    binding: Literal["free", "shells"]

    def __post_init__(self) -> None:
        edges = np.asarray(self.edges, np.float64)
        if edges.ndim != 1 or edges.size < 2 or not np.all(np.isfinite(edges)):
            raise ValueError("edges must be at least two finite energies")
        if not np.all(np.diff(edges) > 0):
            raise ValueError("edges must ascend")
        if math.isnan(self.threshold) or self.threshold == math.inf:
            raise ValueError(f"threshold must be an energy, got {self.threshold} MeV")
        if self.threshold >= edges[-1]:
            raise ValueError(
                f"threshold {self.threshold} MeV leaves nothing: the last bin ends at {edges[-1]} MeV"
            )
        if not 0 < self.efficiency <= 1:
            raise ValueError(f"efficiency must lie in (0, 1], got {self.efficiency}")
        if self.binding not in {"free", "shells"}:
            raise ValueError(f"binding must be 'free' or 'shells', got {self.binding!r}")
        if self.binding == "shells" and self.target.material is None:
            raise ValueError("binding = 'shells' needs the target's material")

    @property
    def n_bins(self) -> int:
        """Number of bins, flow bins not counted."""
        return len(self.edges) - 1

    @cached_property
    def acceptance_steps(self) -> tuple[Array, Array]:
        """Fraction of true recoils accepted, a step function of T.

        Returns
        -------
        energies, values : ndarray
            From energies[i] on [MeV] the fraction values[i] of the recoils is accepted: electrons bound
            by less than T, times the efficiency. energies[0] = 0.
        """
        if self.binding == "free":
            return np.zeros(1), np.array([self.efficiency])
        energies, fractions = shells(str(self.target.material))
        if energies[0] > 0:
            energies, fractions = np.append(0.0, energies), np.append(0.0, fractions)
        return energies, self.efficiency * np.cumsum(fractions)

    def acceptance(self, T: ArrayLike) -> Array:
        """Evaluate the step function of `acceptance_steps` at T [MeV]."""
        energies, values = self.acceptance_steps
        index = np.searchsorted(energies, np.asarray(T, np.float64), side="right") - 1
        return np.asarray(values[np.maximum(index, 0)])
