"""Functions that vectorise, against NumPy's in extended precision."""

import math

import numba
import numpy as np
import pytest

from simgen._kernels.machine.functions import circle, logarithm, logarithm_of_rest, sine_of_half

EPSILON = 2.0**-52
PI = 4 * np.arctan(np.longdouble(1))


@numba.njit
def _circle(v, found):
    for i in range(len(v)):
        found[0, i], found[1, i] = circle(v[i])


@numba.njit
def _sine_of_half(v, found):
    for i in range(len(v)):
        found[i] = sine_of_half(v[i])


@numba.njit
def _logarithm(u, found):
    for i in range(len(u)):
        found[i] = logarithm(u[i])


@numba.njit
def _logarithm_of_rest(u, found):
    for i in range(len(u)):
        found[i] = logarithm_of_rest(u[i])


def turns():
    """Numbers from 0 to 1, even ones and those close to quarters."""
    near = np.concatenate([q + s * 2.0 ** -np.arange(4, 54) for q in np.arange(5) / 4 for s in (-1, 1)])
    v = np.concatenate([np.arange(5) / 4, near, np.random.default_rng(1).random(200_000)])
    return v[(v >= 0) & (v <= 1)]


def small():
    """Numbers from 1e-300 to 1 - 2⁻⁵³, even ones and their logarithms even."""
    rng = np.random.default_rng(2)
    edges = [1e-300, 2.0**-53, 1 - math.sqrt(0.5), 0.5, math.sqrt(0.5), 1 - 2.0**-53]
    return np.concatenate([edges, rng.random(200_000), 10 ** rng.uniform(-300, 0, 100_000)])


def test_circle():
    """Closed form. Finds 6 roundings in cosine, sine or length: doubling the angle makes four of one."""
    v = turns()
    found = np.empty((2, len(v)))
    _circle(v, found)
    angle = 2 * PI * (v.astype(np.longdouble) - np.longdouble(0.5))
    assert np.max(np.abs(found[0] - np.cos(angle))) < 6 * EPSILON
    assert np.max(np.abs(found[1] - np.sin(angle))) < 6 * EPSILON
    assert np.max(np.abs(np.hypot(*found) - 1)) < 6 * EPSILON


def test_sine_of_half():
    """Closed form. Finds an error of 2 roundings."""
    v = turns()
    found = np.empty(len(v))
    _sine_of_half(v, found)
    assert np.max(np.abs(found - np.sin(PI * (v.astype(np.longdouble) - np.longdouble(0.5))))) < 2 * EPSILON


@pytest.mark.parametrize("scale", [1.0, 3.7, 1e10])
def test_logarithm(scale):
    """Closed form. Finds an error of 3 roundings, of large and tiny numbers and beside 1."""
    u = scale * np.concatenate([small(), 1 + 2.0 ** -np.arange(1, 53)])
    found = np.empty(len(u))
    _logarithm(u, found)
    expected = np.log(u.astype(np.longdouble))
    assert np.max(np.abs(found - expected) / np.abs(expected)) < 3 * EPSILON


def test_logarithm_of_rest():
    """Closed form. Finds a logarithm of 1 - u that loses what small u have: relative, 3 roundings."""
    u = small()
    found = np.empty(len(u))
    _logarithm_of_rest(u, found)
    assert np.max(np.abs(found / np.log1p(-u.astype(np.longdouble)) - 1)) < 3 * EPSILON
    edge = np.empty(1)
    _logarithm_of_rest(np.zeros(1), edge)
    assert edge[0] == 0
