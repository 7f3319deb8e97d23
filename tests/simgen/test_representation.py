"""Objects shown as tables, in text and in HTML."""

import math
from dataclasses import replace

import numpy as np
import pytest
from support.html_tables import HOSTILE, TAGS, Table

from simgen import E6, Events, Source, cr51, pm147
from simgen.representation import html_table, readable, text_table


def events(n):
    integers, values = np.arange(n, dtype=np.int32), np.linspace(0.1, 0.2, n)
    columns = {"E_nu": values, "T": values, "cos_theta": values, "time": values}
    return Events(
        event=integers.astype(np.int64), component=integers, line=integers, n_generated=9, **columns
    )


def test_html_keeps_what_is_said_and_opens_no_tag_of_the_users():
    rows = [(HOSTILE, "1 MeV"), ("name", HOSTILE)]
    table = Table(html_table(HOSTILE, rows))
    assert table.cells["caption"] == [HOSTILE]
    assert list(zip(table.cells["th"], table.cells["td"], strict=True)) == rows
    assert set(table.tags) == TAGS


def test_text_is_aligned():
    lines = text_table("title", [("a", "1"), ("longer", "2 MeV"), ("empty", "")]).splitlines()
    assert lines == ["title", "  a       1", "  longer  2 MeV", "  empty"]
    assert text_table("title", []) == "title"


@pytest.mark.parametrize(
    ("value", "units", "text"),
    [
        (0.25, ("eV", "keV", "MeV"), "250 keV"),
        (1.0, ("eV", "keV", "MeV"), "1 MeV"),
        (-0.0005, ("eV", "keV", "MeV"), "-500 eV"),
        (0.0, ("s", "d"), "0 s"),
        (math.inf, ("s", "d"), "inf s"),
        (math.nan, ("s", "d"), "nan s"),
        (1e-9, ("cm", "m"), "1e-09 cm"),
        (2 / 3, (), "0.666667"),
    ],
)
def test_units_are_the_largest_that_fit(value, units, text):
    assert readable(value, *units) == text


@pytest.mark.parametrize(
    "shown",
    [
        cr51(),
        pm147(),
        E6(beta="chi", gamma=0.05, mu_nu=1e-11, delta_m2=1.0),
        events(3),
    ],
    ids=lambda shown: type(shown).__name__,
)
def test_html_of_objects_is_whole(shown):
    table = Table(shown._repr_html_())
    assert len(table.cells["th"]) == len(table.cells["td"]) > 2
    assert all(table.cells["th"])
    assert all(table.cells["td"])


def test_names_of_users_are_escaped():
    component = replace(cr51().components[0], name=HOSTILE)
    source = Source(name=HOSTILE, components=(component,), half_life=86400.0)
    table = Table(source._repr_html_())
    assert set(table.tags) == TAGS
    assert HOSTILE in table.cells["caption"][0]
    assert HOSTILE in table.cells["th"]
    assert ("half-life", "1 d") in zip(table.cells["th"], table.cells["td"], strict=True)
    assert repr(source).splitlines()[1].split() == ["half-life", "1", "d"]


def test_events_show_their_columns_with_units():
    lines = repr(events(3)).splitlines()
    assert lines[0] == "3 events of 9 generated"
    assert lines[-1].split() == ["time", "0.1", "to", "0.2", "s"]
    assert [line.split()[0] for line in lines[1:]] == list(events(3).columns())
    assert repr(events(0)).count("empty") == len(events(0).columns())
