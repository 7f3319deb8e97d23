"""What a file may replace."""

import os

import pytest

from detsim.files import whole_file


def test_a_pipe_is_refused(tmp_path):
    """Contract. Finds a device or a pipe replaced by a file."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileExistsError, match="device or a pipe"), whole_file(tmp_path / "pipe"):
        pass
    assert (tmp_path / "pipe").is_fifo()


def test_a_link_stays_a_link(tmp_path):
    """Contract. Finds a symbolic link replaced by a file."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real" / "a.root")
    with whole_file(tmp_path / "link") as stream:
        stream.write(b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "a.root").read_bytes() == b"new"


def test_two_never_write_one_file(tmp_path):
    """Contract: the second is refused, and the first goes on; what a killed process left is no hindrance."""
    (tmp_path / "a.part").write_bytes(b"left behind")
    with whole_file(tmp_path / "a") as stream:
        stream.write(b"first")
        with pytest.raises(FileExistsError, match="another process"), whole_file(tmp_path / "a"):
            pass
    assert (tmp_path / "a").read_bytes() == b"first"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]
