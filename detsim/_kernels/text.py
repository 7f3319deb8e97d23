"""Numbers as decimal text: 17 digits for float64 and 9 for float32, which give the same number again.

A number x = m 2^e with m < 2^53 becomes the integer D = x 10^k of 17 or 9 digits, by one product of m and of
10^k in 64 bits. 10^k is right to 2^-64, so that D is off by less than 0.006 before it is rounded. Two
neighbouring float64 are more than 1.1 apart in units of D, so that a text within 0.506 of x is nearest to x.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simgen._kernels.machine.jit import kernel

__all__ = ["INTEGER", "LONGEST", "fill_text", "powers_of_ten"]

Text = NDArray[np.uint8]
Words = NDArray[np.uint64]
Integers = NDArray[np.int64]

INTEGER = 0
"""In place of a number of digits: the column holds integers."""
LONGEST = 26
"""Most characters of a number."""
_LEAST, _MOST = -330, 345
"""Powers of ten in the table."""
_ZERO, _MINUS, _PLUS, _POINT, _E = (np.uint8(ord(c)) for c in "0-+.e")
_FIXED = -5
"""Least decimal exponent that is written without an exponent."""
_1, _10, _11, _32, _63 = (np.uint64(n) for n in (1, 10, 11, 32, 63))
_LOW, _SIGN, _FRACTION = np.uint64(0xFFFFFFFF), np.uint64(2**63), np.uint64(2**52 - 1)
_LOG10_2 = math.log10(2.0)


@lru_cache(maxsize=1)
def powers_of_ten() -> tuple[Words, Integers]:
    """Tabulate 10^k = mantissa 2^exponent, with 2^63 ≤ mantissa < 2^64, rounded to nearest.

    Returns
    -------
    mantissa : ndarray of uint64
    exponent : ndarray of int64
        From k = -330 on.
    """
    mantissas, exponents = [], []
    for k in range(_LEAST, _MOST + 1):
        numerator, denominator = (10**k, 1) if k >= 0 else (1, 10**-k)
        exponent = numerator.bit_length() - denominator.bit_length() - 64
        while True:
            scaled = (
                (numerator << -exponent, denominator)
                if exponent < 0
                else (numerator, denominator << exponent)
            )
            mantissa = (2 * scaled[0] + scaled[1]) // (2 * scaled[1])
            if mantissa < 2**64:
                break
            exponent += 1
        if mantissa < 2**63:
            exponent -= 1
            scaled = (
                (numerator << -exponent, denominator)
                if exponent < 0
                else (numerator, denominator << exponent)
            )
            mantissa = (2 * scaled[0] + scaled[1]) // (2 * scaled[1])
        mantissas.append(mantissa)
        exponents.append(exponent)
    return np.array(mantissas, np.uint64), np.array(exponents, np.int64)


@kernel(inner=True, forceinline=True)
def _upper(a: np.uint64, b: np.uint64) -> np.uint64:
    """Return the upper 64 of the 128 bits of a product."""
    a0, a1, b0, b1 = a & _LOW, a >> _32, b & _LOW, b >> _32
    first, second = a0 * b1, a1 * b0
    middle = ((a0 * b0) >> _32) + (first & _LOW) + (second & _LOW)
    return np.uint64(a1 * b1 + (first >> _32) + (second >> _32) + (middle >> _32))


@kernel(inner=True)
def _decimal(bits: np.uint64, digits: int, mantissas: Words, exponents: Integers) -> tuple[np.uint64, int]:
    """Return D and the decimal exponent of its first digit; bits are those of a number above 0."""
    m, e = bits & _FRACTION, int(bits >> np.uint64(52))
    if e > 0:
        m |= _FRACTION + _1
        e -= 1075
    else:
        e = -1074
        while m <= _FRACTION:
            m <<= _1
            e -= 1
    power = math.floor((e + 52) * _LOG10_2)
    most = np.uint64(1)
    for _ in range(digits):
        most *= _10
    while True:
        k = digits - 1 - power - _LEAST
        upper = _upper(m << _11, mantissas[k])
        shift = np.uint64(-(e - 11 + exponents[k] + 64))
        D = (upper >> shift) + ((upper >> (shift - _1)) & _1)
        if most > D:
            return D, power
        power += 1


@kernel(inner=True)
def _put_float(
    x: float, bits: np.uint64, digits: int, mantissas: Words, exponents: Integers, text: Text, at: int
) -> int:
    """Write a number and return where the text goes on."""
    if bits & _SIGN:
        text[at] = _MINUS
        at += 1
    if x == 0.0:
        text[at] = _ZERO
        return at + 1
    if not math.isfinite(x):
        name = (110, 97, 110) if math.isnan(x) else (105, 110, 102)  # nan, inf
        for i in range(3):
            text[at + i] = np.uint8(name[i])
        return at + 3
    D, power = _decimal(bits & ~_SIGN, digits, mantissas, exponents)
    while D % _10 == 0:
        D //= _10
        digits -= 1
    point = 1
    if _FIXED <= power < 0:
        text[at] = _ZERO
        text[at + 1] = _POINT
        for i in range(-power - 1):
            text[at + 2 + i] = _ZERO
        at += 1 - power
        point = digits  # the point is before all of them
    elif 0 <= power < 17:
        point = power + 1
    end = at + digits + (1 if point < digits else 0)
    i = end - 1
    for j in range(digits - 1, -1, -1):
        if j == point - 1 and point < digits:
            text[i] = _POINT
            i -= 1
        rest = D // _10
        text[i] = _ZERO + np.uint8(D - rest * _10)
        D = rest
        i -= 1
    for _ in range(digits, point):
        text[end] = _ZERO
        end += 1
    if _FIXED <= power < 17:
        return end
    text[end] = _E
    text[end + 1] = _MINUS if power < 0 else _PLUS
    return _put_integer(abs(power), text, end + 2)


@kernel(inner=True)
def _put_integer(n: int, text: Text, at: int) -> int:
    """Write an integer and return where the text goes on."""
    rest = np.uint64(n)
    if n < 0:
        text[at] = _MINUS
        at += 1
        rest = np.uint64(0) - rest
    size, power = 1, _10
    while size < 20 and rest >= power:
        size += 1
        if size < 20:
            power *= _10
    for i in range(at + size - 1, at - 1, -1):
        quotient = rest // _10
        text[i] = _ZERO + np.uint8(rest - quotient * _10)
        rest = quotient
    return at + size


@kernel(nogil=True)
def fill_text(
    literals: Text,
    ends: Integers,
    digits: Integers,
    integers: Integers,
    floats: NDArray[np.float64],
    bits: Words,
    mantissas: Words,
    exponents: Integers,
    text: Text,
) -> int:
    """Fill text with rows, and return its length.

    A row is a literal, a number, a literal, ..., a number, a literal. `ends` are the ends of the literals;
    `digits` has for each number the digits of a float, or `INTEGER`. Integers and floats have the shape
    (numbers of a row, rows); bits are those of the floats.
    """
    at = 0
    n = integers.shape[1] if len(integers) else floats.shape[1]
    for row in range(n):
        begin, n_integers, n_floats = 0, 0, 0
        for field in range(len(ends)):
            for i in range(begin, ends[field]):
                text[at] = literals[i]
                at += 1
            begin = ends[field]
            if field == len(digits):
                break
            if digits[field] == INTEGER:
                at = _put_integer(integers[n_integers, row], text, at)
                n_integers += 1
            else:
                x, word = floats[n_floats, row], bits[n_floats, row]
                at = _put_float(x, word, digits[field], mantissas, exponents, text, at)
                n_floats += 1
    return at
