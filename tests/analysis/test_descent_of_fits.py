"""The compiled search for a minimum: -2 ln L never ends above its value at the start."""

import numpy as np
import pytest
from support.examples import every
from support.hard_cards import hard_card

from analysis.batch.engine import Problem


def test_a_step_to_the_end_of_the_range_is_checked():
    """Regression: a long step went from near the minimum of this toy to β = π/2, 0.45 higher."""
    card = hard_card("beta")
    fit = card.batch.fit(*card.throw(1, first=54916, seed=4), errors=False)
    assert fit.parameters[0, 0] == pytest.approx(-1.14702, abs=1e-5)
    assert fit.values[0] == pytest.approx(2.7845963, abs=1e-6)


@pytest.mark.filterwarnings("ignore:.*plausible:UserWarning")
@pytest.mark.parametrize(
    "name", every(2, ["beta", "phi", "sin2_theta_w", "charge_radius", "eps_r", "two_experiments"])
)
def test_minima_are_not_above_their_starts(name):
    """Promise: from any start, the search ends where -2 ln L is not higher, or says that it failed."""
    card, n, many = hard_card(name), 4000 if name == "beta" else 400, 24
    counts, auxiliary = card.throw(n, seed=3)
    setup = card.batch.search.setup
    layout = setup.layout if setup.squared is None else setup.squared
    anchor, width = setup.begins[0], 8 * setup.model.width ** (1 if setup.squared is None else 2)
    low, high = np.clip([anchor - width, anchor + width], *setup.bounds)
    random = np.random.default_rng(5)
    starts = np.concatenate(
        [random.uniform(low, high, (many, n, 1)), auxiliary + random.normal(size=(many, *auxiliary.shape))],
        axis=2,
    )
    problem = Problem(layout=layout, counts=counts, auxiliary=auxiliary)
    _, values, failed = problem.minima(starts, *setup.bounds)
    independent, power = card.problem(counts, auxiliary), 1 if setup.squared is None else 0.5
    curve = independent.curve
    poi = (starts[..., 0] ** power - curve.origin) / curve.unit
    at_start = np.array(
        [independent.value(np.vstack([x, s[:, 1:].T])) for x, s in zip(poi, starts, strict=True)]
    )
    assert np.all(failed | (values <= at_start + 1e-6 * (1 + np.abs(at_start))))
    assert failed.mean() < 0.02
