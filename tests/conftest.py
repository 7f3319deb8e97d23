"""Fixtures of several packages; as it stands here, tests/ is on the path, so that `support` is found."""

import atexit
import contextlib
import gc
import importlib
import os
import sys
import time
from pathlib import Path

import pytest

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in commands; more of them wait for each other
gc.set_threshold(10_000, 50, 100)  # few searches for old cycles; young objects that fit into the cache

MANY = 1000
"""Tests of a run that needs all compiled functions."""
LONGEST = 120
"""Seconds that a process waits for what another one compiles."""


def pytest_configure(config):
    """Let a process of a run on several end without freeing all that it holds, object by object."""
    if hasattr(config, "workerinput"):
        atexit.register(_end, os.getpid())


def _end(process):
    if os.getpid() == process:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session):
    """Import the tests in the second process of a whole run from the last file to the first.

    Each process then finds half of the files as the other one has compiled them. A file that cannot be
    imported is imported again when it is collected, and its error is reported there.
    """
    config = session.config
    if os.environ.get("PYTEST_XDIST_WORKER") == "gw1" and config.args_source is config.ArgsSource.TESTPATHS:
        for path in sorted(Path(__file__).parent.glob("*/test_*.py"), reverse=True):
            sys.path.insert(0, str(path.parent))
            with contextlib.suppress(Exception, pytest.skip.Exception):
                importlib.import_module(path.stem)
            sys.path.remove(str(path.parent))
    return (yield)


def pytest_collection_finish():
    """Leave thousands of collected tests out of every search for cycles, which walks through all objects."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _compiled(request, tmp_path_factory):
    """Share the longest compilations out to the two processes of a long run, which else both make all.

    One has those of events, the other those of fits. None begins with its tests before both have made what
    most tests need.
    """
    worker, n_workers = (os.environ.get(f"PYTEST_XDIST_WORKER{name}") for name in ("", "_COUNT"))
    if worker not in {"gw0", "gw1"} or n_workers == "1" or len(request.session.items) < MANY:
        return
    from support.invocation import CARD, answer

    path, done = tmp_path_factory.mktemp("compiled"), tmp_path_factory.getbasetemp().parent
    few = ("--seed", 1, "--events", 10)
    cards = ("hellaz-cr51-paper", "lama-pm147-paper")  # each has a simulation of its own
    fits, events = [("toys", CARD, "--seed", 1, "-n", 2, "--audit", 0)], [("simulate", CARD, *few)]
    true = [("generate", CARD, *few), ("detect", CARD, path / "generate-0.root")]
    places = [("simulate", CARD, *few, "--columns", "vertex,time,direction")]

    def run(commands):
        for k, command in enumerate(commands):
            answer(*command, "-o", path / f"{command[0]}-{k}.root", "--force")

    try:
        run([*true, *events] if worker == "gw0" else fits)
    finally:
        (done / f"compiled-{worker}").touch()
    end = time.monotonic() + LONGEST
    while len(list(done.glob("compiled-*"))) < 2 and time.monotonic() < end:
        time.sleep(0.05)
    if worker == "gw0":
        run([*(("simulate", card, *few) for card in cards), *places])


@pytest.fixture
def second_diverges(monkeypatch):
    """The compiled fit of the second toy of each chunk does not converge."""
    import numpy as np

    from analysis.batch.search import Search

    original = Search.run

    def run(self, *data, **options):
        minima = original(self, *data, **options)
        minima.values[1:2] = np.inf
        return minima

    monkeypatch.setattr(Search, "run", run)
