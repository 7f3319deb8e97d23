"""Options -q and -v of every command, and what the packages log: files read and written, compilers."""

import functools
import inspect
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from macros.terminal.console import Verbosity, message, speaking, timed

__all__ = ["VERBOSITY", "with_verbosity"]

VERBOSITY = ("-q", "--quiet", "-v", "--verbose")
"""Options of every command, which may stand before it."""

QuietOption = Annotated[
    bool, typer.Option("-q", "--quiet", help="Say nothing but results, warnings and errors.")
]
VerboseOption = Annotated[
    bool,
    typer.Option("-v", "--verbose", help="Say what is read, chosen and written, and how long it takes."),
]
_LEVELS = {
    Verbosity.QUIET: logging.WARNING,
    Verbosity.NORMAL: logging.INFO,
    Verbosity.VERBOSE: logging.DEBUG,
}


def with_verbosity(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options -q and -v.

    Raises
    ------
    typer.BadParameter
        In the command, if both are given.
    """

    @functools.wraps(command)
    def spoken(*args: Any, quiet: bool = False, verbose: bool = False, **kwargs: Any) -> Any:
        if quiet and verbose:
            raise typer.BadParameter("--quiet and --verbose exclude each other")
        verbosity = Verbosity.QUIET if quiet else Verbosity.VERBOSE if verbose else Verbosity.NORMAL
        with speaking(verbosity), _logged(verbosity), timed("in all"):
            return command(*args, **kwargs)

    signature = inspect.signature(command, eval_str=True)
    kind = inspect.Parameter.KEYWORD_ONLY
    options = {"quiet": QuietOption, "verbose": VerboseOption}
    more = [inspect.Parameter(n, kind, default=False, annotation=a) for n, a in options.items()]
    spoken.__signature__ = signature.replace(  # type: ignore[attr-defined]  # what Typer reads
        parameters=[*signature.parameters.values(), *more]
    )
    spoken.__annotations__ = {**inspect.get_annotations(command, eval_str=True), **options}
    return spoken


class _Handler(logging.Handler):
    """Writes what the packages log to standard error, each line once."""

    def __init__(self, level: int) -> None:
        super().__init__(level)
        self._shown: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        text = record.getMessage()
        if text not in self._shown:
            self._shown.add(text)
            message(text, always=record.levelno >= logging.WARNING)


@contextmanager
def _logged(verbosity: Verbosity) -> Iterator[None]:
    logger = logging.getLogger("nugauge")
    handler, before = _Handler(_LEVELS[verbosity]), logger.level
    logger.addHandler(handler)
    logger.setLevel(_LEVELS[verbosity])
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
