"""An experiment: all that the model does not change."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from detsim.backgrounds import Background, FlatBackground, background_events
from detsim.detector import Detector
from detsim.systematics import Systematic, check_systematics
from simgen.geometry import Baselines, Geometry, shrunk
from simgen.interaction import T_max
from simgen.rates import Exposure, Normalisation
from simgen.representation import html_table, readable, text_table
from simgen.sources import Source, spectrum_picture

__all__ = ["Background", "Experiment", "FlatBackground", "check_tables"]


def check_tables(
    detector: Detector,
    source: Source,
    generate_above: float,
    backgrounds: Sequence[Background | FlatBackground],
) -> None:
    """Check that the detector's tables cover all energies that it is to measure.

    Raises
    ------
    ValueError
        If one does not.
    """
    end = float(max(T_max(c.spectrum.endpoint) for c in source.components))
    detector.check_range(min(generate_above, end), end)
    for b in backgrounds:
        if b.smeared:
            ends = float(b.spectrum.knots[0]), float(b.spectrum.knots[-1])
            try:
                detector.check_range(*ends)
            except ValueError as error:
                raise ValueError(f"{error} for the background {b.name!r}") from None


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
    backgrounds : tuple of Background or FlatBackground
    generate_above : float
        True recoil energies below it are left out everywhere [MeV]; needed where dσ/dT diverges at T → 0.
    systematics : tuple of Systematic
        Uncertainties; those of the rates of backgrounds are attributes of the backgrounds.
    scale : float
        Multiplies all that is expected: the exposure of an event file in units of the card's.
    """

    name: str
    source: Source
    normalisation: Normalisation
    detector: Detector
    exposure: Exposure
    backgrounds: tuple[Background | FlatBackground, ...] = field(default=())
    generate_above: float = 0.0
    systematics: tuple[Systematic, ...] = ()
    scale: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.scale) and self.scale > 0):
            raise ValueError(f"scale must be finite and above 0, got {self.scale}")
        if not (math.isfinite(self.generate_above) and self.generate_above >= 0):
            raise ValueError(f"generate_above must be finite and ≥ 0 MeV, got {self.generate_above}")
        check_systematics(self.systematics)
        if self.detector.resolution.perfect and any(s.name == "resolution" for s in self.systematics):
            raise ValueError("the resolution is perfect: it has no uncertainty")
        names = [b.name for b in self.backgrounds]
        if len(set(names)) != len(names):
            raise ValueError(f"two backgrounds have the same name: {', '.join(names)}")
        check_tables(self.detector, self.source, self.generate_above, self.backgrounds)
        if self.detector.spatial:
            self.baselines  # noqa: B018 (says what the geometry lacks)

    @property
    def geometry(self) -> Geometry:
        """Target and source.

        Raises
        ------
        ValueError
            If there is none: under a flux every electron is alike, wherever it is.
        """
        geometry: Geometry | None = getattr(self.normalisation, "geometry", None)
        if geometry is None:
            raise ValueError(
                "places of events (vertices, the distance from the source, oscillation, a cut near the wall) "
                "need a geometry, and an activity or a number of events: under a flux no place is different "
                "from another"
            )
        return geometry

    @cached_property
    def baselines(self) -> Baselines:
        """Baselines of events that pass the fiducial cut, in bins of the distance."""
        distance, inset = self.detector.distance, self.detector.wall_distance
        return Baselines(
            geometry=self.geometry,
            region=shrunk(self.geometry, inset) if inset else None,
            edges=() if distance is None else distance.edges,
            resolution=0.0 if distance is None else distance.resolution,
        )

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
        return self.scale * background_events(self.backgrounds[index], self.exposure)

    def _rows(self) -> list[tuple[str, str]]:
        """List what describes the experiment, with units; what is absent is left out."""
        rows = [
            *((f"source {self.source.name}", f"{c.name}: {c.summary}") for c in self.source.components),
            ("normalisation", getattr(self.normalisation, "summary", repr(self.normalisation))),
            ("exposure", self.exposure.summary),
            *((f"detector: {name}", value) for name, value in self.detector.rows()),
            *((f"background {b.name}", b.summary) for b in self.backgrounds),
            *((f"uncertainty of {s.name}", f"{s.uncertainty:.6g}, {s.constraint}") for s in self.systematics),
        ]
        rows += [("scale", readable(self.scale))] if self.scale != 1 else []
        if self.generate_above:
            rows.append(("true recoil energies above", readable(self.generate_above, "eV", "keV", "MeV")))
        return rows

    def __repr__(self) -> str:
        return text_table(f"Experiment {self.name!r}", self._rows())

    def _repr_html_(self) -> str:
        return html_table(f"Experiment {self.name}", self._rows(), spectrum_picture(self.source))
