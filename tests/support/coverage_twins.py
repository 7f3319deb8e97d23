"""Coverage of pseudo-experiments against single fits of the same data sets; widths of pulls."""

import numpy as np

from analysis.fits.estimate import fit_counts
from analysis.fits.limits import limit_of_counts
from analysis.pseudo_experiments.fitted_toys import FAILED, METHODS, NO_HESSE, toys
from analysis.pseudo_experiments.throw import Thrower
from analysis.studies.tallies import covers
from support.hard_cards import hard_card

__all__ = ["coverage_twins", "covered_one_by_one", "covered_side_by_side", "pull_width"]

SHOWN = 10


def covered_side_by_side(fitter, n, *, level, first=0, seed=1):
    """Throw toys as `coverage` does.

    Returns
    -------
    covered : dict of str to ndarray of bool, shape (n,)
        By method.
    columns : dict of str to ndarray
        Of the toys.
    """
    chunks = list(toys(Thrower(fitter=fitter, seed=seed), n, first=first, level=level))
    columns = {name: np.concatenate([c[name] for c in chunks]) for name in chunks[0]}
    poi = fitter.templates.poi
    return {method: covers(columns, poi, method) for method in METHODS}, columns


def covered_one_by_one(fitter, counts, auxiliary, *, level):
    """Fit one data set as the commands `fit` and `limit` do, and tell which intervals hold the true value.

    Returns
    -------
    dict of str to bool
        By method; without a limit where auxiliary measurements cannot be handed on.
    """
    truth, poi, covered = fitter.truth, fitter.templates.poi, {}
    for method in ("hesse", "minos"):
        found = fit_counts(fitter, counts, auxiliary, level=level, method=method)
        one = found.parameters[poi]
        inside = (one.lower is None or one.lower <= truth) and (one.upper is None or truth <= one.upper)
        covered[method] = found.valid and inside and (method == "minos" or one.lower is not None)
    try:
        upper = limit_of_counts(fitter, counts, auxiliary=auxiliary, level=level).upper
    except TypeError:
        if np.any(auxiliary):
            return covered
        upper = limit_of_counts(fitter, counts, level=level).upper
    return covered | {"one-sided": upper is None or truth <= upper}


def coverage_twins(name, n, *, first=0, seed=1, level=0.683):
    """Compare both for a block of toys of a card.

    Returns
    -------
    dict
        For each method how many are covered side by side (`toys`) and one by one (`fits`), and how many
        data sets differ (`differ`); how many single fits broke off (`failed`); `misses` one by one.
    """
    fitter = hard_card(name).fitter
    together, columns = covered_side_by_side(fitter, n, level=level, first=first, seed=seed)
    counts, auxiliary = Thrower(fitter=fitter, seed=seed).block(first, n)
    found = {m: {"n": 0, "toys": 0, "fits": 0, "differ": 0} for m in METHODS}
    misses, failed = [], 0
    for d in range(n):
        try:
            single = covered_one_by_one(fitter, counts[d], auxiliary[d], level=level)
        except (ArithmeticError, ValueError, RuntimeError) as raised:
            failed += 1
            misses.append({"card": name, "toy": first + d, "seed": seed, "error": str(raised)})
            continue
        for method, covered in single.items():
            side = bool(together[method][d])
            result = found[method]
            result["n"] += 1
            result["toys"] += side
            result["fits"] += bool(covered)
            result["differ"] += side != covered
            if side != covered:
                misses.append({"card": name, "toy": first + d, "seed": seed, "method": method,
                               "toys": side, "fit": bool(covered),
                               "status": int(columns["status"][d])})  # fmt: skip
    misses.sort(key=lambda miss: "error" not in miss)
    return {**found, "failed": failed, "misses": misses[:SHOWN]}


def pull_width(name, n, *, first=0, seed=1):
    """Sum up the pulls of toys of a card.

    Returns
    -------
    dict
        Number of toys, of failed ones, of pulls, their sum and sum of squares, and the largest.
    """
    fitter = hard_card(name).fitter
    poi, total = fitter.templates.poi, np.zeros(3)
    failed, worst = 0, 0.0
    for columns in toys(Thrower(fitter=fitter, seed=seed), n, first=first, level=0.683, methods=("hesse",)):
        good = (columns["status"] & (FAILED | NO_HESSE)) == 0
        pulls = ((columns[poi] - fitter.truth) / columns[f"{poi}_error"])[good]
        total += [len(pulls), pulls.sum(), (pulls**2).sum()]
        failed += int(np.sum(~good))
        worst = max(worst, float(np.abs(pulls).max(initial=0)))
    return {"n": n, "failed": failed, "pulls": total.tolist()[0], "sum": total.tolist()[1],
            "squares": total.tolist()[2], "worst": worst}  # fmt: skip
