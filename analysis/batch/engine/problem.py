"""Fits of many data sets at once: minima, profiles, crossings and errors, on all threads."""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.batch.engine._kernels import batch as _batch
from analysis.batch.engine._kernels.layout import Layout
from analysis.batch.engine._kernels.profile_points import N_POINTS
from analysis.batch.engine._kernels.registers import LANES
from analysis.batch.engine.profile import ProfilePoints, Sought
from analysis.batch.engine.program import make_program
from simgen._kernels.machine.jit import has_to_be_compiled
from simgen.threads import in_chunks

__all__ = ["Problem", "are_fits_compiled"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Data sets of one layout.

    Parameters
    ----------
    layout : Layout
        See `analysis.model.layouts`.
    counts : ndarray, shape (n, n_bins)
    auxiliary : ndarray, shape (n, n_nuisances)
        Measured pulls.
    held : ndarray of bool, shape (n_nuisances,), or None
        Nuisance parameters that keep their starting values.
    pulls : ndarray, shape (n_nuisances,), or None
        Starting values; the measured ones if not given.
    """

    layout: Layout
    counts: Array
    auxiliary: Array
    held: Mask | None = None
    pulls: Array | None = None

    @property
    def size(self) -> int:
        """Number of data sets."""
        return len(self.counts)

    @property
    def vague(self) -> Mask:
        """Which parameters the counts cannot distinguish from others, shape (1 + n_nuisances,)."""
        return np.concatenate([[False], self.layout.nuisances[:, 2] > 0])

    def of(self, which: NDArray[np.intp]) -> "Problem":
        """Return the problem of some of the data sets, given by their indices, which may repeat."""
        if len(which) == self.size and np.array_equal(which, np.arange(self.size)):
            return self
        return replace(self, counts=self.counts[which], auxiliary=self.auxiliary[which])

    def minima(
        self, starts: Array, low: float, high: float, *, estimator: Array | None = None
    ) -> tuple[Array, Array, Mask]:
        """Run free fits.

        Parameters
        ----------
        starts : ndarray, shape (n,), (n, 1 + n_nuisances) or (k, n, 1 + n_nuisances)
            Starting values of the parameter of interest, or of all parameters, or k starts of each data set.
        low, high : float
            Range of the parameter of interest.
        estimator : ndarray, shape (1 + n_nuisances, 1 + n_bins + n_nuisances), optional
            The starting values are this matrix times (1, counts, auxiliary).

        Returns
        -------
        parameters : ndarray, shape (n, 1 + n_nuisances)
            The parameter of interest, then the pulls.
        values : ndarray, shape (n,)
            -2 ln L/L_saturated at the minimum.
        failed : ndarray of bool, shape (n,)
            All three have a first axis of length k if there are k starts of each data set.
        """
        if np.ndim(starts) == 3:
            points = self._points(starts.reshape(-1, starts.shape[2]))
            parameters, values, failed = self._solve(_batch.FIT, points, range_=(low, high))
            shape = starts.shape[:2]
            return parameters.reshape(starts.shape), values.reshape(shape), failed.reshape(shape)
        points = self._points(starts) if estimator is None else np.zeros((1, len(estimator)))
        return self._solve(_batch.FIT, points, estimator=estimator, range_=(low, high))

    def profile(
        self, points: Array, minima: Array | None = None, valley: Array | None = None
    ) -> tuple[Array, Array, Mask]:
        """Minimise over the nuisance parameters at values of the parameter of interest.

        Parameters
        ----------
        points : ndarray, shape (n,) or (n, 1 + n_nuisances)
            Values of the parameter of interest; or of all parameters, where pulls are starting values.
        minima : ndarray, shape (n, 1 + n_nuisances), optional
            Parameters at the minima of the free fits, from which the search starts.
        valley : ndarray, shape (n_nuisances,), optional
            With `minima`: change of the best pulls for each unit of the parameter of interest.

        Returns
        -------
        As `minima`.
        """
        if minima is None:
            return self._solve(_batch.PROFILE, self._points(points))
        along = np.zeros(minima.shape[1] - 1) if valley is None else valley
        return self._solve(_batch.PROFILE, minima, estimator=along[None], steps=points)

    def scan(self, points: Array, pulls: Array | None = None) -> tuple[Array, Array, Mask]:
        """Minimise as `profile` at k values of the parameter of interest, the same for all data sets.

        The pulls, shape (n, n_nuisances), are starting values; the measured ones without. Results have an
        axis of length k first.
        """
        n, k = self.size, len(points)
        one = self._points(np.zeros(n) if pulls is None else np.column_stack([np.zeros(n), pulls]))
        starts = np.tile(one, (k, 1))
        starts[:, 0] = np.repeat(points, n)
        parameters, values, failed = self._solve(_batch.PROFILE, starts)
        return parameters.reshape(k, *one.shape), values.reshape(k, n), failed.reshape(k, n)

    def errors(self, parameters: Array, *, fixed: bool = False) -> Array:
        """Compute Hesse's errors at minima, shape (n, 1 + n_nuisances); NaN where they do not exist.

        Errors of parameters that the counts do not determine are NaN. Errors of the others are those of a fit
        with the undetermined parameters fixed.

        Parameters
        ----------
        parameters : ndarray, shape (n, 1 + n_nuisances)
        fixed : bool
            The parameter of interest was fixed.
        """
        return self._without_vague(self._solve(_batch.ERRORS, parameters, fixed=fixed)[0])

    def crossings(
        self, parameters: Array, floors: Array, steps: Array, threshold: float, end: float, reach: float
    ) -> tuple[Array, Mask]:
        """Find where the profile first rises by a threshold.

        Parameters
        ----------
        parameters : ndarray, shape (n, 1 + n_nuisances)
            Minima, from which the profile rises.
        floors : ndarray, shape (n,)
            -2 ln L at the minima.
        steps : ndarray, shape (n,)
            First steps, all in the direction of the end.
        threshold : float
        end : float
            End of the range of the parameter of interest.
        reach : float
            Largest distance from the minimum.

        Returns
        -------
        ends : ndarray, shape (n,)
            NaN where there is no crossing.
        failed : ndarray of bool, shape (n,)
        """
        results, _, failed = self._solve(
            _batch.CROSSING,
            parameters,
            floors=floors,
            steps=steps,
            threshold=threshold,
            edge=end,
            reach=reach,
        )
        return results[:, 0], failed

    def profile_points(
        self,
        parameters: Array,
        floors: Array,
        sought: Sought,
        *,
        ends: tuple[float, float] = (-math.inf, math.inf),
        physical: tuple[float, float] = (-math.inf, math.inf),
    ) -> tuple[Array, ProfilePoints]:
        """Compute Hesse's errors at minima, and points of the profile near them, in one pass over the data.

        Parameters
        ----------
        parameters : ndarray, shape (n, 1 + n_nuisances)
            Minima of free fits.
        floors : ndarray, shape (n,)
            -2 ln L there.
        sought : Sought
        ends, physical : tuple of float
            Range of the parameter of interest, outside which nothing is found, and its physical range.

        Returns
        -------
        errors : ndarray, shape (n, 1 + n_nuisances)
            As of `errors`.
        points : ProfilePoints
            A point that takes more than a few steps is not found: `profile` and `crossings` find it.
        """
        settings, found = sought.settings(ends, physical), np.empty((self.size, N_POINTS))
        errors = self._solve(_batch.ERRORS, parameters, floors=floors, settings=settings, found=found)[0]
        return self._without_vague(errors), ProfilePoints.of_columns(sought, found)

    def _without_vague(self, errors: Array) -> Array:
        if self.vague.any():
            errors[:, self.vague] = math.nan
        return errors

    def _points(self, poi: ArrayLike) -> Array:
        """Return starting values at which no factor is negative, shape (n, 1 + n_nuisances)."""
        lowest = self.layout.constraints[:, 2]
        if np.ndim(poi) == 2:
            points = np.array(poi, np.float64)
            np.maximum(points[:, 1:], lowest, out=points[:, 1:])
            return points
        pulls = self.auxiliary if self.pulls is None else np.broadcast_to(self.pulls, self.auxiliary.shape)
        return np.column_stack([np.broadcast_to(poi, self.size), np.maximum(pulls, lowest)])

    def _solve(
        self,
        task: int,
        points: Array,
        *,
        estimator: Array | None = None,
        floors: Array | None = None,
        steps: Array | None = None,
        threshold: float = 0.0,
        edge: float = math.inf,
        reach: float = math.inf,
        range_: tuple[float, float] | None = None,
        fixed: bool = False,
        settings: Array | None = None,
        found: Array | None = None,
    ) -> tuple[Array, Array, Mask]:
        n, size = max(self.size, len(points)) if self.size else 0, points.shape[1]
        mask, bounds = np.zeros(size, np.bool_), np.full((size, 2), math.inf)
        mask[0] = fixed or (task in (_batch.PROFILE, _batch.CROSSING))
        bounds[:, 0] = [-math.inf if range_ is None else range_[0], *self.layout.constraints[:, 2]]
        bounds[0, 1] = math.inf if range_ is None else range_[1]
        if self.held is not None:
            mask[1:] = self.held
        bounds[mask, 0] = -math.inf
        program = make_program(self.layout, mask)
        knots = np.ascontiguousarray(self.layout.knots, np.float64)
        powers = np.ascontiguousarray(self.layout.powers, np.float64)
        powers = powers.reshape(*powers.shape[:2], -1)
        results, values, failed = np.empty((n, size)), np.empty(n), np.empty(n, np.bool_)
        none = np.zeros(0)
        arguments: tuple[Any, ...] = (
            np.ascontiguousarray(self.counts, np.float64),
            np.ascontiguousarray(self.auxiliary, np.float64),
            bounds,
            np.ascontiguousarray(points, np.float64),
            np.zeros((0, 0)) if estimator is None else np.ascontiguousarray(estimator, np.float64),
            estimator is not None or task == _batch.CROSSING,
            none if floors is None else np.ascontiguousarray(floors, np.float64),
            none if steps is None else np.ascontiguousarray(steps, np.float64),
            float(threshold),
            float(edge),
            float(reach),
            none if settings is None else settings,
            results,
            values,
            failed,
            np.zeros((0, 0)) if found is None else found,
        )

        def run(begin: int, end: int) -> None:
            workspace = np.zeros(program.n_registers * LANES), np.zeros((4, LANES))
            _batch.chunk(
                task,
                begin,
                end,
                program.instructions,
                program.constants,
                knots,
                powers,
                *workspace,
                *arguments,
            )

        in_chunks(n, run)
        return results, values, failed


def are_fits_compiled() -> bool:
    """Tell whether the compiled fit is on disk, or cannot be kept there."""
    return not has_to_be_compiled(_batch.chunk)
