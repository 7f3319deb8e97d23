"""Small event files."""

import numpy as np

from detsim.event_files.event_writer import EventWriter, RunInfo, event_columns
from simgen.events import Events

__all__ = ["DETECTED", "events", "runinfo", "write"]


DETECTED = event_columns(detected=True)


def events(n, *, seed=1, first=0, experiment=None):
    rng = np.random.default_rng(seed)
    T = rng.uniform(0.1, 0.6, n)
    return Events(
        event=np.arange(first, first + n),
        component=np.zeros(n, np.int32),
        line=rng.integers(0, 4, n, dtype=np.int32),
        E_nu=np.full(n, 0.746),
        T=T,
        cos_theta=rng.uniform(0, 1, n),
        T_reco=rng.normal(T, 0.05),
        experiment=experiment,
        n_generated=2 * n,
    )


def runinfo(n, **changes):
    given = {
        "n_events": n,
        "n_generated": 2 * n,
        "sum_w": float(n),
        "sum_w2": float(n),
        "equivalent_exposure": 3.0 * n,
        "cross_section": 1e-44,
        "first": 0,
        "last": 2 * n - 1,
    }
    return RunInfo(**{**given, **changes})


def write(path, sample, info=None, *, columns=DETECTED, provenance=None, **options):
    given = {"seed": 1, "card": {"name": "é γ"}} if provenance is None else provenance
    with EventWriter(path, columns=columns, provenance=given, **options) as writer:
        writer.extend(sample)
        writer.finish(info or runinfo(len(sample)))
    return path
