"""The profile of -2 ln L in a nuisance parameter: minima over all others, and where it rises to a level."""

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
"""Points within a step along the profile, the second where the signal is folded anew at each; the most steps,
and by what they grow."""
KEPT = 6
"""Minima that are followed along the profile, the deepest."""
_NARROWED = 3
"""Those that are, where the signal is not tabulated."""
_DEEPER = 10
"""Times that another minimum may carry the interval on."""
_BELOW = 1e-4
"""An end where -2 ln L is lower than its level by this, in another minimum, is none."""
_NEAR_BOUND = 1e-6
"""An end so close to the bound of the nuisance parameter, in its standard deviations, is at the bound."""
_WINDOW, _WINDOWS = 1.0, 40
"""First step beyond the physical range, in resolutions, where the signal is not tabulated; most steps."""


@dataclass(frozen=True, kw_only=True)
class NuisanceProfile:
    """-2 ln L at values of one nuisance parameter, minimised over all others."""

    fitter: Fitter
    data: Likelihood
    number: int
    fixed: bool

    def end(self, starts: list[Array], level: float, step: float, bound: float) -> tuple[float | None, str]:
        """Walk from the deepest minimum, the first of the starts, to where the profile is at a level."""
        origin = at = float(starts[0][1 + self.number])
        sign, n_deeper = math.copysign(1.0, step), 0
        for _ in range(_STEPS):
            if sign * (bound - at) <= _NEAR_BOUND:
                return None, AT_RANGE
            right = at + step if sign * (bound - at - step) > 0 else bound
            if abs(right - origin) > REACH:
                return None, UNBOUNDED
            points = np.linspace(at, right, (_PARTS_FOLDED if self._is_folded else _PARTS) + 1)
            values, minima = self.minimised(points[1:], starts)
            above = np.flatnonzero(values >= level)
            if not above.size:
                at, step, starts = right, _GROWTH * step, minima[-1]
                continue
            i = int(above[0])
            begins = [*(minima[i - 1] if i else starts), *minima[i]]
            found, depth = self._crossing(float(points[i]), float(points[i + 1]), begins, level)
            if sign * (bound - found) <= _NEAR_BOUND:
                return None, AT_RANGE
            deeper, others = self.searched(found)
            if min(deeper, depth) >= level - _BELOW:
                return found, ""
            at, starts, n_deeper = found, [*others, *begins][: 2 * KEPT], n_deeper + 1
            if n_deeper > _DEEPER:
                return None, NOT_FOUND
        return None, UNBOUNDED

    def _crossing(self, a: float, b: float, starts: list[Array], level: float) -> tuple[float, float]:
        """Find the crossing between two values, and -2 ln L there; the second where it is none any more."""

        def above(x: float) -> float:
            return float(self.minimised(np.array([x]), starts)[0][0]) - level

        last = above(b)
        if last < 0 or above(a) >= 0:
            return (b, level + last) if last < 0 else (a, level)
        found = float(brentq(above, a, b, xtol=1e-8 * abs(b - a), rtol=1e-13))
        return found, level

    def minimised(self, pulls: Array, starts: Sequence[Array]) -> tuple[Array, list[list[Array]]]:
        """Minimise at values of the nuisance parameter, from given points.

        Returns
        -------
        values : ndarray, shape (n,)
        minima : list of list of ndarray
            Of each value the parameters at the minima, the deepest first.
        """
        n = len(pulls)
        values = np.full(n, math.inf)
        minima: list[list[Array]] = [[] for _ in range(n)]
        if not self.fixed and self._is_folded:
            for i, pull in enumerate(map(float, pulls)):
                values[i], minima[i] = self._followed(pull, starts[:_NARROWED])
        elif not self.fixed and self._search is not None:
            begins = [np.tile(start, (n, 1)) for start in starts]
            for begin in begins:
                begin[:, 1 + self.number] = pulls
            found = self._search.around(
                np.tile(self.data.counts, (n, 1)),
                np.tile(self.data.auxiliary, (n, 1)),
                begins,
                np.arange(len(self.data.auxiliary)) == self.number,
            )
            values = np.where(found.unsure, math.inf, found.values)
            for i in range(n):
                minima[i] = self._distinct(found, i)
        for i in map(int, np.flatnonzero(~np.isfinite(values))):
            value, others = self.searched(float(pulls[i]))
            near, followed = self._followed(float(pulls[i]), starts) if not self.fixed else (math.inf, [])
            values[i], minima[i] = min(value, near), [*followed, *others] if near < value else others
        return values, minima

    def searched(self, pull: float) -> tuple[float, list[Array]]:
        """Seek all minima at a value of the nuisance parameter: the lowest -2 ln L, and where they are."""
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
            found = self._search.around(
                self.data.counts[None],
                self.data.auxiliary[None],
                [p[None] for p in points],
                np.arange(len(self.data.auxiliary)) == self.number,
            )
            if math.isfinite(found.values[0]):
                return float(found.values[0]), self._distinct(found, 0)
        lowest = [self._narrowed(i, held) for i in dips[:_NARROWED]]
        lowest.sort(key=lambda one: one[0])
        return lowest[0][0], [point for _, point in lowest]

    def _scanned(self, held: dict[int, float]) -> tuple[Array, Array]:
        """Profile at the points of the grid, shapes (n,) and (n, n_nuisances); infinity where that failed.

        A point that fails is no start, and is not repaired: it is far from all minima.
        """
        model, data, n = self.fitter, self.data, len(self.fitter.grid)
        layout = model.on_grid if model.polynomial is None else model.polynomial
        values, found = np.full(n, math.inf), np.tile(data.auxiliary, (n, 1))
        for start in pull_starts(model, data.auxiliary[None]):
            problem = repeated(layout, data.counts, data.auxiliary, n, held, start[0])
            parameters, depths, failed = problem.profile(model.grid)
            better = ~failed & (depths < values)
            values[better], found[better] = depths[better], parameters[better, 1:]
        return (values, found) if np.isfinite(values).any() else data.profile(model.grid, held=held)

    @property
    def _is_folded(self) -> bool:
        """Whether the signal is folded at each value: a table of all waves takes longer than single folds."""
        return self.fitter.templates.poi == "delta_m2"

    def _followed(self, pull: float, starts: Sequence[Array]) -> tuple[float, list[Array]]:
        """Follow minima with MINUIT at a value of the nuisance parameter: the lowest -2 ln L, and where."""
        found: list[tuple[float, Array]] = []
        for start in starts:
            point = start.copy()
            point[1 + self.number] = pull
            minuit = prepared(self.data, float(point[0]), point[1:], EDM)
            minuit.fixed[1 + self.number] = True
            minuit.migrad()
            one = Minimum(minuit, self.fitter.width)
            if one.valid and all(abs(one.values[0] - p[0]) > 1e-3 * self.fitter.width for _, p in found):
                found.append((one.fval, np.array(one.values)))
        found.sort(key=lambda one: one[0])
        return (found[0][0] if found else math.inf), [point for _, point in found]

    @cached_property
    def _search(self) -> Search | None:
        return None if self.fitter.batch.layout is None else self.fitter.batch.search

    def _narrowed(self, i: int, held: dict[int, float]) -> tuple[float, Array]:
        """Find the minimum about a point of the grid, beyond the physical range too, with Brent's method."""
        grid, (low, high) = self.fitter.grid, self.fitter.range

        def profile(poi: float) -> float:
            return float(self.data.profile(poi, held=held)[0][0])

        left, right = neighbours(grid, i)
        best, step = float(grid[i]), _WINDOW * self.fitter.width
        value = profile(best)
        for sign, end in ((-1, low), (1, high)):
            if not (i == 0 if sign < 0 else i == len(grid) - 1):
                continue
            for _ in range(_WINDOWS):
                beyond = max(best - step, end) if sign < 0 else min(best + step, end)
                lower = profile(beyond) if beyond != best else math.inf
                left, right = (beyond, right) if sign < 0 else (left, beyond)
                if not lower < value:
                    break
                left, right = (left, best) if sign < 0 else (best, right)
                best, value, step = beyond, lower, 2 * step
        if left < right:
            found = minimize_scalar(profile, bounds=(left, right), options={"xatol": 1e-9 * (right - left)})
            if found.fun < value:
                best, value = float(found.x), float(found.fun)
        return value, np.array([best, *self.data.profile(best, held=held)[1][0]])

    def _distinct(self, found: Searched, i: int) -> list[Array]:
        """Return the parameters at distinct minima of a search, the deepest first."""
        parameters, values = found.minima.released[i], found.minima.released_values[i]
        scale = np.array([self.fitter.width, *np.ones(parameters.shape[1] - 1)])
        distinct: list[Array] = []
        for k in np.argsort(values, kind="stable"):
            if not math.isfinite(values[k]) or len(distinct) == KEPT:
                break
            if not any(np.allclose(parameters[k] / scale, one / scale, rtol=1e-6) for one in distinct):
                distinct.append(parameters[k])
        return distinct
