"""Profile likelihood over the plane of two parameters, and the fit of both."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.contours.minimum import fitted_minimum, searched_minimum
from analysis.contours.result import PlaneResult, plane_threshold
from analysis.fits import FitQuality, Fitter, quality
from analysis.likelihood import TIE, Likelihood
from analysis.model import Templates, check_possible, experiment_range
from simgen.interaction import Model
from simgen.parameters import parameter_range

__all__ = ["Plane", "PlaneResult", "fit_plane", "plane_threshold"]

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Plane:
    """The profile likelihood of a data set over two parameters.

    Parameters
    ----------
    fitter : Fitter
        Its parameter of interest is x; the model holds all others.
    y : str
        The second parameter: a parameter of the model, or a nuisance parameter in its reported unit.
    """

    fitter: Fitter
    y: str

    def __post_init__(self) -> None:
        templates = self.fitter.templates
        names = (*templates.model.parameters, *templates.names[1:])
        if self.y not in names:
            raise ValueError(
                f"{templates.model.label} has no parameter {self.y!r}: choose from {', '.join(names)}"
            )
        if self.y == self.x:
            raise ValueError(f"the two parameters of a plane must differ, got {self.x!r} twice")

    @property
    def x(self) -> str:
        """Name of the first parameter."""
        return self.fitter.templates.poi

    @property
    def names(self) -> tuple[str, str]:
        """Names of both parameters."""
        return self.x, self.y

    @property
    def is_nuisance(self) -> bool:
        """Whether the second parameter is a nuisance parameter."""
        return self._nuisance_index is not None

    @cached_property
    def _nuisance_index(self) -> int | None:
        """Index of y among the nuisance parameters; None for a parameter of the model."""
        names = self.fitter.templates.names[1:]
        return names.index(self.y) if self.y in names else None

    def _profile(self, data: Likelihood, x: ArrayLike, y: float) -> Array:
        """Minimise -2 ln L over the nuisance parameters other than y, at values of x and one value of y."""
        if self._nuisance_index is not None:
            pull = self.fitter.templates.nuisances[self._nuisance_index].pull(y)
            return data.profile(x, held={self._nuisance_index: pull})[0]
        return replace(data, model=self.at(y)).profile(x)[0]

    def at(self, y: float) -> Fitter:
        """Return the fitter of x at a value of y; if y changes the shapes, the signal is folded again."""
        if y not in self._fitters:
            model = self.fitter.templates.model.vary(**{self.y: float(y)})
            self._fitters[y] = replace(self.fitter, templates=self._refolded(model, self.x))
        return self._fitters[y]

    def _refolded(self, model: Model, poi: str) -> Templates:
        templates = self.fitter.templates
        folded = tuple(
            f if f.serves(model) else templates.fold(e, model) for e, f in enumerate(templates.folded)
        )
        return replace(templates, model=model, folded=folded, poi=poi)

    @cached_property
    def _fitters(self) -> dict[float, Fitter]:
        return {}

    def check(self, name: str, values: ArrayLike) -> Array:
        """Return values of a parameter, ascending, at least two, and in the range of a fit."""
        points = np.asarray(values, np.float64)
        if points.ndim != 1 or len(points) < 2 or not np.all(np.diff(points) > 0):
            raise ValueError(f"values of {name} must be at least two, and ascend")
        nuisance = None
        if name == self.y and self._nuisance_index is not None:
            nuisance = self.fitter.templates.nuisances[self._nuisance_index]
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

    def inside(self, x: Array, y: Array) -> NDArray[np.bool_]:
        """Tell which points of a grid are physical, shape (n_y, n_x)."""
        is_physical = np.zeros((len(y), len(x)), np.bool_)
        for row, value in zip(is_physical, y, strict=True):
            low, high = self.ends(float(value))
            row[:] = (x >= low) & (x <= high)
        return is_physical

    def ends(self, y: float) -> tuple[float, float]:
        """Return the physical range of x at a value of y; (∞, -∞), an empty one, if y is not physical."""
        if self.is_nuisance:
            return self.fitter.physical
        low, high = parameter_range(self.y)
        try:
            return self.at(y).physical if low <= y <= high else (math.inf, -math.inf)
        except ValueError:  # the model is not defined at this y
            return math.inf, -math.inf

    def axis(self, name: str, others: Array) -> Fitter:
        """Return the fitter of one of two parameters of the model, for its range, resolution and grid.

        Parameters
        ----------
        name : str
        others : ndarray
            Values of the other parameter. They replace the model's value if with that the counts do not
            depend on this parameter, like Δm² without mixing.
        """
        templates = self.fitter.templates
        other = self.x if name == self.y else self.y
        other_value = templates.model.parameters[other]
        fitters: list[Fitter] = []
        for value in (other_value, float(others[-1]), float(others[0])):
            try:
                model = templates.model.vary(**{other: value})
                fitter = replace(self.fitter, templates=self._refolded(model, name))
                fitters.append(fitter)
                if math.isfinite(fitter.scale):
                    return fitter
            except ValueError as error:  # for example γ = 0 with a mixing angle
                reason = error
        if not fitters:
            raise reason
        return fitters[0]

    def swapped(self, fitter: Fitter) -> "Plane":
        """Return the plane with x and y exchanged; the fitter is one of y."""
        return Plane(fitter=fitter, y=self.x)

    def profiles(self, data: Likelihood, x: Array, y: float) -> Array:
        """Minimise -2 ln L over the nuisance parameters at values of x and one of y, shape (n_x,)."""
        return self._profile(data, x, y)

    def profile(self, data: Likelihood, x: float, y: float) -> float:
        """Minimise -2 ln L over the nuisance parameters at a point."""
        return float(self._profile(data, x, y)[0])

    def quality(self, data: Likelihood, x: float, y: float) -> FitQuality:
        """Test the fit at a point with a χ² distribution."""
        if self._nuisance_index is not None:
            fixed_pulls = {
                self._nuisance_index: self.fitter.templates.nuisances[self._nuisance_index].pull(y)
            }
            values, pulls = data.profile(x, held=fixed_pulls)
            return quality(data, (x, *pulls[0]), float(values[0]))
        data_at_y = replace(data, model=self.at(y))
        values, pulls = data_at_y.profile(x)
        result = quality(data_at_y, (x, *pulls[0]), float(values[0]))
        return replace(result, ndof=result.ndof - 1)

    def scan(self, data: Likelihood, x: Array, y: Array) -> Array:
        """Evaluate the profile on a grid, shape (n_y, n_x)."""
        values = np.empty((len(y), len(x)))
        for row, y_value in zip(values, y, strict=True):
            row[:] = self._profile(data, x, float(y_value))
        return values


def fit_plane(
    plane: Plane,
    counts: ArrayLike,
    x: Sequence[float],
    y: Sequence[float],
    auxiliary: ArrayLike | None = None,
) -> PlaneResult:
    """Fit two parameters, and scan the profile likelihood over given values.

    Parameters
    ----------
    plane : Plane
    counts : array_like, shape (n_bins,)
    x, y : sequence of float
        Values at which the likelihood is evaluated. The minimum is searched in the physical ranges.
    auxiliary : array_like, shape (n_nuisances,), optional
        Measured pulls; by default nominal.

    Returns
    -------
    PlaneResult

    Raises
    ------
    ValueError
        If values are not ascending or leave the range of a fit, or if the data have counts where exactly 0 is
        expected.
    FitError
        If no minimum is found.
    """
    grid_x, grid_y = plane.check(plane.x, x), plane.check(plane.y, y)
    check_possible(plane.fitter.templates, counts)
    data = plane.fitter.data(counts, auxiliary)
    values = plane.scan(data, grid_x, grid_y)
    if plane.is_nuisance:
        minimum = fitted_minimum(plane, counts, auxiliary)
    else:
        minimum = searched_minimum(plane, data, (grid_x, grid_y), values)
    physical = plane.inside(grid_x, grid_y)
    lowest_drawn = float(values[physical].min(initial=np.inf))
    floor = min(minimum.fval, lowest_drawn)
    delta = values - floor
    outside = tuple(
        name
        for name, value, grid in zip(plane.names, minimum.point, (grid_x, grid_y), strict=True)
        if not grid[0] <= value <= grid[-1] and lowest_drawn > floor + TIE
    )
    return PlaneResult(
        names=plane.names,
        x=grid_x,
        y=grid_y,
        delta=delta,
        best=minimum.point,
        errors=None if minimum.errors == (None, None) else minimum.errors,
        correlation=minimum.correlation,
        fval=floor,
        quality=plane.quality(data, *minimum.point),
        error_reasons=minimum.reasons,
        outside=outside,
        open_ends=minimum.open_ends,
        converged=minimum.converged,
    )
