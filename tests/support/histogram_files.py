"""ROOT and JSON files of histograms."""

import json

import numpy as np
import uproot
from uproot.writing import identify

__all__ = ["COUNTS", "EDGES", "document", "th1", "write_document", "write_th1"]


EDGES = [0.25, 0.3, 0.4, 0.55]


COUNTS = np.array([0.0, 4, 7, 2, 0])


def th1(contents, *, edges=EDGES, kind="f8", squares=None, **members):
    """Make a TH1 as ROOT stores it; members replace those of a histogram of counts."""
    data = np.asarray(contents, kind)
    inside = data[1:-1].astype(float)
    given = {
        "fEntries": float(data.sum()),
        "fTsumw": inside.sum(),
        "fTsumw2": inside.sum(),
        "fSumw2": np.asarray([] if squares is None else squares, "f8"),
        **members,
    }
    regular = np.allclose(np.diff(edges), edges[1] - edges[0])
    axis = identify.to_TAxis(
        "xaxis", "", len(edges) - 1, edges[0], edges[-1], fXbins=None if regular else np.asarray(edges, "f8")
    )
    return identify.to_TH1x("h", "", data, fTsumwx=0.0, fTsumwx2=0.0, fXaxis=axis, **given)


def write_th1(path, *arguments, **members):
    with uproot.recreate(path) as root:
        root["h"] = th1(*arguments, **members)
    return path


def document(values=COUNTS, kind="double", **changes):
    """Describe a histogram in UHI JSON by hand."""
    axis = {"type": "variable", "edges": EDGES, "underflow": True, "overflow": True, "circular": False}
    found = {
        "uhi_schema": 1,
        "axes": [axis],
        "storage": {"type": kind, "values": np.asarray(values).tolist()},
    }
    for key, value in changes.items():
        part = found
        *parents, last = [int(name) if name.isdigit() else name for name in key.split("__")]
        for name in parents:
            part = part[name]
        part[last] = value
    return found


def write_document(path, content):
    path.write_text(json.dumps(content))
    return path
