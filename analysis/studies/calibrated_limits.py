"""Intervals and limits whose thresholds come from a table of pseudo-experiments."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.batch import BatchFitter, BoundedFit, bounded_fit, signed_statistic
from analysis.calibration import (
    CALIBRATED,
    Calibration,
    Observation,
    check_level,
    conditions,
    data_numbers,
    tie,
)
from analysis.fits import Fitter, LimitResult, physical_quality
from analysis.model import check_possible
from analysis.pseudo_experiments import Thrower, check_n_toys, expected_band, toy_statistics

__all__ = ["calibrated_limit", "check_counts", "expected_calibrated_limit", "upper_limits"]

Array = NDArray[np.float64]


@np.errstate(under="ignore")
def calibrated_limit(
    fitter: Fitter,
    counts: ArrayLike,
    calibration: Calibration,
    auxiliary: ArrayLike | None = None,
    *,
    method: str,
    level: float = 0.95,
) -> LimitResult:
    """Find the allowed region of counts, and its upper end, with calibrated thresholds.

    Parameters
    ----------
    fitter : Fitter
    counts : array_like, shape (n_bins,)
    calibration : Calibration
        Of the same fitter.
    auxiliary : array_like, shape (n_nuisances,), optional
        Measured pulls; nominal without. `asimov` has nominal ones.
    method : {"feldman-cousins", "calibrated", "cls"}
        Two-sided or one-sided as the data decide; an upper limit; an upper limit that does not exclude what
        the experiment is blind to.
    level : float

    Returns
    -------
    LimitResult
        `upper` is the upper end of the highest region, None if the table does not reach it. With true
        nuisance parameters fitted to these data there is no `asimov`.

    Raises
    ------
    ValueError
        If the calibration is of another fitter or of other data.

    Notes
    -----
    A value θ is allowed if q(θ), or q̃(θ), is not above the threshold at θ, or if CLs is not below 1 - level.
    No single crossing is assumed: see `regions`. Thresholds, and ln CLs, are interpolated between tabulated
    values, while q and q̃ of the data are computed at θ itself.
    """
    data = np.ascontiguousarray(counts, np.float64)
    measured = fitter.data(data, auxiliary).auxiliary
    _check(fitter, calibration, method, level, data_numbers(data, measured))
    check_possible(fitter.templates, data)
    seen = Observation(
        batch=fitter.batch,
        counts=data,
        auxiliary=measured,
        calibration=calibration,
        method=method,
        level=level,
    )
    regions = seen.regions()
    errors = seen.errors(regions)
    upper, number = seen.upper(regions)
    exact = fitter.templates.expected(fitter.truth)
    asimov = upper if calibration.conditions.nuisances == "nominal" else None
    if asimov is not None and not (np.array_equal(exact, data) and not measured.any()):
        expected = replace(seen, counts=exact, auxiliary=fitter.nominal)
        asimov = expected.upper(expected.regions())[0]
    return LimitResult(
        parameter=fitter.templates.poi,
        level=level,
        method=method,
        delta_chi2=float(seen.statistic(calibration.values[-1] if upper is None else upper)[0]),
        upper=upper,
        regions=regions,
        asimov=asimov,
        mc_error=None if number is None else errors[number][1],
        regions_mc_error=errors,
        thresholds=seen.table(),
        quality=physical_quality(fitter, fitter.data(data, measured)),
    )


def check_counts(fitter: Fitter) -> None:
    """Refuse weighted data, for which thresholds are not made.

    Raises
    ------
    ValueError
    """
    if fitter.templates.scaling is not None:
        raise ValueError(
            "weighted data have no thresholds from pseudo-experiments, which are made of counts: take method "
            "'one-sided' or 'two-sided'; `nugauge coverage CARD --weights DATA` measures how they cover"
        )


def _check(
    fitter: Fitter, calibration: Calibration, method: str, level: float, data: tuple[float, ...] = ()
) -> None:
    if method not in CALIBRATED:
        raise ValueError(f"method must be one of {', '.join(CALIBRATED)}, got {method!r}")
    check_level(level)
    check_counts(fitter)
    made = calibration.conditions
    profiled = bool(data) and made.nuisances == "profiled"
    used = conditions(
        fitter,
        drawn=made.drawn,
        nuisances="profiled" if profiled else "nominal",
        data=data if profiled else (),
    )
    calibration.check(fitter, used)


def upper_limits(
    batch: BatchFitter,
    counts: Array,
    auxiliary: Array,
    calibration: Calibration,
    *,
    method: str,
    level: float,
) -> Array:
    """Find the calibrated upper limits of many data sets, shape (n,).

    Parameters
    ----------
    batch : BatchFitter
    counts : ndarray, shape (n, n_bins)
    auxiliary : ndarray, shape (n, n_nuisances)
        Measured pulls.
    calibration : Calibration
    method, level
        As for `calibrated_limit`.

    Returns
    -------
    ndarray
        Infinity where the table does not reach it, NaN where the fit failed.

    Notes
    -----
    The first tabulated value that is not allowed above the highest that is, and back from there along √q and
    √threshold, or ln CLs, straight between two values.
    """
    fits = bounded_fit(batch, counts, auxiliary)
    found = np.where(fits.good, math.inf, math.nan)
    log_allowed = math.log(1 - level)
    curve = None if method == "cls" else calibration.thresholds(method, level)
    left = np.minimum(fits.best, calibration.values[-1])
    start = -log_allowed if curve is None else np.sqrt(curve.at(np.where(fits.good, left, curve.values[0])))
    before = np.broadcast_to(start, left.shape).astype(np.float64)
    for i, value in enumerate(calibration.values):
        which = np.flatnonzero(fits.good & (fits.best < value))
        part = BoundedFit(best=fits.best[which], values=fits.values[which], good=fits.good[which])
        q = np.abs(signed_statistic(batch, counts[which], auxiliary[which], part, value))
        if curve is None:
            margin = calibration.log_cls(i, q)[0] - log_allowed
        else:
            margin = np.sqrt(curve.centre[i] + tie(q)) - np.sqrt(q)
        found[which[margin >= 0]] = math.inf  # of several regions the upper end of the highest counts
        out = (margin < 0) & (before[which] >= 0)
        over = which[out]
        weight = before[over] / (before[over] - margin[out])
        found[over] = left[over] + weight * (value - left[over])
        left[which], before[which] = value, margin
    return found


@np.errstate(under="ignore")
def expected_calibrated_limit(
    fitter: Fitter,
    calibration: Calibration,
    *,
    method: str,
    n_toys: int,
    seed: int,
    level: float = 0.95,
    on_toys: Callable[[int], None] | None = None,
) -> LimitResult:
    """Compute the limit that is expected without data, and its band from pseudo-experiments.

    Parameters
    ----------
    fitter : Fitter
        Its model is the truth.
    calibration : Calibration
    method, level
        As for `calibrated_limit`.
    n_toys : int
        Pseudo-experiments of the band; a toy whose limit the table does not reach counts as infinity.
    seed : int
        If it is the calibration's, toys behind those that were calibrated with are thrown.
    on_toys : callable, optional
        Called with the number of toys that are finished since the last call.

    Notes
    -----
    `band_errors` are those of the band's own toys; those of the thresholds come on top: see `mc_error`.
    """
    check_n_toys(n_toys)
    _check(fitter, calibration, method, level)
    exact = calibrated_limit(
        fitter, fitter.templates.expected(fitter.truth), calibration, method=method, level=level
    )
    batch = fitter.batch
    thrower = Thrower(fitter=fitter, seed=seed, drawn=calibration.conditions.drawn)

    def limits(_: int, toys: tuple[Array, Array]) -> Array:
        upper = upper_limits(batch, *toys, calibration, method=method, level=level)
        return np.where(np.isnan(upper), math.inf, upper)

    found = toy_statistics(
        thrower.block,
        n_toys,
        limits,
        first=calibration.n_toys if seed == calibration.seed else 0,
        most=thrower.largest_chunk,
        even=True,
        on_toys=on_toys,
    )
    band, errors = expected_band(found)
    return replace(exact, band=band, band_errors=errors)
