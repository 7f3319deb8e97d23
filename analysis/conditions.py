"""Under which conditions a fit is calibrated with pseudo-experiments."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from analysis.fitter import Fitter
from analysis.settings import Drawn

__all__ = ["CALIBRATED", "CalibratedMethod", "Conditions", "Nuisances", "check_level", "conditions"]

CalibratedMethod = Literal["feldman-cousins", "calibrated", "cls"]
CALIBRATED: tuple[CalibratedMethod, ...] = get_args(CalibratedMethod)
"""Methods whose thresholds come from pseudo-experiments."""
Nuisances = Literal["nominal", "profiled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Under which conditions pseudo-experiments were thrown and fitted.

    Parameters
    ----------
    parameter : str
        Parameter of interest.
    likelihood : str
    errors : tuple of float
        Absolute errors of the paper's χ².
    constraints : tuple of (name, uncertainty, constraint)
        Nuisance parameters.
    drawn : {"auxiliary", "counts", "nuisances"}
        See `analysis.thrower.Thrower`.
    nuisances : {"nominal", "profiled"}
        True nuisance parameters: nominal, or fitted to data at each true value.
    data : tuple of float
        The counts that they were fitted to; empty if they are nominal.
    """

    parameter: str
    likelihood: str
    errors: tuple[float, ...]
    constraints: tuple[tuple[str, float, str], ...]
    drawn: Drawn
    nuisances: Nuisances
    data: tuple[float, ...] = ()


def conditions(
    fitter: Fitter,
    *,
    drawn: Drawn = "auxiliary",
    nuisances: Nuisances = "nominal",
    data: Sequence[float] = (),
) -> Conditions:
    """Describe a fitter and what its pseudo-experiments draw."""
    return Conditions(
        parameter=fitter.templates.poi,
        likelihood=fitter.likelihood,
        errors=tuple(map(float, fitter.errors)),
        constraints=tuple((n.name, n.uncertainty, n.constraint) for n in fitter.templates.nuisances),
        drawn=drawn,
        nuisances=nuisances,
        data=tuple(map(float, data)),
    )


def check_level(level: float) -> None:
    """Refuse what is no confidence level."""
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
