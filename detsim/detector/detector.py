"""The detector: electrons, threshold, resolution, efficiency, bins."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from detsim.detector.distance_bins import DistanceBins
from detsim.detector.materials import Target, shells
from detsim.detector.quenching import Birks, Quenching, Visible
from detsim.detector.resolution import Curve, Resolution, Smearing, TabulatedResolution
from simgen.representation import html_table, readable, text_table

__all__ = ["Detector", "EfficiencyCurve", "Resolution", "Target", "uniform_edges"]

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
class EfficiencyCurve:
    """Tabulated efficiency.

    Parameters
    ----------
    curve : Curve
        Fraction of the events that is recorded, from 0 to 1.
    energy : {"true", "measured"}
        The energy in which it is tabulated.
    """

    curve: Curve
    energy: Literal["true", "measured"]

    def __post_init__(self) -> None:
        if self.energy not in {"true", "measured"}:
            raise ValueError(f"efficiency is tabulated in 'true' or 'measured' energy, got {self.energy!r}")
        first = self.curve.energies[0]
        if self.energy == "true" and first < 0:
            raise ValueError(f"energies of an efficiency in true energy must be ≥ 0 MeV, got {first} MeV")
        for value in self.curve.values:
            if not 0 <= value <= 1:
                raise ValueError(f"values of an efficiency must be from 0 to 1, got {value}")
        if not any(self.curve.values):
            raise ValueError("efficiency must be above 0 somewhere")


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
    resolution : Resolution, TabulatedResolution or PhotoElectrons
        Smearing of the visible energy.
    efficiency : float or EfficiencyCurve
        Fraction of the events above threshold that are recorded: a constant in (0, 1], or a table.
    binding : {"free", "shells"}
        "shells": electrons bound by more than T do not take part.
    quenching : Birks, QuenchingTable or None
        Relation of the visible to the true energy; None: they are the same.
    energy_scale : float
        Multiplies the measured energy.
    fiducial : float
        Fraction of the target's electrons within the fiducial cut, in (0, 1].
    wall_distance : float
        Fiducial cut: smallest distance of a vertex from the surface of the target [cm].
    distance : DistanceBins or None
        Bins in the measured distance from the source too; the histogram is then one of two dimensions.
    """

    name: str
    target: Target
    edges: tuple[float, ...]
    threshold: float
    resolution: Smearing
    efficiency: float | EfficiencyCurve
    binding: Literal["free", "shells"]
    quenching: Quenching | None = None
    energy_scale: float = 1.0
    fiducial: float = 1.0
    wall_distance: float = 0.0
    distance: DistanceBins | None = None

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
        if not isinstance(self.efficiency, EfficiencyCurve) and not 0 < self.efficiency <= 1:
            raise ValueError(f"efficiency must lie in (0, 1], got {self.efficiency}")
        if self.binding not in {"free", "shells"}:
            raise ValueError(f"binding must be 'free' or 'shells', got {self.binding!r}")
        if self.binding == "shells" and self.target.material is None:
            raise ValueError("binding = 'shells' needs the target's material")
        if isinstance(self.quenching, Birks) and self.target.material is None:
            raise ValueError("quenching by kB needs the target's material")
        if not (math.isfinite(self.energy_scale) and self.energy_scale > 0):
            raise ValueError(f"energy_scale must be finite and above 0, got {self.energy_scale}")
        if not 0 < self.fiducial <= 1:
            raise ValueError(f"fiducial must lie in (0, 1], got {self.fiducial}")
        if not (math.isfinite(self.wall_distance) and self.wall_distance >= 0):
            raise ValueError(f"wall_distance must be finite and ≥ 0 cm, got {self.wall_distance}")
        if self.measured_efficiency is not None:
            low = max(self.threshold, self.edges[0])
            self.measured_efficiency.check_range("efficiency", low, self.edges[-1])

    @property
    def n_energy_bins(self) -> int:
        """Number of bins in T_reco, flow bins not counted."""
        return len(self.edges) - 1

    @property
    def n_bins(self) -> int:
        """Number of bins, flow bins not counted.

        With bins of the distance, counts are laid out distance by distance, each with all its energies.
        """
        return self.n_energy_bins * (1 if self.distance is None else self.distance.n_bins)

    @property
    def spatial(self) -> bool:
        """Whether recording or binning depends on the vertex of an event."""
        return self.distance is not None or self.wall_distance > 0

    @property
    def constant_efficiency(self) -> float:
        """The efficiency that does not depend on energy; 1 where it is tabulated."""
        return 1.0 if isinstance(self.efficiency, EfficiencyCurve) else self.efficiency

    @property
    def true_efficiency(self) -> Curve | None:
        """Efficiency tabulated in the true energy."""
        return self._curve("true")

    @property
    def measured_efficiency(self) -> Curve | None:
        """Efficiency tabulated in the measured energy."""
        return self._curve("measured")

    def _curve(self, energy: str) -> Curve | None:
        efficiency = self.efficiency
        return (
            efficiency.curve
            if isinstance(efficiency, EfficiencyCurve) and efficiency.energy == energy
            else None
        )

    @cached_property
    def visible(self) -> Visible | None:
        """Visible energy as a function of the true one; None if they are the same."""
        return None if self.quenching is None else self.quenching.visible(self.target.material)

    def visible_energy(self, T: ArrayLike) -> Array:
        """Compute the visible energy [MeV] of a true energy T [MeV]."""
        return np.asarray(T, np.float64) if self.visible is None else self.visible(T)

    def check_range(self, low: float, high: float) -> None:
        """Check that every table covers true energies from low to high [MeV].

        Raises
        ------
        ValueError
            If one does not.
        """
        if self.true_efficiency is not None:
            self.true_efficiency.check_range("efficiency", low, high)
        if self.quenching is not None:
            self.quenching.check_range(low, high)
        if isinstance(self.resolution, TabulatedResolution):
            ends = self.visible_energy([low, high])
            self.resolution.curve.check_range("resolution", *map(float, ends))

    @cached_property
    def acceptance_steps(self) -> tuple[Array, Array]:
        """Acceptance of true recoils without tabulated efficiencies, a step function of T.

        Returns
        -------
        energies, values : ndarray
            From energies[i] on [MeV] the fraction values[i] of the recoils is accepted: electrons bound
            by less than T and within the fiducial cut, times a constant efficiency. energies[0] = 0.
        """
        constant = self.constant_efficiency * self.fiducial
        if self.binding == "free":
            return np.zeros(1), np.array([constant])
        energies, fractions = shells(str(self.target.material))
        if energies[0] > 0:
            energies, fractions = np.append(0.0, energies), np.append(0.0, fractions)
        return energies, constant * np.cumsum(fractions)

    def acceptance(self, T: ArrayLike) -> Array:
        """Compute the fraction of recoils accepted at T [MeV], but for threshold and measured energy."""
        energies, values = self.acceptance_steps
        index = np.searchsorted(energies, np.asarray(T, np.float64), side="right") - 1
        return np.asarray(values[np.maximum(index, 0)] * self._tabulated(T))

    def deposit_acceptance(self, T: ArrayLike) -> Array:
        """Compute the same for an event that is no recoil: neither binding nor fiducial cut concern it."""
        return self.constant_efficiency * self._tabulated(T)

    def _tabulated(self, T: ArrayLike) -> Array:
        curve = self.true_efficiency
        return np.ones(np.shape(T)) if curve is None else curve(T)

    def rows(self) -> list[tuple[str, str]]:
        """List what describes the detector, with units; what is absent is left out."""
        energy = ("eV", "keV", "MeV")
        efficiency, distance = self.efficiency, self.distance
        threshold, low, high = (readable(E, *energy) for E in (self.threshold, self.edges[0], self.edges[-1]))
        rows = [
            ("target", self.target.summary),
            ("threshold", "none" if math.isinf(self.threshold) else threshold),
            ("bins in T_reco", f"{self.n_energy_bins} from {low} to {high}"),
            ("resolution", self.resolution.summary),
        ]
        if isinstance(efficiency, EfficiencyCurve):
            rows.append(
                ("efficiency", f"in {efficiency.energy} energy, tabulated {efficiency.curve.summary}")
            )
        else:
            rows.append(("efficiency", readable(efficiency)))
        rows += [("electrons", self.binding)] if self.binding != "free" else []
        rows += [("quenching", self.quenching.summary)] if self.quenching is not None else []
        rows += [("energy scale", readable(self.energy_scale))] if self.energy_scale != 1 else []
        rows += [("fiducial fraction", readable(self.fiducial))] if self.fiducial != 1 else []
        if self.wall_distance:
            rows.append(("distance from the wall", f"above {readable(self.wall_distance, 'cm', 'm')}"))
        if distance is not None:
            first, last = (readable(L, "cm", "m") for L in (distance.edges[0], distance.edges[-1]))
            rows.append(("bins in L_reco", f"{distance.n_bins} from {first} to {last}"))
        return rows

    def __repr__(self) -> str:
        return text_table(f"Detector {self.name!r}", self.rows())

    def _repr_html_(self) -> str:
        return html_table(f"Detector {self.name}", self.rows())
