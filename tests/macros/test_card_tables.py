"""Cards as text and as HTML."""

import inspect
import pydoc
from xml.etree import ElementTree as ET

import numpy as np
from support.hard_cards import HARD
from support.html_tables import HOSTILE, TAGS, Table

import nugauge
from analysis.quotation import quoted
from macros.card import ByExperiment, ToyColumns
from macros.card.settings import CardFit


def test_a_card_shows_experiments_model_and_settings():
    card = nugauge.load_card("borexino-cr51-realistic", ["model.gamma=0.05", "run.seed=7"])
    lines = [line.split(maxsplit=1) for line in repr(card).splitlines()[1:]]
    assert ["backgrounds", "flat"] in lines
    assert ["seed", "7"] in lines
    assert any("gamma=0.05" in value for name, value in lines if name == "model")


def test_html_of_a_card_has_all_its_experiments():
    card = nugauge.load_card(str(HARD / "two_experiments.toml"))
    table = Table(card._repr_html_())
    assert set(table.tags) == TAGS
    assert [name for name in table.cells["th"] if name.startswith("experiment")] == [
        "experiment one",
        "experiment two",
    ]
    assert len(table.cells["th"]) == len(table.cells["td"])


def test_completion_lists_public_names_only():
    assert dir(nugauge) == sorted(nugauge.__all__)


def read(shown):
    """Read the HTML back, and compare the text with it; return the title, and the rows by name."""
    table = Table(shown._repr_html_())
    assert set(table.tags) == TAGS
    pairs = list(zip(table.cells["th"], table.cells["td"], strict=True))
    title, *lines = repr(shown).splitlines()
    assert [title] == table.cells["caption"]
    assert [" ".join(line.split()) for line in lines] == [" ".join(f"{k} {v}".split()) for k, v in pairs]
    return title, dict(pairs)


def test_a_card_shows_the_settings_of_its_fit():
    card = nugauge.load_card("borexino-cr51-realistic")
    title, shown = read(card.fit)
    assert title == "Fit of the card 'borexino-cr51-realistic'"
    assert (shown["poi"], shown["limit_level"], shown["error_per_bin"]) == ("gamma", "0.95", "none")
    assert read(CardFit())[0] == "Settings of a fit"


def test_what_a_fit_is_made_of_and_gives_is_readable():
    card = nugauge.load_card("borexino-cr51-realistic")
    data = card.measured(card.expect(), {"activity": 1.01})
    title, shown = read(data)
    assert (title, shown["activity"]) == ("Data", "measured 1.01")
    assert shown[card.experiment.name].startswith("expectation: counts in the bins ")

    title, shown = read(card.fit.impacts(data))
    assert title == "Impacts on gamma"
    assert next(iter(shown)) == "gamma"
    assert " at +1 error, " in shown["activity"]

    title, shown = read(card.fit.profile(data, [-0.1, 0.0, 0.1]))
    assert title == "Profile of gamma"
    assert shown["values of gamma"] == "3 from -0.1 to 0.1"
    assert shown["profiled"] == "activity, background_flat"

    title, shown = read(nugauge.make_fitter(card.experiment, card.model))
    assert title == "Fitter of gamma"
    assert (shown["bins"], shown["nuisance parameters"]) == ("6", "activity, background_flat")


def test_dir_and_tab_show_what_is_needed():
    """Contract. Finds a private name in what Tab offers, one left out, a method without example."""
    card = nugauge.load_card("borexino-cr51-realistic")
    for shown in (card, card.fit):
        names = dir(shown)
        assert not [name for name in names if name.startswith("_")]
        assert set(names) == {name for name in object.__dir__(shown) if not name.startswith("_")}
        for name in names:
            member = getattr(type(shown), name, None)
            if inspect.isfunction(member):
                assert "Examples" in (inspect.getdoc(member) or ""), name
    assert {"simulate", "fit", "limit", "coverage", "toys"} <= set(dir(card))
    assert {"profile", "impacts", "poi"} <= set(dir(card.fit))
    assert not [name for name in dir(nugauge) if name.startswith("_") and name != "__version__"]
    assert "data : Events" in pydoc.render_doc(card.fit, renderer=pydoc.plaintext)


def test_answers_of_several_experiments_stand_below_each_other():
    """Contract: a mapping as before, whose HTML is whole and has the answer of each, and its escaped name."""
    card = nugauge.load_card("borexino-hellaz-cr51")
    expected = card.expect()
    assert isinstance(expected, dict)
    assert list(expected) == [e.name for e in card.experiments]
    root = ET.fromstring(expected._repr_html_())
    assert [h.text for h in root.iter("h4")] == list(expected)
    assert len(root.findall("section")) == len(expected)
    hostile = ET.fromstring(ByExperiment({HOSTILE: HOSTILE})._repr_html_())
    assert hostile.find(".//h4").text == HOSTILE


def test_toys_show_their_estimates_and_stay_columns():
    """Contract: number, mean with its error, deviation and histogram, of the columns themselves."""
    columns = nugauge.load_card("borexino-cr51-realistic").toys(300, seed=1)
    assert isinstance(columns, dict)
    table = Table(columns._repr_html_())
    shown = dict(zip(table.cells["th"], table.cells["td"], strict=True))
    gamma = columns["gamma"].astype(float)
    assert shown["toys"] == "300, 0 to 299"
    assert shown["mean of gamma"] == quoted(gamma.mean(), gamma.std(ddof=1) / 300**0.5)
    assert shown["columns"].split(", ") == list(columns)
    (drawn,) = table.pictures
    assert "estimate of gamma" in drawn.texts
    thrown = ToyColumns({"toy": np.arange(3), "counts": np.ones((3, 2))}, "gamma")
    assert Table(thrown._repr_html_()).pictures == []
