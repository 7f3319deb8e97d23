"""The audit of studies: it finds minima that a study missed, and chooses its toys by the seed."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from support.cards import CASES
from support.examples import every, few
from support.experiments import borexino
from support.plain import scaled, with_nuisances

from analysis.batch.engine.problem import Problem
from analysis.batch.fitter import FAILED, NO_LIMIT, RETRIED, BatchFitter
from analysis.fits.audit import Audit, FittedToy, audit_columns, audit_sample, audit_toys, chosen
from analysis.fits.fitter import make_fitter
from analysis.likelihood.flat_directions import centred
from analysis.pseudo_experiments.auditing import Auditor
from analysis.pseudo_experiments.fitted_toys import METHODS, Thrower, fit_toys, toys
from analysis.studies.coverage_study import coverage
from analysis.studies.expected_limits import expected_limit
from detsim.experiment import FlatBackground
from macros.card import load_card
from simgen.interaction.models import E6, SM

CHI = E6(beta="chi", gamma=0.1)


@pytest.fixture(scope="module")
def fitter():
    return make_fitter(with_nuisances(1e-2), CHI)


@pytest.fixture
def columns(fitter):
    (found,) = toys(Thrower(fitter=fitter, seed=1), 8, chunk=8)
    return found


def audited(fitter, columns, rows=range(8)):
    return audit_columns(fitter, columns, rows, level=0.95, methods=METHODS)


def test_a_good_study_passes(fitter, columns):
    """To the accuracy of the compiled fit: estimates to 1e-4 of the error, limits to 1e-6."""
    found = audited(fitter, columns)
    assert found.n == 8
    assert found.estimate < 1e-4
    assert found.fval < 1e-8
    assert found.limit < 1e-6
    assert found.deeper == found.shallower == found.one_ended == found.unfitted == 0


@pytest.mark.parametrize(
    ("name", "key", "step"),
    every(
        2,
        [
            ("gamma", "estimate", 1e-3),
            ("fval", "fval", None),
            ("one_sided_upper", "limit", 1e-5),
            ("minos_lower", "limit", 1e-5),
            ("minos_upper", "limit", -1e-5),
        ],
        unpack=True,
    ),
)
def test_a_difference_is_measured(fitter, columns, name, key, step):
    """A number of one toy is wrong by a known number of errors, which the audit reports as the largest."""
    columns[name][5] += 1e-4 if step is None else step * columns["gamma_error"][5]
    assert getattr(audited(fitter, columns), key) == pytest.approx(abs(step or 1e-4), rel=0.03, abs=0)


def test_an_end_that_only_one_finds_is_counted(fitter, columns):
    columns["one_sided_upper"][2] = np.nan
    columns["status"][2] |= NO_LIMIT
    assert audited(fitter, columns).one_ended == 1


def test_failed_toys_are_left_out(fitter, columns):
    columns["status"][3] |= FAILED
    columns["gamma"][3] = np.nan
    assert audited(fitter, columns).n == 7


def test_a_missed_second_minimum_is_counted():
    """SM in ε_L: counts are a parabola, and a local fit from beyond its vertex ends elsewhere."""
    fitter = make_fitter(scaled(borexino(), 1e-2), SM(), poi="eps_L")
    counts, auxiliary = Thrower(fitter=fitter, seed=2).block(0, 6)
    batch = BatchFitter(fitter=fitter)
    best = batch.fit(counts, auxiliary)
    values = fitter.scan(fitter.data(fitter.templates.expected(0.0)))
    inner = np.flatnonzero((values[1:-1] < values[:-2]) & (values[1:-1] <= values[2:])) + 1
    wrong = max(fitter.grid[inner], key=abs)
    problem = Problem(layout=batch.layout, counts=counts, auxiliary=auxiliary)
    missed, depths, _ = problem.minima(np.full(6, wrong), *fitter.range)
    deeper = depths > best.values + 1e-3
    assert deeper.all()
    names = {"toy": np.arange(6), "true_eps_L": np.zeros(6), "counts": counts}
    columns = fit_toys(batch, counts, auxiliary, level=0.95) | names
    columns |= {"eps_L": missed[:, 0], "fval": depths}
    found = audit_columns(fitter, columns, range(6), level=0.95, methods=METHODS)
    assert found.deeper == np.count_nonzero(deeper)
    columns = fit_toys(batch, counts, auxiliary, level=0.95) | names
    assert audit_columns(fitter, columns, range(6), level=0.95, methods=METHODS).deeper == 0


@pytest.mark.parametrize(
    ("model", "poi"),
    [
        pytest.param(SM(vector_mass=0.5, vector_coupling=1e-11), "vector_mass", marks=pytest.mark.long),
        (SM(), "mu_nu"),
        (CHI, "phi"),
    ],
)
def test_other_parameters(model, poi):
    """Inside the shapes, of unknown sign, and no polynomial: one toy each."""
    fitter = make_fitter(scaled(borexino(), 1e-2), model, poi=poi)
    (columns,) = toys(Thrower(fitter=fitter, seed=3), 1, chunk=1)
    found = audited(fitter, columns, [0])
    assert (found.n, found.deeper, found.shallower, found.one_ended, found.unfitted) == (1, 0, 0, 0, 0)
    assert found.estimate < 2e-3
    assert found.limit is None or found.limit < 1e-4


def test_audits_add_up():
    a = Audit(n=2, estimate=1e-5, fval=1e-9, limit=None, deeper=1)
    b = Audit(n=3, estimate=2e-5, fval=1e-10, limit=1e-8, one_ended=2)
    assert a + b == Audit(n=5, estimate=2e-5, fval=1e-9, limit=1e-8, deeper=1, one_ended=2)
    assert Audit() + a == a + Audit() == a


def test_the_sample_is_a_function_of_the_seed():
    sample = audit_sample(1, 10**8, 20, first=7)
    assert len(set(sample.tolist())) == 20
    assert np.all(np.diff(sample) > 0)
    assert sample[0] >= 7
    assert sample[-1] < 10**8 + 7
    np.testing.assert_array_equal(sample, audit_sample(1, 10**8, 20, first=7))
    assert not np.array_equal(sample, audit_sample(2, 10**8, 20, first=7))
    assert len(audit_sample(1, 10, 0)) == 0
    with pytest.raises(ValueError, match="at least 0"):
        audit_sample(1, 10, -1)


def test_every_toy_is_as_likely_to_be_chosen():
    """Twin: 2000 samples of 3 of 10; the counts scatter as those of draws without replacement (5 σ)."""
    counts = np.bincount(np.concatenate([audit_sample(seed, 10, 3) for seed in range(2000)]), minlength=10)
    assert np.all(np.abs(counts - 600) < 5 * np.sqrt(2000 * 0.3 * 0.7))


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_chunks_share_out_the_sample(size):
    sample = audit_sample(3, 1000, 40, first=50)
    parts = [start + chosen(sample, start, size) for start in range(50, 1050, size)]
    np.testing.assert_array_equal(np.concatenate(parts), sample)


def test_studies_are_audited():
    study = coverage(with_nuisances(1e-2), CHI, [0.0, 0.2], 30, seed=4)
    assert study.audit.n - study.audit.n_worst == 20
    assert 0 < study.audit.n_worst <= 6
    assert study.audit.limit < 1e-6
    assert coverage(with_nuisances(1e-2), CHI, [0.0], 5, seed=4, audit=0).audit is None
    band = expected_limit(make_fitter(with_nuisances(1e-2), replace(CHI, gamma=0.0)), n_toys=30, seed=4)
    assert band.audit.n == 20
    assert band.audit.estimate < 1e-4
    assert band.audit.limit < 1e-6


def parts_of(columns, ends):
    return [(a, {name: c[a:b] for name, c in columns.items()}) for a, b in pairwise(ends)]


@pytest.mark.parametrize("ends", [(0, 8), (0, 3, 8), (0, 1, 2, 6, 8)])
def test_the_worst_toys_are_fitted_again(fitter, columns, ends):
    """Those with the largest -2 ln L, those with a status, those at an end: independent of the chunks."""
    columns["fval"][[1, 4]] += [50.0, 60.0]
    columns["status"][6] |= RETRIED
    auditor = Auditor(fitter=fitter, level=0.95, methods=METHODS, sample=np.array([2]), worst=2)
    for start, part in parts_of(columns, ends):
        auditor.add(part, start)
    found = auditor.result()
    assert (found.n, found.n_worst) == (4, 3)
    assert found.deeper == 2
    assert found == auditor.result()


def test_a_toy_at_the_end_of_its_range_is_among_the_worst():
    fitter = replace(make_fitter(borexino(), E6(beta="chi")), bounded=True)
    (columns,) = toys(Thrower(fitter=fitter, seed=3), 20, chunk=20)
    at_end = np.flatnonzero(columns["gamma"] == 0)
    assert len(at_end)
    auditor = Auditor(fitter=fitter, level=0.95, methods=METHODS, sample=np.array([], np.int64), worst=1)
    auditor.add({name: c[at_end[:1]] for name, c in columns.items()}, 0)
    found = auditor.result()
    assert (found.n, found.n_worst, found.deeper) == (1, 1, 0)


def study(fitter, n, seed):
    """Pseudo-experiments as a study fits them, without ends of intervals."""
    counts, auxiliary = Thrower(fitter=fitter, seed=seed).block(0, n)
    fits = fitter.batch.fit(counts, auxiliary)
    assert fits.good.all()
    return [
        FittedToy(
            counts=counts[i],
            auxiliary=auxiliary[i],
            estimate=float(fits.parameters[i, 0]),
            error=float(fits.errors[i, 0]),
            fval=float(fits.values[i]),
            ends=(),
        )
        for i in range(n)
    ]


@pytest.mark.long
@pytest.mark.parametrize("n", few([10, 40], 10))
def test_free_backgrounds_of_one_shape(n):
    """Contract: MINUIT fixes one of them, and what that contributes is no floor of their sum.

    In one of nine toys the sum is smaller than the nominal value of the fixed one: MINUIT then missed the
    minimum by up to 0.1 errors.
    """
    card = load_card(str(CASES / "two_free_backgrounds.toml"), ())
    fitter = make_fitter(card.together, card.model, poi=card.fit.poi)
    found = audit_toys(fitter, study(fitter, n, seed=1))
    assert (found.n, found.deeper, found.shallower, found.unfitted) == (n, 0, 0, 0)
    assert found.estimate < 1e-4
    assert found.fval < 1e-6


@pytest.mark.parametrize("n", few([10, 40], 10))
def test_free_backgrounds_of_which_one_is_the_sum_of_two(n):
    """Three free factors, one flat direction: the sum of two regions, and each of them."""
    spectra = ((0.25, 0.4), (0.4, 0.55), (0.25, 0.55))
    backgrounds = tuple(
        FlatBackground(name=f"b{i}", rate=3e-6, low=low, high=high, uncertainty=1.0, constraint="free")
        for i, (low, high) in enumerate(spectra)
    )
    sharp = replace(borexino(), backgrounds=backgrounds)
    resolution = replace(sharp.detector.resolution, stochastic=1e-9)
    sharp = replace(sharp, detector=replace(sharp.detector, resolution=resolution))
    fitter = make_fitter(sharp, SM(), poi="delta_c_L")
    assert fitter.undetermined == (("background_b0", "background_b1", "background_b2"),)
    found = audit_toys(fitter, study(fitter, n, seed=2))
    assert (found.deeper, found.shallower, found.unfitted) == (0, 0, 0)
    assert found.estimate < 1e-4


@pytest.mark.parametrize(
    ("pulls", "expected"),
    [((0.0, -1.0), (-0.5, -0.5)), ((-1.0, -1.0), (-1.0, -1.0)), ((-1.0, 3.0), (1.0, 1.0))],
)
def test_flat_directions_are_centred(pulls, expected):
    """Closed form: two equal backgrounds get equal shares of their sum; a sum of 0 stays 0."""
    one = FlatBackground(name="a", rate=1e-5, low=0.25, high=0.55, uncertainty=1.0, constraint="free")
    both = replace(borexino(), backgrounds=(one, replace(one, name="b")))
    templates = make_fitter(both, SM(), poi="delta_c_L").templates
    found = centred(templates, np.array(pulls))
    np.testing.assert_allclose(found, expected, atol=1e-9)
    np.testing.assert_allclose(templates.expected(0.0, found), templates.expected(0.0, np.array(pulls)))
