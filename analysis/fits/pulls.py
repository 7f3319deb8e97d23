"""Pulls and constraints of nuisance parameters, before and after a fit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.model import Nuisance

__all__ = ["Pull", "fit_pulls"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """A nuisance parameter before and after a fit.

    It is given as a value, as the fit reports it (a relative one is nominal at 1), and as a pull x: the
    distance from the nominal value in standard deviations σ, where σ is the uncertainty in the card.

    Parameters
    ----------
    name : str
    constraint : {"gaussian", "log-normal", "free"}
    prefit_value, prefit_error : float or None
        Auxiliary measurement and its error; None for a free parameter.
    prefit_lower, prefit_upper : float or None
        Values one standard deviation below and above the measurement; for a log-normal factor, the measured
        value divided and multiplied by 1 + σ.
    value, error : float or None
        Estimate and Hesse error; the error is None if it does not exist.
    lower, upper : float or None
        Values at the estimated pull minus and plus its Hesse error.
    prefit_x : float or None
        Auxiliary measurement as a pull, whose error is 1 by definition.
    x, x_error : float or None
        Estimate and Hesse error as a pull.
    """

    name: str
    constraint: str
    prefit_value: float | None
    prefit_error: float | None
    prefit_lower: float | None
    prefit_upper: float | None
    value: float
    error: float | None
    lower: float | None
    upper: float | None
    prefit_x: float | None
    x: float
    x_error: float | None

    @property
    def pull(self) -> float | None:
        """Distance of the estimate from the auxiliary measurement, in errors of the latter; None if free."""
        return None if self.prefit_x is None else self.x - self.prefit_x

    @property
    def error_ratio(self) -> float | None:
        """Ratio of the errors after and before the fit: small if the data constrain it; None if free."""
        return None if self.prefit_x is None else self.x_error


def fit_pulls(
    nuisances: Sequence[Nuisance],
    measured: Array,
    fitted: Sequence[float],
    errors: Array | None,
) -> tuple[Pull, ...]:
    """Describe the nuisance parameters of a fit.

    Parameters
    ----------
    nuisances : sequence of Nuisance
    measured : ndarray, shape (n_nuisances,)
        Auxiliary measurements as pulls.
    fitted : sequence of float
        Pulls at the minimum.
    errors : ndarray, shape (n_nuisances,), or None
        Hesse errors of the pulls; None if they do not exist, NaN for a pull that the counts do not constrain.

    Notes
    -----
    The error of a value is the error of the pull times the derivative of the value with respect to the pull.
    For a log-normal factor this is only a first-order mean of both sides; `lower` and `upper` are exact. No
    value is below that at which a factor is 0.
    """
    pulls = []
    for i, n in enumerate(nuisances):
        free, a, x = n.constraint == "free", float(measured[i]), float(fitted[i])
        before = (None, None) if free else _ends(n, a, 1.0)
        width = None if errors is None or np.isnan(errors[i]) else float(errors[i])
        after = (None, None) if width is None else _ends(n, x, width)
        pulls.append(
            Pull(
                name=n.name,
                constraint=n.constraint,
                prefit_value=None if free else n.value(a),
                prefit_error=None if free else float(n.slope(a)),
                prefit_lower=before[0],
                prefit_upper=before[1],
                value=n.value(x),
                error=None if width is None else float(n.slope(x)) * width,
                lower=after[0],
                upper=after[1],
                prefit_x=None if free else a,
                x=x,
                x_error=width,
            )
        )
    return tuple(pulls)


def _ends(nuisance: Nuisance, pull: float, width: float) -> tuple[float, float]:
    """Return the values at a pull minus and plus a width."""
    return float(nuisance.value(max(pull - width, nuisance.lowest))), float(nuisance.value(pull + width))
