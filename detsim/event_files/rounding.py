"""Float32 columns of event files: rounding that moves no number across a bin edge or a cut.

An event is counted by float64 numbers: its bin, its side of the threshold, whether it is within the fiducial
volume. Rounded to the nearest float32, a number that lies on a boundary can fall below it (0.35 MeV becomes
0.34999999), and where measured energies are discrete, many lie there. What is stored is the nearest float32
in the same half-open interval between neighbouring boundaries.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detsim._kernels.rounding import FACTOR, N_FLAGS, SHIFT, BoundaryArrays, fill_rounded
from detsim.experiment import Experiment
from simgen.generator import contains
from simgen.geometry import Geometry

__all__ = ["Boundaries", "Rounding"]

Array = NDArray[np.float64]
Rounded = NDArray[np.float32]

_POSITION = ("vertex_x", "vertex_y", "vertex_z")


@dataclass(frozen=True, kw_only=True)
class Boundaries:
    """Boundaries in a column: bin edges, a threshold, points of a table of efficiency.

    Parameters
    ----------
    column : str
    values : tuple of float
        In the unit of the column, in any order.
    unit : str

    Examples
    --------
    >>> Boundaries(column="T_reco", values=(0.35,), unit="MeV").rounded(np.array([0.35, 0.4]))
    array([0.35000002, 0.4       ], dtype=float32)
    """

    column: str
    values: tuple[float, ...]
    unit: str

    @cached_property
    def arrays(self) -> BoundaryArrays:
        """The boundaries as the kernel needs them."""
        boundary = np.unique(np.array(self.values, np.float64))
        with np.errstate(over="ignore"):
            nearest = boundary.astype(np.float32)
        least = np.where(nearest < boundary, np.nextafter(nearest, np.float32(np.inf)), nearest)
        greatest = np.nextafter(least, np.float32(-np.inf))
        beside = np.concatenate([least, greatest])
        zeros = np.array([0.0, -0.0] if np.any(beside == 0) else [])
        flags = np.zeros(N_FLAGS, np.bool_)
        bits = np.concatenate([beside, zeros]).astype(np.float32).view(np.uint32)
        flags[(bits * FACTOR) >> SHIFT] = True
        infinite = np.array([np.inf], np.float32)
        return BoundaryArrays(
            boundary=boundary,
            lowest=np.concatenate([-infinite, least]),
            highest=np.concatenate([greatest, infinite]),
            beside=flags,
        )

    def rounded(self, values: Array) -> Rounded:
        """Round to the nearest float32 between the same boundaries.

        Parameters
        ----------
        values : ndarray, shape (n,)

        Returns
        -------
        ndarray of float32, shape (n,)

        Raises
        ------
        ValueError
            If no float32 lies between the boundaries of a value.
        """
        result = np.empty(len(values), np.float32)
        arrays = self.arrays
        bad = fill_rounded(np.ascontiguousarray(values), arrays, result, result.view(np.uint32))
        if bad >= 0:
            k = int(np.searchsorted(arrays.boundary, values[bad], side="right"))
            raise ValueError(self._too_fine(float(arrays.boundary[k - 1]), float(arrays.boundary[k])))
        return result

    def check(self, edges: Sequence[float]) -> None:
        """Refuse bins that float32 cannot tell apart.

        Raises
        ------
        ValueError
            If no float32 lies between two neighbouring edges.
        """
        for low, high in pairwise(edges):
            k = int(np.searchsorted(self.arrays.boundary, low, side="right"))
            end = int(np.searchsorted(self.arrays.boundary, high, side="left"))
            if not self.arrays.lowest[k] <= self.arrays.highest[end]:
                raise ValueError(self._too_fine(low, high))

    def _too_fine(self, low: float, high: float) -> str:
        return (
            f"{self.column} cannot be stored as float32: there is no such number from {low!r} to {high!r} "
            f'{self.unit}, which the experiment tells apart; set run.precision = "float64"'
        )


@dataclass(frozen=True, kw_only=True)
class Rounding:
    """Boundaries in energy, distance and position that float32 columns of an experiment must not cross.

    Parameters
    ----------
    boundaries : mapping of str to Boundaries
        By columns.
    regions : tuple of Geometry
        Volumes whose surface a vertex must not cross: the target, the fiducial volume.
    """

    boundaries: Mapping[str, Boundaries]
    regions: tuple[Geometry, ...]

    @classmethod
    def of(cls, experiment: Experiment) -> "Rounding":
        """Collect the boundaries of an experiment.

        Raises
        ------
        ValueError
            If float32 cannot tell two edges of the detector's bins apart.
        """
        detector = experiment.detector
        true, reco = (
            () if curve is None else curve.energies
            for curve in (detector.true_efficiency, detector.measured_efficiency)
        )
        recoils = (experiment.generate_above, *detector.acceptance_steps[0], *true)
        measured = (detector.threshold, *detector.edges, *reco)
        boundaries = {
            "T": Boundaries(column="T", values=tuple(T for T in recoils if T > 0), unit="MeV"),
            "T_reco": Boundaries(
                column="T_reco", values=tuple(T for T in measured if math.isfinite(T)), unit="MeV"
            ),
        }
        boundaries["T_reco"].check(detector.edges)
        regions = [getattr(experiment.normalisation, "geometry", None)]
        if detector.spatial:
            regions.append(experiment.baselines.region)
        if detector.distance is not None:
            edges = detector.distance.edges
            boundaries["L_reco"] = Boundaries(column="L_reco", values=edges, unit="cm")
            boundaries["L_reco"].check(edges)
        return cls(
            boundaries={name: of_column for name, of_column in boundaries.items() if of_column.values},
            regions=tuple(region for region in regions if region is not None),
        )

    def rounded(self, columns: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Round the columns that are float64 and have boundaries; return all columns.

        Parameters
        ----------
        columns : mapping of str to ndarray, shape (n,)
            Those that become float32.

        Raises
        ------
        ValueError
            If no float32 lies between the boundaries of a number.
        """
        result = dict(columns)
        for name, boundaries in self.boundaries.items():
            if name in result and result[name].dtype == np.float64:
                result[name] = boundaries.rounded(result[name])
        if self.regions and all(name in result and result[name].dtype == np.float64 for name in _POSITION):
            points = self._rounded_points(np.stack([result[name] for name in _POSITION]))
            result |= dict(zip(_POSITION, points, strict=True))
        return result

    def _rounded_points(self, points: Array) -> Rounded:
        """Round vertices, shape (3, n), each in and out of the same regions as before."""
        rounded = points.astype(np.float32)
        moved = np.zeros(points.shape[1], np.bool_)
        for region in self.regions:
            moved |= contains(region, *rounded) != contains(region, *points)
        for i in np.flatnonzero(moved):
            rounded[:, i] = self._rounded_point(points[:, i])
        return rounded

    def _rounded_point(self, point: Array) -> Rounded:
        """Choose the nearest of the eight float32 points around a vertex that is in and out of the same."""
        nearest = point.astype(np.float32)
        infinite = np.float32(np.inf)
        below = np.where(nearest > point, np.nextafter(nearest, -infinite), nearest)
        above = np.where(nearest < point, np.nextafter(nearest, infinite), nearest)
        corners = np.array(list(product(*zip(below, above, strict=True))), np.float32)
        same = np.ones(len(corners), np.bool_)
        for region in self.regions:
            same &= contains(region, *corners.T) == contains(region, *point[:, None])
        if not same.any():
            x, y, z = point.tolist()
            raise ValueError(
                f"the vertex ({x!r}, {y!r}, {z!r}) cm cannot be stored as float32 without crossing the wall "
                'of the target or of the fiducial volume; set run.precision = "float64"'
            )
        distance = np.sum((corners.astype(np.float64) - point) ** 2, axis=1)
        return np.asarray(corners[np.argmin(np.where(same, distance, np.inf))])
