"""Random cards: single fits, fits side by side and a scan agree in the minimum, or the status says so."""

import pytest
from support.examples import few
from support.minima_study import compare_minima
from support.random_cards import MODELS
from support.random_study import drawn_cards, single_fits

FAST = ["beta", "charge_radius", "eps_R", "gamma", "gamma, true value 0.3", "mu_nu", "sin2_2theta"]
"""Parameters whose cards take a second; `python -m support.soak random` does all, 500 data sets each."""


@pytest.fixture(scope="module")
def cards():
    return dict(zip(sorted(MODELS), drawn_cards(len(MODELS)), strict=True))


@pytest.mark.long
@pytest.mark.parametrize("name", few(FAST, "eps_R"))
def test_fits_agree_with_the_scan(cards, name):
    """Property. The cards are drawn by hypothesis; 20 data sets of each."""
    _, make = cards[name]
    card = make()
    found, comparison, problem = compare_minima(card, 20)
    assert not found.error
    assert (found.above, found.deeper, found.apart) == (0, 0, 0)
    assert (found.bounded_above, found.bounded_deeper) == (0, 0)
    assert single_fits(card, problem, comparison, 4) == []
