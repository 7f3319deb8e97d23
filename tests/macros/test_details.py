"""What `nugauge fit --details` writes, and the same in JSON and Python."""

import numpy as np
import pytest
from support.invocation import CARD, answer, invoke

from macros.card import load_card


@pytest.fixture(scope="module")
def events(tmp_path_factory):
    path = tmp_path_factory.mktemp("details") / "events.root"
    answer("simulate", CARD, "-o", path, "--seed", 1)
    return path


def test_json_and_python_say_the_same(events):
    """Contract. Pulls, matrix, minima and impacts, number by number."""
    found = answer("fit", CARD, events, "--details")
    card = load_card(CARD)
    result, impacts = card.fit(events), card.fit.impacts(events)
    assert list(found["pulls"]) == found["correlation"]["parameters"][1:] == [p.name for p in result.pulls]
    for pull in result.pulls:
        for key, value in found["pulls"][pull.name].items():
            assert getattr(pull, key) == value
    np.testing.assert_array_equal(found["correlation"]["matrix"], result.covariance.correlation)
    np.testing.assert_array_equal(found["correlation"]["covariance"], result.covariance.matrix)
    assert list(found["impacts"]["impacts"]) == [i.name for i in impacts.impacts]
    for impact in impacts.impacts:
        for key, value in found["impacts"]["impacts"][impact.name].items():
            assert getattr(impact, key) == value
    (minimum,) = found["minima"]
    assert minimum["value"] == found["parameters"]["gamma"]["value"]


def test_text_is_short_without_details(events):
    """Contract. Without --details the text of a fit is the table of its parameters and the deviance."""
    short, long = (invoke("fit", CARD, events, *options).stdout for options in ((), ("--details",)))
    assert long.startswith(short)
    assert len(short.splitlines()) == 5
    for words in ("pulls of nuisance parameters", "correlations", "impacts: change of gamma", "minima of -2"):
        assert words in long
        assert words not in short


def test_details_without_a_matrix(events):
    """Contract. A magnetic moment at 0: text and JSON say why there is no matrix and no impact."""
    options = ("--set", "model.name=SM", "--set", "fit.poi=mu_nu")
    words = invoke("fit", CARD, events, *options, "--details").stdout
    assert "no correlation matrix: mu_nu is within its error of 0" in words
    assert "no impacts: mu_nu has no Hesse error" in words
    found = answer("fit", CARD, events, *options, "--details")
    assert found["correlation"]["matrix"] is None
    assert found["impacts"]["impacts"] == {}
    assert "mu_nu" in found["impacts"]["reason"]
