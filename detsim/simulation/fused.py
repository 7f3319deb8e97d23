"""Fused simulation: events drawn and measured in one pass, in parts on all threads; kept or only counted."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detsim._kernels.fused import count_events, record_events
from detsim._kernels.response import ResponseArrays
from detsim.experiment import Experiment
from detsim.simulation.detection import response_arrays
from simgen._kernels.events import fill_cosines
from simgen.events import Events
from simgen.generator import Plan
from simgen.random import Stage, kernel_key
from simgen.threads import PART, in_parts

__all__ = ["count_parts", "record_parts", "stage_keys"]

_COUNTED = 4 * PART


def record_parts(
    prepared: Plan,
    experiment: Experiment,
    n: int,
    *,
    seed: int,
    first: int,
    identity: Sequence[int],
    on_events: Callable[[int], None] | None = None,
) -> Events:
    """Draw and measure events in one pass; `on_events` is called with the number of each part."""
    keys = stage_keys(seed, identity)
    response = response_arrays(experiment)

    def record(begin: int, end: int) -> tuple[NDArray[Any], ...]:
        size = end - begin
        event, numbers = np.empty(size, np.int64), np.empty((2, size), np.int32)
        energies = np.empty((3, size))
        k = record_events(begin, size, *prepared.kernel, response, keys, event, numbers, energies)
        E_nu, T, T_reco = energies[:, :k]
        cosines = np.empty(k)
        fill_cosines(E_nu, T, cosines)
        return event[:k], *numbers[:, :k], E_nu, T, T_reco, cosines

    parts = in_parts(record, first, n, on_part=on_events)
    columns = parts[0] if len(parts) == 1 else [np.concatenate(c) for c in zip(*parts, strict=True)]
    event, component, line, E_nu, T, T_reco, cos_theta = columns
    return Events(
        event=event, component=component, line=line, E_nu=E_nu, T=T, cos_theta=cos_theta, T_reco=T_reco,
        n_generated=n,
    )  # fmt: skip


def stage_keys(seed: int, identity: Sequence[int]) -> NDArray[np.uint64]:
    """Derive the keys of vertex and detector stage."""
    return np.concatenate(
        [kernel_key(seed, stage, *identity) for stage in (Stage.VERTEX, Stage.DETECTOR)]
    ).astype(np.uint64)


def count_parts(
    plan: Plan, response: ResponseArrays, keys: NDArray[np.uint64], n: int, *, first: int = 0
) -> NDArray[np.int64]:
    """Draw, measure and count n events under keys of vertex and detector stage, on all threads."""

    def count(begin: int, end: int) -> NDArray[np.int64]:
        counts = np.zeros(len(response.edges) + 1, np.int64)
        count_events(begin, end - begin, *plan.kernel, response, keys, counts)
        return counts

    return np.asarray(np.sum(in_parts(count, first, n, size=_COUNTED), axis=0))
