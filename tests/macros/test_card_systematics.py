"""Cards: systematic uncertainties, their forms and their faults."""

import pytest
from support.invocation import answer, invoke

from detsim.systematics import NORMALISATIONS, SHAPES, Systematic
from macros.card import CardError, load_card
from macros.card.tables.card import SystematicsTable
from macros.figures.assumptions import describe_experiment

CARD = "hellaz-cr51-realistic"
FLAT = "background.flat={shape='flat', low='0 keV', high='1 MeV', rate='1 /d', uncertainty=0.1}"


def systematics(*overrides):
    """Load a card without uncertainties of its own, but for those given; by name."""
    cleared = ["systematics={}", *(f"systematics.{o}" for o in overrides)]
    return {s.name: s for s in load_card(CARD, cleared).experiment.systematics}


def faults_of(*overrides):
    with pytest.raises(CardError) as error:
        load_card(CARD, [FLAT, *overrides])
    return {fault.key: f"{fault.reason}: {fault.suggestion}" for fault in error.value.faults}


def test_all_quantities_have_a_key():
    """Contract: the card offers every quantity that an experiment can be uncertain of."""
    assert tuple(SystematicsTable.model_fields) == (*NORMALISATIONS, *SHAPES)


@pytest.mark.parametrize("name", [*NORMALISATIONS, *SHAPES])
def test_forms(name):
    """Contract: a number, a table with any constraint, and 0 for what is exact."""
    assert systematics(f"{name}=0") == {}
    assert systematics(f"{name}=0.05") == {name: Systematic(name=name, uncertainty=0.05)}
    for constraint in ("gaussian", "log-normal", "free"):
        found = systematics(f"{name}={{uncertainty=0.05, constraint='{constraint}'}}")
        assert found == {name: Systematic(name=name, uncertainty=0.05, constraint=constraint)}
    assert systematics(f"{name}.uncertainty=0.02")[name].constraint == "gaussian"


def test_free():
    """Contract: a factor can be free by a word; a shape needs the step at which it is folded again."""
    for name in NORMALISATIONS:
        assert systematics(f"{name}=free")[name] == Systematic(name=name, uncertainty=0.1, constraint="free")
    for name in SHAPES:
        found = faults_of(f"systematics.{name}=free")
        assert list(found) == [f"systematics.{name}"]
        assert '{ uncertainty = 0.01, constraint = "free" }' in found[f"systematics.{name}"]


@pytest.mark.parametrize(
    ("override", "key", "words"),
    [
        ("activity='0.018'", "activity", "must be a number, \"free\" or a table, got '0.018'"),
        ("activity=true", "activity", "for example 0.018"),
        ("activity=[0.1]", "activity", "for example 0.018"),
        ("activity=inf", "activity", "must be finite"),
        ("mass=-0.1", "mass", "at least 0"),
        ("mas=0.1", "mas", "did you mean `mass`?"),
        ("mass={constraint='free'}", "mass.uncertainty", "is missing: a relative standard deviation"),
        ("mass={uncertainty=0}", "mass.uncertainty", "above 0"),
        ("mass={uncertainty=0.1, constraint='lognormal'}", "mass.constraint", "did you mean 'log-normal'?"),
        ("mass={uncertainty=0.1, constrain='free'}", "mass.constrain", "did you mean `constraint`?"),
        ("energy_scale=1", "energy_scale", "must be below 1"),
    ],
)
def test_faults(override, key, words):
    """Contract: one fault at its key, with what is correct."""
    found = faults_of(f"systematics.{override}")
    assert list(found) == [f"systematics.{key}"]
    assert words in found[f"systematics.{key}"]


def test_faults_with_other_tables():
    """Contract: an uncertainty needs its quantity, a range to vary in, and to be no parameter of interest."""
    found = faults_of("detector.resolution=perfect", "systematics.resolution=0.1")
    assert "the resolution of HELLAZ is perfect" in found["systematics.resolution"]
    found = faults_of("fit.poi=sin2_theta_w", "systematics.sin2_theta_w=0.001")
    assert "is of the parameter that is fitted" in found["systematics.sin2_theta_w"]
    found = faults_of("model.sin2_theta_w=0.4", "systematics.sin2_theta_w=0.5")
    assert "0.6" in found["systematics.sin2_theta_w"]
    several = faults_of("detector.resolution=perfect", "systematics.resolution=0.1", "systematics.mass=-1")
    assert set(several) == {"systematics.mass"}  # the tables first, what they say together then


def test_backgrounds():
    """Contract: a background's constraint and whether it is common reach it; a free one needs a step."""
    (flat,) = load_card(CARD, [FLAT]).experiment.backgrounds
    assert (flat.constraint, flat.common) == ("gaussian", False)
    (flat,) = load_card(
        CARD, [FLAT, "background.flat.constraint=log-normal", "background.flat.common=true"]
    ).experiment.backgrounds
    assert (flat.constraint, flat.common, flat.uncertainty) == ("log-normal", True, 0.1)
    found = faults_of("background.flat.constraint=free", "background.flat.uncertainty=0")
    assert "give the step of the fit" in found["background.flat.uncertainty"]
    assert "did you mean 'free'" in faults_of("background.flat.constraint=fre")["background.flat.constraint"]


def test_check_and_figures_show_them():
    """Contract: `check`, its JSON and the captions of figures state all uncertainties."""
    overrides = (
        FLAT, "systematics.mass={uncertainty=0.01, constraint='log-normal'}", "systematics.efficiency=free",
    )  # fmt: skip
    options = [part for o in overrides for part in ("--set", o)]
    text = invoke("check", CARD, *options).stdout
    assert "activity 1.8 %, mass 1 % (log-normal), efficiency free" in text
    assert "flat 1 /d, 10 %" in text
    assert "a cylinder of radius 552.7 and height 2000 cm, a point source at its centre" in text
    assert "Cr51 nu_e up to 752 keV, half-life 27.704 d; 1.67 MCi at the start" in text
    found = answer("check", CARD, *options)["systematics"]
    assert found["mass"] == {"uncertainty": 0.01, "constraint": "log-normal", "common": False}
    assert set(found) == {"activity", "mass", "efficiency", "background_flat"}
    words = describe_experiment(load_card(CARD, overrides).experiment, 1.0)
    assert "activity known to 0.018, mass known to 0.01, log-normal, efficiency free" in words
