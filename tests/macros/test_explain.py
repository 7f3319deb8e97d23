"""`nugauge explain`: every name of cards, files, results and options, from the pages."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from support.invocation import answer, invoke, refusal

from macros.card import preset_text, presets
from macros.reference import card_keys, entries, look_up

DOCS = Path(__file__).parents[2] / "docs"


def explained(name):
    """Return what is said of a name: kind and name of each entry, with its facts."""
    found = answer("explain", name)
    assert found["exact"]
    return {(e["kind"], e["name"]): e["facts"] for e in found["entries"]}


@pytest.mark.parametrize(
    ("name", "kind", "full", "words"),
    [
        ("drawn", "key of a card", "fit.drawn", "what pseudo-experiments draw beside their counts"),
        ("fit.drawn", "key of a card", "fit.drawn", "what pseudo-experiments draw"),
        ("model.gamma=0.1", "key of a card", "model.gamma", "(M_Z/M_Z')²"),
        ("experiment.FAR.detector.energy_scale", "key of a card", "detector.energy_scale", "multiplies"),
        ("background.flat.rate", "key of a card", "background.*.rate", "of the whole spectrum"),
        ("flavour", "key of a card", "source.components.*.flavour", '"nu_e"'),
        (
            "detector.distance.low",
            "key of a card",
            "detector.distance.low",
            "from the detector itself to the sun",
        ),
        ("[systematics]", "key of a card", "systematics", "sin2_theta_w"),
        ("q_true", "branch of toy files", "q_true", "-2 Δln L of the true value"),
        ("sin2_theta_w_error", "branch of toy files", "NAME_error", "estimate and Hesse error"),
        ("true_gamma", "branch of toy files", "true_POI", "true value of the parameter of interest"),
        ("T_reco", "branch of event files", "T_reco", "measured recoil energy"),
        ("n_regions", "key of JSON", "n_regions", "n_regions the number of regions"),
        ("error_ratio", "key of JSON", "error_ratio", "the error after the fit over that before"),
        ("32", "bit of status", "32", "a search failed from one of its starts"),
        ("--audit", "option", "--audit", "Toys that are fitted again"),
        ("--toys-at", "option", "--toys-at", "coverage"),
        ("limit", "command", "limit", "upper limit on a parameter"),
        ("campaign status", "command", "campaign status", "what is done"),
        ("MU_NU", "key of a card", "model.mu_nu", "magnetic moment"),
    ],
)
def test_what_is_explained(name, kind, full, words):
    facts = explained(name)[kind, full]
    assert words in " ".join(facts.values())


def test_a_status_is_the_sum_of_its_bits():
    assert set(explained("48")) == {("bit of status", "16"), ("bit of status", "32")}
    assert {name for kind, name in {(e.kind, e.name) for e in entries()} if kind == "bit of status"} == {
        "1", "2", "4", "8", "16", "32"
    }  # fmt: skip


def test_what_begins_so_is_listed():
    found = answer("explain", "fit.lim")
    assert not found["exact"]
    assert [e["name"] for e in found["entries"]] == ["fit.limit_level", "fit.limit_method"]
    said = invoke("explain", "fit.").stdout
    assert {line.split()[0] for line in said.splitlines() if line.startswith("fit.")} == {
        key.path for key in card_keys() if key.table == "fit"
    }


@pytest.mark.parametrize(
    ("name", "meant"),
    [("gama", "model.gamma"), ("model.gama", "model.gamma"), ("fit.limitlevel", "fit.limit_level")],
)
def test_near_misses_are_suggested(name, meant):
    assert f"did you mean {meant}" in " ".join(refusal("explain", name).split())


def test_what_is_nothing():
    assert "is called so" in refusal("explain", "qqqqqq")
    assert "is called so" in refusal("explain", "")
    assert "is called so" in refusal("explain", "4096")


def test_every_key_of_every_preset_is_explained():
    """Contract. Finds a key that neither the pages nor the schema describe."""

    def paths(table, prefix=""):
        for key, value in table.items():
            yield f"{prefix}{key}"
            if isinstance(value, dict):
                yield from paths(value, f"{prefix}{key}.")

    known = entries()
    for preset in presets():
        for path in paths(tomllib.loads(preset_text(preset))):
            parts = path.split(".")
            if parts[0] == "experiment" and len(parts) < 3:
                continue
            if parts[-2:-1] == ["background"]:  # a name of the user's
                continue
            [entry] = [e for e in look_up(path, known).exact if e.kind == "key of a card"]
            assert entry.facts, path


def test_every_key_of_json_and_branch_is_explained():
    """Contract. All that the page on JSON names at the head of its lines, and tables of branches."""
    section = (DOCS / "reference" / "json.md").read_text(encoding="utf-8")
    known = entries()
    lines = re.findall(r"^- ([a-z]+): ([^.]*)", section, re.MULTILINE)
    assert len(lines) > 20
    for command, keys in lines:
        for key in re.findall(r"`(\w+)`", keys):
            found = [e for e in look_up(key, known).exact if e.kind == "key of JSON"]
            assert any(command in dict(e.facts)["of"] for e in found), (command, key)
    branches = [e for e in known if e.kind.startswith("branch")]
    assert len(branches) > 50
    assert all(e.facts or e.name.startswith("vertex") for e in branches)


def test_what_is_said_has_no_marks_of_markdown():
    said = json.dumps([(e.name, e.facts, e.page) for e in entries()])
    assert "`" not in said
    assert "](" not in said
