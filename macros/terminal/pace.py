"""Progress of long work: how much is done, at which rate, and when it ends."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from macros.terminal.characters import printable
from macros.terminal.console import begin, format_number, is_quiet, message

__all__ = [
    "Pace",
    "Progress",
    "duration_text",
    "end_time",
    "progress",
    "progress_lines",
    "silent",
    "size_text",
    "terminal_bar",
]

Progress = Callable[[str, float | None, str], AbstractContextManager[Callable[[float], None]]]
"""`progress`, or what shows it elsewhere."""

_LINE_EVERY = 10.0
"""Seconds between lines of progress where there is no terminal."""
_COUNTED = 100.0
"""Pieces of work up to which they are counted, as `3 of 8`; of more, the rate is shown."""
_LONGEST = 365 * 86400.0
"""Seconds after which an end is not worth a date."""


class Pace:
    """Work done, and its rate without the first piece, during which functions may be compiled.

    Parameters
    ----------
    total : float or None
        Amount of work; None if it is not known.

    Attributes
    ----------
    done : float
    rate : float or None
        Work each second, from the end of the first piece to that of the last; None before the second.

    Examples
    --------
    >>> pace = Pace(10.0)
    >>> pace.add(2.0)
    >>> pace.done, pace.rate, pace.left
    (2.0, None, None)
    """

    def __init__(self, total: float | None) -> None:
        self.total = total
        self.done = 0.0
        self.rate: float | None = None
        self._first: tuple[float, float] | None = None

    def add(self, n: float) -> None:
        """Count a piece of work that was done; a first one of 0 says that everything is compiled."""
        now = time.monotonic()
        self.done += n
        if self._first is None:
            self._first = self.done, now
            return
        before, start = self._first
        self.rate = (self.done - before) / max(now - start, 1e-9)

    @property
    def left(self) -> float | None:
        """Seconds until the end at this rate; None if that is not known."""
        if not self.total or not self.rate:
            return None
        return max(self.total - self.done, 0.0) / self.rate

    def rate_text(self, unit: str) -> str:
        """Write the rate with its unit; empty if it is not known."""
        return "" if self.rate is None else f"{format_number(self.rate, 3)} {unit}/s"


@contextmanager
def progress(title: str, total: float | None, unit: str) -> Iterator[Callable[[float], None]]:
    """Show how far a long work is: rate and time of end.

    On standard error: a bar on a terminal, else a line every ten seconds; nothing with --quiet.

    Parameters
    ----------
    title : str
    total : float or None
        Amount of work; None if it is not known.
    unit : str
        What is counted, such as "events".

    Yields
    ------
    callable
        To be called with the work done since the last call.
    """
    if is_quiet():
        yield lambda _: begin()
    elif sys.stderr.isatty():
        pace = Pace(total)
        with terminal_bar(title, unit, pace) as show:

            def advance(n: float) -> None:
                pace.add(n)
                show()

            yield advance
    else:
        yield progress_lines(title, unit, Pace(total))


@contextmanager
def silent(title: str, total: float | None, unit: str) -> Iterator[Callable[[float], None]]:
    """Show no progress; in the place of `progress`."""
    yield lambda n: None


@contextmanager
def terminal_bar(title: str, unit: str, pace: Pace) -> Iterator[Callable[[], None]]:
    """Show a bar on a terminal; it is drawn anew at each call of what is yielded."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        *([] if pace.total is None else [TextColumn("{task.percentage:3.0f} %")]),
        TextColumn("{task.fields[rate]}", markup=False),
        TextColumn("{task.fields[end]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(printable(title), total=pace.total, rate=_done_text(pace, unit), end="")

        def show() -> None:
            begin(
                lambda text: bar.console.print(printable(text), markup=False, highlight=False, soft_wrap=True)
            )
            end = "" if pace.left is None else f"ends {end_time(pace.left)}"
            bar.update(task, completed=pace.done, rate=_done_text(pace, unit), end=end)

        yield show


def _done_text(pace: Pace, unit: str) -> str:
    """Write how many of few pieces are done, or the rate of many."""
    if pace.total is not None and pace.total <= _COUNTED:
        return f"{pace.done:.0f} of {pace.total:.0f} {unit}"
    return pace.rate_text(unit)


def end_time(seconds: float) -> str:
    """Say when a time from now on is over: with the date, if it is another day."""
    if seconds > _LONGEST:
        return "in more than a year"
    now = time.time()
    end = time.localtime(now + seconds)
    today = time.localtime(now)[:3] == end[:3]
    return time.strftime("at %H:%M:%S" if today else "on %Y-%m-%d at %H:%M", end)


def duration_text(seconds: float) -> str:
    """Write a time in the unit that suits it.

    Examples
    --------
    >>> duration_text(42), duration_text(5000), duration_text(3e6)
    ('42 s', '1.39 h', '34.7 d')
    """
    for unit, size in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 1.2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


def size_text(size: float) -> str:
    """Write a number of bytes in the unit that suits it.

    Examples
    --------
    >>> size_text(1234), size_text(5e9)
    ('1.2 kB', '5.0 GB')
    """
    from rich.filesize import decimal

    return decimal(int(size))


def progress_lines(title: str, unit: str, pace: Pace) -> Callable[[float], None]:
    """Write a line every ten seconds."""
    shown = time.monotonic()

    def advance(n: float) -> None:
        nonlocal shown
        begin()
        pace.add(n)
        now = time.monotonic()
        if now - shown < _LINE_EVERY:
            return
        shown = now
        of = f" of {format_number(pace.total)}" if pace.total else ""
        end = "" if pace.left is None else f", ends {end_time(pace.left)}"
        rate = "" if pace.rate is None else f" ({pace.rate_text(unit)})"
        message(f"{title}: {format_number(pace.done)}{of}{end}{rate}")

    return advance
