"""What `run` may replace, and what it never touches."""

import os

import pytest

from macros.directory import whole_directory

NAMES = {"card.toml", "events.root"}


def fill(path, *, force=False, text="new"):
    with whole_directory(path, NAMES, force=force) as staging:
        for name in NAMES:
            (staging / name).write_text(text)


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
    """Contract. Finds --force deleting what belongs to somebody else."""
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
