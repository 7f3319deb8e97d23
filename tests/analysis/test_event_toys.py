"""Event-level pseudo-experiments beside those whose counts are thrown: one distribution, of fits too."""

import numpy as np
import pytest
from scipy import stats
from support.examples import every
from support.plain import with_nuisances

from analysis.fits.fitter import make_fitter
from analysis.pseudo_experiments.fitted_toys import FAILED, toys
from analysis.pseudo_experiments.throw import Thrower
from macros.card import load_card
from simgen.interaction.models import E6

BACKGROUNDS = (
    "exposure.duration='25 d'",
    "background.line.shape=line",
    "background.line.energy='400 keV'",
    "background.line.rate='3 /d'",
    "background.line.uncertainty=0.2",
    "background.line.constraint=log-normal",
)
CARDS = {
    "gas, one day": ("hellaz-cr51-realistic", "exposure.duration='20 d'"),
    "backgrounds, systematics": (
        "borexino-cr51-realistic",
        *BACKGROUNDS,
        "systematics.mass=0.02",
        "systematics.efficiency=0.05",
    ),
    "drawn truth": (
        "borexino-cr51-realistic",
        *BACKGROUNDS,
        "systematics.mass={ uncertainty = 0.2, constraint = 'log-normal' }",
        "systematics.efficiency=0.1",
        "fit.drawn=nuisances",
    ),
    "photo-electrons, quenching": (
        "borexino-cr51-realistic",
        "detector.resolution={ photoelectrons = '500 /MeV' }",
        "detector.quenching={ energies = ['0 keV', '1 MeV'], ratio = [0.8, 0.95] }",
        "detector.energy_scale=1.1",
        "exposure.duration='25 d'",
    ),
    "two experiments": (
        "borexino-hellaz-cr51",
        "experiment.BOREXINO.exposure.duration='5 d'",
        "experiment.HELLAZ.exposure.duration='50 d'",
    ),
    "continuum, full corrections": (
        "lama-pm147-realistic",
        "model.corrections=full",
        "exposure.duration='4 d'",
    ),
    "solar": ("borexino-be7", "exposure.amount='0.5 t*yr'"),
    "the paper's χ²": ("hellaz-cr51-paper", "exposure.duration='0.3 d'"),
}


def throwers(name, seed):
    preset, *overrides = CARDS[name]
    card = load_card(preset, overrides)
    settings = {"likelihood": card.fit.likelihood, "error_per_bin": card.fit.error_per_bin}
    fitter = make_fitter(card.together, card.model, poi=card.fit.poi, **settings)
    return [Thrower(fitter=fitter, seed=seed, events=e, drawn=card.fit.drawn) for e in (True, False)]


def two_samples(a, b):
    """χ² of two samples of small counts, in cells that hold 20 or more of both together."""
    edges = np.unique(np.quantile(np.concatenate([a, b]), np.linspace(0, 1, 20)))
    edges = np.array([-np.inf, *edges[1:-1] + 0.5, np.inf])
    table = np.array([np.histogram(x, edges)[0] for x in (a, b)])
    table = table[:, table.sum(axis=0) >= 20]
    return stats.chi2_contingency(table).pvalue if table.shape[1] > 1 else 1.0


@pytest.mark.parametrize("name", every(3, CARDS))
def test_both_levels_have_one_distribution(name):
    """Twin: 1500 toys each. Per bin means, variances, the whole distribution; correlations; the estimate.

    Finds 2 % of a bin of 100 counts in the mean, 13 % in a variance. α = 1e-3 a card and quantity; per bin
    shared among the bins.
    """
    n = 1500
    found = []
    for thrower in throwers(name, seed=11):
        chunks = list(toys(thrower, n, methods=("hesse",)))
        found.append({key: np.concatenate([c[key] for c in chunks]) for key in chunks[0]})
    events, counts = (f["counts"] for f in found)
    n_bins = counts.shape[1]
    variance = events.var(axis=0, ddof=1) + counts.var(axis=0, ddof=1)
    z = (events - counts).mean(axis=0) * np.sqrt(n / variance)
    assert np.max(np.abs(z)) < stats.norm.isf(5e-4 / n_bins)
    spread = [np.log(x.var(axis=0, ddof=1)) for x in (events, counts)]
    kurtosis = np.maximum(stats.kurtosis(np.concatenate([events, counts])), 0.0)
    z = (spread[0] - spread[1]) / np.sqrt(2 * (2 + kurtosis) / n)
    assert np.max(np.abs(z)) < stats.norm.isf(5e-4 / n_bins)
    assert min(two_samples(a, b) for a, b in zip(events.T, counts.T, strict=True)) > 1e-3 / n_bins
    above = np.triu_indices(n_bins, 1)
    z = np.subtract(*(np.arctanh(np.corrcoef(x.T)[above]) for x in (events, counts))) * np.sqrt(n / 2)
    assert np.max(np.abs(z)) < stats.norm.isf(5e-4 / len(z))
    estimates = [f[thrower.fitter.templates.poi][(f["status"] & FAILED) == 0] for f in found]
    assert min(len(e) for e in estimates) > 0.99 * n
    assert stats.ks_2samp(*estimates).pvalue > 1e-3
    for key in (k for k in found[0] if k.startswith("measured_")):
        np.testing.assert_array_equal(found[0][key], found[1][key])


def test_stated_pulls_are_the_truth_of_the_events():
    """Twin: 2000 toys with nuisance parameters two and minus three errors from nominal; 1 % would show."""
    fitter = make_fitter(with_nuisances(1e-3, signal=0.1, background=0.2), E6(beta="chi"))
    pulls = (2.0, -3.0)
    thrower = Thrower(fitter=fitter, seed=4, events=True, pulls=pulls)
    counts, auxiliary = thrower.block(0, 2000)
    mu = fitter.templates.expected(0.0, pulls)
    assert np.max(np.abs(counts.mean(axis=0) - mu) / np.sqrt(mu / 2000)) < 4
    assert auxiliary.mean(axis=0) == pytest.approx(pulls, abs=5 / 2000**0.5)


def test_expected_events_are_those_of_all_experiments():
    (thrower, _) = throwers("two experiments", seed=2)
    _, _, numbers = thrower.numbered_block(0, 200)
    mean = thrower.expected_events
    assert len(thrower.ensembles) == 2
    assert abs(numbers.mean() - mean) < 4 * np.sqrt(mean / 200)
