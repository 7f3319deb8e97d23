"""Runs in several files that are stopped, killed or run twice at once."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from support.file_series import names, table
from support.invocation import CARD, ROOT, answer, invoke, refusal, start

from detsim.files.locks import file_stamp
from macros.runs import production
from macros.runs.file_series import EventSeries
from macros.setup.outputs.files import Split


@pytest.mark.parametrize(
    "number", [pytest.param(("--events", 10**9), marks=pytest.mark.long), ()], ids=["events", "poisson"]
)
def test_interrupted_series_can_be_continued(tmp_path, number):
    """Contract: Ctrl-C leaves whole files, and the message has the options that make the others."""
    part = tmp_path / "x-0002.root.part"
    strong = ("--set", "source.activity=1e6 MCi")
    run = (
        "simulate",
        CARD,
        *strong,
        "-o",
        tmp_path / "x.root",
        "--seed",
        1,
        *number,
        "--events-per-file",
        100_000,
    )
    with start(*run) as process:
        try:
            while not part.exists():
                assert process.poll() is None, process.communicate()
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130, err
    assert out == ""
    files = sorted(tmp_path.iterdir())
    assert [f.name for f in files] == [f"x-{i:04d}.root" for i in range(len(files))]
    n = 100_000 * len(files)
    left = (f" --events {10**9 - n}" if number else "") + " --events-per-file 100000"
    *_, last = err.splitlines(keepends=True)  # before it stands that nobody has such a source
    assert last == (
        f"error: interrupted: x-0000.root to {files[-1].name} are whole, with events 0 to {n - 1}; "
        f"make the others with nugauge simulate {CARD} --set 'source.activity=1e6 MCi' --seed 1 "
        f"--first {n}{left} -o {tmp_path}/x-from-{n}.root\n"
    )
    for file in files:
        assert json.loads(invoke("inspect", file, "--hashes", "--json").stdout)["complete"]


@pytest.mark.parametrize("split", [(), ("--events-per-file", 10)], ids=["one file", "several"])
def test_an_interrupt_while_a_file_is_opened(tmp_path, monkeypatch, split):
    """Contract. Finds an unfinished file that stays, because Ctrl-C came before the run knew of it."""

    class Interrupted(production.EventWriter):
        def __init__(self, path, **options):
            super().__init__(path, **options)
            if path.name != "x-0000.root":
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(production, "EventWriter", Interrupted)
    result = invoke("simulate", CARD, "-o", tmp_path / "x.root", "--seed", 1, "--events", 25, *split)
    assert result.exit_code == 130
    assert names(tmp_path) == (["x-0000.root"] if split else [])


def test_a_full_disk_keeps_whole_files(tmp_path, monkeypatch):
    """Contract: status 1, and one message that names the complete files and how to make the others."""

    class Full(production.EventWriter):
        def __init__(self, path, **options):
            super().__init__(path, **options)
            self.path = path

        def finish(self, runinfo, **more):
            if self.path.name == "x-0002.root":
                raise OSError(28, "No space left on device")
            super().finish(runinfo, **more)

    monkeypatch.setattr("macros.runs.production.EventWriter", Full)
    run = (
        "simulate",
        CARD,
        "-o",
        tmp_path / "x.root",
        "--seed",
        1,
        "--experiments",
        4,
        "--events-per-file",
        1,
    )
    message = refusal(*run, status=1)
    assert message == (
        "error: No space left on device: x-0000.root to x-0001.root are whole, with pseudo-experiments "
        f"0 to 1; make the others with nugauge simulate {CARD} --seed 1 --first 2 --experiments 2 "
        f"--events-per-file 1 -o {tmp_path}/x-from-2.root\n"
    )
    assert names(tmp_path) == ["x-0000.root", "x-0001.root"]
    monkeypatch.undo()
    answer("simulate", CARD, "-o", tmp_path / "x-from-2.root", "--seed", 1, "--first", 2, "--experiments", 2)
    assert answer("merge", tmp_path / "all.root", *sorted(tmp_path.iterdir()))["last"] == 3


def test_two_processes_never_write_one_series(tmp_path):
    """Contract: with --force too, the second is refused, and the files that are there stay."""
    path, kept = tmp_path / "x.root", tmp_path / "x-0000.root"
    run = ("simulate", CARD, "-o", path, "--seed", 1, "--events", 100, "--events-per-file", 10)
    answer(*run)
    former = {file: file_stamp(file) for file in tmp_path.iterdir()}
    series = EventSeries(
        path,
        split=Split(events=10),
        make=lambda *_, **__: None,
        describe=lambda _: None,
        first=0,
        experiments=False,
        former=former,
    )
    with series:
        series.begin(10)
        assert "is being written by another process" in refusal(*run, "--force")
        assert {file: file_stamp(file) for file in former} == former
    assert not path.with_name("x.root.part").exists()
    before = kept.read_bytes()
    assert len(answer(*run, "--force")["files"]) == 10
    assert kept.read_bytes() != before


KILL = """
import os, pathlib, sys
from macros.cli import app

point, seen = int(sys.argv[1]), []
unlink, replace = pathlib.Path.unlink, pathlib.Path.replace


def counted(method):
    def call(self, *arguments, **options):
        if "x-00" in self.name:
            seen.append(self)
            if len(seen) == point + 1:
                os.kill(os.getpid(), 9)
        return method(self, *arguments, **options)

    return call


pathlib.Path.unlink, pathlib.Path.replace = counted(unlink), counted(replace)
app(sys.argv[2:])
"""


@pytest.mark.long
@pytest.mark.parametrize(
    ("point", "n_left"),
    [
        pytest.param(0, 4, marks=pytest.mark.long),
        (1, 3),
        pytest.param(3, 1, marks=pytest.mark.long),
        pytest.param(4, 2, marks=pytest.mark.long),
    ],
)
def test_killed_while_a_former_series_is_replaced(tmp_path, point, n_left):
    """Contract: what is left is the beginning of the former series, each file whole; or the new one's."""
    run = ("simulate", CARD, "-o", tmp_path / "x.root", "--seed", 1, "--events-per-file", 50)
    answer(*run, "--events", 200)
    former = {path: path.read_bytes() for path in sorted(tmp_path.iterdir())}
    again = ("simulate", CARD, "-o", tmp_path / "x.root", "--seed", 2, "--events-per-file", 50)
    done = subprocess.run(
        [sys.executable, "-c", KILL, str(point), *map(str, again), "--events", "100", "--force"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    left = sorted(tmp_path.glob("*.root"))
    assert [path.name for path in left] == [f"x-{i:04d}.root" for i in range(n_left)]
    seeds = [table(path)[2]["seed"] for path in left]
    assert seeds == ([1] * len(left) if point < 4 else [2] * n_left)
    if point < 4:
        assert all(path.read_bytes() == former[path] for path in left)
    answer(*again, "--events", 100, "--force")
    assert names(tmp_path) == ["x-0000.root", "x-0001.root"]


@pytest.mark.long
def test_two_processes_that_begin_together(tmp_path):
    """Contract: of two runs of one name one ends well, and the file is its own; the other says why not."""
    runs = [
        start("simulate", CARD, "-o", tmp_path / "x.root", "--events", 400_000, "--seed", seed)
        for seed in (1, 2)
    ]
    said = [process.communicate(timeout=120)[1] for process in runs]
    status = [process.returncode for process in runs]
    assert sorted(status) == [0, 2], said
    assert table(tmp_path / "x.root")[2]["seed"] == status.index(0) + 1
    assert re.search("another process|exists; --force replaces it", said[status.index(2)])
    assert names(tmp_path) == ["x.root"]
