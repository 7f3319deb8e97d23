"""Data of figures of the paper, computed once for all tests; blank pictures; files of attached energies."""

import math
from contextlib import nullcontext

import numpy as np
import pytest
from support.attached import recorded, true_runs
from support.blank_pictures import blank_pictures
from support.chunked import made_once
from support.examples import few
from support.figures import cards

from macros.figures import beta, figure1, figure2, figure3, figure4

__all__ = ["recorded", "true_runs"]


@pytest.fixture
def unrendered():
    """Leave pictures blank, in a test that does not look at them."""
    with blank_pictures():
        yield


@pytest.fixture(params=few(["blank", "rendered"], "blank"))
def seldom_rendered(request):
    """Leave pictures blank as above, and in a long run also render them, without a warning."""
    with blank_pictures() if request.param == "blank" else nullcontext():
        yield


@pytest.fixture
def short_trial(monkeypatch):
    """Let `campaign new` make the rows of its trial once, in a test that does not speak of their cost."""
    monkeypatch.setattr("macros.campaigns.creation.measure_rows", made_once)
    monkeypatch.setattr("macros.campaigns.creation.audit_seconds", lambda *_: 0.03)


@pytest.fixture(scope="session")
def figure_1():
    return figure1.compute(cards(figure1), method="one-sided", errors=(1e-4, 0.05, 0.08))


@pytest.fixture(scope="session")
def figure_2():
    return figure2.compute(cards(figure2), method="one-sided", errors=(1e-4,))


@pytest.fixture(scope="session")
def figure_3():
    return figure3.compute(cards(figure3))


@pytest.fixture(scope="session")
def figure_4():
    return figure4.compute(cards(figure4), method="one-sided", errors=(0.0025, 0.01, 0.04))


@pytest.fixture(scope="session")
def figure_beta():
    near = beta.BLIND + np.radians([-1, -0.01, 0, 0.01, 1])
    return beta.compute(cards(beta), method="one-sided", betas=(*near, 0.0, math.pi / 2))


@pytest.fixture(scope="session")
def figure_1_normalisation():
    return figure1.compute(cards(figure1), method="one-sided", errors=(0.05, 0.08), normalisation=True)


@pytest.fixture(scope="session")
def figure_2_normalisation():
    return figure2.compute(cards(figure2), method="one-sided", errors=(0.01,), normalisation=True)


@pytest.fixture
def figure_named(request):
    """Return the data of a figure by its name, such as "1-normalisation"."""
    return lambda name: request.getfixturevalue(f"figure_{name.replace('-', '_')}")
