"""Tables of signals that are no polynomial in the parameter: they exist, and are precise everywhere."""

import numpy as np
import pytest
from support.experiments import hellaz

from analysis.fits.fitter import make_fitter
from simgen.interaction.models import E6


@pytest.mark.parametrize(
    ("model", "poi"),
    [(E6(beta="chi", gamma=0.05, corrections="full"), "phi"), (E6(beta="chi", gamma=0.1), "beta")],
)
def test_signals_are_tabulated_over_the_whole_range(model, poi):
    """Finds a table that is given up, after which every toy is fitted by MINUIT, a thousand times as slow."""
    fitter = make_fitter(hellaz(), model, poi=poi)
    setup, (low, high) = fitter.batch.search.setup, fitter.range
    assert setup.layout is not None
    assert setup.edges[0] < low + 0.02 * (high - low)
    assert setup.edges[1] > high - 0.02 * (high - low)
    knots, powers = setup.table[1]
    for value in np.random.default_rng(1).uniform(*setup.edges, 30):
        i = np.searchsorted(knots, value, side="right") - 1
        counts = sum(c[0] * (value - knots[i]) ** k for k, c in enumerate(powers[i]))
        exact = fitter.templates.layers(float(value))[0]
        assert np.all(np.abs(counts - exact) < 3e-7 * np.sqrt(exact + 1))
