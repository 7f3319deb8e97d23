"""Coverage of pseudo-experiments, summed chunk by chunk."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.calibration import CALIBRATED
from analysis.pseudo_experiments import (
    FAILED,
    METHODS,
    NO_HESSE,
    NO_LIMIT,
    NO_MINOS,
    RETRIED,
    Moments,
    holds_name,
)
from analysis.studies.tails import binomial_tails

__all__ = ["CoveragePoint", "MethodCoverage", "Tally", "clopper_pearson", "covers", "summarise", "tally"]

Array = NDArray[np.float64]
Columns = dict[str, NDArray[Any]]
_CONFIDENCE = 0.997


def clopper_pearson(successes: int, trials: int, confidence: float = _CONFIDENCE) -> tuple[float, float]:
    """Compute the Clopper-Pearson interval of a fraction.

    Without trials the interval is from 0 to 1.

    Examples
    --------
    >>> low, high = clopper_pearson(0, 10, 0.95)
    >>> low, round(high, 4)
    (0.0, 0.3085)
    """
    from hist.intervals import clopper_pearson_interval  # noqa: PLC0415 (loads scipy.stats)

    low, high = clopper_pearson_interval(np.array([successes]), np.array([trials]), confidence)[:, 0]
    return float(low), float(high)


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodCoverage:
    """Coverage of one kind of interval.

    Parameters
    ----------
    covered : int
        Number of toys whose interval contains the true value; failed toys do not cover.
    fraction, low, high : float
        Fraction of the toys, and its Clopper-Pearson interval at 99.7 %.
    verdict : {"nominal", "under", "over"}
        Nominal if the interval contains the confidence level.
    over_by_design : bool
        Whether the method covers more than its level at this true value by construction.
    n_calibration : int or None
        Toys at each true value of the table of its thresholds; None for a method without one. `verdict` is
        then nominal, too, if the error of the thresholds explains the difference.
    """

    covered: int
    fraction: float
    low: float
    high: float
    verdict: str
    over_by_design: bool = False
    n_calibration: int | None = None


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
        Number of toys that MINUIT fitted because the compiled fit did not converge.
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


def covers(columns: Columns, poi: str, method: str) -> NDArray[np.bool_]:
    """Tell which toys have an interval that contains the true value.

    A one-sided limit contains every value below it, and an open interval all values on its open side. Failed
    toys are known from `status` alone.
    """
    truth, status = columns[f"true_{poi}"], columns["status"]
    if method in CALIBRATED:
        return np.asarray(columns[holds_name(method)] == 1)
    is_good = (status & FAILED) == 0
    if method == "one-sided":
        is_open = (status & NO_LIMIT) != 0
        return np.asarray(is_good & (is_open | (truth <= columns["one_sided_upper"])))
    lower, upper = columns[f"{method}_lower"], columns[f"{method}_upper"]
    if method == "minos":
        is_open = (status & NO_MINOS) != 0
        above = (lower <= truth) | (is_open & np.isnan(lower))
        return np.asarray(is_good & above & ((truth <= upper) | (is_open & np.isnan(upper))))
    return np.asarray(is_good & ((status & NO_HESSE) == 0) & (lower <= truth) & (truth <= upper))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Sums over toys of one true value, which are exact: no bit depends on chunks, parts or their order.

    Parameters
    ----------
    value : float
        True value of the parameter.
    n_toys, n_failed, n_retried : int
    residuals : Moments
        Of estimate minus truth.
    pulls : Moments
        Of (estimate minus truth)/(Hesse error).
    covered : dict of str to int
        Number of toys by method whose interval contains the true value.
    by_design : tuple of str
        Methods that cover more than their level at this true value by construction.
    n_calibration : int or None
        Toys at each true value of the table of thresholds; None without a table.
    """

    value: float
    n_toys: int
    n_failed: int
    n_retried: int
    residuals: Moments
    pulls: Moments
    covered: dict[str, int]
    by_design: tuple[str, ...] = ()
    n_calibration: int | None = None

    def __add__(self, other: "Tally") -> "Tally":
        if self.value != other.value or set(self.covered) != set(other.covered):
            raise ValueError("the tallies are of different true values or methods")
        return Tally(
            value=self.value,
            n_toys=self.n_toys + other.n_toys,
            n_failed=self.n_failed + other.n_failed,
            n_retried=self.n_retried + other.n_retried,
            residuals=self.residuals + other.residuals,
            pulls=self.pulls + other.pulls,
            covered={method: n + other.covered[method] for method, n in self.covered.items()},
            by_design=self.by_design,
            n_calibration=self.n_calibration,
        )

    def point(self, level: float) -> CoveragePoint:
        """Compute the coverage at a confidence level."""
        counted = {}
        for method, covered in self.covered.items():
            low, high = clopper_pearson(covered, self.n_toys)
            verdict = "under" if high < level else "over" if low > level else "nominal"
            n_table = self.n_calibration if method in CALIBRATED else None
            if n_table is not None:
                below, above = binomial_tails(covered, self.n_toys, level, n_table)
                chance = (1 - _CONFIDENCE) / 2
                verdict = "under" if below < chance else "over" if above < chance else "nominal"
            counted[method] = MethodCoverage(
                covered=covered,
                fraction=covered / self.n_toys,
                low=low,
                high=high,
                verdict=verdict,
                over_by_design=method in self.by_design,
                n_calibration=n_table,
            )
        n, scatter = self.residuals.n, self.residuals.deviation
        return CoveragePoint(
            value=self.value,
            n_toys=self.n_toys,
            n_failed=self.n_failed,
            n_retried=self.n_retried,
            bias=self.residuals.mean,
            bias_error=None if scatter is None else scatter / math.sqrt(n),
            pull_mean=self.pulls.mean,
            pull_width=self.pulls.deviation,
            methods=counted,
        )


def tally(
    columns: Columns,
    poi: str,
    methods: Sequence[str] = METHODS,
    before: Tally | None = None,
    by_design: Sequence[str] = (),
    n_calibration: int | None = None,
) -> Tally:
    """Add toys of one true value to the sums of earlier ones.

    Parameters
    ----------
    columns : dict of str to ndarray, shape (n,)
        As `analysis.pseudo_experiments.toys` makes them.
    poi : str
        Parameter of interest.
    methods : sequence of str
    before : Tally, optional
        Sums of earlier toys.
    by_design : sequence of str
        Methods that cover more than their level at this true value by construction.
    n_calibration : int or None
        As in `Tally`.
    """
    good = (columns["status"] & FAILED) == 0
    residual = columns[poi] - columns[f"true_{poi}"]
    with_error = good & ((columns["status"] & NO_HESSE) == 0)
    earlier = before or Tally(
        value=float(columns[f"true_{poi}"][0]),
        n_toys=0,
        n_failed=0,
        n_retried=0,
        residuals=Moments(),
        pulls=Moments(),
        covered=dict.fromkeys(methods, 0),
        by_design=tuple(by_design),
        n_calibration=n_calibration,
    )
    return Tally(
        value=earlier.value,
        n_toys=earlier.n_toys + len(columns["toy"]),
        n_failed=earlier.n_failed + int(np.count_nonzero(~good)),
        n_retried=earlier.n_retried + int(np.count_nonzero(columns["status"] & RETRIED)),
        residuals=earlier.residuals.with_values(residual[good]),
        pulls=earlier.pulls.with_values(residual[with_error] / columns[f"{poi}_error"][with_error]),
        covered={m: earlier.covered[m] + int(np.count_nonzero(covers(columns, poi, m))) for m in methods},
        by_design=earlier.by_design,
        n_calibration=earlier.n_calibration,
    )


def summarise(columns: Columns, poi: str, level: float, methods: Sequence[str] = METHODS) -> CoveragePoint:
    """Compute the coverage of toys of one true value."""
    return tally(columns, poi, methods).point(level)
