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
