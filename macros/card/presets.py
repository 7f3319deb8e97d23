"""The text of a card: a preset's, or that of a file."""

import errno
import os
import stat
from pathlib import Path

from detsim.names import closest
from macros.card.checks import CardError, CardFault

__all__ = ["card_text", "preset_text", "presets"]

_CARDS = Path(__file__).parents[1] / "cards"
_MAX_SIZE = 1_000_000


def presets() -> tuple[str, ...]:
    """List the names of the presets.

    Examples
    --------
    >>> "borexino-cr51-paper" in presets()
    True
    """
    return tuple(sorted(path.stem for path in _CARDS.glob("*.toml")))


def preset_text(name: str) -> str:
    """Read a preset as it stands, with its comments.

    Raises
    ------
    CardError
        If there is none of that name.
    """
    if name not in presets():
        raise CardError(name, [_unknown_preset(name)])
    return (_CARDS / f"{name}.toml").read_text(encoding="utf-8")


def card_text(name: str) -> str:
    """Read a preset, or a card from a file.

    Raises
    ------
    CardError
        If there is none, or it is no text.
    """
    return preset_text(name) if name in presets() else _read_file(name)


def _read_file(name: str) -> str:
    if not name.strip() or "\0" in name:
        raise CardError(repr(name), [CardFault(key="", reason="is not the name of a file or of a preset")])
    try:
        content = _read_bounded(name)
        if len(content) <= _MAX_SIZE:
            return content.decode("utf-8-sig")
        fault = CardFault(key="", reason="is too large for a card", suggestion="a card is a TOML file")
    except (FileNotFoundError, NotADirectoryError):
        fault = _unknown_preset(name)
    except UnicodeDecodeError:
        fault = CardFault(key="", reason="is not a text file", suggestion="a card is a TOML file")
    except OSError as error:
        fault = CardFault(key="", reason=f"cannot be read: {error.strerror}")
    raise CardError(name, [fault])


def _read_bounded(name: str) -> bytes:
    """Read a file or a pipe up to a size; wait for no pipe that nobody writes to, and read no device."""
    with os.fdopen(os.open(name, os.O_RDONLY | os.O_NONBLOCK), "rb") as stream:
        mode = os.fstat(stream.fileno()).st_mode
        if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
            raise OSError(errno.EINVAL, "it is a device")
        os.set_blocking(stream.fileno(), True)
        return stream.read(_MAX_SIZE + 1)


def _unknown_preset(name: str) -> CardFault:
    meant = closest(name, presets())
    return CardFault(
        key="",
        reason="no such file, and no preset of that name",
        suggestion=f"did you mean `{meant}`?" if meant else f"presets are {', '.join(presets())}",
    )
