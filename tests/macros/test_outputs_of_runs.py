"""Runs and series that are made again: what is replaced, and when."""

from contextlib import contextmanager

import pytest
from support.invocation import CARD, answer, refusal

from macros.card import load_card
from macros.runs import run_job

EVENTS = ("--seed", 1, "--events", 50)


def contents(directory):
    return {path: path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file()}


@pytest.mark.parametrize(
    "preset",
    [
        pytest.param("borexino-cr51-paper", marks=pytest.mark.long),
        pytest.param("lama-pm147-paper", marks=pytest.mark.slow),
        pytest.param("hellaz-cr51-paper", marks=pytest.mark.slow),
    ],
)
def test_runs_are_known_again(tmp_path, preset):
    """Contract: `run --force` replaces the files of `run`, for any card."""
    answer("run", preset, "-o", tmp_path / "run", "--seed", 1)
    assert answer("run", preset, "-o", tmp_path / "run", "--seed", 2, "--force")["directory"]


def test_a_run_says_what_it_does(tmp_path, unrendered):
    """Contract. Finds a part of a run that is silent, or a percentage of something else than what is done."""
    done = []

    @contextmanager
    def watched(title, total, unit):
        done.append([title, total, 0.0])
        yield lambda n: done[-1].__setitem__(2, done[-1][2] + n)

    card = load_card(CARD, ["run.seed=1"])
    made = run_job(card, tmp_path / "run", progress=watched)
    titles = [title for title, _, _ in done if not title.startswith("compiling")]
    assert titles == ["simulating", "fitting", "expected limit", "impacts", "drawing figures"]
    known = {title: (total, n) for title, total, n in done if total is not None}
    assert known["simulating"] == (made.production.n_generated,) * 2


@pytest.mark.parametrize("change", ["alone", "generate", "merged", "renamed"])
def test_files_that_are_not_of_the_series(tmp_path, change):
    """Contract: files that only have the names of a series are never removed, and the message names them."""
    stranger = tmp_path / "run-0003.root"
    if change == "alone":
        answer("simulate", CARD, *EVENTS, "-o", stranger)
    elif change == "generate":
        answer("generate", CARD, *EVENTS, "-o", tmp_path / "run.root", "--events-per-file", 15)
    else:
        answer("simulate", CARD, *EVENTS, "-o", tmp_path / "other.root", "--events-per-file", 50)
        other = tmp_path / "other-0000.root"
        if change == "merged":
            answer("merge", stranger, other)
        else:
            other.rename(stranger)
    before = contents(tmp_path)
    run = ("simulate", CARD, *EVENTS, "-o", tmp_path / "run.root", "--events-per-file", 25, "--force")
    name = "run-0000.root" if change == "generate" else "run-0003.root"
    assert f"{name}: exists and was not made by `simulate` as one of the series run.root" in refusal(*run)
    assert contents(tmp_path) == before


def test_a_series_keeps_the_former_until_the_first_file_is_whole(tmp_path, monkeypatch):
    """Contract: a run that fails in its first file has removed nothing; after it, no former file is left."""
    run = ("simulate", CARD, "--seed", 1, "-o", tmp_path / "x.root", "--events-per-file", 10)
    answer(*run, "--events", 50)
    before = contents(tmp_path)
    failing = {"x-0000.root"}

    from macros.runs import production

    class Full(production.EventWriter):
        def __init__(self, path, **options):
            super().__init__(path, **options)
            self.name = path.name

        def finish(self, runinfo, **more):
            if self.name in failing:
                raise OSError(28, "No space left on device")
            super().finish(runinfo, **more)

    monkeypatch.setattr("macros.runs.production.EventWriter", Full)
    assert "No space left" in refusal(*run, "--events", 30, "--force", status=1)
    assert contents(tmp_path) == before
    failing.clear()
    failing.add("x-0001.root")
    assert "x-0000.root is whole" in refusal(*run, "--events", 30, "--force", status=1)
    assert [p.name for p in tmp_path.iterdir()] == ["x-0000.root"]


def test_a_file_that_came_or_changed_meanwhile_is_kept(tmp_path, monkeypatch):
    """Contract: existence is checked again at the end; neither result is lost without a message."""
    target = tmp_path / "x.root"
    answer("simulate", CARD, *EVENTS, "-o", tmp_path / "other.root")
    other = (tmp_path / "other.root").read_bytes()

    def meanwhile(_):
        target.write_bytes(other)

    monkeypatch.setattr("macros.terminal.pace.progress_lines", lambda *_: meanwhile)
    for force in ((), ("--force",)):
        target.unlink(missing_ok=True)
        message = refusal("simulate", CARD, *EVENTS, "-o", target, *force)
        assert "was made by another process meanwhile" in message
        assert target.read_bytes() == other
    message = refusal("simulate", CARD, *EVENTS, "-o", target, "--force")
    assert "was changed by another process meanwhile" in message
    assert target.read_bytes() == other
    assert sorted(p.name for p in tmp_path.iterdir()) == ["other.root", "x.root"]


@pytest.mark.parametrize(
    "command",
    [("simulate", CARD, *EVENTS), ("run", CARD, "--seed", 1), ("init", CARD), ("toys", CARD, "-n", 3)],
    ids=lambda c: c[0],
)
def test_a_link_that_leads_to_itself(tmp_path, command):
    """Contract. Finds an internal error instead of a message."""
    link = tmp_path / "x.root"
    link.symlink_to(link)
    message = refusal(*command, "-o", link)
    assert "x.root" in message
    assert "symbolic link that leads to itself" in message
    assert link.is_symlink()
