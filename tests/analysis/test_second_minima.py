"""Second minima that uncertain shapes give -2 ln L: few starts suffice only where trial data have none."""

import numpy as np
import pytest
from support.hard_cards import hard_card

from analysis.batch import BatchFitter
from analysis.pseudo_experiments import Thrower

DEEPER = (3656, 36450, 143032, 197879)
"""Toys of seed 5 of `log_normal`, of 200 000, with the deeper minimum far from the linear estimate."""


def test_deeper_minima_are_found_where_trial_data_have_several():
    """Promise: a fit among many and one that starts everywhere end in the same minimum."""
    fitter = hard_card("log_normal").fitter
    thrower = Thrower(fitter=fitter, seed=5)
    counts, auxiliary = (np.concatenate(x) for x in zip(*(thrower.block(i, 1) for i in DEEPER), strict=True))
    many = fitter.batch.fit(counts, auxiliary, errors=False)
    careful = BatchFitter(fitter=fitter, careful=True).fit(counts, auxiliary, errors=False)
    np.testing.assert_allclose(many.values, careful.values, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["mu_nu", "scalar_coupling", "sin2_theta_w"])
def test_few_starts_suffice_where_trial_data_have_one_minimum(name):
    """Promise: of such models they end in the deepest minimum there is from many."""
    fitter = hard_card(name).fitter
    counts, auxiliary = Thrower(fitter=fitter, seed=6).block(0, 4096)
    few = fitter.batch.fit(counts, auxiliary, errors=False)
    many = BatchFitter(fitter=fitter, careful=True).fit(counts, auxiliary, errors=False)
    assert not fitter.batch.search.misses
    assert np.all(few.values <= many.values + 1e-3)
