"""True events, drawn one by one: the stochastic twin of `simgen.rate`."""

from collections.abc import Sequence

import numpy as np

from simgen._kernels.vertex import fill_vertices
from simgen.events import Events
from simgen.plan import Plan
from simgen.random import Stage, kernel_key
from simgen.threads import in_chunks

__all__ = ["generate"]


def generate(plan: Plan, n: int, *, seed: int, first: int = 0, identity: Sequence[int] = ()) -> Events:
    """Draw true events.

    Parameters
    ----------
    plan : Plan
    n : int
        Number of events.
    seed : int
    first : int
        Index of the first event; event i is the same whatever slice it is drawn in.
    identity : sequence of int
        What keeps the members of a study apart, such as the number of a pseudo-experiment.

    Returns
    -------
    Events
    """
    if n < 0 or first < 0:
        raise ValueError(f"n and first must be ≥ 0, got {n} and {first}")
    k0, k1 = kernel_key(seed, Stage.VERTEX, *identity).astype(np.uint64)
    component, line = np.empty(n, np.int32), np.empty(n, np.int32)
    E_nu, T, cos_theta = np.empty(n), np.empty(n), np.empty(n)
    columns = component, line, E_nu, T, cos_theta
    in_chunks(n, lambda begin, end: fill_vertices(first, begin, end, plan.arrays, k0, k1, *columns))
    return Events(
        event=np.arange(first, first + n, dtype=np.int64),
        component=component,
        line=line,
        E_nu=E_nu,
        T=T,
        cos_theta=cos_theta,
        n_generated=n,
    )
