"""The source of a card: isotopes, components, tables in files."""

import hashlib
from pathlib import Path

import pytest
from support.invocation import answer, refusal

from detsim.event_files.event_writer import EventFile
from macros.card import CardError, card_from_document, load_card
from simgen.flavours import Flavour
from simgen.sources.isotopes import SOURCES

CARD = """
[source]
half_life = "none"
flux = "3.0e12 /cm2/s"
components = [
    { name = "line", flavour = "nu_e", lines = [{ energy = "0.86 MeV", intensity = 0.9 }] },
    { name = "rest", flavour = "nu_mu", table = "s.csv", unit = "keV", intensity = 0.1 },
]
[detector]
name = "B"
electrons = 5e31
threshold = "250 keV"
bins = { low = "250 keV", high = "650 keV", width = "50 keV" }
resolution = { at_1MeV = "57.7 keV" }
efficiency = 1.0
binding = "free"
[exposure]
start = "0 d"
duration = "20 d"
[background]
[model]
name = "SM"
"""
TABLE = "energy,density\n0,0\n100,1\n400,2\n900,0\n"
PAPER = "borexino-cr51-paper"


@pytest.fixture
def card(tmp_path):
    (tmp_path / "s.csv").write_text(TABLE)
    path = tmp_path / "card.toml"
    path.write_text(CARD)
    return path


def faults_of(card, *overrides):
    with pytest.raises(CardError) as error:
        load_card(card, overrides)
    return {fault.key: f"{fault.reason}: {fault.suggestion}" for fault in error.value.faults}


def with_table(card, text):
    card.with_name("s.csv").write_text(text)
    return card


def test_table_beside_the_card(card, monkeypatch, tmp_path):
    """Contract. Finds a table looked for in the working directory, or its intensity or flavour lost."""
    monkeypatch.chdir(tmp_path.parent)
    loaded = load_card(card)
    line, rest = loaded.experiment.source.components
    assert rest.flavour is Flavour.NU_MU
    assert rest.spectrum.intensity == pytest.approx(0.1)
    assert rest.spectrum.knots == pytest.approx([0.0, 0.1, 0.4, 0.9])
    assert line.spectrum.energies == (0.86,)
    stored = loaded.document["source"]["components"][1]
    assert stored["table"] == str(card.with_name("s.csv"))
    assert stored["sha256"] == hashlib.sha256(TABLE.encode()).hexdigest()
    again = card_from_document(loaded.document, name="again")
    assert again.experiment == loaded.experiment


def test_checksum_in_the_provenance(card, tmp_path):
    """Contract. Finds a table that changed since the events were made, or files that do not name it."""
    path = tmp_path / "events.root"
    answer("simulate", card, "-o", path, "--seed", 1, "--events", 2000)
    with EventFile(path) as file:
        inputs = file.provenance["inputs"]
    assert inputs == {str(card.with_name("s.csv")): hashlib.sha256(TABLE.encode()).hexdigest()}
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    moved = Path(card).rename(elsewhere / "card.toml")
    (elsewhere / "s.csv").write_text(TABLE)
    assert answer("fit", moved, path, "--poi", "sin2_theta_w")["valid"]
    (elsewhere / "s.csv").write_text(TABLE.replace("400,2", "400,3"))
    assert "was made with another card" in refusal("fit", moved, path, "--poi", "sin2_theta_w")


def test_stated_checksum(card):
    """Contract. Finds a checksum in the card that is not compared with that of the file."""
    stated = CARD.replace('unit = "keV"', 'unit = "keV", sha256 = "0123"')
    card.write_text(stated)
    assert "has changed" in faults_of(card)["source.components.1.table"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("energy,density\n0,0\n100,1\n50,2\n", "line 4: energy must ascend, got 50 after 100"),
        ("energy,density\n0,0\n100,-1\n", "line 3: density must be at least 0, got -1"),
        ("energy,density\n0,0\n100,nan\n", "line 3: density must be finite, got nan"),
        ("energy,density\n0,0\n1e12,1\n", "line 3: energy is beyond 100 GeV"),
        ("", "has no line"),
        ("E,f\n0,1\n", "line 1: must name the columns energy,density or low,high,content, got 'E,f'"),
    ],
)
def test_wrong_table(card, text, words):
    """Contract. Finds a message that does not name the key, the file and the row."""
    found = faults_of(with_table(card, text))
    assert list(found) == ["source.components.1.table"]
    assert f"{card.with_name('s.csv')}: {words}" in found["source.components.1.table"]


def test_missing_table(card):
    """Contract. Finds a missing file reported twice, or not at all."""
    card.with_name("s.csv").unlink()
    found = faults_of(card)
    assert list(found) == ["source.components.1.table"]
    assert "there is no such file" in found["source.components.1.table"]


@pytest.mark.parametrize(
    ("change", "key", "words"),
    [
        ((', unit = "keV"', ""), "source.components.1.unit", "is missing"),
        (('"keV"', '"J"'), "source.components.1.unit", "must be 'eV', 'keV', 'MeV' or 'GeV', got 'J'"),
        (('table = "s.csv", unit = "keV", ', ""), "source.components.1", "needs either lines or a table"),
        (("intensity = 0.1", "intensity = -0.1"), "source.components.1.intensity", "must be above 0"),
        (("}] }", '}], unit = "keV" }'), "source.components.0.unit", "belongs to a table"),
        (("[source]", "[source]\np_ee = 0.5"), "source.p_ee", "belongs to an isotope"),
        (("[source]", '[source]\npr144_shape = "allowed"'), "source.pr144_shape", "belongs to an isotope"),
    ],
)
def test_wrong_component(card, change, key, words):
    """Contract. Finds a component with too few or too many keys that is accepted."""
    card.write_text(CARD.replace(*change))
    assert words in faults_of(card)[key]


@pytest.mark.parametrize("isotope", sorted(SOURCES))
def test_isotopes(isotope):
    """Contract. Finds an isotope that a card or `list` does not know."""
    loaded = load_card(PAPER, [f"source.isotope={isotope}", "source.data=modern"])
    assert loaded.experiment.source.name == isotope
    assert isotope in answer("list", "sources")["sources"]


def test_solar_mixture():
    """Contract. Finds a survival probability that is unused, or accepted where it has no meaning."""
    solar = ["source.isotope=Be7", "source.data=modern"]
    made = load_card(PAPER, [*solar, "source.p_ee=0.3"]).experiment.source
    assert made.components[0].spectrum.intensity == pytest.approx(0.3)
    assert load_card(PAPER, solar).experiment.source.components[0].spectrum.intensity == pytest.approx(0.51)
    assert "the isotope is Cr51" in faults_of(PAPER, "source.p_ee=0.3")["source.p_ee"]
    assert "at most 1" in faults_of(PAPER, *solar, "source.p_ee=1.3")["source.p_ee"]
    assert "give the flux" in faults_of(PAPER, *solar, "source.activity=1 MCi")["source.activity"]
    assert "the paper has no Be7" in faults_of(PAPER, "source.isotope=Be7")["source.data"]
    assert "did you mean 'Be7'" in faults_of(PAPER, "source.isotope=be7")["source.isotope"]


def test_shape_of_praseodymium():
    """Contract. Finds a shape of ¹⁴⁴Pr that is unused, accepted for another isotope, or not the default."""
    cerium = ["source.isotope=Ce144", "source.data=modern"]
    made = {
        shape: load_card(
            PAPER, [*cerium, *([f"source.pr144_shape={shape}"] if shape else [])]
        ).experiment.source
        for shape in ("", "measured", "allowed")
    }
    assert made[""] == made["measured"] != made["allowed"]
    assert made["allowed"].intensity == made["measured"].intensity
    assert "the isotope is Cr51" in faults_of(PAPER, "source.pr144_shape=allowed")["source.pr144_shape"]
    assert (
        "'measured' or 'allowed'"
        in faults_of(PAPER, *cerium, "source.pr144_shape=free")["source.pr144_shape"]
    )
