"""Pictures and the files beside them: written together, and known again as files of this program."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from macros.plots.style import Format, render
from macros.terminal import json_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from detsim.files import Former
    from macros.plots.figure_data import FigureData

__all__ = [
    "BESIDE",
    "BESIDE_TEXT",
    "KINDS",
    "Picture",
    "is_beside_picture",
    "is_picture",
    "picture_files",
    "picture_kind",
    "write_figure",
    "write_pictures",
]

BESIDE = (".csv", ".json")
"""Suffixes of the files beside the picture of a study."""
BESIDE_TEXT = (".csv", ".txt")
"""Suffixes of the files beside a figure of the paper: its table, and its caption as text."""
KINDS: tuple[Format, ...] = ("pdf", "png", "svg")
_LARGEST = 100_000_000
"""Bytes of a picture of ours, at most."""
_MARKS = (
    (b"%PDF-", rb"/Creator \(nugauge\)"),
    (b"\x89PNG\r\n\x1a\n", rb"tEXtSoftware\x00nugauge"),
    (b"<?xml", rb"<dc:creator>\s*<cc:Agent>\s*<dc:title>nugauge</dc:title>"),
)
_KEYWORDS = re.compile(rb"(?:/Keywords \(|tEXtKeywords\x00|<rdf:li>)((?: ?\.[a-z]+ sha256 [0-9a-f]{64})+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture that can be drawn, with its numbers.

    Parameters
    ----------
    draw : callable
        Makes the figure in the present look.
    data : FigureData
        All numbers that are drawn.
    """

    draw: "Callable[[], Figure]"
    data: "FigureData"


def picture_kind(path: Path) -> str:
    """Tell the kind of a picture by its name: one of `KINDS`, or another suffix."""
    return path.suffix.lower().removeprefix(".")


def _kind(path: Path) -> Format:
    return next((kind for kind in KINDS if kind == picture_kind(path)), "png")


def picture_files(path: Path, *suffixes: str) -> tuple[Path, ...]:
    """Name a picture and the files beside it, such as ``.csv``."""
    return path, *(path.with_suffix(suffix) for suffix in suffixes)


def write_pictures(
    paths: Sequence[Path],
    figure: "Figure",
    beside: Mapping[str, bytes],
    *,
    former: "Former | None" = None,
) -> list[Path]:
    """Write a figure as pictures, each PDF, PNG or SVG, and the files beside them: all of them, or none.

    Parameters
    ----------
    paths : sequence of Path
        Of the pictures; those that differ in their endings only share the files beside them.
    figure : matplotlib Figure
    beside : mapping of str to bytes
        Contents by suffix, such as ``.csv``.
    former : mapping of Path to FileStamp, optional
        What may be replaced, as for `detsim.files.atomic.WholeFile`.

    Returns
    -------
    list of Path
        The pictures first.

    Notes
    -----
    The metadata of a picture name this program, and the SHA-256 of the files beside it.
    """
    from detsim.files import whole_files

    digests = " ".join(
        f"{suffix} sha256 {hashlib.sha256(text).hexdigest()}" for suffix, text in beside.items()
    )
    files = {path: render(figure, _kind(path), keywords=digests) for path in paths}
    files |= {path.with_suffix(suffix): text for path in paths for suffix, text in beside.items()}
    return whole_files(files, former=former)


def write_figure(
    path: Path | Sequence[Path],
    figure: "Figure",
    data: "FigureData",
    *,
    title: str | None = None,
    former: "Former | None" = None,
) -> list[str]:
    """Write a figure as pictures, and its table beside them: all files, or none.

    Parameters
    ----------
    path : Path or sequence of Path
        Of the pictures.
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
        Names of the files, the pictures first.
    """
    words = json_text(data.document()) + "\n" if title is None else data.text(title)
    suffixes = BESIDE if title is None else BESIDE_TEXT
    contents = dict(zip(suffixes, (data.csv().encode(), words.encode()), strict=True))
    paths = [path] if isinstance(path, Path) else list(path)
    return [str(file) for file in write_pictures(paths, figure, contents, former=former)]


def is_picture(path: Path) -> bool:
    """Tell whether this program wrote a picture."""
    return _record(path) is not None


def is_beside_picture(path: Path) -> bool:
    """Tell whether this program wrote a file beside a picture, and nobody has changed it."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    pictures = (path.with_suffix(f".{kind}") for name in KINDS for kind in (name, name.upper()))
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
