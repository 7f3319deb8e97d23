"""The macro of ROOT that draws our files."""

import os
import subprocess
from pathlib import Path

import hist
import numpy as np
import pytest
from support.invocation import CARD, answer
from support.root_events import N, root_program, write
from support.root_process import NEEDS_ROOT, run_root

from analysis.histograms.write import write_root
from detsim.event_files.event_writer import EventWriter, RunInfo, event_columns
from simgen.events import Events

pytestmark = NEEDS_ROOT

MACRO = Path(__file__).parents[2] / "macros" / "root" / "draw_events.C"


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("root") / "events.root"
    return path, write(path, seed=1)


def run_macro(directory, *arguments):
    quoted = ", ".join(f'"{argument}"' for argument in arguments)
    program = root_program("root.exe")
    environment = os.environ | {"ROOTSYS": str(program.parents[1])}
    command = [program, "-b", "-q", "-l", f"{MACRO}({quoted})"]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=300, cwd=directory, env=environment
    )


@pytest.mark.parametrize("output", ["out.png", "out.pdf"])
def test_the_macro_draws_and_prints(tmp_path, file, output):
    done = run_macro(tmp_path, file[0], output)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Error" not in done.stderr
    assert f"events               {N}\n" in done.stdout
    lines = done.stdout.splitlines()
    assert "  seed               1" in lines
    assert any(line.startswith("  nugauge            ") for line in lines)
    assert "{" not in done.stdout
    assert (tmp_path / output).stat().st_size > 5000


def test_the_summary_is_that_of_the_file(tmp_path):
    """Twin: what the macro reads of the provenance of two runs is what `inspect` shows."""
    first, second, both = (tmp_path / f"{name}.root" for name in "abc")
    for seed, path in ((1, first), (2, second)):
        answer("simulate", CARD, "--seed", seed, "--events", 50, "-o", path)
    subprocess.run([root_program("hadd"), both, first, second], check=True, capture_output=True)
    done = run_macro(tmp_path, both, "out.png")
    assert done.returncode == 0, done.stdout + done.stderr
    origins = answer("inspect", both)["provenance"]
    assert len(origins) == 2
    for origin in origins:
        for key in ("command", "card_name", "seed", "created", "uuid"):
            assert f"  {key:17}  {origin[key]}\n" in done.stdout
        assert f"  nugauge            {origin['versions']['nugauge']}\n" in done.stdout


def test_the_macro_draws_weights(tmp_path):
    """Twin: contents Σw and errors √Σw², against the file."""
    rng = np.random.default_rng(4)
    n, w = 1000, rng.uniform(0.2, 3, 1000)
    zeros = np.zeros(n, np.int32)
    events = Events(
        event=np.arange(n), component=zeros, line=zeros, E_nu=np.full(n, 0.746), T=np.full(n, 0.3),
        cos_theta=np.ones(n), T_reco=rng.uniform(0.2, 0.6, n), weight=w, n_generated=n,
    )  # fmt: skip
    info = RunInfo(
        n_events=n, n_generated=n, sum_w=w.sum(), sum_w2=np.sum(w**2), equivalent_exposure=1.0,
        cross_section=1e-44, first=0, last=n - 1,
    )  # fmt: skip
    with EventWriter(
        tmp_path / "w.root", columns=event_columns(detected=True, weights=True), provenance={"seed": 4}
    ) as writer:
        writer.extend(events)
        writer.finish(info)
    done = run_macro(tmp_path, "w.root", "out.root")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"sum of weights       {w.sum():.9g}\n" in done.stdout
    answer = run_root(
        """
file = ROOT.TFile.Open(sys.argv[1])
h = file.Get("canvas").GetPrimitive("spectrum")
bins = range(h.GetNbinsX() + 2)
answer = [sum(h.GetBinContent(i) for i in bins), sum(h.GetBinError(i) ** 2 for i in bins)]
""",
        tmp_path / "out.root",
    )
    assert answer == pytest.approx([w.sum(), np.sum(w**2)], rel=1e-9)


def test_the_macro_refuses_a_foreign_file(tmp_path):
    write_root(tmp_path / "h.root", {"h": hist.Hist.new.Reg(2, 0, 1).Double()})
    done = run_macro(tmp_path, "h.root", "out.png")
    assert done.returncode == 2
    assert "not a whole event file" in done.stderr
