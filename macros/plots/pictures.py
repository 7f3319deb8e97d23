"""Pictures and the files beside them: written together, and known again as files of this program."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from macros.terminal import json_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from detsim.files import Former
    from macros.plots.figure_data import FigureData

__all__ = [
    "BESIDE",
    "BESIDE_TEXT",
    "is_beside_picture",
    "is_picture",
    "picture_files",
    "picture_kind",
    "write_figure",
    "write_picture",
]

BESIDE = (".csv", ".json")
"""Suffixes of the files beside the picture of a study."""
BESIDE_TEXT = (".csv", ".txt")
"""Suffixes of the files beside a figure of the paper: its table, and its caption as text."""
_KINDS = (".pdf", ".png")
_LARGEST = 100_000_000
"""Bytes of a picture of ours, at most."""
_MARKS = ((b"%PDF-", rb"/Creator \(nugauge\)"), (b"\x89PNG\r\n\x1a\n", rb"tEXtSoftware\x00nugauge"))
_KEYWORDS = re.compile(rb"(?:/Keywords \(|tEXtKeywords\x00)((?: ?\.[a-z]+ sha256 [0-9a-f]{64})+)")


def picture_kind(path: Path) -> str:
    """Tell the kind of a picture by its name: ``pdf``, ``png``, or another suffix."""
    return path.suffix.lower().removeprefix(".")


def picture_files(path: Path, *suffixes: str) -> tuple[Path, ...]:
    """Name a picture and the files beside it, such as ``.csv``."""
    return path, *(path.with_suffix(suffix) for suffix in suffixes)


def write_picture(
    path: Path, figure: "Figure", beside: Mapping[str, bytes], *, former: "Former | None" = None
) -> list[Path]:
    """Write a picture, PDF or PNG, and the files beside it: all of them, or none.

    Parameters
    ----------
    path : Path
        Of the picture.
    figure : matplotlib Figure
    beside : mapping of str to bytes
        Contents by suffix, such as ``.csv``.
    former : mapping of Path to FileStamp, optional
        What may be replaced, as for `detsim.files.atomic.WholeFile`.

    Returns
    -------
    list of Path
        The picture first.

    Notes
    -----
    The picture's metadata name this program, and the SHA-256 of the files beside it.
    """
    from detsim.files import whole_files
    from macros.plots.style import render

    digests = " ".join(
        f"{suffix} sha256 {hashlib.sha256(text).hexdigest()}" for suffix, text in beside.items()
    )
    picture = render(figure, "pdf" if picture_kind(path) == "pdf" else "png", keywords=digests)
    files = {path: picture, **{path.with_suffix(suffix): text for suffix, text in beside.items()}}
    return whole_files(files, former=former)


def write_figure(
    path: Path,
    figure: "Figure",
    data: "FigureData",
    *,
    title: str | None = None,
    former: "Former | None" = None,
) -> list[str]:
    """Write a picture, and its table beside it: all files, or none.

    Parameters
    ----------
    path : Path
        Of the picture.
    figure : matplotlib Figure
    data : FigureData
        The table, with its words.
    title : str, optional
        With it the words are written as text with this title, else with the table as JSON.
    former : mapping of Path to FileStamp, optional
        What may be replaced, as for `detsim.files.atomic.WholeFile`.

    Returns
    -------
    list of str
        Names of the files, the picture first.
    """
    words = json_text(data.document()) + "\n" if title is None else data.text(title)
    suffixes = BESIDE if title is None else BESIDE_TEXT
    contents = dict(zip(suffixes, (data.csv().encode(), words.encode()), strict=True))
    return [str(file) for file in write_picture(path, figure, contents, former=former)]


def is_picture(path: Path) -> bool:
    """Tell whether this program wrote a picture."""
    return _record(path) is not None


def is_beside_picture(path: Path) -> bool:
    """Tell whether this program wrote a file beside a picture, and nobody has changed it."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    pictures = (path.with_suffix(kind) for suffix in _KINDS for kind in (suffix, suffix.upper()))
    return any((_record(picture) or {}).get(path.suffix) == digest for picture in pictures)


def _record(path: Path) -> dict[str, str] | None:
    """Read from a picture of this program the SHA-256 of the files beside it; None from any other file."""
    if not path.is_file() or path.stat().st_size > _LARGEST:
        return None
    content = path.read_bytes()
    if not any(content.startswith(head) and re.search(mark, content) for head, mark in _MARKS):
        return None
    match = _KEYWORDS.search(content)
    words = match[1].decode().split() if match else []
    return dict(zip(words[::3], words[2::3], strict=True))
