"""What a former run left beside its file is not mixed with a new run: it is named, and stays."""

import pytest
from support.file_series import names
from support.invocation import CARD, answer, refusal

RUN = ("simulate", CARD, "--seed", 1)
SERIES = ("--events-per-file", 500)
LEFT = "of a former run of x.root, and would stay beside the new one: remove"


def contents(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_a_series_beside_a_single_file(tmp_path):
    """Contract. Finds files of a former series among which a single file of the same name is written."""
    path = tmp_path / "x.root"
    answer(*RUN, "--events", 1500, *SERIES, "-o", path)
    before = contents(tmp_path)
    for force in ((), ("--force",)):
        said = refusal(*RUN, "--events", 100, "-o", path, *force)
        assert f"x-0000.root: is left, with x-0001.root, x-0002.root, {LEFT} them" in said
        assert contents(tmp_path) == before
    answer(*RUN, "--events", 100, "-o", tmp_path / "y.root")
    answer(*RUN, "--events", 600, *SERIES, "-o", path, "--force")
    assert names(tmp_path) == ["x-0000.root", "x-0001.root", "y.root"]


def test_a_single_file_beside_a_series(tmp_path):
    path = tmp_path / "x.root"
    answer(*RUN, "--events", 100, "-o", path)
    before = contents(tmp_path)
    assert f"x.root: is left {LEFT} it" in refusal(*RUN, "--events", 1500, *SERIES, "-o", path, "--force")
    assert contents(tmp_path) == before


def test_a_joined_file_may_stand_beside_its_series(tmp_path):
    """Contract: what `merge` made of a series is no part of the run."""
    path = tmp_path / "x.root"
    answer(*RUN, "--events", 1000, *SERIES, "-o", path)
    answer("merge", path, tmp_path / "x-0000.root", tmp_path / "x-0001.root")
    answer(*RUN, "--events", 400, *SERIES, "-o", path, "--force")
    assert names(tmp_path) == ["x-0000.root", "x.root"]


@pytest.mark.parametrize("series", [(), SERIES], ids=["one file", "several"])
def test_a_continuation_of_what_is_replaced(tmp_path, series):
    """Contract. Finds events of a former run, made by the command that its message gave, among the new."""
    path = tmp_path / "x.root"
    answer(*RUN, "--events", 1000, *SERIES, "-o", path)
    answer(*RUN, "--first", 1000, "--events", 600, *series, "-o", tmp_path / "x-from-1000.root")
    before = contents(tmp_path)
    said = refusal(*RUN, "--events", 1000, *SERIES, "-o", path, "--force")
    assert LEFT in said
    assert "x-from-1000" in said
    assert "x-0000" not in said
    assert contents(tmp_path) == before
    for file in tmp_path.glob("x-from-*"):
        file.unlink()
    assert answer(*RUN, "--events", 1000, *SERIES, "-o", path, "--force")["n_generated"] == 1000


@pytest.mark.parametrize(
    "other", [("--seed", 2), ("--set", "model.gamma=0.1"), ("--first", 700)], ids=["seed", "card", "index"]
)
def test_files_of_other_runs_are_not_touched(tmp_path, other):
    """Contract. A file whose name is that of a continuation, and whose events are of another run, stays."""
    path, strange = tmp_path / "x.root", tmp_path / "x-from-1000.root"
    answer(*RUN, "--events", 1000, "-o", path)
    options = {"--seed": 1, "--first": 1000, **dict([other])}
    run = [word for pair in options.items() for word in pair]
    answer("simulate", CARD, *run, "--events", 100, "-o", strange)
    before = strange.read_bytes()
    answer(*RUN, "--events", 500, "-o", path, "--force")
    assert strange.read_bytes() == before


@pytest.mark.parametrize(
    "study",
    [
        ("toys", CARD, "--audit", 0),
        ("coverage", CARD, "--at", 0, "--audit", 0),
        ("calibrate", CARD, "--at", "0,0.2", "--part"),
        ("limit", CARD, "--audit", 0),
    ],
    ids=lambda study: study[0],
)
def test_toys_that_went_on(tmp_path, study):
    """Contract, as above, of files of toys, calibrations and statistics."""
    path, count = tmp_path / "x.root", "--toys" if study[0] == "limit" else "-n"
    run = (*study, "--seed", 1, count, 20)
    answer(*run, "-o", path)
    answer(*run, "--first", 20, "-o", tmp_path / "x-from-20.root")
    before = contents(tmp_path)
    assert f"x-from-20.root: is left {LEFT} it" in refusal(*run, "-o", path, "--force")
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        (
            ("--events-per-file", 10),
            "makes 100000 files of 1e+06 events: give at least 1000, ",
        ),
        (("--set", "run.events_per_file=10"), "give at least 1000"),
        (("--file-size", "1 MB", "--events", 10**9), "files or more: give at least"),
    ],
)
def test_thousands_of_small_files_are_refused(tmp_path, limit, words):
    events = () if "--events" in limit else ("--events", 10**6)
    assert words in " ".join(refusal(*RUN, *events, *limit, "-o", tmp_path / "x.root").split())
    assert names(tmp_path) == []


def test_few_pseudo_experiments_may_have_a_file_each(tmp_path):
    run = ("--experiments", 2, "--events-per-file", 1)
    assert len(answer(*RUN, *run, "-o", tmp_path / "x.root")["files"]) == 2
