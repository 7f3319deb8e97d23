"""Nuisance parameters: what they change, how they interpolate, what experiments share."""

from dataclasses import replace

import numpy as np
import pytest
from support.experiments import DAY, borexino, hellaz
from support.plain import scaled

from analysis.fits.estimate import fit_counts
from analysis.fits.fitter import make_fitter
from analysis.model.nuisances import Nuisance
from analysis.model.templates import make_templates
from detsim.backgrounds import Background
from detsim.detector.resolution import PhotoElectrons
from detsim.expectation.folding import fold
from detsim.experiment import FlatBackground
from detsim.systematics import Systematic, known_to, vary, without_steps
from simgen.deposits import Line, Uniform
from simgen.interaction.models import E6, SM

CHI = E6(beta="chi")
SMEARED = Background(
    name="smeared", spectrum=Uniform(low=0.2, high=0.6), rate=200 / DAY, smeared=True, uncertainty=0.2
)
MEASURED = FlatBackground(name="flat", rate=200 / DAY, low=0.25, high=0.8)


def experiment(*systematics, **changes):
    made = replace(scaled(borexino(), 1e-2), backgrounds=(SMEARED, MEASURED), systematics=systematics)
    return replace(made, **changes)


def bins_of(experiment, model, *, signal=1.0, smeared=1.0):
    """Expected counts from a fold of their own."""
    folded = fold(experiment, model)
    return (
        signal * folded.signal(model)[1:-1]
        + smeared * folded.backgrounds[0, 1:-1]
        + folded.backgrounds[1, 1:-1]
    )


@pytest.mark.parametrize("constraint", ["gaussian", "log-normal"])
@pytest.mark.parametrize(
    ("name", "size", "x"),
    [("energy_scale", 0.02, 0.5), ("energy_scale", 0.01, -2.0), ("resolution", 0.1, 1.5)],
)
def test_interpolated_shapes_against_a_refold(constraint, name, size, x):
    """In between and beyond one standard deviation, to 2 % of the change, signal and smeared background."""
    systematic = Systematic(name=name, uncertainty=size, constraint=constraint)
    fitted = make_templates(experiment(systematic), CHI)
    found = fitted.expected(0.2, [x, 0.0])
    factor = (1 + size) ** x if constraint == "log-normal" else 1 + size * x
    nominal = bins_of(experiment(), E6(beta="chi", gamma=0.2))
    exact = bins_of(vary(experiment(), name, factor), E6(beta="chi", gamma=0.2))
    assert found == pytest.approx(exact, abs=0.02 * np.abs(exact - nominal).max())
    assert np.abs(exact - nominal).max() > 0.05 * np.sqrt(nominal).max()


@pytest.mark.parametrize("x", [1.0, -1.0])
@pytest.mark.parametrize("name", ["energy_scale", "resolution"])
def test_shapes_are_exact_at_one_standard_deviation(name, x):
    fitted = make_templates(experiment(Systematic(name=name, uncertainty=0.03)), CHI)
    exact = bins_of(vary(experiment(), name, 1 + 0.03 * x), E6(beta="chi", gamma=0.4))
    assert fitted.expected(0.4, [x, 0.0]) == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("x", [1.0, -1.0, 0.4])
def test_the_weak_mixing_angle_changes_the_signal_only(x):
    """Quadratic in s² for the standard model at tree level: exact at every pull, but for the ν-e couplings'
    fourth order, absent here."""
    fitted = make_templates(experiment(Systematic(name="sin2_theta_w", uncertainty=0.05)), SM(), "delta_c_L")
    exact = bins_of(experiment(), SM(sin2_theta_w=0.2312 * (1 + 0.05 * x)))
    assert fitted.expected(0.0, [x, 0.0]) == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize(("name", "smeared"), [("activity", 1.0), ("mass", 1.0), ("efficiency", 1.06)])
def test_normalisations_multiply_what_they_concern(name, smeared):
    """The efficiency concerns backgrounds that are detected as electrons are."""
    fitted = make_templates(experiment(Systematic(name=name, uncertainty=0.03)), CHI)
    exact = bins_of(experiment(), E6(beta="chi", gamma=0.1), signal=1.06, smeared=smeared)
    assert fitted.expected(0.1, [2.0, 0.0]) == pytest.approx(exact, rel=1e-10)


def test_photo_electrons_have_a_resolution_too():
    """A width of 1.1 times the nominal one takes a light yield of 1/1.21. The change has no steps."""
    counted = replace(borexino().detector, resolution=PhotoElectrons(light_yield=300.0))
    base = replace(experiment(), detector=replace(counted, target=experiment().detector.target))
    fitted = make_templates(known_to(base, resolution=0.1), CHI)
    other = replace(base, detector=replace(base.detector, resolution=PhotoElectrons(light_yield=300 / 1.21)))
    model = E6(beta="chi", gamma=0.1)
    change = bins_of(without_steps(other), model) - bins_of(without_steps(base), model)
    assert fitted.expected(0.1, [1.0, 0.0]) == pytest.approx(bins_of(base, model) + change, rel=1e-9)


def test_value_and_pull_are_inverse():
    for constraint in ("gaussian", "log-normal"):
        n = Nuisance(
            name="a", quantity="mass", uncertainty=0.2, constraint=constraint, targets=(), nominal=3.0
        )
        x = np.array([-1.3, 0.0, 2.2])
        assert [n.pull(v) for v in n.value(x)] == pytest.approx(x)
        h = 1e-6
        assert n.slope(x) == pytest.approx((n.value(x + h) - n.value(x - h)) / (2 * h), rel=1e-8)
    assert n.value(1.0) == pytest.approx(3.6)
    assert n.value(-1.0) == pytest.approx(3 / 1.2)


def twins(common):
    one = known_to(scaled(borexino(), 1e-2), activity=0.05)
    systematics = (replace(one.systematics[0], common=common),)
    return tuple(replace(one, name=name, systematics=systematics) for name in ("A", "B"))


def test_two_equal_experiments_with_common_errors_are_one_of_twice_the_size():
    """The profile of exact data is that of one experiment with twice the counts, up to a constant."""
    fitter = make_fitter(twins(common=True), CHI)
    assert fitter.templates.names == ("gamma", "activity")
    double = make_fitter(replace(twins(common=True)[0], scale=2.0), CHI)
    points = np.linspace(-0.1, 0.5, 7)
    together = fitter.data(fitter.templates.expected(0.1)).profile(points)[0]
    alone = double.data(double.templates.expected(0.1)).profile(points)[0]
    assert together == pytest.approx(alone, rel=1e-9, abs=1e-9)


def test_two_equal_experiments_with_errors_of_their_own_halve_the_variance():
    """All errors are uncorrelated: the two estimates average."""
    fitter = make_fitter(twins(common=False), CHI)
    assert fitter.templates.names == ("gamma", "A.activity", "B.activity")
    single = make_fitter(twins(common=False)[0], CHI)
    errors = [fit_counts(f, f.templates.expected(0.1), level=0.683).estimate.error for f in (fitter, single)]
    assert errors[0] == pytest.approx(errors[1] / np.sqrt(2), rel=1e-6)


def test_different_experiments_together_are_the_sum_of_their_likelihoods():
    """No nuisance parameters: -2 ln L adds up."""
    pair = (scaled(borexino(), 1e-3), scaled(hellaz(), 1e-2))
    fitter = make_fitter(pair, CHI)
    counts = np.round(fitter.templates.expected(0.1))
    points = np.array([0.0, 0.1, 0.3])
    total = sum(
        make_fitter(e, CHI).data(counts[where]).profile(points)[0]
        for e, where in zip(pair, fitter.templates.bins, strict=True)
    )
    assert fitter.data(counts).profile(points)[0] == pytest.approx(total, rel=1e-10)


def test_a_common_background_is_one_factor():
    flat = replace(MEASURED, uncertainty=0.1, common=True)
    pair = tuple(
        replace(scaled(borexino(), 1e-2), name=name, backgrounds=(replace(flat, rate=rate),))
        for name, rate in (("A", 100 / DAY), ("B", 300 / DAY))
    )
    t = make_templates(pair, CHI)
    assert t.names == ("gamma", "background_flat")
    change = t.expected(0.0, [1.0]) - t.expected(0.0)
    assert change[t.bins[1]] == pytest.approx(3 * change[t.bins[0]], rel=1e-10)


@pytest.mark.parametrize(
    ("experiments", "poi", "message"),
    [
        ((borexino(), borexino()), "gamma", "names of their own"),
        ((), "gamma", "at least one experiment"),
        (known_to(borexino(), sin2_theta_w=0.01), "sin2_theta_w", "parameter of interest and an uncertainty"),
        (
            (
                replace(
                    twins(True)[0], systematics=(replace(twins(True)[0].systematics[0], uncertainty=0.01),)
                ),
                twins(True)[1],
            ),
            "gamma",
            "activity is common to experiments, and they differ",
        ),
    ],
)
def test_what_does_not_fit_together(experiments, poi, message):
    with pytest.raises(ValueError, match=message):
        make_templates(experiments, CHI, poi)


def test_a_free_normalisation_takes_the_rate_away():
    """Without constraint, only the shape measures γ: as with an uncertainty of 1e4."""
    unknown = Systematic(name="activity", uncertainty=0.1, constraint="free")
    free = replace(borexino(), systematics=(unknown,))
    fitter = make_fitter(free, CHI)
    loose = make_fitter(known_to(free, activity=1e4), CHI)
    found = [fit_counts(f, f.templates.expected(0.1)) for f in (fitter, loose)]
    assert found[0].estimate.error == pytest.approx(found[1].estimate.error, rel=1e-4)
    assert found[0].estimate.upper == pytest.approx(found[1].estimate.upper, rel=1e-4)
    assert found[0].ndof == 4


def test_a_line_that_moves_out_of_a_bin():
    """A monoenergetic background at a bin's edge: its shape changes most, and linearly over 0.5 %."""
    line = Background(name="line", spectrum=Line(energy=0.35), rate=1000 / DAY, smeared=True)
    base = replace(scaled(borexino(), 1e-3), backgrounds=(line,))
    fitted = make_templates(known_to(base, energy_scale=0.005), CHI)
    moved = vary(base, "energy_scale", 1.0075)
    exact = fold(moved, CHI)
    expected = exact.signal(CHI)[1:-1] + exact.backgrounds[0, 1:-1]
    assert fitted.expected(0.0, [1.5]) == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize("several", [False, True])
def test_free_factors_that_cannot_be_told_apart(several):
    """Activity and mass of one experiment; one activity and the masses of two."""
    free = {"uncertainty": 0.1, "constraint": "free"}
    masses = tuple(
        replace(
            scaled(borexino(), 1e-2),
            name=name,
            systematics=(Systematic(name="activity", common=True, **free), Systematic(name="mass", **free)),
        )
        for name in ("A", "B")
    )
    with pytest.raises(ValueError, match=r"activity, .*mass are free, and no data tell such factors apart"):
        make_templates(masses if several else masses[0], CHI)
    one = replace(masses[1], systematics=masses[1].systematics[:1])
    assert len(make_templates((masses[0], one), CHI).nuisances) == 2
