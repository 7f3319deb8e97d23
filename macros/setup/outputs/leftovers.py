"""What a former run left beside the file that replaces it: files of its series, and what went on with it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from macros.setup.outputs.files import Split, former_files
from macros.setup.outputs.recognition import Kind, only_origin, was_in_series

__all__ = ["leftovers", "leftovers_text"]

_NAMED = 3
"""Files that a message names one by one."""
_DRAWN = ("generate", "simulate")
"""Commands that write series."""


def leftovers(path: Path, split: Split, kind: Kind) -> list[Path]:
    """Find the files of a former run that a new one of its name would leave beside its own.

    Parameters
    ----------
    path : Path
        Of the output; of a series the name that its files are derived from.
    split : Split
        Where the new run begins another file.
    kind : str
        What is written, as for `macros.setup.outputs.recognition.foreign`.

    Returns
    -------
    list of Path
        Files of the series of this name, if no series is written, or the only file of this name, if one is;
        and files such as ``NAME-from-2000.root`` that have card, seed and command of what is replaced, and
        begin at this index. Files of other runs are not among them.
    """
    written = former_files(path, split)
    beside = dict(_beside(path, written))
    if not beside:
        return []
    origins = {file: only_origin(file, kind) for file in beside}
    former = [
        file for file, first in beside.items() if first is None and _has_name(origins[file], file, path)
    ]
    heads = [*map(origins.get, former), *(only_origin(file, kind) for file in written[:1])]
    return former + [
        file
        for file, first in beside.items()
        if first is not None and any(_goes_on(origins[file], first, head) for head in heads)
    ]


def _beside(path: Path, written: Sequence[Path]) -> Iterator[tuple[Path, int | None]]:
    """Yield files that are named after a path, with the index from which they go on."""
    name = re.compile(re.escape(path.stem) + r"(?:-from-(\d+))?(?:-\d{4,})?" + re.escape(path.suffix))
    siblings = sorted(path.parent.iterdir()) if path.parent.is_dir() else []
    for file in siblings:
        match = name.fullmatch(file.name)
        if match and file not in written and file.is_file() and not file.is_symlink():
            yield file, None if match[1] is None else int(match[1])


def _has_name(origin: Mapping[str, Any] | None, file: Path, path: Path) -> bool:
    """Tell whether a file was written as a path, in a series or alone."""
    if origin is None or origin.get("command") not in _DRAWN:
        return False
    in_series = was_in_series(origin, str(origin["command"]), path.name)
    return in_series if file.name != path.name else not in_series


def _goes_on(origin: Mapping[str, Any] | None, first: int, head: Mapping[str, Any] | None) -> bool:
    """Tell whether a file has a later part of a run, from an index on."""
    if origin is None or head is None:
        return False
    run, keys = origin.get("run") or {}, ("command", "seed")
    in_series = bool(run.get("series"))
    begins = int(run.get("first", -1)) >= first if in_series else run.get("first") == first
    return begins and all(origin.get(k) == head.get(k) for k in keys) and _drawn(origin) == _drawn(head)


def _drawn(origin: Mapping[str, Any]) -> dict[str, Any]:
    """Return the card without what changes no event."""
    return {name: table for name, table in (origin.get("card") or {}).items() if name != "run"}


def leftovers_text(files: Sequence[Path], path: Path) -> str:
    """Say why a run is refused: what is left of the former one; it stands after the name of the first file.

    Examples
    --------
    >>> text = leftovers_text([Path("x-0000.root"), Path("x-0001.root")], Path("x.root"))
    >>> print(text.partition(":")[0])
    is left, with x-0001.root, of a former run of x.root, and would stay beside the new one
    """
    names = [file.name for file in files[1:]]
    if len(names) > _NAMED:
        names = [f"{len(names)} more to {names[-1]}"]
    others = f", with {', '.join(names)}," if names else ""
    them = "them" if names else "it"
    return (
        f"is left{others} of a former run of {path.name}, and would stay beside the new one: remove {them}, "
        "or name another file"
    )
