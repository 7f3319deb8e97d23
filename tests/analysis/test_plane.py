"""Two parameters at once: the plane against plain likelihoods, minima and contours against closed forms."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from support.examples import every, few
from support.experiments import borexino_outside
from support.plain import PlainLikelihood, with_nuisances

from analysis.contours.plane import Plane, fit_plane, plane_threshold
from analysis.fits.estimate import fit_counts
from analysis.fits.fitter import make_fitter
from detsim.detector.distance_bins import DistanceBins
from detsim.expectation.folding import fold
from detsim.systematics import known_to
from simgen.interaction.models import E6, SM

POISSON = with_nuisances(1e-2)
NSI = SM(eps_L=0.03, eps_R=-0.05)
FEW = with_nuisances(1e-3, signal=0.1)
# fewer at low energies than ε_R = 0.4 gives: a magnetic moment would add some
FEW_COUNTS = fold(FEW, SM(eps_R=0.4)).signal(SM(eps_R=0.4))[1:-1]
FEW_COUNTS *= np.linspace(0.8, 1.1, len(FEW_COUNTS))
FEW_COUNTS += fold(FEW, SM()).backgrounds[0, 1:-1]
_FREE = replace(POISSON.backgrounds[0], constraint="free")
TWINS = replace(POISSON, backgrounds=(_FREE, replace(_FREE, name="two")))


def plane(experiment, model, x, y, **options):
    return Plane(fitter=make_fitter(experiment, model, poi=x, **options), y=y)


def test_the_plane_is_the_profile_likelihood():
    """Independent evaluation. Points of the plane against scipy's profile of a plain likelihood."""
    p = plane(POISSON, SM(), "eps_L", "eps_R")
    counts = p.fitter.templates.expected(0.0) * np.linspace(0.97, 1.04, p.fitter.templates.n_bins)
    found = fit_plane(p, counts, [-0.05, 0.0, 0.08], [-0.3, 0.1])
    for j, y in enumerate((-0.3, 0.1)):
        plain = PlainLikelihood(POISSON, SM(eps_R=y), "eps_L", counts)
        for i, x in enumerate((-0.05, 0.0, 0.08)):
            assert found.delta[j, i] + found.fval == pytest.approx(plain.profile(x), rel=1e-7, abs=1e-7)


@pytest.mark.long
def test_exact_data_give_back_both_parameters():
    """Closed form. Finds a minimum that is missed: exact data of NSI, and of an oscillation."""
    p = plane(POISSON, NSI, "eps_L", "eps_R")
    found = fit_plane(
        p, p.fitter.templates.expected(0.03), np.linspace(-0.2, 0.2, 21), np.linspace(-0.3, 0.3, 21)
    )
    assert found.fval == pytest.approx(0, abs=1e-6)
    errors = np.array(found.errors)
    assert np.all(np.abs(np.array(found.best) - (0.03, -0.05)) < 0.01 * errors)
    bins = DistanceBins(edges=tuple(np.arange(525.0, 1130, 50)), resolution=15.0)
    outside = borexino_outside()
    experiment = known_to(replace(outside, detector=replace(outside.detector, distance=bins)), activity=0.02)
    p = plane(experiment, SM(sin2_2theta=0.3, delta_m2=1.2), "sin2_2theta", "delta_m2")
    exact = p.fitter.templates.expected(0.3)
    found = fit_plane(p, exact, np.linspace(0, 1, 21), np.geomspace(0.1, 5, 30))
    errors = np.array(found.errors)
    assert np.all(np.abs(np.array(found.best) - (0.3, 1.2)) < 0.01 * errors)


def test_errors_and_contours_of_a_paraboloid():
    """Closed form. With the paper's χ² and small effects: covariance of a linear model, an ellipse's ends."""
    p = plane(borexino_outside(), SM(), "eps_L", "eps_R", likelihood="paper", error_per_bin=1e-4)
    t = p.fitter.templates
    step = 1e-5
    slopes = np.stack(
        [
            (t.expected(step) - t.expected(-step)) / (2 * step),
            (p.at(step).templates.expected(0.0) - p.at(-step).templates.expected(0.0)) / (2 * step),
        ]
    )
    covariance = np.linalg.inv((slopes / p.fitter.errors**2) @ slopes.T)
    sizes = np.sqrt(np.diag(covariance))
    grid = [np.linspace(-4 * s, 4 * s, 81) for s in sizes]
    found = fit_plane(p, t.expected(0.0), *grid)
    np.testing.assert_allclose(found.errors, sizes, rtol=0.02)
    assert found.correlation == pytest.approx(covariance[0, 1] / sizes.prod(), abs=0.01)
    threshold = plane_threshold(0.683)
    (line,) = found.contours(threshold)
    ends = np.abs(np.array(line)).max(axis=0)
    np.testing.assert_allclose(ends, np.sqrt(threshold) * sizes, rtol=0.02)


def test_thresholds():
    """Golden. -2 Δln L of joint regions (PDG, Statistics, Table 40.2): 2.30, 4.61, 5.99."""
    assert [round(plane_threshold(x), 2) for x in (0.6827, 0.90, 0.95)] == [2.30, 4.61, 5.99]
    with pytest.raises(ValueError, match="level must lie between 0 and 1"):
        plane_threshold(1.0)


def test_what_a_plane_needs():
    """Contract. Each message names parameter and range."""
    with pytest.raises(ValueError, match="must differ, got 'eps_L' twice"):
        plane(POISSON, SM(), "eps_L", "eps_L")
    with pytest.raises(ValueError, match="SM has no parameter 'gamma'"):
        plane(POISSON, SM(), "eps_L", "gamma")
    p = plane(POISSON, E6(beta="chi"), "gamma", "phi")
    counts = p.fitter.templates.expected(0.0)
    with pytest.raises(ValueError, match="values of phi must lie between"):
        fit_plane(p, counts, [0.01, 0.02], [0.0, 3.0])
    with pytest.raises(ValueError, match="at least two, and ascend"):
        fit_plane(p, counts, [0.02, 0.01], [0.0, 0.1])


@pytest.mark.parametrize("y", ["activity", "background_flat"])
def test_a_normalisation_as_second_parameter(y):
    """The plane minimised over the normalisation is the profile, and its ellipse that of the fit's errors."""
    p = plane(POISSON, E6(beta="chi"), "gamma", y)
    counts = p.fitter.templates.expected(0.2, [1.0, -0.5])
    found = fit_plane(p, counts, np.linspace(-0.2, 0.6, 41), np.linspace(0.8, 1.2, 81))
    data = p.fitter.data(counts)
    minimum = p.fitter.minimise(data)
    errors = p.fitter.hesse(data, minimum)
    number = p.fitter.templates.names.index(y)
    nuisance = p.fitter.templates.nuisances[number - 1]
    best = (minimum.values[0], nuisance.value(minimum.values[number]))
    sizes = np.array([errors[0], nuisance.slope(0.0) * errors[number]])
    assert (np.array(found.best) - best) / sizes == pytest.approx(0, abs=3e-3)
    assert np.array(found.errors) / sizes == pytest.approx(1, abs=0.02)
    profile = data.profile(found.x)[0] - found.fval
    inside = np.abs(found.x - best[0]) < 2 * sizes[0]
    step = (found.y[1] - found.y[0]) / sizes[1]
    assert np.all(found.delta.min(axis=0)[inside] >= profile[inside] - 1e-6)
    assert np.all(found.delta.min(axis=0)[inside] <= profile[inside] + 2 * step**2 + 1e-3)


def outside_minimum(x, y):
    """Few counts with a free efficiency; the minimum is at ε_R of about 0.45 and μ_ν = 0."""
    return fit_plane(plane(FEW, SM(), "eps_R", "mu_nu"), FEW_COUNTS, x, y)


@pytest.mark.long
@pytest.mark.parametrize(
    ("x", "y", "outside"),
    every(
        3,
        [
            (np.linspace(-1.5, 2, 15), np.linspace(0, 3e-10, 7), ()),
            (np.linspace(0.9, 2, 12), np.linspace(0, 2e-10, 5), ("eps_R",)),
            (np.linspace(3, 4, 3), np.linspace(1e-9, 2e-9, 3), ("eps_R", "mu_nu")),
        ],
        unpack=True,
    ),
)
def test_regions_count_from_the_minimum_of_the_physical_ranges(x, y, outside):
    """Independent evaluation. The minimum of a plain likelihood by scipy, for any values drawn."""
    found = outside_minimum(x, y)
    plain = PlainLikelihood(FEW, SM(), "eps_R", FEW_COUNTS)
    minimum = minimize_scalar(plain.profile, bounds=(-1.0, 2.0), method="bounded", options={"xatol": 1e-6})
    size = found.errors[0]
    assert found.best[0] == pytest.approx(minimum.x, abs=1e-3 * size)
    assert found.best[1] == 0
    assert found.fval == pytest.approx(minimum.fun, abs=1e-6)
    at = PlainLikelihood(FEW, SM(mu_nu=y[1]), "eps_R", FEW_COUNTS).profile(x[0]) - minimum.fun
    assert found.delta[1, 0] == pytest.approx(at, abs=1e-5)
    assert found.outside == outside
    assert found.converged
    assert not found.open_ends


@pytest.mark.long
def test_no_error_at_the_end_of_a_physical_range():
    """Closed form. At μ_ν = 0 it has no error; that of ε_R is from the curvature of a plain profile."""
    found = outside_minimum([0.9, 2], [0, 2e-10])
    assert found.errors[1] is None
    assert found.correlation is None
    assert "mu_nu is within its error of 0" in found.error_reasons[1]
    plain = PlainLikelihood(FEW, SM(), "eps_R", FEW_COUNTS)
    step, (best, _) = 0.02, found.best
    bend = (plain.profile(best + step) + plain.profile(best - step) - 2 * plain.profile(best)) / step**2
    assert found.errors[0] == pytest.approx(np.sqrt(2 / bend), rel=1e-3)
    p = plane(POISSON, E6(beta="chi"), "gamma", "eps_R")
    found = fit_plane(p, p.fitter.templates.expected(-0.5), [0, 1], [-0.1, 0.1])
    assert found.best[0] == 0
    assert found.errors is None
    assert "gamma = 0 is at the end of its range" in found.error_reasons[0]


@pytest.mark.parametrize("values", [np.linspace(0, 4, 11), np.linspace(0.5, 0.6, 3)])
def test_a_factor_that_data_do_not_know_has_no_error(values):
    """Contract. Two free backgrounds of one shape: no error of one, that of γ is the fit's; any values."""
    p = plane(TWINS, E6(beta="chi"), "gamma", "background_flat")
    assert p.fitter.undetermined
    counts = p.fitter.templates.expected(0.3)
    found = fit_plane(p, counts, np.linspace(-0.2, 0.6, 9), values)
    fit = fit_counts(p.fitter, counts, method="hesse")
    assert found.errors[1] is None
    assert "the data cannot tell it from background_two" in found.error_reasons[1]
    assert found.errors[0] == pytest.approx(fit.parameters["gamma"].error, rel=1e-3)
    assert found.best[1] == pytest.approx(fit.parameters["background_flat"].value, rel=1e-3)


@pytest.mark.long
@pytest.mark.parametrize("x", few(["sin2_2theta", "delta_m2"], "sin2_2theta"))
def test_a_minimum_of_a_mass_splitting_outside_the_values(x):
    """Closed form. Exact data of an oscillation, whose Δm² is above and below all values drawn."""
    bins = DistanceBins(edges=tuple(np.arange(525.0, 1130, 50)), resolution=15.0)
    outside = borexino_outside()
    experiment = known_to(replace(outside, detector=replace(outside.detector, distance=bins)), activity=0.02)
    names = (x, "delta_m2" if x == "sin2_2theta" else "sin2_2theta")
    p = plane(experiment, SM(sin2_2theta=0.3, delta_m2=1.2), *names)
    exact = p.fitter.templates.expected(p.fitter.truth)
    values = {"sin2_2theta": np.linspace(0, 1, 5), "delta_m2": np.linspace(2, 3, 5)}
    found = fit_plane(p, exact, *(values[name] for name in names))
    best = dict(zip(names, found.best, strict=True))
    assert best["delta_m2"] == pytest.approx(1.2, rel=1e-3)
    assert best["sin2_2theta"] == pytest.approx(0.3, rel=1e-2)
    assert found.outside == ("delta_m2",)
    assert found.fval == pytest.approx(0, abs=1e-5)
    assert found.delta.min() > 1


@pytest.mark.long
@pytest.mark.parametrize("seed", few([0, 1], 0))
def test_the_minimum_of_data_that_are_thrown(seed):
    """Independent evaluation. No point of a wide grid of a plain likelihood is deeper."""
    p = plane(FEW, SM(), "eps_L", "eps_R")
    counts = np.random.default_rng(seed).poisson(p.fitter.templates.expected(0.0))
    found = fit_plane(p, counts, [3.0, 3.5], [2.0, 2.5])
    assert found.outside == ("eps_L", "eps_R")
    deepest = np.inf
    for y in np.linspace(-3, 3, 9):
        plain = PlainLikelihood(FEW, SM(eps_R=y), "eps_L", counts)
        deepest = min(deepest, *(plain.profile(x) for x in np.linspace(-3, 3, 13)))
    assert found.fval <= deepest + 1e-5
    there = PlainLikelihood(FEW, SM(eps_R=found.best[1]), "eps_L", counts)
    assert there.profile(found.best[0]) == pytest.approx(found.fval, abs=1e-5)
