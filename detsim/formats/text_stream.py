"""Text of many rows: formatted a chunk at a time, compressed by the ending of the file's name."""

import gzip
import importlib
import re
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache, partial
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from detsim._kernels.text import INTEGER, LONGEST, fill_text, powers_of_ten
from detsim.files import FileError
from simgen.threads import Pending, shut_down

__all__ = ["TextStream", "check_ending", "read_lines", "rows_of", "start_of"]

_WAITING = 3
_FIELD = re.compile(r"(%d|%\.(?:17|9)g)")
_GZIP, _LEVEL = 31, 1
"""Window of zlib that writes the header of gzip, without a time; its quickest level."""
_NOT_DONE = {".7z", ".bz2", ".gzip", ".lz4", ".lzma", ".tgz", ".xz", ".z", ".zip", ".zstd"}
"""Endings of compressions that are not done."""
_GZIP_MAGIC, _ZSTD_MAGIC = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


def rows_of(template: str, columns: Sequence[NDArray[Any]]) -> bytes:
    r"""Fill a template for each row.

    Parameters
    ----------
    template : str
        With a field for each column: ``%d``, and ``%.17g`` or ``%.9g``, whose digits are those that float64
        and float32 need to come back the same; trailing zeros are left out.
    columns : sequence of ndarray, shape (n,)

    Examples
    --------
    >>> rows_of("%d %.17g\n", [np.array([1, 2]), np.array([0.5, 0.1])])
    b'1 0.5\n2 0.10000000000000001\n'
    """
    literals, digits = _parsed(template)
    n = len(columns[0])
    if n == 0:
        return b""
    integers = np.array([column for column, k in zip(columns, digits, strict=True) if k == INTEGER], np.int64)
    floats = np.array([column for column, k in zip(columns, digits, strict=True) if k != INTEGER], np.float64)
    integers, floats = integers.reshape(-1, n), floats.reshape(-1, n)
    text = np.empty(n * (sum(map(len, literals)) + LONGEST * len(digits)), np.uint8)
    size = fill_text(
        np.frombuffer(b"".join(literals), np.uint8),
        np.cumsum([len(literal) for literal in literals]),
        np.array(digits, np.int64),
        integers,
        floats,
        floats.view(np.uint64),
        *powers_of_ten(),
        text,
    )
    return text[:size].tobytes()


@lru_cache(maxsize=32)
def _parsed(template: str) -> tuple[list[bytes], list[int]]:
    """Take a template apart: texts between the fields, and digits of the fields."""
    parts = _FIELD.split(template)
    digits = [INTEGER if field == "%d" else int(field[2:-1]) for field in parts[1::2]]
    return [text.encode() for text in parts[::2]], digits


class TextStream:
    """Write text to an open file, compressed in a thread of its own.

    Parameters
    ----------
    stream : file object
        Open for writing in binary.
    name : Path
        Its name: ``.gz`` and ``.zst`` compress.

    Raises
    ------
    ValueError
        If there is no library that compresses with zstd, or the ending is that of another compression.
    """

    def __init__(self, stream: IO[bytes], name: Path) -> None:
        check_ending(name)
        self._stream = stream
        self._compress, self._flush = _compressor(name.suffix.lower())
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="compressor")
        self._pending: deque[Pending[None]] = deque()

    def write(self, text: bytes) -> None:
        """Append text; waits if several parts have not been written.

        Raises
        ------
        OSError
            If an earlier part could not be written.
        """
        while len(self._pending) >= _WAITING:
            self._pending.popleft().result()
        self._pending.append(Pending(self._thread, partial(self._put, text)))

    def finish(self) -> None:
        """Write all parts and the end of the compressed data."""
        while self._pending:
            self._pending.popleft().result()
        self._stream.write(self._flush())
        self.close()

    def close(self) -> None:
        """End the thread; parts that were not written are dropped."""
        shut_down(self._thread)

    def _put(self, text: bytes) -> None:
        self._stream.write(self._compress(text))


def _compressor(suffix: str) -> tuple[Callable[[bytes], bytes], Callable[[], bytes]]:
    """Return what compresses a part and what ends the file."""
    if suffix == ".gz":
        gzipped = zlib.compressobj(_LEVEL, wbits=_GZIP)
        return gzipped.compress, gzipped.flush
    if suffix == ".zst":
        return _zstd()
    return lambda text: text, bytes


def check_ending(name: Path) -> None:
    """Refuse a name that promises a compression that is not done.

    Raises
    ------
    ValueError

    Examples
    --------
    >>> check_ending(Path("events.csv.bz2"))
    Traceback (most recent call last):
    ValueError: a text is compressed by .gz or .zst at the end of its name, and events.csv.bz2 ends in .bz2
    """
    if name.suffix.lower() in _NOT_DONE:
        raise ValueError(
            f"a text is compressed by .gz or .zst at the end of its name, and {name} ends in {name.suffix}"
        )


def _zstd() -> tuple[Callable[[bytes], bytes], Callable[[], bytes]]:
    """Return the same for zstd, all of it in one frame, which every reader takes.

    The library is that of Python from 3.14 on, or backports.zstd or zstandard where they are installed, else
    cramjam, which uproot brings.
    """
    for name in ("compression.zstd", "backports.zstd"):
        if (library := _library(name)) is not None:
            compressor = library.ZstdCompressor()
            return compressor.compress, compressor.flush
    if (library := _library("zstandard")) is not None:
        compressor = library.ZstdCompressor().compressobj()
        return compressor.compress, compressor.flush
    if (library := _library("cramjam")) is None:
        raise ValueError(
            "a name that ends in .zst needs one of zstandard, backports.zstd or cramjam: "
            "`pip install zstandard`, or write .gz"
        )
    stream = library.zstd.Compressor(3)

    def compress(text: bytes) -> bytes:
        stream.compress(text)
        return bytes(stream.flush())

    return compress, lambda: bytes(stream.finish())


def _library(name: str) -> Any:
    """Import a library; None if it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _open_lines(path: Path) -> IO[str]:
    """Open a text that may be compressed with gzip or zstd, to be read line by line.

    Raises
    ------
    ValueError
        If it is zstd, and no library reads it line by line.
    """
    with path.open("rb") as stream:
        head = stream.read(len(_ZSTD_MAGIC))
    if head.startswith(_GZIP_MAGIC):
        return gzip.open(path, "rt", encoding="utf-8")
    if head != _ZSTD_MAGIC:
        return path.open(encoding="utf-8")
    for name in ("compression.zstd", "backports.zstd", "zstandard"):
        if (library := _library(name)) is not None:
            lines: IO[str] = library.open(path, "rt", encoding="utf-8")
            return lines
    raise ValueError(
        "is zstd, and neither backports.zstd nor zstandard is installed: `pip install zstandard`"
    )


def read_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a text that may be compressed with gzip or zstd.

    Raises
    ------
    FileError
        If compressed data or characters are damaged, after the last line that is whole; or it is zstd, and no
        library reads it line by line.
    """
    number = 0
    try:
        with _open_lines(path) as lines:
            for line in lines:
                number += 1
                yield line
    except EOFError:
        reason = f"is truncated: the compressed text ends after line {number}; copy or make it again"
        raise FileError(path, "truncated", reason) from None
    except _damaged() as error:
        reason = f"is damaged after line {number}: {error}"
        raise FileError(path, "damaged", reason) from None
    except UnicodeDecodeError as error:
        reason = f"is damaged after line {number}: a character is not UTF-8 ({error.reason})"
        raise FileError(path, "damaged", reason) from None
    except ValueError as error:
        raise FileError(path, "foreign", str(error)) from None


def _damaged() -> tuple[type[Exception], ...]:
    """List what is raised on compressed data that are damaged."""
    libraries = [_library(name) for name in ("compression.zstd", "backports.zstd", "zstandard")]
    return OSError, zlib.error, *(library.ZstdError for library in libraries if library is not None)


def start_of(path: Path, size: int = 100_000) -> bytes:
    """Return the beginning of a text, also of a compressed one; nothing of zstd that no library reads."""
    with path.open("rb") as stream:
        head = stream.read(size)
    if head.startswith(_GZIP_MAGIC):
        return zlib.decompressobj(wbits=_GZIP).decompress(head, size)
    if not head.startswith(_ZSTD_MAGIC):
        return head
    for name in ("compression.zstd", "backports.zstd"):
        if (library := _library(name)) is not None:
            return bytes(library.ZstdDecompressor().decompress(head, size))
    if (library := _library("zstandard")) is not None:
        return bytes(library.ZstdDecompressor().decompressobj().decompress(head))
    if (library := _library("cramjam")) is not None:
        text = bytearray(size)
        with suppress(library.DecompressionError):  # the frame goes on, or its text is longer
            library.zstd.decompress_into(head, text)
        return bytes(text.rstrip(b"\0"))
    return b""
