"""`nugauge docs`: pages and schema that are installed with the program, in a pipe and on a terminal."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.invocation import answer, invoke, refusal

from macros.reference import COMPLETIONS, find_page, page_search, page_titles
from macros.terminal import plain

DOCS = Path(__file__).parents[2] / "docs"


def test_all_pages_are_listed_with_their_titles():
    """Contract. Finds a page without a title, or one that is not listed."""
    on_disk = {
        str(p.relative_to(DOCS).with_suffix(""))
        for f in page_search.FOLDERS
        for p in (DOCS / f).rglob("*.md")
    }
    titles = answer("docs")["pages"]
    assert set(titles) == on_disk == set(page_titles())
    assert all(titles.values())
    said = invoke("docs").stdout
    assert all(name in said for name in on_disk)


def test_a_page_is_plain_text_in_a_pipe():
    assert invoke("docs", "howto/own-source").stdout == (DOCS / "howto" / "own-source.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("own-source", "howto/own-source"),
        ("docs/howto/own-source.md", "howto/own-source"),
        ("Errata of the paper", "explanation/errata"),
        ("errat", "explanation/errata"),
        ("first-five", "tutorials/first-five-minutes"),
    ],
)
def test_a_page_is_found_by_name_and_title(asked, name):
    found = answer("docs", asked)
    assert found["page"] == name
    assert found["text"].startswith(f"# {found['title']}\n")


def test_every_page_is_found_by_its_own_name():
    for name, title in page_titles().items():
        found = find_page(name)
        assert (found.name, found.title) == (name, title)
        assert not found.text.startswith("---")


@pytest.mark.parametrize(("asked", "meant"), [("own-sorce", "howto/own-source"), ("index", "howto/index")])
def test_near_misses_are_suggested(asked, meant):
    said = " ".join(refusal("docs", asked).split())
    assert "did you mean" in said
    assert meant in said


@pytest.mark.parametrize("asked", ["qqqqqq", "../../README", "/etc/passwd", " "])
def test_what_is_no_page_is_refused(asked):
    assert "there is no such page" in " ".join(refusal("docs", asked).split())


def test_the_schema_is_that_of_the_reference():
    """Contract: the same, but that infinity, which JSON does not have, is null."""
    stated = plain(json.loads((DOCS / "reference" / "card.schema.json").read_text("utf-8")))
    assert json.loads(invoke("docs", "--schema").stdout) == stated
    assert "give one of them" in " ".join(refusal("docs", "own-source", "--schema").split())


def test_pages_are_completed():
    names = [name for name, _ in COMPLETIONS["page"]({}, "howto/")]
    assert "howto/own-source" in names
    assert [name for name, _ in COMPLETIONS["page"]({}, "own-s")] == ["own-source"]
    assert list(COMPLETIONS["page"]({}, "zzz")) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_a_terminal_has_a_pager(tmp_path):
    """Contract: what PAGER names gets the page on its standard input."""
    import pty

    got = tmp_path / "got.md"
    pager = tmp_path / "pager"
    pager.write_text(f"#!/bin/sh\ncat > {got}\n")
    pager.chmod(0o755)
    main, terminal = pty.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "nugauge", "docs", "howto/root"],
            stdout=terminal,
            env={**os.environ, "PAGER": str(pager)},
            check=False,
            timeout=60,
        )
    finally:
        os.close(terminal)
        os.close(main)
    assert done.returncode == 0
    assert got.read_text("utf-8") == (DOCS / "howto" / "root.md").read_text("utf-8")
