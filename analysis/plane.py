"""Two parameters of interest at once: the profile likelihood over a plane, its minimum and its contours."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from iminuit import Minuit
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtri

from analysis.emptybins import check_possible
from analysis.failure import FitError, far_counts
from analysis.fitter import Fitter
from analysis.likelihood import Likelihood
from analysis.quality import FitQuality, quality
from analysis.ranges import experiment_range
from analysis.results import NO_MINIMUM
from analysis.waves import wave_points

__all__ = ["Plane", "PlaneResult", "fit_plane", "plane_threshold"]

Array = NDArray[np.float64]
Line = tuple[tuple[float, float], ...]

_STARTS = 4
_TOLERANCE = 1e-4


def plane_threshold(level: float, *, n_parameters: int = 2) -> float:
    """Compute the -2 Δln L inside which a region of so many parameters has a confidence level (Wilks).

    Examples
    --------
    >>> round(plane_threshold(0.95), 4), round(plane_threshold(0.95, n_parameters=1), 4)
    (5.9915, 3.8415)
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    return float(chdtri(n_parameters, 1 - level))


@dataclass(frozen=True, kw_only=True)
class PlaneResult:
    """A fit of two parameters.

    Parameters
    ----------
    names : tuple of two str
    x, y : ndarray, shapes (n_x,) and (n_y,)
        Values of the two parameters.
    delta : ndarray, shape (n_y, n_x)
        -2 Δln L above the minimum, profiled over the normalisations.
    best : tuple of two floats
        The minimum within the ranges of x and y.
    errors : tuple of two floats, or None
        Hesse errors; None where the minimum lies on an edge of the ranges, or is no parabola.
    correlation : float or None
    fval : float
        -2 ln L/L_saturated at the minimum.
    quality : FitQuality or None
        Whether the model describes the data at all, at the minimum within the ranges.
    """

    names: tuple[str, str]
    x: Array
    y: Array
    delta: Array
    best: tuple[float, float]
    errors: tuple[float, float] | None
    correlation: float | None
    fval: float
    quality: FitQuality | None = None

    def contours(self, threshold: float) -> tuple[Line, ...]:
        """Find the lines on which -2 Δln L has a value, as points (x, y); open ones end at the edges."""
        from contourpy import contour_generator  # noqa: PLC0415 (a part of matplotlib, needed here only)

        lines = contour_generator(self.x, self.y, self.delta).lines(threshold)
        return tuple(tuple((float(a), float(b)) for a, b in np.asarray(line)) for line in lines)


@dataclass(frozen=True, kw_only=True)
class Plane:
    """The profile likelihood of a data set over two parameters.

    Parameters
    ----------
    fitter : Fitter
        Its parameter of interest is x; the model holds all others.
    y : str
        The second parameter: of the model, or a nuisance parameter in the units in which it is reported.
    """

    fitter: Fitter
    y: str

    def __post_init__(self) -> None:
        templates = self.fitter.templates
        known = (*templates.model.parameters, *templates.names[1:])
        if self.y not in known:
            raise ValueError(
                f"{templates.model.label} has no parameter {self.y!r}: choose from {', '.join(known)}"
            )
        if self.y == self.x:
            raise ValueError(f"the two parameters of a plane must differ, got {self.x!r} twice")

    @property
    def x(self) -> str:
        """Name of the first parameter."""
        return self.fitter.templates.poi

    @cached_property
    def _held(self) -> int | None:
        """Number of the nuisance parameter that y is; None for a parameter of the model."""
        names = self.fitter.templates.names[1:]
        return names.index(self.y) if self.y in names else None

    def _profile(self, data: Likelihood, x: ArrayLike, y: float) -> Array:
        """Minimise -2 ln L over what is left, at values of x and one of y."""
        if self._held is not None:
            pull = self.fitter.templates.nuisances[self._held].pull(y)
            return data.profile(x, held={self._held: pull})[0]
        return replace(data, model=self.at(y)).profile(x)[0]

    def at(self, y: float) -> Fitter:
        """Return the fitter of x at a value of y; what stands inside the shapes is folded anew."""
        if y not in self._fitters:
            templates = self.fitter.templates
            model = templates.model.vary(**{self.y: float(y)})
            folded = tuple(
                f if f.serves(model) else templates.fold(e, model) for e, f in enumerate(templates.folded)
            )
            self._fitters[y] = replace(self.fitter, templates=replace(templates, model=model, folded=folded))
        return self._fitters[y]

    @cached_property
    def _fitters(self) -> dict[float, Fitter]:
        return {}

    def check(self, name: str, values: ArrayLike) -> Array:
        """Return values of a parameter, ascending, at least two, and in the range of a fit."""
        points = np.asarray(values, np.float64)
        if points.ndim != 1 or len(points) < 2 or not np.all(np.diff(points) > 0):
            raise ValueError(f"values of {name} must be at least two, and ascend")
        nuisance = None
        if name == self.y and self._held is not None:
            nuisance = self.fitter.templates.nuisances[self._held]
            positive = nuisance.constraint == "log-normal" or not nuisance.is_shape
            low, high = (0.0 if positive else -math.inf), math.inf
        else:
            templates = self.fitter.templates
            low, high = experiment_range(templates.experiments, templates.model, name)
        if nuisance and low == points[0] == 0.0 and nuisance.constraint == "log-normal":
            raise ValueError(f"values of {name}, which is log-normal, must be above 0, got 0")
        if points[0] < low or points[-1] > high:
            raise ValueError(
                f"values of {name} must lie between {low:g} and {high:g}, got {points[0]:g} to {points[-1]:g}"
            )
        return points

    def finer(self, name: str, values: Array, other: tuple[str, float]) -> Array:
        """Add points to the values of a Δm², whose minima may be much sharper than their distance.

        Parameters
        ----------
        name : str
        values : ndarray
        other : tuple of str and float
            The other parameter, and a value of it at which Δm² matters.
        """
        if name != "delta_m2":
            return values
        templates = self.fitter.templates
        model = templates.model.vary(**dict([other]))
        waves = wave_points(replace(templates, model=model, poi=name))
        return np.union1d(values, waves[(waves > values[0]) & (waves < values[-1])])

    def profile(self, data: Likelihood, x: float, y: float) -> float:
        """Minimise -2 ln L over the normalisations at a point."""
        return float(self._profile(data, x, y)[0])

    def quality(self, data: Likelihood, x: float, y: float) -> FitQuality:
        """Test the fit at a point against a χ²."""
        if self._held is not None:
            held = {self._held: self.fitter.templates.nuisances[self._held].pull(y)}
            values, pulls = data.profile(x, held=held)
            return quality(data, (x, *pulls[0]), float(values[0]))
        there = replace(data, model=self.at(y))
        values, pulls = there.profile(x)
        found = quality(there, (x, *pulls[0]), float(values[0]))
        return replace(found, ndof=found.ndof - 1)

    def scan(self, data: Likelihood, x: Array, y: Array) -> Array:
        """Evaluate the same over a grid, shape (n_y, n_x)."""
        values = np.empty((len(y), len(x)))
        for row, each in zip(values, y, strict=True):
            row[:] = self._profile(data, x, float(each))
        return values


def fit_plane(
    plane: Plane,
    counts: ArrayLike,
    x: Sequence[float],
    y: Sequence[float],
    auxiliary: ArrayLike | None = None,
) -> PlaneResult:
    """Fit two parameters, and scan the profile likelihood around.

    Parameters
    ----------
    plane : Plane
    counts : array_like, shape (n_bins,)
    x, y : sequence of float
        Values at which the likelihood is evaluated; the minimum is looked for between their ends, from the
        deepest points of the grid on, which for a Δm² is made finer.
    auxiliary : array_like, shape (n_nuisances,), optional
        Measured pulls; nominal without.

    Returns
    -------
    PlaneResult

    Raises
    ------
    ValueError
        If values do not ascend or leave the range of a fit, or the data have counts where exactly nothing is
        expected.
    FitError
        If no minimum is found.
    """
    grid_x, grid_y = plane.check(plane.x, x), plane.check(plane.y, y)
    check_possible(plane.fitter.templates, counts)
    data = plane.fitter.data(counts, auxiliary)
    values = plane.scan(data, grid_x, grid_y)
    fine_x = plane.finer(plane.x, grid_x, (plane.y, float(grid_y[-1])))
    fine_y = plane.finer(plane.y, grid_y, (plane.x, float(grid_x[-1])))
    fine = values if fine_x is grid_x and fine_y is grid_y else plane.scan(data, fine_x, fine_y)
    fits = [_minimise(plane, data, fine_x, fine_y, i, j) for j, i in _lowest(fine)]
    fits = [m for m in fits if m.fval is not None and np.all(np.isfinite([m.fval, *m.values]))]
    if not fits:
        raise FitError("; ".join(filter(None, [far_counts(data.templates, data.counts), NO_MINIMUM])))
    best = min(fits, key=lambda m: float(m.fval or 0.0))
    floor = min(float(best.fval or 0.0), float(values.min()))
    inside = all(_within(v, ends) for v, ends in zip(best.values, (grid_x, grid_y), strict=True))
    covariance = best.covariance if inside and best.accurate else None
    point = (float(best.values[0]), float(best.values[1]))
    return PlaneResult(
        names=(plane.x, plane.y),
        x=grid_x,
        y=grid_y,
        delta=values - floor,
        best=point,
        errors=None if covariance is None else (float(best.errors[0]), float(best.errors[1])),
        correlation=None if covariance is None else float(covariance.correlation()[0, 1]),
        fval=floor,
        quality=plane.quality(data, *point),
    )


def _within(value: float, ends: Array) -> bool:
    """Tell whether a value is not at an end of a range."""
    margin = 1e-6 * (ends[-1] - ends[0])
    return bool(ends[0] + margin < value < ends[-1] - margin)


def _lowest(values: Array) -> list[tuple[int, int]]:
    """List the deepest local minima of a grid as (row, column)."""
    padded = np.pad(values, 1, constant_values=np.inf)
    n, m = values.shape
    shifts = [(a, b) for a in (0, 1, 2) for b in (0, 1, 2) if (a, b) != (1, 1)]
    around = [padded[a : a + n, b : b + m] for a, b in shifts]
    rows, columns = np.nonzero(np.all([values <= each for each in around], axis=0))
    order = np.argsort(values[rows, columns], kind="stable")[:_STARTS]
    return [(int(rows[k]), int(columns[k])) for k in order]


def _minimise(plane: Plane, data: Likelihood, x: Array, y: Array, i: int, j: int) -> Minuit:
    """Run MIGRAD from a point of the grid, within its ends."""

    def cost(a: float, b: float) -> float:
        # where rounding hides every fall, MIGRAD tries NaN
        return math.inf if math.isnan(a) or math.isnan(b) else plane.profile(data, a, b)

    minuit = Minuit(cost, float(x[i]), float(y[j]), name=(plane.x, plane.y))
    minuit.errordef = Minuit.LEAST_SQUARES
    minuit.tol = _TOLERANCE
    for k, (points, index) in enumerate(((x, i), (y, j))):
        near = points[max(index - 1, 0) : index + 2]
        minuit.errors[k] = float(near[-1] - near[0]) / 4
        minuit.limits[k] = (float(points[0]), float(points[-1]))
    minuit.migrad()
    ends = ((float(points[0]), float(points[-1])) for points in (x, y))
    if minuit.valid and all(_within(v, np.array(e)) for v, e in zip(minuit.values, ends, strict=True)):
        for k in range(2):
            minuit.limits[k] = None  # MINUIT's limits bend the parabola
        minuit.hesse()
    return minuit
