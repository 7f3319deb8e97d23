"""The HTML of a report: what it contains, and that it needs no other files."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from support import plotted

from macros.plots import Picture, band_data, limit_plot
from macros.report.html import write_report
from macros.report.page import Report, ReportFile, ReportTable, Section, report_figure


def limit_picture():
    return Picture(draw=lambda: limit_plot(plotted.LIMIT, note=("E6 χ",)), data=band_data(plotted.LIMIT))


@pytest.fixture(scope="module")
def report():
    figure = report_figure(limit_picture(), "Limit", "Observed < expected")
    table = ReportTable(caption="Counts & more", head=("from", "n"), rows=[("<250>", "402"), ("300", "360")])
    return Report(
        title="BOREXINO <Cr51> & more",
        summary=["γ is the strength of a Z′."],
        warnings=["The disk is old."],
        sections=[
            Section(title="Result", sentences=["It is valid."], figures=[figure], tables=[table]),
            Section(title="More", figures=[figure], details=[replace(table, caption="Folded")]),
        ],
        files=[ReportFile(name="a b.json", content="all numbers")],
        command="nugauge report card.toml 'my data.csv' -o out",
        card_text='[model]\nbeta = "chi"  # <b>\n',
        provenance={"versions": {"nugauge": "0.1.0", "numpy": None}, "cpu": {"features": ["avx", "fma"]}},
    )


class Checker(HTMLParser):
    """Counts elements, and notes those that are not closed in order, names that occur twice, and links."""

    VOID = frozenset({"meta", "link", "br", "hr", "img", "input"})

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.wrong, self.links, self.ids = [], [], [], [], []

    def handle_starttag(self, tag, attributes):
        self._see(tag, attributes)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self._see(tag, attributes)

    def _see(self, tag, attributes):
        self.seen.append(tag)
        self.links += [v for k, v in attributes if k in {"href", "src", "xlink:href", "action", "data"}]
        self.ids += [v for k, v in attributes if k == "id"]

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def written(path, report):
    write_report(path / "report.html", report)
    return (path / "report.html").read_text(encoding="utf-8")


def plain(html):
    body = re.sub(r"<svg.*?</svg>|<style>.*?</style>", "", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body))


def test_report_is_well_formed_and_stands_alone(tmp_path, report):
    """Contract. No script, nothing loaded, links to files beside it only, no name twice in two drawings."""
    html = written(tmp_path, report)
    assert html.startswith("<!DOCTYPE html>")
    checker = Checker()
    checker.feed(html)
    checker.close()
    assert checker.wrong == []
    assert checker.open == []
    assert checker.seen.count("svg") == 2
    assert len(set(checker.ids)) == len(checker.ids) > 10
    assert not {"script", "link", "img", "iframe", "object"} & set(checker.seen)
    inside = {link for link in checker.links if link.startswith("#")}
    assert {link[1:] for link in inside} <= set(checker.ids)
    assert set(checker.links) - inside == {"a%20b.json"}
    without_namespaces = re.sub(r'xmlns(:\w+)?="[^"]*"', "", html)
    assert not re.search(r"https?:|//[a-z]|url\((?!#)|@import", without_namespaces)


def test_report_tells_what_it_is_given(tmp_path, report):
    text = plain(written(tmp_path, report))
    for words in (
        "γ is the strength of a Z′.", "Warning. The disk is old.", "It is valid.", "402", "all numbers",
        "nugauge report card.toml", "versions.nugauge", "0.1.0", "avx, fma",
        "Observed &lt; expected. E6 χ; 95 %",
    ):  # fmt: skip
        assert words in text, words


def test_report_escapes_what_it_is_given(tmp_path, report):
    html = written(tmp_path, report)
    assert "BOREXINO &lt;Cr51&gt; &amp; more" in html
    assert "# &lt;b&gt;" in html
    assert "&lt;250&gt;" in html


def test_drawings_follow_the_page(tmp_path, report):
    """Contract. Finds a drawing with colours of its own: a white box in the dark, or black on black."""
    html = written(tmp_path, report)
    svg = "".join(re.findall(r"<svg.*?</svg>", html, re.DOTALL))
    assert "currentColor" in svg
    assert "var(--vermilion)" in svg
    assert not re.findall(r"(?:fill|stroke): (#[0-9a-f]+)", svg)
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)[1]
    assert style.count("--vermilion:") == 2


def test_headings_are_in_order(tmp_path, report):
    levels = [int(n) for n in re.findall(r"<h(\d)", written(tmp_path, report))]
    assert levels[0] == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    assert levels.count(1) == 1


def test_report_without_anything(tmp_path):
    html = written(tmp_path, Report(title="t"))
    assert "Files" not in plain(html)
    assert "Card" not in plain(html)


def test_report_is_reproducible(tmp_path, report):
    first = written(tmp_path, report)
    figure = report_figure(limit_picture(), "Limit", "Observed < expected")
    result, more = report.sections
    again = replace(report, sections=[replace(result, figures=[figure]), replace(more, figures=[figure])])
    assert written(tmp_path, again) == first


def test_report_is_whole_or_absent(tmp_path, report):
    wrong = replace(report, sections=[Section(title="x", tables=[ReportTable(caption="c", rows=[()])])])
    with pytest.raises(Exception, match="no element 0"):
        write_report(tmp_path / "report.html", wrong)
    assert list(tmp_path.iterdir()) == []
