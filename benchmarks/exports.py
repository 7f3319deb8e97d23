"""Events in formats of other programs, beside pyhepmc's own writer: `python -m benchmarks.exports --help`."""

import argparse
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyhepmc

from benchmarks.measure import CPU, WALL, Spread, environment, interleave, timed
from detsim.formats import (
    DIALECTS,
    EventCsv,
    EventSource,
    Gst,
    Hepevt,
    NuHepMC,
    Parquet,
    Scattering,
    check_nuhepmc,
)
from detsim.simulation.monte_carlo import generate
from macros.card import load_card
from simgen.constants import M_E

OURS, PEER, PEER_WRITES = "nuhepmc", "pyhepmc: makes and writes", "pyhepmc: writes what was made"


class Case:
    """True events of a card in memory, and how they are written."""

    def __init__(self, card: str, n: int, n_peer: int, directory: Path) -> None:
        loaded = load_card(card)
        columns = ("vertex", "time", "direction")
        events = generate(loaded.experiment, loaded.model, seed=1, n=n, columns=columns)
        self.columns = {name: c for name, c in events.columns().items() if name != "cos_theta"}
        self.interactions = Scattering.of(self.columns)
        self.n_peer = min(n_peer, len(self.interactions))
        self.directory = directory
        self.source = EventSource(
            version="benchmark", provenances=[{"seed": 1}], columns=tuple(self.columns), cross_section=1e-44,
            live_time=1.0, n_generated=n, n_events=len(events), detected=False, electrons_per_atom=3.0,
        )  # fmt: skip
        s = self.interactions
        momenta = [
            np.stack([*p, E]).T[: self.n_peer].tolist()
            for p, E in ((s.nu, s.E_nu), (s.nu_out, s.E_nu_out), (s.electron, s.E_electron))
        ]
        vertex = np.zeros((3, len(s))) if s.vertex is None else 10 * s.vertex
        places = np.stack([*vertex, np.zeros(len(s)) if s.time is None else s.time]).T[: self.n_peer].tolist()
        self.plain = list(zip(s.event.tolist(), s.nu_pdg.tolist(), places, *momenta, strict=False))
        self.made = [self._event(i) for i in range(self.n_peer)]

    def write(self, kind: Callable[..., Any], name: str, **options: Any) -> None:
        """Write all events with one of our writers."""
        path = self.directory / name
        with path.open("w+b") as stream:
            writer = kind(stream, path, self.source, **options)
            writer.write(self.columns)
            writer.finish()

    def write_peer(self, *, made: bool) -> None:
        """Write some events with pyhepmc, with those that are there or made one by one."""
        with pyhepmc.open(self.directory / "peer.hepmc3", "w") as file:
            for i in range(self.n_peer):
                file.write(self.made[i] if made else self._event(i))

    def _event(self, i: int) -> "pyhepmc.GenEvent":
        number, pdg, place, *momenta = self.plain[i]
        event = pyhepmc.GenEvent(pyhepmc.Units.MEV, pyhepmc.Units.MM)
        event.event_number = number
        event.weights = [1.0]
        beam = pyhepmc.GenParticle(tuple(momenta[0]), pdg, 4)
        target = pyhepmc.GenParticle((0.0, 0.0, 0.0, M_E), 11, 20)
        nu = pyhepmc.GenParticle(tuple(momenta[1]), pdg, 1)
        electron = pyhepmc.GenParticle(tuple(momenta[2]), 11, 1)
        for particle, mass in ((beam, 0.0), (target, M_E), (nu, 0.0), (electron, M_E)):
            particle.generated_mass = mass
        vertex = pyhepmc.GenVertex()
        vertex.status = 1
        for particle in (beam, target):
            vertex.add_particle_in(particle)
        for particle in (nu, electron):
            vertex.add_particle_out(particle)
        event.add_vertex(vertex)
        event.attributes["lab_pos"] = place
        event.attributes["signal_process_id"] = 700
        return event

    def tasks(self) -> dict[str, tuple[Callable[[], None], int]]:
        """Return each task with the number of events that it writes."""
        n, whole = len(self.interactions), len(self.columns["event"])
        return {
            PEER: (partial(self.write_peer, made=False), self.n_peer),
            PEER_WRITES: (partial(self.write_peer, made=True), self.n_peer),
            OURS: (partial(self.write, NuHepMC, "a.hepmc3"), n),
            "nuhepmc, gz": (partial(self.write, NuHepMC, "a.hepmc3.gz"), n),
            "nuhepmc, zst": (partial(self.write, NuHepMC, "a.hepmc3.zst"), n),
            **{f"hepevt, {d}": (partial(self.write, Hepevt, f"a.{d}", dialect=d), n) for d in DIALECTS},
            "gst": (partial(self.write, Gst, "a.root"), n),
            "parquet": (partial(self.write, Parquet, "a.parquet"), whole),
            "csv": (partial(self.write, EventCsv, "a.csv"), whole),
        }


def main() -> None:
    """Take turns and print rates of written events."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{Path(__file__).stem}", description=__doc__)
    parser.add_argument("--card", default="borexino-cr51-realistic")
    parser.add_argument("--events", type=int, default=200_000, help="drawn")
    parser.add_argument("--of-peer", type=int, default=20_000, help="events that pyhepmc writes")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        case = Case(options.card, options.events, options.of_peer, Path(directory))
        tasks = case.tasks()
        found = interleave({name: timed(task, n) for name, (task, n) in tasks.items()}, options.repeats)
        sizes = {path.name: path.stat().st_size for path in Path(directory).iterdir()}
        with (Path(directory) / "a.hepmc3").open() as file:
            violations = check_nuhepmc(file)
    print(environment())
    print(f"{options.card}: {len(case.interactions)} interactions of {options.events} events; sizes {sizes}")
    print(f"against the specification: {violations or 'nothing is violated'}")
    rates = {name: Spread.of([rate[WALL] for rate in each]) for name, each in found.items()}
    for name, rate in rates.items():
        spread = f"({rate.low / 1e3:.1f} to {rate.high / 1e3:.1f})"
        cpu = 1e6 / np.median([each[CPU] for each in found[name]])
        ratio = rate.median / rates[PEER].median
        print(
            f"{name:32} {rate.median / 1e3:8.1f} k/s {spread}, ratio {ratio:.1f}; {cpu:.1f} CPU µs an event"
        )


if __name__ == "__main__":
    main()
