"""Commands that are stopped half-way: nothing is left, the status says why."""

import contextlib
import resource
import signal
import time

import pytest
import typer
from invocation import CARD, answer, start

from macros.status import guard

LONG = {
    "simulate": ("simulate", CARD, "--events", 10**10),
    "toys": ("toys", CARD, "-n", 10**8),
    "coverage": ("coverage", CARD, "--at", "0,0.1", "-n", 10**8),
}


@pytest.fixture(scope="module", autouse=True)
def compiled(tmp_path_factory):
    """Run everything once, so that the processes find their compiled functions."""
    path = tmp_path_factory.mktemp("compiled") / "x.root"
    answer("simulate", CARD, "-o", path, "--events", 10)
    answer("toys", CARD, "-n", 2, "-o", path)


@pytest.mark.parametrize("command", LONG)
def test_interrupt(tmp_path, command):
    """Contract: Ctrl-C in the middle of the work ends with 130, one message, and no file under any name."""
    part = tmp_path / "x.root.part"
    with start(*LONG[command], "-o", tmp_path / "x.root", "--seed", 1) as process:
        try:
            while not (part.exists() and part.stat().st_size > 0):
                assert process.poll() is None, process.communicate()
                time.sleep(0.02)
            time.sleep(0.2)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    assert (out, err) == ("", "error: interrupted\n")
    assert not list(tmp_path.iterdir())


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


def _small_disk() -> None:
    """Let the process write no file of more than 100 kB."""
    with contextlib.suppress(ValueError):
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))


@pytest.mark.parametrize(
    "arguments",
    [("simulate", CARD, "--events", 300_000), ("toys", CARD, "-n", 3000, "--no-fit")],
    ids=["simulate", "toys"],
)
def test_no_space(tmp_path, arguments):
    """Contract: a full disk is status 1 and one message; an older file of that name stays."""
    path = tmp_path / "x.root"
    path.write_bytes(b"older")
    process = start(*arguments, "-o", path, "--seed", 1, preexec_fn=_small_disk)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert out == ""
    assert err.count("error: ") == err.count("\n") == 1
    assert "File too large" in err
    assert [p.name for p in tmp_path.iterdir()] == ["x.root"]
    assert path.read_bytes() == b"older"
