"""Shapes folded with a simulated sample: the sampler, and its twin by quadrature."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from support.examples import every
from support.experiments import borexino, borexino_distances, borexino_outside, lama, mixed_source

from detsim.detector.detector import Resolution
from detsim.expectation.folding import fold
from detsim.simulation import mc_templates as sampling
from detsim.simulation.mc_templates import Sample, Sampling
from detsim.simulation.monte_carlo import expected_generated
from detsim.systematics import vary
from simgen.interaction.models import E6, LR, SM

OSCILLATING = SM(delta_m2=1.0, sin2_2theta=0.3)
SOURCES = {
    "lines": (borexino(), SM()),
    "continuum": (lama(), SM()),
    "background": (borexino_outside(), E6(beta="chi", gamma=0.2)),
    "flavours": (replace(borexino(), source=mixed_source()), SM(corrections="full")),
    "distance": (borexino_distances(), OSCILLATING),
}
CHANGES = {
    "same": {},
    "right": {"eps_R": 0.3},
    "left": {"eps_L": -0.2},
    "moment": {"mu_nu": 5e-11},
    "charge": {"millicharge": 2e-12},
    "vector": {"vector_mass": 0.1, "vector_coupling": 1e-6},
    "scalar": {"scalar_mass": 0.2, "scalar_coupling": 1e-5},
}


def sample(experiment, model, n=200_000, seed=1, number=0):
    return Sample(experiment=experiment, model=model, sampling=Sampling(n_events=n, seed=seed), number=number)


@pytest.fixture(scope="module")
def samples():
    return {name: sample(*pair) for name, pair in SOURCES.items()}


def pulls(found, model):
    """Difference to quadrature in units of the sample's own error."""
    exact = fold(found.experiment, model).signal(model)
    errors = np.sqrt(found.variances(model))
    assert np.all((errors > 0) == (exact > 1e-9 * exact.sum()))
    seen = errors > 0
    return ((found.fold(model).signal(model) - exact)[seen] / errors[seen])[1:-1]


@pytest.mark.parametrize("change", every(3, CHANGES))
@pytest.mark.parametrize("source", SOURCES)
def test_a_sample_is_quadrature_within_its_error(samples, source, change):
    """Twin, α = 1e-3. One sample for all models. Finds 2 % of the signal in all bins."""
    z = pulls(samples[source], replace(SOURCES[source][1], **CHANGES[change]))
    assert stats.chi2.sf(z @ z, len(z)) > 1e-3


@pytest.mark.parametrize("changed", [{"delta_m2": 3.0}, {"sin2_2theta": 0.0}, {"sin2_2theta": 0.9}])
def test_other_oscillations_from_one_sample(samples, changed):
    """Twin, α = 1e-3. Finds remains of the oscillation with the sample's own Δm² or mixing."""
    z = pulls(samples["distance"], replace(OSCILLATING, **changed))
    assert stats.chi2.sf(z @ z, len(z)) > 1e-3


def test_the_error_is_that_of_equal_weights_for_the_model_that_was_drawn():
    """Closed form: an event of the model that was drawn has the weight N/n, N expected and n mean events."""
    small, large = (sample(borexino(), SM(), n=n) for n in (2_000, 200_000))
    weights = []
    for each in (small, large):
        per_bin = each.variances(SM())[1:-1] / each.fold(SM()).signal(SM())[1:-1]
        assert per_bin == pytest.approx(per_bin[0], rel=1e-9)
        weights.append(per_bin[0])
    generated = expected_generated(borexino(), SM())
    assert weights == pytest.approx([generated / 2_000, generated / 200_000], rel=1e-9)


def test_bins_scatter_independently_by_the_stated_error():
    """Twin over 150 samples, α = 1e-3. Finds a fixed number of events: their sum scatters too little."""
    model, target = SM(), SM(eps_R=0.4)
    exact = fold(borexino(), target).signal(target)[1:-1]
    found, errors = [], []
    for seed in range(150):
        one = sample(borexino(), model, n=3_000, seed=seed)
        found.append(one.fold(target).signal(target)[1:-1] - exact)
        errors.append(one.variances(target)[1:-1])
    found, mean = np.array(found), np.mean(errors, axis=0)
    for values, variance in ((found.sum(axis=1), mean.sum()), (found[:, 0], mean[0]), (found[:, 5], mean[5])):
        total = np.sum(values**2) / variance
        assert 5e-4 < stats.chi2.sf(total, 150) < 1 - 5e-4
    assert abs(found.sum()) < 3.3 * np.sqrt(150 * mean.sum())
    correlation = np.corrcoef(found.T)[np.triu_indices(6, 1)] * np.sqrt(150)
    assert stats.chi2.sf(correlation @ correlation, 15) > 1e-3


def test_another_response_sees_the_same_events():
    """Twin. The slope in the energy scale is far more precise than two independent samples would have it."""
    model, one = SM(), sample(borexino(), SM())
    moved = [vary(borexino(), "energy_scale", f) for f in (1.002, 0.998)]
    up, down = (replace(one, experiment=e).fold(model).signal(model)[1:-1] for e in moved)
    exact = np.subtract(*(fold(e, model).signal(model)[1:-1] for e in moved))
    independent = np.sqrt(2 * one.variances(model)[1:-1])
    assert np.all(np.abs(up - down - exact) < independent)
    assert np.sqrt(np.mean(((up - down - exact) / independent) ** 2)) < 0.4


def test_what_diverges_is_infinite_as_by_quadrature():
    """Contract: recorded recoils of T → 0 make the weights of a magnetic moment infinite, for any sample."""
    wide = replace(borexino().detector, resolution=Resolution(constant=0.2), threshold=0.0)
    experiment = replace(borexino(), detector=wide)
    found, exact = sample(experiment, SM(), n=1000).fold(SM()), fold(experiment, SM())
    np.testing.assert_array_equal(np.isinf(found.shapes[0]), np.isinf(exact.shapes[0]))
    assert np.isinf(exact.shapes[0]).any()
    with pytest.raises(ValueError, match="diverge"):
        found.signal(SM(mu_nu=1e-11))


def test_a_sample_depends_on_seed_and_number_only(monkeypatch):
    """Contract: bits depend on seed and experiment, and not on what is evaluated at once."""
    model = LR(gamma=0.1)
    first = sample(borexino(), model, n=2000).fold(model).shapes[0]
    np.testing.assert_array_equal(sample(borexino(), model, n=2000).fold(model).shapes[0], first)
    for other in ({"seed": 2}, {"number": 1}):
        assert not np.array_equal(sample(borexino(), model, n=2000, **other).fold(model).shapes[0], first)
    monkeypatch.setattr(sampling, "_CHUNK", 77)
    chunked = sample(borexino(), model, n=2000).fold(model).shapes[0]
    np.testing.assert_allclose(chunked, first, rtol=1e-12)


@pytest.mark.parametrize("n", [0, 10**11])
def test_impossible_sizes(n):
    with pytest.raises(ValueError, match=r"template_events must be from 1 to 1e10"):
        Sampling(n_events=n, seed=1)
