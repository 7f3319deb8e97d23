"""Pieces of the radiative corrections against mpmath with 30 digits."""

import mpmath
import numpy as np
import pytest
from support import reference

from simgen._kernels.radiative import dilogarithm
from simgen.interaction.kinematics import T_max
from simgen.interaction.radiative import kappa, qed_factors


def test_dilogarithm():
    """Twin. Finds a wrong Bernoulli number: relative error below 4e-16 would be perfect, 1e-14 is asked."""
    x = np.concatenate([[1e-300, 1e-12, 0.5, 1 - 1e-12, 1.0], np.linspace(0.001, 0.999, 211)])
    found = [dilogarithm(v) for v in x]
    with mpmath.workdps(30):
        expected = [float(mpmath.re(mpmath.polylog(2, mpmath.mpf(v)))) for v in x]
    np.testing.assert_allclose(found, expected, rtol=1e-14)
    assert dilogarithm(0.0) == 0.0


@pytest.mark.parametrize("electron_flavour", [True, False])
def test_kappa(electron_flavour):
    """Twin. Finds a wrong coefficient, and the cancellation of x artanh(1/x) - 1 at small T."""
    T = np.concatenate([[1e-300, 1e-21, 1e-13], np.logspace(-6, 1.5, 400)])
    with mpmath.workdps(700):
        expected = [float(reference.kappa(t, electron_flavour)) for t in T]
    np.testing.assert_allclose(kappa(T, charged_current=electron_flavour), expected, rtol=1e-13)


def test_kappa_keeps_the_shape():
    """Contract. Finds a result with another shape than its argument."""
    assert kappa(np.full((2, 3), 0.1), charged_current=True).shape == (2, 3)
    assert kappa(0.1, charged_current=True).shape == ()


def test_qed_vanishes_outside_and_has_the_logarithm_inside():
    """Closed form. Finds a wrong end point: f₋ falls with each decade that T comes closer to T_max."""
    end = float(T_max(0.7473))
    distance = np.array([1e-3, 1e-5, 1e-7])
    f = qed_factors(end * (1 - distance), 0.7473)[0]
    assert np.all(np.diff(f) < 0)
    assert np.diff(f)[1] == pytest.approx(np.diff(f)[0], rel=0.02)
    assert np.all(qed_factors(np.array([0.0, end, 2 * end]), 0.7473) == 0)
