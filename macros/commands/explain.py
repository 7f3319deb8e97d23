"""`nugauge explain`: what a name means, in cards, options, files and results."""

import shutil
from collections.abc import Iterator
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from macros.terminal import JsonOption, completed, emit_json, say

if TYPE_CHECKING:
    from macros.reference import Entry

__all__ = ["explain"]

_WIDEST = 110
_LISTED = 60
"""Most entries that are listed for the beginning of a name."""


def explain(
    ctx: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A key of a card (fit.drawn, drawn), an option (--audit), a command, a branch of a file "
            "(q_true), a key of JSON (n_regions), a value of status (32); or its beginning.",
            show_default=False,
            autocompletion=completed("topic"),
        ),
    ],
    as_json: JsonOption = False,
) -> None:
    """Explain a key, an option, a branch or a bit of status.

    From the pages of the documentation, with the page where more stands.
    """
    from macros.reference import entries, look_up

    found = look_up(name, [*entries(), *_of_commands(ctx.find_root().command, "")])
    if not (found.exact or found.beginning):
        similar = f": did you mean {', '.join(found.similar)}?" if found.similar else ""
        raise typer.BadParameter(f"NAME {name!r}: nothing in cards, options or files is called so{similar}")
    if as_json:
        shown = found.exact or found.beginning
        emit_json({"name": name, "exact": bool(found.exact), "entries": [_document(e) for e in shown]})
        return
    for number, entry in enumerate(found.exact):
        if number:
            say()
        _say(entry)
    if found.beginning:
        _list(found.beginning)


def _of_commands(group: Any, prefix: str) -> "Iterator[Entry]":
    """List commands, and options with all commands that have one of the same meaning."""
    from macros.reference import Entry

    options: dict[tuple[str, str], list[str]] = {}
    for name, command in _commands(group, prefix):
        yield Entry(kind="command", name=name, facts=(("meaning", " ".join((command.help or "").split())),))
        for parameter in command.params:
            text = " ".join((getattr(parameter, "help", "") or "").split())
            for option in parameter.opts if parameter.param_type_name == "option" else ():
                options.setdefault((option, text), []).append(name)
    for (option, text), names in options.items():
        yield Entry(kind="option", name=option, facts=(("of", ", ".join(names)), ("meaning", text)))


def _commands(group: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


def _document(entry: "Entry") -> dict[str, Any]:
    return {"kind": entry.kind, "name": entry.name, "facts": dict(entry.facts), "page": entry.page or None}


def _say(entry: "Entry") -> None:
    """Write an entry, its lines as wide as the terminal."""
    say(f"{entry.name}: {entry.kind}", bold=True)
    width = min(shutil.get_terminal_size().columns, _WIDEST) - 1
    facts = [*entry.facts, *([("page", entry.page)] if entry.page else [])]
    for head, text in facts:
        for number, line in enumerate(wrap(text, max(width - 13, 20), break_long_words=False)):
            say(f"  {'' if number else head:<10} {line}")


def _list(found: "tuple[Entry, ...]") -> None:
    """Write names that begin so, each with its meaning in a line."""
    width = min(shutil.get_terminal_size().columns, _WIDEST) - 1
    longest = max(len(entry.name) for entry in found[:_LISTED])
    for entry in found[:_LISTED]:
        lines = wrap(f"{entry.kind}; {entry.brief}", max(width - longest - 2, 20))
        for number, line in enumerate(lines):
            say(f"{'' if number else entry.name:<{longest}}  {line}")
    if len(found) > _LISTED:
        say(f"and {len(found) - _LISTED} more")
