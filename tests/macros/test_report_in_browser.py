"""Reports in headless Chromium: no message, every figure visible and legible, contrast and headings by axe.

They need Chromium and node, and ``npm install --prefix tests/browser``; ``pytest -m browser`` runs them.
"""

import re
from itertools import pairwise

import pytest
from support.browser import in_browser, need_browser
from support.invocation import CARD, answer

pytestmark = pytest.mark.browser

MODES = ("wide", "narrow", "dark", "print")
SMALLEST = 9.0
"""Pixels of the smallest texts of a drawing, its tick labels, on a telephone."""
TICKS = 8.5 * 1.3 * 0.833
"""Points of the tick labels of a drawing for a page."""


def examine(report, pictures=None):
    """Open a report in all modes; return what was found in each."""
    return in_browser("examine.mjs", report, *([pictures] if pictures else []))


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Reports of every kind, as a browser shows them."""
    need_browser()
    path = tmp_path_factory.mktemp("pages")
    answer("run", CARD, "-o", path / "run", "--seed", 1)
    options = ("--seed", 1, "--toys", 50, "--gof", 20, "--set", "model.gamma=0.5")
    answer("report", CARD, path / "run" / "spectrum.csv", "-o", path / "data", *options)
    answer("coverage", CARD, "--at", "0,0.1", "-n", 20, "--seed", 1, "--report", path / "coverage")
    answer("calibrate", CARD, "--at", "0,0.1", "-n", 50, "--part", "--seed", 1, "-o", path / "t.root",
           "--report", path / "calibrate")  # fmt: skip
    names = ("run", "data", "coverage", "calibrate")
    return {name: examine(path / name / "report.html") for name in names}


def each(pages):
    for name, page in pages.items():
        for mode in MODES:
            yield f"{name}, {mode}", page[mode]


def test_nothing_is_said_on_the_console(pages):
    """Contract. Finds an error, a warning, or something that could not be loaded."""
    assert {where: found["messages"] for where, found in each(pages) if found["messages"]} == {}


def test_axe_finds_no_fault(pages):
    """Contract. Contrast, headings, names of figures, tables: no violation of a rule of axe-core."""
    assert {where: found["violations"] for where, found in each(pages) if found["violations"]} == {}
    for _, found in each(pages):
        assert {"color-contrast", "heading-order", "role-img-alt", "page-has-heading-one"} <= {
            *found["passed"]
        }


def test_headings_are_in_order(pages):
    for where, found in each(pages):
        levels = found["headings"]
        assert levels[0] == 1, where
        assert all(b <= a + 1 for a, b in pairwise(levels)), where


def test_every_figure_is_visible_and_legible(pages):
    """Contract. Drawn, as wide as the page allows, with an alternative text and letters that can be read."""
    n_figures = {"run": 5, "data": 5, "coverage": 1, "calibrate": 1}
    for where, found in each(pages):
        assert len(found["figures"]) == n_figures[where.partition(",")[0]], where
        assert found["overflow"] <= 0, where
        for figure in found["figures"]:
            assert figure["shapes"] > 20, where
            assert figure["height"] > 100, where
            assert len(figure["name"]) > 30, where
            assert figure["pixelsPerPoint"] * TICKS >= SMALLEST, where


def test_figures_are_dark_in_the_dark_and_light_on_paper(pages):
    """Contract. Finds white boxes on a dark page, black letters on it, or a dark page in print."""
    for name, page in pages.items():
        for mode, dark in (("wide", False), ("dark", True), ("print", False)):
            background = brightness(page[mode]["background"])
            assert (background < 60) is dark, (name, mode)
            for figure in page[mode]["figures"]:
                shades = [brightness(fill) for fill in figure["fills"] if fill.startswith("rgb(")]
                assert (max(shades) > 200) is True or not dark, (name, mode)
                assert not dark or min(shades) > 60, (name, mode)  # no letter is as dark as the page
                assert dark or min(shades) < 60, (name, mode)


def brightness(colour):
    red, green, blue = map(float, re.findall(r"[\d.]+", colour)[:3])
    return 0.299 * red + 0.587 * green + 0.114 * blue


def test_folded_sections_are_open_in_print(pages):
    for name, page in pages.items():
        assert page["print"]["folded"], name
        assert all(page["print"]["folded"]), name
        assert not any(page["wide"]["folded"]), name
