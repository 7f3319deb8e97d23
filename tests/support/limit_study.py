"""Upper limits and allowed regions of many data sets of a card against the scan."""

import inspect
import math

import numpy as np

from analysis.fits.limits import limit_of_counts
from support.regions import regions, threshold
from support.scan import scan_many

__all__ = ["compare_limits", "region_distance"]

LEVEL = 0.95
CLOSE = 1e-3
"""Ends that differ by more standard deviations are different."""
METHODS = ("one-sided", "two-sided")
SHOWN = 10
BROKEN = (ArithmeticError, ValueError, RuntimeError)


def compare_limits(card, n, *, first=0, seed=1):
    """Find limits and regions of a block of data sets, one by one and side by side.

    Auxiliary measurements are nominal where `limit_of_counts` takes none.

    Parameters
    ----------
    card : HardCard
    n, first, seed : int
        What is thrown.

    Returns
    -------
    dict
        For each method numbers of data sets: `n`; whose regions are not as many as the scan's (`regions`),
        or have an end that is off by more than 1e-3 σ (`ends`); whose upper limit is off (`upper`), and that
        of the fits side by side (`batch`); that broke off (`failed`); and the largest distance of those that
        agree (`worst`). Then `misses` one by one, and an `error`.
    """
    counts, auxiliary = card.throw(n, first=first, seed=seed)
    takes = "auxiliary" in inspect.signature(limit_of_counts).parameters
    measured = auxiliary if takes else np.zeros_like(auxiliary)
    together, error = _side_by_side(card, counts, measured)
    names = ("n", "regions", "ends", "upper", "batch", "failed")
    found = {method: dict.fromkeys(names, 0) | {"worst": 0.0} for method in METHODS}
    misses = []
    for start, block in scan_many(card.problem(counts, measured), card.grid_of(0.3, 10, waves=True), size=20):
        for method in METHODS:
            delta = threshold(LEVEL, one_sided=method == "one-sided")
            for d, right in enumerate(regions(block, delta, one_sided=method == "one-sided")):
                i = start + d
                best, end = float(block.physical.theta[d]), block.problem.expected.physical[1]
                judged = Judged(right=right, best=best, delta=delta, end=end)
                options = {"auxiliary": measured[i]} if takes else {}
                ours, upper, broken = _one_by_one(card, counts[i], method, options)
                reasons = ["failed"] if broken else judged.reasons(ours, upper)
                batch = together[i] if together is not None and method == "one-sided" else None
                if batch is not None and not judged.is_upper(batch):
                    reasons.append("batch")
                error = error or broken
                found[method]["n"] += 1
                for reason in reasons:
                    found[method][reason] += 1
                if not reasons:
                    found[method]["worst"] = max(found[method]["worst"], judged.distance(ours))
                else:
                    misses.append({
                        "card": card.name, "toy": first + i, "seed": seed, "method": method,
                        "nominal": not takes, "what": " ".join(reasons), "counts": counts[i].tolist(),
                        "regions": ours, "upper": upper, "batch": batch,
                        "right": [list(map(float, r)) for r in right], "best": best,
                    })  # fmt: skip
    return {**found, "misses": misses[:SHOWN], "error": error}


class Judged:
    """Allowed regions and limits of one data set.

    Parameters
    ----------
    right : list of (low, high)
    best : float
        The physical minimum.
    delta : float
        Threshold in -2 ln L.
    end : float
        Upper end of the physical range.
    """

    def __init__(self, *, right, best, delta, end):
        self.right, self.best, self.delta, self.end = right, best, delta, end

    def reasons(self, ours, upper):
        """Describe the faults of regions and an upper limit."""
        distance = self.distance(ours)
        found = ["regions"] if distance == math.inf else ["ends"] if distance > CLOSE else []
        return found if self.is_upper(upper) else [*found, "upper"]

    def distance(self, ours):
        """Compute how far regions are from the right ones."""
        return region_distance(ours, self.right, self.best, self.delta)

    def is_upper(self, upper):
        """Tell whether a limit is the end of the highest region; one that is open is that of the range."""
        right = self.right[-1][1]
        if math.isinf(upper) and right == self.end:
            return True
        return _distance(upper, right, self.best, self.delta, math.inf) <= CLOSE


def _one_by_one(card, counts, method, options):
    """Find regions and upper limit, infinite where open; else the reason of the failure."""
    try:
        made = limit_of_counts(card.fitter, counts, level=LEVEL, method=method, **options)
    except BROKEN as raised:
        return None, None, f"{type(raised).__name__}: {raised}"
    return [[_end(low, -1), _end(high, 1)] for low, high in made.regions], _end(made.upper, 1), ""


def _side_by_side(card, counts, measured):
    """Find upper limits, infinite where open; None and a reason where that breaks off."""
    try:
        fits = card.batch.fit(counts, measured)
        found = card.batch.upper_limits(counts, measured, fits, threshold(LEVEL, one_sided=True))
    except BROKEN as raised:
        return None, f"side by side: {type(raised).__name__}: {raised}"
    return [math.inf if math.isnan(x) else float(x) for x in found], ""


def _end(value, sign):
    return sign * math.inf if value is None else float(value)


def _distance(ours, right, best, delta, width):
    """Between two ends, in standard deviations: an end is √Δ of them from the minimum."""
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
