"""Fixtures of several packages; as it stands here, tests/ is on the path, so that `support` is found."""

import gc
import os

import pytest

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in commands; more of them wait for each other

MANY = 1000
"""Tests of a run that needs all compiled functions."""


def pytest_collection_finish():
    """Leave thousands of collected tests out of every search for cycles, which walks through all objects."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _compiled(request, tmp_path_factory):
    """Share the longest compilations out to the two processes of a long run, which else both make all."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None or len(request.session.items) < MANY:
        return
    from support.invocation import CARD, answer

    simulate, toys = ("simulate", CARD, "--events", 10), ("toys", CARD, "-n", 2, "--audit", 0)
    path = tmp_path_factory.mktemp("compiled") / "x.root"
    answer(*(simulate if worker == "gw0" else toys), "--seed", 1, "-o", path)


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
