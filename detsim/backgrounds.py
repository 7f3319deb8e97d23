"""Backgrounds of any spectrum, in true or measured energy."""

import math
from dataclasses import dataclass
from typing import get_args

from detsim.systematics import Constraint
from simgen.deposits import Spectrum, Uniform
from simgen.rates import Exposure, decay_integral
from simgen.representation import readable

__all__ = ["Background", "FlatBackground", "background_events"]


def _check(name: str, rate: float, uncertainty: float, half_life: float, constraint: str) -> None:
    if not (math.isfinite(rate) and rate >= 0):
        raise ValueError(f"background {name!r}: rate must be finite and ≥ 0 /s, got {rate}")
    if not (math.isfinite(uncertainty) and uncertainty >= 0):
        raise ValueError(f"background {name!r}: uncertainty must be finite and ≥ 0, got {uncertainty}")
    if constraint not in get_args(Constraint):
        raise ValueError(
            f"background {name!r}: constraint must be one of {get_args(Constraint)}, got {constraint!r}"
        )
    if not half_life > 0:
        raise ValueError(f"background {name!r}: half_life must be above 0 s, got {half_life}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """A background of any spectrum.

    Parameters
    ----------
    name : str
    spectrum : Line, Uniform, PowerLaw or Tabulated
        Of the measured energy, or of the true one if it is smeared.
    rate : float
        Events in the whole spectrum at t = 0, the moment of the source's activity [1/s].
    smeared : bool
        False: the spectrum is what is recorded; the threshold cuts it, efficiency and smearing do not.
        True: the spectrum is of the true energy of electrons, and quenching, smearing, energy scale,
        threshold and efficiency apply; binding and the fiducial cut do not.
    half_life : float
        [s]; infinite for a constant rate.
    uncertainty : float
        Relative standard deviation of the rate; 0 if it is known exactly.
    constraint : {"gaussian", "log-normal", "free"}
        Of the rate, as of a `detsim.systematics.Systematic`.
    common : bool
        Whether backgrounds of this name in experiments that are fitted together share one factor.
    """

    name: str
    spectrum: Spectrum
    rate: float
    smeared: bool
    half_life: float = math.inf
    uncertainty: float = 0.0
    constraint: Constraint = "gaussian"
    common: bool = False

    def __post_init__(self) -> None:
        _check(self.name, self.rate, self.uncertainty, self.half_life, self.constraint)
        low = float(self.spectrum.knots[0])
        if self.smeared and low < 0:
            raise ValueError(
                f"background {self.name!r}: a true energy must be ≥ 0 MeV, its spectrum starts at {low} MeV"
            )

    @property
    def summary(self) -> str:
        """Spectrum, rate and its uncertainty, in one line."""
        return _summary(self)

    def fraction(self, low: float, high: float) -> float:
        """Compute the fraction of its spectrum in low ≤ E < high [MeV]."""
        return self.spectrum.fraction(low, high)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatBackground:
    """A background that is flat in the measured energy; see `Background` for the other parameters.

    Parameters
    ----------
    name : str
    rate : float
        Recorded events of the whole detector between low and high at t = 0 [1/s].
    low, high : float
        Range of the measured energy [MeV]; the threshold cuts it, efficiency and smearing do not.
    uncertainty : float
        Relative standard deviation of the rate; 0 if it is known exactly.
    half_life : float
        [s]; infinite for a constant rate.
    constraint : {"gaussian", "log-normal", "free"}
        Of the rate, as of a `detsim.systematics.Systematic`.
    common : bool
        Whether backgrounds of this name in experiments that are fitted together share one factor.
    """

    name: str
    rate: float
    low: float
    high: float
    uncertainty: float = 0.0
    half_life: float = math.inf
    constraint: Constraint = "gaussian"
    common: bool = False

    def __post_init__(self) -> None:
        _check(self.name, self.rate, self.uncertainty, self.half_life, self.constraint)
        try:
            Uniform(low=self.low, high=self.high)
        except ValueError as error:
            raise ValueError(f"background {self.name!r}: {error}") from None

    @property
    def spectrum(self) -> Uniform:
        """Its spectrum."""
        return Uniform(low=self.low, high=self.high)

    @property
    def smeared(self) -> bool:
        """Whether the response applies: no."""
        return False

    @property
    def summary(self) -> str:
        """Spectrum, rate and its uncertainty, in one line."""
        return _summary(self)

    def fraction(self, low: float, high: float) -> float:
        """Compute the fraction of its events with low ≤ T_reco < high [MeV]."""
        return self.spectrum.fraction(low, high)


def _summary(background: Background | FlatBackground) -> str:
    """Describe spectrum, rate and its uncertainty."""
    knots = background.spectrum.knots
    low, high = (readable(float(E), "eV", "keV", "MeV") for E in (knots[0], knots[-1]))
    kind = type(background.spectrum).__name__
    parts = [
        f"{kind} at {low}" if low == high else f"{kind} from {low} to {high}",
        readable(background.rate, "/y", "/d", "/h", "/s"),
        "true energy, smeared" if background.smeared else "measured energy",
    ]
    if math.isfinite(background.half_life):
        parts.append(f"half-life {readable(background.half_life, 's', 'min', 'h', 'd', 'y')}")
    if background.uncertainty:
        parts.append(f"uncertainty {background.uncertainty:.6g}, {background.constraint}")
    return ", ".join(parts)


def background_events(background: Background | FlatBackground, exposure: Exposure) -> float:
    """Compute the mean events of a background in an exposure, before the threshold.

    Examples
    --------
    >>> b = Background(name="b", spectrum=Uniform(low=0.0, high=1.0), rate=1.0, smeared=False, half_life=10.0)
    >>> round(background_events(b, Exposure(start=10.0, duration=1e6)), 6)
    7.213475
    """
    return decay_integral(background.rate, background.half_life, exposure)
