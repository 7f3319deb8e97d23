"""Pseudo-experiments: their streams, their distributions, and what happens when a fit fails."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from support.examples import every, few
from support.experiments import borexino
from support.plain import scaled, with_nuisances

from analysis.fits.estimate import fit_counts, make_fitter
from analysis.pseudo_experiments.fitted_toys import (
    FAILED,
    NO_HESSE,
    NO_LIMIT,
    NO_MINOS,
    RETRIED,
    Thrower,
    at_truth,
    fit_stored,
    toys,
)
from simgen.interaction.models import E6

CHI = E6(beta="chi")


def thrower(experiment=None, seed=1, gamma=0.0, **settings):
    experiment = experiment or with_nuisances(1e-2)
    events, drawn = settings.pop("events", False), settings.pop("drawn", "auxiliary")
    fitter = make_fitter(experiment, replace(CHI, gamma=gamma), **settings)
    return Thrower(fitter=fitter, seed=seed, events=events, drawn=drawn)


def columns_of(thrower, n, **options):
    chunks = list(toys(thrower, n, **options))
    return {name: np.concatenate([c[name] for c in chunks]) for name in chunks[0]}


def throw(thrower, n):
    return tuple(np.array(x) for x in zip(*(thrower(k) for k in range(n)), strict=True))


@pytest.mark.parametrize("events", every(4, [False, True]))
@pytest.mark.parametrize("settings", [{}, {"likelihood": "paper", "error_per_bin": 0.2}])
def test_a_toy_alone_is_the_toy_of_a_run(events, settings):
    t = thrower(with_nuisances(1e-3), events=events, **settings)
    run = columns_of(t, 7, chunk=3)
    alone = columns_of(t, 1, first=5)
    for name, column in alone.items():
        np.testing.assert_array_equal(column[0], run[name][5], err_msg=name)


def test_toys_depend_on_seed_and_truth():
    base, _ = thrower()(3)
    assert not np.array_equal(base, thrower(seed=2)(3)[0])
    assert not np.array_equal(base, thrower(gamma=1e-9)(3)[0])
    assert not np.array_equal(base, thrower()(4)[0])
    assert np.array_equal(base, thrower()(3)[0])


def test_another_truth_is_the_fitter_of_another_model():
    t = thrower(gamma=0.1)
    moved = at_truth(thrower().fitter, 0.1)
    np.testing.assert_array_equal(Thrower(fitter=moved, seed=1)(2)[0], t(2)[0])


@pytest.mark.parametrize("events", few([False, True], False))
def test_counts_are_poisson(events):
    """Mean and variance per bin of 250 toys; a bias of 2 % of the counts in a bin would show."""
    t = thrower(with_nuisances(1e-3), gamma=0.1, events=events)
    n = 250
    counts, _ = throw(t, n)
    mu = t.fitter.templates.expected(0.1)
    pulls = (counts.mean(axis=0) - mu) / np.sqrt(mu / n)
    assert stats.chi2.sf(np.sum(pulls**2), len(mu)) > 1e-3
    index = np.sum((counts - counts.mean(axis=0)) ** 2 / mu, axis=0)
    assert 2 * min(stats.chi2.cdf(index.sum(), 6 * (n - 1)), stats.chi2.sf(index.sum(), 6 * (n - 1))) > 1e-3
    correlation = np.corrcoef(counts.T)[np.triu_indices(6, 1)] * np.sqrt(n)
    assert stats.chi2.sf(np.sum(correlation**2), 15) > 1e-3


@pytest.mark.parametrize("events", few([False, True], False))
def test_paper_toys_have_the_papers_variance(events):
    """(σ N^SM)² in all, counting included, in every bin."""
    experiment = scaled(borexino(), 2e-3)
    t = thrower(experiment, likelihood="paper", error_per_bin=0.1, events=events)
    n = 250
    counts, _ = throw(t, n)
    sm = t.fitter.templates.reference
    z = (counts - sm) / (0.1 * sm)
    assert stats.chi2.sf(n * np.sum(z.mean(axis=0) ** 2), 6) > 1e-3
    total = np.sum((z - z.mean(axis=0)) ** 2)
    assert 2 * min(stats.chi2.cdf(total, 6 * (n - 1)), stats.chi2.sf(total, 6 * (n - 1))) > 1e-3


def test_event_and_histogram_level_have_one_distribution():
    """KS of the totals of 250 toys each, and of the first bin."""
    experiment = with_nuisances(1e-3)
    by_events, _ = throw(thrower(experiment, events=True), 250)
    by_counts, _ = throw(thrower(experiment), 250)
    for a, b in ((by_events.sum(axis=1), by_counts.sum(axis=1)), (by_events[:, 0], by_counts[:, 0])):
        assert stats.ks_2samp(a, b).pvalue > 1e-3


def test_auxiliary_measurements_have_their_stated_spread():
    _, auxiliary = throw(thrower(), 1000)
    for column in auxiliary.T:
        assert stats.kstest(column, "norm").pvalue > 1e-3
    assert abs(np.corrcoef(auxiliary.T)[0, 1]) < 0.12


def test_known_normalisations_are_not_measured():
    _, auxiliary = throw(thrower(scaled(borexino(), 1e-3)), 5)
    assert auxiliary.shape == (5, 0)


def test_auxiliary_measurements_reach_the_fit():
    t = thrower()
    row = columns_of(t, 1)
    counts, auxiliary = t(0)
    result = fit_counts(t.fitter, counts, auxiliary, level=0.95)
    assert row["measured_activity"][0] == pytest.approx(1 + 0.018 * auxiliary[0], rel=1e-15)
    assert row["measured_background_flat"][0] == pytest.approx(1 + 0.1 * auxiliary[1], rel=1e-15)
    e = result.estimate
    found = [row[name][0] for name in ("gamma", "gamma_error", "minos_lower", "minos_upper")]
    assert found == pytest.approx([e.value, e.error, e.lower, e.upper], abs=1e-3 * e.error)
    assert row["fval"][0] == pytest.approx(result.fval, abs=1e-6)


@pytest.mark.parametrize("experiment", [borexino(), with_nuisances()])
def test_pulls_of_large_counts_are_normal(experiment):
    """300 toys; a Hesse error wrong by 15 % would show."""
    columns = columns_of(thrower(experiment, gamma=0.05), 300, methods=("hesse",))
    assert np.all(columns["status"] == 0)
    pulls = (columns["gamma"] - 0.05) / columns["gamma_error"]
    assert stats.kstest(pulls, "norm").pvalue > 1e-3
    assert abs(pulls.mean()) < 3.3 / np.sqrt(300)
    assert 2 * min(stats.chi2.cdf(np.sum(pulls**2), 300), stats.chi2.sf(np.sum(pulls**2), 300)) > 1e-3


def test_likelihood_ratio_of_the_truth_is_chi2():
    columns = columns_of(thrower(with_nuisances(), gamma=0.05), 300, methods=("hesse",))
    assert columns["q_true"].min() > -1e-5
    assert stats.kstest(columns["q_true"], stats.chi2(1).cdf).pvalue > 1e-3


@pytest.mark.usefixtures("second_diverges")
def test_a_fit_that_does_not_converge_is_made_again_by_minuit():
    found = columns_of(thrower(), 3)
    assert found["status"].tolist() == [0, RETRIED, 0]
    counts, auxiliary = thrower()(1)
    e = fit_counts(thrower().fitter, counts, auxiliary, level=0.95).estimate
    row = [found[name][1] for name in ("gamma", "gamma_error", "minos_lower", "minos_upper")]
    assert row == pytest.approx([e.value, e.error, e.lower, e.upper], abs=1e-3 * e.error)


@pytest.mark.usefixtures("second_diverges")
def test_a_failed_fit_is_a_row_and_not_redrawn(monkeypatch):
    """MINUIT gives up too: the other toys stay as they are."""
    monkeypatch.setattr("analysis.batch.minimiser.single_minima", lambda *_, **__: None)
    found = columns_of(thrower(), 3)
    assert found["status"].tolist() == [0, FAILED | RETRIED, 0]
    monkeypatch.undo()
    good = columns_of(thrower(), 3)
    np.testing.assert_array_equal(found["counts"], good["counts"])
    for name in good:
        if name in {"toy", "true_gamma", "counts", "status"} or name.startswith("measured_"):
            continue
        assert np.isnan(found[name][1]), name
        assert found[name][0] == good[name][0]
        assert found[name][2] == good[name][2]


def test_status_tells_what_is_missing():
    """A blind model has no limit, no interval and no error, and does not raise."""
    beta = np.arctan2(-9, np.sqrt(15))
    experiment = scaled(borexino(), 1e-3)
    fitter = make_fitter(experiment, E6(beta=beta))
    columns = columns_of(Thrower(fitter=fitter, seed=1), 3)
    for status, row in zip(columns["status"], range(3), strict=True):
        if status & FAILED:
            continue
        assert status & NO_LIMIT
        assert status & NO_MINOS
        assert np.isnan(columns["one_sided_upper"][row])
        assert np.isnan(columns["gamma_error"][row]) == bool(status & NO_HESSE)


@pytest.mark.parametrize("size", [1e-8, 1e-6, 2500.0])
def test_toys_of_tiny_and_huge_experiments(size):
    """0.004 events, 0.4 and 1e9."""
    columns = columns_of(thrower(scaled(borexino(), size)), 5)
    good = (columns["status"] & FAILED) == 0
    assert good.all()
    assert np.all(np.isfinite(columns["gamma"]))


def test_methods_not_asked_for_are_empty():
    columns = columns_of(thrower(), 2, methods=("minos",))
    assert np.all(np.isnan(columns["one_sided_upper"]))
    assert np.all(columns["status"] == 0)


def test_unfitted_toys_hold_counts_only():
    columns = columns_of(thrower(), 4, fitted=False)
    assert set(columns) == {"toy", "true_gamma", "counts", "measured_activity", "measured_background_flat"}
    np.testing.assert_array_equal(columns["counts"], columns_of(thrower(), 4)["counts"])


def test_stored_counts_are_fitted_with_nominal_measurements():
    t = thrower()
    counts = np.array([t(k)[0] for k in range(2)])
    columns = fit_stored(t.fitter, counts)
    for k in range(2):
        e = fit_counts(t.fitter, counts[k]).estimate
        assert columns["gamma"][k] == pytest.approx(e.value, abs=1e-3 * e.error)
    assert np.all(columns["measured_activity"] == 1)


@pytest.mark.parametrize("drawn", ["auxiliary", "counts", "nuisances"])
def test_what_is_drawn(drawn):
    """2000 toys: the counts scatter by the normalisations' errors only where their true values are drawn."""
    t = thrower(with_nuisances(1.0), drawn=drawn)
    counts, auxiliary = t.block(0, 2000)
    experiment = t.fitter.templates
    total, mu = counts.sum(axis=1), experiment.expected(0.0).sum()
    signal = experiment.signal(0.0).sum()
    variance = mu
    if drawn == "nuisances":
        variance += (0.018 * signal) ** 2 + (0.1 * (mu - signal)) ** 2
    assert stats.kstest((total - mu) / np.sqrt(variance), "norm").pvalue > 1e-3
    if drawn == "auxiliary":
        assert stats.kstest(auxiliary.ravel(), "norm").pvalue > 1e-3
    else:
        assert np.all(auxiliary == 0)


@pytest.mark.parametrize("poi", few(["phi", "beta"], "phi"))
def test_toys_of_a_signal_that_is_no_polynomial_are_fitted_in_batches(poi):
    """Estimates, errors and limits are those of single fits; no toy needs MINUIT."""
    fitter = make_fitter(with_nuisances(), E6(beta="chi", gamma=0.5), poi=poi)
    columns = columns_of(Thrower(fitter=fitter, seed=5), 60)
    assert np.all(columns["status"] & ~(NO_LIMIT | NO_MINOS) == 0)
    for k in range(3):
        counts, auxiliary = Thrower(fitter=fitter, seed=5)(k)
        e = fit_counts(fitter, counts, auxiliary, level=0.95).estimate
        found = [columns[name][k] for name in (poi, f"{poi}_error")]
        assert found == pytest.approx([e.value, e.error], abs=2e-3 * e.error)
        if not columns["status"][k] & NO_MINOS:
            found = [columns["minos_lower"][k], columns["minos_upper"][k]]
            assert found == pytest.approx([e.lower, e.upper], abs=1e-3 * e.error)
