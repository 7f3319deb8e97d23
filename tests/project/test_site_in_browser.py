"""The built pages in headless Chromium: the search works from the disk, without a server.

It needs a browser as tests/macros/test_report_in_browser.py, and the pages that ``nox -s docs`` builds, or
those in the directory that the environment variable NUGAUGE_SITE names.
"""

import os
from pathlib import Path

import pytest
from support.browser import in_browser, need_browser

pytestmark = pytest.mark.browser

SITE = Path(os.environ.get("NUGAUGE_SITE", Path(__file__).parents[2] / "docs" / "_build" / "html")).resolve()


@pytest.mark.parametrize(
    ("words", "page"),
    [
        ("coverage", "tutorials/coverage-study.html"),
        ("own background", "howto/own-background.html"),
        ("quenching", "reference/cards.html"),
    ],
)
def test_search_from_the_disk(words, page):
    """Promise: a search finds the page about what is searched, with no message on the console."""
    need_browser()
    if not (SITE / "search.html").is_file():
        pytest.skip(f"{SITE} has no pages: nox -s docs builds them")
    found = in_browser("search.mjs", SITE, words)
    assert found["messages"] == []
    assert page in {address.split("#")[0] for address in found["pages"]}
