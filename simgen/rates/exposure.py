"""Exposure and normalisation: neutrinos per square centimetre of the target."""

import math
from dataclasses import dataclass
from numbers import Real
from typing import Protocol

from simgen.flavours import Flavour
from simgen.geometry import Geometry
from simgen.interaction import Model
from simgen.representation import readable
from simgen.sources import Source

__all__ = ["Activity", "Exposure", "Flux", "Interactions", "Normalisation", "decay_integral"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Start and duration of a run.

    Parameters
    ----------
    duration : float
        Live time [s].
    start : float
        Delay between the moment of the stated activity and the start [s].
    """

    duration: float
    start: float = 0.0

    @property
    def summary(self) -> str:
        """Live time and start, in one line."""
        duration, start = (readable(t, "s", "min", "h", "d", "y") for t in (self.duration, self.start))
        return f"{duration} from {start} after the moment of the activity" if self.start else duration

    def __post_init__(self) -> None:
        for name in ("duration", "start"):
            value = getattr(self, name)
            if not isinstance(value, Real):
                raise TypeError(
                    f"exposure {name} must be a number of seconds, such as 8.64e6 for 100 d, got {value!r}"
                )
        if not (math.isfinite(self.duration) and self.duration > 0):
            raise ValueError(f"exposure duration must be above 0 s, got {self.duration}")
        if not math.isfinite(self.start):
            raise ValueError(f"exposure start must be finite, got {self.start}")


def decay_integral(rate: float, half_life: float, exposure: Exposure) -> float:
    """Integrate rate × 2^(-t/T½) over an exposure.

    Parameters
    ----------
    rate : float
        At t = 0 [1/s].
    half_life : float
        [s]; infinite for a constant rate.
    exposure : Exposure

    Examples
    --------
    >>> round(decay_integral(1.0, 10.0, Exposure(start=10.0, duration=1e6)), 6)
    7.213475
    """
    if math.isinf(half_life):
        return rate * exposure.duration
    decay = math.log(2) / half_life
    effective_time = -math.expm1(-decay * exposure.duration) / decay
    return rate * math.exp(-decay * exposure.start) * effective_time


class Normalisation(Protocol):
    """Protocol of quantities that fix the number of neutrinos."""

    def decay_fluence(self, source: Source, exposure: Exposure, n_electrons: float) -> float:
        """Decays per cm², averaged over the target, in the exposure [cm⁻²].

        Multiply by a line's intensity to have its neutrinos per cm².
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Flux:
    """A constant flux, the same for every electron, as in the paper.

    Parameters
    ----------
    value : float
        Neutrinos of all lines and components [cm⁻² s⁻¹]; intensities only give their shares.
    """

    value: float

    @property
    def summary(self) -> str:
        """Flux with its unit, in one line."""
        return f"flux {readable(self.value)} /cm2/s"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.value) and self.value > 0):
            raise ValueError(f"flux must be above 0 /cm2/s, got {self.value}")

    def decay_fluence(self, source: Source, exposure: Exposure, n_electrons: float) -> float:
        """Return flux × live time ÷ neutrinos per decay [cm⁻²]."""
        return self.value * exposure.duration / source.intensity


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """A decaying activity at a distance from the target that the geometry describes.

    Parameters
    ----------
    value : float
        Activity at t = 0 [1/s].
    geometry : Geometry
    """

    value: float
    geometry: Geometry

    @property
    def summary(self) -> str:
        """Activity with its unit, and the geometry, in one line."""
        value = readable(self.value, "Bq", "kBq", "MBq", "GBq", "TBq", "PBq")
        return f"activity {value}, {_describe(self.geometry)}"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.value) and self.value > 0):
            raise ValueError(f"activity must be above 0 Bq, got {self.value}")

    def decays(self, source: Source, exposure: Exposure) -> float:
        """Integrate A(t) = A0 2^(-t/T½) over the exposure."""
        return decay_integral(self.value, source.half_life, exposure)

    def decay_fluence(self, source: Source, exposure: Exposure, n_electrons: float) -> float:
        """Return decays in the exposure × ⟨1/(4πr²)⟩ [cm⁻²]."""
        return self.decays(source, exposure) * self.geometry.mean_inverse_square()


@dataclass(frozen=True, slots=True, kw_only=True)
class Interactions:
    """A given number of interactions in the target.

    Parameters
    ----------
    events : float
        Mean number of interactions of all recoil energies, before any threshold.
    reference : Model
        The model for which this number is expected; other models expect other numbers.
    geometry : Geometry, optional
        Geometry of target and source; only needed to draw vertices.
    """

    events: float
    reference: Model
    geometry: Geometry | None = None

    @property
    def summary(self) -> str:
        """Number of interactions and their model, in one line."""
        geometry = "" if self.geometry is None else f", {_describe(self.geometry)}"
        return f"{readable(self.events)} interactions under {self.reference}{geometry}"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.events) and self.events > 0):
            raise ValueError(f"events must be above 0, got {self.events}")
        if self.reference.mu_nu:
            raise ValueError("events needs a reference model with mu_nu = 0: its total diverges at T → 0")

    def decay_fluence(self, source: Source, exposure: Exposure, n_electrons: float) -> float:
        """Return the fluence that gives the number of interactions [cm⁻²]."""
        from simgen.rates.rate import mean_sigma  # noqa: PLC0415 (scipy, only here)

        per_fluence = sum(mean_sigma(c, self.reference) for c in source.components)
        return self.events / (per_fluence * n_electrons)


def flavours(source: Source) -> tuple[Flavour, ...]:
    """List the flavours of a source, each once."""
    return tuple(dict.fromkeys(c.flavour for c in source.components))


def _describe(geometry: Geometry) -> str:
    """Write the lengths of a geometry with their units, in one line; those that are zero are left out."""
    names = getattr(geometry, "__dataclass_fields__", ())
    if not names:
        return repr(geometry)
    lengths = []
    for name in names:
        value = getattr(geometry, name)
        if isinstance(value, tuple) and any(value):
            lengths.append(f"{name} ({', '.join(f'{x:.6g}' for x in value)}) cm")
        elif value and not isinstance(value, tuple):
            lengths.append(f"{name} {readable(value, 'cm', 'm')}")
    return f"{type(geometry).__name__}: {', '.join(lengths)}"
