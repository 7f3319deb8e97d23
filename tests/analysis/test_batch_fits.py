"""Fits of many data sets side by side against NumPy, scipy and iminuit."""

from dataclasses import replace

import numba
import numpy as np
import pytest
from iminuit import Minuit
from support.batch_cases import (
    CASES,
    CHI,
    FLAT,
    fitter_of,
    small,
)
from support.examples import every
from support.experiments import DAY, borexino

from analysis.batch.engine._kernels import counts as kernels, registers
from analysis.batch.engine._kernels.counts import expect
from analysis.batch.engine._kernels.instructions import MATRIX, MU
from analysis.batch.engine._kernels.steps import differentiate
from analysis.batch.engine.problem import Problem
from analysis.batch.engine.program import make_program
from analysis.fits.fitter import make_fitter
from analysis.model import layouts


def layout_of(fitter):
    return layouts.polynomial(fitter.templates, fitter.likelihood, fitter.errors)


def thrown(fitter, n, seed=1, gamma=0.1):
    """Counts and auxiliary measurements of pseudo-experiments, with numpy."""
    rng = np.random.default_rng(seed)
    mu = fitter.templates.expected(gamma)
    return rng.poisson(mu, (n, len(mu))).astype(float), rng.standard_normal((n, len(fitter.nominal)))


@numba.njit
def run(program, constants, knots, powers, w):
    expect(program, constants, knots, powers, w)
    kernels.evaluate(program, constants, w)
    differentiate(program, constants, w)


def evaluate(layout, point, n, measured, exact):
    """Value, gradient and Hessian of one data set from the compiled functions; and μ."""
    size = len(point)
    program = make_program(layout, np.zeros(size, np.bool_))
    w = np.zeros((program.n_registers, registers.LANES))
    for p in range(size):
        w[registers.register_of(registers.AT, p)] = point[p]
        w[registers.register_of(registers.MEASURED, p)] = measured[p - 1] if p else 0.0
    for i, count in enumerate(n):
        w[registers.register_of_data(size, i)] = count
    w[registers.register_of(registers.EXACT)] = exact
    powers = layout.powers.reshape(*layout.powers.shape[:2], -1)
    run(program.instructions, program.constants, layout.knots, powers, w.reshape(-1))

    def bins_of(name, n_registers):
        begin = int(program.instructions[int(name)]) // registers.LANES
        return w[begin : begin + n_registers, 5]

    hessian = np.zeros((size, size))
    hessian[np.tril_indices(size)] = bins_of(MATRIX, size * (size + 1) // 2)
    return (
        w[registers.register_of(registers.VALUE), 5],
        np.array([w[registers.register_of(registers.GRADIENT, p), 5] for p in range(size)]),
        hessian + np.tril(hessian, -1).T,
        bins_of(MU, len(n)),
    )


@pytest.mark.parametrize("case", every(3, CASES))
def test_expectation_is_that_of_the_templates(case):
    fitter = fitter_of(case)
    (counts,), (measured,) = thrown(fitter, 1)
    point = np.concatenate([[0.3], np.linspace(-1.5, 1.2, len(measured))])
    mu = evaluate(layout_of(fitter), point, counts, measured, 1.0)[3]
    assert mu == pytest.approx(fitter.templates.expected(0.3, point[1:]), rel=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_value_is_that_of_single_fits(case):
    fitter = fitter_of(case)
    (counts,), (measured,) = thrown(fitter, 1)
    point = np.concatenate([[0.3], np.linspace(-1.5, 1.2, len(measured))])
    found = evaluate(layout_of(fitter), point, counts, measured, 1.0)[0]
    assert found == pytest.approx(fitter.data(counts, measured)(point), rel=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_derivatives_against_differences(case):
    """Far from the minimum, where no term vanishes."""
    fitter = fitter_of(case)
    layout, ((counts,), (measured,)) = layout_of(fitter), thrown(fitter, 1)
    point = np.concatenate([[0.3], np.linspace(-1.5, 1.2, len(measured))])
    _, gradient, hessian, _ = evaluate(layout, point, counts, measured, 1.0)
    h = 1e-4
    for p, step in enumerate(h * np.eye(len(point))):
        up, down = (evaluate(layout, point + s * step, counts, measured, 1.0) for s in (1, -1))
        assert gradient[p] == pytest.approx((up[0] - down[0]) / (2 * h), rel=1e-6, abs=1e-5)
        slopes = (up[1] - down[1]) / (2 * h)
        assert hessian[p] == pytest.approx(slopes, rel=1e-6, abs=1e-6 * np.abs(hessian[p]).max())


@pytest.mark.parametrize("case", CASES)
def test_fishers_matrix_is_the_hessian_of_exact_data(case):
    """Where data are what is expected the two agree; elsewhere Fisher's does not depend on the data."""
    fitter = fitter_of(case)
    layout, measured = layout_of(fitter), fitter.nominal
    point = np.concatenate([[0.2], measured])
    mu = fitter.templates.expected(0.2)
    exact, fisher = (evaluate(layout, point, mu, measured, flag)[2] for flag in (1.0, 0.0))
    other = evaluate(layout, point, 1.5 * mu, measured, 0.0)[2]
    assert fisher == pytest.approx(exact, rel=1e-10, abs=1e-10 * np.abs(exact).max())
    assert fisher == pytest.approx(other, rel=1e-14)


def tight(fitter, counts, measured):
    """MINUIT at an EDM of 1e-10 from a coarse scan, with its own numerical derivatives."""
    data = fitter.data(counts, measured)
    grid = np.linspace(-1, 2, 61)
    start = grid[np.argmin([data.nominal(g) for g in grid])]
    minuit = Minuit(data, (start, *np.zeros(len(measured))), name=fitter.templates.names)
    minuit.errordef, minuit.strategy, minuit.tol = 1, 2, 5e-8
    minuit.errors[0] = fitter.width
    for _ in range(3):
        minuit.migrad()
    minuit.hesse()
    return minuit


@pytest.mark.parametrize("case", CASES)
def test_minima_and_errors_against_iminuit(case):
    """Estimates to 1e-4 of the error, errors to 1e-3; MINUIT's own limits are the larger part of both."""
    fitter = fitter_of(case)
    counts, measured = thrown(fitter, 12)
    problem = Problem(layout=layout_of(fitter), counts=counts, auxiliary=measured)
    found, values, failed = problem.minima(np.full(12, 0.1), *fitter.range)
    errors = problem.errors(found)
    assert not failed.any()
    for i in range(12):
        minuit = tight(fitter, counts[i], measured[i])
        assert values[i] <= minuit.fval + 1e-8
        assert (found[i] - np.array(minuit.values)) / np.array(minuit.errors) == pytest.approx(0, abs=1e-4)
        assert errors[i] == pytest.approx(np.array(minuit.errors), rel=2e-3)


@pytest.mark.parametrize("case", CASES)
def test_crossings_are_where_the_profile_has_risen(case):
    """The profile there, minimised by MINUIT, is the threshold to 1e-6 of the error."""
    fitter = fitter_of(case)
    counts, measured = thrown(fitter, 4, seed=2)
    problem = Problem(layout=layout_of(fitter), counts=counts, auxiliary=measured)
    found, values, _ = problem.minima(np.full(4, 0.1), *fitter.range)
    errors = problem.errors(found)
    for sign, end in ((1, fitter.range[1]), (-1, fitter.range[0])):
        ends, failed = problem.crossings(found, values, sign * 1.6 * errors[:, 0], 2.7055, end, np.inf)
        assert not failed.any()
        for i in range(4):
            minuit = tight(fitter, counts[i], measured[i])
            minuit.values[0], minuit.fixed[0] = ends[i], True
            minuit.migrad()
            rise = (minuit.fval if len(measured[0]) else minuit.fcn(minuit.values)) - values[i]
            assert np.sqrt(rise) == pytest.approx(np.sqrt(2.7055), abs=2e-6)


@pytest.mark.parametrize("case", ["plain", "shapes"])
def test_the_same_bits_for_any_threads_and_neighbours(case):
    fitter = fitter_of(case)
    counts, measured = thrown(fitter, 3000, seed=3)
    layout = layout_of(fitter)

    def fitted(where, threads):
        before = numba.get_num_threads()
        numba.set_num_threads(threads)
        try:
            problem = Problem(layout=layout, counts=counts[where], auxiliary=measured[where])
            found, values, _ = problem.minima(np.full(problem.size, 0.1), *fitter.range)
            return np.column_stack([found, values, problem.errors(found)])
        finally:
            numba.set_num_threads(before)

    whole = fitted(slice(None), min(2, numba.config.NUMBA_NUM_THREADS))
    assert np.array_equal(whole, fitted(slice(None), 1))
    assert np.array_equal(whole[1001:1038], fitted(slice(1001, 1038), 1))
    assert np.array_equal(whole[::-1], fitted(slice(None, None, -1), 1))


@pytest.mark.parametrize("case", ["plain", "shapes"])
def test_a_scan_is_profiles_at_each_value(case):
    """Twin, to the bit, with the measured pulls as starts and with given ones, also below those allowed."""
    fitter = fitter_of(case)
    counts, measured = thrown(fitter, 37, seed=4)
    problem, points = Problem(layout=layout_of(fitter), counts=counts, auxiliary=measured), [-0.2, 0.0, 0.3]
    for pulls in (None, measured - 30.0):
        scan = problem.scan(np.array(points), pulls)
        for i, point in enumerate(points):
            start = np.full(37, point) if pulls is None else np.column_stack([np.full(37, point), pulls])
            for part, one in zip(scan, problem.profile(start), strict=True):
                assert np.array_equal(part[i], one)


def test_a_factor_stays_at_zero_where_the_minimum_is_negative():
    """A background that was measured as -4 ± 1 times its size, in data that have none."""
    experiment = small(backgrounds=(replace(FLAT, rate=300 / DAY, uncertainty=1.0),))
    fitter = make_fitter(experiment, CHI)
    counts = np.round(fitter.templates.signal(0.0))[None]
    problem = Problem(layout=layout_of(fitter), counts=counts, auxiliary=np.array([[-5.0]]))
    found, _, failed = problem.minima(np.zeros(1), *fitter.range)
    assert not failed[0]
    assert found[0, 1] == -1.0
    assert fitter.templates.expected(found[0, 0], found[0, 1:]) == pytest.approx(
        fitter.templates.signal(found[0, 0]), rel=1e-12
    )


def test_one_bin_and_one_constraint_in_closed_form():
    """n/μ and the pull balance: s(1 - n/(ηs)) + (η-1)/u² = 0, a quadratic equation."""
    detector = replace(borexino().detector, edges=(0.25, 0.55))
    experiment = replace(small(names=("efficiency",), backgrounds=()), detector=detector)
    fitter = make_fitter(experiment, CHI)
    s, u = fitter.templates.signal(0.1)[0], 0.03
    n = 1.4 * s
    eta = max(np.roots([1, s * u**2 - 1, -n * u**2]))
    problem = Problem(layout=layout_of(fitter), counts=np.array([[n]]), auxiliary=np.zeros((1, 1)))
    found, _, _ = problem.profile(np.array([0.1]))
    assert 1 + u * found[0, 1] == pytest.approx(eta, rel=1e-9)


def test_held_nuisances_are_not_fitted():
    fitter = fitter_of("normalisations")
    counts, measured = thrown(fitter, 3)
    held = np.array([True, False, True, False, False])
    problem = Problem(layout=layout_of(fitter), counts=counts, auxiliary=measured, held=held)
    found, _, _ = problem.minima(np.full(3, 0.1), *fitter.range)
    assert np.array_equal(found[:, 1:][:, held], measured[:, held])
    assert np.all(found[:, 1:][:, ~held] != measured[:, ~held])
    assert np.all(problem.errors(found)[:, 1:][:, held] == 0)
