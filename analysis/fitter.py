"""What the fits of one experiment and model have in common: ranges, starting points, minimiser, profile."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from iminuit import Minuit
from numpy.typing import ArrayLike, NDArray

from analysis.likelihood import Likelihood, paper_errors, template_errors
from analysis.minimum import Minimum
from analysis.profile import Profile
from analysis.ranges import EVEN, experiment_range
from analysis.templates import Templates, make_templates
from analysis.waves import wave_points
from detsim.experiment import Experiment
from detsim.sampling import Sampling
from simgen.models import Model
from simgen.parameters import parameter_range

__all__ = ["REACH", "Fitter", "make_fitter"]

Array = NDArray[np.float64]

REACH = 1e6
"""Scans of an unbounded range end at this many times the expected resolution."""

_SMALLEST = 1e-45
"""No parameter has a scale below this: the charge radius, in cm², has about 1e-33."""

_EDM = 2e-6
"""EDM goal of MIGRAD: estimates within about 1e-3 of the error."""

_MAX_STARTS = 4
_SAME = 0.1
"""Minima closer than this, in errors, are one."""


@dataclass(frozen=True, kw_only=True)
class Fitter:
    """All that the fits of one experiment and model have in common.

    Parameters
    ----------
    templates : Templates
    likelihood : {"poisson", "paper", "templates"}
    errors : ndarray, shape (n_bins,) or (0,)
        Absolute errors of the paper's χ²; relative ones of templates; empty for Poisson.
    bounded : bool
        Whether free fits stay in the physical range of the parameter of interest.
    """

    templates: Templates
    likelihood: str
    errors: Array
    bounded: bool = False

    @cached_property
    def range(self) -> tuple[float, float]:
        """Range of the parameter of interest in a free fit."""
        low, high = experiment_range(self.templates.experiments, self.templates.model, self.templates.poi)
        if not self.bounded:
            return low, high
        lowest, highest = parameter_range(self.templates.poi)
        return max(low, lowest), min(high, highest)

    @cached_property
    def physical(self) -> tuple[float, float]:
        """Part of that range that is physical."""
        low, high = parameter_range(self.templates.poi)
        return max(low, self.range[0]), min(high, self.range[1])

    @property
    def truth(self) -> float:
        """Value of the parameter of interest in the model."""
        return self.templates.model.parameters[self.templates.poi]

    @cached_property
    def anchor(self) -> float:
        """The model's value, or the end of the physical range next to it."""
        low, high = self.physical
        return min(max(self.truth, low), high)

    @cached_property
    def scale(self) -> float:
        """Step of the parameter, from the model's value, that changes exact data's -2 ln L by 1.

        Upwards, or downwards if nothing above does. Infinity if nothing in the range does, or nothing up to
        `REACH`: the experiment is blind to it.
        """
        exact = self.data(self.templates.expected(self.anchor))
        floor = exact.nominal(self.anchor)
        low, high = self.range
        smallest = max(_SMALLEST, 1e-15 * abs(self.anchor))
        decades = np.geomspace(smallest, REACH, 2 + round(math.log10(REACH / smallest)))
        for sign, room in ((1, high - self.anchor), (-1, self.anchor - low)):

            def changes(step: float, sign: int = sign) -> bool:
                return exact.nominal(self.anchor + sign * step) - floor >= 1

            for left, right in pairwise(np.minimum(decades, room)):
                if not changes(right):
                    continue
                return next(
                    (float(s) for s in np.geomspace(left, right, 7)[1:-1] if changes(s)), float(right)
                )
        return math.inf

    @property
    def width(self) -> float:
        """The scale; 1 for a blind experiment, which has none."""
        return self.scale if math.isfinite(self.scale) else 1.0

    @cached_property
    def grid(self) -> Array:
        """Points over the physical range of the parameter of interest, shape (n,)."""
        low, high = self.physical
        steps = self.width * np.concatenate(
            [[0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12], np.geomspace(16, REACH, 60)]
        )
        candidates = [np.array([self.anchor]), self.anchor - steps, self.anchor + steps]
        if math.isfinite(low):
            candidates += [np.array([low]), low + steps]
        if math.isfinite(low) and math.isfinite(high):
            candidates.append(np.linspace(low, high, 101))
        if self.templates.poi == "delta_m2":
            candidates.append(wave_points(self.templates))
        points = np.unique(np.concatenate(candidates))
        return np.asarray(points[(points >= low) & (points <= high)])

    @property
    def nominal(self) -> Array:
        """Nominal auxiliary measurements, shape (n_nuisances,)."""
        return np.zeros(len(self.templates.nuisances))

    def data(self, counts: ArrayLike, auxiliary: ArrayLike | None = None) -> Likelihood:
        """Make the likelihood of a data set.

        Parameters
        ----------
        counts : array_like, shape (n_bins,)
        auxiliary : array_like, shape (n_nuisances,), optional
            Measured nuisance parameters in standard deviations; nominal without.
        """
        n = np.ascontiguousarray(counts, np.float64)
        measured = self.nominal if auxiliary is None else np.asarray(auxiliary, np.float64)
        if n.shape != (self.templates.n_bins,):
            raise ValueError(f"data must have {self.templates.n_bins} bins, got an array of shape {n.shape}")
        if measured.shape != self.nominal.shape:
            names = ", ".join(self.templates.names[1:]) or "none"
            raise ValueError(f"one auxiliary measurement is needed of each of {names}, got {measured.shape}")
        return Likelihood(
            templates=self.templates,
            counts=n,
            auxiliary=measured,
            kind=self.likelihood,
            spread=self.errors,
        )

    def scan(self, data: Likelihood) -> Array:
        """Profile -2 ln L at the points of the grid, shape (n,)."""
        return data.profile(self.grid)[0]

    def minimise(self, data: Likelihood, *, tolerance: float = _EDM) -> Minimum:
        """Run the free fit: the deepest of its `minima`."""
        return self.minima(data, tolerance=tolerance)[0]

    def minima(self, data: Likelihood, *, tolerance: float = _EDM) -> list[Minimum]:
        """Run free fits to an EDM of `tolerance`, from every local minimum of a scan of the physical range.

        Returns
        -------
        list of Minimum
            Distinct ones, inside or not, the deepest first, then those that MINUIT did not find valid. Their
            errors are estimates only: see `hesse`.
        """
        values = self.scan(data)
        padded = np.concatenate([[math.inf], values, [math.inf]])
        lowest = np.flatnonzero((values < padded[:-2]) & (values <= padded[2:]))
        lowest = lowest[np.argsort(values[lowest], kind="stable")][:_MAX_STARTS]
        fits = [self._migrad(data, float(self.grid[i]), tolerance) for i in lowest]
        found: list[Minimum] = []
        for one in sorted(fits, key=lambda m: (not m.valid, m.fval)):
            apart = (abs(one.values[0] - other.values[0]) for other in found)
            if all(d > _SAME * min(one.errors[0], self.width) for d in apart):
                found.append(one)
        return found

    def hesse(self, data: Likelihood, minimum: Minimum) -> Array | None:
        """Compute the errors of the parameters from the second derivatives at a minimum.

        Returns
        -------
        ndarray, shape (n_parameters,), or None
            Zero for a fixed parameter of interest; None if the matrix is not positive definite.
        """
        # where the minimum is much sharper than at the model's value, so are the differences
        step = 0.01 * min(self.width, max(float(minimum.errors[0]), 1e-3 * self.width))
        fixed = minimum.fixed[0]
        return data.errors(data.polished(minimum.values, step, fixed=fixed), step, fixed=fixed)

    def conditional(self, data: Likelihood, poi: float, *, tolerance: float = _EDM) -> Minimum:
        """Fit the nuisance parameters at a value of the parameter of interest."""
        minuit = self._minuit(data, poi, tolerance)
        minuit.fixed[0] = True
        if minuit.nfit:
            minuit.migrad()
        return Minimum(minuit, self.width)

    def _migrad(self, data: Likelihood, start: float, tolerance: float) -> Minimum:
        if self.templates.poi in EVEN:
            start = max(start, 0.1 * self.width)  # at 0 the slope vanishes, minimum or not
        minuit = self._minuit(data, start, tolerance)
        minuit.migrad()
        if not minuit.valid:
            minuit.simplex().migrad()
        if self.templates.poi in EVEN and minuit.values[0] < 0:
            minuit.values[0] = -minuit.values[0]
            minuit.migrad()
        return Minimum(minuit, self.width)

    def _minuit(self, data: Likelihood, start: float, tolerance: float) -> Minuit:
        names, unit = self.templates.names, self.width
        pulls = self.profile(data).pulls(start)

        def cost(parameters: Sequence[float]) -> float:
            # where the likelihood is flat, as for a mediator's mass near 0, MIGRAD tries NaN
            return math.inf if math.isnan(parameters[0]) else data((parameters[0] * unit, *parameters[1:]))

        minuit = Minuit(cost, (start / unit, *pulls), name=names)
        minuit.errordef = Minuit.LEAST_SQUARES
        minuit.strategy = 1 if tolerance >= _EDM else 2
        minuit.tol = tolerance / 0.002
        minuit.errors[0] = 1.0
        low, high = self.range
        if self.templates.poi not in EVEN:
            minuit.limits[0] = (
                low / unit if low > -math.inf else None,
                high / unit if high < math.inf else None,
            )
        for i, nuisance in enumerate(self.templates.nuisances, start=1):
            minuit.errors[i] = 1.0
            if math.isfinite(nuisance.lowest):
                minuit.limits[i] = (nuisance.lowest, None)
        return minuit

    def profile(self, data: Likelihood) -> Profile:
        """Make the profile of -2 ln L in the parameter of interest."""
        return Profile(data=data)


def make_fitter(
    experiments: Experiment | Sequence[Experiment],
    model: Model,
    *,
    poi: str = "gamma",
    likelihood: str = "poisson",
    error_per_bin: float | None = None,
    sampling: Sampling | None = None,
) -> Fitter:
    """Prepare fits: fold once.

    Parameters
    ----------
    experiments : Experiment or sequence of Experiment
        Several are fitted together; their counts stand behind one another.
    model : Model
        Holds every parameter but the one of interest, whose value there is where fits begin.
    poi : str
        Parameter of interest.
    likelihood : {"poisson", "paper"}
    error_per_bin : float, optional
        Relative error of every bin, for the paper's χ².
    sampling : Sampling, optional
        Fold the signal with a simulated sample and take its statistical error into the likelihood, which is
        then "templates"; without it by quadrature.

    Raises
    ------
    ValueError
        If the settings do not fit together, or the paper's χ² has a bin in which nothing is expected.
    """
    if likelihood not in {"poisson", "paper"}:
        raise ValueError(f"likelihood must be 'poisson' or 'paper', got {likelihood!r}")
    if (likelihood == "paper") != (error_per_bin is not None):
        raise ValueError("error_per_bin goes with likelihood = 'paper', and only with it")
    if error_per_bin is not None and not 0 < error_per_bin < math.inf:
        raise ValueError(f"error_per_bin must be finite and above 0, got {error_per_bin}")
    if sampling is not None and likelihood == "paper":
        raise ValueError(
            "simulated templates go with likelihood = 'poisson': errors of the paper's χ² are given"
        )
    templates = make_templates(experiments, model, poi, sampling)
    if sampling is not None:
        return Fitter(templates=templates, likelihood="templates", errors=template_errors(templates))
    errors = np.empty(0) if error_per_bin is None else paper_errors(templates, error_per_bin)
    return Fitter(templates=templates, likelihood=likelihood, errors=errors)
