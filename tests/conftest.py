"""Fixtures of several packages; as it stands here, tests/ is on the path, so that `support` is found."""

import pytest


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
