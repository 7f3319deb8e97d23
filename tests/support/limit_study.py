"""Upper limits and allowed regions of many data sets of a card against the scan."""

import inspect
import math

import numpy as np

from analysis.intervals import limit_of_counts
from support.grids import make_grid
from support.regions import regions, threshold
from support.scan import scan_many

__all__ = ["compare_limits", "region_distance"]

LEVEL = 0.95
CLOSE = 1e-3
"""Ends that differ by more standard deviations are different."""
SHOWN = 10


def compare_limits(card, n, *, first=0, seed=1):
    """Find limits and regions of a block of data sets, one-sided and two-sided, single and side by side.

    Auxiliary measurements are nominal where `limit_of_counts` takes none.

    Returns
    -------
    dict
        For each method the data sets whose regions differ in number (`regions`) or in an end by more than
        1e-3 σ (`ends`), whose upper limit differs (`upper`), the largest distance of the others (`worst`),
        those that broke off (`failed`); of the fits side by side their upper limits (`batch`); `misses` one
        by one.
    """
    counts, auxiliary = card.throw(n, first=first, seed=seed)
    takes = "auxiliary" in inspect.signature(limit_of_counts).parameters
    measured = auxiliary if takes else np.zeros_like(auxiliary)
    problem = card.problem(counts, measured)
    grid = make_grid(card.empty, spacing=0.3)
    found = {m: {"n": 0, "regions": 0, "ends": 0, "upper": 0, "failed": 0, "batch": 0, "worst": 0.0}
             for m in ("one-sided", "two-sided")}  # fmt: skip
    misses, error = [], ""
    batch, batch_error = _batch_limits(card, counts, measured)
    for start, block in scan_many(problem, grid, size=200):
        best = block.physical.theta
        for method, result in found.items():
            delta = threshold(LEVEL, one_sided=method == "one-sided")
            right = regions(block, delta, one_sided=method == "one-sided")
            for d, expected in enumerate(right):
                number, reasons, ours, upper = start + d, [], None, None
                result["n"] += 1
                options = {"auxiliary": measured[number]} if takes else {}
                try:
                    made = limit_of_counts(card.fitter, counts[number], level=LEVEL, method=method, **options)
                except (ArithmeticError, ValueError, RuntimeError) as raised:
                    error = f"{type(raised).__name__}: {raised}"
                    reasons.append("failed")
                else:
                    ours = [[_end(low, -1), _end(high, 1)] for low, high in made.regions]
                    upper = _end(made.upper, 1)
                    distance = region_distance(ours, expected, best[d], delta)
                    if distance == math.inf or distance > CLOSE:
                        reasons.append("regions" if distance == math.inf else "ends")
                    if not _is_upper(upper, expected, best[d], delta, problem):
                        reasons.append("upper")
                    if not reasons:
                        result["worst"] = max(result["worst"], distance)
                if method == "one-sided" and batch is not None:
                    if not _is_upper(batch[number], expected, best[d], delta, problem):
                        reasons.append("batch")
                for reason in reasons:
                    result[reason] += 1
                if reasons:
                    misses.append({
                        "card": card.name, "toy": first + number, "seed": seed, "method": method,
                        "nominal": not takes, "what": " ".join(reasons), "counts": counts[number].tolist(),
                        "regions": ours, "upper": upper, "batch": None if batch is None else batch[number],
                        "right": [list(map(float, r)) for r in expected], "best": float(best[d]),
                    })  # fmt: skip
    return {**found, "misses": misses[:SHOWN], "error": error or batch_error}


def _batch_limits(card, counts, measured):
    """Find the upper limits side by side; None and a reason where that breaks off."""
    try:
        fits = card.batch.fit(counts, measured)
        found = card.batch.upper_limits(counts, measured, fits, threshold(LEVEL, one_sided=True))
    except (ArithmeticError, ValueError, RuntimeError, np.linalg.LinAlgError) as error:
        return None, f"side by side: {type(error).__name__}: {error}"
    return [math.inf if math.isnan(x) else float(x) for x in found], ""


def _end(value, sign):
    return sign * math.inf if value is None else float(value)


def _is_upper(ours, expected, best, delta, problem):
    """Tell whether an upper limit is the end of the highest region; an open one is the end of the range."""
    right = expected[-1][1]
    if math.isinf(ours) and right == problem.expected.physical[1]:
        return True
    return _distance(ours, right, best, delta, math.inf) <= CLOSE


def _distance(ours, right, best, delta, width):
    """Between two ends, in standard deviations: the distance from the minimum has √Δ of them."""
    if ours == right:
        return 0.0
    if math.isinf(ours) or math.isinf(right):
        return math.inf
    sigma = min(abs(right - best), width) / math.sqrt(delta)
    return abs(ours - right) / sigma if sigma > 0 else math.inf


def region_distance(ours, right, best, delta):
    """Compute the largest distance between ends of regions; infinite if they are not as many."""
    if len(ours) != len(right):
        return math.inf
    found = 0.0
    for own, (low, high) in zip(ours, right, strict=True):
        for a, b in zip(own, (low, high), strict=True):
            found = max(found, _distance(a, b, best, delta, high - low))
    return found
