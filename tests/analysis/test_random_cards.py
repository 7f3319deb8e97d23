"""Random cards: single fits, fits side by side and a scan agree in the minimum, or the status says so."""

import pytest
from support.minima_study import compare_minima
from support.random_study import drawn_cards, single_fits

FEW = range(5)
"""Cards that hypothesis draws first; `python -m support.soak random` does twenty with 500 data sets each."""


@pytest.fixture(scope="module")
def cards():
    return drawn_cards(len(FEW))


@pytest.mark.parametrize("number", FEW)
def test_fits_agree_with_the_scan(cards, number):
    _, make = cards[number]
    card = make()
    found, comparison, problem = compare_minima(card, 30)
    assert not found.error
    assert (found.above, found.deeper, found.apart) == (0, 0, 0)
    assert (found.bounded_above, found.bounded_deeper) == (0, 0)
    assert single_fits(card, problem, comparison, 6) == []
