"""The scan that judges fits, itself against scipy and MINUIT on random cards."""

import math

import numpy as np
import pytest
from iminuit import Minuit
from support.examples import few
from support.grids import make_grid
from support.random_cards import MODELS, random_problem
from support.scan import scan
from support.single_fit import SingleFit

SMALL = ["beta", "delta_c_L", "eps_R", "gamma", "gamma, true value 0.3", "mu_nu", "phi"]


@pytest.mark.long
@pytest.mark.parametrize("name", few(SMALL, "beta"))
def test_random_cards_against_scipy_and_minuit(name):
    """Twin. Nobody finds a lower value in the physical range, and the profile, of 3 data sets a card."""
    problem = random_problem(np.random.default_rng(SMALL.index(name)), 3, name=name, events=(30, 3e4))
    found = scan(problem, make_grid(problem, spacing=0.5, per_decade=4))
    unit, origin = problem.curve.unit, problem.curve.origin
    for d in range(3):
        single = SingleFit(problem, d)
        nearby = found.grid[np.argsort(found.values[:, d])[: len(found.grid) // 2 : len(found.grid) // 7]]
        starts = [(theta - origin) / unit for theta in (*nearby, found.physical.theta[d])]
        ends = [(theta - origin) / unit for theta in found.grid[[0, -1]]]
        values = [_minuit(single, start, *ends) for start in starts]
        assert found.physical.value[d] < min(values) + 2e-6
        there = single(starts[-1], found.physical.pulls[:, d])
        assert found.physical.value[d] == pytest.approx(there, rel=1e-9, abs=1e-9)
        i = int(np.argsort(found.values[:, d])[len(found.grid) // 8])
        value, _ = single.profile((found.grid[i] - origin) / unit)
        assert found.values[i, d] == pytest.approx(value, rel=1e-7, abs=1e-6)


def _minuit(single, start, low, high):
    problem = single.problem
    minuit = Minuit(lambda y: single(y[0], y[1:]), [start, *single.measured])
    minuit.errordef, minuit.strategy, minuit.tol = 1, 2, 1e-4
    for i, (a, b) in enumerate([(low, high), *((m.low, math.inf) for m in problem.expected.nuisances)]):
        minuit.limits[i] = (a, b)
        minuit.errors[i] = 0.5
    for _ in range(3):
        minuit.migrad()
    return minuit.fval


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_every_parameter_against_scipy(name):
    """Soak. The global minimum from twelve random starts with scipy, of two cards a parameter."""
    for seed in range(2):
        rng = np.random.default_rng([seed, *name.encode()])
        problem = random_problem(rng, 20, name=name)
        found = scan(problem, make_grid(problem, spacing=0.5, per_decade=4))
        low, high = ((e - problem.curve.origin) / problem.curve.unit for e in found.grid[[0, -1]])
        value, _, _ = SingleFit(problem).minimum(max(low, -60), min(high, 60))
        assert found.physical.value[0] < value + 1e-6
