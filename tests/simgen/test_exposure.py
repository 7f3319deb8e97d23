"""Normalisation: decays in a run, fluxes, given numbers of events."""

import math

import pytest
from hypothesis import given, settings, strategies as st
from scipy.integrate import quad
from support.experiments import DAY, MCI, mixed_source

from simgen.flavours import Flavour
from simgen.geometry import Sphere
from simgen.interaction.models import E6, SM
from simgen.rates.exposure import Activity, Exposure, Flux, Interactions, flavours
from simgen.rates.rate import mean_sigma
from simgen.sources.isotopes import cr51

DETERMINISTIC = settings(derandomize=True, deadline=None)
SOURCE = Activity(value=1.67 * MCI, geometry=Sphere(radius=300.0, source_distance=825.0))
DURATION = st.floats(1.0, 400 * DAY)


@pytest.mark.parametrize("start", [0.0, 10 * DAY, -5 * DAY])
@pytest.mark.parametrize("duration", [60.0, 20 * DAY, 1000 * DAY])
def test_decay_integral(start, duration):
    """Twin. Finds e for 2 in the decay law, or a delay of the wrong sign."""
    half_life = cr51().half_life
    expected = quad(lambda t: SOURCE.value * 2 ** (-t / half_life), start, start + duration, epsrel=1e-12)[0]
    found = SOURCE.decays(cr51(), Exposure(duration=duration, start=start))
    assert found == pytest.approx(expected, rel=1e-10, abs=0)


@DETERMINISTIC
@given(DURATION, DURATION, st.floats(0, 100 * DAY))
def test_two_runs_add(one, two, start):
    """Property. Finds an exposure whose parts do not sum to the whole."""
    source = cr51()
    for normalisation in (SOURCE, Flux(value=2e12)):
        parts = [
            normalisation.decay_fluence(source, Exposure(duration=one, start=start), 1.0),
            normalisation.decay_fluence(source, Exposure(duration=two, start=start + one), 1.0),
        ]
        whole = normalisation.decay_fluence(source, Exposure(duration=one + two, start=start), 1.0)
        assert sum(parts) == pytest.approx(whole, rel=1e-12, abs=0)


def test_limits():
    """Closed form. Finds a wrong limit: a short run has A0 Δt decays, an endless one A0 T½/ln 2."""
    source = cr51()
    assert SOURCE.decays(source, Exposure(duration=1.0)) == pytest.approx(SOURCE.value, rel=1e-6, abs=0)
    mean_life = source.half_life / math.log(2)
    assert SOURCE.decays(source, Exposure(duration=1e12)) == pytest.approx(
        SOURCE.value * mean_life, rel=1e-12
    )
    constant = mixed_source()
    assert SOURCE.decays(constant, Exposure(duration=1e9, start=5.0)) == SOURCE.value * 1e9


def test_flux_is_that_of_all_neutrinos():
    """Closed form. Finds a flux per line, or per decay where intensities do not sum to 1."""
    source = mixed_source()
    fluence = Flux(value=7.0).decay_fluence(source, Exposure(duration=3.0), 1.0)
    assert fluence * source.intensity == pytest.approx(21.0, rel=1e-14, abs=0)


def test_geometry_enters_once():
    """Closed form. Finds a solid angle counted twice, or not at all."""
    exposure = Exposure(duration=DAY)
    ratio = SOURCE.decay_fluence(cr51(), exposure, 1.0) / SOURCE.decays(cr51(), exposure)
    assert ratio == SOURCE.geometry.mean_inverse_square()


@pytest.mark.parametrize("reference", [SM(), E6(beta="chi", gamma=0.1)], ids=lambda m: m.label)
def test_interactions_give_the_number_asked_for(reference):
    """Closed form. Finds a number of events that the reference model does not reproduce."""
    source, electrons = mixed_source(), 1e30
    fluence = Interactions(events=1234.0, reference=reference).decay_fluence(
        source, Exposure(duration=1.0), electrons
    )
    total = fluence * electrons * sum(mean_sigma(c, reference) for c in source.components)
    assert total == pytest.approx(1234.0, rel=1e-12, abs=0)


def test_flavours_of_a_source():
    """Contract. Finds a flavour that is lost or listed twice."""
    assert flavours(mixed_source()) == (Flavour.NU_MU, Flavour.ANTI_NU_E, Flavour.NU_E)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Exposure(duration=0.0), "duration must be above 0 s, got 0"),
        (lambda: Exposure(duration=math.nan), "duration must be above 0 s, got nan"),
        (lambda: Exposure(duration=1.0, start=math.inf), "start must be finite"),
        (lambda: Flux(value=-1.0), "flux must be above 0 /cm2/s, got -1"),
        (
            lambda: Activity(value=math.nan, geometry=Sphere(radius=1.0)),
            "activity must be above 0 Bq, got nan",
        ),
        (lambda: Interactions(events=0.0, reference=SM()), "events must be above 0, got 0"),
        (lambda: Interactions(events=1.0, reference=SM(mu_nu=1e-11)), "mu_nu = 0"),
    ],
)
def test_errors(make, words):
    """Contract. Finds an impossible normalisation that passes, or an error without argument and unit."""
    with pytest.raises(ValueError, match=words):
        make()
