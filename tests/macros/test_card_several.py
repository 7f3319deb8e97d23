"""Cards of several experiments: what they share, what belongs to each, and the faults of both."""

import json
import re
import tomllib

import pytest

from macros.card import CardError, card_from_document, json_schema, load_card, preset_text
from macros.card.tables.card import OWN

CARD = "borexino-hellaz-cr51"
FLAT = "{shape='flat', low='0 keV', high='1 MeV', rate='1 /d', uncertainty=0.1, common=true}"
NO_FILE = "{shape='table', table='no.csv', unit='keV', rate='1 /d', uncertainty=0}"


def document():
    return tomllib.loads(preset_text(CARD))


def faults_of(*overrides, changed=None):
    with pytest.raises(CardError) as error:
        card_from_document(document() if changed is None else changed, overrides, name="several")
    return {fault.key: f"{fault.reason}: {fault.suggestion}" for fault in error.value.faults}


def known(experiment):
    return {s.name: (s.uncertainty, s.common) for s in experiment.systematics}


def test_experiments():
    """Contract: one experiment a name, in the card's order; what stands at the top is shared."""
    card = load_card(CARD)
    hellaz, borexino = card.experiments
    assert [hellaz.name, borexino.name] == ["HELLAZ", "BOREXINO"]
    assert hellaz.source == borexino.source
    assert known(hellaz) == {"activity": (0.015, True), "mass": (0.01, False)}
    assert known(borexino) == {
        "activity": (0.015, True),
        "mass": (0.01, False),
        "energy_scale": (0.01, False),
    }
    assert (hellaz.backgrounds, [b.name for b in borexino.backgrounds]) == ((), ["flat"])
    assert card.together == card.experiments
    with pytest.raises(ValueError, match=r"choose one of HELLAZ, BOREXINO with \.of\(NAME\)"):
        card.experiment  # noqa: B018 (it raises)


def test_one_of_them():
    """Contract: the card of one experiment is a plain one, which loads to the same experiment."""
    card = load_card(CARD)
    for experiment in card.experiments:
        one = card.of(experiment.name)
        assert one.experiment == one.together == experiment
        assert "experiment" not in one.document
        again = card_from_document(one.document, name="again").experiment
        for part in ("source", "normalisation", "detector", "exposure", "backgrounds", "generate_above"):
            assert getattr(again, part) == getattr(experiment, part)
        assert {s.name for s in again.systematics} == {s.name for s in experiment.systematics}
        assert one.of(None) is one
    with pytest.raises(ValueError, match="did you mean HELLAZ"):
        card.of("HELAZ")
    with pytest.raises(ValueError, match="choose one of HELLAZ, BOREXINO with --of NAME"):
        card.of(None)
    with pytest.raises(ValueError, match="leave --of HELLAZ out"):
        load_card("hellaz-cr51-paper").of("HELLAZ")


def test_a_single_named_experiment():
    """Contract: one experiment with a name needs no --of."""
    changed = document()
    del changed["experiment"]["BOREXINO"]
    card = card_from_document(changed, name="one")
    assert card.experiment.name == "HELLAZ"
    assert card.of(None).document == load_card(CARD).of("HELLAZ").document


def test_tables_at_the_top():
    """Contract: an experiment takes those it does not state, whole; a key that is set makes it its own."""
    card = load_card(CARD, ["source.activity=3 MCi"])
    assert {e.normalisation.value for e in card.experiments} == {3e6 * 3.7e10}
    card = load_card(CARD, ["experiment.HELLAZ.source.flux=1e12 /cm2/s"])
    own = card.document["experiment"]["HELLAZ"]["source"]
    assert own == {"isotope": "Cr51", "data": "modern", "flux": "1e12 /cm2/s"}
    assert card.document["source"] == document()["source"]
    assert load_card(CARD, ["source.activity=2 MCi"]).experiments[1].source == card.experiments[0].source
    changed = document()
    changed["background"] = {}
    del changed["experiment"]["HELLAZ"]["background"]
    assert not card_from_document(changed, name="x").experiments[0].backgrounds
    assert len(card_from_document(changed, name="x").experiments[1].backgrounds) == 1


def test_overrides():
    """Contract: keys of one experiment are set as of any card, and exclude each other."""
    keys = ("detector.threshold=90 keV", "detector.electrons=3e30", "background.flat=" + FLAT)
    card = load_card(CARD, [f"experiment.HELLAZ.{key}" for key in keys])
    hellaz, borexino = card.experiments
    assert hellaz.detector.threshold == 0.09
    assert "mass" not in card.document["experiment"]["HELLAZ"]["detector"]
    assert borexino == load_card(CARD).experiments[1]
    assert hellaz.backgrounds[0].common


@pytest.mark.parametrize(
    ("override", "key", "words"),
    [
        ("experiment.HELAZ.detector.threshold=1 keV", "--set experiment.HELAZ.detector.threshold",
         "did you mean HELLAZ?"),
        ("experiment.X.exposure.duration=1 d", "--set experiment.X.exposure.duration",
         "it has HELLAZ, BOREXINO"),
        ("experiment.HELLAZ.detector.treshold=1", "experiment.HELLAZ.detector.treshold", "mean `threshold`?"),
        ("experiment.HELLAZ.detector.threshold=90", "experiment.HELLAZ.detector.threshold", "has no unit"),
        ("experiment.HELLAZ.detecter={}", "experiment.HELLAZ.detecter", "did you mean `detector`?"),
        ("experiment.HELLAZ.duration=1", "experiment.HELLAZ.duration", "in [experiment.HELLAZ.exposure]"),
        ("experiment.HELLAZ.model.gamma=1", "experiment.HELLAZ.model", "state [model] once, at the top"),
        ("experiment.HELLAZ.run={seed=1}", "experiment.HELLAZ.run", "state [run] once, at the top"),
        ("experiment.HELLAZ.systematics=1", "experiment.HELLAZ.systematics", "must be a table"),
        ("experiment.HELLAZ.systematics.activity=0.1", "experiment.HELLAZ.systematics.activity",
         "is common to all experiments already"),
        ("experiment.HELLAZ.systematics.sin2_theta_w=0.1", "experiment.HELLAZ.systematics.sin2_theta_w",
         "state it in [systematics], at the top"),
        ("experiment.HELLAZ.systematics.mas=0.1", "experiment.HELLAZ.systematics.mas", "mean `mass`?"),
        ("experiment.HELLAZ=1", "experiment.HELLAZ", "must be a table"),
        ("experiment={}", "experiment", "must hold tables by name"),
        ("experiment={'A B'={}}", "experiment.A B", "letters, digits, _ and -"),
        ("detector.threshold=9 keV", "detector",
         "change [experiment.HELLAZ.detector] or [experiment.BOREXINO.detector]"),
        ("source.activity=1", "source.activity", "has no unit"),
        ("model.gama=1", "model.gama", "did you mean `gamma`?"),
        ("systematics.efficiency=-1", "systematics.efficiency", "at least 0"),
        ("experimnt={}", "experimnt", "did you mean `experiment`?"),
        (f"experiment.HELLAZ.background={{x={NO_FILE}}}",
         "experiment.HELLAZ.background.x.table", "no such file"),
        ("run.columns=['vertex', 'x']", "run.columns.1", "'vertex', 'time', 'cos_theta' or 'direction'"),
    ],
)  # fmt: skip
def test_one_fault(override, key, words):
    """Contract: a fault is reported once, at its key in the full card, with what is correct."""
    found = faults_of(override)
    assert list(found) == [key]
    assert words in found[key]


def test_faults_of_what_is_missing():
    """Contract: a table that is stated nowhere is missing in each experiment."""
    changed = document()
    del changed["source"], changed["experiment"]["HELLAZ"]["detector"], changed["model"]
    assert list(faults_of(changed=changed)) == [
        "experiment.HELLAZ.source", "experiment.HELLAZ.detector", "model", "experiment.BOREXINO.source",
    ]  # fmt: skip


def test_all_faults_at_once():
    """Contract: faults of all experiments and of what they share are reported together, each once."""
    found = faults_of(
        "experiment.HELLAZ.detector.mass=-1 t", "experiment.BOREXINO.exposure.start=3", "model.gamma=-1",
        "experiment.BOREXINO.detector.resolution=perfect", "fit.level=3",
    )  # fmt: skip
    assert set(found) == {
        "experiment.HELLAZ.detector.mass", "experiment.BOREXINO.exposure.start", "model.gamma", "fit.level",
    }  # fmt: skip


def test_common_backgrounds():
    """Contract: one factor has one uncertainty."""
    both = [f"experiment.{name}.background.flat={FLAT}" for name in ("HELLAZ", "BOREXINO")]
    assert all(e.backgrounds[0].common for e in load_card(CARD, both).experiments)
    found = faults_of(*both, "experiment.BOREXINO.background.flat.uncertainty=0.2")
    assert "common with that of HELLAZ" in found["experiment.BOREXINO.background.flat"]


def test_files_beside_the_card(tmp_path):
    """Contract: tables in files are found beside the card and stored with their checksums, for each."""
    (tmp_path / "efficiency.csv").write_text("energy,efficiency\n0,0.5\n2000,1\n")
    text = preset_text(CARD).replace(
        "efficiency = 1.0 ", 'efficiency = { energy = "true", table = "efficiency.csv", unit = "keV" } #'
    )
    path = tmp_path / "card.toml"
    path.write_text(text)
    card = load_card(path)
    stored = card.document["experiment"]["BOREXINO"]["detector"]["efficiency"]
    assert stored["table"] == str(tmp_path / "efficiency.csv")
    assert len(stored["sha256"]) == 64
    assert card.of("BOREXINO").document["detector"]["efficiency"] == stored
    again = card_from_document(tomllib.loads(card.text()), name="again")
    assert again.experiments == card.experiments


def test_schema():
    """Contract: the schema knows cards of either kind, and what an experiment has of its own."""
    schema = json_schema()
    assert schema["required"] == ["model"]
    alone, several = (set(choice["required"]) for choice in schema["anyOf"])
    assert (alone, several) == ({"source", "detector", "exposure", "background"}, {"experiment"})
    one = schema["$defs"]["ExperimentTables"]
    assert set(one["properties"]) == {*OWN, "systematics"}
    assert "sin2_theta_w" not in schema["$defs"]["ExperimentSystematicsTable"]["properties"]
    text = json.dumps(schema)
    assert set(re.findall(r'"#/\$defs/(\w+)"', text)) <= set(schema["$defs"])
