"""Settings of the pseudo-experiments with which a fit is calibrated."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from analysis.fits import Fitter
from analysis.settings import Drawn, check_level

__all__ = [
    "CALIBRATED",
    "CalibratedMethod",
    "Conditions",
    "Nuisances",
    "check_level",
    "conditions",
    "data_numbers",
]

CalibratedMethod = Literal["feldman-cousins", "calibrated", "cls"]
CALIBRATED: tuple[CalibratedMethod, ...] = get_args(CalibratedMethod)
"""Methods whose thresholds come from pseudo-experiments."""
Nuisances = Literal["nominal", "profiled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Settings with which pseudo-experiments were thrown and fitted.

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
        See `analysis.pseudo_experiments.throw.Thrower`.
    nuisances : {"nominal", "profiled"}
        True nuisance parameters: nominal, or fitted to data at each true value.
    data : tuple of float
        Counts, and auxiliary measurements that are not nominal, to which true nuisance parameters were
        fitted: see `data_numbers`; empty if these are nominal.
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
    """Describe a fitter and the settings of its pseudo-experiments."""
    return Conditions(
        parameter=fitter.templates.poi,
        likelihood=fitter.likelihood,
        errors=tuple(map(float, fitter.errors)),
        constraints=tuple((n.name, n.uncertainty, n.constraint) for n in fitter.templates.nuisances),
        drawn=drawn,
        nuisances=nuisances,
        data=tuple(map(float, data)),
    )


def data_numbers(counts: ArrayLike, auxiliary: ArrayLike | None = None) -> tuple[float, ...]:
    """List counts, followed by the auxiliary measurements, as pulls, unless all of these are nominal.

    Examples
    --------
    >>> data_numbers([3, 4], [0, 0]), data_numbers([3, 4], [0, 0.5])
    ((3.0, 4.0), (3.0, 4.0, 0.0, 0.5))
    """
    measured = np.zeros(0) if auxiliary is None else np.asarray(auxiliary, np.float64)
    return tuple(float(x) for x in (*np.asarray(counts, np.float64), *(measured if measured.any() else ())))
