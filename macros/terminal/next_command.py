"""The command line that goes on with a run that was stopped."""

import shlex
from collections.abc import Mapping, Sequence
from contextvars import ContextVar

__all__ = ["command_line", "remember"]

_typed: ContextVar[tuple[str, ...]] = ContextVar("_typed", default=())
"""Name of the command, and its arguments and options as they were typed."""
_PICTURES = ("--figure", "--style", "--report", "--impacts", "--profile", "--profile-at")
"""Options for what a command shows of its part of the toys, whose files are there already."""
_SAME = {"-o": "--output", "--output": "-o"}


def remember(name: str, arguments: Sequence[str]) -> None:
    """Keep what was typed, for `command_line`."""
    _typed.set((name, *arguments))


def command_line(changes: Mapping[str, object], *, of: Sequence[str] = ()) -> str:
    """Write the present command with other values of some options, ready for a shell.

    Parameters
    ----------
    changes : mapping of str to object
        Values of options; None leaves an option out.
    of : sequence of str
        Commands that understand these options; any, if not given.

    Returns
    -------
    str
        The options alone, if no such command was typed, as from Python.

    Examples
    --------
    >>> remember("toys", ["my card.toml", "-n5", "--seed=1", "--force"])
    >>> command_line({"--seed": 1, "--first": 3, "-n": 2})
    "nugauge toys 'my card.toml' --seed 1 --first 3 -n 2"
    """
    new: list[str] = []
    for option, value in changes.items():
        text = str(value)
        if value is not None:
            new += [f"{option}={text}"] if text.startswith("-") else [option, text]
    name, *typed = _typed.get() or ("",)
    if not name or (of and name not in of):
        return shlex.join(new)
    dropped = {*changes, *(_SAME[option] for option in changes if option in _SAME), *_PICTURES}
    end = typed.index("--") if "--" in typed else len(typed)
    kept = _without(typed[:end], dropped)
    return shlex.join(["nugauge", name, *kept, *new, *typed[end:]])


def _without(typed: Sequence[str], dropped: set[str]) -> list[str]:
    """Leave out options with their values, and permission to replace files."""
    kept: list[str] = []
    words = iter(typed)
    for word in words:
        if word == "--force":
            continue
        if word in dropped:
            next(words, None)
        elif word.partition("=")[0] not in dropped and not _is_short(word, dropped):
            kept.append(word)
    return kept


def _is_short(word: str, dropped: set[str]) -> bool:
    """Tell whether a word is an option of one letter with its value, such as -n5."""
    return len(word) > 2 and word[0] == "-" and word[1] != "-" and word[:2] in dropped
