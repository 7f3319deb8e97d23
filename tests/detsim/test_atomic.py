"""What a new file may replace, and which files exist at any moment."""

import os
import resource
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from detsim.files.atomic import WholeFile, whole_file, whole_files
from detsim.files.locks import Lock, file_stamp

ROOT = Path(__file__).parents[2]


def stamps(*paths):
    return {path: file_stamp(path) for path in paths}


def names(directory):
    return sorted(path.name for path in directory.iterdir())


def write(path, content, *, former=None, meanwhile=None):
    """Write a file, to which something else may happen meanwhile."""
    with whole_file(path, former=former) as stream:
        stream.write(content)
        if meanwhile is not None:
            path.write_bytes(meanwhile)


def killed(code, *arguments):
    """Run code, as a process of its own, which has to kill itself."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


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
    """Contract: the second writer is refused, the first goes on; files of a killed process do not matter."""
    (tmp_path / "a.part").write_bytes(b"left behind")
    with whole_file(tmp_path / "a") as stream:
        stream.write(b"first")
        with pytest.raises(FileExistsError, match="another process"), whole_file(tmp_path / "a"):
            pass
    assert (tmp_path / "a").read_bytes() == b"first"
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("kind", ["link", "dangling link", "directory", "pipe"])
def test_what_is_no_unfinished_file_is_not_written_to(tmp_path, kind):
    """Contract. Finds a file that is written through a symbolic link with the name of the unfinished one."""
    part, precious = tmp_path / "a.part", tmp_path / "precious"
    precious.write_bytes(b"years of work")
    if kind == "link":
        part.symlink_to(precious)
    elif kind == "dangling link":
        part.symlink_to(tmp_path / "nothing")
    elif kind == "directory":
        part.mkdir()
    else:
        os.mkfifo(part)
    before = names(tmp_path)
    with pytest.raises(FileExistsError, match="it is no unfinished file"), whole_file(tmp_path / "a"):
        pass
    assert names(tmp_path) == before
    assert precious.read_bytes() == b"years of work"


def test_another_name_of_an_unfinished_file_keeps_it(tmp_path):
    """Contract. Finds an unfinished file emptied that is a hard link to a file that is whole."""
    (tmp_path / "precious").write_bytes(b"years of work")
    (tmp_path / "a.part").hardlink_to(tmp_path / "precious")
    with whole_file(tmp_path / "a") as stream:
        stream.write(b"new")
    assert (tmp_path / "precious").read_bytes() == b"years of work"
    assert (tmp_path / "a").read_bytes() == b"new"


@pytest.mark.parametrize("links", [True, False], ids=["hard links", "none"])
def test_a_name_that_is_taken_meanwhile(tmp_path, monkeypatch, links):
    """Contract: what came while the file was written stays, also where there are no hard links."""
    if not links:
        monkeypatch.setattr("os.link", lambda *_: (_ for _ in ()).throw(OSError(1, "not permitted")))
    path = tmp_path / "a"
    with whole_file(path, former={}) as stream:
        stream.write(b"alone")
    assert path.read_bytes() == b"alone"
    path.unlink()
    with pytest.raises(FileExistsError, match="made by another process meanwhile"):
        write(path, b"mine", former={}, meanwhile=b"theirs")
    assert path.read_bytes() == b"theirs"
    assert names(tmp_path) == ["a"]


def test_the_last_moment_is_no_gap(tmp_path, monkeypatch):
    """Contract: a file that comes after the last look, before the name is given, stays too."""
    path = tmp_path / "a"
    link = os.link

    def late(*names):
        path.write_bytes(b"theirs")
        link(*names)

    monkeypatch.setattr("os.link", late)
    with pytest.raises(FileExistsError, match="made by another process meanwhile"):
        write(path, b"mine")
    assert path.read_bytes() == b"theirs"


def test_only_what_was_seen_is_replaced(tmp_path):
    """Contract: a file that was changed, or replaced, since it was seen stays."""
    path = tmp_path / "a"
    path.write_bytes(b"old")
    seen = stamps(path)
    with whole_file(path, former=seen) as stream:
        stream.write(b"new")
    assert path.read_bytes() == b"new"
    with (
        pytest.raises(FileExistsError, match="was changed by another process"),
        whole_file(path, former=seen),
    ):
        pass
    with pytest.raises(FileExistsError, match="was made by another process"), whole_file(path, former={}):
        pass
    with pytest.raises(FileExistsError, match="was changed"):
        write(path, b"newer", former=stamps(path), meanwhile=b"theirs")
    assert path.read_bytes() == b"theirs"


def test_others_go_when_the_file_is_whole(tmp_path):
    """Contract: not before, and not if one of them has changed."""
    old = [tmp_path / f"a{i}" for i in range(3)]
    for path in old:
        path.write_bytes(b"old")
    seen = stamps(*old)
    with pytest.raises(KeyboardInterrupt), WholeFile(old[0], former=seen, removes=old[1:]):
        raise KeyboardInterrupt
    assert names(tmp_path) == ["a0", "a1", "a2"]
    with WholeFile(old[0], former=seen, removes=old[1:]) as file:
        file.stream.write(b"new")
        file.commit()
    assert names(tmp_path) == ["a0"]
    old[1].write_bytes(b"old")
    with WholeFile(old[0], former=stamps(*old[:2]), removes=old[1:2]) as file:
        old[1].write_bytes(b"theirs")
        with pytest.raises(FileExistsError, match="was changed"):
            file.commit()
    assert (old[0].read_bytes(), old[1].read_bytes()) == (b"new", b"theirs")


def test_the_mode_of_what_is_replaced_is_kept(tmp_path):
    """Contract: while the file is unfinished as well."""
    path = tmp_path / "a"
    path.write_bytes(b"secret")
    path.chmod(0o600)
    with whole_file(path) as stream:
        stream.write(b"secret too")
        assert (tmp_path / "a.part").stat().st_mode & 0o777 == 0o600
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_name_is_given(tmp_path, monkeypatch, number):
    """Contract: a signal is delivered after the file is complete and has its name."""
    link = os.link

    def interrupted(*names):
        signal.raise_signal(number)
        link(*names)

    monkeypatch.setattr("os.link", interrupted)
    before = signal.signal(number, signal.default_int_handler)
    try:
        file = WholeFile(tmp_path / "a")
        file.stream.write(b"new")
        with pytest.raises(KeyboardInterrupt):
            file.commit()
    finally:
        signal.signal(number, before)
    assert file.final
    assert names(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"new"


def test_a_signal_while_the_file_is_made(tmp_path, monkeypatch):
    """Contract. Finds an unfinished file that stays, because Ctrl-C came before anyone could remove it."""

    class Interrupted(Lock):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("detsim.files.atomic.Lock", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        WholeFile(tmp_path / "a.root")
    assert names(tmp_path) == []


def test_files_that_belong_together(tmp_path):
    """Contract: all or none."""
    contents = {tmp_path / "a": b"1", tmp_path / "b": b"2"}
    (tmp_path / "b").write_bytes(b"theirs")
    with pytest.raises(FileExistsError):
        whole_files(contents, former={})
    assert names(tmp_path) == ["b"]
    assert whole_files(contents) == list(contents)
    assert (tmp_path / "a").read_bytes() + (tmp_path / "b").read_bytes() == b"12"


@pytest.mark.parametrize("moment", ["os.link", "os.unlink"], ids=["before", "between link and unlink"])
def test_killed_while_the_name_is_given(tmp_path, moment):
    """Contract: the name is absent or the whole file, and the next process is not hindered."""
    killed(
        f"""
        import os, signal, sys
        from detsim.files.atomic import whole_file
        {moment} = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
        with whole_file(sys.argv[1]) as stream:
            stream.write(b"new")
        """,
        tmp_path / "a",
    )
    assert names(tmp_path) == (["a.part"] if moment == "os.link" else ["a", "a.part"])
    whole = tmp_path / ("a" if moment == "os.unlink" else "a.part")
    assert whole.read_bytes() == b"new"
    kept = tmp_path / "kept"
    kept.hardlink_to(whole)
    with whole_file(tmp_path / "a") as stream:
        stream.write(b"newer")
    assert names(tmp_path) == ["a", "kept"]
    assert (kept.read_bytes(), (tmp_path / "a").read_bytes()) == (b"new", b"newer")


def test_a_disk_that_is_full_is_told_with_the_file(tmp_path):
    """Contract. Finds a message without the name of the file."""
    path = tmp_path / "a"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        for size in (2000, 100_000):  # noticed when it is flushed; when it is written
            with pytest.raises(OSError, match="File too large") as caught:
                write(path, b"x" * size)
            assert caught.value.filename == str(path)
            with pytest.raises(OSError, match="File too large") as caught:
                whole_files({path: b"x" * size})
            assert caught.value.filename == str(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not names(tmp_path)


def test_a_lock_tells_whether_it_is_certain(tmp_path, monkeypatch):
    """Contract: a file system without locks gives a message and no error."""
    lock = Lock(tmp_path / "a")
    assert lock.certain
    lock.remove()

    def none(*_):
        raise OSError(95, "not supported")

    monkeypatch.setattr("fcntl.flock", none)
    lock = Lock(tmp_path / "a")
    assert not lock.certain
    lock.remove()
    assert not names(tmp_path)
