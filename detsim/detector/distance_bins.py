"""Bins of the distance between source and event, which show an oscillation."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from detsim.detector.detector import Detector

__all__ = ["DistanceBins", "bin_numbers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DistanceBins:
    """Bins in L_reco, the measured distance of an event from the centre of the source.

    Parameters
    ----------
    edges : tuple of float
        Bin edges in L_reco [cm], ascending.
    resolution : float
        Standard deviation of the Gaussian that smears the distance [cm]; 0: it is measured as it is.

    Examples
    --------
    >>> DistanceBins(edges=(500.0, 800.0, 1100.0), resolution=15.0).n_bins
    2
    """

    edges: tuple[float, ...]
    resolution: float

    def __post_init__(self) -> None:
        if len(self.edges) < 2:
            raise ValueError(f"distance needs at least two bin edges, got {len(self.edges)}")
        for edge in self.edges:
            if not math.isfinite(edge):
                raise ValueError(f"edges of the distance must be finite, got {edge} cm")
        for before, after in pairwise(self.edges):
            if after <= before:
                raise ValueError(f"edges of the distance must ascend, got {after} cm after {before} cm")
        if not (math.isfinite(self.resolution) and self.resolution >= 0):
            raise ValueError(f"resolution of the distance must be finite and ≥ 0 cm, got {self.resolution}")

    @property
    def n_bins(self) -> int:
        """Number of bins."""
        return len(self.edges) - 1


def bin_numbers(
    detector: "Detector", T_reco: ArrayLike, L_reco: ArrayLike | None = None
) -> NDArray[np.int64]:
    """Find the bins of recorded events in a vector of counts with both flow bins.

    Parameters
    ----------
    detector : Detector
    T_reco : array_like, shape (n,)
        Measured energies [MeV].
    L_reco : array_like, shape (n,), optional
        Measured distances [cm]; needed where the detector has bins of them, else not looked at.

    Returns
    -------
    ndarray of int64, shape (n,)
        From 0 to n_bins + 1: energy bin i of distance bin j has 1 + j * n_energy_bins + i. 0 is below the
        first edge in energy, at any distance; the last is everything else outside the bins.

    Raises
    ------
    ValueError
        If distances are missing.
    """
    energy = np.asarray(np.searchsorted(detector.edges, np.asarray(T_reco, np.float64), side="right"))
    if detector.distance is None:
        return energy
    if L_reco is None:
        raise ValueError("the detector has bins of the distance: events without L_reco have none of them")
    edges, n_energies = detector.distance.edges, detector.n_energy_bins
    distance = np.searchsorted(edges, np.asarray(L_reco, np.float64), side="right") - 1
    outside = (energy > n_energies) | (distance < 0) | (distance >= detector.distance.n_bins)
    numbers = np.where(outside, detector.n_bins + 1, distance * n_energies + energy)
    return np.where(energy == 0, 0, numbers)
