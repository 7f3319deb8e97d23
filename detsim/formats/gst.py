"""Summary tree of scattering events with the branch names and units of GENIE's gst.

Names, types and units are those that GENIE's ``gntpc -f gst`` gives neutrino-electron elastic scattering
(src/Apps/gNtpConv.cxx). Left out are quantities that these events do not have: cross sections of the event
and heavy neutral leptons (``XSec``, ``DXSec``, ``KPS``, ``nhl_*``), and the kinematics that GENIE selects
internally (``xs``, ``ys``, ``ts``, ``Q2s``, ``Ws``).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import awkward as ak
import numpy as np
import uproot
from numpy.typing import NDArray

from detsim.formats.event_source import MARK, EventSource
from detsim.formats.scattering import ELECTRON, LARGEST_EVENT, Scattering
from simgen.constants import M_E

__all__ = ["Gst"]

Columns = dict[str, NDArray[Any]]

_GEV, _METRE = 1e-3, 1e-2
"""Of a MeV, and of a cm."""
_TREE, _TITLE = "gst", "GENIE Summary Event Tree"
_FALSE = ("sea", "qel", "mec", "res", "dis", "coh", "dfr", "imd", "imdanh", "singlek", "em", "cc", "charm")
_ZERO = ("tgt", "Z", "A", "hitnuc", "hitqrk")
_NUCLEON = ("En", "pxn", "pyn", "pzn")
_COUNTS = tuple(
    f"n{stage}{kind}"
    for stage in "fi"
    for kind in ("p", "n", "pip", "pim", "pi0", "kp", "km", "k0", "em", "other")
)
_UNSET = -1.0
"""What GENIE writes as x, y, t and W where no nucleon was hit."""
_NEUT, _NUANCE, _NO_RESONANCE = 59, 98, -99
_FINAL = {"pdgf": "i4", "Ef": "f8", "pxf": "f8", "pyf": "f8", "pzf": "f8", "pf": "f8", "cthf": "f8"}
_INITIAL = {"pdgi": "i4", "resc": "i4", "Ei": "f8", "pxi": "f8", "pyi": "f8", "pzi": "f8"}
_JAGGED = {"i4": "var * int32", "f8": "var * float64"}


class Gst:
    """Writer of a tree `gst`.

    Parameters
    ----------
    stream : file object
        Open for reading and writing in binary.
    name : Path
        Not used: a ROOT file compresses by itself.
    source : EventSource
        Its weights become `wght`, and `weight_A`, `weight_B`, `weight_C`, which GENIE does not have.
    """

    def __init__(self, stream: IO[bytes], name: Path, source: EventSource) -> None:
        self._root = uproot.recreate(stream, compression=uproot.ZSTD(1))
        self._root[MARK.replace(".", "_")] = "gst"
        self._root["provenance"] = source.provenance_json()
        self._weights = tuple(name for name in source.weights if name != "weight")
        self._tree: Any = None

    def write(self, columns: Mapping[str, NDArray[Any]]) -> int:
        """Append events, and return how many backgrounds were left out.

        Raises
        ------
        ValueError
            If an index is too large for the branch `iev`.
        """
        events = Scattering.of(columns)
        if len(events) and int(events.event.max()) > LARGEST_EVENT:
            raise ValueError(
                f"event {int(events.event.max())}: gst numbers events up to {LARGEST_EVENT}; export an "
                "earlier part of the run"
            )
        flat = self._flat(events)
        if self._tree is None:
            types: dict[str, Any] = {name: column.dtype for name, column in flat.items()}
            types |= {name: _JAGGED[kind] for name, kind in {**_INITIAL, **_FINAL}.items()}
            counter = {name: "ni" if name in _INITIAL else "nf" for name in (*_INITIAL, *_FINAL)}
            self._tree = self._root.mktree(_TREE, types, title=_TITLE, counter_name=counter.__getitem__)
        if not len(events):
            return events.n_left_out  # ROOT reads a basket without entries wrongly
        none = {
            name: ak.unflatten(np.empty(0, kind), np.zeros(len(events), np.int64))
            for name, kind in {**_INITIAL, **_FINAL}.items()
        }
        self._tree.extend({**flat, **none})
        return events.n_left_out

    def finish(self) -> None:
        """Close the ROOT file, but not the stream."""

    def close(self) -> None:
        """Do nothing: the stream is closed by whoever opened it."""

    def _flat(self, events: Scattering) -> Columns:
        """Compute the branches with one number for each event."""
        n = len(events)
        nu, electron = events.nu * _GEV, events.electron * _GEV
        p = np.sqrt(np.sum(electron**2, axis=0))
        E_nu, E = events.E_nu * _GEV, events.E_electron * _GEV
        transfer = np.sum((nu - electron) ** 2, axis=0) - (E_nu - E) ** 2
        cosine = np.minimum((1 + M_E / events.E_nu) * np.sqrt(events.T / (events.T + 2 * M_E)), 1.0)
        vertex = np.zeros((3, n)) if events.vertex is None else events.vertex * _METRE
        time = np.zeros(n) if events.time is None else events.time
        return {
            "iev": events.event.astype(np.int32),
            "neu": events.nu_pdg,
            "fspl": np.full(n, ELECTRON, np.int32),
            **dict.fromkeys(_ZERO, np.zeros(n, np.int32)),
            "resid": np.full(n, _NO_RESONANCE, np.int32),
            **dict.fromkeys(_FALSE, np.zeros(n, np.bool_)),
            "nuel": np.ones(n, np.bool_),
            "nc": np.abs(events.nu_pdg) != 12,
            "amnugamma": np.zeros(n, np.bool_),
            "neut_code": np.full(n, _NEUT, np.int32),
            "nuance_code": np.full(n, _NUANCE, np.int32),
            "wght": events.weights.get("weight", np.ones(n)),
            **dict.fromkeys(("x", "y", "t"), np.full(n, _UNSET)),
            "Q2": transfer,
            "W": np.full(n, _UNSET),
            **dict(zip(("EvRF", "Ev", "pxv", "pyv", "pzv"), (E_nu, E_nu, *nu), strict=True)),
            **dict.fromkeys(_NUCLEON, np.zeros(n)),
            **dict(zip(("El", "pxl", "pyl", "pzl", "pl", "cthl"), (E, *electron, p, cosine), strict=True)),
            **dict.fromkeys(_COUNTS, np.zeros(n, np.int32)),
            **dict(zip(("vtxx", "vtxy", "vtxz", "vtxt"), (*vertex, time), strict=True)),
            "sumKEf": events.T * _GEV,
            "calresp0": np.zeros(n),
            **{name: events.weights[name] for name in self._weights},
        }
