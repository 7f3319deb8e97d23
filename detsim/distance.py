"""Bins of the distance between source and event, which show an oscillation."""

import math
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["DistanceBins"]


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
