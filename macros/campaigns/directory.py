"""Directory of a campaign: what is to be made, and which chunks are there."""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from macros.campaigns.inputs import PLACE, Input

__all__ = ["FILE", "Campaign", "Chunk", "read_campaign", "seal"]

FILE = "campaign.json"
FORMAT = 1
_LARGEST = 100_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Rows that are made at once.

    Parameters
    ----------
    number : int
        From 0 on.
    first, n : int
        Index of the first row, and how many.
    """

    number: int
    first: int
    n: int

    @property
    def last(self) -> int:
        """Index of the last row."""
        return self.first + self.n - 1


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """A campaign, as its directory describes it; it never changes.

    Parameters
    ----------
    directory : Path
    task : str
    options, arguments : tuple of str
        Of the task, for all chunks; input files as ``{inputs}/NAME``.
    count : str
        Option that says how many rows a chunk has.
    n : int
        Number of rows: events, pseudo-experiments, or toys (of each true value, where there are several).
    seed : int
    first_size, size : int
        Rows of chunk 0, and of all others but the last.
    chunk_seconds : float
        Time that a chunk was planned to take [s].
    inputs : tuple of Input
    made_by : mapping
        Environment of `campaign new`: versions, processor, commit.
    trial : mapping
        ``n`` rows, ``seconds`` for each row, ``overhead`` of a chunk [s], ``bytes`` of each row,
        ``chunk_bytes`` of each chunk, ``threads``, ``audit`` of each row [s].
    expected : mapping
        What the file of the trial says of itself, with which those of all chunks are compared.
    judged : mapping
        Values for the judgement of the whole study.
    """

    directory: Path
    task: str
    options: tuple[str, ...]
    arguments: tuple[str, ...]
    count: str
    n: int
    seed: int
    first_size: int
    size: int
    chunk_seconds: float
    inputs: tuple[Input, ...]
    made_by: Mapping[str, Any]
    trial: Mapping[str, Any]
    expected: Mapping[str, Any]
    judged: Mapping[str, Any]

    def document(self) -> dict[str, Any]:
        """Return what the file says, without its identity."""
        stated = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "directory"}
        inputs = [{f.name: getattr(one, f.name) for f in fields(one)} for one in self.inputs]
        return {"format": FORMAT, **stated, "inputs": inputs}

    @classmethod
    def of_document(cls, directory: Path, document: Mapping[str, Any]) -> Self:
        """Make a campaign of what a file says."""
        values = {f.name: document[f.name] for f in fields(cls) if f.name != "directory"}
        for name in ("options", "arguments"):
            values[name] = tuple(values[name])
        values["inputs"] = tuple(Input(**one) for one in values["inputs"])
        return cls(directory=directory, **values)

    @cached_property
    def id(self) -> str:
        """Identity: the first digits of the SHA-256 of all that the file says."""
        text = json.dumps(self.document(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def n_chunks(self) -> int:
        """Number of chunks."""
        return 1 + -(-max(self.n - self.first_size, 0) // self.size)

    def chunk(self, number: int) -> Chunk:
        """Return a chunk.

        Raises
        ------
        ValueError
            If there is none of this number.
        """
        if not 0 <= number < self.n_chunks:
            raise ValueError(f"chunk {number}: the campaign has chunks 0 to {self.n_chunks - 1}")
        first = 0 if number == 0 else self.first_size + (number - 1) * self.size
        last = min(self.first_size if number == 0 else first + self.size, self.n)
        return Chunk(number=number, first=first, n=last - first)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what was computed."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @property
    def input_directory(self) -> Path:
        """Where the copies of the inputs are."""
        return self.directory / "inputs"

    @property
    def chunk_directory(self) -> Path:
        """Where finished chunks are."""
        return self.directory / "chunks"

    @property
    def work_directory(self) -> Path:
        """Where unfinished chunks are."""
        return self.directory / "making"

    def name(self, chunk: Chunk) -> str:
        """Return the name of the file of a chunk."""
        return f"{chunk.number:06d}-{chunk.first}-{chunk.last}.{self.id}.root"

    def path(self, chunk: Chunk) -> Path:
        """Return the file of a chunk, when it is finished."""
        return self.chunk_directory / self.name(chunk)

    def resolved(self, texts: Iterable[str]) -> list[str]:
        """Return options or arguments with the names of the input files."""
        return [text.replace(f"{PLACE}/", f"{self.input_directory}/") for text in texts]

    def finished(self) -> dict[int, os.stat_result]:
        """Find the chunks that are there.

        Raises
        ------
        FileError
            If a file is of another campaign, or of none.
        """
        from detsim.files import FileError

        found = {}
        with os.scandir(self.chunk_directory) as entries:
            for entry in entries:
                number = _number(entry.name)
                known = number is not None and number < self.n_chunks
                name = self.name(self.chunk(number)) if known and number is not None else None
                if name is not None and entry.name == name:
                    found[int(entry.name.partition("-")[0])] = entry.stat()
                elif name is None or not entry.name.startswith(name.removesuffix(".root")):
                    reason = f"is no chunk of the campaign {self.id} in {self.directory}: move it elsewhere"
                    raise FileError(entry.path, "foreign", reason)
        return dict(sorted(found.items()))


def _number(name: str) -> int | None:
    found = re.match(r"(\d{6,18})-\d+-\d+\.", name)
    return None if found is None else int(found[1])


def seal(campaign: Campaign) -> bytes:
    """Return the text of the file that describes a campaign."""
    return json.dumps({"id": campaign.id, **campaign.document()}, indent=1, ensure_ascii=False).encode()


def read_campaign(directory: str | Path) -> Campaign:
    """Read what a directory says of its campaign.

    Parameters
    ----------
    directory : str or Path

    Raises
    ------
    FileError
        If there is none, or it was changed.
    """
    from detsim.files import FileError, open_input

    path = Path(directory).absolute() / FILE
    if path.parent.is_file():
        raise FileError(path.parent, "foreign", "is a file, and a campaign is a directory")
    if not path.parent.is_dir():
        raise FileError(path.parent, "missing", "there is no such directory: `nugauge campaign new` makes it")
    try:
        with open_input(path) as stream:
            text = stream.read(_LARGEST)
    except FileError as error:
        reason = f"holds no campaign ({FILE}: {error.reason}): `nugauge campaign new` makes one"
        raise FileError(path.parent, error.fault, reason) from None
    try:
        document = json.loads(text)
        if document["format"] != FORMAT:
            reason = f"is of the format {document['format']!r}, and this version reads {FORMAT}"
            raise FileError(path, "foreign", reason)
        campaign = Campaign.of_document(path.parent, document)
    except (ValueError, KeyError, TypeError) as error:
        raise FileError(path, "damaged", f"does not describe a campaign ({error!r})") from None
    if document.get("id") != campaign.id:
        raise FileError(path, "damaged", "was changed since the campaign was made: make a new campaign")
    return campaign
