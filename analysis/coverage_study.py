"""Does the interval cover? Pseudo-experiments at true values, counted."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from analysis.calibration import Calibration
from analysis.conditions import CALIBRATED, conditions
from analysis.fitter import Fitter, make_fitter
from analysis.pseudoexperiments import (
    FAILED,
    METHODS,
    NO_HESSE,
    NO_LIMIT,
    NO_MINOS,
    at_truth,
    holds_name,
    toys,
)
from analysis.settings import Drawn
from analysis.thrower import Thrower
from detsim.experiment import Experiment
from detsim.sampling import Sampling
from simgen.models import Model

__all__ = ["CoveragePoint", "CoverageStudy", "MethodCoverage", "clopper_pearson", "coverage", "summarise"]

Array = NDArray[np.float64]
Columns = dict[str, NDArray[Any]]
_CONFIDENCE = 0.997


def clopper_pearson(successes: int, trials: int, confidence: float = _CONFIDENCE) -> tuple[float, float]:
    """Compute the Clopper-Pearson interval of a fraction.

    Examples
    --------
    >>> low, high = clopper_pearson(0, 10, 0.95)
    >>> low, round(high, 4)
    (0.0, 0.3085)
    """
    tail = (1 - confidence) / 2
    low = betaincinv(successes, trials - successes + 1, tail) if successes > 0 else 0.0
    high = betaincinv(successes + 1, trials - successes, 1 - tail) if successes < trials else 1.0
    return float(low), float(high)


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodCoverage:
    """Coverage of one kind of interval.

    Parameters
    ----------
    covered : int
        Toys whose interval holds the true value; failed toys do not cover.
    fraction, low, high : float
        Fraction of the toys, and its Clopper-Pearson interval at 99.7 %.
    verdict : {"nominal", "under", "over"}
        Nominal if that interval holds the level.
    """

    covered: int
    fraction: float
    low: float
    high: float
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CoveragePoint:
    """Coverage at one true value.

    Parameters
    ----------
    value : float
        True value of the parameter.
    n_toys, n_failed : int
    bias, bias_error : float or None
        Mean of estimate minus truth over the toys that did not fail, and its statistical error.
    pull_mean, pull_width : float or None
        Mean and standard deviation of (estimate - truth)/Hesse error.
    methods : dict of str to MethodCoverage
    """

    value: float
    n_toys: int
    n_failed: int
    bias: float | None
    bias_error: float | None
    pull_mean: float | None
    pull_width: float | None
    methods: dict[str, MethodCoverage]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageStudy:
    """Coverage of the intervals of one parameter."""

    parameter: str
    level: float
    points: tuple[CoveragePoint, ...]


def covers(columns: Columns, poi: str, method: str) -> NDArray[np.bool_]:
    """Tell which toys' intervals hold the true value.

    A one-sided limit holds every value below it, and an open end all that is beyond. Only `status` decides
    what counts as failed.
    """
    truth, status = columns[f"true_{poi}"], columns["status"]
    if method in CALIBRATED:
        return np.asarray(columns[holds_name(method)] == 1)
    found = (status & FAILED) == 0
    if method == "one-sided":
        open_ = (status & NO_LIMIT) != 0
        return np.asarray(found & (open_ | (truth <= columns["one_sided_upper"])))
    lower, upper = columns[f"{method}_lower"], columns[f"{method}_upper"]
    if method == "minos":
        open_ = (status & NO_MINOS) != 0
        above = (lower <= truth) | (open_ & np.isnan(lower))
        return np.asarray(found & above & ((truth <= upper) | (open_ & np.isnan(upper))))
    return np.asarray(found & ((status & NO_HESSE) == 0) & (lower <= truth) & (truth <= upper))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Sums over toys of one true value; tallies of chunks add up."""

    value: float
    n_toys: int
    n_failed: int
    residuals: Array
    """Number, sum, and sum of squares of estimate minus truth."""
    pulls: Array
    """The same, divided by the error."""
    covered: dict[str, int]

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            value=self.value,
            n_toys=self.n_toys + other.n_toys,
            n_failed=self.n_failed + other.n_failed,
            residuals=self.residuals + other.residuals,
            pulls=self.pulls + other.pulls,
            covered={name: n + other.covered[name] for name, n in self.covered.items()},
        )

    def point(self, level: float) -> CoveragePoint:
        """Turn sums into coverage."""
        counted = {}
        for method, covered in self.covered.items():
            low, high = clopper_pearson(covered, self.n_toys)
            verdict = "under" if high < level else "over" if low > level else "nominal"
            counted[method] = MethodCoverage(
                covered=covered, fraction=covered / self.n_toys, low=low, high=high, verdict=verdict
            )
        bias, scatter = _moments(self.residuals)
        mean, width = _moments(self.pulls)
        n = self.residuals[0]
        return CoveragePoint(
            value=self.value,
            n_toys=self.n_toys,
            n_failed=self.n_failed,
            bias=bias,
            bias_error=None if scatter is None else scatter / math.sqrt(n),
            pull_mean=mean,
            pull_width=width,
            methods=counted,
        )


def _sums(x: Array) -> Array:
    return np.array([len(x), x.sum(), x @ x])


def _moments(sums: Array) -> tuple[float | None, float | None]:
    """Compute mean and standard deviation; None where there are too few."""
    n, total, squares = sums
    mean = float(total / n) if n else None
    if mean is None or n < 2:
        return mean, None
    return mean, math.sqrt(max(float(squares) - n * mean**2, 0.0) / (n - 1))


def tally(columns: Columns, poi: str, methods: Sequence[str] = METHODS) -> Tally:
    """Sum up toys of one true value."""
    good = (columns["status"] & FAILED) == 0
    residual = columns[poi] - columns[f"true_{poi}"]
    with_error = good & ((columns["status"] & NO_HESSE) == 0)
    return Tally(
        value=float(columns[f"true_{poi}"][0]),
        n_toys=len(columns["toy"]),
        n_failed=int(np.count_nonzero(~good)),
        residuals=_sums(residual[good]),
        pulls=_sums(residual[with_error] / columns[f"{poi}_error"][with_error]),
        covered={m: int(np.count_nonzero(covers(columns, poi, m))) for m in methods},
    )


def summarise(columns: Columns, poi: str, level: float, methods: Sequence[str] = METHODS) -> CoveragePoint:
    """Count the coverage of toys of one true value."""
    return tally(columns, poi, methods).point(level)


def coverage(
    experiments: Experiment | Sequence[Experiment],
    model: Model,
    at: Sequence[float],
    n_toys: int,
    *,
    seed: int,
    poi: str = "gamma",
    level: float = 0.95,
    methods: Sequence[str] = METHODS,
    likelihood: str = "poisson",
    error_per_bin: float | None = None,
    sampling: Sampling | None = None,
    events: bool = False,
    drawn: Drawn = "auxiliary",
    calibration: Calibration | None = None,
    on_toys: Callable[[Columns], None] | None = None,
) -> CoverageStudy:
    """Measure the coverage of intervals with pseudo-experiments.

    Parameters
    ----------
    experiments, model, poi, likelihood, error_per_bin, sampling
        As for `analysis.estimation.make_fitter`.
    at : sequence of float
        True values of the parameter of interest.
    n_toys : int
        Pseudo-experiments per value; one value's toys do not depend on the others.
    seed : int
    level : float
        Confidence level of the intervals.
    methods : sequence of {"hesse", "minos", "one-sided", "feldman-cousins", "calibrated", "cls"}
    events, drawn
        As for `analysis.thrower.Thrower`.
    calibration : Calibration, optional
        Thresholds of the last three methods: looked up, never thrown anew. Its seed must be another one.
    on_toys : callable, optional
        Called with each chunk of toys, to store them or to show progress.

    Returns
    -------
    CoverageStudy
    """
    if n_toys < 1:
        raise ValueError(f"n_toys must be at least 1, got {n_toys}")
    known = (*METHODS, *CALIBRATED)
    if set(methods) - set(known) or not methods:
        raise ValueError(f"methods must be among {', '.join(known)}, got {', '.join(methods) or 'none'}")
    base = make_fitter(
        experiments, model, poi=poi, likelihood=likelihood, error_per_bin=error_per_bin, sampling=sampling
    )
    _check_calibration(base, at, methods, calibration, seed=seed, drawn=drawn)
    points = []
    for value in at:
        fitter: Fitter = at_truth(base, float(value))
        thrower = Thrower(fitter=fitter, seed=seed, events=events, drawn=drawn)
        total: Tally | None = None
        for columns in toys(thrower, n_toys, level=level, methods=methods, calibration=calibration):
            if on_toys is not None:
                on_toys(columns)
            part = tally(columns, poi, methods)
            total = part if total is None else total + part
        if total is not None:
            points.append(total.point(level))
    return CoverageStudy(parameter=poi, level=level, points=tuple(points))


def _check_calibration(
    fitter: Fitter,
    at: Sequence[float],
    methods: Sequence[str],
    calibration: Calibration | None,
    *,
    seed: int,
    drawn: Drawn,
) -> None:
    """Refuse calibrated methods without thresholds, and thresholds that do not serve."""
    wanted = [m for m in methods if m in CALIBRATED]
    if not wanted:
        return
    if calibration is None:
        raise ValueError(f"{', '.join(wanted)}: thresholds are needed, from a table of pseudo-experiments")
    calibration.check(fitter, conditions(fitter, drawn=drawn))
    if seed == calibration.seed:
        raise ValueError(
            f"the table was made with seed {seed} too: its toys would be judged by thresholds that they "
            "made; take another one"
        )
    first, last = calibration.values[[0, -1]]
    outside = [v for v in at if not first <= v <= last]
    if outside:
        raise ValueError(
            f"{calibration.parameter} = {outside[0]:g} is outside the table, which goes from {first:g} to "
            f"{last:g}"
        )
