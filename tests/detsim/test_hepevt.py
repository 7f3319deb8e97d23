"""HEPEVT: each dialect read by a reader of its own, and by Geant4."""

import io
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from support.exported_events import columns_of, sample, scattering, source_of
from support.hepevt_readers import read_canonical, read_geant4, read_glg4

from detsim.formats import Hepevt, not_held
from simgen.constants import M_E

N = 400
READERS = {"canonical": read_canonical, "geant4": read_geant4, "glg4": read_glg4}
ROUNDING = 4e-16
"""Of a product with a unit, on writing and on reading."""


@pytest.fixture(scope="module")
def columns():
    return columns_of(sample(N))


def written(columns, dialect, **options):
    stream = io.BytesIO()
    writer = Hepevt(stream, Path("a.hepevt"), source_of(columns), dialect=dialect, **options)
    assert writer.write(columns) == N // 4
    writer.finish()
    return stream.getvalue().decode()


def electron(dialect, event):
    particles = event[1] if dialect == "canonical" else event
    return particles[-1]


@pytest.mark.parametrize("dialect", READERS)
def test_electrons_come_back(columns, dialect):
    """Round trip. Finds a wrong unit, a lost digit, a column at the wrong place."""
    expected = scattering(columns)
    events = READERS[dialect](written(columns, dialect))
    assert len(events) == len(expected)
    for i, event in enumerate(events):
        particle = electron(dialect, event)
        assert (particle.status, particle.pdg) == (1, 11)
        np.testing.assert_allclose(particle.momentum, expected.electron[:, i], rtol=ROUNDING)
        assert particle.mass == pytest.approx(M_E, rel=ROUNDING)
        assert particle.daughters == (0, 0)
        if dialect != "geant4":
            np.testing.assert_allclose(particle.place, 10 * expected.vertex[:, i], rtol=ROUNDING)
            assert particle.time == 0
        if dialect != "canonical":
            assert len(event) == 1


def test_canonical_events_are_complete(columns):
    """Closed form. Finds a particle that is missing: energy and momentum of each event are conserved."""
    expected = scattering(columns)
    for i, (number, particles) in enumerate(read_canonical(written(columns, "canonical"))):
        assert number == expected.event[i]
        assert [p.status for p in particles] == [3, 3, 1, 1]
        assert [p.pdg for p in particles] == [expected.nu_pdg[i], 11, expected.nu_pdg[i], 11]
        assert [p.mothers for p in particles] == [(0, 0), (0, 0), (1, 2), (1, 2)]
        assert [p.daughters for p in particles] == [(3, 4), (3, 4), (0, 0), (0, 0)]
        four = np.array([(*p.momentum, p.energy) for p in particles])
        balance = four[0] + four[1] - four[2] - four[3]
        assert np.max(np.abs(balance)) < 1e-14 * (expected.E_nu[i] + M_E)
        for particle in particles:
            square = particle.energy**2 - np.sum(np.square(particle.momentum))
            assert square == pytest.approx(particle.mass**2, abs=1e-14 * particle.energy**2)


@pytest.mark.parametrize("dialect", ["canonical", "glg4"])
def test_times_by_option(columns, dialect):
    expected = scattering(columns)
    events = READERS[dialect](written(columns, dialect, times=True))
    times = [electron(dialect, event).time for event in events]
    np.testing.assert_allclose(times, 1e9 * expected.time, rtol=1e-15)


def test_indices_are_comments_of_glg4(columns):
    lines = written(columns, "glg4").splitlines()
    assert lines[0].startswith("# nugauge.export glg4")
    found = [int(line.removeprefix("# event ")) for line in lines if line.startswith("# event ")]
    assert found == scattering(columns).event.tolist()


def test_what_it_cannot_hold(columns):
    weighted = {**columns, "weight": np.ones(N)}
    for arguments, text in (
        ((weighted, "glg4"), "HEPEVT has no weights"),
        ((columns, "geant4"), "geant4 has no times"),
        (({n: c for n, c in columns.items() if n != "time"}, "glg4"), "the events have no times"),
    ):
        with pytest.raises(ValueError, match=text):
            written(*arguments, times=arguments[0] is not weighted)
    assert not_held("canonical", times=True) == ()
    assert "vertices, times and numbers of events" in not_held("geant4", times=False)
    assert not_held("glg4", times=False)[-1].startswith("times in the exposure")


GEANT4 = """
import json, os, sys
import geant4_pybind as g4

class Detector(g4.G4VUserDetectorConstruction):
    def Construct(self):
        vacuum = g4.G4Material("vacuum", 1, 1.008 * g4.g / g4.mole, 1e-25 * g4.g / g4.cm3)
        box = g4.G4Box("world", g4.m, g4.m, g4.m)
        volume = g4.G4LogicalVolume(box, vacuum, "world")
        return g4.G4PVPlacement(None, g4.G4ThreeVector(), volume, "world", None, False, 0)

class Physics(g4.G4VModularPhysicsList):
    def ConstructParticle(self):
        g4.G4Geantino.Definition(); g4.G4Electron.Definition(); g4.G4Gamma.Definition()
        g4.G4Positron.Definition(); g4.G4Proton.Definition()

found = []

class Generator(g4.G4VUserPrimaryGeneratorAction):
    def __init__(self):
        super().__init__()
        self.reader = g4.G4HEPEvtInterface(sys.argv[1])
    def GeneratePrimaries(self, event):
        self.reader.GeneratePrimaryVertex(event)
        vertex = event.GetPrimaryVertex(0)
        p = vertex.GetPrimary(0)
        found.append([event.GetNumberOfPrimaryVertex(), vertex.GetNumberOfParticle(), p.GetPDGcode(),
                      p.GetPx() / g4.MeV, p.GetPy() / g4.MeV, p.GetPz() / g4.MeV, p.GetMass() / g4.MeV])

class Actions(g4.G4VUserActionInitialization):
    def Build(self):
        self.SetUserAction(Generator())

manager = g4.G4RunManagerFactory.CreateRunManager(g4.G4RunManagerType.Serial)
manager.SetUserInitialization(Detector())
manager.SetUserInitialization(Physics())
manager.SetUserInitialization(Actions())
manager.Initialize()
manager.BeamOn(int(sys.argv[2]))
print("\\nFOUND " + json.dumps(found), flush=True)
os._exit(0)
"""


@pytest.mark.geant4
@pytest.mark.skipif(find_spec("geant4_pybind") is None, reason="geant4-pybind is not installed")
def test_geant4_reads_the_same(columns, tmp_path):
    """Foreign reader. Finds a file that Geant4 reads otherwise: code, momentum, mass of each primary."""
    import json
    import os
    import subprocess
    import sys

    path, data = tmp_path / "a.hepevt", tmp_path / "data"
    data.mkdir()
    (data / "ENSDFSTATE.dat").write_text("")
    path.write_text(written(columns, "geant4"))
    expected = scattering(columns)
    done = subprocess.run(
        [sys.executable, "-c", GEANT4, str(path), str(len(expected))],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "GEANT4_DATA_DIR": str(data), "G4ENSDFSTATEDATA": str(data)},
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("FOUND ")]
    assert lines, done.stdout[-2000:] + done.stderr[-2000:]
    found = np.array(json.loads(lines[0].removeprefix("FOUND ")))
    assert len(found) == len(expected)
    np.testing.assert_array_equal(found[:, :3], np.tile([1, 1, 11], (len(found), 1)))
    # Geant4 keeps the kinetic energy, whose rounding is that of the mass, and makes the momentum of it
    p = np.sqrt(np.sum(expected.electron**2, axis=0))
    rounding = 4 * np.finfo(float).eps * expected.E_electron**2 / p
    assert np.all(np.abs(found[:, 3:6].T - expected.electron) < rounding)
    np.testing.assert_allclose(found[:, 6], M_E, rtol=1e-15)
