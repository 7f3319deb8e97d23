"""Numbers as one quotes them: units that suit them, rounded by their errors."""

import math

import pytest
from hypothesis import given, settings, strategies as st

from analysis.quotation import mass_text, quoted, quoted_errors, scale_of

sizes = st.floats(1e-30, 1e30)


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.70998, 0.5961, "0.71 ± 0.60"),
        (0.70998, 0.00099999, "0.7100 ± 0.0010"),
        (0.9996, 0.0996, "1.00 ± 0.10"),
        (-0.0004, 0.012, "0.000 ± 0.012"),
        (1234.5, 678.0, "1230 ± 680"),
        (99.96, 0.14, "99.96 ± 0.14"),
        (3.31e-11, 2.2e-12, "(3.31 ± 0.22) × 10⁻¹¹"),
        (2.5e7, 1.3e6, "(2.50 ± 0.13) × 10⁷"),
        (1e-13, 2.2e-12, "(0.1 ± 2.2) × 10⁻¹²"),
        (0.05, None, "0.05"),
        (None, 0.1, "–"),
        (0.5, math.inf, "0.5"),
        (0.5, 0.0, "0.5"),
    ],
)
def test_two_digits_of_the_error(value, error, text):
    assert quoted(value, error) == text


@settings(derandomize=True, max_examples=300)
@given(value=st.floats(-1e30, 1e30), error=sizes)
def test_a_quoted_pair_is_the_pair(value, error):
    """Property: to half of the last digit, which is the second of the error."""
    text = quoted(value, error)
    pair, _, power = text.partition(" × 10")
    factor = 10.0 ** int(power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")) or 0)
    shown, spread = (float(x) * factor for x in pair.strip("()").split(" ± "))
    unit = 10.0 ** (math.floor(math.log10(error)) - 1)
    assert abs(spread - error) <= 0.51 * unit * (1 + 1e-9)
    assert abs(shown - value) <= 5.1 * unit + 1e-12 * abs(value)


@pytest.mark.parametrize(
    ("down", "up", "text"),
    [
        (0.0512, 0.1034, "+0.103 −0.051"),
        (0.0979, 0.0981, "± 0.098"),
        (None, 0.1, ""),
        (0.1, None, ""),
        (12.0, 345.0, "+345 −12"),
    ],
)
def test_asymmetric_errors(down, up, text):
    assert quoted_errors(down, up) == text


@pytest.mark.parametrize(
    ("parameter", "value", "text"),
    [
        ("mu_nu", 2.457e-11, "2.46 × 10⁻¹¹ μ_B"),
        ("mu_nu", 3.2e-10, "32.0 × 10⁻¹¹ μ_B"),
        ("mu_nu", 1.4e-4, "1.40 × 10⁻⁴ μ_B"),
        ("mu_nu", 0.0, "0 μ_B"),
        ("vector_mass", 0.0123, "12.3 keV"),
        ("vector_mass", 1e-7, "0.100 eV"),
        ("vector_mass", 0.511, "511 keV"),
        ("scalar_mass", 91187.6, "91.2 GeV"),
        ("scalar_mass", 2.5e6, "2.50 TeV"),
        ("vector_coupling", 3.21e-12, "3.21 × 10⁻¹²"),
        ("charge_radius", 4.2e-32, "4.20 × 10⁻³² cm²"),
        ("millicharge", 1.5e-12, "1.50 × 10⁻¹² e"),
        ("delta_m2", 1.75, "1.75 eV²"),
        ("gamma", 0.0704231, "0.0704"),
        ("gamma", math.inf, "–"),
    ],
)
def test_units_that_a_person_uses(parameter, value, text):
    assert scale_of(parameter, value).text(value) == text


def test_a_value_with_its_error_has_one_unit():
    moment = scale_of("mu_nu", 2.457e-11)
    assert moment.text(2.457e-11, 1.83e-12) == "(2.46 ± 0.18) × 10⁻¹¹ μ_B"
    assert scale_of("vector_mass", 0.25, 0.04).text(0.25, 0.04) == "(250 ± 40) keV"


def test_masses():
    assert [mass_text(m) for m in (343.62, 1234.5, None)] == ["344 GeV", "1.23 TeV", "–"]


@settings(derandomize=True, max_examples=200)
@given(value=sizes)
def test_a_scaled_value_is_the_value(value):
    """Property: factor and unit say the same; three digits are right."""
    for parameter in ("mu_nu", "gamma", "charge_radius"):
        scale = scale_of(parameter, value)
        assert float(scale.number(value)) == pytest.approx(value * scale.factor, rel=5.1e-3)
        if scale.factor != 1:
            power = scale.unit.partition(" ")[0].removeprefix("10")
            exponent = int(power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))
            assert scale.factor == pytest.approx(10.0**-exponent)
