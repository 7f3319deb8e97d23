"""Functions, constants and parameters in docs/explanation/physics.md agree with the program."""

import importlib
import math
import re

import pytest
from support.pages import read_page

import simgen.constants
from simgen.interaction.coupling_constants import couplings
from simgen.interaction.mixing import constrained_mixing
from simgen.interaction.models import E6, LR, SM

TEXT = read_page("explanation/physics.md")
NAMES = sorted(set(re.findall(r"`((?:simgen|detsim|analysis|macros)\.[\w.]+)`", TEXT)))
CONSTANTS = re.findall(r"^\| `(\w+)`[^|]*\| ([-\d.e]+) \|", TEXT, re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_functions_exist(name):
    """Contract. Finds an equation attributed to a function that is not there."""
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        module, _, attribute = name.rpartition(".")
        assert hasattr(importlib.import_module(module), attribute)


def test_there_is_something_to_check():
    """Contract. Finds a changed layout, in which the other tests would check nothing."""
    assert len(NAMES) > 30
    assert len(CONSTANTS) == 7


@pytest.mark.parametrize(("name", "value"), CONSTANTS)
def test_constants(name, value):
    """Contract. Finds a constant that is not the one in the document."""
    digits = len(value.split("e")[0].replace(".", "").lstrip("0"))
    assert f"{getattr(simgen.constants, name):.{digits - 1}e}" == f"{float(value):.{digits - 1}e}"


def test_every_term_is_described():
    """Contract. Finds a parameter of the model that the document does not name."""
    model = SM(charge_radius_convention="texono", vector_mass=1.0, scalar_mass=1.0)
    terms = set(model.parameters) - {"sin2_theta_w"}
    assert terms <= set(re.findall(r"`(\w+)`", TEXT))


def test_equations_of_the_models():
    """Twin. Finds a misprint in the equations of E6 and left-right: the document's, typed again."""
    s2, phi, gamma, beta = 0.2312, 0.07, 0.1, 0.4
    s_w, c, s = math.sqrt(s2), math.cos(phi), math.sin(phi)
    cb, sb = math.cos(beta), math.sin(beta)
    D = cb / math.sqrt(24) + math.sqrt(5 / 8) * sb / 3
    N = 3 * cb / (2 * math.sqrt(24)) + math.sqrt(5 / 8) * sb / 6
    v1, v2 = (s2 - 0.25) * c - s_w * cb / math.sqrt(6) * s, (s2 - 0.25) * s + s_w * cb / math.sqrt(6) * c
    a1, a2 = c / 4 + s_w * D * s, s / 4 - s_w * D * c
    n1, n2 = c / 4 - s_w * N * s, s / 4 + s_w * N * c
    expected = [4 * ((v1 - k * a1) * n1 + gamma * (v2 - k * a2) * n2) for k in (1, -1)]
    model = E6(beta=beta, gamma=gamma, phi=phi, rho_mix=False)
    assert couplings(model, charged_current=False).at() == pytest.approx(expected, rel=1e-12)
    r = math.sqrt(1 - 2 * s2)
    light, heavy = c - s2 / r * s, s + s2 / r * c
    A, B = light**2 + gamma * heavy**2, (1 - s2) / r * (-light * s + gamma * heavy * c)
    g_L, g_R = -0.5 + s2, s2
    expected = [A * g_L + B * g_R, A * g_R + B * g_L]
    model = LR(gamma=gamma, phi=phi, rho_mix=False)
    assert couplings(model, charged_current=False).at() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("gamma", [0.02, 0.2])
@pytest.mark.parametrize("k", [-0.4, 0.3])
def test_equations_of_constrained_mixing(gamma, k):
    """Twin. Finds a misprint in x and tanφ, in either of their forms."""
    root = math.sqrt((1 - gamma) ** 2 - 4 * k**2 * gamma)
    x = 2 / (1 + gamma + root)
    tangent = 2 * k * gamma / math.sqrt((1 + gamma + root) * (1 - gamma + root) * (1 - gamma * x))
    assert constrained_mixing(gamma, k) == pytest.approx((math.atan(tangent), x), rel=1e-12)
    inverse = 1 + 1 / gamma
    other = (inverse - math.sqrt(inverse**2 - 4 * (1 + k**2) / gamma)) / (2 * (1 + k**2))
    assert x == pytest.approx(other, rel=1e-10)
    assert tangent**2 == pytest.approx((x - 1) / (1 / gamma - x), rel=1e-8)
