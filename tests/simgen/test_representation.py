"""How objects show themselves: tables as text and as HTML."""

import math
from html.parser import HTMLParser

import pytest

from simgen.representation import html_table, readable, text_table

HOSTILE = "<script>alert(1)</script> & \"x\" '"


class Table(HTMLParser):
    """Reads caption, names and values back, and knows every tag that was opened."""

    def __init__(self, text):
        super().__init__()
        self.cells, self.tags, self._open = {"caption": [], "th": [], "td": []}, [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self._open.append(tag)
        if tag in self.cells:
            self.cells[tag].append("")

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.cells[self._open[-1]][-1] += data


def test_html_keeps_what_is_said_and_opens_no_tag_of_the_users():
    rows = [(HOSTILE, "1 MeV"), ("name", HOSTILE)]
    table = Table(html_table(HOSTILE, rows))
    assert table.cells["caption"] == [HOSTILE]
    assert list(zip(table.cells["th"], table.cells["td"], strict=True)) == rows
    assert set(table.tags) == {"table", "caption", "tbody", "tr", "th", "td"}
    assert table._open == []


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
