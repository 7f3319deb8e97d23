"""Event files for ROOT."""

import importlib.util
from pathlib import Path

import numpy as np

from detsim.event_files.event_writer import EventWriter, RunInfo, event_columns
from simgen.events import Events

__all__ = ["N", "root_program", "write"]


N = 250_000


def root_program(name):
    return Path(importlib.util.find_spec("ROOT").origin).parent / "bin" / name


def write(path, *, seed, first_experiment=0, layout="ttree"):
    rng = np.random.default_rng(seed)
    T = rng.uniform(0.1, 0.6, N)
    events = Events(
        event=np.arange(N),
        component=np.zeros(N, np.int32),
        line=rng.integers(0, 4, N, dtype=np.int32),
        E_nu=np.full(N, 0.746),
        T=T,
        cos_theta=np.ones(N),
        T_reco=rng.normal(T, 0.05),
        experiment=np.sort(rng.integers(first_experiment, first_experiment + 9, N)),
        n_generated=2 * N,
    )
    info = RunInfo(
        n_events=N,
        n_generated=2 * N,
        sum_w=N,
        sum_w2=N,
        equivalent_exposure=3.5,
        cross_section=1e-44,
        first=0,
        last=2 * N - 1,
        first_experiment=first_experiment,
        n_experiments=10,
    )
    columns = event_columns(detected=True, experiments=True)
    origin = {"seed": seed, "card": "γ" * 300}
    with EventWriter(path, columns=columns, provenance=origin, format=layout) as writer:
        writer.extend(events)
        writer.finish(info)
    return events
