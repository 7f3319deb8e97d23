"""How far the parabolas of shapes are from counts that are folded again: a fit uses the parabolas."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.histograms import describe_bin
from analysis.model.nuisances import Nuisance
from analysis.model.templates import Templates
from detsim import PhotoElectrons
from detsim.expectation import Folded
from detsim.systematics import vary

__all__ = ["BentShape", "bent_shapes"]

Array = NDArray[np.float64]

_LARGE = 0.5
"""Difference, in statistical errors of a bin, from which there is a warning."""
_PULLS = (-0.5, 0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class BentShape:
    """A nuisance parameter whose counts are not the parabola of a fit.

    Parameters
    ----------
    name : str
        Nuisance parameter.
    pull : float
        Where the difference is largest, in standard deviations.
    bin : str
        The bin where it is largest.
    errors : float
        Difference there, in statistical errors √μ of the bin, at least that of one count.
    has_steps : bool
        The energy is a number of photo-electrons.
    """

    name: str
    pull: float
    bin: str
    errors: float
    has_steps: bool

    def __str__(self) -> str:
        """Say it in one sentence."""
        reason = (
            "photo-electrons come in whole numbers, so that counts jump where an edge of a bin passes one; "
            "take wider bins, or a Gaussian resolution (resolution = { at_1MeV = ... })"
            if self.has_steps
            else "the uncertainty is large beside the bins or a sharp end of the spectrum; take wider bins"
        )
        return (
            f"{self.name}: a fit takes the counts to be a parabola in it, and at {self.pull:+g} standard "
            f"deviations those of the bin {self.bin} are {self.errors:.2g} statistical errors away "
            f"from that: {reason}"
        )


def bent_shapes(templates: Templates) -> list[BentShape]:
    """Compare the counts of a model with parabolas of its energy scales and resolutions, halfway to ±1.

    Parameters
    ----------
    templates : Templates
        With simulated samples nothing is compared: their statistical error is known otherwise.

    Returns
    -------
    list of BentShape
        Those that differ by half a statistical error or more.
    """
    if templates.samples or templates.scaling is not None:
        return []
    found = []
    for shape in templates.shapes:
        if shape.quantity == "sin2_theta_w":
            continue
        cases = [_compared(templates, shape, e, x) for e in _concerned(shape) for x in _PULLS]
        worst = max(cases, key=lambda case: case.errors)
        if worst.errors >= _LARGE:
            found.append(worst)
    return found


def _concerned(shape: Nuisance) -> list[int]:
    return sorted({target[0] for target in shape.targets})


def _compared(templates: Templates, shape: Nuisance, e: int, pull: float) -> BentShape:
    """Fold one experiment with the parameter at a pull, and compare."""
    model, experiment, bins = templates.model, templates.experiments[e], templates.bins[e]
    folded = templates.variations.folder(e, vary(experiment, shape.quantity, shape.value(pull)))(model)
    pulls = np.array([pull if n.name == shape.name else 0.0 for n in templates.nuisances])
    expected = templates.expected(model.parameters[templates.poi], pulls)[bins]
    away = np.abs(_counts(folded, templates) - expected) / np.sqrt(np.maximum(expected, 1.0))
    worst = int(np.argmax(away))
    return BentShape(
        name=shape.name,
        pull=pull,
        bin=describe_bin(experiment.detector, worst),
        errors=float(away[worst]) if math.isfinite(away[worst]) else math.inf,
        has_steps=isinstance(experiment.detector.resolution, PhotoElectrons),
    )


def _counts(folded: Folded, templates: Templates) -> Array:
    """Return signal and backgrounds in the bins."""
    signal = folded.signal(templates.model, signed=True)
    return np.asarray((signal + folded.backgrounds.sum(axis=0))[1:-1])
