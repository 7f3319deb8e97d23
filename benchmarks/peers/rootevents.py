"""ROOT: the loop over events compiled by ACLiC, with TRandom3."""

import itertools
import shutil
import tempfile
from pathlib import Path

import numpy as np
import ROOT

from benchmarks.eventspec import EventSpec
from benchmarks.peers.worker import Passes, serve_events


def make(spec: EventSpec, n: int) -> tuple[Passes, str]:
    """Compile the macro with full optimisation, in a directory of its own."""
    directory = Path(tempfile.mkdtemp())
    shutil.copy(Path(__file__).with_name("rootevents.C"), directory)
    ROOT.gSystem.SetFlagsOpt("-O3 -march=native")
    if not ROOT.gSystem.CompileMacro(str(directory / "rootevents.C"), "Of"):
        raise RuntimeError("ACLiC could not compile the macro")
    line, columns, seeds = np.zeros(n, np.int32), np.zeros((3, n)), itertools.count(1)

    def passes(number: int) -> tuple[int, float]:
        kept = ROOT.benchmark_events(
            number, len(spec.energy), spec.cumulative, spec.energy, spec.p, spec.q, spec.span,
            spec.stochastic, spec.threshold, next(seeds), line, *columns,
        )  # fmt: skip
        return kept, float(columns[2, :kept].mean())

    return passes, f"ROOT {ROOT.gROOT.GetVersion()}, -O3 -march=native, TRandom3"


if __name__ == "__main__":
    serve_events(make)
