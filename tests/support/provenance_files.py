"""Event files with a provenance and a row of runinfo that a test may contradict."""

import numpy as np

from detsim.event_files.event_writer import EventWriter, RunInfo
from simgen.events import Events

__all__ = ["write_events"]


def write_events(path, *, n=20, seed=1, layout="ttree", weight=None, **changes):
    """Write a small event file with provenance, and one row of runinfo that changes may contradict."""
    sample = Events(
        event=np.arange(n), component=np.zeros(n, np.int32), line=np.zeros(n, np.int32),
        E_nu=np.full(n, 0.7), T=np.full(n, 0.3), cos_theta=np.ones(n), T_reco=np.linspace(0.2, 0.5, n),
        weight=weight, n_generated=n,
    )  # fmt: skip
    w = np.ones(n) if weight is None else weight
    row = {
        "n_events": n, "n_generated": n, "sum_w": float(w.sum()), "sum_w2": float((w**2).sum()),
        "equivalent_exposure": 1728000.5, "cross_section": 1e-44, "first": 0, "last": n - 1, **changes,
    }  # fmt: skip
    with EventWriter(
        path,
        columns=["component", "T", "T_reco", *([] if weight is None else ["weight"])],
        provenance={"seed": seed, "card": {"exposure": {"duration": "20 d"}}, "components": ["é γ"]},
        compression="none",
        format=layout,
    ) as writer:
        writer.extend(sample)
        writer.finish(RunInfo(**row))
    return path
