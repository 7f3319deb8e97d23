"""Closed forms and properties of elastic kinematics."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from support import reference

from simgen.constants import M_E
from simgen.interaction.kinematics import E_nu_min, T_max, cos_theta

DETERMINISTIC = settings(derandomize=True, deadline=None)
ENERGY = st.floats(1e-4, 50.0)


@DETERMINISTIC
@given(ENERGY)
def test_T_max_is_backward_scattering_in_the_centre_of_mass(E_nu):
    """Closed form. Finds a wrong mass or factor in T_max, from a Lorentz boost instead of the formula."""
    assert T_max(E_nu) == pytest.approx(reference.recoil_end(E_nu), rel=1e-7)


@DETERMINISTIC
@given(ENERGY)
def test_E_nu_min_inverts_T_max(E_nu):
    """Property. Finds a wrong root of the quadratic that relates ω_min and T."""
    assert E_nu_min(T_max(E_nu)) == pytest.approx(E_nu, rel=1e-10)


@DETERMINISTIC
@given(ENERGY, st.floats(1e-6, 1.0))
def test_cos_theta_conserves_the_neutrino_mass(E_nu, share):
    """Closed form. Finds a wrong angle: the outgoing neutrino, from four-momenta, must be massless."""
    T = share * float(T_max(E_nu))
    cosine = float(cos_theta(T, E_nu))
    momentum = np.sqrt(T * (T + 2 * M_E))
    p_squared = E_nu**2 + momentum**2 - 2 * E_nu * momentum * cosine
    assert 0 < cosine <= 1 + 1e-12
    assert p_squared == pytest.approx((E_nu - T) ** 2, rel=1e-9, abs=1e-12 * E_nu**2)


def test_limits():
    """Closed form. Finds a wrong limit: no recoil at rest, forward at the end, 90° at the start."""
    assert E_nu_min(0.0) == 0.0
    assert cos_theta(T_max(0.746), 0.746) == pytest.approx(1.0, abs=1e-14)
    assert cos_theta(0.0, 0.746) == 0.0
    assert T_max(1e4) == pytest.approx(1e4 - M_E / 2, rel=1e-8)
