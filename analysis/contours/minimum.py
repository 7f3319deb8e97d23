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
"""Of MIGRAD, from each start and at last: estimates within 1e-5 of the error."""
_ALONG = 0.1, 10.0
"""Rise of -2 ln L at one error from the minimum, 1 for a parabola, within which there is an error."""
_FAR = 0.99
"""Share of the search's reach beyond which its end is."""
_CALLS = 250
"""Evaluations of MIGRAD from one start."""
_AT_END = 1e-3
"""A parameter closer than this to an end of its range, in errors, is there."""
_SINGULAR = 1e-7
"""Smallest eigenvalue of the second derivatives, scaled to 1 on the diagonal, of parameters told apart."""


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
        Why there is no error; empty where there is one.
    correlation : float or None
    open_ends : tuple of str
        Parameters in which -2 ln L does not rise as far as it was searched, and the range has no end.
    converged : bool
        Whether MIGRAD found the minimum valid; a deeper one may lie along a valley if not.
    """

    point: Pair
    fval: float
    errors: tuple[float | None, float | None] = (None, None)
    reasons: tuple[str, str] = ("", "")
    correlation: float | None = None
    open_ends: tuple[str, ...] = ()
    converged: bool = True


def fitted_minimum(plane: "Plane", counts: ArrayLike, auxiliary: ArrayLike | None) -> PlaneMinimum:
    """Find the minimum where the second parameter is a nuisance parameter: that of a fit of the first.

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
    Both are scanned over their physical ranges, as `FitModel.grid` has them. At each value of one parameter
    the local minima in the other are refined; MIGRAD starts from the deepest of these.

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
        found = [one for start in starts if (one := self._migrad(axes, start)) is not None]
        if not found:
            data = self.data
            raise FitError("; ".join(filter(None, [far_counts(data.templates, data.counts), NO_MINIMUM])))
        best = min(found, key=lambda one: one[1])
        point, fval = self._at_ends(axes, *best[:2])
        fixed = tuple(v in a.physical for a, v in zip(axes, point, strict=True))
        converged = True
        if not all(fixed):
            last = self._migrad(axes, point, fixed=fixed, tolerance=_TIGHT)
            if last is not None:
                point, fval, converged = last
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
        if math.isnan(x) or math.isnan(y):  # where rounding hides every fall, MIGRAD tries NaN
            return math.inf
        low, high = self.plane.ends(y)
        if not low <= x <= high:
            return math.inf
        try:
            found = self.plane.profile(self.data, x, y)
        except ValueError:  # no minimum over the pulls is found, or the model is not defined there
            return math.inf
        return found if math.isfinite(found) else math.inf

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
        began = self._cost(*start)
        if minuit.fval is None or not np.all(np.isfinite([minuit.fval, *minuit.values])):
            return (start, began, False) if math.isfinite(began) else None
        point = (float(minuit.values[0]) * units[0], float(minuit.values[1]) * units[1])
        fval = self._cost(*point)
        deeper = (start, began) if began < fval else (point, fval)
        return *deeper, bool(minuit.valid)

    def _at_ends(self, axes: tuple[Fitter, Fitter], point: Pair, fval: float) -> tuple[Pair, float]:
        """Move parameters to an end of the physical range if -2 ln L is as deep there within rounding."""
        for k, axis in enumerate(axes):
            for end in axis.physical:
                if not math.isfinite(end) or abs(point[k] - end) > axis.width:
                    continue
                at = (end, point[1]) if k == 0 else (point[0], end)
                value = self._cost(*at)
                if value <= fval + TIE:
                    point, fval = at, min(value, fval)
        return point, fval

    def _errors(
        self, axes: tuple[Fitter, Fitter], point: Pair, fval: float, open_ends: tuple[str, ...]
    ) -> tuple[tuple[float | None, float | None], tuple[str, str], float | None]:
        """Compute errors of both from the second derivatives, or say why there are none."""
        names = self.plane.names
        for name, axis, value in zip(names, axes, point, strict=True):
            if value in axis.physical and not (name in EVEN and value == 0):
                reason = _at_end(name, value)
                return (None, None), (reason, reason), None
        if open_ends:
            reason = f"-2 ln L does not rise in {' and '.join(open_ends)} as far as it was searched"
            return (None, None), (reason, reason), None
        none = f"-2 ln L is no parabola in {names[0]} and {names[1]} at the minimum"
        covariance = self._covariance(axes, point, fval)
        if covariance is None:
            return (None, None), (none, none), None
        errors: list[float | None] = [float(e) for e in np.sqrt(np.diag(covariance))]
        reasons = ["", ""]
        correlation = float(covariance[0, 1] / np.sqrt(np.prod(np.diag(covariance))))
        for k, name in enumerate(names):
            if name in EVEN and point[k] < float(errors[k] or 0.0):
                errors[k] = None  # the likelihood is no parabola about 0
                reasons[k] = f"{name} is within its error of 0, where -2 ln L is no parabola"
        both = None not in errors
        return (errors[0], errors[1]), (reasons[0], reasons[1]), correlation if both else None

    def _covariance(self, axes: tuple[Fitter, Fitter], point: Pair, fval: float) -> Array | None:
        """Invert the second derivatives of the profile; None where it is no parabola within the ranges."""
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
        found = np.array(minuit.covariance)
        sizes = np.sqrt(np.diag(found))
        widths = [(a.physical[1] - a.physical[0]) / a.width for a in axes]
        if np.any(sizes > widths):
            return None
        values, vectors = np.linalg.eigh(found / sizes / sizes[:, None])
        if not values[0] > _SINGULAR * values[1]:
            return None
        for value, vector in zip(values, vectors.T, strict=True):
            step = math.sqrt(value) * sizes * vector
            rises = [cost(*(np.array(minuit.values) + sign * step)) - fval for sign in (1, -1)]
            if not any(_ALONG[0] < rise < _ALONG[1] for rise in rises):
                return None  # rounding, not the data, gives such a curvature
        return np.asarray(found * np.outer(units, units))


def _is_open(axis: Fitter, value: float) -> bool:
    """Tell whether a value is as far out as the search goes, where the physical range has no end."""
    (low, high), grid = axis.physical, axis.grid
    above = math.isinf(high) and value > _FAR * grid[-1]
    return bool(above or (math.isinf(low) and value < _FAR * grid[0]))


def _at_end(name: str, value: float) -> str:
    return f"{name} = {value:g} is at the end of its range, where -2 ln L is no parabola"
