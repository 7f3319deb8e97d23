"""Does the interval cover? Pseudo-experiments at true values, counted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from analysis.fitter import Fitter, make_fitter
from analysis.pseudoexperiments import FAILED, METHODS, NO_HESSE, NO_LIMIT, NO_MINOS, Thrower, at_truth, toys
from detsim.experiment import Experiment
from simgen.models import Model

__all__ = ["CoveragePoint", "CoverageStudy", "MethodCoverage", "clopper_pearson", "coverage", "summarise"]

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
    bias : float or None
        Mean of estimate minus truth over the toys that did not fail.
    pull_mean, pull_width : float or None
        Mean and standard deviation of (estimate - truth)/Hesse error.
    methods : dict of str to MethodCoverage
    """

    value: float
    n_toys: int
    n_failed: int
    bias: float | None
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

    A one-sided limit holds every value below it. Only `status` decides what counts as failed.
    """
    truth, status = columns[f"true_{poi}"], columns["status"]
    if method == "one-sided":
        return np.asarray(((status & (FAILED | NO_LIMIT)) == 0) & (truth <= columns["one_sided_upper"]))
    failed = FAILED | (NO_MINOS if method == "minos" else NO_HESSE)
    inside = (columns[f"{method}_lower"] <= truth) & (truth <= columns[f"{method}_upper"])
    return np.asarray(((status & failed) == 0) & inside)


def summarise(columns: Columns, poi: str, level: float, methods: Sequence[str] = METHODS) -> CoveragePoint:
    """Count the coverage of toys of one true value."""
    n_toys = len(columns["toy"])
    good = (columns["status"] & FAILED) == 0
    residual = columns[poi][good] - columns[f"true_{poi}"][good]
    with_error = good & ((columns["status"] & NO_HESSE) == 0)
    pulls = (columns[poi] - columns[f"true_{poi}"])[with_error] / columns[f"{poi}_error"][with_error]
    counted = {}
    for method in methods:
        covered = int(np.count_nonzero(covers(columns, poi, method)))
        low, high = clopper_pearson(covered, n_toys)
        verdict = "under" if high < level else "over" if low > level else "nominal"
        counted[method] = MethodCoverage(
            covered=covered, fraction=covered / n_toys, low=low, high=high, verdict=verdict
        )
    return CoveragePoint(
        value=float(columns[f"true_{poi}"][0]),
        n_toys=n_toys,
        n_failed=int(np.count_nonzero(~good)),
        bias=float(residual.mean()) if len(residual) else None,
        pull_mean=float(pulls.mean()) if len(pulls) else None,
        pull_width=float(pulls.std(ddof=1)) if len(pulls) > 1 else None,
        methods=counted,
    )


def coverage(
    experiment: Experiment,
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
    events: bool = False,
    on_toys: Callable[[Columns], None] | None = None,
) -> CoverageStudy:
    """Measure the coverage of intervals with pseudo-experiments.

    Parameters
    ----------
    experiment, model, poi, likelihood, error_per_bin
        As for `analysis.estimation.make_fitter`.
    at : sequence of float
        True values of the parameter of interest.
    n_toys : int
        Pseudo-experiments per value; one value's toys do not depend on the others.
    seed : int
    level : float
        Confidence level of the intervals.
    methods : sequence of {"hesse", "minos", "one-sided"}
    events : bool
        Simulate every event.
    on_toys : callable, optional
        Called with each chunk of toys, to store them or to show progress.

    Returns
    -------
    CoverageStudy
    """
    if n_toys < 1:
        raise ValueError(f"n_toys must be at least 1, got {n_toys}")
    unknown = set(methods) - set(METHODS)
    if unknown or not methods:
        raise ValueError(f"methods must be among {', '.join(METHODS)}, got {', '.join(methods) or 'none'}")
    base = make_fitter(experiment, model, poi=poi, likelihood=likelihood, error_per_bin=error_per_bin)
    points = []
    for value in at:
        fitter: Fitter = at_truth(base, float(value))
        thrower = Thrower(experiment=experiment, fitter=fitter, seed=seed, events=events)
        chunks = []
        for columns in toys(thrower, n_toys, level=level, methods=methods):
            if on_toys is not None:
                on_toys(columns)
            chunks.append({name: column for name, column in columns.items() if name != "counts"})
        joined = {name: np.concatenate([c[name] for c in chunks]) for name in chunks[0]}
        points.append(summarise(joined, poi, level, methods))
    return CoverageStudy(parameter=poi, level=level, points=tuple(points))
