"""The scan that judges fits, itself against closed forms, differences, scipy and MINUIT."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import norm, poisson
from support.cards import make_problem
from support.curves import Parabola
from support.deviance import DATA_TERMS, Problem
from support.examples import every
from support.expectation import Component, Nuisance, expectation
from support.experiments import DAY, borexino, hellaz
from support.grids import make_grid
from support.regions import regions, threshold, upper_limits
from support.scan import scan
from support.single_fit import SingleFit

from detsim.expectation.folding import fold
from detsim.experiment import FlatBackground
from detsim.systematics import Systematic, vary
from simgen.interaction.models import E6, SM

Z95 = norm.ppf(0.95)


def synthetic(coefficients, *, nuisances=(), factors=(), physical=(0.0, math.inf), truth=0.0, backgrounds=()):
    """Bins whose signal is a given parabola, shape (3, n_bins), times factors."""
    powers = np.asarray(coefficients, float)[:, None]
    bins = slice(0, powers.shape[-1])
    components = [Component(bins=bins, factors=tuple(factors), layers=None)]
    components += [Component(bins=bins, factors=f, layers=np.asarray(b, float)[None]) for b, f in backgrounds]
    expected = SimpleNamespace(
        components=components,
        nuisances=tuple(nuisances),
        shapes=[],
        n_bins=bins.stop,
        physical=physical,
        range=(-math.inf, math.inf),
        truth=truth,
    )
    return expected, Parabola(origin=truth, unit=1.0, coefficients=powers)


def factor(law, sigma, name="f"):
    return Nuisance(name=name, quantity="activity", sigma=sigma, law=law, on=((0, -1),))


def problem_of(made, counts, auxiliary=None, **settings):
    expected, curve = made
    n = np.asarray(counts, float).reshape(expected.n_bins, -1)
    measured = np.zeros((len(expected.nuisances), n.shape[1])) if auxiliary is None else auxiliary
    return Problem(expected=expected, curve=curve, counts=n, auxiliary=measured, **settings)


def test_one_bin_has_the_roots_of_its_parabola():
    """Closed form: μ = 100 - 40θ + 10θ² and n = 250 meet twice; the ends are where the deviance is Δ."""
    problem = problem_of(synthetic([[100.0], [-40.0], [10.0]]), [[250.0]])
    found = scan(problem, make_grid(problem))
    high, low = sorted(np.roots([10, -40, 100 - 250]), reverse=True)
    assert found.physical.theta[0] == pytest.approx(high, rel=1e-9)
    assert found.physical.value[0] == pytest.approx(0, abs=1e-10)
    assert found.free.theta[0] == pytest.approx(high, rel=1e-9)  # as deep as the other, and physical
    np.testing.assert_allclose(found.tied[np.isfinite(found.tied)], [low], rtol=1e-6)
    delta = threshold(0.95, one_sided=False)
    ((interval,),) = regions(found, delta, one_sided=False)

    def excess(theta):
        mu = 100 - 40 * theta + 10 * theta**2
        return -2 * (poisson.logpmf(250, mu) - poisson.logpmf(250, 250)) - delta

    assert interval == pytest.approx([brentq(excess, 4, high), brentq(excess, high, 9)], rel=1e-9)


def test_estimate_leaves_the_physical_range_in_its_own_basin():
    """Closed form: counts below those of θ = 0 give the near root, and not its mirror at -40 - θ."""
    problem = problem_of(synthetic([[100.0], [40.0], [1.0]]), [[80.0, 100.0, 140.0]])
    found = scan(problem, make_grid(problem))
    expected = [-20 + math.sqrt(n + 300) for n in (80, 100, 140)]
    np.testing.assert_allclose(found.free.theta, expected, atol=1e-6)
    np.testing.assert_allclose(found.physical.theta, np.maximum(expected, 0), atol=1e-6)
    np.testing.assert_allclose(found.free.value, 0, atol=1e-9)
    at_zero = 2 * (100 - 80 + 80 * math.log(80 / 100))
    np.testing.assert_allclose(found.physical.value, [at_zero, 0, 0], atol=1e-9)


def test_of_equal_minima_the_nearest_to_the_model():
    for truth, expected in ((3.0, 2.0), (-3.0, -2.0)):
        made = synthetic([[50.0], [0.0], [10.0]], physical=(-math.inf, math.inf), truth=truth)
        curve = Parabola(origin=truth, unit=1.0, coefficients=_moved([50.0, 0.0, 10.0], truth))
        problem = problem_of((made[0], curve), [[90.0]])
        found = scan(problem, make_grid(problem))
        assert found.free.theta[0] == pytest.approx(expected, rel=1e-7)
        assert len(regions(found, 1.0, one_sided=False)[0]) == 2


def _moved(powers, origin):
    """A parabola in θ as one in θ - origin."""
    a, b, c = powers
    return np.array([a + b * origin + c * origin**2, b + 2 * c * origin, c])[:, None, None]


def test_limit_of_gaussian_data_is_counted_from_the_physical_minimum():
    """Closed form: x ± 1 of θ ≥ 0 has the limit x + z, and x + √(z² + x²) if x < 0."""
    x = np.array([1.5, 0.0, -0.7])
    problem = problem_of(synthetic([[100.0], [1.0], [0.0]]), [100 + x], likelihood="paper", errors=np.ones(1))
    found = scan(problem, make_grid(problem))
    np.testing.assert_allclose(found.free.theta, x, atol=1e-6)
    below = x[2] + math.sqrt(Z95**2 + x[2] ** 2)
    limits = upper_limits(found, threshold(0.95, one_sided=True), one_sided=True)
    np.testing.assert_allclose(limits, [x[0] + Z95, Z95, below], atol=1e-8)


def test_common_error_of_gaussian_data():
    """Closed form: a normalisation 1 ± δ fitted along is a covariance diag(σ²) + δ² N Nᵀ."""
    rng = np.random.default_rng(3)
    signal, sigma, delta = np.array([100.0, 120, 80]), np.array([3.0, 4, 2]), 0.05
    data = signal[:, None] + 5 * rng.normal(size=(3, 40))
    slope, nuisances = np.array([10.0, -5, 2]), [factor("gaussian", delta)]
    made = synthetic([signal, slope, np.zeros(3)], nuisances=nuisances, factors=[0])
    problem = problem_of(made, data, likelihood="paper", errors=sigma)
    found = scan(problem, np.linspace(0, 4, 9))
    for i, theta in enumerate(found.grid):
        mu = signal + theta * slope
        inverse = np.linalg.inv(np.diag(sigma**2) + delta**2 * np.outer(mu, mu))
        chi2 = np.einsum("in,ij,jn->n", data - mu[:, None], inverse, data - mu[:, None])
        np.testing.assert_allclose(found.values[i], chi2, rtol=1e-10, atol=1e-10)


def test_free_background_leaves_nothing_of_one_bin():
    """Closed form: one bin with a free background has no deviance, until the background would be negative."""
    background = Nuisance(name="b", quantity="background", sigma=0.5, law="free", on=((0, 0),))
    made = synthetic([[0.0], [10.0], [0.0]], nuisances=[background], backgrounds=[([20.0], (0,))])
    problem = problem_of(made, [[50.0]])
    values = scan(problem, np.linspace(0, 10, 21)).values[:, 0]
    mu = np.maximum(10 * np.linspace(0, 10, 21), 50)
    np.testing.assert_allclose(values, 2 * (mu - 50 + 50 * np.log(50 / mu)), atol=1e-9)


def term(likelihood, n, mu, error):
    """Value and derivatives of one bin."""
    return [float(k) for k in DATA_TERMS[likelihood](n, np.array(mu), np.array(error))]


@pytest.mark.parametrize("n", [0.0, 1.0, 30.0, 1e5])
def test_error_of_templates_is_minimised(n):
    for mu in (0.5, 20.0, 1e5):
        for error in (0.02, 0.4):
            value, slope, bend = term("templates", n, mu, error)

            def cost(log_b, mu=mu, error=error):
                b = math.exp(log_b)
                return term("poisson", n, b * mu, 1.0)[0] + ((b - 1) / error) ** 2

            best = minimize_scalar(cost, bounds=(-30, 15), options={"xatol": 1e-11})
            assert value == pytest.approx(best.fun, rel=1e-8, abs=1e-8)
            h = 1e-4 * mu
            near = [term("templates", n, mu + d, error) for d in (h, -h)]
            assert slope == pytest.approx((near[0][0] - near[1][0]) / (2 * h), rel=1e-5, abs=1e-7)
            assert bend == pytest.approx((near[0][1] - near[1][1]) / (2 * h), rel=1e-5, abs=1e-9)


def two_experiments():
    """Different detectors with common and own uncertainties of all laws."""
    activity = Systematic(name="activity", uncertainty=0.02, constraint="log-normal", common=True)
    flat = FlatBackground(name="flat", rate=1000 / DAY, low=0.1, high=0.8, uncertainty=0.2, constraint="free")
    shapes = (
        Systematic(name="energy_scale", uncertainty=0.02, constraint="log-normal"),
        Systematic(name="resolution", uncertainty=0.1),
    )
    one = replace(borexino(), name="one", systematics=(activity, *shapes), backgrounds=(flat,))
    own = Systematic(name="efficiency", uncertainty=0.03)
    return one, replace(hellaz(0.26), name="two", systematics=(activity, own))


def test_nuisance_parameters_act_where_they_should():
    """Closed form: one standard deviation of each, against the experiments with just that changed."""
    one, two = two_experiments()
    model = E6(beta="chi", gamma=0.3)
    expected = expectation((one, two), model, "gamma")
    names = ["activity", "one.energy_scale", "one.resolution", "one.background_flat", "two.efficiency"]
    assert [n.name for n in expected.nuisances] == names
    signals = [fold(e, model).signal(model)[1:-1] for e in (one, two)]
    background = fold(one, model).backgrounds[0, 1:-1]
    nominal = np.concatenate([signals[0] + background, signals[1]])
    scaled = fold(vary(one, "energy_scale", 1 / 1.02), model)
    wider = fold(vary(one, "resolution", 1.1), model)
    changed = {
        0: (1.0, np.concatenate([1.02 * signals[0] + background, 1.02 * signals[1]])),
        1: (-1.0, np.concatenate([scaled.signal(model)[1:-1] + scaled.backgrounds[0, 1:-1], signals[1]])),
        2: (1.0, np.concatenate([wider.signal(model)[1:-1] + wider.backgrounds[0, 1:-1], signals[1]])),
        3: (2.5, np.concatenate([signals[0] + 1.5 * background, signals[1]])),
        4: (-2.0, np.concatenate([signals[0] + background, 0.94 * signals[1]])),
    }
    np.testing.assert_allclose(expected.at(0.3), nominal, rtol=1e-13)
    for m, (x, mu) in changed.items():
        np.testing.assert_allclose(expected.at(0.3, x * np.eye(5)[m]), mu, rtol=1e-12)


@pytest.mark.parametrize("likelihood", every(3, ["poisson", "paper", "templates"]))
def test_derivatives_against_differences(likelihood):
    """At random points, where data and expectation differ and no term vanishes."""
    rng = np.random.default_rng(5)
    expected = expectation(two_experiments(), E6(beta="chi", gamma=0.3), "gamma")
    mu = expected.at(0.3)
    counts = rng.poisson(mu[:, None] * rng.uniform(0.5, 1.5, size=(1, 20))).astype(float)
    errors = {"poisson": None, "paper": 0.05 * mu, "templates": np.full(len(mu), 0.03)}[likelihood]
    problem = make_problem(expected, counts, rng.normal(size=(5, 20)), likelihood=likelihood, errors=errors)
    y = rng.normal(size=(6, 20))
    value, gradient, H, _ = problem.expansion(y)
    plain = [SingleFit(problem, d, exact=True)(y[0, d], y[1:, d]) for d in range(4)]
    np.testing.assert_allclose(value[:4], plain, rtol=1e-9)
    np.testing.assert_allclose(value, problem.value(y), rtol=1e-13)
    for a, step in enumerate(1e-4 * np.eye(6)):
        up, down = (problem.expansion(y + s * step[:, None]) for s in (1, -1))
        scale = np.sqrt(np.abs(H[a, a]))
        slope = (up[0] - down[0]) / 2e-4
        np.testing.assert_allclose(slope / scale, gradient[a] / scale, rtol=1e-4, atol=1e-4)
        for b in range(6):
            size = scale * np.sqrt(np.abs(H[b, b]))
            bend = (up[1][b] - down[1][b]) / 2e-4
            np.testing.assert_allclose(bend / size, H[a, b] / size, rtol=1e-5, atol=1e-5)


def test_free_factors_that_nothing_tells_apart_are_one():
    """Closed form: two free backgrounds of one spectrum profile as one of their sum."""
    flat = FlatBackground(name="a", rate=2000 / DAY, low=0.2, high=0.8, uncertainty=0.3, constraint="free")
    halves = tuple(replace(flat, name=n, rate=flat.rate / 2) for n in "ab")
    rng, values = np.random.default_rng(8), []
    for backgrounds in ((flat,), halves):
        experiment = replace(borexino(), backgrounds=backgrounds, scale=0.01)
        problem = make_problem(expectation(experiment, SM(), "delta_c_L"))
        if not values:
            counts = rng.poisson(problem.counts, size=(6, 10)).astype(float)
        problem = make_problem(problem.expected, counts)
        values.append(scan(problem, np.linspace(-2, 1, 61)).values)
    np.testing.assert_allclose(values[0], values[1], atol=1e-7)


def test_a_maximum_between_the_points_parts_two_regions():
    """Closed form: χ² = (θ² - 1)² has 1 at θ = 0, and is below 0.9999 on both sides of it."""
    made = synthetic([[0.0], [0.0], [1.0]], physical=(-math.inf, math.inf), truth=1.0)
    curve = Parabola(origin=1.0, unit=1.0, coefficients=_moved([0.0, 0.0, 1.0], 1.0))
    problem = problem_of((made[0], curve), [[1.0]], likelihood="paper", errors=np.ones(1))
    found = scan(problem, np.linspace(-2.03, 2.0, 20))
    (two,) = regions(found, 0.9999, one_sided=False)
    inner, outer = (math.sqrt(1 + s * math.sqrt(0.9999)) for s in (-1, 1))
    assert np.abs(found.grid).min() > 2 * inner
    np.testing.assert_allclose(two, [(-outer, -inner), (inner, outer)], rtol=1e-6)
    (one,) = regions(found, 1.0001, one_sided=False)
    assert len(one) == 1
