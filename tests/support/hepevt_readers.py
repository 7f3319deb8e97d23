"""Readers of HEPEVT, each written from the description of its dialect alone."""

from dataclasses import dataclass

__all__ = ["Particle", "read_canonical", "read_geant4", "read_glg4"]

GEV = 1000.0
"""In MeV."""
LIGHT = 299.792458
"""Speed of light [mm/ns]."""


@dataclass(frozen=True, kw_only=True)
class Particle:
    """Momentum, energy and mass [MeV], place [mm], time [ns]."""

    status: int
    pdg: int
    momentum: tuple[float, float, float]
    mass: float
    energy: float | None = None
    mothers: tuple[int, int] = (0, 0)
    daughters: tuple[int, int] = (0, 0)
    place: tuple[float, float, float] | None = None
    time: float | None = None


def read_canonical(text):
    """MARLEY's page on its output: NEVHEP NHEP, then 15 columns; GeV, mm, mm/c. Numbers and particles."""
    lines = iter(text.splitlines())
    events = []
    for line in lines:
        number, n = map(int, line.split())
        particles = []
        for _ in range(n):
            words = next(lines).split()
            assert len(words) == 15
            status, pdg, *links = map(int, words[:6])
            px, py, pz, energy, mass = (float(w) * GEV for w in words[6:11])
            x, y, z, ct = map(float, words[11:])
            particles.append(
                Particle(
                    status=status, pdg=pdg, mothers=tuple(links[:2]), daughters=tuple(links[2:]),
                    momentum=(px, py, pz), energy=energy, mass=mass, place=(x, y, z), time=ct / LIGHT,
                )
            )  # fmt: skip
        events.append((number, particles))
    return events


def read_geant4(text):
    """G4HEPEvtInterface: a stream of numbers, NHEP and eight for each particle; GeV."""
    words = iter(text.split())
    events = []
    for first in words:
        particles = []
        for _ in range(int(first)):
            status, pdg, first_daughter, last_daughter = (int(next(words)) for _ in range(4))
            px, py, pz, mass = (float(next(words)) * GEV for _ in range(4))
            particles.append(
                Particle(
                    status=status, pdg=pdg, daughters=(first_daughter, last_daughter),
                    momentum=(px, py, pz), mass=mass,
                )
            )  # fmt: skip
        events.append(particles)
    return events


def read_glg4(text):
    """GLG4VertexGen_HEPEvt: lines, # are comments; behind the mass DT [ns] since the line before, X Y Z."""
    lines = (line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    events = []
    for line in lines:
        particles, time = [], 0.0
        for _ in range(int(line)):
            words = next(lines).split()
            assert len(words) >= 12
            time += float(words[8])
            particles.append(
                Particle(
                    status=int(words[0]), pdg=int(words[1]), daughters=(int(words[2]), int(words[3])),
                    momentum=tuple(float(w) * GEV for w in words[4:7]), mass=float(words[7]) * GEV,
                    time=time, place=tuple(map(float, words[9:12])),
                )
            )  # fmt: skip
        events.append(particles)
    return events
