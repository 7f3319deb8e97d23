"""`nugauge docs`: pages of the documentation, and the schema of cards, as installed with the program."""

import os
import shlex
import shutil
import subprocess
import sys
from typing import Annotated

import typer

from macros.terminal import JsonOption, completed, emit_json, emit_text, number_of, print_table, say

__all__ = ["docs"]

_PAGERS = (("less", "-FRX"), ("more",))
"""Programs that show a long text in a terminal, the first that is there."""


def docs(
    page: Annotated[
        str,
        typer.Argument(
            metavar="PAGE",
            help="A page, such as howto/own-source, own-source, or the beginning of its title; else all are "
            "listed.",
            show_default=False,
            autocompletion=completed("page"),
        ),
    ] = "",
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON schema of a card, for editors.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show a page of the documentation, or the schema of cards.

    The pages are installed with the program. A terminal shows them by the program that PAGER names, or less.
    """
    from macros.reference import card_schema, find_page, page_titles

    if schema:
        if page:
            raise typer.BadParameter("--schema prints the schema of a card, PAGE a page: give one of them")
        emit_json(card_schema())
        return
    if page:
        found = find_page(page)
        if not found.name:
            similar = f": did you mean {', '.join(found.similar)}?" if found.similar else ""
            raise typer.BadParameter(f"PAGE {page!r}: there is no such page{similar}")
        if as_json:
            emit_json({"pages": None, "page": found.name, "title": found.title, "text": found.text})
        else:
            _show(found.text)
        return
    titles = page_titles()
    if as_json:
        emit_json({"pages": titles, "page": None, "title": None, "text": None})
        return
    print_table(("page", "title"), list(titles.items()))
    say(f"{number_of(len(titles), 'page')}: `nugauge docs PAGE` shows one")


def _show(text: str) -> None:
    """Write a page through a pager on a terminal, else as it is."""
    pager = _pager() if sys.stdout.isatty() else None
    if pager is None:
        emit_text(text)
        return
    # Ctrl-C belongs to the pager; one that is closed early has read enough
    subprocess.run(pager, input=text, encoding="utf-8", errors="replace", check=False)


def _pager() -> list[str] | None:
    stated = os.environ.get("PAGER", "").strip()
    for words in (shlex.split(stated), *map(list, _PAGERS)):
        if words and shutil.which(words[0]):
            return words
    return None
