"""Input files: what is opened, and what is refused before it can hang or fill the memory."""

import os
import socket

import pytest

from detsim.event_files.reader import open_root
from detsim.files.atomic import FileError
from detsim.files.inputs import checksum, open_input, read_input, read_text, split_spec
from detsim.formats.user_tables import read_columns, read_spectrum


@pytest.fixture
def special(tmp_path):
    """Make a pipe that nobody writes to, a socket and a directory, and name a device."""

    def make(kind, suffix=".csv"):
        path = tmp_path / f"x{suffix}"
        if kind == "pipe":
            os.mkfifo(path)
        elif kind == "directory":
            path.mkdir()
        elif kind == "socket":
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(str(path))
        else:
            path.symlink_to("/dev/zero")
        return path

    return make


@pytest.mark.parametrize("kind", ["pipe", "device", "socket", "directory"])
@pytest.mark.parametrize(
    "read",
    [
        open_input,
        read_input,
        read_text,
        checksum,
        open_root,
        lambda path: read_columns(path, ("x", "y")),
        lambda path: read_spectrum(path, unit=1.0),
    ],
)
def test_only_regular_files_are_read(special, kind, read):
    """Contract. Finds a reader that waits for a pipe, or reads a device without an end."""
    path = special(kind)
    with pytest.raises(FileError, match=f"is a {kind}, and a regular file is needed"):
        read(path)


def test_sizes_and_bytes(tmp_path):
    """Contract: a file of the largest size is read, one byte more is not; wrong bytes are told by line."""
    path = tmp_path / "x"
    path.write_bytes(b"12345")
    assert read_input(path, at_most=5) == b"12345"
    with pytest.raises(FileError, match="is larger than 4e-06 MB"):
        read_input(path, at_most=4)
    path.write_bytes(b"\xef\xbb\xbfa\n\xb5b")
    with pytest.raises(FileError, match=r"not a text file in UTF-8 \(line 2 holds the byte 0xb5"):
        read_text(path)
    path.write_bytes(b"\xef\xbb\xbfa")
    assert read_text(path) == "a"


@pytest.mark.parametrize("name", ["absent", "a/b", "x\0y"])
def test_missing_files(tmp_path, name):
    """Contract: a file that is not there, or cannot be, is told by its name."""
    with pytest.raises(FileError, match=r"no such file|no name of a file") as error:
        open_input(tmp_path / name)
    assert error.value.fault == "missing"


def test_names_with_colons(tmp_path, monkeypatch):
    """Contract: a file with the full name comes first, then the longest existing part before a colon."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cls::a").mkdir()
    for name in ("a.root", "b.root:c.root", "cls::a/e.root", "file:x.root"):
        (tmp_path / name).touch()
    for spec, expected in {
        "a.root": ("a.root", None),
        "a.root:": ("a.root", None),
        "a.root:h": ("a.root", "h"),
        "a.root:dir/h.root:1": ("a.root", "dir/h.root:1"),
        "b.root:c.root": ("b.root:c.root", None),
        "b.root:c.root:h": ("b.root:c.root", "h"),
        "b.root:h": ("b.root", "h"),
        "cls::a/e.root": ("cls::a/e.root", None),
        "cls::a/e.root:h": ("cls::a/e.root", "h"),
        "file:x.root": ("file:x.root", None),
        "file:x.root:h": ("file:x.root", "h"),
        "none.csv:": ("none.csv:", None),
    }.items():
        path, name = split_spec(spec)
        assert (str(path), name) == expected
