"""`nugauge inspect` of what `export` wrote: what it is, of which run, how many events, if it is whole."""

import json

import pytest
from support.invocation import CARD, answer, invoke, refusal

from detsim.event_files.event_reader import EventFile

NAMES = {
    "a.csv": ("csv",),
    "a.csv.gz": ("csv",),
    "a.parquet": ("parquet",),
    "a.root": ("gst",),
    "a.hepmc3": ("nuhepmc",),
    "a.hepmc3.gz": ("nuhepmc",),
    "a.hepmc3.zst": ("nuhepmc",),
    "a.glg4": ("hepevt", "--dialect", "glg4"),
}
"""Files that hold a provenance, and their formats."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("exports")
    run = ("generate", CARD, "--seed", 7, "--events", 400, "--columns", "vertex,time,direction")
    answer(*run, "-o", path / "true.root")
    for name, format in NAMES.items():
        answer("export", path / "true.root", "--format", *format, "-o", path / name)
    return path


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_was_exported(folder, name):
    """Twin: run and number of events are those of the event file."""
    with EventFile(folder / "true.root") as file:
        uuid, columns = file.rows[0].uuid, file.arrays(["nu_pdg"])
    n = len(columns["nu_pdg"]) if NAMES[name][0] in {"csv", "parquet"} else (columns["nu_pdg"] != 0).sum()
    found = answer("inspect", folder / name)
    assert found["complete"]
    assert found["rows"] == n
    assert found["provenance"][0]["uuid"] == uuid
    said = invoke("inspect", folder / name).stdout
    for words in (f"rows: {n}", "complete: yes", f"uuid: {uuid}", "seed: 7"):
        assert words in said, said


def test_nuhepmc_is_described(folder):
    found = answer("inspect", folder / "a.hepmc3")
    assert found["version"] == "1.0.0"
    assert found["units"] == ["MEV", "MM"]
    assert found["conventions"] == ["G.C.1", "G.C.2", "E.C.1", "E.C.5"]
    assert found["tools"][0].startswith("nugauge ")
    said = invoke("inspect", folder / "a.hepmc3").stdout
    assert "complete: yes: every requirement of the specification was checked, and is met" in said


@pytest.mark.parametrize("name", ["a.hepmc3.gz", "a.hepmc3.zst", "a.csv.gz"])
def test_a_truncated_file_keeps_its_kind(folder, tmp_path, name):
    """Contract. The message has kind and line, for each compression."""
    path = tmp_path / name
    path.write_bytes((folder / name).read_bytes()[:-3000])
    result = invoke("inspect", path)
    assert result.exit_code == 2
    assert "the compressed text ends after line " in result.stderr
    assert ("kind: NuHepMC" if "hepmc3" in name else "kind: events as CSV") in result.stdout


def test_what_is_missing_or_damaged_is_told(folder, tmp_path):
    """Contract. An event that was taken out, and a number that is none, with its line."""
    for name, line in (("a.csv", 10), ("a.hepmc3", None), ("a.glg4", -1)):
        lines = (folder / name).read_text().splitlines(keepends=True)
        starts = [i for i, text in enumerate(lines) if text.startswith(("E ", "# event "))]
        gone = slice(line, line + 1) if name == "a.csv" else slice(starts[3], starts[4])
        shorter = tmp_path / name
        shorter.write_text("".join([*lines[: gone.start], *lines[gone.stop :]]))
        result = invoke("inspect", shorter)
        assert result.exit_code == 2, name
        assert "were written" in result.stderr, result.stderr
    for name, old in (("a.csv", ","), ("a.hepmc3", " ")):
        lines = (folder / name).read_text().splitlines(keepends=True)
        number = next(i for i, text in enumerate(lines) if i > 100 and text[0] in "P0123456789")
        lines[number] = lines[number].replace(old, f"{old}x", 3)
        (tmp_path / name).write_text("".join(lines))
        result = invoke("inspect", tmp_path / name)
        assert result.exit_code == 2
        assert f"line {number + 1}" in result.stderr
        assert "is damaged" in result.stderr


def test_other_files_are_what_they_are(folder, tmp_path):
    """Contract. HEPEVT without comments, likelihoods, and a text of somebody else."""
    for dialect in ("canonical", "geant4"):
        path = tmp_path / dialect
        answer("export", folder / "true.root", "--format", "hepevt", "--dialect", dialect, "-o", path)
        assert "is HEPEVT without comments" in refusal("inspect", path)
    answer("export", CARD, "--format", "pyhf", "--at", "0:0.1:2", "-o", tmp_path / "a.json")
    assert answer("inspect", tmp_path / "a.json")["kind"] == "likelihood as a workspace of pyhf"
    assert answer("inspect", tmp_path / "a-patchset.json")["patches"] == 2
    (tmp_path / "other.txt").write_text("1 2 3\n")
    assert "is not a ROOT file" in refusal("inspect", tmp_path / "other.txt")
    (tmp_path / "other.json").write_text(json.dumps({"channels": 1}))
    assert "no histogram" in refusal("inspect", tmp_path / "other.json")


@pytest.mark.parametrize("ending", [".bz2", ".xz", ".zip", ".GZIP"])
def test_compressions_that_are_not_done_are_refused(folder, tmp_path, ending):
    """Contract. Finds a plain text under the name of a compressed one, in any format of text."""
    for format in ("csv", "nuhepmc", "hepevt --dialect canonical"):
        output = tmp_path / f"a.txt{ending}"
        told = refusal("export", folder / "true.root", "--format", *format.split(), "-o", output)
        assert f"compressed by .gz or .zst at the end of its name, and {output} ends in {ending}" in told
    assert not list(tmp_path.iterdir())
