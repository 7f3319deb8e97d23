"""Names of backgrounds, components and experiments, and the columns that are made of them."""

import json
import re

import pytest
import uproot
from support.former import unpack
from support.invocation import answer, invoke, refusal

from detsim.event_files.reader import TableFile
from detsim.names import is_name, legal_name
from macros.card import CardError, card_from_document, json_schema, load_card, presets
from macros.card.checks.names import check_names

CARD = """
[source]
components = [
  {{ name = "{component}", flavour = "nu_e", lines = [{{ energy = "750 keV", intensity = 1.0 }}] }}
]
half_life = "27.7 d"
flux = "2.0e10 /cm2/s"
[detector]
name = "Liquid scintillator"
electrons = 5e31
threshold = "250 keV"
bins = {{ low = "250 keV", high = "550 keV", width = "100 keV" }}
resolution = {{ at_1MeV = "57.7 keV" }}
efficiency = 1.0
binding = "free"
[exposure]
start = "0 d"
duration = "20 d"
[model]
name = "E6"
beta = "chi"
{backgrounds}
"""
BACKGROUND = """
[background.{}]
shape = "flat"
low = "250 keV"
high = "800 keV"
rate = "10 /d"
uncertainty = 0.1
"""


def write(path, *names, component="Cr51"):
    """Write a card with backgrounds of these names."""
    backgrounds = "".join(BACKGROUND.format(json.dumps(name, ensure_ascii=False)) for name in names)
    path.write_text(CARD.format(component=component, backgrounds=backgrounds), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "legal"),
    [
        ("K[40]", "K_40"), ("a.b", "a_b"), ("a b", "a_b"), ('say "a"', "say_a"), ("²¹⁰Bi", "210Bi"),
        ("β⁻ tail", "beta_tail"), ("a/b:c", "a_b_c"), ("", "name"), ("Fuß", "Fu"),
        ("a\tb", "a_b"), ("ä", "a"),
    ],
)  # fmt: skip
def test_names_that_cannot_be(tmp_path, name, legal):
    """Contract: refused in one line that proposes a legal name."""
    assert is_name(legal)
    assert legal_name(name) == legal
    words = refusal("check", write(tmp_path / "card.toml", name))
    assert f"is a name of other than ASCII letters, digits, _ and -: call it {legal}\n" in words
    assert f"background.{name}: " in words or "\t" in name
    assert answer("check", write(tmp_path / "card.toml", legal))["valid"]


def test_names_of_components(tmp_path):
    words = refusal("check", write(tmp_path / "card.toml", "a", component="⁵¹Cr"))
    assert "source.components.0.name: '⁵¹Cr' is a name of other" in words
    assert "call it 51Cr" in words


def test_names_of_experiments():
    document = {"experiment": {"near detector": {}}}
    with pytest.raises(CardError, match=r"'near detector' is a name of .* call it near_detector"):
        card_from_document(document, name="x")


def test_presets_keep_their_names():
    for name in presets():
        assert check_names(load_card(name).document) == []


def test_the_schema_has_the_pattern():
    """Contract: the JSON schema, which editors use, refuses them, too."""
    schema = json_schema()
    pattern = schema["properties"]["background"]["propertyNames"]["pattern"]
    assert re.search(pattern, "Bi-210_a")
    assert not re.search(pattern, "K[40]")
    assert (
        schema["$defs"]["ExperimentTables"]["properties"]["background"]["propertyNames"]["pattern"] == pattern
    )
    assert schema["$defs"]["ComponentTable"]["properties"]["name"]["pattern"] == pattern


def test_columns_that_collide(tmp_path):
    """Contract: refused before anything is thrown; the fit, which has no columns, goes on."""
    card, path = write(tmp_path / "card.toml", "a", "a_error"), tmp_path / "t.root"
    words = refusal("toys", card, "-n", 5, "--seed", 1, "-o", path)
    assert "two columns of the toys would have the name 'background_a_error'" in words
    assert "Hesse error of background_a and estimate of background_a_error; give one of the" in words
    study = ("coverage", card, "-n", 5, "--seed", 1, "--at", "0", "-o", tmp_path / "c.root")
    assert "two columns of the toys" in refusal(*study)
    assert [p.name for p in tmp_path.iterdir()] == ["card.toml"]
    assert answer("expect", card)["total"] > 0


def test_names_of_other_columns(tmp_path):
    """Contract: names of columns of the toys are names of backgrounds as well."""
    names = ("toy", "status", "fval", "gamma", "phi_error", "counts", "Bi-210", "q_true", "1")
    card, path = write(tmp_path / "card.toml", *names), tmp_path / "t.root"
    answer("toys", card, "-n", 5, "--seed", 1, "-o", path, "--audit", 0)
    with TableFile(path, "toys") as file:
        columns = file.arrays()
        assert all(file.check_hashes().values())
    assert {f"background_{n}" for n in names} | {f"measured_background_{n}" for n in names} <= set(columns)
    assert columns["toy"].tolist() == [0, 1, 2, 3, 4]
    assert answer("rerun", path)["identical"]


def renamed(path, other, name):
    """Copy a file of the former version, whose card had another name for the background."""
    with uproot.open(path) as root, uproot.recreate(other) as out:
        document = json.loads(str(root["provenance"]))
        backgrounds = document["card"]["background"]
        backgrounds[name] = backgrounds.pop("flat")
        for table in ("events", "runinfo"):
            columns = root[table].arrays(library="np")
            types = {k: "string" if v.dtype == object else v.dtype for k, v in columns.items()}
            out.mktree(table, types).extend({k: list(v) for k, v in columns.items()})
        out["provenance"] = json.dumps(document)
    return other


def test_files_of_cards_with_other_names(tmp_path):
    """Contract: a name that was legal before is read as the one that the message proposes."""
    former = unpack(tmp_path / "former")
    old = renamed(former / "events.root", tmp_path / "old.root", "flat [keV]")
    card = tmp_path / "card.toml"
    assert invoke("init", "borexino-cr51-realistic", "-o", card).exit_code == 0
    text = card.read_text(encoding="utf-8")
    card.write_text(text.replace("[background.flat]", "[background.flat_keV]"), encoding="utf-8")
    for command in (("fit", card, old), ("reweight", old, "--to", card, "-o", tmp_path / "w.root")):
        assert invoke(*command).exit_code == 0, invoke(*command).stderr
    assert "nugauge: 0.1.0 stored" in invoke("rerun", old).stdout
