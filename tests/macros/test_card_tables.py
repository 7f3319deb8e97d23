"""How cards show themselves, as text and as HTML."""

from support.hard_cards import HARD
from support.html_tables import TAGS, Table

import nugauge


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
