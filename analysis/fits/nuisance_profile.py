"""Profile of -2 ln L in a nuisance parameter: minima over all other parameters, and crossings of a level."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize_scalar

from analysis.batch import Search
from analysis.fits.fitter import Fitter
from analysis.fits.results import AT_RANGE, NOT_FOUND, UNBOUNDED
from analysis.likelihood import (
    EDM,
    Likelihood,
    Minimum,
    Searched,
    neighbours,
    prepared,
    pull_starts,
    ranked_dips,
    repeated,
)
from analysis.model import REACH

__all__ = ["KEPT", "NuisanceProfile"]

Array = NDArray[np.float64]

_PARTS, _PARTS_FOLDED, _STEPS, _GROWTH = 8, 2, 100, 1.3
"""Number of points within a step along the profile, the second if each is a new folding of the signal;
largest number of steps, and the factor between them."""
KEPT = 6
"""Number of minima, the deepest, that are followed along the profile."""
_NARROWED = 3
"""The same if the signal is not tabulated."""
_DEEPER = 10
"""Largest number of times that another minimum extends the interval."""
_BELOW = 1e-4
"""An end is rejected if another minimum is this far below the level, in -2 ln L."""
_NEAR_BOUND = 1e-6
"""An end closer than this to the bound of the nuisance parameter, in standard deviations, is at the bound."""
_WINDOW, _WINDOWS = 1.0, 40
"""First step beyond the physical range, in resolutions, if the signal is not tabulated; largest number of
steps."""


@dataclass(frozen=True, kw_only=True)
class NuisanceProfile:
    """-2 ln L at values of one nuisance parameter, minimised over all other parameters, from `floor` on."""

    fitter: Fitter
    data: Likelihood
    number: int
    fixed: bool
    floor: float

    def end(self, starts: list[Array], level: float, step: float, bound: float) -> tuple[float | None, str]:
        """Walk from the deepest minimum, which is the first start, to where the profile reaches a level."""
        origin = pull = float(starts[0][1 + self.number])
        sign, n_deeper = math.copysign(1.0, step), 0
        for _ in range(_STEPS):
            if sign * (bound - pull) <= _NEAR_BOUND:
                return None, AT_RANGE
            next_pull = pull + step if sign * (bound - pull - step) > 0 else bound
            if abs(next_pull - origin) > REACH:
                return None, UNBOUNDED
            points = np.linspace(pull, next_pull, (_PARTS_FOLDED if self._is_folded else _PARTS) + 1)
            values, minima = self.minimised(points[1:], starts)
            above = np.flatnonzero(values >= level)
            if not above.size:
                pull, step, starts = next_pull, _GROWTH * step, minima[-1]
                continue
            i = int(above[0])
            crossing_starts = [*(minima[i - 1] if i else starts), *minima[i]]
            crossing, depth = self._crossing(float(points[i]), float(points[i + 1]), crossing_starts, level)
            if sign * (bound - crossing) <= _NEAR_BOUND:
                return None, AT_RANGE
            deeper, other_minima = self.searched(crossing)
            if min(deeper, depth) >= level - _BELOW:
                return crossing, ""
            pull, starts, n_deeper = crossing, [*other_minima, *crossing_starts][: 2 * KEPT], n_deeper + 1
            if n_deeper > _DEEPER:
                return None, NOT_FOUND
        return None, UNBOUNDED

    def _crossing(self, a: float, b: float, starts: list[Array], level: float) -> tuple[float, float]:
        """Find the crossing between two values, and -2 ln L there; without a crossing return one of them."""
        values = self.minimised(np.array([a, b]), starts)[0]
        known = dict(zip((a, b), map(float, values), strict=True))  # asked for twice

        def above(x: float) -> float:
            if x not in known:
                known[x] = float(self.minimised(np.array([x]), starts)[0][0])
            rise = known[x] - self.floor  # its root is nearly linear, and needs half as many values
            return math.sqrt(max(rise, 0.0)) - math.sqrt(level - self.floor)

        if known[b] < level or known[a] >= level:
            return (b, known[b]) if known[b] < level else (a, level)
        crossing = float(brentq(above, a, b, xtol=1e-8 * abs(b - a), rtol=1e-13))
        return crossing, level

    def minimised(self, pulls: Array, starts: Sequence[Array]) -> tuple[Array, list[list[Array]]]:
        """Minimise at values of the nuisance parameter, from given points.

        Returns
        -------
        values : ndarray, shape (n,)
        minima : list of list of ndarray
            Parameters at the minima for each value, the deepest first.
        """
        n = len(pulls)
        values = np.full(n, math.inf)
        minima: list[list[Array]] = [[] for _ in range(n)]
        if not self.fixed and self._is_folded:
            for i, pull in enumerate(map(float, pulls)):
                values[i], minima[i] = self._followed(pull, starts[:_NARROWED])
        elif not self.fixed and self._search is not None:
            points = [np.tile(start, (n, 1)) for start in starts]
            for point in points:
                point[:, 1 + self.number] = pulls
            result = self._search.around(
                np.tile(self.data.counts, (n, 1)),
                np.tile(self.data.auxiliary, (n, 1)),
                points,
                np.arange(len(self.data.auxiliary)) == self.number,
            )
            values = np.where(result.unsure, math.inf, result.values)
            for i in range(n):
                minima[i] = self._distinct(result, i)
        for i in map(int, np.flatnonzero(~np.isfinite(values))):
            value, searched = self.searched(float(pulls[i]))
            depth, followed = (math.inf, []) if self.fixed else self._followed(float(pulls[i]), starts)
            values[i] = min(value, depth)
            minima[i] = [*followed, *searched] if depth < value else searched
        return values, minima

    def searched(self, pull: float) -> tuple[float, list[Array]]:
        """Search all minima at a value of the nuisance parameter: the lowest -2 ln L and the points."""
        held = {self.number: pull}
        if self.fixed:
            values, pulls = self.data.profile(self.fitter.anchor, held=held)
            return float(values[0]), [np.array([self.fitter.anchor, *pulls[0]])]
        grid = self.fitter.grid
        values, pulls = self._scanned(held)
        dips = ranked_dips(values, KEPT)
        points = [np.array([grid[i], *pulls[i]]) for i in dips]
        if self._is_folded:
            value, minima = self._followed(pull, points[:_NARROWED])
            if math.isfinite(value):
                return value, minima
        elif self._search is not None:
            result = self._search.around(
                self.data.counts[None],
                self.data.auxiliary[None],
                [p[None] for p in points],
                np.arange(len(self.data.auxiliary)) == self.number,
            )
            if math.isfinite(result.values[0]):
                return float(result.values[0]), self._distinct(result, 0)
        lowest = [self._narrowed(i, held) for i in dips[:_NARROWED]]
        lowest.sort(key=lambda minimum: minimum[0])
        return lowest[0][0], [point for _, point in lowest]

    def _scanned(self, held: dict[int, float]) -> tuple[Array, Array]:
        """Profile at the points of the grid, shapes (n,) and (n, n_nuisances); infinity where a fit failed.

        Points where fits fail are far from all minima and are not needed as starts: they are not repaired.
        """
        model, data, n = self.fitter, self.data, len(self.fitter.grid)
        layout = model.on_grid if model.polynomial is None else model.polynomial
        values, pulls = np.full(n, math.inf), np.tile(data.auxiliary, (n, 1))
        for start in pull_starts(model, data.auxiliary[None]):
            problem = repeated(layout, data.counts, data.auxiliary, n, held, start[0])
            parameters, depths, failed = problem.profile(model.grid)
            better = ~failed & (depths < values)
            values[better], pulls[better] = depths[better], parameters[better, 1:]
        return (values, pulls) if np.isfinite(values).any() else data.profile(model.grid, held=held)

    @property
    def _is_folded(self) -> bool:
        """Whether the signal is folded at each value: for Δm² a table takes longer than single foldings."""
        return self.fitter.templates.poi == "delta_m2"

    def _followed(self, pull: float, starts: Sequence[Array]) -> tuple[float, list[Array]]:
        """Follow minima with MINUIT at a value of the nuisance parameter: lowest -2 ln L, and the points."""
        minima: list[tuple[float, Array]] = []
        for start in starts:
            point = start.copy()
            point[1 + self.number] = pull
            minuit = prepared(self.data, float(point[0]), point[1:], EDM)
            minuit.fixed[1 + self.number] = True
            minuit.migrad()
            minimum = Minimum(minuit, self.fitter.width)
            separation = 1e-3 * self.fitter.width
            if minimum.valid and all(abs(minimum.values[0] - p[0]) > separation for _, p in minima):
                minima.append((minimum.fval, np.array(minimum.values)))
        minima.sort(key=lambda minimum: minimum[0])
        return (minima[0][0] if minima else math.inf), [point for _, point in minima]

    @cached_property
    def _search(self) -> Search | None:
        return None if self.fitter.batch.layout is None else self.fitter.batch.search

    def _narrowed(self, i: int, held: dict[int, float]) -> tuple[float, Array]:
        """Find the minimum around a point of the grid with Brent's method, also beyond the physical range."""
        grid, (low, high) = self.fitter.grid, self.fitter.range

        def profile(poi: float) -> float:
            return float(self.data.profile(poi, held=held)[0][0])

        lower_side, upper_side = neighbours(grid, i)
        centre, step = float(grid[i]), _WINDOW * self.fitter.width
        value = profile(centre)
        for sign, range_end in ((-1, low), (1, high)):
            if not (i == 0 if sign < 0 else i == len(grid) - 1):
                continue
            for _ in range(_WINDOWS):
                beyond = max(centre - step, range_end) if sign < 0 else min(centre + step, range_end)
                lower = profile(beyond) if beyond != centre else math.inf
                lower_side, upper_side = (beyond, upper_side) if sign < 0 else (lower_side, beyond)
                if not lower < value:
                    break
                lower_side, upper_side = (lower_side, centre) if sign < 0 else (centre, upper_side)
                centre, value, step = beyond, lower, 2 * step
        if lower_side < upper_side:
            bounds, tolerance = (lower_side, upper_side), 1e-9 * (upper_side - lower_side)
            optimum = minimize_scalar(profile, bounds=bounds, options={"xatol": tolerance})
            if optimum.fun < value:
                centre, value = float(optimum.x), float(optimum.fun)
        return value, np.array([centre, *self.data.profile(centre, held=held)[1][0]])

    def _distinct(self, result: Searched, i: int) -> list[Array]:
        """Return the parameters at distinct minima of a search, the deepest first."""
        parameters, values = result.minima.released[i], result.minima.released_values[i]
        scale = np.array([self.fitter.width, *np.ones(parameters.shape[1] - 1)])
        distinct: list[Array] = []
        for k in np.argsort(values, kind="stable"):
            if not math.isfinite(values[k]) or len(distinct) == KEPT:
                break
            if not any(np.allclose(parameters[k] / scale, other / scale, rtol=1e-6) for other in distinct):
                distinct.append(parameters[k])
        return distinct
