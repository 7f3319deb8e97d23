"""Fits with iminuit: free, conditional, and their intervals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import hist
import numpy as np
from iminuit import Minuit
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from analysis.histograms import bin_counts
from analysis.likelihood import Likelihood, paper_errors
from analysis.results import Estimate, FitResult
from analysis.templates import Templates, fit_range, make_templates
from detsim.experiment import Experiment
from simgen.models import Model

__all__ = ["Fitter", "fit", "make_fitter"]

Array = NDArray[np.float64]

_TOLERANCE = 1e-3
"""EDM goal of MIGRAD in units of 0.002: estimates within about 1e-3 of the error."""


@dataclass(frozen=True, kw_only=True)
class Fitter:
    """All that the fits of one experiment and model have in common.

    Parameters
    ----------
    templates : Templates
    likelihood : {"poisson", "paper"}
    errors : ndarray, shape (n_bins,) or (0,)
        Absolute errors of the paper's χ²; empty for Poisson.
    """

    templates: Templates
    likelihood: str
    errors: Array

    @cached_property
    def range(self) -> tuple[float, float]:
        """Range of the parameter of interest in a free fit."""
        return fit_range(self.templates.model, self.templates.poi)

    @property
    def truth(self) -> float:
        """Value of the parameter of interest in the model."""
        return self.templates.model.parameters[self.templates.poi]

    @cached_property
    def scale(self) -> float:
        """Step of the parameter, upwards from the model's value, that changes exact data's -2 ln L by 1.

        Infinity where nothing up to the end of its range does: the experiment is blind to it.
        """
        start = min(max(self.truth, self.range[0]), self.range[1])
        exact = self.data(self.templates.expected(start))
        floor = exact.nominal(start)
        room = self.range[1] - start
        for step in np.geomspace(1e-15, 1e12, 160):
            if step >= room:
                break
            if exact.nominal(start + step) - floor >= 1:
                return float(step)
        if math.isfinite(room) and exact.nominal(start + 0.999 * room) - floor >= 1:
            return 0.999 * room
        return math.inf

    @property
    def nominal(self) -> Array:
        """Nominal auxiliary measurements, shape (1 + n_backgrounds,)."""
        return np.ones(len(self.templates.uncertainties))

    def data(self, counts: ArrayLike, auxiliary: ArrayLike | None = None) -> Likelihood:
        """Make the likelihood of a data set.

        Parameters
        ----------
        counts : array_like, shape (n_bins,)
        auxiliary : array_like, shape (1 + n_backgrounds,), optional
            Measured normalisations; nominal without.
        """
        return Likelihood(
            templates=self.templates,
            counts=np.ascontiguousarray(counts, np.float64),
            auxiliary=self.nominal if auxiliary is None else np.asarray(auxiliary, np.float64),
            errors=self.errors,
        )

    def minimise(self, data: Likelihood) -> Minuit:
        """Run the free fit, from the best of a few starting points.

        Returns
        -------
        Minuit
            At its minimum, with Hesse errors.
        """
        low, high = self.range
        scale = self.scale if math.isfinite(self.scale) else 1.0
        points = self.truth + scale * np.array([-8, -4, -2, -1, 0, 0.5, 1, 2, 4, 8, 16])
        points = points[(points > low) & (points < high)]
        start = min(points, key=data.nominal)
        minuit = self._minuit(data, start, scale)
        minuit.migrad()
        if not minuit.valid:
            minuit.simplex().migrad()
        if minuit.valid and not minuit.accurate:
            minuit.hesse()
        return minuit

    def _minuit(self, data: Likelihood, start: float, scale: float) -> Minuit:
        names = self.templates.names
        minuit = Minuit(data, (start, *(1.0 for _ in names[1:])), name=names)
        minuit.errordef = Minuit.LEAST_SQUARES
        minuit.strategy = 1
        minuit.tol = _TOLERANCE
        minuit.errors[0] = scale
        low, high = self.range
        minuit.limits[0] = (low if low > -math.inf else None, high if high < math.inf else None)
        free = self.templates.uncertainties[self.templates.free]
        for i, uncertainty in enumerate(free, start=1):
            minuit.errors[i] = uncertainty
            minuit.limits[i] = (0, None)
        return minuit

    def profile(self, data: Likelihood, start: Sequence[float]) -> "Profile":
        """Make the profile of -2 ln L in the parameter of interest.

        Parameters
        ----------
        data : Likelihood
        start : sequence of float
            Parameters to begin at, such as those of the free fit.
        """
        minuit = self._minuit(data, start[0], 1.0)
        minuit.limits[0] = None
        minuit.fixed[0] = True
        return Profile(data=data, minuit=minuit, start=tuple(start))


@dataclass(frozen=True, kw_only=True)
class Profile:
    """-2 ln L minimised over the normalisations at fixed values of the parameter of interest."""

    data: Likelihood
    minuit: Minuit
    start: tuple[float, ...]

    def __call__(self, poi: float) -> float:
        """Evaluate at a value of the parameter of interest."""
        if len(self.start) == 1:
            return self.data((poi,))
        self.minuit.values = (poi, *self.start[1:])
        self.minuit.migrad()
        return float(self.minuit.fval)


def make_fitter(
    experiment: Experiment,
    model: Model,
    *,
    poi: str = "gamma",
    likelihood: str = "poisson",
    error_per_bin: float | None = None,
) -> Fitter:
    """Prepare fits: fold once.

    Parameters
    ----------
    experiment : Experiment
    model : Model
        Holds every parameter but the one of interest, whose value there is where fits begin.
    poi : str
        Parameter of interest.
    likelihood : {"poisson", "paper"}
    error_per_bin : float, optional
        Relative error of every bin, for the paper's χ².

    Raises
    ------
    ValueError
        If the settings do not fit together.
    """
    if (likelihood == "paper") != (error_per_bin is not None):
        raise ValueError("error_per_bin goes with likelihood = 'paper', and only with it")
    templates = make_templates(experiment, model, poi)
    errors = np.empty(0) if error_per_bin is None else paper_errors(templates, error_per_bin)
    return Fitter(templates=templates, likelihood=likelihood, errors=errors)


def fit(
    data: hist.Hist[Any],
    experiment: Experiment,
    model: Model,
    *,
    poi: str = "gamma",
    likelihood: str = "poisson",
    error_per_bin: float | None = None,
    level: float = 0.683,
    method: str = "minos",
) -> FitResult:
    """Fit a parameter to a histogram.

    Parameters
    ----------
    data : hist.Hist
        Counts in the bins of the experiment's detector.
    experiment, model, poi, likelihood, error_per_bin
        As for `make_fitter`.
    level : float
        Confidence level of the intervals.
    method : {"minos", "hesse"}

    Returns
    -------
    FitResult
        Not valid, with a reason, where the data cannot measure the parameter or no minimum is found.
    """
    fitter = make_fitter(experiment, model, poi=poi, likelihood=likelihood, error_per_bin=error_per_bin)
    return fit_counts(fitter, bin_counts(data, experiment), level=level, method=method)


def fit_counts(
    fitter: Fitter,
    counts: ArrayLike,
    auxiliary: ArrayLike | None = None,
    *,
    level: float = 0.683,
    method: str = "minos",
) -> FitResult:
    """Fit counts with a prepared `Fitter`; the work of `fit`."""
    from analysis.intervals import is_blind  # noqa: PLC0415 (intervals are built on fits)

    data = fitter.data(counts, auxiliary)
    minuit = fitter.minimise(data)
    threshold = float(ndtri((1 + level) / 2) ** 2)
    reason = ""
    if is_blind(fitter, data, minuit, threshold):
        reason = (
            f"the likelihood changes by less than {threshold:.3g} over the whole physical range of "
            f"{fitter.templates.poi}: these data cannot measure it"
        )
    elif not minuit.valid:
        reason = "no minimum found"
    estimates = {}
    if not reason and method == "minos":
        minuit.minos(cl=level)
    for name in fitter.templates.names:
        poi_is_blind = reason and name == fitter.templates.poi
        estimates[name] = (
            Estimate(value=None, error=None, lower=None, upper=None)
            if poi_is_blind
            else _estimate(minuit, name, math.sqrt(threshold), "hesse" if reason else method)
        )
    return FitResult(
        parameters=estimates,
        poi=fitter.templates.poi,
        level=level,
        method=method,
        likelihood=fitter.likelihood,
        valid=not reason,
        reason=reason,
        fval=float(minuit.fval),
        ndof=data.ndof,
    )


def _estimate(minuit: Minuit, name: str, width: float, method: str) -> Estimate:
    value, error = float(minuit.values[name]), float(minuit.errors[name])
    lower: float | None = value - width * error
    upper: float | None = value + width * error
    if method == "minos":
        found = minuit.merrors[name]
        lower = value + found.lower if found.lower_valid else None
        upper = value + found.upper if found.upper_valid else None
    return Estimate(value=value, error=error, lower=lower, upper=upper)
