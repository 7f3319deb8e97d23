"""Progress of long work in Python: in a notebook, or on a terminal."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from html import escape
from typing import Any

from macros.terminal.console import format_number
from macros.terminal.pace import Pace, terminal_bar

__all__ = ["bar_html", "interactive_progress", "show_progress"]

_AFTER = 1.0
"""Seconds of work after which it is shown."""
_EVERY = 0.2
"""Seconds between changes in a notebook."""

Advance = Callable[[float], None]
Shown = Callable[[str, str, Pace], AbstractContextManager[Callable[[], None]]]


@dataclass(slots=True)
class _Session:
    """What the reader of this session of Python wants to see."""

    shows_progress: bool = True


_SESSION = _Session()


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
    _SESSION.shows_progress = shown


@contextmanager
def interactive_progress(title: str, total: float | None, unit: str) -> Iterator[Advance]:
    """Show how far a long work is, if somebody looks; as `macros.terminal.pace.progress` for commands.

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
    place = _place() if _SESSION.shows_progress else None
    start, pace = time.monotonic(), Pace(total)
    show: Callable[[], None] | None = None
    with ExitStack() as stack:

        def advance(n: float) -> None:
            nonlocal show
            pace.add(n)
            if show is None and place is not None and time.monotonic() - start > _AFTER:
                show = stack.enter_context(place(title, unit, pace))
            if show is not None:
                show()

        yield advance


def _place() -> Shown | None:
    """Return what shows progress here; None if nobody would see it."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if getattr(shell, "kernel", None) is not None:
        return _notebook_bar
    return terminal_bar if sys.stderr is not None and sys.stderr.isatty() else None


@contextmanager
def _notebook_bar(title: str, unit: str, pace: Pace) -> Iterator[Callable[[], None]]:
    """Show a bar in the output of a cell.

    Notes
    -----
    rich would need ipywidgets for a bar that moves; the bar of HTML needs nothing.
    """
    from IPython.display import HTML, display

    handle: Any = display(HTML(bar_html(title, unit, pace)), display_id=True)
    shown = time.monotonic()

    def show() -> None:
        nonlocal shown
        now = time.monotonic()
        if now - shown > _EVERY:
            shown = now
            handle.update(HTML(bar_html(title, unit, pace)))

    try:
        yield show
    finally:
        handle.update(HTML(""))


def bar_html(title: str, unit: str, pace: Pace) -> str:
    """Write a bar with rate and remaining time, as far as they are known.

    Examples
    --------
    >>> print(bar_html("toys", "toys", Pace(None)))
    <div>toys <progress></progress> 0</div>
    """
    bar, texts = "<progress></progress>", [format_number(pace.done)]
    if pace.total:
        share = min(pace.done / pace.total, 1.0)
        bar, texts = f'<progress value="{share:.4g}"></progress>', [f"{100 * share:.0f} %"]
    texts += [] if pace.rate is None else [escape(pace.rate_text(unit))]
    texts += [] if pace.left is None else [f"{pace.left:.0f} s left"]
    return f"<div>{escape(title)} {bar} {', '.join(texts)}</div>"
