"""Tab: which values an argument or option completes to, and what bash makes of a word with `=`."""

import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from typing import Any, Literal

import typer

__all__ = [
    "Known",
    "completed",
    "completing",
    "finish_installation",
    "know_values",
    "shell_words",
    "words_of_bash",
]

Known = Literal[
    "card", "preset", "override", "poi", "values", "experiment", "task", "topic", "page", "figure"
]
"""Kinds of values that the program knows."""
Values = Callable[[Mapping[str, Any], str], Iterable[str | tuple[str, str]]]
"""Takes the parameters of the command so far, and the beginning of the word; gives values."""

COMPLETE = "_NUGAUGE_COMPLETE"
"""Variable of the environment with which a shell asks for values."""

_ZSH = '[ "$funcstack[1]" = "_nugauge" ] && _nugauge_completion "$@"'
_known: dict[Known, Values] = {}


def know_values(values: Mapping[Known, Values]) -> None:
    """Say where the values of each kind come from."""
    _known.update(values)


def completed(kind: Known) -> Callable[[typer.Context, str], list[str | tuple[str, str]]]:
    """Make what Typer calls at Tab for the values of a kind.

    Notes
    -----
    Whatever fails there gives no values: a shell has no place for a message.
    """

    def complete(ctx: typer.Context, incomplete: str) -> list[str | tuple[str, str]]:
        try:
            return list(_known[kind](ctx.params, incomplete))
        except Exception:
            return []

    return complete


def completing() -> bool:
    """Tell whether a shell asks for values."""
    return COMPLETE in os.environ


def words_of_bash(words: list[str], current: int) -> tuple[list[str], int, str]:
    """Join what bash splits at `=`.

    Parameters
    ----------
    words : list of str
        As in ``COMP_WORDS``.
    current : int
        Number of the word at the cursor, as ``COMP_CWORD``.

    Returns
    -------
    words : list of str
    current : int
    kept : str
        Beginning of the word at the cursor that bash keeps: values are given without it.

    Examples
    --------
    >>> words_of_bash(["nugauge", "check", "a.toml", "--set", "model.name", "=", "E"], 6)
    (['nugauge', 'check', 'a.toml', '--set', 'model.name=E'], 4, 'model.name=')
    """
    joined: list[str] = []
    at, kept, glue = current, "", False
    for number, word in enumerate(words):
        before = joined[-1] if joined else ""
        if joined and number > 1 and (word == "=" or glue):
            joined[-1] = before + word
            if number <= current:
                at = len(joined) - 1
            if number == current:
                kept = joined[-1] if word == "=" else before
        else:
            joined.append(word)
            if number == current:
                at = len(joined) - 1
        glue = word == "="
    if current == len(words):
        at = len(joined)
    return joined, at, kept


def finish_installation() -> None:
    """Let zsh complete at the first Tab of a session, too.

    Notes
    -----
    zsh loads the file at the first Tab and takes it for the completion, whereas Typer's file defines it.
    """
    path = Path.home() / ".zfunc" / "_nugauge"
    with suppress(OSError):
        text = path.read_text(encoding="utf-8")
        if _ZSH not in text:
            path.write_text(f"{text.rstrip()}\n\n{_ZSH}\n", encoding="utf-8")


@contextmanager
def shell_words() -> Iterator[None]:
    """Let a word with `=` be one word in bash, too, and give bash what is to stand after the `=`."""
    if os.environ.get(COMPLETE) != "complete_bash" or "COMP_WORDS" not in os.environ:
        yield
        return
    words = os.environ["COMP_WORDS"].split("\n")
    joined, at, kept = words_of_bash(words, int(os.environ.get("COMP_CWORD", "0")))
    os.environ |= {"COMP_WORDS": "\n".join(joined), "COMP_CWORD": str(at)}
    out = io.StringIO()
    try:
        with redirect_stdout(out):
            yield
    finally:
        lines = out.getvalue().splitlines()
        sys.stdout.write("".join(f"{line.removeprefix(kept)}\n" for line in lines))
        sys.stdout.flush()
