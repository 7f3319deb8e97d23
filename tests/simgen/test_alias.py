"""Alias tables: what each cell gets is its probability."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from simgen.generator.tables import alias_table


@given(st.lists(st.one_of(st.just(0.0), st.floats(1e-12, 1e12)), min_size=1, max_size=300))
def test_cells_get_their_probability(weights):
    """Closed form. Finds a part that is given away twice, or to a cell that has probability 0."""
    p = np.array(weights)
    if not p.sum() > 0:
        return
    table = alias_table(p)
    keep, other = table[:, 0], table[:, 1].astype(int)
    assert np.all((keep >= 0) & (keep <= 1))
    found = keep + np.bincount(other, 1 - keep, minlength=len(p))
    np.testing.assert_allclose(found / len(p), p / p.sum(), rtol=0, atol=1e-13)
    assert np.all(found[p == 0] == 0)


def test_rare_cells_keep_their_digits():
    """Closed form. Finds a probability of 1e-12 that rounding doubles, or loses."""
    p = np.concatenate([np.full(1000, 1.0), [1e-9]])
    assert alias_table(p)[-1, 0] == pytest.approx(1e-9 * 1001 / (1000 + 1e-9), rel=1e-12, abs=0)
