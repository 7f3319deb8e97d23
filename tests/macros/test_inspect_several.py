"""`inspect` of several files: a line for each, what they hold together, and what does not belong together."""

import pytest
from support.invocation import CARD, answer, invoke, refusal


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    folder = tmp_path_factory.mktemp("series")
    run = ("simulate", CARD, "--seed", 2, "--events", 2500)
    answer(*run, "-o", folder / "events.root", "--events-per-file", 1000)
    answer("simulate", CARD, "--seed", 3, "--events", 1000, "-o", folder / "other.root")
    answer("toys", CARD, "-n", 6, "--seed", 1, "--audit", 0, "-o", folder / "toys.root")
    answer("toys", CARD, "-n", 4, "--first", 6, "--seed", 1, "--audit", 0, "-o", folder / "more.root")
    return folder, [folder / f"events-{i:04d}.root" for i in range(3)]


def test_a_series_is_described_as_one(series, unrendered, tmp_path):
    """Contract: sums are those of the files, in any order."""
    _, files = series
    found = answer("inspect", *reversed(files))
    each = [answer("inspect", file) for file in files]
    assert [part["file"] for part in found["parts"]] == [str(file) for file in reversed(files)]
    assert found["rows"] == sum(document["rows"] for document in each)
    assert found["bytes"] == sum(document["bytes"] for document in each)
    exposure = [document["runinfo"]["equivalent_exposure"] for document in each]
    assert found["runinfo"]["equivalent_exposure"] == pytest.approx(sum(exposure))
    assert (found["first"], found["last"], found["gaps"]) == (0, 2499, [])
    said = invoke("inspect", *files, "--figure", tmp_path / "f.png")
    assert said.exit_code == 0
    lines = said.stdout.splitlines()
    assert len(lines) == 1 + 3 + 1 + 3
    assert all(line.startswith(str(file)) for line, file in zip(lines[1:4], files, strict=True))
    assert f"events 0 to 2499 in 3 files, {found['rows']} rows, exposure " in lines[4]
    assert (tmp_path / "f.csv").exists()


def test_what_is_missing_is_told(series):
    _, files = series
    said = invoke("inspect", files[0], files[2])
    assert said.exit_code == 0
    assert "warning: events 1000 to 1999 are in none of the files" in said.stderr
    assert answer("inspect", files[2], files[0])["gaps"] == [[1000, 1999]]


def test_toys_of_one_study(series):
    folder, _ = series
    found = answer("inspect", folder / "more.root", folder / "toys.root")
    assert (found["what"], found["first"], found["last"], found["rows"]) == ("toys", 0, 9, 10)
    said = invoke("inspect", folder / "toys.root", folder / "more.root").stdout
    assert "toys 0 to 9 in 2 files, 10 rows" in said
    assert "exposure" not in said


def test_files_that_do_not_belong_together(series):
    """Contract: different runs, a file twice, and different kinds are named."""
    folder, files = series
    assert "seed: 3, not 2" in refusal("inspect", files[0], folder / "other.root")
    assert "was given twice" in refusal("inspect", files[0], files[0])
    said = " ".join(refusal("inspect", files[0], folder / "toys.root").split())
    assert f"{files[0]} (event file), {folder / 'toys.root'} (toy file)" in said


def test_one_that_is_not_whole(series, tmp_path):
    """Contract. The table says which, and the exit status is 2."""
    _, files = series
    broken = tmp_path / "broken.root"
    broken.write_bytes(files[1].read_bytes()[:-20_000])
    result = invoke("inspect", files[0], broken)
    assert result.exit_code == 2
    assert result.stdout.splitlines()[2].endswith("NO")
    assert str(broken) in result.stderr
