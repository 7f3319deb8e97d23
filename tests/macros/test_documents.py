"""The documents on cards and files agree with the program."""

import re

import pytest
import uproot
from support.examples import few
from support.invocation import CARD, answer, invoke
from support.joining import merge
from support.pages import read_page

from analysis.fits.fitter import make_fitter
from analysis.pseudo_experiments.fitted_toys import toy_branches
from detsim.event_files.event_writer import EventFile
from detsim.event_files.reader import TableFile
from macros.card import json_schema, load_card
from macros.card.checks.keys import known_keys
from macros.card.tables.card import OWN
from macros.cli import COMMANDS
from simgen.events import COLUMNS
from simgen.sources import SOURCES
from simgen.units import UNITS

CARDS = read_page("reference/cards.md")
PAGES = ("files", "event-files", "toy-files", "histogram-files", "json")
FILES = "\n".join(read_page(f"reference/{name}.md") for name in PAGES)
MINIMAL = re.findall(r"```toml\n(.*?)```", CARDS, re.DOTALL)[0]
EMITTED = dict(re.findall(r"^- (\w+): ((?:`\w+` ?)+)\.", FILES, re.MULTILINE))


def section(text: str, title: str) -> str:
    return re.split(r"^## ", text.partition(f"\n## {title}\n")[2], flags=re.MULTILINE)[0]


def words(text: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", text))


def first_cells(text: str) -> set[str]:
    """Words in the first column of the tables."""
    return words(" ".join(line.split("|")[1] for line in text.splitlines() if line.startswith("| `")))


def test_python_that_checks_the_provenance(tmp_path, monkeypatch):
    """Contract: the lines of the document find a changed exposure, in a file and among merged ones."""
    (code,) = re.findall(r"```python\n(.*?)```", FILES, re.DOTALL)
    parts = [tmp_path / "a.root", tmp_path / "b.root"]
    for seed, path in enumerate(parts):
        answer("simulate", CARD, "--events", 20, "--seed", seed, "-o", path)
    merge(tmp_path / "events.root", *parts)
    monkeypatch.chdir(tmp_path)
    exec(code, {})  # noqa: S102 (the document's own example)
    data = bytearray(parts[0].read_bytes())
    with uproot.open(parts[0]) as root:
        branch = root["runinfo"]["equivalent_exposure"]
        key, seek = branch.basket(0), int(branch.member("fBasketSeek")[0])
    data[seek + key.member("fKeylen") + 3] ^= 1
    (tmp_path / "events.root").write_bytes(data)
    with pytest.raises(AssertionError, match="-"):
        exec(code, {})  # noqa: S102


def test_minimal_card(tmp_path):
    """Contract: the smallest card is valid, and none of its keys can be left out."""
    path = tmp_path / "card.toml"
    path.write_text(MINIMAL)
    assert load_card(path).model.gamma == 0
    assert answer("expect", path)["total"] > 0
    lines = MINIMAL.splitlines()
    for i, line in enumerate(lines):
        if line.strip() and line != "[background]":
            path.write_text("\n".join(lines[:i] + lines[i + 1 :]))
            assert invoke("expect", path).exit_code == 2, line


def test_python_of_the_document():
    """Contract: the example of a spectrum as a function runs, and simulates what it predicts."""
    (code,) = re.findall(r"```python\n(.*?)```", CARDS, re.DOTALL)
    found = {}
    exec(code, found)  # noqa: S102 (the document's own example)
    expected = found["expected"].with_flow.sum()
    assert len(found["events"]) == pytest.approx(expected, abs=4 * expected**0.5)


@pytest.mark.parametrize("table", sorted(known_keys()[""] - {"geometry", "background", "experiment"}))
def test_keys_of_cards(table):
    """Contract: the document names every key of a table, and no other."""
    found = first_cells(section(CARDS, f"[{table}]"))
    assert found == known_keys()[table] | known_keys().get(f"{table}.components", set())


def test_keys_of_geometry_and_background():
    """Contract: as above, for tables with shapes and names."""
    schema = json_schema()["$defs"]
    geometry = {k for t in ("Sphere", "Shell", "Cylinder", "Box") for k in schema[f"{t}Table"]["properties"]}
    assert geometry <= words(section(CARDS, "[geometry]"))
    backgrounds = ("Flat", "Power", "LineBackground", "Spectrum")
    keys = {k for t in backgrounds for k in schema[f"{t}Table"]["properties"]}
    assert first_cells(section(CARDS, "[background]")) == keys


def test_tables_of_several_experiments():
    """Contract: the document names what an experiment has of its own, and what all share."""
    text = section(CARDS, "[experiment]")
    assert {*OWN, "model", "fit", "run", "systematics"} <= words(text.replace("[", "").replace("]", ""))


def test_known_sources():
    """Contract: the document has a row for every isotope, in the order of the program, and no other."""
    table = section(CARDS, "[source]").partition("**Known sources.**")[2].partition("\n\n[")[0]
    assert re.findall(r"^\| (\w+) \|", table, re.MULTILINE) == list(SOURCES)


def test_units():
    """Contract: the document lists every unit."""
    kinds = "energy|length|time|mass|activity, rate|angle|magnetic moment|size of a file"
    table = re.findall(rf"^\| (?:{kinds}) \| (.*) \|$", CARDS, re.MULTILINE)
    listed = set(re.findall(r"\b[A-Za-z_]+\b", re.sub(r"\(.*?\)|and `/` any time", "", " ".join(table))))
    assert listed == set(UNITS)


def test_event_and_toy_files(tmp_path):
    """Contract: branches and keys of files are those of the document."""
    events, toys = tmp_path / "events.root", tmp_path / "toys.root"
    columns = 'run.columns=["vertex", "time", "cos_theta", "direction"]'
    distance = "detector.distance={edges=['5 m', '8 m', '11 m'], resolution='15 cm'}"
    overrides = ("--set", columns, "--set", distance)
    answer("simulate", CARD, "-o", events, "--seed", 1, "--experiments", 1, *overrides)
    with EventFile(events) as file, TableFile(events, "events") as table:
        text = read_page("reference/event-files.md")
        branches, runinfo = text.split("**`runinfo`**")
        weighted = {"weight", "weight_A", "weight_B", "weight_C"}
        assert first_cells(branches) - weighted == set(file.columns) == set(COLUMNS) - weighted
        assert weighted <= first_cells(branches)
        assert first_cells(runinfo) == set(table.rows[0])
        assert set(file.provenance) | {"true_events"} <= words(text)
        for name in file.columns:
            assert f"| `{name}` | {table.branches[name]['dtype']} |" in text
    answer("toys", CARD, "-n", 1, "-o", toys, "--seed", 1)
    card = load_card(CARD)
    with TableFile(toys, "toys") as table:
        assert set(table.branches) == set(toy_branches(make_fitter(card.experiment, card.model), level=0.9))
        text = section(FILES, "Toy files")
        named = {"gamma", "activity", "background_flat"}
        fixed = {b for b in table.branches if not any(name in b for name in named)}
        assert fixed <= words(text) | {"counts"}
        assert set(table.rows[0]) <= words(text)
        assert "`counts[n]`" in text
        settings = {"level": 0.9, "events": True}
        drawn = toy_branches(make_fitter(card.experiment, card.model), **settings)
        assert set(drawn) - set(table.branches) == {"n_events"} <= words(text)


def test_branches_are_described_as_the_file_describes_them(tmp_path):
    """Contract: types and units of every branch of measured, true and weighted events; no other branch."""
    text = read_page("reference/event-files.md").split("**`runinfo`**")[0]
    lines = [line.split("|")[1:4] for line in text.splitlines() if line.startswith("| `")]
    rows = {name.strip(" `"): (kind.strip(), unit.strip()) for name, kind, unit in lines}
    true, weighted = tmp_path / "true.root", tmp_path / "weighted.root"
    columns = 'run.columns=["vertex", "time", "cos_theta", "direction"]'
    distance = "detector.distance={edges=['5 m', '8 m', '11 m'], resolution='15 cm'}"
    options = ("--seed", 1, "--set", columns, "--set", distance)
    answer("simulate", CARD, "-o", tmp_path / "events.root", "--experiments", 1, *options)
    answer("generate", CARD, "-o", true, "--events", 100, *options)
    answer("reweight", true, "--to", CARD, "--set", distance, "--gamma-templates", "-o", weighted)
    seen = set()
    for path in (tmp_path / "events.root", true, weighted):
        for name, branch in answer("inspect", path)["branches"].items():
            kind, unit = rows[name]
            exact = path != tmp_path / "events.root" and kind == "float32"  # true events have float64
            assert branch["dtype"] == ("float64" if exact else kind), name
            assert branch["unit"] == unit, name
            assert branch["description"]
            seen.add(name)
    assert seen == set(rows)


def test_every_command_has_its_keys():
    """Contract: the document promises keys of every command that has --json."""
    assert set(EMITTED) == set(COMMANDS) - {"init"}


@pytest.mark.parametrize(
    "left_out", few([("run", "report", "compare"), ()], ("run", "report", "compare")), ids=len
)
def test_json_keys(unrendered, tmp_path, left_out):
    """Contract: the promised keys are emitted."""
    true, events = tmp_path / "true.root", tmp_path / "events.root"
    calls = {
        "expect": (CARD,),
        "generate": (CARD, "-o", true, "--seed", 1),
        "detect": (CARD, true, "-o", tmp_path / "reco.root"),
        "simulate": (CARD, "-o", events, "--seed", 1),
        "merge": (tmp_path / "merged.root", events),
        "attach": (true, tmp_path / "reco.root", "--column", "T_reco", "-o", tmp_path / "attached.root"),
        "reweight": (events, "--to", CARD, "-o", tmp_path / "weighted.root"),
        "export": (events, "--format", "csv", "-o", tmp_path / "events.csv"),
        "fit": (CARD, events),
        "limit": (CARD, events),
        "calibrate": (CARD, "-n", 50, "--at", "0,0.2", "-o", tmp_path / "table.root", "--seed", 1),
        "compare": (CARD, CARD, events, "-n", 20, "--set-a", "model.name=SM", "--seed", 1),
        "contour": (CARD, "--x", "gamma=-0.3:0.3:3", "--y", "eps_R=-0.3:0.3:3"),
        "toys": (CARD, "-n", 1, "-o", tmp_path / "toys.root"),
        "coverage": (CARD, "--at", 0, "-n", 2),
        "sensitivity": (CARD, "--errors", "0.1:0.1:1"),
        "counts": (3, "--background", 1.2),
        "list": (),
        "docs": ("own-source",),
        "explain": ("fit.drawn",),
        "check": (CARD,),
        "inspect": (events,),
        "rerun": (events,),
        "run": (CARD, "-o", tmp_path / "out", "--seed", 1),
        "report": (CARD, events, "-o", tmp_path / "report", "--toys", 0),
    }
    assert set(calls) == set(EMITTED) - {"figure"}  # takes many seconds; its keys are one line of code
    for command, arguments in calls.items():
        if command in left_out:
            continue
        missing = words(EMITTED[command]) - set(answer(command, *arguments))
        assert not missing, command


def test_keys_of_exports_of_cards(tmp_path):
    """Contract: what an export of a card says of itself is in the document."""
    described = words(read_page("reference/json.md").partition("- export:")[2].partition("\n- ")[0])
    for format, name in (("pyhf", "a.json"), ("response", "a.root")):
        told = answer("export", CARD, "--format", format, "-o", tmp_path / name)
        assert set(told) <= described


def test_keys_within_keys(tmp_path):
    """Contract: the parts of a goodness of fit and of a comparison are those that the document names."""
    events = tmp_path / "events.root"
    answer("simulate", CARD, "-o", events, "--seed", 1)
    fitted = answer("fit", CARD, events, "--gof", 20, "--seed", 1, "--details")
    text = read_page("reference/json.md")
    described = words(text.partition("- fit:")[2].partition("\n- ")[0])
    parts = [fitted["goodness_of_fit"], fitted["correlation"], fitted["impacts"], *fitted["minima"]]
    parts += [*fitted["pulls"].values(), *fitted["impacts"]["impacts"].values()]
    for part in parts:
        assert set(part) <= described
    found = answer("compare", CARD, CARD, events, "-n", 20, "--set-a", "model.name=SM", "--seed", 1)
    assert set(found["a"]) == set(found["b"]) <= words(text.partition("- compare:")[2].partition("\n- ")[0])
