"""A series of event files in real ROOT: RDataFrame over all of them, sums of `runinfo`, `hadd`."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import uproot
from support.invocation import CARD, answer, refusal
from support.root_events import root_program
from support.root_process import NEEDS_ROOT

from detsim.event_files.event_reader import EventFile

pytestmark = NEEDS_ROOT
MACRO = Path(__file__).parents[2] / "macros" / "root" / "series.C"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A series, the same weighted, and both joined by `hadd`."""
    path = tmp_path_factory.mktemp("series")
    answer("simulate", CARD, "--seed", 2, "--events", 3500, "--events-per-file", 1000, "-o", path / "e.root")
    parts = sorted(path.glob("e-*.root"))
    answer("reweight", *parts, "--to", CARD, "--set", "model.gamma=0.3", "-o", path / "w.root")
    for name in ("e", "w"):
        joined = [root_program("hadd"), path / f"hadd-{name}.root", *sorted(path.glob(f"{name}-*.root"))]
        done = subprocess.run(joined, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return path


def run_macro(directory, files, output):
    program = root_program("root.exe")
    environment = os.environ | {"ROOTSYS": str(program.parents[1])}
    command = [program, "-b", "-q", "-l", f'{MACRO}("{files}", "{output}")']
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=300, cwd=directory, env=environment
    )


def numbers(done):
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line for line in done.stdout.splitlines() if line[21:] and line[:1].isalpha()]
    return {line[:21].strip(): line[21:].removesuffix(" s").strip() for line in rows}


def columns(paths):
    arrays, exposure = [], 0.0
    for path in paths:
        with EventFile(path) as file:
            arrays.append(file.arrays())
            exposure += file.runinfo.equivalent_exposure
    return {name: np.concatenate([a[name] for a in arrays]) for name in arrays[0]}, exposure


@pytest.mark.parametrize("name", ["e", "w"])
@pytest.mark.parametrize("joined", [False, True])
def test_a_frame_over_a_series(runs, tmp_path, name, joined):
    """Twin: spectrum, errors and sums are those of NumPy over the files; `hadd` changes none of them."""
    files = f"{runs}/hadd-{name}.root" if joined else f"{runs}/{name}-*.root"
    found = numbers(run_macro(tmp_path, files, "out.root"))
    table, exposure = columns(sorted(runs.glob(f"{name}-*.root")))
    weight = table.get("weight", np.ones(len(table["T_reco"])))
    assert (int(found["files"]), int(found["runs"])) == (1 if joined else 4, 4)
    assert int(found["events"]) == len(weight)
    assert (found["generated"], found["index"]) == ("3500", "0 to 3499")
    assert float(found["sum of weights"]) == pytest.approx(weight.sum(), rel=1e-8)
    assert float(found["sum of squares"]) == pytest.approx(np.sum(weight**2), rel=1e-8)
    assert float(found["equivalent exposure"]) == pytest.approx(exposure, rel=1e-11)
    with uproot.open(tmp_path / "out.root") as file:
        contents, edges = file["T_reco"].to_numpy()
        errors = file["T_reco"].errors()
    energies = table["T_reco"].astype(np.float64)
    assert contents == pytest.approx(np.histogram(energies, edges, weights=weight)[0], rel=1e-9)
    assert errors**2 == pytest.approx(np.histogram(energies, edges, weights=weight**2)[0], rel=1e-9)


@pytest.mark.parametrize("name", ["e", "w"])
def test_what_hadd_joined_is_the_series(runs, name):
    """Twin: `fit` of the joined file, with its four runs, is that of the series; exposures add up."""
    one = answer("fit", CARD, runs / f"hadd-{name}.root")
    series = answer("fit", CARD, *sorted(runs.glob(f"{name}-*.root")))
    assert one["fval"] == pytest.approx(series["fval"], rel=1e-9)
    assert one["parameters"]["gamma"]["value"] == pytest.approx(
        series["parameters"]["gamma"]["value"], rel=1e-6
    )


def test_what_is_not_whole_or_there_twice(runs, tmp_path):
    """Contract: macro and reader refuse a run that `hadd` joined twice; the macro true events, too."""
    part = runs / "e-0000.root"
    twice = tmp_path / "twice.root"
    subprocess.run([root_program("hadd"), twice, part, part], capture_output=True, check=True)
    done = run_macro(tmp_path, twice, "out.root")
    assert done.returncode == 2
    assert "is there twice" in done.stderr
    assert "same run twice" in refusal("fit", CARD, twice)
    answer("generate", CARD, "--seed", 2, "--events", 10, "-o", tmp_path / "true.root")
    done = run_macro(tmp_path, tmp_path / "true.root", "out.root")
    assert (done.returncode, "true events" in done.stderr) == (2, True)
    assert not (tmp_path / "out.root").exists()
