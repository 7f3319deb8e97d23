"""True events, drawn one by one: the stochastic twin of `simgen.rates.rate`."""

from collections.abc import Sequence

import numpy as np

from simgen._kernels.events import fill_vertices
from simgen.events import Events
from simgen.generator.channels import Plan
from simgen.random import Stage, kernel_key
from simgen.threads import in_parts

__all__ = ["generate"]


@np.errstate(under="ignore")
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
        Distinguishes the members of a study, such as the number of a pseudo-experiment.

    Returns
    -------
    Events
    """
    if n < 0 or first < 0:
        raise ValueError(f"n and first must be ≥ 0, got {n} and {first}")
    k0, k1 = kernel_key(seed, Stage.VERTEX, *identity).astype(np.uint64)
    component, line = np.empty(n, np.int32), np.empty(n, np.int32)
    E_nu, T, cos_theta = np.empty(n), np.empty(n), np.empty(n)

    def draw(begin: int, end: int) -> None:
        a, b = begin - first, end - first
        numbers, energies = (component[a:b], line[a:b]), (E_nu[a:b], T[a:b], cos_theta[a:b])
        fill_vertices(begin, *plan.kernel, k0, k1, *numbers, *energies)

    in_parts(draw, first, n)
    return Events(
        event=np.arange(first, first + n, dtype=np.int64),
        component=component,
        line=line,
        E_nu=E_nu,
        T=T,
        cos_theta=cos_theta,
        n_generated=n,
    )
