"""Minimum of -2 ln L over the physical range of two parameters, and their errors."""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from iminuit import Minuit
from numpy.typing import ArrayLike, NDArray

from analysis.contours.scan import plane_starts
from analysis.fits import NO_MINIMUM, Fitter, fit_counts
from analysis.likelihood import TIE, FitError, far_counts
from analysis.model import EVEN

if TYPE_CHECKING:
    from analysis.contours.plane import Plane
    from analysis.likelihood import Likelihood

__all__ = ["PlaneMinimum", "fitted_minimum", "searched_minimum"]

Array = NDArray[np.float64]
Pair = tuple[float, float]

_TOLERANCE, _TIGHT = 1e-4, 1e-7
"""Tolerances of MIGRAD from each start, and of the final fit: estimates within 1e-5 of the error."""
_ALONG = 0.1, 10.0
"""Rise of -2 ln L at one error from the minimum (1 for a parabola) between which the error is valid."""
_FAR = 0.99
"""A value beyond this share of the grid's last value counts as its end."""
_CALLS = 250
"""Largest number of evaluations by MIGRAD from one start."""
_AT_END = 1e-3
"""A parameter closer than this to an end of its range, in errors, counts as at that end."""
_SINGULAR = 1e-7
"""Least ratio of the eigenvalues of the correlation matrix if the data distinguish the two parameters."""


@dataclass(frozen=True, kw_only=True)
class PlaneMinimum:
    """The deepest minimum within the physical range of two parameters.

    Parameters
    ----------
    point : tuple of two floats
    fval : float
        -2 ln L/L_saturated there.
    errors : tuple of two, float or None
        Hesse errors.
    reasons : tuple of two str
        Why an error does not exist; empty if it does.
    correlation : float or None
    open_ends : tuple of str
        Parameters with an unbounded range whose minimum is at the end of the searched values.
    converged : bool
        Whether MIGRAD found the minimum valid; if not, a deeper one may lie along a valley.
    """

    point: Pair
    fval: float
    errors: tuple[float | None, float | None] = (None, None)
    reasons: tuple[str, str] = ("", "")
    correlation: float | None = None
    open_ends: tuple[str, ...] = ()
    converged: bool = True


def fitted_minimum(plane: "Plane", counts: ArrayLike, auxiliary: ArrayLike | None) -> PlaneMinimum:
    """Find the minimum if the second parameter is a nuisance parameter, by a fit of the first one.

    Raises
    ------
    FitError
        If no minimum is found.
    """
    bounded = replace(plane.fitter, bounded=True)
    fit = fit_counts(bounded, counts, auxiliary, method="hesse")
    if fit.failure:
        raise FitError(fit.failure)
    estimates = [fit.parameters[name] for name in plane.names]
    errors, reasons = [e.error for e in estimates], [e.error_reason for e in estimates]
    point = (float(estimates[0].value or 0.0), float(estimates[1].value or 0.0))
    low, _ = estimates[1].range
    if errors[1] is not None and point[1] - low < _AT_END * errors[1]:
        errors[1], reasons[1] = None, _at_end(plane.y, point[1])
    correlation = None
    if None not in errors and fit.covariance is not None and fit.covariance.correlation is not None:
        index = fit.covariance.names.index(plane.y)
        correlation = float(fit.covariance.correlation[0][index])
    return PlaneMinimum(
        point=point,
        fval=float(fit.fval),
        errors=(errors[0], errors[1]),
        reasons=(reasons[0], reasons[1]),
        correlation=correlation,
        open_ends=(plane.x,) if _is_open(bounded, point[0]) else (),
    )


def searched_minimum(
    plane: "Plane", data: "Likelihood", drawn: tuple[Array, Array], values: Array
) -> PlaneMinimum:
    """Find the minimum over two parameters of the model.

    Parameters
    ----------
    plane : Plane
    data : Likelihood
    drawn : tuple of two ndarrays
        Values of both at which the profile is known; the search starts from the deepest of them, too.
    values : ndarray, shape (n_y, n_x)
        The profile there.

    Notes
    -----
    Both parameters are scanned at the points of `FitModel.grid`. At each value of one parameter the local
    minima in the other are refined; MIGRAD starts from the deepest of these.

    Raises
    ------
    FitError
        If no minimum is found.
    """
    return _Search(plane=plane, data=data, drawn=drawn, values=values).minimum()


@dataclass(frozen=True, kw_only=True)
class _Search:
    plane: "Plane"
    data: "Likelihood"
    drawn: tuple[Array, Array]
    values: Array

    def minimum(self) -> PlaneMinimum:
        axes = (
            self.plane.axis(self.plane.x, self.drawn[1]),
            self.plane.axis(self.plane.y, self.drawn[0]),
        )
        starts = plane_starts(self.plane, self.data, axes, self.drawn, self.values)
        minima = [minimum for start in starts if (minimum := self._migrad(axes, start)) is not None]
        if not minima:
            data = self.data
            raise FitError("; ".join(filter(None, [far_counts(data.templates, data.counts), NO_MINIMUM])))
        deepest = min(minima, key=lambda minimum: minimum[1])
        point, fval = self._at_ends(axes, *deepest[:2])
        fixed = tuple(v in a.physical for a, v in zip(axes, point, strict=True))
        converged = True
        if not all(fixed):
            final = self._migrad(axes, point, fixed=fixed, tolerance=_TIGHT)
            if final is not None:
                point, fval, converged = final
        open_ends = tuple(a.templates.poi for a, v in zip(axes, point, strict=True) if _is_open(a, v))
        errors, reasons, correlation = self._errors(axes, point, fval, open_ends)
        return PlaneMinimum(
            point=point,
            fval=fval,
            errors=errors,
            reasons=reasons,
            correlation=correlation,
            open_ends=open_ends,
            converged=converged,
        )

    def _cost(self, x: float, y: float) -> float:
        """Evaluate the profile; infinity outside the physical range."""
        if math.isnan(x) or math.isnan(y):  # MIGRAD tries NaN where rounding hides small decreases
            return math.inf
        low, high = self.plane.ends(y)
        if not low <= x <= high:
            return math.inf
        try:
            value = self.plane.profile(self.data, x, y)
        except ValueError:  # no minimum over the pulls is found, or the model is not defined there
            return math.inf
        return value if math.isfinite(value) else math.inf

    def _migrad(
        self,
        axes: tuple[Fitter, Fitter],
        start: Pair,
        *,
        fixed: tuple[bool, ...] = (False, False),
        tolerance: float = _TOLERANCE,
    ) -> tuple[Pair, float, bool] | None:
        """Run MIGRAD within the physical ranges; parameters are in units of the resolution."""
        units = [a.width for a in axes]
        minuit = Minuit(lambda a, b: self._cost(a * units[0], b * units[1]), 0.0, 0.0, name=self.plane.names)
        minuit.errordef = Minuit.LEAST_SQUARES
        minuit.tol, minuit.fixed = tolerance, fixed
        for k, axis in enumerate(axes):
            low, high = axis.physical
            minuit.errors[k] = 0.5
            minuit.limits[k] = (
                low / units[k] if low > -math.inf else None,
                high / units[k] if high < math.inf else None,
            )
            even = axis.templates.poi in EVEN and start[k] < 0.1 * units[k] and not fixed[k]
            minuit.values[k] = 0.1 if even else start[k] / units[k]  # at 0 the slope vanishes
        minuit.migrad(ncall=_CALLS)
        if not minuit.valid and tolerance == _TIGHT:
            minuit.simplex(ncall=_CALLS)
            minuit.migrad(ncall=_CALLS)
        start_value = self._cost(*start)
        if minuit.fval is None or not np.all(np.isfinite([minuit.fval, *minuit.values])):
            return (start, start_value, False) if math.isfinite(start_value) else None
        point = (float(minuit.values[0]) * units[0], float(minuit.values[1]) * units[1])
        fval = self._cost(*point)
        deeper = (start, start_value) if start_value < fval else (point, fval)
        return *deeper, bool(minuit.valid)

    def _at_ends(self, axes: tuple[Fitter, Fitter], point: Pair, fval: float) -> tuple[Pair, float]:
        """Move parameters to an end of the physical range if -2 ln L is the same there within rounding."""
        for k, axis in enumerate(axes):
            for end in axis.physical:
                if not math.isfinite(end) or abs(point[k] - end) > axis.width:
                    continue
                candidate = (end, point[1]) if k == 0 else (point[0], end)
                value = self._cost(*candidate)
                if value <= fval + TIE:
                    point, fval = candidate, min(value, fval)
        return point, fval

    def _errors(
        self, axes: tuple[Fitter, Fitter], point: Pair, fval: float, open_ends: tuple[str, ...]
    ) -> tuple[tuple[float | None, float | None], tuple[str, str], float | None]:
        """Compute errors and correlation from the second derivatives; without them, the reasons."""
        names = self.plane.names
        for name, axis, value in zip(names, axes, point, strict=True):
            if value in axis.physical and not (name in EVEN and value == 0):
                reason = _at_end(name, value)
                return (None, None), (reason, reason), None
        if open_ends:
            reason = f"-2 ln L does not rise in {' and '.join(open_ends)} as far as it was searched"
            return (None, None), (reason, reason), None
        no_parabola = f"-2 ln L is no parabola in {names[0]} and {names[1]} at the minimum"
        covariance = self._covariance(axes, point, fval)
        if covariance is None:
            return (None, None), (no_parabola, no_parabola), None
        errors: list[float | None] = [float(e) for e in np.sqrt(np.diag(covariance))]
        reasons = ["", ""]
        correlation = float(covariance[0, 1] / np.sqrt(np.prod(np.diag(covariance))))
        for k, name in enumerate(names):
            if name in EVEN and point[k] < float(errors[k] or 0.0):
                errors[k] = None  # the likelihood is no parabola about 0
                reasons[k] = f"{name} is within its error of 0, where -2 ln L is no parabola"
        has_both = None not in errors
        return (errors[0], errors[1]), (reasons[0], reasons[1]), correlation if has_both else None

    def _covariance(self, axes: tuple[Fitter, Fitter], point: Pair, fval: float) -> Array | None:
        """Invert the second derivatives of the profile; None if it is no parabola within the ranges."""
        even = [name in EVEN for name in self.plane.names]
        units = [a.width for a in axes]

        def cost(a: float, b: float) -> float:
            x, y = (abs(v * u) if e else v * u for v, u, e in zip((a, b), units, even, strict=True))
            return self._cost(x, y)

        minuit = Minuit(cost, point[0] / units[0], point[1] / units[1])
        minuit.errordef, minuit.strategy = Minuit.LEAST_SQUARES, 2
        for k in range(2):
            minuit.errors[k] = 0.5
        minuit.hesse()
        if minuit.covariance is None or not minuit.accurate:
            return None
        covariance = np.array(minuit.covariance)
        sizes = np.sqrt(np.diag(covariance))
        widths = [(a.physical[1] - a.physical[0]) / a.width for a in axes]
        if np.any(sizes > widths):
            return None
        values, vectors = np.linalg.eigh(covariance / sizes / sizes[:, None])
        if not values[0] > _SINGULAR * values[1]:
            return None
        for value, vector in zip(values, vectors.T, strict=True):
            step = math.sqrt(value) * sizes * vector
            rises = [cost(*(np.array(minuit.values) + sign * step)) - fval for sign in (1, -1)]
            if not any(_ALONG[0] < rise < _ALONG[1] for rise in rises):
                return None  # this curvature is due to rounding, not to the data
        return np.asarray(covariance * np.outer(units, units))


def _is_open(axis: Fitter, value: float) -> bool:
    """Tell whether a value is at the end of the searched values although the physical range is unbounded."""
    (low, high), grid = axis.physical, axis.grid
    above = math.isinf(high) and value > _FAR * grid[-1]
    return bool(above or (math.isinf(low) and value < _FAR * grid[0]))


def _at_end(name: str, value: float) -> str:
    return f"{name} = {value:g} is at the end of its range, where -2 ln L is no parabola"
