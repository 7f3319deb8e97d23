"""Files beside the chunks of a campaign: notes of what went wrong, and the lock of the process that runs."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from macros.campaigns.directory import Campaign, Chunk

__all__ = ["LOCK", "Notes", "driver_lock"]

LOCK = "run.lock"


@dataclass(frozen=True, slots=True)
class Notes:
    """What is noted beside a chunk: that it failed, or what was said of it.

    Parameters
    ----------
    campaign : Campaign
    kind : {"failed", "warning"}
    """

    campaign: Campaign
    kind: str

    def path(self, chunk: Chunk) -> Path:
        """Return the file of a note."""
        name = self.campaign.name(chunk).removesuffix("root")
        return self.campaign.chunk_directory / f"{name}{self.kind}.json"

    def write(self, number: int, message: str, **facts: Any) -> None:
        """Note something of a chunk; where nothing can be written, nothing is."""
        from detsim.files import whole_file

        chunk = self.campaign.chunk(number)
        document = {"number": number, "first": chunk.first, "last": chunk.last, "message": message, **facts}
        document.setdefault("host", socket.gethostname())
        with suppress(OSError), whole_file(self.path(chunk)) as stream:
            stream.write(json.dumps(document, indent=2).encode())

    def remove(self, number: int) -> None:
        """Remove a note, if there is one."""
        with suppress(OSError):
            self.path(self.campaign.chunk(number)).unlink(missing_ok=True)

    def read(self) -> list[dict[str, Any]]:
        """Read all notes, in the order of their chunks."""
        found = []
        for path in sorted(self.campaign.chunk_directory.glob(f"*.{self.kind}.json")):
            with suppress(OSError, ValueError):
                found.append(json.loads(path.read_text(encoding="utf-8")))
        return found


@contextmanager
def driver_lock(directory: Path, what: str) -> Iterator[IO[bytes]]:
    """Hold the lock that one process takes to run, or to make, a campaign.

    Yields
    ------
    file object
        What it writes there others may read.

    Raises
    ------
    ValueError
        If another process holds it.
    """
    from detsim.files import BusyError, Lock

    try:
        lock = Lock(directory / LOCK, asked=directory / LOCK)
    except BusyError:
        raise ValueError(f"{directory}: another process {what}{_holder(directory)}") from None
    try:
        lock.stream.write(json.dumps({"host": socket.gethostname(), "pid": os.getpid()}).encode())
        lock.stream.flush()
        yield lock.stream
    finally:
        lock.remove()


def _holder(directory: Path) -> str:
    with suppress(OSError, ValueError, KeyError, TypeError):
        found = json.loads((directory / LOCK).read_text(encoding="utf-8"))
        return f" (process {found['pid']} on {found['host']})"
    return ""
