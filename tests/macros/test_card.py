"""Cards: faults, overrides, round trip, lazy imports."""

import json
import math
import os
import pickle
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from detsim.detector.distance_bins import DistanceBins
from macros.card import CardError, card_from_document, json_schema, load_card, preset_text, presets
from macros.card.overrides import apply_overrides
from macros.card.toml import write_toml
from macros.setup.compatibility import check_card
from simgen.geometry import Sphere
from simgen.parameters import NAMED_BETA, gamma_from_mass
from simgen.rates.exposure import Interactions

ROOT = Path(__file__).parents[2]
REALISTIC = "borexino-cr51-realistic"
WRONG = """
[source]
isotope = "Cr51"
data = "modern"
activity = "1.67"
[geometry]
shape = "sphere"
radius = "300 cm"
source_distance = "-200 cm"
[detector]
name = "X"
target = "C9H12"
mass = "-5 t"
treshold = "250 keV"
bins = { low = "250 keV", high = "550 keV", width = "20 d" }
resolution = { at_1MeV = nan }
efficiency = 1.5
binding = "shell"
[exposure]
start = "0 d"
duration = "20 d"
[background.flat]
shape = "flat"
low = "1 MeV"
high = "0 MeV"
rate = "3 /d"
uncertainty = 0.1
[model]
name = "E7"
"""

EDGES = "edges=['5 m', '8 m', '11 m']"


def faults_of(*overrides: str, card: str = REALISTIC) -> dict[str, str]:
    """Load a card that is wrong; its faults by key."""
    with pytest.raises(CardError) as error:
        load_card(card, overrides)
    return {fault.key: f"{fault.reason}: {fault.suggestion}" for fault in error.value.faults}


def document(card: str = REALISTIC) -> dict:
    return tomllib.loads(preset_text(card))


def without(path: str) -> dict[str, str]:
    """Faults of a preset from which one key is taken away."""
    changed = document()
    *parents, last = path.split(".")
    table = changed
    for part in parents:
        table = table[part]
    del table[last]
    with pytest.raises(CardError) as error:
        card_from_document(changed, name="changed")
    return {fault.key: f"{fault.reason}: {fault.suggestion}" for fault in error.value.faults}


def test_all_faults_at_once(tmp_path):
    """Contract: every fault is reported, with file, key, reason and suggestion."""
    path = tmp_path / "wrong.toml"
    path.write_text(WRONG)
    with pytest.raises(CardError) as error:
        load_card(path)
    found = {fault.key: str(fault) for fault in error.value.faults}
    assert set(found) == {
        "source.activity",
        "geometry.source_distance",
        "detector.mass",
        "detector.treshold",
        "detector.bins.width",
        "detector.resolution.at_1MeV",
        "detector.efficiency",
        "detector.binding",
        "background.flat",
        "model.name",
    }
    assert "did you mean `threshold`?" in found["detector.treshold"]
    assert "'1.67' has no unit" in found["source.activity"]
    assert "not an energy but a time" in found["detector.bins.width"]
    assert "-5 t" in found["detector.mass"]
    assert "did you mean 'shells'" in found["detector.binding"]
    assert error.value.file == str(path)
    text = str(error.value)
    assert text.startswith(f"{path}: 10 faults")
    assert all(line in text for line in found.values())
    assert str(pickle.loads(pickle.dumps(error.value))) == text


@pytest.mark.parametrize(
    ("override", "key", "words"),
    [
        ("detector.treshold=1", "detector.treshold", "did you mean `threshold`?"),
        ("detecter.x=1", "detecter", "did you mean `detector`?"),
        ("source.duration=1", "source.duration", "it belongs in [exposure]"),
        ("duration=1", "duration", "it belongs in [exposure]"),
        ("geometry.height=1 m", "geometry.height", "does not go with the keys beside it"),
        ("detector.threshold=250", "detector.threshold", "'250' has no unit: write for example '250 keV'"),
        ("detector.threshold=250 kev", "detector.threshold", "did you mean 'keV'"),
        ("detector.threshold=20 d", "detector.threshold", "not an energy but a time"),
        ("detector.threshold=true", "detector.threshold", "must be an energy in quotes"),
        ("detector.threshold=2 MeV", "detector.threshold", "leaves nothing"),
        ("detector.mass=-5 t", "detector.mass", "above 0, got '-5 t'"),
        ("detector.target=C9H12x", "detector.target", "chemical formula"),
        ("detector.target=Qq", "detector.target", "no element"),
        ("detector.efficiency=nan", "detector.efficiency", "must be finite, got nan"),
        ("detector.efficiency=1.5", "detector.efficiency", "at most 1"),
        ("detector.efficiency=0", "detector.efficiency", "above 0"),
        ("detector.efficiency='1'", "detector.efficiency", "a pure number, no quotes"),
        ("detector.efficiency=true", "detector.efficiency", "must be a number"),
        ("detector.resolution=fine", "detector.resolution", 'must be "perfect" or a table'),
        ("detector.resolution={}", "detector.resolution", 'write "perfect"'),
        ("detector.resolution={at_1MeV=inf}", "detector.resolution.at_1MeV", "must be finite"),
        ("detector.edges=['1 MeV', '0.5 MeV']", "detector.edges", "must ascend"),
        ("detector.bins.low=1 MeV", "detector.bins", "low must be below high"),
        ("detector.bins.width=1e-6 eV", "detector.bins.width", "more than 100000 bins"),
        ("detector=3", "detector", "must be a table"),
        ("detector.fiducial=0", "detector.fiducial", "above 0, got 0"),
        ("detector.fiducial=50 cm", "detector.fiducial", "must be a number, got '50 cm'"),
        ("detector.fiducial={}", "detector.fiducial.wall_distance", "is missing"),
        ("detector.fiducial={wall_distance='0 m'}", "detector.fiducial.wall_distance", "above 0"),
        (
            "detector.fiducial={wall_distance='3 m'}",
            "detector.fiducial.wall_distance",
            "nothing of the target",
        ),
        ("detector.distance=3", "detector.distance", "must be a table"),
        (
            f"detector.distance={{{EDGES}}}",
            "detector.distance.resolution",
            '"perfect", or the standard deviation',
        ),
        (f"detector.distance={{{EDGES}, resolution='3'}}", "detector.distance.resolution", "or 'perfect'"),
        ("detector.distance={resolution='1 cm'}", "detector.distance", "either low, high and width or edges"),
        (f"detector.distance={{{EDGES}, low='1 m', resolution='1 cm'}}", "detector.distance", "either low,"),
        (
            "detector.distance={low='5 m', high='9 m', resolution='1 cm'}",
            "detector.distance.width",
            'is missing: of the bins, for example "50 cm"',
        ),
        (
            "detector.distance={low='9 m', high='9 m', width='1 m', resolution='1 cm'}",
            "detector.distance",
            "low must be below high",
        ),
        (
            "detector.distance={low='5 m', high='9 m', width='1 um', resolution='1 cm'}",
            "detector.distance.width",
            "unknown unit 'um'",
        ),
        (
            "detector.distance={low='5 m', high='9 m', width='1e-3 mm', resolution='1 cm'}",
            "detector.distance.width",
            "more than 10000 bins",
        ),
        (
            "detector.distance={edges=['5 m', '4 m'], resolution='1 cm'}",
            "detector.distance.edges",
            "must ascend, got 400.0 cm after 500.0 cm",
        ),
        ("geometry.shape=cube", "geometry.shape", "'sphere', 'shell', 'cylinder' or 'box'"),
        ("geometry.source_distance=-1 m", "geometry.source_distance", "must be at least 0"),
        ("geometry.source_position=['1 m', '0 m']", "geometry.source_position", "needs at least 3 entries"),
        ("geometry.source_position=['1 m', '0 m', 2]", "geometry.source_position.2", "has no unit"),
        ("geometry.source_radius=-1 m", "geometry.source_radius", "must be at least 0"),
        ("geometry.source_radius=1 kg", "geometry.source_radius", "not a length but a mass"),
        ("run.columns=['vertx']", "run.columns.0", "did you mean 'vertex'"),
        ("source.isotope=Cr52", "source.isotope", "known are Cr51"),
        ("source.data=old", "source.data", "'modern' or 'paper', got 'old'"),
        ("source.components=[]", "source.components", "at least 1"),
        ("source.half_life=3 d", "source.half_life", "an isotope has its own"),
        ("exposure.duration=0 d", "exposure.duration", "above 0"),
        ("background.flat.rate=3", "background.flat.rate", "'10 /d'"),
        ("background.flat.uncertainty=inf", "background.flat.uncertainty", "must be finite"),
        ("model.name=E7", "model.name", "must be 'SM', 'E6' or 'LR', got 'E7'"),
        ("model.name=e6", "model.name", "did you mean 'E6'?"),
        ("model.beta=chj", "model.beta", "'chi', 'psi', 'eta'"),
        ("model.beta=30", "model.beta", "has no unit"),
        ("model.gamma=inf", "model.gamma", "must be finite"),
        ("model.gamma=-0.1", "model.gamma", "at least 0"),
        ("model.gamma='0.1'", "model.gamma", "no quotes"),
        ("model.phi=1 deg", "model.gamma", "cannot mix"),
        ("model.sin2_theta_w=0.7", "model.sin2_theta_w", "below 0.5"),
        ("model.mu_nu=1 keV", "model.mu_nu", "not a magnetic moment"),
        ("model.constrained=3", "model.constrained", "true, or { tau = 2.0 }"),
        ("model.constrained={}", "model.constrained.tau", "is missing"),
        ("model.constrained.tau=-1", "model.constrained.tau", "at least 0"),
        ("model.charge_radius=1e-32 cm2", "model.charge_radius_convention", "factor of 2"),
        ("model.charge_radius=1e-32 cm", "model.charge_radius", "not an area but a length"),
        ("model.charge_radius_convention=texno", "model.charge_radius_convention", "did you mean 'texono'?"),
        ("model.millicharge=1 keV", "model.millicharge", "must be a number"),
        ("model.vector_coupling=1e-11", "model.vector_mass", "is missing"),
        ("model.scalar_coupling=1e-11", "model.scalar_mass", "is missing"),
        ("model.scalar_mass=0 keV", "model.scalar_mass", "above 0"),
        ("model.scalar_mass=1", "model.scalar_mass", "has no unit"),
        ("model.sin2_2theta=0.1", "model.delta_m2", 'for example "1 eV2"'),
        ("model.sin2_2theta=1.5", "model.sin2_2theta", "at most 1"),
        ("model.sin2_2theta=-0.1", "model.sin2_2theta", "at least 0"),
        ("model.delta_m2=1", "model.delta_m2", "has no unit: write for example '1 eV2'"),
        ("model.delta_m2=1 eV", "model.delta_m2", "not a mass squared but an energy"),
        ("model.delta_m2=-1 eV2", "model.delta_m2", "at least 0"),
        ("model.delta_c_L_order=second", "model.delta_c_L_order", "'exact' or 'first'"),
        ("systematics.activity=-1", "systematics.activity", "at least 0"),
        ("systematics.electrons=0.1", "systematics.electrons", "it belongs in [detector]"),
        ("fit.poi=gama", "fit.poi", "gama"),
        ("fit.likelihood=paper", "fit.likelihood", "error_per_bin is needed"),
        ("fit.level=68", "fit.level", "below 1"),
        ("run.seed=-1", "run.seed", "at least 0"),
        ("run.threads=0", "run.threads", "at least 1"),
        ("run.compression=gzip", "run.compression", "'zstd-1', 'lz4-4' or 'none'"),
        ("nothing", "--set nothing", "not key=value"),
        ("model.name.x=1", "--set model.name.x", "not a table"),
    ],
)
def test_one_fault(override, key, words):
    """Contract: one wrong value makes one fault, at its key, with what would be right."""
    found = faults_of(override)
    assert list(found) == [key]
    assert words in found[key]


@pytest.mark.parametrize(
    "path",
    [
        "source",
        "detector",
        "exposure",
        "background",
        "model",
        "source.data",
        "geometry",
        "detector.name",
        "detector.threshold",
        "detector.resolution",
        "detector.efficiency",
        "detector.binding",
        "exposure.start",
        "exposure.duration",
        "background.flat.uncertainty",
        "model.name",
        "model.beta",
    ],
)
def test_missing_means_error(path):
    """Contract: nothing that changes the physics is assumed."""
    found = without(path)
    assert list(found) == [path]
    assert "is missing" in found[path]


@pytest.mark.parametrize("path", ["detector.bins", "detector.mass", "source.isotope", "source.activity"])
def test_missing_alternative(path):
    """Contract: one of several keys is asked for at their table."""
    assert path.split(".")[0] in without(path)


def test_alternatives_exclude_each_other():
    """Contract: two statements of one quantity are a fault of the file."""
    changed = document()
    changed["source"]["flux"] = "1e12 /cm2/s"
    changed["detector"]["electrons"] = 1e31
    changed["detector"]["edges"] = ["1 keV", "600 keV"]
    changed["model"]["mass"] = "1 TeV"
    with pytest.raises(CardError) as error:
        card_from_document(changed, name="changed")
    assert {fault.key for fault in error.value.faults} == {
        "source",
        "detector",
        "model.mass",
    }


def test_place_of_the_source():
    """Contract: a position, its short form, and what vertices need."""
    changed = document()
    changed["geometry"]["source_position"] = ["0 m", "3 m", "-40 cm"]
    with pytest.raises(CardError, match="says the same as source_position"):
        card_from_document(changed, name="changed")
    card = card_from_document(
        document(),
        ["geometry.source_position=['0 m', '3 m', '-40 cm']", "geometry.source_radius=3 cm"],
        name="changed",
    )
    geometry = card.experiment.normalisation.geometry
    assert geometry.source_centre == (0.0, 300.0, -40.0)
    assert geometry.source_radius == 3.0
    assert load_card("borexino-cr51-realistic", ["run.columns=['time']"]).run.columns == ("time",)
    assert load_card("borexino-cr51-paper", ["run.columns=['time']"]).run.columns == ("time",)
    with pytest.raises(CardError, match=r"run.columns.*no place to draw them in"):
        load_card("borexino-cr51-paper", ["run.columns=['vertex']"])


def test_bins_of_the_distance():
    """Contract: distances reach the detector in cm, by width or by edges, and so does the cut on places."""
    binned = "detector.distance={low='5 m', high='6.1 m', width='50 cm', resolution='15 cm'}"
    detector = load_card(REALISTIC, [binned, "detector.fiducial={wall_distance='0.5 m'}"]).experiment.detector
    assert detector.distance == DistanceBins(edges=(500.0, 550.0, 600.0, 610.0), resolution=15.0)
    assert (detector.wall_distance, detector.fiducial, detector.n_bins) == (50.0, 1.0, 3 * 6)
    perfect = f"detector.distance={{{EDGES}, resolution='perfect'}}"
    detector = load_card(REALISTIC, [perfect, "detector.fiducial=0.5"]).experiment.detector
    assert detector.distance == DistanceBins(edges=(500.0, 800.0, 1100.0), resolution=0.0)
    assert (detector.wall_distance, detector.fiducial) == (0.0, 0.5)
    plain = load_card(REALISTIC).experiment.detector
    assert (plain.distance, plain.wall_distance) == (None, 0.0)


@pytest.mark.parametrize(
    ("override", "key"),
    [
        (f"detector.distance={{{EDGES}, resolution='1 cm'}}", "detector.distance"),
        ("detector.fiducial={wall_distance='0.5 m'}", "detector.fiducial.wall_distance"),
        ("model.delta_m2=1 eV2", "model.delta_m2"),
    ],
)
def test_what_needs_places(override, key):
    """Contract: without places there are no distances; the fault is at the key that asks for them."""
    found = faults_of("source.flux=1e12 /cm2/s", override)
    assert list(found) == [key]
    assert "a flux is the same everywhere: give an activity, or events, instead of the flux" in found[key]
    changed = document()
    del changed["geometry"]
    for normalisation, at in (("source.events=100", key), ("source.activity=1 MCi", "geometry")):
        with pytest.raises(CardError) as error:
            card_from_document(changed, [normalisation, override], name="changed")
        assert [fault.key for fault in error.value.faults] == [at]
        assert "[geometry]" in str(error.value) or "shape of the target" in str(error.value)


def test_many_bins_of_both_kinds():
    """Contract: the bins of both axes together are limited, as those of one are."""
    fine = "detector.distance={low='5 m', high='11 m', width='1 mm', resolution='1 cm'}"
    assert "with those of the energy" in faults_of(fine, "detector.bins.width=1 keV")["detector.distance"]


def test_lists_are_compared_entry_by_entry():
    """Contract: one place in two units is one place; where it differs, the entry is named."""
    place = "geometry.source_position=['0 m', '3 m', '{}']"
    card, same, other = (
        card_from_document(document(), [place.format(z)], name="a") for z in ("1 m", "100 cm", "2 m")
    )
    check_card(card, same.document, Path("a.root"), may_differ=set())
    with pytest.raises(ValueError, match=r"geometry.source_position.2: '1 m' in this card, '2 m' in"):
        check_card(card, other.document, Path("a.root"), may_differ=set())


def test_misspelt_key_does_not_hide_the_domain():
    """Contract: the check goes on as if the key had been written right."""
    changed = document()
    changed["detector"]["treshold"] = "2 MeV"
    del changed["detector"]["threshold"]
    with pytest.raises(CardError) as error:
        card_from_document(changed, name="changed")
    assert [fault.key for fault in error.value.faults] == ["detector.treshold", "detector.threshold"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"[source", "is not TOML"),
        (b"\xff\xfe\x00root", "is not a text file"),
        (b"x = " + b"[" * 5000, "nested"),
        (b"#" * 2_000_000, "too large"),
        (b"", "is missing"),
    ],
)
def test_unreadable_file(tmp_path, text, words):
    """Contract: what is not a card is said to be none."""
    path = tmp_path / "card.toml"
    path.write_bytes(text)
    with pytest.raises(CardError, match=words):
        load_card(path)


def test_unknown_preset():
    """Contract: a misspelt preset is suggested."""
    with pytest.raises(CardError, match="did you mean `borexino-cr51-paper`"):
        load_card("borexino-cr51-papr")
    with pytest.raises(CardError, match="cannot be read"):
        load_card(ROOT)


def test_overrides():
    """Contract: the value is TOML, else a string; an alternative replaces what the card has."""
    card = load_card(
        REALISTIC, ["model.gamma=0.05", "model.beta=psi", "background.flat.rate=3 /d", "run={seed = 7}"]
    )
    assert card.model.gamma == 0.05
    assert card.model.beta == NAMED_BETA["psi"]
    assert card.experiment.backgrounds[0].rate == pytest.approx(3 / 86400)
    assert card.run.seed == 7
    card = load_card(REALISTIC, ["model.mass=330 GeV", "source.events=1000", "model.mu_nu=2.5e-12 mu_B"])
    assert card.model.gamma == gamma_from_mass(330e3)
    assert card.experiment.normalisation == Interactions(
        events=1000,
        reference=card.model.standard(),
        geometry=Sphere(radius=300.0, source_distance=825.0),
    )
    assert card.model.mu_nu == 2.5e-12
    assert "gamma" not in card.document["model"]
    assert load_card(REALISTIC, ["model.name=LR", "model.gamma=0.1"]).model.label == "LR"
    paper = load_card("borexino-cr51-paper", ["fit.likelihood=poisson", "model.beta=30 deg"])
    assert paper.fit.error_per_bin is None
    assert paper.model.beta == pytest.approx(math.pi / 6)
    assert load_card(REALISTIC, ["model.mu_nu=3e-11"]).model.mu_nu == 3e-11


@pytest.mark.parametrize(
    ("overrides", "key", "words"),
    [
        (["beta=eta", "constrained=true"], "model.constrained", "constrained = { tau = 2.0 }"),
        (["gamma=0.5", "constrained=true"], "model.gamma", "beyond the end point 0.4644 (133.8 GeV)"),
        (["mass=100 GeV", "constrained=true"], "model.mass", "beyond the end point 0.4644 (133.8 GeV)"),
        (["name=LR", "constrained.tau=2"], "model.constrained", "it takes no tau"),
        (["name=SM", "constrained=true"], "model.constrained", "which the SM has not"),
        (["constrained=true", "phi=0.1 deg", "gamma=0.1"], "model.phi", "follows from gamma"),
    ],
)
def test_faults_of_constrained_models(overrides, key, words):
    """Contract: what a constrained model lacks, or cannot have, is said at the key that is at fault."""
    found = faults_of(*(f"model.{o}" for o in overrides))
    assert list(found) == [key]
    assert words in found[key]


def test_terms_of_the_model():
    """Contract: every key of a term reaches the model, in internal units."""
    terms = {
        "delta_c_L": (0.1, 0.1),
        "delta_c_L_order": ("first", "first"),
        "eps_L": (0.02, 0.02),
        "eps_R": (-0.03, -0.03),
        "charge_radius": ("-1e-36 m2", -1e-32),
        "charge_radius_convention": ("texono", "texono"),
        "millicharge": (1e-13, 1e-13),
        "vector_coupling": (-1e-11, -1e-11),
        "vector_mass": ("100 keV", 0.1),
        "scalar_coupling": (1e-12, 1e-12),
        "scalar_mass": ("2 MeV", 2.0),
        "sin2_2theta": (0.1, 0.1),
        "delta_m2": ("1.75e-6 keV2", 1.75),
    }
    loaded = load_card(REALISTIC, [f"model.{key}={value}" for key, (value, _) in terms.items()])
    assert {key: getattr(loaded.model, key) for key in terms} == {k: value for k, (_, value) in terms.items()}
    constrained = load_card(REALISTIC, ["model.beta=eta", "model.gamma=0.1", "model.constrained.tau=2"])
    assert (constrained.model.constrained, constrained.model.tau) == (True, 2.0)
    assert "phi" not in constrained.document["model"]
    plain = load_card(REALISTIC, ["model.constrained=false", "model.phi=1 deg", "model.gamma=0.1"])
    assert (plain.model.constrained, plain.model.phi) == (False, pytest.approx(math.pi / 180))


def test_overrides_leave_the_card_alone():
    """Contract: the document that is given is not changed."""
    before = document()
    after = document()
    apply_overrides(after, ["model.gamma=0.3", "detector.bins.low=0 keV"])
    assert before == after


def test_own_components():
    """Contract: a source of own lines, decaying or constant."""
    lines = "{name='sun', flavour='nu_e', lines=[{energy='861.8 keV', intensity=1.0}]}"
    for half_life, value in (("'none'", math.inf), ("'1 d'", 86400.0)):
        source = f"source={{components=[{lines}], half_life={half_life}, flux='3e9 /cm2/s'}}"
        loaded = load_card("borexino-cr51-paper", [source]).experiment.source
        assert loaded.half_life == value
        assert loaded.endpoint == 0.8618
    found = faults_of(
        "source={components=[{name='x', flavour='nu_x', lines=[{energy='1'}]}], flux='1 /cm2/s'}"
    )
    assert {
        "source.components.0.flavour",
        "source.components.0.lines.0.energy",
        "source.components.0.lines.0.intensity",
    } <= set(found)


def test_no_threshold_and_perfect_resolution():
    """Contract: both can be said, and only by saying so."""
    card = load_card(REALISTIC, ["detector.threshold=none", "detector.resolution=perfect"])
    assert card.experiment.detector.threshold == -math.inf
    assert card.experiment.detector.resolution.perfect


@pytest.mark.parametrize("preset", presets())
def test_round_trip(tmp_path, preset):
    """Property: the text of a card loads to the same card."""
    card = load_card(
        preset, ["model.sin2_theta_w=0.2305", "model.gamma=0.1"][: 1 + ("sterile" not in preset)]
    )
    path = tmp_path / "again.toml"
    path.write_text(card.text())
    again = load_card(path)
    assert again.name == "again"
    for part in ("document", "experiments", "model", "fit", "run"):
        assert getattr(again, part) == getattr(card, part)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = (
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | TEXTS
    | st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(TEXTS, v, max_size=3), max_leaves=8
)


@settings(derandomize=True, deadline=None)
@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_toml_round_trip(written):
    """Property: any document that is written is read back."""
    assert tomllib.loads(write_toml(written)) == written


@settings(derandomize=True, deadline=None, max_examples=200)
@given(
    st.sampled_from([f"{t}.{k}" for t, keys in document().items() for k in keys] + list(document())),
    VALUES | st.sampled_from(["250 keV", "1 t", "-1 d", "perfect", "none", math.nan, -math.inf]),
)
def test_any_value_is_taken_or_refused(key, value):
    """Property: no value of any key makes anything but a card or a CardError with a message."""
    changed = document()
    table, _, inner = key.partition(".")
    if inner:
        changed[table][inner] = value
    else:
        changed[table] = value
    fault = None
    try:
        card_from_document(changed, name="changed")
    except CardError as error:
        fault = error
    assert fault is None or all(f.reason for f in fault.faults)
    assert fault is None or fault.faults


def test_imports_stay_light(tmp_path):
    """Contract: checking a card loads neither numba, uproot, scipy nor the X-ray data base."""
    path = tmp_path / "wrong.toml"
    path.write_text(WRONG)
    code = f"""
import sys
from macros.card import CardError, load_card, presets
for preset in presets():
    load_card(preset)
try:
    load_card({str(path)!r})
except CardError:
    pass
heavy = ("numba", "uproot", "scipy", "xraydb", "matplotlib", "iminuit", "hist")
print([module for module in heavy if module in sys.modules])
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "command",
    [
        ("check", "CARD"), ("expect", "CARD"), ("fit", "CARD", "data.root"), ("limit", "CARD"),
        ("run", "CARD", "-o", "out"), ("simulate", "CARD", "-o", "x.root"),
        ("generate", "CARD", "-o", "x.root"), ("detect", "CARD", "true.root", "-o", "x.root"),
        ("toys", "CARD", "-n", "3", "-o", "x.root"), ("coverage", "CARD", "-n", "3", "--at", "0"),
        ("sensitivity", "CARD", "--errors", "0.01:0.1:2"), ("calibrate", "CARD", "-n", "3", "-o", "x.root"),
        ("reweight", "x.root", "--to", "CARD", "-o", "y.root"), ("compare", "CARD", "CARD", "data.root"),
        ("contour", "CARD", "--x", "gamma=0:0.2:3", "--y", "phi=-0.1:0.1:3"),
    ],
    ids=lambda command: command[0],
)  # fmt: skip
def test_a_wrong_card_is_told_at_once(tmp_path, command):
    """Contract: no command loads what takes long before it knows that the card is right."""
    path = tmp_path / "wrong.toml"
    path.write_text(WRONG)
    arguments = ["nugauge", *(str(path) if word == "CARD" else word for word in command)]
    code = f"""
import sys
sys.argv = {arguments!r}
from macros.cli import main
try:
    main()
finally:
    print([module for module in ("numba", "uproot", "scipy", "iminuit") if module in sys.modules])
"""
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert run.returncode == 2
    assert "wrong.toml" in run.stderr
    assert run.stdout.strip() == "[]"


def test_schema_is_current():
    """Contract: the published schema is that of the code."""
    published = json.loads((ROOT / "docs" / "card.schema.json").read_text())
    assert published == json_schema()
