"""NuHepMC 1.0.0 as HepMC3 ASCII: neutrino-electron scattering for programs that read HepMC3.

The specification is https://github.com/NuHepMC/Spec, and Gardiner, Isaacson and Pickering, arXiv:2310.13211.
Letters and numbers such as G.R.5 are those of its requirements and conventions;
`detsim.formats.nuhepmc.check` checks a file against each of them.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from detsim.formats import ELECTRON, LARGEST_EVENT, MARK, EventSource, Scattering, TextStream, rows_of
from detsim.formats.nuhepmc.origin import N_EVENTS
from simgen.constants import M_E

__all__ = ["PROCESSES", "NuHepMC"]

PROCESSES = {
    700: ("nu_e e elastic", "Elastic scattering of electron (anti)neutrinos on electrons: W and Z exchange"),
    750: ("nu_x e elastic", "Elastic scattering of mu and tau (anti)neutrinos on electrons: Z exchange"),
}
"""G.R.8: processes by the ranges of E.C.1: 700 and above are others, x50 to x99 are neutral currents."""

_VERTEX_STATUS = {1: ("PrimaryVertex", "Scattering of the neutrino on the electron")}
_PARTICLE_STATUS = {
    1: ("UndecayedPhysicalParticle", "Scattered neutrino, recoil electron"),
    4: ("IncomingBeamParticle", "Neutrino of the source"),
    20: ("TargetParticle", "Electron of the target, free and at rest"),
}
_TARGET = (
    "The target particle is an electron, free and at rest: it is not assigned to an atom, and no nucleus or "
    "ion is written. Binding energies, where the card has them, decide which recoils are recorded, and "
    "change no momentum."
)
_CM2_TO_PB = 1e36
_CM_TO_MM = 10.0
_PART = 10_000


class NuHepMC:
    """Writer of NuHepMC.

    Parameters
    ----------
    stream : file object
        Open for writing in binary.
    name : Path
        ``.gz`` and ``.zst`` compress.
    source : EventSource

    Notes
    -----
    Units are MEV and MM (E.R.4), positions those of the target's frame (E.R.5), times seconds since the start
    of the exposure (E.C.5), cross sections pb (G.R.6). The number of an event is its index in the run.
    Backgrounds are no interactions and are left out.
    """

    def __init__(self, stream: IO[bytes], name: Path, source: EventSource) -> None:
        self._text = TextStream(stream, name)
        self._weights = source.weights
        self._text.write("".join(f"{line}\n" for line in _header(source)).encode())

    def write(self, columns: Mapping[str, NDArray[Any]]) -> int:
        """Append events, and return how many backgrounds were left out.

        Raises
        ------
        ValueError
            If an index is too large for the format.
        """
        events = Scattering.of(columns)
        if len(events) and int(events.event.max()) > LARGEST_EVENT:
            raise ValueError(
                f"event {int(events.event.max())}: HepMC3 numbers events up to {LARGEST_EVENT}; export an "
                "earlier part of the run"
            )
        for part in events.parts(_PART):
            self._text.write(_records(events, part, self._weights))
        return events.n_left_out

    def finish(self) -> None:
        """Write the line that ends the list of events."""
        self._text.write(b"HepMC::Asciiv3-END_EVENT_LISTING\n\n")
        self._text.finish()

    def close(self) -> None:
        """End the thread that compresses."""
        self._text.close()


def _header(source: EventSource) -> Iterator[str]:
    """Yield the lines of the run: weights, tools, attributes in alphabetical order."""
    yield "HepMC::Version 3.03.01"
    yield "HepMC::Asciiv3-START_EVENT_LISTING"
    yield "W " + _escaped("\n".join(_weight_names(source)))
    yield "T " + _escaped(
        f"nugauge\n{source.version}\nneutrino-electron scattering beyond the standard model"
    )
    for name, value in sorted(_attributes(source).items()):
        yield f"A {name} {_escaped(value)}"


def _weight_names(source: EventSource) -> list[str]:
    """Name the weights: G.R.7 wants one that is called CV."""
    return ["CV", *(name for name in source.weights if name != "weight")]


def _attributes(source: EventSource) -> dict[str, str]:
    """Collect the attributes of the run, as text."""
    per_atom = source.electrons_per_atom
    cross_section = source.cross_section * _CM2_TO_PB
    attributes = {
        "NuHepMC.Version.Major": "1",
        "NuHepMC.Version.Minor": "0",
        "NuHepMC.Version.Patch": "0",
        "NuHepMC.Conventions": "G.C.1 G.C.2 E.C.1" + (" E.C.5" if "time" in source.columns else ""),
        "NuHepMC.Exposure.Livetime": f"{source.live_time:.17g}",
        "NuHepMC.FluxAveragedTotalCrossSection": f"{cross_section * (per_atom or 1.0):.17g}",
        "NuHepMC.Units.CrossSection.Unit": "pb",
        "NuHepMC.Units.CrossSection.TargetScale": "PerElectron" if per_atom is None else "PerAtom",
        "NuHepMC.AdditionalParticleNumbers": str(ELECTRON),
        f"NuHepMC.AdditionalParticleNumber[{ELECTRON}].Name": "e-",
        "NuHepMC.Provenance.nugauge": source.provenance_json(),
        MARK: "nuhepmc",
        "nugauge.CrossSection.PerElectron": f"{cross_section:.17g}",
        "nugauge.ElectronsPerAtom": "unknown" if per_atom is None else f"{per_atom:.17g}",
        "nugauge.Events": "recorded by the detector" if source.detected else "all, before any cut",
        "nugauge.NGenerated": str(source.n_generated),
        "nugauge.Target": _TARGET,
    }
    if source.n_interactions is not None:
        attributes[N_EVENTS] = str(source.n_interactions)
    if "weight_A" in source.columns:
        attributes["nugauge.GammaWeights"] = "weight(gamma) = weight_A + weight_B gamma + weight_C gamma^2"
    for stem, codes in (
        ("Process", PROCESSES),
        ("VertexStatus", _VERTEX_STATUS),
        ("ParticleStatus", _PARTICLE_STATUS),
    ):
        attributes[f"NuHepMC.{stem}IDs"] = " ".join(map(str, codes))
        for code, (name, description) in codes.items():
            attributes[f"NuHepMC.{stem}Info[{code}].Name"] = name
            attributes[f"NuHepMC.{stem}Info[{code}].Description"] = description
    return attributes


def _escaped(text: str) -> str:
    r"""Write a text as HepMC3 does: a line break as \|, a backslash twice."""
    return text.replace("\\", "\\\\").replace("\n", "\\|")


def _records(events: Scattering, part: slice, weights: tuple[str, ...]) -> bytes:
    """Write the records of some events."""
    n = len(events.event[part])
    names = [name for name in weights if name != "weight"]
    cv = events.weights["weight"][part] if "weight" in weights else np.ones(n)
    process = np.where(np.abs(events.nu_pdg[part]) == 12, 700, 750)
    places = [] if events.vertex is None else [row[part] * _CM_TO_MM for row in events.vertex]
    if not places:
        places = [np.zeros(n)] * 3
    places += [] if events.time is None else [events.time[part]]
    pdg, g = events.nu_pdg[part], "%.17g"
    template = (
        "E %d 1 4\nU MEV MM\n"
        f"W {' '.join([g] * (1 + len(names)))}\n"
        f"A 0 lab_pos {' '.join([g] * len(places))}\n"
        "A 0 signal_process_id %d\n"
        f"P 1 0 %d {g} {g} {g} {g} 0 4\n"
        f"P 2 0 {ELECTRON} 0 0 0 {M_E!r} {M_E!r} 20\n"
        "V -1 1 [1,2]\n"
        f"P 3 -1 %d {g} {g} {g} {g} 0 1\n"
        f"P 4 -1 {ELECTRON} {g} {g} {g} {g} {M_E!r} 1\n"
    )
    columns = [
        events.event[part],
        cv,
        *(events.weights[name][part] for name in names),
        *places,
        process,
        *(pdg, *events.nu[:, part], events.E_nu[part]),
        *(pdg, *events.nu_out[:, part], events.E_nu_out[part]),
        *(*events.electron[:, part], events.E_electron[part]),
    ]
    return rows_of(template, columns)
