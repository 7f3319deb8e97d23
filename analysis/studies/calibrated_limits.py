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
from analysis.fits import Fitter, LimitResult, physical_quality, stated_regions
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
        Measured pulls; by default nominal. For `asimov` they are nominal.
    method : {"feldman-cousins", "calibrated", "cls"}
        "feldman-cousins" is two-sided or one-sided, depending on the data; "calibrated" is an upper limit;
        "cls" is an upper limit that does not exclude values to which the experiment has no sensitivity.
    level : float

    Returns
    -------
    LimitResult
        `upper` is the upper end of the highest region, None if the table does not reach it. `asimov` is None
        if the true nuisance parameters of the calibration were fitted to these data.

    Raises
    ------
    ValueError
        If the calibration was made for another fitter or other data.

    Notes
    -----
    A value θ is allowed if q(θ), or q̃(θ), is not above the threshold at θ, or if CLs is not below 1 - level.
    There may be several crossings: see `regions`. Thresholds, and ln CLs, are interpolated between tabulated
    values, while q and q̃ of the data are computed at θ itself.
    """
    data = np.ascontiguousarray(counts, np.float64)
    measured = fitter.data(data, auxiliary).auxiliary
    _check(fitter, calibration, method, level, data_numbers(data, measured))
    check_possible(fitter.templates, data)
    observation = Observation(
        batch=fitter.batch,
        counts=data,
        auxiliary=measured,
        calibration=calibration,
        method=method,
        level=level,
    )
    regions = observation.regions()
    errors = observation.errors(regions)
    upper, number = observation.upper(regions)
    exact = fitter.templates.expected(fitter.truth)
    asimov = upper if calibration.conditions.nuisances == "nominal" else None
    if asimov is not None and not (np.array_equal(exact, data) and not measured.any()):
        expected = replace(observation, counts=exact, auxiliary=fitter.nominal)
        asimov = expected.upper(expected.regions())[0]
    return LimitResult(
        parameter=fitter.templates.poi,
        level=level,
        method=method,
        delta_chi2=float(observation.statistic(calibration.values[-1] if upper is None else upper)[0]),
        upper=upper,
        regions=stated_regions(fitter.templates.poi, regions),
        asimov=asimov,
        mc_error=None if number is None else errors[number][1],
        regions_mc_error=errors,
        thresholds=observation.table(),
        n_calibration=calibration.n_toys,
        quality=physical_quality(fitter, fitter.data(data, measured)),
    )


def check_counts(fitter: Fitter) -> None:
    """Refuse weighted data: there are no thresholds for them.

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
    table_conditions = calibration.conditions
    profiled = bool(data) and table_conditions.nuisances == "profiled"
    fit_conditions = conditions(
        fitter,
        drawn=table_conditions.drawn,
        nuisances="profiled" if profiled else "nominal",
        data=data if profiled else (),
    )
    calibration.check(fitter, fit_conditions)


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
        Infinity if the limit is beyond the table, NaN if the fit failed.

    Notes
    -----
    The limit lies between the highest allowed value of the table and the next one. It is interpolated
    linearly in √q - √threshold, or in ln CLs.
    """
    fits = bounded_fit(batch, counts, auxiliary)
    limits = np.where(fits.good, math.inf, math.nan)
    log_allowed = math.log(1 - level)
    curve = None if method == "cls" else calibration.thresholds(method, level)
    lower = np.minimum(fits.best, calibration.values[-1])
    start = -log_allowed if curve is None else np.sqrt(curve.at(np.where(fits.good, lower, curve.values[0])))
    lower_margin = np.broadcast_to(start, lower.shape).astype(np.float64)
    for i, value in enumerate(calibration.values):
        rows = np.flatnonzero(fits.good & (fits.best < value))
        subset = BoundedFit(best=fits.best[rows], values=fits.values[rows], good=fits.good[rows])
        q = np.abs(signed_statistic(batch, counts[rows], auxiliary[rows], subset, value))
        if curve is None:
            margin = calibration.log_cls(i, q)[0] - log_allowed
        else:
            margin = np.sqrt(curve.centre[i] + tie(q)) - np.sqrt(q)
        limits[rows[margin >= 0]] = math.inf  # the limit is the upper end of the highest region
        is_crossing = (margin < 0) & (lower_margin[rows] >= 0)
        crossing_rows = rows[is_crossing]
        weight = lower_margin[crossing_rows] / (lower_margin[crossing_rows] - margin[is_crossing])
        limits[crossing_rows] = lower[crossing_rows] + weight * (value - lower[crossing_rows])
        lower[rows], lower_margin[rows] = value, margin
    return limits


@np.errstate(under="ignore")
def expected_calibrated_limit(
    fitter: Fitter,
    calibration: Calibration,
    *,
    method: str,
    n_toys: int,
    seed: int,
    first: int = 0,
    level: float = 0.95,
    on_toys: Callable[[int], None] | None = None,
    on_statistics: Callable[[int, Array], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> LimitResult:
    """Compute the expected limit, and its band from pseudo-experiments.

    Parameters
    ----------
    fitter : Fitter
        Its model is the truth.
    calibration : Calibration
    method, level
        As for `calibrated_limit`.
    n_toys : int
        Number of pseudo-experiments of the band; a limit beyond the table counts as infinity.
    seed : int
        If it is the seed of the calibration, the toys have indices after those of the calibration.
    first : int
        Number of the first toy of the band.
    on_toys : callable, optional
        Called with the number of toys that were finished since the last call.
    on_statistics : callable, optional
        Called with each block: the number of its first toy, and the toys' limits, shape (n,).
    stopped : callable
        Called after each block: if it returns true, the band is that of the toys so far.

    Notes
    -----
    `band_errors` are due to the toys of the band only. Errors of the thresholds have to be added: see
    `mc_error`.
    """
    check_n_toys(n_toys)
    _check(fitter, calibration, method, level)
    exact = calibrated_limit(
        fitter, fitter.templates.expected(fitter.truth), calibration, method=method, level=level
    )
    batch = fitter.batch
    thrower = Thrower(fitter=fitter, seed=seed, drawn=calibration.conditions.drawn)

    offset = calibration.last + 1 if seed == calibration.seed else 0

    def limits(start: int, n: int) -> Array:
        toys = thrower.block(start, n)
        upper = upper_limits(batch, *toys, calibration, method=method, level=level)
        return np.where(np.isnan(upper), math.inf, upper)

    def noted(start: int, upper: Array) -> Array:
        if on_statistics is not None:
            on_statistics(start - offset, upper)
        return upper

    toy_limits = toy_statistics(
        limits,
        n_toys,
        noted,
        first=offset + first,
        most=thrower.largest_chunk,
        even=True,
        on_toys=on_toys,
        stopped=stopped,
    )
    band, errors = expected_band(toy_limits)
    return replace(exact, band=band, band_errors=errors)
