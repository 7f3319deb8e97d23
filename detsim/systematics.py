"""Systematic uncertainties of an experiment, which a fit has as nuisance parameters."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

from detsim.detector import PhotoElectrons, SpreadPhotoElectrons

if TYPE_CHECKING:
    from detsim.experiment import Experiment

__all__ = ["NORMALISATIONS", "SHAPES", "Constraint", "Systematic", "check_systematics", "known_to", "vary"]

Constraint = Literal["gaussian", "log-normal", "free"]

NORMALISATIONS = ("activity", "mass", "efficiency")
"""Factors of the signal; `efficiency` is one of every background that is detected as electrons are, too."""

SHAPES = ("energy_scale", "resolution", "sin2_theta_w")
"""Quantities that change the shape of the expectation, which is folded anew at ±1 standard deviation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Systematic:
    """The uncertainty of a quantity.

    Parameters
    ----------
    name : str
        One of `NORMALISATIONS` or `SHAPES`; ``resolution`` is the width of the smearing.
    uncertainty : float
        Relative standard deviation. Of what is not constrained only the unit of the fit.
    constraint : {"gaussian", "log-normal", "free"}
        The quantity is its nominal value times 1 + σx, or times (1 + σ)^x, with x standard normal; ``free``
        is the first without the constraint.
    common : bool
        Whether experiments that are fitted together share it.
    """

    name: str
    uncertainty: float
    constraint: Constraint = "gaussian"
    common: bool = False

    def __post_init__(self) -> None:
        names = (*NORMALISATIONS, *SHAPES)
        if self.name not in names:
            raise ValueError(f"a systematic uncertainty is one of {', '.join(names)}, got {self.name!r}")
        if not (math.isfinite(self.uncertainty) and self.uncertainty > 0):
            raise ValueError(
                f"the uncertainty of {self.name} must be finite and above 0, got {self.uncertainty}"
            )
        if self.constraint not in get_args(Constraint):
            raise ValueError(f"constraint must be one of {get_args(Constraint)}, got {self.constraint!r}")


def check_systematics(systematics: Sequence[Systematic]) -> None:
    """Raise ValueError if two uncertainties are of the same quantity."""
    names = [s.name for s in systematics]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"two uncertainties of the same quantity: {', '.join(sorted(twice))}")


def known_to(experiment: "Experiment", **uncertainties: float) -> "Experiment":
    """Return an experiment with other Gaussian uncertainties; 0 takes one away.

    Parameters
    ----------
    experiment : Experiment
    **uncertainties : float
        Relative standard deviations, such as ``activity=0.018``.
    """
    kept = tuple(s for s in experiment.systematics if s.name not in uncertainties)
    new = (Systematic(name=name, uncertainty=u) for name, u in uncertainties.items() if u)
    return replace(experiment, systematics=(*kept, *new))


def vary(experiment: "Experiment", name: str, factor: float) -> "Experiment":
    """Multiply a quantity of the detector.

    Parameters
    ----------
    experiment : Experiment
    name : {"energy_scale", "resolution"}
    factor : float

    Raises
    ------
    ValueError
        If the resolution is perfect, or another quantity is asked for.
    """
    detector = experiment.detector
    if name == "energy_scale":
        return replace(experiment, detector=replace(detector, energy_scale=factor * detector.energy_scale))
    if name != "resolution":
        raise ValueError(f"energy_scale and resolution can be varied, got {name!r}")
    if detector.resolution.perfect:
        raise ValueError("the resolution is perfect: it has no uncertainty")
    return replace(experiment, detector=replace(detector, resolution=detector.resolution.scaled(factor)))


def without_steps(experiment: "Experiment") -> "Experiment":
    """Return the experiment with spread photo-electrons, whose counts have no steps; itself without these."""
    detector = experiment.detector
    if not isinstance(detector.resolution, PhotoElectrons):
        return experiment
    spread = SpreadPhotoElectrons(light_yield=detector.resolution.light_yield)
    return replace(experiment, detector=replace(detector, resolution=spread))
