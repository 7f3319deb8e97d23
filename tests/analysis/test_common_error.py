"""The paper's χ² with a normalisation error common to all bins: the profile against the covariance matrix."""

import math

import numpy as np
import pytest
from support import common_error
from support.experiments import borexino, hellaz, lama

from analysis.fits.estimate import make_fitter
from analysis.fits.limits import limit_of_counts
from analysis.studies.expected_limits import sensitivity
from detsim.systematics import known_to
from simgen.interaction.models import E6, LR

MODELS = {**{name: E6(beta=name) for name in ("chi", "psi", "eta")}, "LR": LR()}
EXPERIMENTS = {"BOREXINO": borexino(), "HELLAZ": hellaz()}


def with_common(experiment, common):
    return known_to(experiment, activity=common)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("experiment", [borexino(), hellaz(), lama()], ids=lambda e: e.name)
@pytest.mark.parametrize("common", [1e-3, 0.02, 0.3])
def test_profile_is_the_covariance(experiment, model, common):
    """Closed form. Finds a normalisation that is not relative to N(γ): (d - N)ᵀ V⁻¹ (d - N), scattered d."""
    fitter = make_fitter(with_common(experiment, common), model, likelihood="paper", error_per_bin=0.04)
    standard = fitter.templates.reference
    scatter = 1 + 0.04 * np.random.default_rng(7).standard_normal(len(standard))
    for counts in (standard, standard * scatter):
        profile = fitter.profile(fitter.data(counts))
        for gamma in (0.0, 0.05, 0.4):
            n = fitter.templates.signal(gamma)
            V = np.diag((0.04 * standard) ** 2) + common**2 * np.outer(n, n)
            expected = (counts - n) @ np.linalg.solve(V, counts - n)
            assert profile(gamma) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_limits_are_those_of_an_independent_evaluation(experiment, model):
    """Twin. Finds a common error that the expected limits ignore, or add bin by bin."""
    error = common_error.PAPER_ERRORS[experiment]
    for common in (0.0, 0.01, 0.02, 0.05):
        found = sensitivity(with_common(EXPERIMENTS[experiment], common), MODELS[model], [error]).limit[0]
        assert found == pytest.approx(common_error.limit(experiment, model, error, common), rel=2e-5)


@pytest.mark.parametrize("model", MODELS)
def test_a_small_common_error_is_the_papers_case(model):
    """Limit. Finds a constraint that does not fix the normalisation: the change goes with δ²."""
    paper, small = (
        sensitivity(with_common(borexino(), common), MODELS[model], [0.05]).limit[0] for common in (0.0, 1e-5)
    )
    assert small == pytest.approx(paper, rel=1e-6)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_a_large_common_error_leaves_the_shape(experiment, model):
    """Limit. Finds a normalisation that still helps: Σx² - (Σxn)²/Σn², or no limit at all, as for χ.

    Far above, where the quadratic term is all of the signal, its shape alone may be allowed again.
    """
    error = common_error.PAPER_ERRORS[experiment]
    changed = with_common(EXPERIMENTS[experiment], 1e4)
    fitter = make_fitter(changed, MODELS[model], likelihood="paper", error_per_bin=error)
    (_, first), *others = limit_of_counts(fitter, fitter.templates.reference).regions
    expected = common_error.limit(experiment, model, error, math.inf, end=100.0)
    assert first == (None if expected is None else pytest.approx(expected, rel=2e-5))
    found = sensitivity(changed, MODELS[model], [error]).limit[0]
    assert found == (pytest.approx(first) if not others else others[-1][1])
    assert (expected is None) == (model == "chi" or (experiment == "HELLAZ" and model != "eta"))


def test_the_papers_sentences_do_not_survive_one_percent():
    """Golden. Finds a reach that more bins restore: γ of the global fit for χ is 0.0764."""
    for experiment, error in common_error.PAPER_ERRORS.items():
        paper, common = (
            sensitivity(with_common(EXPERIMENTS[experiment], c), MODELS["chi"], [error]) for c in (0.0, 0.01)
        )
        assert paper.limit[0] < paper.global_fit < common.limit[0]
