"""The name of a series stands for its files in every command that takes them; a part gives a warning."""

import pytest
from support.examples import few
from support.file_series import names
from support.invocation import CARD, answer, invoke, refusal

RUN = (CARD, "--seed", 2, "--events", 2500, "--columns", "direction", "--events-per-file", 1000)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run of measured events, and one of true events, in three files each."""
    path = tmp_path_factory.mktemp("names")
    answer("simulate", *RUN, "-o", path / "seen.root")
    answer("generate", *RUN, "-o", path / "true.root")
    (path / "reco.csv").write_text("event,T_reco [MeV]\n1100,0.5\n")
    return path


def calls(folder, seen, true, out):
    """List a call of each command that takes a series."""
    return [
        ("fit", CARD, *seen),
        ("limit", CARD, *seen, "--toys", 0),
        ("compare", CARD, CARD, *seen, "-n", 4, "--seed", 1, "--fix-a"),
        ("contour", CARD, *seen, "--x", "gamma=-1:1:3", "--y", "activity=0.9:1.1:3"),
        ("report", CARD, *seen, "--toys", 0, "-o", out / "report"),
        ("reweight", *seen, "--to", CARD, "-o", out / "w.root"),
        ("export", *seen, "--format", "csv", "-o", out / "a.csv"),
        ("attach", *true, folder / "reco.csv", "--column", "T_reco", "-o", out / "attached.root"),
        ("export", CARD, *seen, "--format", "pyhf", "-o", out / "a.json"),
    ]


def test_the_name_of_a_series_is_its_files(folder, unrendered, tmp_path):
    """Contract. Finds a command that does not know the name, and a file that is read and not written over."""
    for call in calls(folder, [folder / "seen.root"], [folder / "true.root"], tmp_path):
        said = invoke(*call)
        assert said.exit_code == 0, (call[0], said.stderr)
        assert "part of a run" not in said.stderr, call[0]
        assert "none of the files" not in said.stderr, call[0]
    assert {"w-0000.root", "w-0001.root", "w-0002.root"} <= set(names(tmp_path))
    assert len(answer("inspect", folder / "seen.root")["parts"]) == 3
    assert answer("merge", tmp_path / "merged.root", folder / "seen.root")["n_files"] == 3
    told = refusal(
        "export", folder / "seen.root", "--format", "gst", "-o", folder / "seen-0001.root", "--force"
    )
    assert "is the file that is read" in told


@pytest.mark.parametrize("step", few([2, 1], 2))
def test_one_file_of_a_series_is_called_a_part(folder, unrendered, tmp_path, step):
    """Contract. Finds a command that takes a part for the whole, and one that says it in other words."""
    part = (
        "-0001.root is a part of a run, and events before 1000 and after 1999 are not in it; the exposure is"
    )
    for call in calls(folder, [folder / "seen-0001.root"], [folder / "true-0001.root"], tmp_path)[::step]:
        said = invoke(*call)
        assert said.exit_code == 0, (call[0], said.stderr)
        assert " ".join(said.stderr.split()).count(part) == 1, (call[0], said.stderr)


def test_ends_of_a_series_are_missed(folder):
    """Contract. The last file is missed if it lies beside the others, and the first by its number."""
    first, second, last = (folder / f"seen-{i:04d}.root" for i in range(3))
    for files, words in (
        ((first, second), "events after 1999 are in none of the files"),
        ((second, last), "events before 1000 are in none of the files"),
        ((first, last), "events 1000 to 1999 are in none of the files"),
    ):
        assert words in " ".join(invoke("fit", CARD, *files).stderr.split())


def test_other_commands_name_the_series(folder, tmp_path):
    for call in (
        ("detect", CARD, folder / "true.root", "-o", tmp_path / "x.root"),
        ("toys", CARD, "--data", folder / "seen.root", "-o", tmp_path / "x.root"),
    ):
        told = " ".join(refusal(*call).split())
        assert "it is the name of a series" in told, call[0]
        assert "-0000.root to " in told
