"""Philox4x32-10, uniforms from its words, and normals from uniforms.

Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC11).
"""

import math

import numpy as np
from numpy.typing import NDArray

from simgen._kernels.machine.functions import circle, logarithm
from simgen._kernels.machine.jit import kernel

_MASK = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_6, _26 = np.uint64(6), np.uint64(26)
_TWO_M24, _TWO_M32, _TWO_M40, _TWO_M52 = 2.0**-24, 2.0**-32, 2.0**-40, 2.0**-52
_8, _24, _LOW_24 = np.uint64(8), np.uint64(24), np.uint64(0xFFFFFF)


@kernel(forceinline=True)
def philox4x32(
    c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, k0: np.uint64, k1: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Encrypt a counter of four 32-bit words under a key of two; every word is held in a uint64."""
    for _ in range(10):
        p0 = _M0 * c0
        p1 = _M1 * c2
        c0, c1, c2, c3 = (
            (p1 >> _SHIFT) ^ c1 ^ k0,
            p1 & _MASK,
            (p0 >> _SHIFT) ^ c3 ^ k1,
            p0 & _MASK,
        )
        k0 = (k0 + _W0) & _MASK
        k1 = (k1 + _W1) & _MASK
    return c0, c1, c2, c3


@kernel(inner=True, forceinline=True)
def unit_interval(high: np.uint64, low: np.uint64) -> float:
    """Make a uniform in (0, 1) of two words: an odd multiple of 2⁻⁵³, which is never rounded to 0 or 1."""
    return (np.float64(((high >> _6) << _26) | (low >> _6)) + 0.5) * _TWO_M52


@kernel(inner=True, forceinline=True)
def member_uniforms(
    index: int | np.uint64, draw: int, member: int, k0: np.uint64, k1: np.uint64
) -> tuple[float, float]:
    """Draw two uniforms in (0, 1) for one member, such as a bin, of an indexed event or toy."""
    i = np.uint64(index)
    a, b, c, d = philox4x32(i & _MASK, i >> _SHIFT, np.uint64(draw), np.uint64(member), k0, k1)
    return unit_interval(a, b), unit_interval(c, d)


@kernel(inner=True, forceinline=True)
def _shorter(high: np.uint64, low: np.uint64) -> tuple[float, float]:
    """Make two uniforms in (0, 1) of two words, of 40 and of 24 bits."""
    first, second = (high << _8) | (low >> _24), low & _LOW_24
    return (np.float64(first) + 0.5) * _TWO_M40, (np.float64(second) + 0.5) * _TWO_M24


@kernel(inner=True, forceinline=True)
def four_shorter(
    index: int | np.uint64, draw: int, member: int, k0: np.uint64, k1: np.uint64
) -> tuple[float, float, float, float]:
    """Draw uniforms of 40, 24, 40 and 24 bits: for normals, whose radius needs more bits than the angle."""
    i = np.uint64(index)
    a, b, c, d = philox4x32(i & _MASK, i >> _SHIFT, np.uint64(draw), np.uint64(member), k0, k1)
    u, v = _shorter(a, b)
    s, t = _shorter(c, d)
    return u, v, s, t


@kernel(inner=True, forceinline=True)
def uniforms_of_four_words(
    a: np.uint64, b: np.uint64, c: np.uint64, d: np.uint64
) -> tuple[float, float, float, float]:
    """Make uniforms of 40, 24, 32 and 32 bits of four words."""
    u, v = _shorter(a, b)
    return u, v, (np.float64(c) + 0.5) * _TWO_M32, (np.float64(d) + 0.5) * _TWO_M32


@kernel(forceinline=True)
def uniforms(index: int | np.uint64, draw: int, k0: np.uint64, k1: np.uint64) -> tuple[float, float]:
    """Draw two uniforms in (0, 1)."""
    return member_uniforms(index, draw, 0, k0, k1)


@kernel(inner=True, forceinline=True)
def normal_pair(u: float, v: float) -> tuple[float, float]:
    """Turn two uniforms in (0, 1) into two normals (Box and Muller 1958)."""
    radius = math.sqrt(-2.0 * logarithm(u))
    cosine, sine = circle(v)
    return radius * cosine, radius * sine


@kernel()
def fill_pairs(
    u: NDArray[np.float64], v: NDArray[np.float64], cosines: NDArray[np.float64], sines: NDArray[np.float64]
) -> None:
    """Turn uniforms in (0, 1) into pairs of normals."""
    for t in range(len(u)):
        cosines[t], sines[t] = normal_pair(u[t], v[t])
