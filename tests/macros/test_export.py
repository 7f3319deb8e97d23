"""`nugauge export`: formats, series, weights, and what is refused with nothing left behind."""

import gzip
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import uproot
from support.examples import few
from support.hepevt_readers import read_canonical, read_glg4
from support.invocation import CARD, answer, full_disk, invoke, refusal

from detsim.event_files.event_writer import EventFile
from detsim.formats import check_nuhepmc
from macros.exports.export_checks import check_file
from simgen.constants import M_E

ALL = ("--columns", "vertex,time,direction")
FORMATS = {
    "nuhepmc": "a.hepmc3",
    "hepevt --dialect canonical": "a.hepevt",
    "hepevt --dialect geant4": "a.g4",
    "hepevt --dialect glg4": "a.glg4",
    "gst": "a.root",
    "parquet": "a.parquet",
    "csv": "a.csv",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("export")
    answer("simulate", CARD, "--seed", 4, "--events", 4000, *ALL, "-o", path / "events.root")
    return path


@pytest.fixture(scope="module")
def events(folder):
    with EventFile(folder / "events.root") as file:
        return file.arrays()


def export(folder, name, *arguments, source="events.root", to=None):
    if name == "parquet":
        pytest.importorskip("pyarrow")
    output = to or folder / FORMATS[name]
    output.unlink(missing_ok=True)
    return output, answer("export", folder / source, "--format", *name.split(), *arguments, "-o", output)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format(folder, events, name):
    """Contract. Finds a format whose events are lost, or whose numbers in JSON are not those of the file."""
    output, told = export(folder, name)
    signal = int(np.count_nonzero(events["nu_pdg"]))
    whole = name in {"parquet", "csv"}
    assert told["n_events"] == (len(events["event"]) if whole else signal)
    assert told["n_left_out"] == (0 if whole else len(events["event"]) - signal)
    assert told["bytes"] == output.stat().st_size
    assert told["dialect"] == (name.split()[-1] if "dialect" in name else None)
    assert ("measured energies" in told["not_held"]) != whole
    assert sorted(p.name for p in folder.glob("*.part")) == []
    if name == "gst":
        said = invoke("export", folder / "events.root", "--format", "gst", "-o", folder / "b.root")
        assert "left out" in said.stdout
        assert "events/s" in said.stderr
        assert "exists; --force replaces it" in refusal(
            "export", folder / "events.root", "--format", "gst", "-o", folder / "b.root"
        )
        answer("export", folder / "events.root", "--format", "gst", "-o", folder / "b.root", "--force")
        (folder / "b.root").unlink()


def test_nuhepmc_of_a_card_is_nuhepmc(folder, events):
    output, _ = export(folder, "nuhepmc")
    lines = output.read_text().splitlines()
    assert check_nuhepmc(lines) == []
    with EventFile(folder / "events.root") as file:
        cross_section, live_time = file.rows[0].cross_section, file.runinfo.equivalent_exposure
    run = dict(
        line.split(" ", 2)[1:] for line in lines if line.startswith("A NuHepMC") or " nugauge." in line
    )
    per_atom = float(run["nugauge.ElectronsPerAtom"])
    assert per_atom == pytest.approx(66 / 21)  # C9H12
    assert float(run["NuHepMC.FluxAveragedTotalCrossSection"]) == pytest.approx(
        1e36 * cross_section * per_atom
    )
    assert float(run["NuHepMC.Exposure.Livetime"]) == live_time
    assert run["nugauge.Events"] == "recorded by the detector"
    packed, _ = export(folder, "nuhepmc", to=folder / "a.hepmc3.gz")
    assert gzip.decompress(packed.read_bytes()) == output.read_bytes()
    for file in (output, packed):
        told = answer("inspect", file)
        assert (told["kind"], told["complete"], told["violations"]) == ("NuHepMC", True, [])
    short = folder / "short.hepmc3.gz"
    short.write_bytes(packed.read_bytes()[:-2000])
    result = invoke("inspect", short)
    assert result.exit_code == 2
    assert "the compressed text ends after line" in result.output
    wrong = folder / "wrong.hepmc3"
    wrong.write_text("\n".join(lines[:-2]).replace("W CV", "W weight"))
    result = invoke("inspect", wrong)
    assert result.exit_code == 2
    assert "it violates NuHepMC 1.0.0: G.R.7" in result.stderr
    assert "the list of events has no end: the file is truncated" in result.stdout


def test_energies_are_those_of_the_file(folder, events):
    output, _ = export(folder, "hepevt --dialect canonical")
    signal = events["nu_pdg"] != 0
    found = read_canonical(output.read_text())
    assert [number for number, _ in found] == events["event"][signal].tolist()
    T = np.array([particles[3].energy for _, particles in found]) - M_E
    np.testing.assert_allclose(T, events["T"][signal], rtol=2e-7)
    place = np.array([particles[3].place for _, particles in found])
    np.testing.assert_allclose(place[:, 2], 10 * events["vertex_z"][signal], rtol=1e-6)


def without_run(path):
    """Leave out the comment that names the run."""
    lines = path.read_text().splitlines()
    assert sum(line.startswith("# run: seed 4, uuid ") for line in lines) == 1
    return [line for line in lines if not line.startswith("# run: ")]


def test_a_series_is_one_data_set(folder):
    name = folder / "series.root"
    answer("simulate", CARD, "--seed", 4, "--events", 4000, *ALL, "--events-per-file", 1500, "-o", name)
    files = sorted(folder.glob("series-*.root"))
    whole, _ = export(folder, "hepevt --dialect glg4", to=folder / "whole.glg4")
    joined = folder / "joined.glg4"
    told = answer("export", *reversed(files), "--format", "hepevt", "--dialect", "glg4", "-o", joined)
    assert without_run(joined) == without_run(whole)
    assert told["n_events"] == len(read_glg4(joined.read_text()))
    named, _ = export(folder, "hepevt --dialect glg4", source="series.root", to=folder / "named.glg4")
    assert named.read_bytes() == joined.read_bytes()
    files[1].rename(folder / "elsewhere.root")
    for sources in ((files[0], files[2]), (name,)):
        part = folder / f"part-{len(sources)}.csv"
        said = invoke("export", *sources, "--format", "csv", "-o", part)
        assert said.exit_code == 0, said.stderr
        assert "warning: events 1500 to 2999 are in none of the files" in said.stderr
        assert part.exists()


def test_weights(folder):
    """Closed form. Finds weights of another model: A + Bγ + Cγ² is 1 at the γ of the card, per event."""
    gamma = 0.07
    drawn = folder / "gamma.root"
    answer(
        "simulate", CARD, "--seed", 4, "--events", 2000, "--set", f"model.gamma={gamma}", *ALL, "-o", drawn
    )
    output, _ = export(folder, "gst", "--gamma-templates", source="gamma.root", to=folder / "abc.root")
    with uproot.open(output) as root:
        found = root["gst"].arrays(["wght", "weight_A", "weight_B", "weight_C"], library="np")
    total = found["weight_A"] + found["weight_B"] * gamma + found["weight_C"] * gamma**2
    np.testing.assert_allclose(total, 1, rtol=1e-9)
    assert set(found["wght"]) == {1.0}
    weighted = folder / "weighted.root"
    answer("reweight", drawn, "--to", CARD, "--set", "model.gamma=0.2", "--gamma-templates", "-o", weighted)
    text, _ = export(folder, "nuhepmc", source="weighted.root", to=folder / "weighted.hepmc3")
    lines = text.read_text().splitlines()
    assert check_nuhepmc(lines) == []
    assert "W CV\\|weight_A\\|weight_B\\|weight_C" in lines
    w = np.array([line.split()[1:] for line in lines if line.startswith("W ")][1:], float)
    with EventFile(weighted) as file:
        stored = file.arrays()
    np.testing.assert_array_equal(w[:, 0], stored["weight"][stored["nu_pdg"] != 0])
    for arguments, text in (
        ((weighted, "--format", "hepevt", "--dialect", "glg4"), "HEPEVT has no weights"),
        ((drawn, "--format", "hepevt", "--dialect", "glg4", "--gamma-templates"), "HEPEVT has no weights"),
        ((weighted, "--format", "csv", "--gamma-templates"), "has weight_A, weight_B and weight_C already"),
    ):
        assert text in refusal("export", *arguments, "-o", folder / "no")
        assert not (folder / "no").exists()


def test_weights_of_several_cards():
    """Contract. Finds weights of the first card given to events of another; settings of a run may differ."""
    cards = [{"model": {"gamma": g}, "run": {"seed": seed}} for g, seed in ((0.0, 1), (0.0, 2), (0.1, 1))]
    runinfo = SimpleNamespace(n_experiments=0)
    for numbers, refused in (((0, 1), False), ((0, 2), True)):
        provenances = [{"card": cards[i], "seed": i} for i in numbers]
        file = SimpleNamespace(path="a.root", columns=("event",), runinfo=runinfo, provenances=provenances)
        check_file(file, "csv", None, templates=False)
        if refused:
            with pytest.raises(ValueError, match="joins runs of 2 different cards"):
                check_file(file, "csv", None, templates=True)
        else:
            check_file(file, "csv", None, templates=True)


def test_tables_of_the_card_may_be_gone(folder, tmp_path):
    """Contract. Finds an export that needs a table of the card, where the format holds nothing of it."""
    sigma, path = tmp_path / "sigma.csv", tmp_path / "events.root"
    sigma.write_text("energy,sigma\n0,5\n1000,60\n")
    table = f"detector.resolution={{ table = '{sigma}', unit = 'keV' }}"
    answer("simulate", CARD, "--seed", 4, "--events", 300, "--set", table, *ALL, "-o", path)
    sigma.unlink()
    for name in ("csv", "gst", "hepevt --dialect glg4"):
        answer("export", path, "--format", *name.split(), "-o", tmp_path / "a.root", "--force")
        (tmp_path / "a.root").unlink()
    told = refusal("export", path, "--format", "nuhepmc", "-o", tmp_path / "a.hepmc3")
    assert "sigma.csv" in told
    assert not (tmp_path / "a.hepmc3").exists()


def test_wrong_input_is_refused_and_leaves_nothing(folder, tmp_path):
    """Contract. One message for each, and no file."""
    good = folder / "events.root"
    truncated, foreign = tmp_path / "truncated.root", tmp_path / "foreign.root"
    truncated.write_bytes(good.read_bytes()[:-20_000])
    with uproot.recreate(foreign) as root:
        root.mktree("gtree", {"x": "f8"}).extend({"x": np.zeros(3)})
    damaged = tmp_path / "damaged.root"
    content = bytearray(good.read_bytes())
    middle = len(content) // 3
    content[middle : middle + 40] = bytes(40)
    damaged.write_bytes(content)
    plain, several = tmp_path / "plain.root", tmp_path / "several.root"
    answer("simulate", CARD, "--seed", 4, "--events", 100, "-o", plain)
    answer("simulate", CARD, "--seed", 4, "--experiments", 2, *ALL, "-o", several)
    before = sorted(tmp_path.iterdir())
    for arguments, status, text in (
        ((truncated, "--format", "csv"), 2, "truncated"),
        ((foreign, "--format", "csv"), 2, "has no TTree or RNTuple 'events'"),
        ((tmp_path / "none.root", "--format", "csv"), 2, "there is no such file"),
        ((damaged, "--format", "csv"), 2, "damaged.root"),
        ((good, "--format", "lhef"), 2, "'lhef' is not one of"),
        ((good, "--format", "hepevt"), 2, "--format hepevt needs --dialect, one of canonical, geant4, glg4"),
        ((good, "--format", "csv", "--dialect", "glg4"), 2, "--dialect is for --format hepevt"),
        ((good, "--format", "gst"), 2, "has to end in .root"),
        (
            (plain, "--format", "nuhepmc"),
            2,
            "make it with `nugauge simulate --columns vertex,time,direction`",
        ),
        (
            (several, "--format", "nuhepmc"),
            2,
            "holds pseudo-experiments, whose events nuhepmc cannot tell apart",
        ),
        ((plain, several, "--format", "csv"), 2, "differs from"),
        ((good, "--format", "hepevt", "--dialect", "geant4", "--vertex-times"), 2, "geant4 has no times"),
    ):
        told = refusal("export", *arguments, "-o", tmp_path / "out", status=status)
        assert text in told, told
        assert sorted(tmp_path.iterdir()) == before, arguments
    copy = tmp_path / "copy.root"
    shutil.copy(good, copy)
    told = refusal("export", copy, "--format", "gst", "-o", copy, "--force")
    assert "is the file that is read" in told
    assert copy.read_bytes() == good.read_bytes()


def test_only_our_exports_are_replaced(folder, tmp_path):
    good = folder / "events.root"
    for name in ("a.csv", "a.hepmc3.gz", "a.hepmc3.zst", "a.glg4"):
        format = ("csv",) if name == "a.csv" else ("nuhepmc",)
        format = ("hepevt", "--dialect", "glg4") if name == "a.glg4" else format
        for force in ((), ("--force",)):
            answer("export", good, "--format", *format, "-o", tmp_path / name, *force)
    (tmp_path / "mine.csv").write_text("event,T\n1,2\n")
    answer("export", good, "--format", "hepevt", "--dialect", "geant4", "-o", tmp_path / "a.g4")
    for name, format in (("mine.csv", ("csv",)), ("a.g4", ("hepevt", "--dialect", "geant4"))):
        told = refusal("export", good, "--format", *format, "-o", tmp_path / name, "--force")
        reason = "has no mark of `nugauge export`" if name == "mine.csv" else "is HEPEVT without comments"
        assert reason in told


@pytest.mark.parametrize("name", few(["nuhepmc", "gst"], "nuhepmc"))
def test_a_full_disk_leaves_nothing(folder, tmp_path, name):
    output = tmp_path / "out.root"
    with full_disk():
        told = refusal("export", folder / "events.root", "--format", name, "-o", output, status=1)
    assert "File too large" in told
    assert list(tmp_path.iterdir()) == []
