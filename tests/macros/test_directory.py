"""What `run` may replace, and what it never touches."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from macros.setup.outputs.directory import whole_directory

NAMES = {"card.toml", "events.root"}
ROOT = Path(__file__).parents[2]


def fill(path, *, force=False, text="new"):
    with whole_directory(path, NAMES, force=force) as staging:
        for name in NAMES:
            (staging / name).write_text(text)


def fill_by_hand(path):
    path.mkdir()
    (path / "card.toml").write_text("theirs")


def test_made_whole_with_the_usual_mode(tmp_path):
    """Contract. Finds files left in the staging directory, and a directory that only its maker can read."""
    fill(tmp_path / "out")
    assert {p.name for p in (tmp_path / "out").iterdir()} == NAMES
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    umask = os.umask(0)
    os.umask(umask)
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o777 & ~umask


def test_a_former_run_is_replaced_only_by_force(tmp_path):
    """Contract. Finds a run that is lost without being asked for."""
    fill(tmp_path / "out", text="old")
    with pytest.raises(FileExistsError, match="--force"):
        fill(tmp_path / "out")
    assert (tmp_path / "out" / "card.toml").read_text() == "old"
    fill(tmp_path / "out", force=True)
    assert (tmp_path / "out" / "card.toml").read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("precious", ["thesis.tex", ".git/HEAD", "card.toml/inside"])
def test_what_no_run_made_is_never_deleted(tmp_path, precious):
    """Contract. Finds --force deleting files that no run made."""
    file = tmp_path / "out" / precious
    file.parent.mkdir(parents=True)
    file.write_text("years of work")
    with pytest.raises(FileExistsError, match="no run made"):
        fill(tmp_path / "out", force=True)
    assert file.read_text() == "years of work"


def test_what_appears_meanwhile_is_kept(tmp_path):
    """Contract. Finds a check that is made only before the work."""
    (tmp_path / "out").mkdir()
    with (
        pytest.raises(FileExistsError, match="no run made"),
        whole_directory(tmp_path / "out", NAMES, force=True),
    ):
        (tmp_path / "out" / "thesis.tex").write_text("years of work")
    assert (tmp_path / "out" / "thesis.tex").read_text() == "years of work"


@pytest.mark.parametrize("name", ["", ".", "..", "../.."])
def test_the_working_directory_and_those_above_are_refused(tmp_path, monkeypatch, name):
    """Contract. Finds the directory that the user stands in being replaced."""
    here = tmp_path / "a" / "b"
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    with pytest.raises(ValueError, match="working directory or above it"):
        fill(type(tmp_path)(name), force=True)
    assert here.is_dir()


def test_a_failed_run_leaves_the_former_one(tmp_path):
    """Contract. Finds a former run that is deleted before the new one is whole."""
    fill(tmp_path / "out", text="old")
    with pytest.raises(KeyboardInterrupt), whole_directory(tmp_path / "out", NAMES, force=True):
        raise KeyboardInterrupt
    assert (tmp_path / "out" / "card.toml").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_link_stands_for_its_directory(tmp_path):
    """Contract. Finds a symbolic link replaced by a directory."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    fill(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "card.toml").read_text() == "new"


KILL = """
import os, pathlib, sys
from macros.setup.outputs.directory import whole_directory

point, target = int(sys.argv[1]), pathlib.Path(sys.argv[2])
rename, seen = pathlib.Path.rename, []


def counted(self, other):
    seen.append(self)
    if len(seen) == point + 1:
        os.kill(os.getpid(), 9)
    return rename(self, other)


with whole_directory(target, {"card.toml", "events.root"}, force=True) as staging:
    for name in ("card.toml", "events.root"):
        (staging / name).write_text("newer")
    pathlib.Path.rename = counted
    if point == 3:
        os.rmdir = lambda *_: os.kill(os.getpid(), 9)
        pathlib.Path.rmdir = os.rmdir
"""


@pytest.mark.parametrize("point", range(4), ids=["filled", "between the renames", "named", "half removed"])
def test_killed_while_a_directory_is_replaced(tmp_path, capsys, point):
    """Contract: the former directory or the new one has the name after the next run has begun; nothing else
    is left, and what was removed is told."""
    target = tmp_path / "out"
    fill(target, text="old")
    done = subprocess.run(
        [sys.executable, "-c", KILL, str(point), str(target)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert target.exists() == (point != 1)
    assert [p.name for p in tmp_path.iterdir()] != ["out"]
    with pytest.raises(FileExistsError, match="--force"):
        fill(target)
    expected = "old" if point < 2 else "newer"
    assert {p.name: p.read_text() for p in target.iterdir()} == dict.fromkeys(NAMES, expected)
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    said = capsys.readouterr().err
    assert said.count("was left by a run that was killed, and is removed") == 1
    assert ("which is back" in said) == (point == 1)


def test_what_a_living_run_fills_stays(tmp_path):
    """Contract: two runs never fill one directory, and none removes what another fills."""
    with whole_directory(tmp_path / "out", NAMES, force=False) as staging:
        (staging / "card.toml").write_text("first")
        with pytest.raises(FileExistsError, match="being written by another process"):
            fill(tmp_path / "out", force=True)
        assert (staging / "card.toml").read_text() == "first"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("certain", [True, False])
def test_what_was_left_and_is_not_ours_stays(tmp_path, capsys, monkeypatch, certain):
    """Contract. Finds somebody's files deleted with what a killed run left; without locks, a living run's."""
    left, other = tmp_path / ".out.abcdefgh.part", tmp_path / ".out.more.abcdefgh.part"
    for directory in (left, other):
        directory.mkdir()
        (directory / "card.toml").write_text("a card")
    if certain:
        (left / "thesis.tex").write_text("years of work")
    else:
        monkeypatch.setattr("detsim.files.locks._lock", lambda *_: False)
    fill(tmp_path / "out")
    assert sorted(p.name for p in tmp_path.iterdir()) == [left.name, other.name, "out"]
    assert f"{left} " in capsys.readouterr().err


def test_a_run_that_came_meanwhile_is_kept(tmp_path):
    """Contract: with --force too, only the run that was there at the start is replaced."""
    target = tmp_path / "out"
    with pytest.raises(FileExistsError, match="--force"), whole_directory(target, NAMES, force=False):
        fill_by_hand(target)
    with pytest.raises(FileExistsError, match="was changed"), whole_directory(target, NAMES, force=True):
        (target / "card.toml").write_text("theirs, again")
    assert (target / "card.toml").read_text() == "theirs, again"
    (target / "card.toml").unlink()
    target.rmdir()
    with pytest.raises(FileExistsError, match="made by another"), whole_directory(target, NAMES, force=True):
        fill_by_hand(target)
    assert (target / "card.toml").read_text() == "theirs"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_interrupted_between_the_renames(tmp_path, monkeypatch):
    """Contract: Ctrl-C waits until the directory has its name, and the message says that it is whole."""
    target, rename = tmp_path / "out", type(tmp_path).rename
    fill(target, text="old")

    def interrupted(self, other):
        signal.raise_signal(signal.SIGINT)
        return rename(self, other)

    monkeypatch.setattr(type(tmp_path), "rename", interrupted)
    with pytest.raises(KeyboardInterrupt) as caught:
        fill(target, force=True)
    assert caught.value.__notes__ == [f"{target} is whole"]
    assert (target / "card.toml").read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_full_disk_that_names_no_file_is_named_by_the_directory(tmp_path):
    """Regression: "No space left on device; nothing of this file is left" of a run named none."""
    with pytest.raises(OSError, match="No space") as caught:
        fill_without_room(tmp_path / "out")
    assert caught.value.filename == str(tmp_path / "out")


def fill_without_room(path):
    with whole_directory(path, NAMES, force=False):
        raise OSError(errno.ENOSPC, "No space left on device")
