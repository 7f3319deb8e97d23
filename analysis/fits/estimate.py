"""Fits of one parameter with constrained normalisations."""

from dataclasses import replace
from typing import Any, get_args

import hist
import numpy as np
from numpy.typing import ArrayLike

from analysis.fits.estimates import hesse_error, no_parabola, nuisance_estimates, parabolic, poi_estimate
from analysis.fits.fit_quality import quality
from analysis.fits.fitter import Fitter, make_fitter
from analysis.fits.limits import delta_chi2, interval, is_blind
from analysis.fits.local_minima import LocalMinimum, local_minima
from analysis.fits.pulls import fit_pulls
from analysis.fits.results import NO_MINIMUM, NOT_POSITIVE, Estimate, FitResult, OtherMinimum
from analysis.fits.weighted import prepared_fit
from analysis.likelihood import Covariance, Likelihood, Minimum, far_counts, fit_covariance, no_covariance
from analysis.model import check_possible, check_weights
from analysis.settings import Method, check_level
from detsim.experiment import Experiment
from simgen.interaction import Model

__all__ = ["Fitter", "fit", "fit_counts", "make_fitter"]

_NOTHING = Estimate(value=None, error=None, lower=None, upper=None)


@np.errstate(under="ignore")
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
        Counts in the bins of the experiment's detector, or sums of weights with variances Σw²: these are
        fitted with the scaled Poisson likelihood of `analysis.fits.weighted`.
    experiment, model, poi, likelihood, error_per_bin
        As for `make_fitter`.
    level : float
        Confidence level of the intervals.
    method : {"minos", "hesse"}
        Ends of the intervals: crossings of the profile likelihood, or of the parabola at the minimum.

    Returns
    -------
    FitResult
        Not valid, with a reason, if the data cannot measure the parameter or no minimum is found.

    Raises
    ------
    ValueError
        If a setting is not one of its choices, or the histogram has other bins or impossible contents.
    """
    fitter, counts = prepared_fit(
        data, experiment, model, poi=poi, likelihood=likelihood, error_per_bin=error_per_bin
    )
    return fit_counts(fitter, counts, level=level, method=method)


def fit_counts(
    fitter: Fitter,
    counts: ArrayLike,
    auxiliary: ArrayLike | None = None,
    *,
    level: float = 0.683,
    method: str = "minos",
) -> FitResult:
    """Fit counts with a prepared `Fitter`, as `fit` does.

    If the data cannot measure the parameter, the nuisance parameters are fitted at the model's value of it.

    Raises
    ------
    ValueError
        If a setting is not one of its choices, or the data have counts where exactly nothing is expected.
    """
    check_level(level)
    if method not in get_args(Method):
        raise ValueError(f"method must be 'minos' or 'hesse', got {method!r}")
    check_possible(fitter.templates, counts)
    data = fitter.data(counts, auxiliary)
    threshold = delta_chi2(level, "two-sided")
    poi, *names = fitter.templates.names
    disagreement = None
    if is_blind(fitter, data, threshold):
        reason = (
            f"the likelihood changes by less than {threshold:.3g} over the whole physical range of "
            f"{poi}: these data cannot measure it"
        )
        minimum = fitter.conditional(data, fitter.anchor)
        other_minima: list[Minimum] = []
    else:
        ours, theirs = fitter.searches(data)
        error = fitter.poi_error(data, ours, theirs)
        minimum, *other_minima = fitter.joined(ours, theirs, error=error)
        disagreement = fitter.disagreement(ours, theirs, error=error)
        reason = "" if minimum.valid else NO_MINIMUM
    errors = fitter.hesse(data, minimum)
    without_parabola = no_parabola(fitter, minimum.values, errors)
    best, error = minimum.values[0], None if poi in without_parabola else hesse_error(errors, 0)
    has_reason = errors is not None or poi in without_parabola
    known_reason = "; ".join(without_parabola.values()) if has_reason else ""
    covariance = _covariance(fitter, data, minimum, reason or known_reason)
    error_reason = reason or without_parabola.get(poi, covariance.reason or NOT_POSITIVE)
    profiled = minimum.valid and method == "minos"
    estimates = {poi: replace(_NOTHING, error_reason=reason, range=fitter.stated_range)}
    minima: tuple[LocalMinimum, ...] = ()
    if not reason:
        ends = interval(fitter, data, minimum, threshold) if profiled else parabolic(best, error, threshold)
        estimates[poi] = poi_estimate(fitter, best, error, ends, profiled=profiled, error_reason=error_reason)
        minima = local_minima(fitter, data, (minimum, *other_minima), threshold, ends, profiled=profiled)
    estimates |= nuisance_estimates(
        fitter,
        data,
        (minimum, *other_minima),
        threshold,
        errors,
        intervals=method if minimum.valid else "",
        without_parabola=without_parabola,
        error_reason=error_reason,
    )
    return FitResult(
        parameters=estimates,
        poi=poi,
        level=level,
        method=method,
        likelihood=fitter.likelihood,
        valid=not reason,
        reason=reason,
        fval=minimum.fval,
        ndof=data.ndof,
        effective_counts=data.effective_counts,
        weights=check_weights(data.templates, data.counts),
        disagreement=disagreement,
        undetermined=fitter.undetermined,
        other_minima=tuple(OtherMinimum(m.value, m.rise) for m in minima[1:]),
        minima=minima,
        pulls=fit_pulls(
            fitter.templates.nuisances,
            data.auxiliary,
            minimum.values[1:],
            None if errors is None else np.where([n in without_parabola for n in names], np.nan, errors[1:]),
        ),
        covariance=covariance,
        quality=None if reason == NO_MINIMUM else quality(data, minimum.values, minimum.fval),
        failure=_failure(data, minimum) if reason == NO_MINIMUM else "",
    )


def _failure(data: Likelihood, minimum: Minimum) -> str:
    """Return the message for a failed fit: how the data differ from the model, and MINUIT's last value."""
    far_message, poi = far_counts(data.templates, data.counts), data.templates.poi
    message = f"{NO_MINIMUM}, the search ended at {poi} = {minimum.values[0]:g}"
    return f"{far_message}; {message}" if far_message else message


def _covariance(fitter: Fitter, data: Likelihood, minimum: Minimum, reason: str) -> Covariance:
    """Compute the covariance of all parameters; without one, the reason."""
    if reason:
        return no_covariance(fitter.templates.names, reason)
    step = 0.01 * min(fitter.width, max(float(minimum.errors[0]), 1e-3 * fitter.width))
    return fit_covariance(data, minimum.values, step, fitter.range)
