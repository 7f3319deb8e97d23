"""Coverage of pseudo-experiments is that of the commands: the same data sets, one by one."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from support.cards import CASES
from support.coverage_twins import covered_one_by_one, covered_side_by_side
from support.examples import few
from support.hard_cards import hard_card

from analysis.pseudo_experiments.fitted_toys import METHODS, toys
from analysis.pseudo_experiments.throw import Thrower
from analysis.studies.coverage_study import coverage

prepared = cache(lambda name: hard_card(str(CASES / name)).fitter)


@pytest.mark.parametrize("n", few([8, 100], 8))
@pytest.mark.parametrize("card", few(["m9.toml", "deg1.toml"], "m9.toml"))
def test_the_same_data_sets_are_covered(card, n):
    """Twin: each toy for itself; `python -m support.soak twins` does thousands."""
    fitter = prepared(card)
    together, columns = covered_side_by_side(fitter, n, level=0.683)
    counts, auxiliary = Thrower(fitter=fitter, seed=1).block(0, n)
    np.testing.assert_array_equal(columns["counts"], counts)
    singles = [covered_one_by_one(fitter, counts[d], auxiliary[d], level=0.683) for d in range(n)]
    for method in singles[0]:
        apart = [d for d in range(n) if singles[d][method] != together[method][d]]
        assert not apart, f"{method}: toys {apart} of seed 1"


def test_flags_are_those_that_coverage_counts():
    """Contract: a study and `toys` have the same data sets, and count the same."""
    fitter, n = prepared("m9.toml"), 300
    templates = fitter.templates
    study = coverage(templates.experiments, templates.model, [fitter.truth], n, seed=1, level=0.683, audit=0)
    together, _ = covered_side_by_side(fitter, n, level=0.683)
    counted = {method: study.points[0].methods[method].covered for method in METHODS}
    assert counted == {method: int(together[method].sum()) for method in METHODS}


@pytest.mark.long
def test_intervals_of_another_truth_are_seen():
    """Contract: of toys of δc_L = 0 no interval holds 1."""
    fitter = prepared("deg1.toml")
    counts, auxiliary = Thrower(fitter=fitter, seed=1).block(0, 6)
    model = fitter.templates.model.vary(delta_c_L=1.0)
    moved = replace(fitter, templates=replace(fitter.templates, model=model))
    pairs = zip(counts, auxiliary, strict=True)
    assert not any(covered_one_by_one(moved, c, a, level=0.683)["minos"] for c, a in pairs)


def test_status_and_columns_come_from_the_same_toys():
    chunks = list(toys(Thrower(fitter=prepared("m9.toml"), seed=3), 7, first=5))
    _, columns = covered_side_by_side(prepared("m9.toml"), 7, level=0.95, first=5, seed=3)
    np.testing.assert_array_equal(np.concatenate([c["toy"] for c in chunks]), columns["toy"])
