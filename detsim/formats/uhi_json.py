"""Histograms from UHI JSON, which hist and boost-histogram write."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detsim.files import FileError, read_text
from detsim.formats.binned import Binned, add_flow

__all__ = ["read_json"]

Array = NDArray[np.float64]

_SCHEMA = 1
_CONTENTS = {
    "int": ("values",),
    "double": ("values",),
    "weighted": ("values", "variances"),
}
"""Arrays of each storage of counts or weights."""
_MANY = 10_000_000
"""Most bins that are read."""


def read_json(path: str | Path, *, dimensions: tuple[int, ...], units: tuple[str, ...]) -> Binned:
    """Read a histogram from UHI JSON, dense or sparse.

    Parameters
    ----------
    path : str or Path
    dimensions : tuple of int
        Those that are wanted: 1, 2.
    units : tuple of str
        Of energies, or of distances and energies, for messages.

    Raises
    ------
    FileError
        If the file is missing or no UHI JSON.
    ValueError
        If the histogram is not one of counts or weights, or its contents are not all there.
    """
    text = read_text(path)
    try:
        document = json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        reason = "lists within lists, too deep" if isinstance(error, RecursionError) else error
        raise FileError(path, "foreign", f"is not a histogram in UHI JSON: {reason}") from None
    try:
        return _binned(document, dimensions, units)
    except KeyError as error:
        raise FileError(path, "foreign", f"is not a histogram in UHI JSON: {error.args[0]}") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        twice = next(key for i, (key, _) in enumerate(pairs) if key in dict(pairs[:i]))
        raise ValueError(f"the key {twice!r} is there twice")
    return mapping


def _get(part: Any, key: str, kind: type | tuple[type, ...], what: str) -> Any:
    """Return a value of a mapping; the `KeyError` says what is missing or of a wrong type."""
    if not isinstance(part, Mapping) or key not in part:
        raise KeyError(f"{what} has no {key!r}")
    value = part[key]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise KeyError(f"{key!r} of {what} is {value!r:.60}")
    return value


def _binned(document: Any, dimensions: tuple[int, ...], units: tuple[str, ...]) -> Binned:
    axes, storage = _get(document, "axes", list, "it"), _get(document, "storage", dict, "it")
    schema = document.get("uhi_schema", _SCHEMA)
    if schema != _SCHEMA:
        raise KeyError(f"uhi_schema is {schema!r:.60}, and {_SCHEMA} is known")
    kind = _get(storage, "type", str, "storage")
    if len(axes) not in dimensions or kind not in _CONTENTS:
        many = " or ".join({1: "one", 2: "two"}[d] for d in dimensions)
        plural = "s" if dimensions != (1,) else ""
        raise ValueError(
            f"must hold a histogram of counts in {many} dimension{plural}; it has {len(axes)} and a storage "
            f"of type {kind!r}"
        )
    edges = tuple(_edges(axis, f"axis {k}") for k, axis in enumerate(axes))
    flow = [(_get(a, "underflow", bool, "axis"), _get(a, "overflow", bool, "axis")) for a in axes]
    shape = tuple(len(e) - 1 + low + high for e, (low, high) in zip(edges, flow, strict=True))
    if np.prod([float(n) for n in shape]) > _MANY:
        raise ValueError(f"has {' × '.join(map(str, shape))} bins, more than {_MANY:g}")
    arrays = {name: add_flow(_array(storage, name, shape), flow) for name in _CONTENTS[kind]}
    about = document.get("metadata")
    described = [axis.get("metadata") for axis in axes]
    return Binned(
        edges=edges,
        values=arrays["values"],
        variances=arrays.get("variances"),
        units=units[-len(edges) :] if units else (),
        labels=tuple(_text(axis, "label") for axis in described),
        contents=_text(about, "label"),
        title=_text(about, "name"),
    )


def _text(part: Any, key: str) -> str:
    value = part.get(key) if isinstance(part, Mapping) else None
    return value if isinstance(value, str) else ""


def _edges(axis: Any, what: str) -> Array:
    kind = _get(axis, "type", str, what)
    if kind not in {"regular", "variable"}:
        raise ValueError(f"{what} has the type {kind!r}, and bins of the energy are needed")
    if axis.get("circular", False):
        raise ValueError(f"{what} is circular, and energies do not repeat")
    if kind == "variable":
        return _numbers(_get(axis, "edges", list, what), f"'edges' of {what}")
    low, high = (_get(axis, key, (int, float), what) for key in ("lower", "upper"))
    n = _get(axis, "bins", int, what)
    if not 1 <= n <= _MANY:
        raise ValueError(f"{what} has {n} bins")
    return np.linspace(low, high, n + 1)


def _numbers(lists: Any, what: str) -> Array:
    """Make an array of lists of numbers."""
    try:
        array = np.asarray(lists)
    except ValueError:
        raise ValueError(f"{what} are lists of different lengths") from None
    if array.dtype.kind not in "iuf" and array.size:
        raise ValueError(f"{what} are not all numbers")
    return array.astype(np.float64)


def _array(storage: Mapping[str, Any], name: str, shape: tuple[int, ...]) -> Array:
    """Take the contents of all bins; of a sparse histogram those that are listed, 0 elsewhere."""
    if name not in storage:
        raise ValueError(
            f"has no contents, only bins (its storage has no {name!r}): write it with its contents"
        )
    numbers = _numbers(storage[name], f"'{name}' of storage")
    if "index" not in storage:
        if numbers.shape != shape:
            have, want = (" × ".join(map(str, s)) or "1" for s in (numbers.shape, shape))
            raise ValueError(f"has {have} {name} for {want} bins (flow included)")
        return numbers
    index = _numbers(storage["index"], "'index' of storage").reshape(len(shape), -1)
    if numbers.ndim != 1 or index.shape[1] != len(numbers):
        raise ValueError(f"has {numbers.size} {name} for {index.shape[1]} bins in 'index' of storage")
    limits = np.array(shape)[:, None]
    if np.any(index != np.rint(index)) or np.any((index < 0) | (index >= limits)):
        raise ValueError("has bins in 'index' of storage that the axes have not")
    where = tuple(index.astype(np.int64))
    dense, stated = np.zeros(shape), np.zeros(shape, np.int64)
    np.add.at(stated, where, 1)
    if np.any(stated > 1):
        raise ValueError("has a bin twice in 'index' of storage")
    dense[where] = numbers
    return dense
