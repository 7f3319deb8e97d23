"""An experiment: all that the model does not change."""

import math
from dataclasses import dataclass, field
from functools import cached_property

from detsim.detector import Detector
from simgen.exposure import Exposure, Normalisation
from simgen.sources import Source

__all__ = ["Experiment", "FlatBackground"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatBackground:
    """A background that is flat in the measured energy and constant in time.

    Parameters
    ----------
    name : str
    rate : float
        Recorded events of the whole detector between low and high [1/s].
    low, high : float
        Range of the measured energy [MeV]; the threshold cuts it, efficiency and smearing do not.
    uncertainty : float
        Relative standard deviation of the rate; 0 if it is known exactly.
    """

    name: str
    rate: float
    low: float
    high: float
    uncertainty: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.rate) and self.rate >= 0):
            raise ValueError(f"background {self.name!r}: rate must be finite and ≥ 0 /s, got {self.rate}")
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(
                f"background {self.name!r}: needs low < high, got {self.low} and {self.high} MeV"
            )
        if not (math.isfinite(self.uncertainty) and self.uncertainty >= 0):
            raise ValueError(
                f"background {self.name!r}: uncertainty must be finite and ≥ 0, got {self.uncertainty}"
            )

    def fraction(self, low: float, high: float) -> float:
        """Compute the fraction of its events with low ≤ T_reco < high [MeV]."""
        overlap = min(high, self.high) - max(low, self.low)
        return max(overlap, 0.0) / (self.high - self.low)


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """Source, detector, exposure and backgrounds.

    Parameters
    ----------
    name : str
    source : Source
    normalisation : Flux, Activity or Interactions
        How many neutrinos the source sends.
    detector : Detector
    exposure : Exposure
    backgrounds : tuple of FlatBackground
    generate_above : float
        True recoil energies below it are left out everywhere [MeV]; needed where dσ/dT diverges at T → 0.
    signal_uncertainty : float
        Relative standard deviation of the signal's normalisation (activity or flux); 0: known exactly.
    scale : float
        Multiplies all that is expected: the exposure of an event file in units of the card's.
    """

    name: str
    source: Source
    normalisation: Normalisation
    detector: Detector
    exposure: Exposure
    backgrounds: tuple[FlatBackground, ...] = field(default=())
    generate_above: float = 0.0
    signal_uncertainty: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.scale) and self.scale > 0):
            raise ValueError(f"scale must be finite and above 0, got {self.scale}")
        if not (math.isfinite(self.generate_above) and self.generate_above >= 0):
            raise ValueError(f"generate_above must be finite and ≥ 0 MeV, got {self.generate_above}")
        if not (math.isfinite(self.signal_uncertainty) and self.signal_uncertainty >= 0):
            raise ValueError(f"signal_uncertainty must be finite and ≥ 0, got {self.signal_uncertainty}")
        names = [b.name for b in self.backgrounds]
        if len(set(names)) != len(names):
            raise ValueError(f"two backgrounds have the same name: {', '.join(names)}")

    @cached_property
    def luminosity(self) -> float:
        """Electrons × decays per cm² of the exposure [cm⁻²].

        Multiplied by neutrinos per decay and a cross section it is a number of interactions.
        """
        n_electrons = self.detector.target.n_electrons
        fluence = self.normalisation.decay_fluence(self.source, self.exposure, n_electrons)
        return self.scale * n_electrons * fluence

    def background_counts(self, index: int) -> float:
        """Compute the mean events of one background in the exposure, before the threshold."""
        return self.scale * self.backgrounds[index].rate * self.exposure.duration
