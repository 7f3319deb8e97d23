"""Fits of one data set with MINUIT: local minima of a scan, each followed with MIGRAD."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from iminuit import Minuit
from numpy.typing import NDArray

from analysis.likelihood.flat_directions import centred, lowered
from analysis.likelihood.likelihood import Likelihood
from analysis.likelihood.starts import neighbours, ranked_dips
from analysis.model import EVEN, redundant

__all__ = ["EDM", "TIGHT", "Minimum", "followed", "migrad", "prepared", "scanned", "tightened"]

Array = NDArray[np.float64]

EDM = 2e-6
"""EDM goal of MIGRAD: estimates within about 1e-3 of the error."""

TIGHT = 1e-10
"""The same where the result is quoted, or must agree with another search: within 1e-4 of the error."""

_MAX_STARTS = 6
_TRIES = 4
_MOVES, _FALL, _AT_BOUND = 6, 1e-9, 1e-2
"""Largest number of moves of free factors along flat directions; least decrease of -2 ln L for another move;
distance within which a pull counts as at its bound."""
_STEPS = 12
"""Steps from an end of the range to a minimum beyond it, in each of which the profile must fall."""


@dataclass(frozen=True, slots=True)
class Minimum:
    """A minimum of -2 ln L.

    Parameters
    ----------
    minuit : Minuit
        At the minimum. Its first parameter is the parameter of interest in units of `unit`: the steps of its
        derivatives have an absolute floor of about 1e-14, above a charge radius of 1e-32 cm².
    unit : float
    deeper : tuple of float, or None
        Parameters of the same minimum from the compiled search, if -2 ln L is lower there.
    """

    minuit: Minuit
    unit: float
    deeper: tuple[float, ...] | None = field(default=None, kw_only=True)

    @property
    def values(self) -> tuple[float, ...]:
        """Parameters at the minimum."""
        if self.deeper is not None:
            return self.deeper
        poi, *pulls = self.minuit.values
        return (float(poi) * self.unit, *map(float, pulls))

    @property
    def errors(self) -> tuple[float, ...]:
        """Estimates of their errors."""
        poi_error, *pull_errors = self.minuit.errors
        return (float(poi_error) * self.unit, *map(float, pull_errors))

    @property
    def fixed(self) -> tuple[bool, ...]:
        """Which parameters were fixed."""
        return tuple(self.minuit.fixed)

    @property
    def valid(self) -> bool:
        """Whether this is a minimum."""
        return bool(self.minuit.valid)

    @property
    def fval(self) -> float:
        """-2 ln L at the minimum."""
        m = self.minuit
        if self.deeper is not None:
            poi, *pulls = self.deeper
            return float(m.fcn((poi / self.unit, *pulls)))
        return float(m.fval if m.fval is not None else m.fcn(tuple(m.values)))


def scanned(data: Likelihood, *, tolerance: float = EDM) -> list[Minimum]:
    """Run MIGRAD from every local minimum of a scan of the physical range, as `analysis.batch.search` says.

    Parameters
    ----------
    data : Likelihood
    tolerance : float
        EDM goal.

    Returns
    -------
    list of Minimum
        Minima within the basin of their start, in the order of -2 ln L at the starts.
    """
    model = data.model
    values, pulls = data.profile(model.grid)
    minima = []
    for i in ranked_dips(values, _MAX_STARTS):
        minimum = followed(data, float(model.grid[i]), pulls[i], tolerance=tolerance)
        if _belongs(data, minimum, *neighbours(model.grid, i)):
            minima.append(minimum)
    return minima


def _belongs(data: Likelihood, minimum: Minimum, lower: float, upper: float) -> bool:
    """Tell whether a minimum lies in the basin of its start, or beyond the end of the range there."""
    poi, (low, high) = minimum.values[0], data.model.physical
    if lower <= poi <= upper or low <= poi <= high:
        return True
    end = low if poi < low else high
    if end not in (lower, upper):
        return False
    values, _ = data.profile(np.linspace(end, poi, _STEPS + 1))
    return all(b <= a + 1e-6 for a, b in pairwise(map(float, values)))


def followed(
    data: Likelihood, start: float, pulls: Sequence[float] | Array, *, tolerance: float = EDM
) -> Minimum:
    """Run MIGRAD from a point; if it fails, SIMPLEX and MIGRAD again."""
    model = data.model
    even = model.templates.poi in EVEN
    if even:
        start = max(start, 0.1 * model.width)  # at 0 the slope vanishes, minimum or not
    minuit = prepared(data, start, pulls, tolerance)
    migrad(data, minuit)
    if not minuit.valid:
        minuit.simplex()
        migrad(data, minuit)
    if even and minuit.values[0] < 0:
        minuit.values[0] = -minuit.values[0]
        migrad(data, minuit)
    return Minimum(minuit, model.width)


def migrad(data: Likelihood, minuit: Minuit) -> None:
    """Run MIGRAD, and again from a better point if free factors cannot be distinguished.

    If two factors multiply the same spectrum, one is fixed, and its contribution is a lower limit for their
    sum: see `analysis.likelihood.flat_directions`.
    """
    minuit.migrad()
    for i in range(_MOVES if data.model.undetermined else 0):
        held = redundant(data.templates)
        unfixed = [m + 1 for m in np.flatnonzero(data.model.vague[1:]) if m not in held]
        if all(minuit.values[k] - minuit.limits[k][0] > _AT_BOUND for k in unfixed):
            return  # from here every sum can be reached
        before = minuit.fval
        poi, *pulls = minuit.values
        point = np.array(pulls)
        templates = data.templates
        minuit.values = (poi, *(lowered(templates, point, held) if i % 2 else centred(templates, point)))
        minuit.migrad()
        if i % 2 and (before is None or minuit.fval is None or not minuit.fval < before - _FALL):
            return


def prepared(data: Likelihood, start: float, pulls: Sequence[float] | Array, tolerance: float) -> Minuit:
    """Prepare MINUIT at a point; its first parameter is in units of the resolution."""
    model = data.model
    names, unit = model.templates.names, model.width

    def cost(parameters: Sequence[float]) -> float:
        # where the likelihood is flat, as for a mediator's mass near 0, MIGRAD tries NaN
        return math.inf if math.isnan(parameters[0]) else data((parameters[0] * unit, *parameters[1:]))

    held = redundant(model.templates)
    start_pulls = lowered(model.templates, np.array(pulls, np.float64), held) if held else pulls
    minuit = Minuit(cost, (start / unit, *start_pulls), name=names)
    minuit.errordef = Minuit.LEAST_SQUARES
    minuit.strategy = 1 if tolerance >= EDM else 2
    minuit.tol = tolerance / 0.002
    minuit.errors[0] = 1.0
    low, high = model.range
    if model.templates.poi not in EVEN:
        minuit.limits[0] = (
            low / unit if low > -math.inf else None,
            high / unit if high < math.inf else None,
        )
    for i, nuisance in enumerate(model.templates.nuisances, start=1):
        minuit.errors[i] = 1.0
        if math.isfinite(nuisance.lowest):
            minuit.limits[i] = (nuisance.lowest, None)
    for m in held:  # the counts cannot distinguish these
        minuit.fixed[1 + m] = True
    return minuit


def tightened(minuit: Minuit) -> None:
    """Continue until MINUIT is much closer to the minimum than its first tolerance requires."""
    minuit.strategy, minuit.tol = 2, TIGHT / 0.002
    for _ in range(_TRIES):
        minuit.migrad()
        if minuit.fmin is not None and minuit.fmin.edm < TIGHT:
            return
