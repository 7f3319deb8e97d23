"""Exit statuses and messages of errors in a command, and of what ended it."""

import _thread
import errno
import functools
import os
import re
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TextIO, TypeVar

import typer

from macros.terminal.console import Interrupted, RunError, complain, has_begun, warn, withdraw
from macros.terminal.streams import StandardOutputError
from macros.terminal.verbosity import with_verbosity

__all__ = [
    "CLOSED_PIPE",
    "FAILED",
    "INTERRUPTED",
    "WRONG_INPUT",
    "explain",
    "guard",
]

WRONG_INPUT = 2
"""A wrong card or argument, or an input that cannot be read or is foreign."""
FAILED = 1
"""A run that failed: disk full, fit failed, a fault of the program."""
INTERRUPTED = 130
"""Ctrl-C; 128 and the signal's number for others that ask to end."""
CLOSED_PIPE = 141
"""Standard output is a pipe whose reader has ended: as shells count SIGPIPE."""

_POLITE = (signal.SIGTERM, *((signal.SIGHUP,) if hasattr(signal, "SIGHUP") else ()))

_DEBUG = "NUGAUGE_DEBUG"
_TOLD = (
    r".*(provenance has no checksum|standard deviations from nominal|errors per bin are relative"
    r"|counts to be a parabola|no result depends on their number)"
)
"""Warnings of the packages that a person is told in a line, by their texts."""
_WRONG_PATH = (FileExistsError, FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError)
_FULL = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
_NO_ROOM = "; nothing of this file is left: make room, write less at a time, or to another disk"
_LINES = re.compile(r"\n(?=  )")
"""Where a message of several lines is broken: the others are indented."""
_LONGEST_PATH = 4096
"""Characters that the name of a file may have, with its directories."""
_WRONG_PATH_NUMBERS = {errno.EROFS, errno.ENAMETOOLONG, errno.ELOOP}
_WRONG_INPUT_CLASSES = (
    "macros.card.checks.faults.CardError",
    "detsim.files.atomic.FileError",
)

_kept: list[BaseException] = []
"""What interrupted a command, with the objects of all functions that were interrupted: in the middle of a
step llvmlite may own an LLVM module twice, and the program crashes if both are freed before it ends."""

F = TypeVar("F", bound=Callable[..., Any])


def guard(command: F) -> F:
    """Wrap a command so that it ends with one message and an exit status, never with a traceback.

    Notes
    -----
    ValueError is how the packages refuse a value, and counts as wrong input. With NUGAUGE_DEBUG=1 in the
    environment exceptions go through.
    """

    @functools.wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        withdraw()
        if os.environ.get(_DEBUG, "0") not in {"", "0"}:
            return command(*args, **kwargs)
        ended = _Ended()
        try:
            with _no_lost_interrupt(), ended.by_signals(), _warnings_told():
                return command(*args, **kwargs)
        except (typer.Exit, typer.Abort, typer.BadParameter, StandardOutputError):
            raise
        except KeyboardInterrupt as error:
            _kept.append(error)
            status, lines = ended.status, [ended.text + _made(error)]
        except Interrupted as stopped:
            _kept.append(stopped)
            status, lines = ended.status, [f"{ended.text}: {stopped}"]
        except Exception as error:
            if _is_interrupt(error):
                _kept.append(error)
                status, lines = ended.status, [ended.text + _made(error)]
            else:
                status, lines = explain(error)
        complain(*lines)
        raise typer.Exit(status)

    return with_verbosity(guarded)  # type: ignore[return-value]  # wraps keeps the signature


class _Ended:
    """What ended a command: Ctrl-C, or a signal that asks as politely, such as a batch system's."""

    def __init__(self) -> None:
        self.number = signal.SIGINT

    @property
    def status(self) -> int:
        """Exit status, as shells count."""
        return 128 + self.number

    @property
    def text(self) -> str:
        """What happened."""
        return "interrupted" if self.number == signal.SIGINT else f"ended by {self.number.name}"

    @contextmanager
    def by_signals(self) -> Iterator[None]:
        """Do what Ctrl-C would do at SIGTERM and SIGHUP, unless they are ignored (`nohup`) or handled."""
        if threading.current_thread() is not threading.main_thread():
            yield  # only the main thread gets signals
            return

        def pass_on(number: int, frame: FrameType | None) -> None:
            self.number = signal.Signals(number)
            ctrl_c = signal.getsignal(signal.SIGINT)
            (ctrl_c if callable(ctrl_c) else signal.default_int_handler)(number, frame)

        ours = [s for s in _POLITE if signal.getsignal(s) is signal.SIG_DFL]
        for number in ours:
            signal.signal(number, pass_on)
        try:
            yield
        finally:
            for number in ours:
                signal.signal(number, signal.SIG_DFL)


@contextmanager
def _no_lost_interrupt() -> Iterator[None]:
    """Interrupt again where Ctrl-C came in the middle of a finaliser or callback, which Python ignores."""
    ignored = sys.unraisablehook

    def interrupt_again(lost: Any) -> None:
        if not issubclass(lost.exc_type, KeyboardInterrupt):
            ignored(lost)
            return
        timer = threading.Timer(0.05, _thread.interrupt_main)  # not from here: it would be lost as well
        timer.daemon = True
        timer.start()

    sys.unraisablehook = interrupt_again
    try:
        yield
    finally:
        sys.unraisablehook = ignored


@contextmanager
def _warnings_told() -> Iterator[None]:
    """Write warnings of the packages as lines, each once, without the place in the code."""
    shown: set[str] = set()
    with warnings.catch_warnings():
        show = warnings.showwarning

        def tell(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if not re.match(_TOLD, str(message)):
                show(message, category, filename, lineno, file, line)
            elif str(message) not in shown:
                shown.add(str(message))
                warn(str(message))

        warnings.showwarning = tell
        warnings.filterwarnings("always", message=_TOLD)
        yield


def _is_interrupt(error: BaseException | None) -> bool:
    """Tell whether an error is Ctrl-C that came while a compiled module was loaded, which raises its own."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__ or error.__context__
    return False


def _made(error: BaseException) -> str:
    """Say what was made before an interrupt: which files are whole, or nothing if no work had begun."""
    return _notes(error) or ("" if has_begun() else ": nothing was made")


def _notes(error: BaseException) -> str:
    """Say what was noted of an error: which files are whole."""
    return "".join(f"; {note}" for note in getattr(error, "__notes__", ()))


def explain(error: Exception) -> tuple[int, list[str]]:
    """Return the exit status of an error in a command, and the lines of its message."""
    status, text = _explain(error)
    return status, _LINES.split(text + _notes(error))


def _explain(error: Exception) -> tuple[int, str]:
    if _is_wrong_input(error):
        return WRONG_INPUT, str(error)
    if isinstance(error, RunError) or type(error).__name__ == "FitError":
        return FAILED, str(error)
    if isinstance(error, OSError):
        return _explain_system(error)
    if isinstance(error, MemoryError):
        return FAILED, "not enough memory"
    if isinstance(error, ValueError):
        return WRONG_INPUT, _explain_name(error) if isinstance(error, UnicodeEncodeError) else str(error)
    return _explain_unexpected(error)


def _explain_unexpected(error: Exception) -> tuple[int, str]:
    text = " ".join(str(error).split()) or "it says nothing of itself"
    if text.startswith("Symlink loop"):  # pathlib before Python 3.13 has no class of its own for it
        return WRONG_INPUT, text
    return FAILED, f"internal error: {text}: please report it with the traceback that {_DEBUG}=1 shows"


def _explain_system(error: OSError) -> tuple[int, str]:
    wrong = isinstance(error, _WRONG_PATH) or error.errno in _WRONG_PATH_NUMBERS
    file = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
    left = _NO_ROOM if error.errno in _FULL else ""
    return (WRONG_INPUT if wrong else FAILED), f"{file}{error.strerror or error}{left}"


def _explain_name(error: UnicodeEncodeError) -> str:
    """Say that a text, which is a file's name if it is no longer than one, has no bytes in an encoding."""
    name = f"{error.object}: this name" if len(error.object) <= _LONGEST_PATH else "a name of a file"
    return (
        f"{name} cannot be written in {error.encoding}: use a name of letters that it has, or set "
        "PYTHONUTF8=1 in the environment"
    )


def _is_wrong_input(error: Exception) -> bool:
    """Recognise the classes of modules that may not have been loaded, without loading them."""
    for path in _WRONG_INPUT_CLASSES:
        module, _, name = path.rpartition(".")
        kind = getattr(sys.modules.get(module), name, None)
        if kind is not None and isinstance(error, kind):
            return True
    return False
