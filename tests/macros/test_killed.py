"""Runs that are killed: every file under its final name is complete."""

import time

import numpy as np
import pytest
from support.examples import few
from support.invocation import CARD, answer, start

RUNS = {
    "one": ("simulate", CARD, "--events", 10**6),
    "several": ("simulate", CARD, "--events", 10**6, "--events-per-file", 30_000),
    "sizes": ("simulate", CARD, "--events", 10**6, "--file-size", "600 kB", "--set", "run.format=rntuple"),
}
SECONDS = 0.5
"""From the first file to the end, about."""


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    directory = tmp_path_factory.mktemp("inputs")
    made = answer("simulate", CARD, "-o", directory / "in.root", "--seed", 1, "--events", 800_000,
                  "--events-per-file", 200_000)  # fmt: skip
    return made["files"]


def kill(directory, inputs, name, delay):
    """Kill a run some time after it began to write; return how many files it leaves under their names."""
    target = directory / "x.root"
    command = ("merge", target, *inputs) if name == "merge" else (*RUNS[name], "-o", target, "--seed", 1)
    with start(*command) as process:
        while process.poll() is None and not any(directory.iterdir()):
            time.sleep(0.005)
        time.sleep(delay)
        process.kill()
        process.communicate(timeout=60)
    found = sorted(directory.glob("*.root"))
    for path in found:
        document = answer("inspect", path, "--hashes")
        assert document["complete"], (name, delay, document["problem"])
        assert document["runinfo"]["n_generated"] > 0
    unfinished = [p.name for p in directory.iterdir() if p not in found]
    # a series has its own, by which none else writes it, and that of the file that is being written
    assert len(unfinished) <= (1 if name in {"one", "merge"} else 2)
    assert all(p.endswith(".part") for p in unfinished)
    if len(found) > 1:  # the whole files of a series are its first ones
        assert [p.name for p in found] == [f"x-{i:04d}.root" for i in range(len(found))]
    return len(found)


def killed(tmp_path, inputs, cases, seed):
    rng = np.random.default_rng(seed)
    left = []
    for i, name in enumerate(cases):
        directory = tmp_path / str(i)
        directory.mkdir()
        left.append(kill(directory, inputs, name, rng.uniform(0, SECONDS)))
    return left


@pytest.mark.parametrize("name", few(["one", "several", "merge"], "several"))
def test_a_kill(tmp_path, request, name):
    """Contract: a run that is killed leaves whole files, and unfinished ones whose names say so."""
    inputs = request.getfixturevalue("inputs") if name == "merge" else ()
    killed(tmp_path, inputs, [name], seed=1)


@pytest.mark.slow
def test_forty_kills(tmp_path, inputs):
    """Contract: the same at 40 random moments, some of which find files that are whole."""
    left = killed(tmp_path, inputs, [*RUNS, "merge"] * 10, seed=2)
    assert len(set(left[1::4])) > 1
