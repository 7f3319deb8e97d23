"""Does the interval cover? Pseudo-experiments at true values, counted."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from analysis.audit import SAMPLE, Audit, audit_columns, audit_sample, chosen
from analysis.fitter import Fitter, make_fitter
from analysis.pseudoexperiments import (
    FAILED,
    METHODS,
    NO_HESSE,
    NO_LIMIT,
    NO_MINOS,
    RETRIED,
    at_truth,
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
    n_retried : int
        Toys that MINUIT fitted, because the compiled fit did not converge.
    """

    value: float
    n_toys: int
    n_failed: int
    bias: float | None
    bias_error: float | None
    pull_mean: float | None
    pull_width: float | None
    methods: dict[str, MethodCoverage]
    n_retried: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageStudy:
    """Coverage of the intervals of one parameter.

    Parameters
    ----------
    parameter : str
    level : float
    points : tuple of CoveragePoint
        Of a study that was stopped, those that were complete.
    audit : Audit or None
        What became of the toys that were fitted again.
    """

    parameter: str
    level: float
    points: tuple[CoveragePoint, ...]
    audit: Audit | None = None


def covers(columns: Columns, poi: str, method: str) -> NDArray[np.bool_]:
    """Tell which toys' intervals hold the true value.

    A one-sided limit holds every value below it. Only `status` decides what counts as failed.
    """
    truth, status = columns[f"true_{poi}"], columns["status"]
    if method == "one-sided":
        return np.asarray(((status & (FAILED | NO_LIMIT)) == 0) & (truth <= columns["one_sided_upper"]))
    failed = FAILED | (NO_MINOS if method == "minos" else NO_HESSE)
    inside = (columns[f"{method}_lower"] <= truth) & (truth <= columns[f"{method}_upper"])
    return np.asarray(((status & failed) == 0) & inside)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Sums over toys of one true value, one toy after the other: in which chunks they come changes no bit."""

    value: float
    n_toys: int
    n_failed: int
    n_retried: int
    residuals: Array
    """Number, sum, and sum of squares of estimate minus truth."""
    pulls: Array
    """The same, divided by the error."""
    covered: dict[str, int]

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
            n_retried=self.n_retried,
            bias=bias,
            bias_error=None if scatter is None else scatter / math.sqrt(n),
            pull_mean=mean,
            pull_width=width,
            methods=counted,
        )


def _sums(x: Array, before: Array) -> Array:
    """Add up in order: NumPy's `sum` would add pairs, and depend on the chunks."""
    rows = np.stack([np.ones(len(x)), x, x**2])
    return np.asarray(np.cumsum(np.column_stack([before, rows]), axis=1)[:, -1])


def _moments(sums: Array) -> tuple[float | None, float | None]:
    """Compute mean and standard deviation; None where there are too few."""
    n, total, squares = sums
    mean = float(total / n) if n else None
    if mean is None or n < 2:
        return mean, None
    return mean, math.sqrt(max(float(squares) - n * mean**2, 0.0) / (n - 1))


def tally(columns: Columns, poi: str, methods: Sequence[str] = METHODS, before: Tally | None = None) -> Tally:
    """Sum up toys of one true value, after those that came before."""
    good = (columns["status"] & FAILED) == 0
    residual = columns[poi] - columns[f"true_{poi}"]
    with_error = good & ((columns["status"] & NO_HESSE) == 0)
    former = before or Tally(
        value=float(columns[f"true_{poi}"][0]),
        n_toys=0,
        n_failed=0,
        n_retried=0,
        residuals=np.zeros(3),
        pulls=np.zeros(3),
        covered=dict.fromkeys(methods, 0),
    )
    return Tally(
        value=former.value,
        n_toys=former.n_toys + len(columns["toy"]),
        n_failed=former.n_failed + int(np.count_nonzero(~good)),
        n_retried=former.n_retried + int(np.count_nonzero(columns["status"] & RETRIED)),
        residuals=_sums(residual[good], former.residuals),
        pulls=_sums(residual[with_error] / columns[f"{poi}_error"][with_error], former.pulls),
        covered={m: former.covered[m] + int(np.count_nonzero(covers(columns, poi, m))) for m in methods},
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
    on_toys: Callable[[Columns], None] | None = None,
    audit: int = SAMPLE,
    stopped: Callable[[], bool] = lambda: False,
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
    methods : sequence of {"hesse", "minos", "one-sided"}
    events, drawn
        As for `analysis.thrower.Thrower`.
    on_toys : callable, optional
        Called with each chunk of toys, to store them or to show progress.
    audit : int
        Toys of the whole study that are fitted again: see `analysis.audit`.
    stopped : callable
        Asked after each chunk whether to end here; a true value that is not complete is then left out.

    Returns
    -------
    CoverageStudy
    """
    if n_toys < 1:
        raise ValueError(f"n_toys must be at least 1, got {n_toys}")
    unknown = set(methods) - set(METHODS)
    if unknown or not methods:
        raise ValueError(f"methods must be among {', '.join(METHODS)}, got {', '.join(methods) or 'none'}")
    base = make_fitter(
        experiments, model, poi=poi, likelihood=likelihood, error_per_bin=error_per_bin, sampling=sampling
    )
    points: list[CoveragePoint] = []
    checked, sample = Audit(), audit_sample(seed, len(at) * n_toys, audit)
    for number, value in enumerate(at):
        fitter: Fitter = at_truth(base, float(value))
        thrower = Thrower(fitter=fitter, seed=seed, events=events, drawn=drawn)
        total: Tally | None = None
        for columns in toys(thrower, n_toys, level=level, methods=methods):
            if on_toys is not None:
                on_toys(columns)
            start = number * n_toys + int(columns["toy"][0])
            rows = chosen(sample, start, len(columns["toy"]))
            checked += audit_columns(fitter, columns, rows, level=level, methods=methods)
            total = tally(columns, poi, methods, total)
            if total.n_toys < n_toys and stopped():
                break
        if total is None or total.n_toys < n_toys:
            break
        points.append(total.point(level))
        if stopped():
            break
    return CoverageStudy(parameter=poi, level=level, points=tuple(points), audit=checked if audit else None)
