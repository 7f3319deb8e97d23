"""Fits of pseudo-experiments: one row for each toy, also if its fit fails."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from analysis.batch import (
    FAILED,
    NO_HESSE,
    NO_LIMIT,
    NO_MINOS,
    RETRIED,
    BatchFitter,
    Sought,
    bounded_fit,
    signed_statistic,
)
from analysis.calibration import CALIBRATED
from analysis.fits import Fitter, delta_chi2
from analysis.model import are_impossible, check_possible
from analysis.pseudo_experiments.columns import METHODS, column_name, holds_name, toy_branches
from analysis.pseudo_experiments.loop import largest_chunk, thrown_blocks
from analysis.pseudo_experiments.throw import Thrower
from analysis.settings import name_list

if TYPE_CHECKING:
    from analysis.calibration import Calibration

__all__ = [
    "FAILED",
    "METHODS",
    "NO_HESSE",
    "NO_LIMIT",
    "NO_MINOS",
    "RETRIED",
    "Thrower",
    "at_truth",
    "fit_stored",
    "fit_toys",
    "holds_name",
    "largest_chunk",
    "thrown_columns",
    "toy_branches",
    "toy_maker",
    "toys",
]

Array = NDArray[np.float64]
Columns = dict[str, NDArray[Any]]


def fit_toys(
    batch: BatchFitter,
    counts: Array,
    auxiliary: Array,
    *,
    level: float,
    methods: Sequence[str] = METHODS,
) -> Columns:
    """Fit pseudo-experiments and find their intervals; a failed fit raises no error, and is not redrawn.

    Parameters
    ----------
    batch : BatchFitter
        Its model is the truth.
    counts : ndarray, shape (n, n_bins)
    auxiliary : ndarray, shape (n, n_nuisances)
        Measured pulls.
    level : float
        Confidence level of the intervals.
    methods : sequence of {"hesse", "minos", "one-sided"}

    Returns
    -------
    dict of str to ndarray
        The fitted columns of a toy file; values that are not requested or not found are NaN.
    """
    fitter = batch.fitter
    sigmas = float(ndtri((1 + level) / 2))
    threshold = delta_chi2(level, "one-sided")
    sought = Sought(
        place=fitter.truth,
        rise=sigmas**2 if "minos" in methods else math.nan,
        limit_rise=threshold if "one-sided" in methods else math.nan,
    )
    fits = batch.fit(counts, auxiliary, sought=sought).without(are_impossible(fitter.templates, counts))
    status, n = fits.status.copy(), len(counts)
    columns: Columns = {}
    best, error = fits.parameters[:, 0], fits.errors[:, 0]
    columns[fitter.templates.poi], columns[f"{fitter.templates.poi}_error"] = best, error
    for i, nuisance in enumerate(fitter.templates.nuisances, start=1):
        x = fits.parameters[:, i]
        columns[column_name(nuisance.name)] = nuisance.value(x)
        columns[f"{column_name(nuisance.name)}_error"] = nuisance.slope(x) * fits.errors[:, i]
    columns["fval"] = np.where(fits.good, fits.values, math.nan)
    empty = ("minos_lower", "minos_upper", "one_sided_upper")
    profile = batch.profile(counts, auxiliary, np.full(n, fitter.truth), fits)
    columns["q_true"] = profile - columns["fval"]
    columns |= {name: np.full(n, math.nan) for name in empty}
    columns["hesse_lower"], columns["hesse_upper"] = best - sigmas * error, best + sigmas * error
    if "one-sided" in methods:
        columns["one_sided_upper"] = batch.upper_limits(counts, auxiliary, fits, threshold)
        status[fits.good & np.isnan(columns["one_sided_upper"])] |= NO_LIMIT
    if "minos" in methods:
        lower, upper = batch.intervals(counts, auxiliary, fits, sigmas**2)
        status[fits.good & (np.isnan(lower) | np.isnan(upper))] |= NO_MINOS
        columns["minos_lower"], columns["minos_upper"] = lower, upper
    return {**columns, "status": status}


def toys(
    thrower: Thrower,
    n: int,
    *,
    first: int = 0,
    level: float = 0.95,
    methods: Sequence[str] | str = METHODS,
    fitted: bool = True,
    calibration: "Calibration | None" = None,
    chunk: int | None = None,
) -> Iterator[Columns]:
    """Throw and fit pseudo-experiments.

    Parameters
    ----------
    thrower : Thrower
    n : int
        Number of toys.
    first : int
        Index of the first toy.
    level : float
        Confidence level of the intervals.
    methods : sequence of {"hesse", "minos", "one-sided", "feldman-cousins", "calibrated", "cls"}
    fitted : bool
        False throws only.
    calibration : Calibration, optional
        Thresholds of the last three methods, from other toys.
    chunk : int, optional
        Toys per yield; by default as many as take a few tenths of a second. The toys do not depend on it.

    Yields
    ------
    dict of str to ndarray
        Columns as `toy_branches` describes them.
    """
    make = toy_maker(thrower, level=level, methods=methods, fitted=fitted, calibration=calibration)
    most, even = chunk or thrower.largest_chunk, chunk is not None
    for _, columns in thrown_blocks(make, n, most=most, first=first, even=even):
        yield columns


def toy_maker(
    thrower: Thrower,
    *,
    level: float = 0.95,
    methods: Sequence[str] | str = METHODS,
    fitted: bool = True,
    calibration: "Calibration | None" = None,
) -> Callable[[int, int], Columns]:
    """Return what throws and fits a block of pseudo-experiments.

    Parameters
    ----------
    thrower, level, methods, fitted, calibration
        As for `toys`.

    Returns
    -------
    callable
        Called with the index of the first toy and their number, on any thread; returns columns as
        `toy_branches` describes them.
    """
    if not isinstance(thrower, Thrower):
        raise TypeError(
            "thrower must be a Thrower, as Thrower(fitter=make_fitter(experiment, model), seed=1) makes it, "
            f"got {type(thrower).__name__}"
        )
    methods = name_list("methods", methods)
    fitter = thrower.fitter
    batch = fitter.batch
    branches = toy_branches(fitter, level=level, fitted=fitted, methods=methods, events=thrower.events)

    def make(start: int, count: int) -> Columns:
        counts, auxiliary, numbers = thrower.numbered_block(start, count)
        columns = thrown_columns(fitter, start, counts, auxiliary) | {"n_events": numbers}
        if fitted:
            columns |= fit_toys(batch, counts, auxiliary, level=level, methods=methods)
            if calibration is not None:
                columns |= _truth_in_regions(
                    batch, counts, auxiliary, calibration, level=level, methods=methods
                )
        return {name: columns[name] for name in branches}

    return make


def _truth_in_regions(
    batch: BatchFitter,
    counts: Array,
    auxiliary: Array,
    calibration: "Calibration",
    *,
    level: float,
    methods: Sequence[str],
) -> Columns:
    """Tell which calibrated regions contain the true value, by thresholds from the calibration."""
    truth = batch.fitter.truth
    fits = bounded_fit(batch, counts, auxiliary)
    signed = signed_statistic(batch, counts, auxiliary, fits, truth)
    columns = {
        holds_name(m): calibration.holds(m, level, truth, signed).astype(np.int32)
        for m in CALIBRATED
        if m in methods
    }
    return {"q_bounded": np.where(np.isfinite(signed), signed, math.nan), **columns}


def fit_stored(
    fitter: Fitter, counts: ArrayLike, *, level: float = 0.95, methods: Sequence[str] = METHODS
) -> Columns:
    """Fit the counts of stored pseudo-experiments.

    Parameters
    ----------
    fitter : Fitter
        Its model is taken as the truth; auxiliary measurements are nominal.
    counts : ndarray, shape (n_toys, n_bins)

    Returns
    -------
    dict of str to ndarray
        Columns as `toy_branches` describes them.
    """
    data = np.ascontiguousarray(counts, np.float64)
    check_possible(fitter.templates, data, name="a stored pseudo-experiment has")
    auxiliary = np.zeros((len(data), len(fitter.nominal)))
    columns = thrown_columns(fitter, 0, data, auxiliary)
    columns |= fit_toys(fitter.batch, data, auxiliary, level=level, methods=methods)
    return {name: columns[name] for name in toy_branches(fitter, level=level)}


def thrown_columns(fitter: Fitter, first: int, counts: Array, auxiliary: Array) -> Columns:
    """Make the columns of thrown toys: index, truth, counts and measurements."""
    templates = fitter.templates
    numbers, truth = np.arange(first, first + len(counts)), np.full(len(counts), fitter.truth)
    columns: Columns = {"toy": numbers, f"true_{templates.poi}": truth, "counts": counts}
    for nuisance, x in zip(templates.nuisances, auxiliary.T, strict=True):
        columns[f"measured_{column_name(nuisance.name)}"] = nuisance.value(x)
    return columns


def at_truth(fitter: Fitter, value: float) -> Fitter:
    """Return the fitter with another true value of the parameter of interest; nothing is folded again."""
    templates = fitter.templates
    return replace(fitter, templates=replace(templates, model=templates.model.vary(**{templates.poi: value})))
