"""Cards as text and as HTML."""

from support.hard_cards import HARD
from support.html_tables import TAGS, Table

import nugauge
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
