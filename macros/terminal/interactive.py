"""Progress of long work in Python: in a notebook, or on a terminal."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from html import escape
from typing import Any

from macros.terminal.console import format_number, terminal_bar

__all__ = ["interactive_progress", "show_progress"]

_AFTER = 1.0
"""Seconds of work after which it is shown."""
_EVERY = 0.2
"""Seconds between changes in a notebook."""

_wanted = True

Advance = Callable[[float], None]
Shown = Callable[[str, float | None, str, float], AbstractContextManager[Advance]]


def show_progress(shown: bool = True) -> None:
    """Show how far long work is, in this session of Python, or do not.

    Parameters
    ----------
    shown : bool
        True, as it is without a call: work of more than a second has a bar in a notebook, and on a terminal.
        False: nothing has.

    Examples
    --------
    >>> import nugauge
    >>> nugauge.show_progress(False)
    >>> nugauge.show_progress()
    """
    global _wanted  # noqa: PLW0603 (one session has one reader)
    _wanted = shown


@contextmanager
def interactive_progress(title: str, total: float | None, unit: str) -> Iterator[Advance]:
    """Show how far a long work is, if somebody looks; as `macros.terminal.console.progress` for commands.

    Parameters
    ----------
    title, total, unit
        As there.

    Yields
    ------
    callable
        To be called with the work done since the last call.

    Notes
    -----
    In a notebook, and where standard error is a terminal, after a second; the bar is gone at the end. Nothing
    where the output is piped, and nothing after `show_progress(False)`.
    """
    show = _place() if _wanted else None
    start, done = time.monotonic(), 0.0
    bar: Advance | None = None
    with ExitStack() as stack:

        def advance(n: float) -> None:
            nonlocal done, bar
            done += n
            if show is None:
                return
            if bar is not None:
                bar(n)
            elif time.monotonic() - start > _AFTER:
                bar = stack.enter_context(show(title, total, unit, start))
                bar(done)

        yield advance


def _place() -> Shown | None:
    """Return what shows progress here; None if nobody would see it."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if getattr(shell, "kernel", None) is not None:
        return _notebook_bar
    return terminal_bar if sys.stderr is not None and sys.stderr.isatty() else None


@contextmanager
def _notebook_bar(title: str, total: float | None, unit: str, started: float) -> Iterator[Advance]:
    """Show a bar in the output of a cell.

    Notes
    -----
    rich would need ipywidgets for a bar that moves; the bar of HTML needs nothing.
    """
    from IPython.display import HTML, display

    handle: Any = display(HTML(_bar_html(title, 0.0, total, unit, 0.0)), display_id=True)
    done, shown = 0.0, 0.0

    def advance(n: float) -> None:
        nonlocal done, shown
        done += n
        now = time.monotonic()
        if now - shown > _EVERY:
            shown = now
            handle.update(HTML(_bar_html(title, done, total, unit, now - started)))

    try:
        yield advance
    finally:
        handle.update(HTML(""))


def _bar_html(title: str, done: float, total: float | None, unit: str, seconds: float) -> str:
    """Write a bar with rate and remaining time.

    Examples
    --------
    >>> print(_bar_html("toys", 2500.0, 10000.0, "toys", 5.0))
    <div>toys <progress value="0.25"></progress> 25 %, 500 toys/s, 15 s left</div>
    """
    rate = done / max(seconds, 1e-9)
    text = f"{format_number(rate, 3)} {unit}/s"
    if not total:
        return f"<div>{escape(title)} <progress></progress> {escape(text)}</div>"
    share = min(done / total, 1.0)
    if rate > 0:
        text += f", {max(total - done, 0.0) / rate:.0f} s left"
    bar = f'<progress value="{share:.4g}"></progress>'
    return f"<div>{escape(title)} {bar} {100 * share:.0f} %, {escape(text)}</div>"
