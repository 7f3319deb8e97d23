"""Numbers as text: the same number again, whatever it is, and as short as it can be."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from detsim._kernels.text import powers_of_ten
from detsim.formats.text_stream import rows_of

SPECIAL = [
    0.0, -0.0, 1.0, -1.0, 0.5, 0.1, 0.7473, 9.999999999999999e22, 1e23, 5e-324, 2.2250738585072014e-308,
    1.7976931348623157e308, 123456789012345678.0, 1e16, 1e17, 1e-5, 9.9999e-6, 99999.99999999999,
    0.99999999999999989, 2**53 - 1.0, 2.0**63, 1 / 3, 4503599627370497.5, 8.41e21, 9.5e-323, 299792458.0,
]  # fmt: skip


def texts(values, field="%.17g"):
    return rows_of(f"{field}\n", [np.asarray(values)]).decode().split()


def test_powers_of_ten_are_rounded_to_nearest():
    """Closed form. Finds an error of one in the last of 64 bits."""
    mantissas, exponents = powers_of_ten()
    for k, mantissa, exponent in zip(range(-330, 346), mantissas.tolist(), exponents.tolist(), strict=True):
        assert 2**63 <= mantissa < 2**64
        power = 10 ** abs(k)
        # |mantissa 2^exponent - 10^k| ≤ ½ 2^exponent, multiplied out
        if k >= 0:
            off = (
                abs(mantissa * 2**exponent - power) * 2
                if exponent >= 0
                else abs(mantissa - power * 2**-exponent) * 2
            )
            assert off <= (2**exponent if exponent >= 0 else 1)
        else:
            assert abs(mantissa * power - 2**-exponent) * 2 <= power


def test_numbers_that_are_special():
    found = texts(SPECIAL)
    assert [float(text) for text in found] == SPECIAL
    assert found[:6] == ["0", "-0", "1", "-1", "0.5", "0.10000000000000001"]
    short = {0.25: "0.25", 2.0**-10: "0.0009765625", 1500.0: "1500", 1e16: "1" + 16 * "0", 1e17: "1e+17"}
    assert texts(list(short)) == list(short.values())
    assert texts([1e-5, -1e-6]) == ["0.000010000000000000001", "-9.9999999999999995e-7"]
    assert texts([math.inf, -math.inf, math.nan]) == ["inf", "-inf", "nan"]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=50))
def test_every_float64_comes_back(values):
    """Property. Finds a last digit that belongs to a neighbour."""
    assert [float(text) for text in texts(values)] == values


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_many_numbers_come_back(dtype):
    """Property. Finds one wrong number in a million, of all sizes: every bit pattern is as likely."""
    rng = np.random.default_rng(5)
    bits = rng.integers(0, 2**64, 300_000, np.uint64)
    if dtype == "float32":
        bits = (bits >> np.uint64(32)).astype(np.uint32)
    values = bits.view(dtype)
    values = np.concatenate([values[np.isfinite(values)], rng.exponential(1, 200_000).astype(dtype)])
    found = np.array(texts(values, "%.17g" if dtype == "float64" else "%.9g")).astype(dtype)
    np.testing.assert_array_equal(found.view(np.uint8), values.view(np.uint8))


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=50))
def test_integers(values):
    assert [int(text) for text in texts(values, "%d")] == values


def test_rows_are_those_of_percent():
    """Contract. Finds a literal or a field at the wrong place: compared with Python's own formatting."""
    rng = np.random.default_rng(1)
    n = 1000
    floats = rng.uniform(0.1, 1, n), rng.uniform(1, 9, n).astype("f4")
    columns = [rng.integers(-9, 99, n), *floats, rng.integers(0, 9, n)]
    template = "E %d é\n%.17g,%.9g [%d] end\n"
    expected = "".join(template % row for row in zip(*(c.tolist() for c in columns), strict=True))
    assert rows_of(template, columns) == expected.encode()
    assert rows_of("none %.17g\n", [np.zeros(0)]) == b""
