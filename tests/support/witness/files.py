"""Contents of files that commands write, as JSON can hold them."""

import hashlib
import json
import math

import numpy as np
import uproot

from support.witness.volatile import LEFT_OUT, VOLATILE, stable, stable_text

__all__ = ["describe_array", "describe_file"]

_TEXT = {".csv", ".html", ".md", ".tex", ".toml", ".txt"}


def describe_array(values):
    """Return type, shape, SHA-256 and some numbers of an array.

    Parameters
    ----------
    values : array
        Numbers, or objects: texts, or lists of any length.

    Returns
    -------
    dict
        `sum`, `low` and `high` say how large a change is.
    """
    if values.dtype == object or values.dtype.kind in "US":
        plain = [v if isinstance(v, str) else np.asarray(v).tolist() for v in values]
        return {"dtype": "object", "shape": list(values.shape), "values": plain}
    about = {
        "dtype": str(values.dtype),
        "shape": list(values.shape),
        "sha256": hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest(),
    }
    if values.size and values.dtype.kind in "iufb":
        finite = values[np.isfinite(values)].astype(float)
        about["finite"] = int(finite.size)
        if finite.size:
            about |= {
                "sum": math.fsum(finite.tolist()),
                "low": float(finite.min()),
                "high": float(finite.max()),
            }
    return about


def describe_file(path, directories):
    """Return what a file holds, without what differs from run to run.

    Parameters
    ----------
    path : Path
    directories : dict of str to str
        As for `stable_text`.

    Returns
    -------
    object
        Of ROOT files the objects by name; of JSON the document; of texts the lines; of pictures the SHA-256.
    """
    if path.suffix == ".root":
        return _describe_root(path, directories)
    if path.suffix == ".json":
        return stable(json.loads(path.read_text(encoding="utf-8")), directories)
    if path.suffix in _TEXT:
        return stable_text(path.read_text(encoding="utf-8"), directories).split("\n")
    if path.suffix == ".png":
        return {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    return LEFT_OUT  # a PDF has its date


def _describe_root(path, directories):
    with uproot.open(path) as file:
        keys = file.keys(cycle=False)
        return {name: _describe_object(file[name], directories) for name in sorted(set(keys))}


def _describe_object(found, directories):
    if hasattr(found, "arrays"):  # a TTree or an RNTuple
        columns = found.arrays(library="np")
        kind = type(found).__name__.partition("_")[0]
        return {"class": kind, "branches": {k: _describe_branch(k, v) for k, v in columns.items()}}
    if hasattr(found, "to_numpy"):
        parts = {"values": found.values(flow=True), "variances": found.variances(flow=True)}
        parts |= {f"edges{i}": axis.edges() for i, axis in enumerate(found.axes)}
        about = {k: None if v is None else np.asarray(v).tolist() for k, v in parts.items()}
        return {"class": found.classname, "title": found.title, **about}
    text = str(found)
    try:
        return stable(json.loads(text), directories)
    except ValueError:
        return stable_text(text, directories)


def _describe_branch(name, values):
    return LEFT_OUT if name in VOLATILE else describe_array(values)
