"""Impacts: the shift of the estimate when a nuisance parameter is fixed one error from its best value."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from analysis.batch.engine import Problem
from analysis.fits import FitResult, Fitter
from analysis.likelihood import Likelihood
from analysis.model import EVEN, layouts
from analysis.quotation import name_with_unit, scale_of
from analysis.representation import estimate_row
from simgen.pictures import PURPLE, Level, Row, intervals
from simgen.representation import html_table, text_table

__all__ = ["Impact", "Impacts", "fit_impacts"]

Array = NDArray[np.float64]
Shift = float | None

_EXPANSIONS = 30
"""Largest number of expansions of a signal that is not a polynomial."""
_CLOSE = 3e-6
"""Distance at which expansions have converged, in errors of the parameter of interest."""
_WALK, _STRIDE = 40, 0.25
"""Largest number of steps down the profile, and their length in the same units."""
_SHOWN = 12
"""Most rows of a picture."""
_STEP = 0.01
"""Step of numerical derivatives in the parameter of interest, in the same units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """Impact of one nuisance parameter on the estimate of the parameter of interest.

    Parameters
    ----------
    name : str
    up, down : float or None
        Change of the estimate when the nuisance parameter is fixed at its best value plus, or minus, its
        error after the fit, and all others are fitted again; None if it has no error, or if no minimum is
        found.
    prefit_up, prefit_down : float or None
        The same with the uncertainty before the fit; None for a free parameter, too.
    """

    name: str
    up: Shift
    down: Shift
    prefit_up: Shift
    prefit_down: Shift

    @property
    def size(self) -> float:
        """The larger of both changes; 0 if neither is known."""
        return max((abs(s) for s in (self.up, self.down) if s is not None), default=0.0)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Impacts:
    """Impacts of all nuisance parameters of a fit.

    Parameters
    ----------
    parameter : str
        Parameter of interest.
    value : float or None
        Its estimate.
    error : float or None
        Its Hesse error.
    impacts : tuple of Impact
        The largest first.
    reason : str
        Why no impacts could be computed; else empty.
    """

    parameter: str
    value: float | None
    error: float | None
    impacts: tuple[Impact, ...]
    reason: str = ""

    def __repr__(self) -> str:
        return text_table(f"Impacts on {self.parameter}", self._rows())

    def _repr_html_(self) -> str:
        scale = scale_of(self.parameter, self.error, *(i.size for i in self.impacts))
        rows = [
            Row(name=i.name, spans=[ends], colour=PURPLE)
            for i in self.impacts[:_SHOWN]
            for ends in [tuple(sorted(s * scale.factor for s in (i.up, i.down) if s is not None))]
            if len(ends) == 2
        ]
        name = name_with_unit(f"change of {self.parameter}", scale)
        drawn = intervals(f"Impacts on {self.parameter}", rows, x=name, levels=[Level(x=0.0)] if rows else [])
        return html_table(f"Impacts on {self.parameter}", self._rows(), drawn)

    def _rows(self) -> list[tuple[str, str]]:
        shown = [estimate_row(self.parameter, self.value, self.error)]
        scale = scale_of(self.parameter, self.error, *(i.size for i in self.impacts))
        for i in self.impacts:
            shifts = (i.up, i.down, i.prefit_up, i.prefit_down)
            up, down, prefit_up, prefit_down = (scale.text(shift) for shift in shifts)
            before = f"before the fit {prefit_up} and {prefit_down}"
            shown.append((i.name, f"{up} at +1 error, {down} at -1 error; {before}"))
        return [*shown, ("none", self.reason)] if self.reason else shown


@np.errstate(under="ignore")
def fit_impacts(fitter: Fitter, data: Likelihood, result: FitResult) -> Impacts:
    """Compute the impacts of the nuisance parameters on the estimate of the parameter of interest.

    Parameters
    ----------
    fitter : Fitter
    data : Likelihood
        The fitted data.
    result : FitResult
        Result of the fit.

    Notes
    -----
    A nuisance parameter is fixed at x̂ ± σ_x, or at the end of its range. From the minimum of the fit, the
    other parameters are followed to the minimum of the conditional likelihood in the same basin. If -2 ln L
    is a parabola, the impact is ± V_θx/σ_x.
    """
    estimate = result.estimate
    if not result.valid or estimate.value is None:
        return Impacts(
            parameter=result.poi, value=None, error=None, impacts=(), reason=result.reason or "no minimum"
        )
    if estimate.error is None:
        reason = f"{result.poi} has no Hesse error at the minimum: {estimate.error_reason}"
        return Impacts(parameter=result.poi, value=estimate.value, error=None, impacts=(), reason=reason)
    refits = _Refits(fitter=fitter, data=data, result=result)
    impacts = [refits.impact(number) for number in range(len(result.pulls))]
    return Impacts(
        parameter=result.poi,
        value=estimate.value,
        error=estimate.error,
        impacts=tuple(sorted(impacts, key=lambda impact: -impact.size)),
    )


@dataclass(frozen=True, kw_only=True)
class _Refits:
    """Fits of one data set with one nuisance parameter fixed; they start from the minimum of the free fit."""

    fitter: Fitter
    data: Likelihood
    result: FitResult

    @property
    def best(self) -> Array:
        """The parameter of interest and the pulls at the minimum."""
        return np.array([self.result.estimate.value, *(p.x for p in self.result.pulls)])

    @property
    def error(self) -> float:
        """Error of the parameter of interest."""
        return float(self.result.estimate.error or 0.0)

    def impact(self, number: int) -> Impact:
        """Compute the impact of one nuisance parameter."""
        pull = self.result.pulls[number]
        wide = None if pull.prefit_x is None else 1.0
        moves = [None if w is None else sign * w for w in (pull.x_error, wide) for sign in (1, -1)]
        centre = self.refit(number, [0.0])[0]
        shifts: list[Shift] = []
        for move, estimate in zip(moves, self.refit(number, [m or 0.0 for m in moves]), strict=True):
            is_known = move is not None and math.isfinite(estimate) and math.isfinite(centre)
            shifts.append(estimate - centre if is_known else None)
        return Impact(
            name=pull.name, up=shifts[0], down=shifts[1], prefit_up=shifts[2], prefit_down=shifts[3]
        )

    def refit(self, number: int, moves: list[float]) -> list[float]:
        """Return the estimates with a nuisance parameter moved from its best value; NaN if a fit fails."""
        lowest = self.fitter.templates.nuisances[number].lowest
        starts = np.array([self._start(number, move) for move in moves])
        starts[:, 1 + number] = np.maximum(starts[:, 1 + number], lowest)
        if self.fitter.templates.coefficients is not None:
            estimates = [float(x) for x in self._minima(number, starts)[:, 0]]
        else:
            estimates = [self._followed(number, start) for start in starts]
        return [
            x if math.isfinite(x) else self._descended(number, start)
            for x, start in zip(estimates, starts, strict=True)
        ]

    def _start(self, number: int, move: float) -> Array:
        """Move a nuisance parameter and all others along the valley, if the covariance is known."""
        covariance = self.result.covariance
        direction = np.zeros(len(self.best))
        direction[1 + number] = 1.0
        if covariance is not None and covariance.pulls is not None:
            column = np.array(covariance.pulls)[:, 1 + number]
            direction = column / column[1 + number]
        low, high = self.fitter.range
        point = self.best + move * direction
        point[0] = min(max(point[0], low), high)
        return point

    def _minima(self, number: int, starts: Array) -> Array:
        """Minimise, with the signal expanded around the first start, shape (n, 1 + n_nuisances)."""
        data, size = self.data, len(starts)
        layout = layouts.expanded(
            data.templates, data.kind, data.spread, float(starts[0, 0]), _STEP * self.error
        )
        problem = Problem(
            layout=layout,
            counts=np.tile(data.counts, (size, 1)),
            auxiliary=np.tile(data.auxiliary, (size, 1)),
            held=np.arange(len(self.result.pulls)) == number,
            pulls=starts[:, 1:],
        )
        minima, _, failed = problem.minima(starts[:, 0], *self.fitter.range)
        minima[failed] = math.nan
        if data.templates.poi in EVEN:
            minima[:, 0] = np.abs(minima[:, 0])
        return minima

    def _descended(self, number: int, start: Array) -> float:
        """Walk down the profile, and minimise by Brent's method: for points where the compiled fit fails."""
        low, high = self.fitter.range
        held = {number: float(start[1 + number])}

        def profile(poi: float) -> float:
            value = float(self.data.profile(poi, held=held)[0][0])
            return value if math.isfinite(value) else math.inf

        best, value = float(start[0]), profile(float(start[0]))
        for sign in (1.0, -1.0):
            for _ in range(_WALK):
                next_value = min(max(best + sign * _STRIDE * self.error, low), high)
                lower = profile(next_value)
                if not lower < value:
                    break
                best, value = next_value, lower
        bounds = max(best - _STRIDE * self.error, low), min(best + _STRIDE * self.error, high)
        if not math.isfinite(value) or not bounds[0] < bounds[1]:
            return math.nan
        optimum = minimize_scalar(profile, bounds=bounds, options={"xatol": _CLOSE * self.error})
        return float(optimum.x) if optimum.success and optimum.fun <= value else best

    def _followed(self, number: int, start: Array) -> float:
        """Expand the signal around each new minimum, until this converges."""
        centre = start
        for _ in range(_EXPANSIONS):
            minimum = self._minima(number, centre[None])[0]
            if not np.all(np.isfinite(minimum)):
                break
            if abs(minimum[0] - centre[0]) < _CLOSE * self.error:
                return float(minimum[0])
            # the expansion is valid near its centre
            step = np.clip(minimum[0] - centre[0], -self.error, self.error)
            centre = np.concatenate([[centre[0] + step], minimum[1:]])
        return math.nan
