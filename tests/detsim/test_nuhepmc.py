"""NuHepMC: every requirement of the specification, and what HepMC3 itself reads."""

import gzip
import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from support.exported_events import columns_of, sample, scattering, source_of

from detsim.formats import NuHepMC, check_nuhepmc, start_of
from simgen.constants import M_E

N = 200


def written(columns, name="a.hepmc3", **changes):
    stream = io.BytesIO()
    writer = NuHepMC(stream, Path(name), source_of(columns, **changes))
    half = len(columns["event"]) // 2
    left = sum(
        writer.write({name: column[part] for name, column in columns.items()})
        for part in (slice(half), slice(half, None))
    )
    writer.finish()
    assert left == len(columns["event"]) // 4
    return stream.getvalue()


@pytest.fixture(scope="module")
def columns():
    events = columns_of(sample(N))
    weights = {
        f"weight{k}": np.linspace(0.5, 1.5, N) ** (i + 1) for i, k in enumerate(("", "_A", "_B", "_C"))
    }
    return {**events, **weights}


@pytest.fixture(scope="module")
def text(columns):
    return written(columns).decode()


def test_it_meets_every_requirement(text, columns):
    assert check_nuhepmc(text.splitlines()) == []
    plain = {name: c for name, c in columns.items() if not name.startswith(("weight", "vertex", "time"))}
    bare = written(plain, electrons_per_atom=None).decode()
    assert check_nuhepmc(bare.splitlines()) == []
    assert "TargetScale PerElectron" in bare
    assert "A 0 lab_pos 0 0 0\n" in bare


def change(text, old, new, *, count=1):
    assert old in text, old
    return text.replace(old, new, count)


def event_line(text):
    return next(line for line in text.splitlines() if line.startswith("E "))


BROKEN = {
    "G.R.1": lambda t: change(t, "HepMC::Asciiv3-START_EVENT_LISTING\n", ""),
    "G.R.2": lambda t: change(t, "Version.Minor 0", "Version.Minor 9"),
    "G.R.3": lambda t: change(t, "T nugauge\\|1.2.3\\|", "T nugauge\\|\\|"),
    "G.R.4": lambda t: change(t, "NuHepMC.Conventions", "NuHepMC.Conventiones"),
    "G.R.5": lambda t: change(t, "FluxAveragedTotalCrossSection ", "FluxAveragedTotalCrossSection -"),
    "G.R.6": lambda t: change(t, "CrossSection.TargetScale PerAtom", "CrossSection.TargetScale "),
    "G.R.7": lambda t: change(t, "W CV\\|", "W weight\\|"),
    "G.R.8": lambda t: change(
        t, "NuHepMC.ProcessInfo[750].Description", "NuHepMC.ProcessInfo[751].Description"
    ),
    "G.R.9": lambda t: change(t, "NuHepMC.VertexStatusIDs", "NuHepMC.VertexStatus"),
    "G.R.10": lambda t: change(
        t, "NuHepMC.ParticleStatusInfo[20].Name", "NuHepMC.ParticleStatusInfo[21].Name"
    ),
    "G.R.11": lambda t: change(t, "NuHepMC.AdditionalParticleNumber[11].Name e-", "nugauge.x y"),
    "E.R.1": lambda t: change(t, event_line(t), event_line(t).replace(" 1 4", " 1 5")),
    "E.R.2": lambda t: change(t, "E 1 1 4", "E 0 1 4"),
    "E.R.3": lambda t: change(t, "signal_process_id 750", "signal_process_id 200"),
    "E.R.4": lambda t: change(t, "U MEV MM\n", ""),
    "E.R.5": lambda t: change(t, "A 0 lab_pos ", "A 0 lab_pos 1 "),
    "E.R.6": lambda t: change(t, "V -1 1 [1,2]", "V -1 2 [1,2]"),
    "E.R.7": lambda t: change(t, f"{M_E!r} {M_E!r} 20\n", f"{M_E!r} {M_E!r} 4\n"),
    "E.R.8": lambda t: change(t, f" {M_E!r} 1\nE", f" {M_E!r} 2\nE"),
    "E.R.9": lambda t: change(t, "P 2 0 11 0 0 0 ", "P 2 0 11 0 0 1e-14 "),
    "V.R.1": lambda t: change(t, "V -1 1 [1,2]", "V -1 3 [1,2]"),
    "P.R.1": lambda t: change(t, f" {M_E!r} 1\nE", f" {M_E!r} 5\nE"),
}


@pytest.mark.parametrize("requirement", BROKEN)
def test_the_check_finds_what_is_violated(text, requirement):
    """Contract. Finds a requirement that the check does not check."""
    found = check_nuhepmc(BROKEN[requirement](text).splitlines())
    assert requirement in {violation.id for violation in found}, found


def test_the_check_finds_other_faults(text):
    assert [v.reason for v in check_nuhepmc(text.splitlines()[:-2])] == [
        "the list of events has no end: the file is truncated"
    ]
    first = next(line for line in text.splitlines() if line.startswith("P 4 "))
    words = first.split()
    off = change(text, first, " ".join([*words[:4], f"{float(words[4]) + 1e-9:.17g}", *words[5:]]))
    assert [v.id for v in check_nuhepmc(off.splitlines())] == ["E.R.8"]
    assert len(check_nuhepmc(text.replace("U MEV MM\n", "").splitlines())) == 20


def own(text, **changes):
    """Put what a run states of itself into the provenance of a file."""
    start = "A NuHepMC.Provenance.nugauge "
    line = next(line for line in text.splitlines() if line.startswith(start))
    return change(text, line, start + json.dumps({"seed": 3, "card": changes}))


def moved(text):
    """Move the first event out of the target."""
    line = next(line for line in text.splitlines() if line.startswith("A 0 lab_pos "))
    words = line.split()
    return change(text, line, " ".join([*words[:3], "-99999", *words[4:]]))


def first_event(text):
    begin = text.index("E 0 1 4\n")
    return text[begin : text.index("\nE ", begin) + 1]


def damaged(text):
    """Damage a number of a particle."""
    line = next(line for line in text.splitlines() if line.startswith("P 3 -1 12 "))
    words = line.split()
    return change(text, line, " ".join([*words[:4], "0.1x", *words[5:]]))


SPHERE = {"geometry": {"shape": "sphere", "radius": "300 cm"}}
CONTRADICTIONS = {
    "events, and 150 were written": lambda t: change(t, first_event(t), ""),
    "the units are GEV MM, and MEV MM in the first event": lambda t: "\nE ".join(
        part.replace("U MEV", "U GEV") if i == 3 else part for i, part in enumerate(t.split("\nE "))
    ),
    "an electron has a mass of 0.510999 GEV": lambda t: t.replace("U MEV MM", "U GEV MM"),
    "the units are PEV MM": lambda t: change(t, "U MEV MM", "U PEV MM"),
    "mm from the centre of the target, which ends at 3000 mm": lambda t: moved(own(t, **SPHERE)),
    "after elastic scattering": lambda t: change(t, "P 1 0 14 ", "P 1 0 16 "),
    "is of another flavour": lambda t: change(t, "signal_process_id 750", "signal_process_id 700"),
    "'P 3 -1 12 0.1x": damaged,
}


@pytest.mark.parametrize("reason", CONTRADICTIONS)
def test_the_check_finds_what_contradicts_the_file_itself(text, reason):
    """Contract. Finds a damage that no requirement forbids, and that the file does not agree with."""
    assert check_nuhepmc(own(text, **SPHERE).splitlines()) == []
    found = [str(violation) for violation in check_nuhepmc(CONTRADICTIONS[reason](text).splitlines())]
    assert any(reason in violation for violation in found), found


def test_another_shape_has_another_size(text):
    """Closed form: the corner of a box, the rim of a cylinder; a card that says nothing refuses nothing."""
    far = moved(text)
    for geometry, end in (
        ({"shape": "box", "size": ["6 m", "8 m", "24 m"]}, 13_000),
        ({"shape": "cylinder", "radius": "3 m", "height": "8 m"}, 5000),
    ):
        found = [str(v) for v in check_nuhepmc(own(far, geometry=geometry).splitlines())]
        assert any(f"which ends at {end} mm" in violation for violation in found)
    assert check_nuhepmc(far.splitlines()) == []


def test_a_damaged_line_is_named_and_the_rest_is_checked(text):
    """Contract. Finds a check that ends at the first damaged number."""
    lines = damaged(text).splitlines()
    number = next(i for i, line in enumerate(lines, start=1) if "0.1x" in line)
    (violation,) = check_nuhepmc(lines)
    assert (violation.id, violation.line) == ("HepMC3", number)
    head = change(text, "\nE 1 1 4\n", "\nE 1 x 4\n")
    assert [v.id for v in check_nuhepmc(head.splitlines())] == ["HepMC3"]


@pytest.mark.parametrize("suffix", ["gz", "zst"])
def test_compressed_files_are_the_text(text, columns, suffix, tmp_path):
    path = tmp_path / f"a.hepmc3.{suffix}"
    path.write_bytes(written(columns, path.name))
    if suffix == "gz":
        assert gzip.decompress(path.read_bytes()).decode() == text
        assert path.read_bytes() == written(columns, path.name)
    else:
        cramjam = pytest.importorskip("cramjam")
        assert bytes(cramjam.zstd.decompress(path.read_bytes())).decode() == text
    assert text.encode().startswith(start_of(path)[:1000])
    assert b"nugauge.export nuhepmc" in start_of(path)


@pytest.mark.parametrize("library", ["backports.zstd", "zstandard", "cramjam"])
def test_every_library_of_zstd(text, columns, library, tmp_path, monkeypatch):
    """Foreign reader. Finds a library whose frames another one reads in part, or not at all."""
    pytest.importorskip(library)
    reader = pytest.importorskip("cramjam")
    for other in {"compression.zstd", "backports.zstd", "zstandard", "cramjam"} - {library}:
        monkeypatch.setitem(sys.modules, other, None)
    path = tmp_path / "a.hepmc3.zst"
    path.write_bytes(written(columns, path.name))
    assert bytes(reader.zstd.decompress(path.read_bytes())).decode() == text
    for size in (60_000, 100_000):
        assert text.encode().startswith(start_of(path, size)[:1000])
        assert len(start_of(path, size)) > 1000
    assert b"nugauge.export nuhepmc" in start_of(path)
    monkeypatch.setitem(sys.modules, library, None)
    assert start_of(path) == b""
    with pytest.raises(ValueError, match=r"needs one of zstandard, backports\.zstd or cramjam"):
        written(columns, path.name)


@pytest.mark.parametrize("suffix", ["hepmc3", "hepmc3.gz", "hepmc3.zst"])
def test_hepmc3_reads_the_same(columns, suffix, tmp_path):
    """Foreign reader. Finds a file that HepMC3 reads otherwise: momenta, weights, places, attributes."""
    pyhepmc = pytest.importorskip("pyhepmc")
    if suffix.endswith("zst"):
        pytest.importorskip("backports.zstd")
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(written(columns, path.name))
    expected = scattering(columns)
    with pyhepmc.open(path) as file:
        found = list(file)
    assert len(found) == len(expected)
    run = found[0].run_info
    assert list(run.weight_names) == ["CV", "weight_A", "weight_B", "weight_C"]
    assert [(tool.name, tool.version) for tool in run.tools] == [("nugauge", "1.2.3")]
    attributes = {name: str(value) for name, value in run.attributes.items()}
    assert float(attributes["NuHepMC.FluxAveragedTotalCrossSection"]) == pytest.approx(
        5.8e-9 * 22 / 7, rel=1e-15
    )
    assert attributes["NuHepMC.Units.CrossSection.TargetScale"] == "PerAtom"
    assert source_of(columns).provenance_json() in {attributes["NuHepMC.Provenance.nugauge"]}
    for i, event in enumerate(found):
        assert event.event_number == expected.event[i]
        assert (event.momentum_unit.name, event.length_unit.name) == ("MEV", "MM")
        (vertex,) = event.vertices
        assert vertex.status == 1
        particles = event.particles
        assert [p.status for p in particles] == [4, 20, 1, 1]
        assert [p.pid for p in particles] == [expected.nu_pdg[i], 11, expected.nu_pdg[i], 11]
        assert [p.generated_mass for p in particles] == [0.0, M_E, 0.0, M_E]
        for particle, momentum, energy in (
            (particles[0], expected.nu, expected.E_nu),
            (particles[2], expected.nu_out, expected.E_nu_out),
            (particles[3], expected.electron, expected.E_electron),
        ):
            p = particle.momentum
            assert (p.px, p.py, p.pz, p.e) == (*momentum[:, i], energy[i])
        assert list(event.weights) == [
            expected.weights[n][i] for n in ("weight", "weight_A", "weight_B", "weight_C")
        ]
        place = [float(x) for x in str(event.attributes["lab_pos"]).split()]
        assert place == [*(10 * expected.vertex[:, i]), expected.time[i]]
        process = 700 if abs(expected.nu_pdg[i]) == 12 else 750
        assert int(str(event.attributes["signal_process_id"])) == process


def test_numbers_that_hepmc3_does_not_have(columns):
    late = {**columns, "event": columns["event"] + 2**31}
    with pytest.raises(ValueError, match=r"HepMC3 numbers events up to 2147483647"):
        written(late)
