"""Commands that are stopped half-way: nothing is left, the status says why."""

import json
import os
import re
import shlex
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import typer
from support.examples import every
from support.invocation import CARD, answer, invoke, start

import macros.plots
import macros.studies.toy_totals
from analysis.fits.audit import Audit
from detsim.event_files.reader import TableFile
from macros.studies.toy_totals import ToyTally
from macros.terminal import stopping
from macros.terminal.pace import end_time
from macros.terminal.status import guard
from macros.terminal.stopping import stop_on_interrupt
from macros.words.audits import say_audit

LONG = {
    "simulate": ("simulate", CARD, "--events", 2 * 10**8),  # 3.4 GB, for which the disk must have room
    "coverage": ("coverage", CARD, "--at", "0,0.1", "-n", 10**7),
}


@pytest.fixture(scope="module", autouse=True)
def compiled(tmp_path_factory):
    """Run everything once, so that the processes find their compiled functions."""
    path = tmp_path_factory.mktemp("compiled") / "x.root"
    answer("simulate", CARD, "-o", path, "--events", 10)
    answer("toys", CARD, "-n", 2, "-o", path.with_name("toys.root"))


HINT = (
    ": no file was finished, and none is left: nothing was made; begin again with nugauge {} "
    "--seed 1; with --events-per-file N or --file-size SIZE a long run keeps its finished files"
)


@pytest.mark.long  # test_series_stopped has Ctrl-C of one run, and the toys below are another process
@pytest.mark.parametrize(
    ("command", "number"),
    [
        ("simulate", signal.SIGINT),
        ("coverage", signal.SIGINT),
        ("simulate", signal.SIGTERM),
        ("coverage", signal.SIGHUP),
    ],
)
def test_interrupt(tmp_path, command, number):
    """A signal in the middle ends with 128 + its number, one message, and no file but a whole one of toys."""
    part = tmp_path / "x.root.part"
    with start(*LONG[command], "-o", tmp_path / "x.root", "--seed", 1) as process:
        try:
            while not (part.exists() and part.stat().st_size > 0):
                assert process.poll() is None, process.communicate()
                time.sleep(0.02)
            time.sleep(0.2)
            process.send_signal(number)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 128 + number
    what = "interrupted" if number == signal.SIGINT else f"ended by {number.name}"
    assert out == ""
    if command == "simulate":
        typed = shlex.join(map(str, (*LONG[command], "-o", tmp_path / "x.root")))
        assert err == f"error: {what}{HINT.format(typed)}\n"
        assert not list(tmp_path.iterdir())
        return
    assert err.startswith(f"error: {what}: 0 of ")
    (file,) = tmp_path.iterdir()
    with TableFile(file, "toys") as table:
        assert f"{file} holds {table.n_rows} toys" in err


@pytest.mark.long
@pytest.mark.parametrize("command", every(2, ["toys", "coverage"]))
def test_interrupt_of_what_is_finished(tmp_path, monkeypatch, command):
    """Contract: Ctrl-C while the figure of a finished study is drawn loses no result; a message says so."""
    path, figure = tmp_path / "x.root", tmp_path / "x.png"
    ours, name = {"toys": (ToyTally, "draw"), "coverage": (macros.plots, "coverage_plot")}[command]
    drawn = getattr(ours, name)

    def draw(*arguments, **options):
        signal.raise_signal(signal.SIGINT)
        return drawn(*arguments, **options)

    monkeypatch.setattr(ours, name, draw)
    at = ("--at", "0,0.1") if command == "coverage" else ()
    found = answer(command, CARD, *at, "-n", 50, "--seed", 1, "--figure", figure, "-o", path)
    assert found["complete"]
    assert found["figure"]
    assert path.exists()
    assert figure.exists()


@pytest.mark.parametrize("command", ["toys", "coverage"])
def test_audit_of_a_study_that_was_stopped(tmp_path, monkeypatch, command):
    """Contract: no toy at random of the audit had been thrown yet; the worst so far are fitted again."""
    ours = {"toys": ToyTally, "coverage": macros.studies.toy_totals.EventTally}[command]
    add = ours.add

    def stopped(self, columns):
        add(self, columns)
        if self.n_toys >= 32:  # of coverage, at the second true value
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(ours, "add", stopped)
    options = ("-o", tmp_path / "x.root") if command == "toys" else ("--at", "0,0.1,0.2,0.3")
    n = 10**7 if command == "toys" else 16
    result = invoke(command, CARD, "-n", n, *options, "--seed", 2, "--audit", 1)
    assert result.exit_code == 130
    assert "of them the worst) fitted again" in result.stdout


def test_audit_of_toys_that_failed(capsys):
    for reached in (3, None):
        say_audit(Audit(), reached=reached)
        assert capsys.readouterr().out == "audit: the fits of all toys that were chosen for it had failed\n"
    say_audit(Audit(), reached=0)
    assert "audit: none of the toys that were chosen for it is among these" in capsys.readouterr().out


def check_continued(directory, number, status, out, err):
    """Check what toys that were stopped have left and said, and that the others continue them."""
    path, rest, whole = (directory / f"{name}.root" for name in ("first", "rest", "whole"))
    assert status == 128 + number, err
    found = json.loads(out)
    n = found["n_toys"]
    assert found["complete"] is False
    what = "interrupted" if number == signal.SIGINT else f"ended by {number.name}"
    assert err == (
        f"error: {what}: {path} holds toys 0 to {n - 1}; for the others: nugauge toys {CARD} --json "
        f"--audit 3 --seed 1 --first {n} -n {10**7 - n} -o {directory / f'first-from-{n}.root'}\n"
    )
    assert [p.name for p in directory.iterdir()] == ["first.root"]
    answer("toys", CARD, "-n", 5, "--first", n, "-o", rest, "--seed", 1, "--audit", 0)
    answer("toys", CARD, "-n", n + 5, "-o", whole, "--seed", 1, "--audit", 0)
    first, others, all_ = (columns(p) for p in (path, rest, whole))
    for name, column in all_.items():
        np.testing.assert_array_equal(np.concatenate([first[name], others[name]]), column, err_msg=name)


def test_interrupted_toys_can_be_continued(tmp_path, monkeypatch):
    """Contract: a signal leaves a whole file, and the message says how to make the others."""
    add = ToyTally.add

    def stopped(self, columns):
        add(self, columns)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(ToyTally, "add", stopped)
    options = ("--seed", 1, "--json", "--audit", 3)
    result = invoke("toys", CARD, "-n", 10**7, "-o", tmp_path / "first.root", *options)
    monkeypatch.undo()
    check_continued(tmp_path, signal.SIGINT, result.exit_code, result.stdout, result.stderr)


@pytest.mark.long  # the same of a process, as it is stopped by a person or a batch system
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_process_can_be_continued(tmp_path, number):
    path = tmp_path / "first.root"
    part = tmp_path / "first.root.part"
    with start("toys", CARD, "-n", 10**7, "-o", path, "--seed", 1, "--json", "--audit", 3) as process:
        try:
            while not (part.exists() and part.stat().st_size > 0):
                assert process.poll() is None, process.communicate()
                time.sleep(0.02)
            start_time = cpu_time(process.pid)
            while cpu_time(process.pid) < start_time + 0.6:  # a block of toys is there, on a busy machine too
                time.sleep(0.02)
            process.send_signal(number)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    check_continued(tmp_path, number, process.returncode, out, err)


def cpu_time(pid):
    """Return the CPU time [s] that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def columns(path):
    with TableFile(path, "toys") as file:
        return file.arrays()


@pytest.mark.parametrize("written", every(2, [False, True]))
def test_interrupted_coverage_reports_what_is_complete(tmp_path, monkeypatch, written):
    """Ctrl-C in the second value: what is complete is reported, and the file holds it."""
    seen = []

    def extend(seconds):
        seen.append(seconds)
        if len(seen) == 2:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("macros.terminal.pace.progress_lines", lambda *_: extend)
    path = tmp_path / "toys.root"
    output = ("-o", path) if written else ()
    few = ("-n", 10, "--seed", 1, "--audit", 0)
    result = invoke("coverage", CARD, "--at", "0.1,0.2,0.3", *few, "--json", *output)
    assert result.exit_code == 130
    document = json.loads(result.stdout)
    assert [p["value"] for p in document["points"]] == [0.1, 0.2]
    assert (document["complete"], document["file"]) == (False, str(path) if written else None)
    holds = f", and {path} holds 20 toys" if written else ""
    rest = f" -o {tmp_path}/toys-part-2.root, which `nugauge merge` joins with it" if written else ""
    assert result.stderr == (
        f"error: interrupted: 2 of 3 true values are complete{holds}; for the others: "
        f"nugauge coverage {CARD} --audit 0 --json --seed 1 --at 0.3 -n 10{rest}\n"
    )
    assert [p.name for p in tmp_path.iterdir()] == (["toys.root"] if written else [])
    assert document["points"] == answer("coverage", CARD, "--at", "0.1,0.2", *few)["points"]


def test_the_end_has_a_date():
    """Contract: a time alone is today's; what takes a year is not dated."""
    assert re.fullmatch(r"(at \d\d:\d\d:\d\d|on .*)", end_time(1.0))
    assert re.fullmatch(r"on \d{4}-\d\d-\d\d at \d\d:\d\d", end_time(2 * 86400.0))
    assert end_time(1e30) == "in more than a year"


def test_an_interrupt_that_a_module_turned_into_another_error(capsys):
    """Ctrl-C while a compiled module is loaded: it raises its own error, with Ctrl-C as the cause."""

    def load():
        raise ImportError("initialization failed") from KeyboardInterrupt()

    with pytest.raises(typer.Exit) as ended:
        guard(load)()
    assert ended.value.exit_code == 130
    assert capsys.readouterr().err == "error: interrupted: nothing was made\n"


def test_a_second_interrupt_does_not_wait(monkeypatch, capfd):
    """Contract: and the first does not, as long as there is nothing to keep."""
    monkeypatch.setattr(stopping, "PRESSED_TWICE", 0.0)
    monkeypatch.setattr(stopping.os, "isatty", lambda file: file == 2)
    with stop_on_interrupt() as stop:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        stop.keeps = True
        signal.raise_signal(signal.SIGINT)
        assert stop()
        assert "Ctrl-C again, a second later, drops it" in capfd.readouterr().err
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_that_is_pressed_twice_is_one():
    """Contract: Ctrl-C pressed twice at once does not drop what is finished."""
    with stop_on_interrupt() as stop:
        stop.keeps = True
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        assert stop()


def test_a_study_without_a_file_keeps_nothing():
    with pytest.raises(KeyboardInterrupt) as interrupted, stop_on_interrupt(has_file=False):
        signal.raise_signal(signal.SIGINT)
    assert interrupted.value.__notes__ == ["nothing is kept of a study without -o FILE"]


def test_interrupt_in_a_finaliser():
    """Contract: Ctrl-C that Python ignores, because a callback was running, comes again."""

    class Finalised:
        def __del__(self) -> None:
            raise KeyboardInterrupt

    ended = []

    @guard
    def command() -> None:
        Finalised()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            time.sleep(0.01)
        ended.append("not interrupted")

    with pytest.raises(typer.Exit) as caught:
        command()
    assert caught.value.exit_code == 130
    assert not ended
