"""Quantities with units."""

import math
import string
import subprocess
import sys

import pytest
from hypothesis import given, settings, strategies as st
from support.texts import texts

from simgen.units import KINDS, Kind, read_quantity, unit_value, write_quantity

DETERMINISTIC = settings(derandomize=True, deadline=None)
NUMBER = texts("0123456789.eE+-", min_size=1, max_size=8)
UNIT = texts(string.ascii_letters + string.digits + "*/_", max_size=8)
FINITE = st.floats(1e-150, 1e150) | st.floats(-1e150, -1e-150)
UNITS_OF = {
    "energy": ["eV", "keV", "MeV", "GeV", "TeV"],
    "time": ["ns", "s", "d", "y"],
    "length": ["mm", "cm", "m", "km"],
    "area": ["cm2", "m2"],
    "mass": ["g", "kg", "t"],
    "activity": ["Bq", "MCi", "/s"],
    "rate": ["/d", "/h", "Hz"],
    "flux": ["/cm2/s", "/m2/d"],
    "density": ["g/cm3", "kg/m3", "t/m3"],
    "angle": ["deg", "rad", "mrad"],
    "magnetic moment": ["mu_B"],
    "mass squared": ["eV2", "keV2"],
    "exposure": ["t*yr", "kg*d"],
    "rate per mass": ["/t/d", "/kg/y"],
}


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("1.67 MCi", "activity", 1.67e6 * 3.7e10),
        ("20 d", "time", 20 * 86400),
        ("2.6234 y", "time", 2.6234 * 365.25 * 86400),
        ("250 keV", "energy", 0.25),
        ("250keV", "energy", 0.25),
        ("57.7 keV", "energy", 0.0577),
        ("330 GeV", "energy", 330e3),
        ("1.8e12 /cm2/s", "flux", 1.8e12),
        ("1e4 /m2/s", "flux", 1.0),
        ("0.88 g/cm3", "density", 0.88),
        ("880 kg/m3", "density", 0.88),
        ("-66.7 deg", "angle", math.radians(-66.7)),
        ("2.5e-12 mu_B", "magnetic moment", 2.5e-12),
        ("99.5 t", "mass", 99.5e6),
        ("10 /d", "rate", 10 / 86400),
        ("-3.2e-32 cm2", "area", -3.2e-32),
        ("3 m*cm/km", "length", 3 * 100 / 1e5),
        ("0 d", "time", 0.0),
        ("2 eV2", "mass squared", 2e-12),
        ("2 eV*keV", "mass squared", 2e-9),
        ("100 t*yr", "exposure", 100e6 * 365.25 * 86400),
        ("2 d*kg", "exposure", 2e3 * 86400),
        ("3 /t/d", "rate per mass", 3 / 1e6 / 86400),
        (" +.5  MeV ", "energy", 0.5),
    ],
)
def test_value(text: str, kind: Kind, value: float) -> None:
    """Closed form: the table of units by hand."""
    assert read_quantity(text, kind) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "value"), [("1.75 eV2", 1.75), ("0.3 eV2", 0.3), ("7e-6 keV2", 7.0), ("1e-13 MeV2", 0.1)]
)
def test_value_in_another_unit(text: str, value: float) -> None:
    """Closed form: decimal numbers stay what they are, to the last bit."""
    assert read_quantity(text, "mass squared", unit="eV2") == value


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("250", "energy", ["'250' has no unit", "'250 keV'", "an energy: eV, keV, MeV, GeV"]),
        ("20 d", "energy", ["is not an energy but a time", "250 keV"]),
        ("20 d*cm", "energy", ["is not an energy:"]),
        ("20 d*g", "energy", ["is not an energy but an exposure:"]),
        ("20 /d", "energy", ["is not an energy but an activity or a rate:"]),
        ("250 kev", "energy", ["unknown unit 'kev'", "did you mean 'keV'"]),
        ("20 days", "time", ["unknown unit 'days'", "20 d"]),
        ("keV", "energy", ["does not begin with a number"]),
        ("", "energy", ["does not begin with a number"]),
        ("nan keV", "energy", ["does not begin with a number"]),
        ("inf keV", "energy", ["does not begin with a number"]),
        ("1e400 keV", "energy", ["too large or too small"]),
        ("1e-400 keV", "energy", ["too large or too small"]),
        ("1e99999999 keV", "energy", ["1e99999999"]),
        ("1 cm^2", "length", ["cannot read the unit", "powers as in cm2"]),
        ("1 keV/", "energy", ["cannot read the unit"]),
        ("1 keV keV", "energy", ["cannot read the unit"]),
        ("1,5 keV", "energy", ["cannot read the unit"]),
        ("1 cm2", "length", ["is not a length"]),
        ("1 eV", "mass squared", ["is not a mass squared but an energy", "'1 eV2'"]),
    ],
)
def test_fault_is_named(text: str, kind: Kind, words: list[str]) -> None:
    """Contract: the message names what is wrong and what would be right."""
    with pytest.raises(ValueError, match=r"write for example|too large") as error:
        read_quantity(text, kind)
    for word in words:
        assert word in str(error.value)


def test_only_a_unit_of_what_is_wanted_is_suggested() -> None:
    """Regression: a mass in "tons" was taken for one in ns."""
    with pytest.raises(ValueError, match="unknown unit 'tons'; write for example"):
        read_quantity("99 tons", "mass")
    with pytest.raises(ValueError, match=r"unknown unit 'KG', did you mean 'kg'\?"):
        read_quantity("99 KG", "mass")
    assert read_quantity("5 mCi", "activity") == 5 * 3.7e7  # it was taken for MCi, a milliard times as much
    with pytest.raises(ValueError, match=r"unknown unit 'Kg', did you mean 'kg'\?"):
        read_quantity("99 keV*Kg", "mass")


@DETERMINISTIC
@given(value=FINITE, data=st.data())
def test_round_trip(value: float, data: st.DataObject) -> None:
    """Property: what is written is read back, in any unit of any kind."""
    kind: Kind = data.draw(st.sampled_from(sorted(UNITS_OF)))  # type: ignore[assignment]
    unit = data.draw(st.sampled_from(UNITS_OF[kind]))
    assert read_quantity(write_quantity(value, unit), kind) == pytest.approx(value, rel=4e-16, abs=0)


@DETERMINISTIC
@given(value=st.floats(-1e6, 1e6).filter(lambda v: v == 0 or abs(v) > 1e-6), data=st.data())
def test_other_dimensions_are_refused(value: float, data: st.DataObject) -> None:
    """Property: a quantity is accepted exactly where the dimension fits."""
    given_kind = data.draw(st.sampled_from(sorted(UNITS_OF)))
    wanted: Kind = data.draw(st.sampled_from(sorted(UNITS_OF)))  # type: ignore[assignment]
    text = f"{value!r} {data.draw(st.sampled_from(UNITS_OF[given_kind]))}"
    if KINDS[given_kind].dimension == KINDS[wanted].dimension:
        assert math.isfinite(read_quantity(text, wanted))
    else:
        with pytest.raises(ValueError, match="is not"):
            read_quantity(text, wanted)


@DETERMINISTIC
@given(texts(max_size=20) | st.tuples(NUMBER, st.sampled_from(["", " "]), UNIT).map("".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Property: no text makes anything but a finite number or a ValueError."""
    try:
        value = read_quantity(text, "energy")
    except ValueError:
        return
    assert math.isfinite(value)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_advice_is_right(kind: Kind) -> None:
    """Contract: each example and each unit that a message offers can be read."""
    read_quantity(KINDS[kind].example, kind)
    for unit in KINDS[kind].units.split(", "):
        assert read_quantity(f"1 {unit}", kind) == unit_value(unit)


def test_only_the_standard_library() -> None:
    """Contract: reading units imports no third party."""
    code = "import sys, simgen.units; print('numpy' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
