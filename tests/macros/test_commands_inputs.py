"""Input files of commands: names with colons, pipes, units, forms of CSV."""

import os
import re

import numpy as np
import pytest
from support.invocation import CARD, answer, refusal

from analysis.histograms.histograms import from_counts
from analysis.histograms.write import write_root
from macros.card import load_card

COUNTS = [410, 380, 370, 360, 350, 300]
SHORT = ("--set", "exposure.duration=20 d")


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def csv(factor=1.0, separator=",", comma=False):
    edges = [0.25 + 0.05 * i for i in range(7)]
    rows = [
        (f"{factor * a:.10g}", f"{factor * b:.10g}", str(n))
        for a, b, n in zip(edges, edges[1:], COUNTS, strict=False)
    ]
    lines = [separator.join(row) for row in [("low", "high", "counts"), *rows]]
    return "\n".join(line.replace(".", ",") if comma else line for line in lines)


def test_units_and_forms(here):
    """Twin: data in keV, with decimal commas, from a TH1: one fit."""
    (here / "plain.csv").write_text(csv())
    wanted = answer("fit", CARD, "plain.csv", *SHORT)
    (here / "kev.csv").write_text(csv(1000.0))
    (here / "comma.csv").write_text(csv(separator=";", comma=True))
    experiment = load_card(CARD).experiment
    write_root("x.root", {"h": from_counts(np.array(COUNTS), experiment)})
    for arguments in (("kev.csv", "--unit", "keV"), ("comma.csv",), ("x.root:h",), ("x.root",)):
        found = answer("fit", CARD, *arguments, *SHORT)
        assert found["parameters"]["gamma"]["value"] == pytest.approx(wanted["parameters"]["gamma"]["value"])
    text = refusal("fit", CARD, "kev.csv")
    assert "edge 1 is 250 and not 0.25; times 0.001 they are the same: --unit keV" in text


@pytest.mark.parametrize("right", ["eV", "keV", "MeV", "GeV"])
@pytest.mark.parametrize("given", ["eV", "keV", "MeV", "GeV"])
def test_the_advised_unit_is_the_right_one(here, right, given):
    """Contract: for each wrong unit the message names the unit in which the edges equal the card's."""
    size = {"eV": 1e6, "keV": 1e3, "MeV": 1.0, "GeV": 1e-3}[right]
    (here / "data.csv").write_text(csv(size))
    if given == right:
        assert answer("fit", CARD, "data.csv", "--unit", given, *SHORT)["valid"]
        return
    text = refusal("fit", CARD, "data.csv", "--unit", given)
    assert re.findall(r"--unit (\w+)", text) == [right]


def test_no_unit_is_advised_where_none_fits(here):
    """Contract: if the edges are wrong in every unit, the message does not advise another unit."""
    (here / "data.csv").write_text(csv(1.1))
    for given in ("eV", "keV", "MeV", "GeV"):
        assert "--unit" not in refusal("fit", CARD, "data.csv", "--unit", given)


def test_names_with_colons_and_schemes(here):
    """Contract: a name with any colons is that of a local file, never of another file."""
    (here / "cls::a").mkdir()
    (here / "cls::a" / "dir").mkdir()
    for seed, name in enumerate(("x.root", "file:x.root", "cls::a/e.root", "a.root:b.root", "http:y.root")):
        made = answer("simulate", CARD, "-o", name, "--events", 50 + seed, "--seed", seed)
        assert made["file"] == name
    for seed, name in enumerate(("x.root", "file:x.root", "cls::a/e.root", "a.root:b.root", "http:y.root")):
        found = answer("inspect", name)
        assert found["complete"]
        assert (found["runs"][0]["n_generated"], found["provenance"][0]["seed"]) == (50 + seed, seed)
        assert answer("fit", CARD, name)["data"] == name
    experiment = load_card(CARD).experiment
    write_root("cls::a/h.root", {"h": from_counts(np.array(COUNTS), experiment)})
    assert answer("fit", CARD, "cls::a/h.root:h")["valid"]


def test_spectra_with_colons(here):
    """Contract: the table of a background, too."""
    experiment = load_card(CARD).experiment
    write_root("file:h.root", {"h": from_counts(np.array(COUNTS), experiment)})
    background = 'background.b={shape="table",table="file:h.root:h",unit="MeV",rate="10 /d",uncertainty=0.1}'
    first = answer("expect", CARD, "--set", background)["background"]
    assert first[0] > 0
    spectrum = np.array(first) - answer("expect", CARD)["background"]
    np.testing.assert_allclose(spectrum / spectrum.sum(), np.array(COUNTS) / sum(COUNTS), rtol=1e-9)


def test_pipes_and_devices_are_refused(here):
    """Contract: no command waits for a pipe that nobody writes, or reads a device."""
    for name in ("p.csv", "p.json", "p.root", "p.toml", "p"):
        os.mkfifo(here / name)
    (here / "zero.csv").symlink_to("/dev/zero")
    for arguments in (
        ("fit", CARD, "p.csv"),
        ("fit", CARD, "p.json"),
        ("fit", CARD, "p.root"),
        ("fit", CARD, "p.root:h"),
        ("fit", CARD, "p"),
        ("inspect", "p.json"),
        ("inspect", "p.root"),
        ("detect", CARD, "p.root", "-o", "x.root"),
        ("reweight", "p.root", "--to", CARD, "-o", "x.root"),
        ("rerun", "p.root"),
        ("merge", "x.root", "p.root", "p.root"),
        ("toys", CARD, "--data", "p.root", "-o", "x.root"),
        ("limit", CARD, "--method", "cls", "--table", "p.root"),
        ("fit", CARD, "zero.csv"),
        (
            "expect",
            CARD,
            "--set",
            'background.b={shape="table",table="p.csv",unit="keV",rate="1 /d",uncertainty=0}',
        ),
        ("expect", CARD, "--set", 'detector.resolution={table="zero.csv",unit="keV"}'),
    ):
        text = refusal(*arguments)
        assert "and a regular file is needed" in text, arguments
    for card in ("p.toml", "/dev/zero"):
        assert "error: " in refusal("check", card)


def test_counts_where_nothing_is_expected(here):
    """Contract: one line that names the bins, from every command that takes data."""
    (here / "d.csv").write_text(csv())
    above = ("--set", "detector.threshold=400 keV")
    contour = ("--x", "gamma=0:1:3", "--y", "sin2_theta_w=0.2:0.25:3")
    for command, *arguments in (
        ("fit", CARD, "d.csv"),
        ("limit", CARD, "d.csv"),
        ("limit", CARD, "d.csv", "--method", "cls", "-n", 20),
        ("contour", CARD, "d.csv", *contour),
        ("compare", CARD, CARD, "d.csv", "-n", 10, "--fix-a"),
        ("calibrate", CARD, "d.csv", "-n", 20, "-o", "x.root"),
    ):
        text = refusal(command, *arguments, *above, "--set", "background.flat.low=500 keV")
        assert "exactly nothing" in text, (command, text)
        assert "410 from 0.25 to 0.3 MeV, 380 from 0.3 to 0.35 MeV, 370 from 0.35 to 0.4 MeV" in text
    assert not (here / "x.root").exists()
