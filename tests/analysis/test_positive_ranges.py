"""δc_L to first order: what is expected and thrown is at least zero, and ranges of fits end there."""

from dataclasses import replace

import numpy as np
import pytest
from support import experiments
from support.examples import every

from analysis.fits.fitter import make_fitter
from detsim.expectation.folding import fold
from detsim.expectation.prediction import predict, recorded_total
from detsim.simulation.mc_templates import Sampling
from detsim.simulation.monte_carlo import event_plan, generate, simulate, simulate_counts
from simgen.constants import M_E
from simgen.interaction.models import E6, SM

LAMA = experiments.lama()
Y = M_E / (M_E + 2 * 0.2347)
LOWEST = (0.2312 - 0.7312 * Y) / (2 * Y)
"""δc_L at which dσ/dT to first order vanishes at T_max of the end point: (g_R - c y)(g_R - c y - 2δy) = 0."""


def first(delta):
    return SM(delta_c_L=delta, delta_c_L_order="first")


@pytest.mark.parametrize(
    "call",
    every(
        4,
        [
            lambda model: fold(LAMA, model).signal(model),
            lambda model: predict(LAMA, model),
            lambda model: recorded_total(LAMA, model),
            lambda model: event_plan(LAMA, model),
            lambda model: generate(LAMA, model, seed=1, n=5),
            lambda model: simulate(LAMA, model, seed=1, n=5),
            lambda model: simulate_counts(LAMA, model, seed=1, n=5),
            lambda model: make_fitter(LAMA, model, poi="delta_c_L"),
            lambda model: make_fitter(LAMA, model, poi="mu_nu"),
            lambda model: make_fitter(LAMA, model, poi="eps_R", sampling=Sampling(n_events=1000, seed=1)),
        ],
    ),
)
def test_everything_that_computes_or_draws_refuses(call):
    """Contract. Finds a function that gives counts or events of a dσ/dT below zero."""
    call(first(-0.1))
    with pytest.raises(ValueError, match=r"below zero at E_nu = .* keV, T = .* keV"):
        call(first(-0.3))


@pytest.mark.parametrize("bounded", [False, True])
def test_a_fit_ends_where_it_would_be_below_zero(bounded):
    """Closed form. Finds a fit of δc_L that runs on: the end is that of dσ/dT at T_max of the end point."""
    fitter = replace(make_fitter(LAMA, first(0.0), poi="delta_c_L"), bounded=bounded)
    assert fitter.range[0] == pytest.approx(LOWEST, rel=1e-9)
    assert fitter.physical[0] == pytest.approx(LOWEST, rel=1e-9)
    assert np.all(fitter.templates.expected(fitter.range[0]) > 0)
    far = fitter.templates.expected(0.0) + 3 * (
        fitter.templates.expected(LOWEST) - fitter.templates.expected(0.0)
    )
    minimum = fitter.minimise(fitter.data(far))
    assert minimum.values[0] == pytest.approx(LOWEST, rel=1e-3)
    assert minimum.values[0] >= LOWEST * (1 + 1e-12)


@pytest.mark.long
def test_a_fit_of_gamma_ends_there_too():
    """Twin. Finds a fit of γ at fixed δc_L to first order in a range that dσ/dT does not allow."""
    model = E6(beta="chi", delta_c_L=-0.14, delta_c_L_order="first")
    low, high = make_fitter(LAMA, model, poi="gamma").range
    for gamma, allowed in ((low, True), (high, True), (low - 0.01, False), (high + 0.01, False)):
        if not np.isfinite(gamma):
            continue
        if allowed:
            predict(LAMA, replace(model, gamma=gamma * (1 - 1e-6)))
        else:
            with pytest.raises(ValueError, match="below zero"):
                predict(LAMA, replace(model, gamma=gamma))
    assert np.isfinite(low) or np.isfinite(high)


def test_exact_order_has_no_end():
    """Closed form: with δc_L² dσ/dT is a sum of squares for every δc_L."""
    assert make_fitter(LAMA, SM(), poi="delta_c_L").range == (-np.inf, np.inf)
    assert np.all(predict(LAMA, SM(delta_c_L=-5.0)).counts > 0)
