"""Input files of a campaign: found among the arguments of its task, copied, and checked."""

import copy
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from macros.campaigns.tasks import Request
from macros.terminal import RunError

if TYPE_CHECKING:
    from detsim.files import FileStamp
    from macros.card import Card

__all__ = ["PLACE", "Input", "Inputs", "check_inputs", "collect_inputs", "load_card_of"]

PLACE = "{inputs}"
"""Stands in stored arguments for the directory of the copies."""
_SPLIT = ("events_per_file", "file_size")
"""Keys of a card that make several files of a run: the chunks are the files of a campaign."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A copy of an input file.

    Parameters
    ----------
    name : str
        In the directory of the copies.
    original : str
        What was copied: its absolute name, or that of a preset.
    sha256 : str
        Of the copy.
    size : int
        [B]
    """

    name: str
    original: str
    sha256: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """Files to be copied, by the names of their copies, and the request that reads the copies."""

    files: dict[str, tuple[str, bytes | Path]] = field(default_factory=dict)

    def add(self, name: str, original: str, content: bytes | Path) -> str:
        """Take a file once; return what arguments call its copy."""
        for known, (source, _) in self.files.items():
            if source == original:
                return f"{PLACE}/{known}"
        free, number = name, 2
        while free in self.files:
            free, number = f"{number}-{name}", number + 1
        self.files[free] = original, content
        return f"{PLACE}/{free}"

    def add_file(self, path: Path) -> str:
        """Take a file under its own name."""
        return self.add(path.name, str(path.absolute()), path)

    def copy_to(self, directory: Path) -> tuple[Input, ...]:
        """Write the copies; return what they are."""
        from detsim.files import open_input, whole_file

        found = []
        for name, (original, content) in self.files.items():
            digest, size = hashlib.sha256(), 0
            with whole_file(directory / name) as stream:
                for block in [content] if isinstance(content, bytes) else _blocks(open_input(content)):
                    stream.write(block)
                    digest.update(block)
                    size += len(block)
            found.append(Input(name=name, original=original, sha256=digest.hexdigest(), size=size))
        return tuple(found)


def _blocks(stream: Any) -> Iterator[bytes]:
    with stream:
        while block := stream.read(1 << 20):
            yield block


def load_card_of(request: Request) -> "Card":
    """Load the card of a request, with its overrides.

    Raises
    ------
    CardError
        If the card is wrong.
    """
    from macros.card import read_card

    return read_card(request.values["card"], request.values.get("override") or ())


def collect_inputs(request: Request, card: "Card") -> tuple[Request, Inputs]:
    """Find the input files of a request.

    Parameters
    ----------
    request : Request
    card : Card
        Its card, with overrides.

    Returns
    -------
    request : Request
        Which reads the copies.
    inputs : Inputs
        What is to be copied.

    Notes
    -----
    A card is copied as it is. If it, or an override, names tables in other files, or splits files, the copy
    has the overrides in it, and names the copies of the tables.
    """
    found = Inputs()
    values: dict[str, Any] = _card(request, card, found)
    rewrite: dict[str, Callable[[str, Inputs], str]] = {
        "file": lambda text, inputs: inputs.add_file(Path(text)),
        "data": _data,
        "auxiliary": lambda text, inputs: inputs.add_file(Path(text)) if _is_file(text) else text,
    }
    for name, kind in request.task.inputs.items():
        given = request.values.get(name)
        if kind == "card" or not given:
            continue
        if isinstance(given, str):
            values[name] = rewrite[kind](given, found)
        else:
            values[name] = [rewrite[kind](text, found) for text in given]
    return request.with_values(values), found


def _is_file(text: str) -> bool:
    from macros.setup import auxiliary_files

    return bool(auxiliary_files([text]))


def _data(text: str, inputs: Inputs) -> str:
    """Copy the file of DATA: FILE, NAME=FILE, FILE.root:histogram."""
    from detsim.files import split_spec

    for head, spec in (("", text), (text.partition("=")[0] + "=", text.partition("=")[2])):
        path, name = split_spec(spec) if spec else (Path(), None)
        if path.is_file():
            return f"{head}{inputs.add_file(path)}{'' if name is None else f':{name}'}"
    raise ValueError(f"{text}: there is no such file")


def _card(request: Request, card: "Card", inputs: Inputs) -> dict[str, Any]:
    from detsim.files import open_input
    from macros.card import preset_text, presets, used_files, write_toml

    name = str(request.values["card"])
    preset = name in presets()
    split = any(card.document.get("run", {}).get(key) is not None for key in _SPLIT)
    if used_files(card.document) or split:
        document = _with_copies(card.document, inputs)
        document["run"] = {k: v for k, v in document.get("run", {}).items() if k not in _SPLIT}
        content, values = write_toml(_stated(document)).encode(), {"override": None}
    elif preset:
        content, values = preset_text(name).encode(), {}
    else:
        with open_input(name) as stream:
            content, values = stream.read(), {}
    original = name if preset else str(Path(name).absolute())
    copied = inputs.add(f"{name}.toml" if preset else Path(name).name, original, content)
    return {**values, "card": copied}


def _with_copies(document: Mapping[str, Any], inputs: Inputs) -> dict[str, Any]:
    """Return a card whose tables are the copies, which lie beside the card's."""
    from detsim.files import split_spec
    from macros.card import FILE_KEYS, used_files

    changed = copy.deepcopy(dict(document))
    known = used_files(changed)

    def visit(value: Any) -> None:
        if isinstance(value, dict):
            for key, checksum in FILE_KEYS.items():
                if value.get(key) in known and checksum in value:
                    path, name = split_spec(value[key])
                    beside = inputs.add_file(path).removeprefix(f"{PLACE}/")
                    value[key] = beside if name is None else f"{beside}:{name}"
            for item in value.values():
                visit(item)
        elif isinstance(value, list):
            for item in value:
                visit(item)

    visit(changed)
    return changed


def _stated(value: Any) -> Any:
    """Leave out what is None, which TOML does not have."""
    if isinstance(value, dict):
        return {key: _stated(item) for key, item in value.items() if item is not None}
    return [_stated(item) for item in value] if isinstance(value, list) else value


_checked: dict[Path, tuple["FileStamp | None", str]] = {}
"""SHA-256 of files that this process has read, with their stamps."""


def check_inputs(directory: Path, inputs: tuple[Input, ...]) -> None:
    """Refuse copies that are not what was copied.

    Raises
    ------
    RunError
        Naming the first that has changed or cannot be read.
    """
    from detsim.files import FileError, checksum, file_stamp

    for one in inputs:
        path = directory / one.name
        stamp, known = file_stamp(path), _checked.get(path)
        if known is None or known[0] != stamp:
            try:
                known = stamp, checksum(path)
            except FileError as error:
                raise RunError(f"{error}: it is an input of the campaign; restore it") from None
            _checked[path] = known
        if known[1] != one.sha256:
            raise RunError(
                f"{path} has changed since the campaign was made: its SHA-256 is {known[1]}, not "
                f"{one.sha256}; restore it, a copy of {one.original}, or make a new campaign"
            )
