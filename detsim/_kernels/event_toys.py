"""Event-level toys: events of many experiments, drawn, measured and counted.

`simgen.random` describes their random streams.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from detsim._kernels.fused import count_events
from detsim._kernels.response import ResponseArrays
from simgen._kernels.channels import LineArrays, PlanArrays
from simgen._kernels.machine.jit import kernel
from simgen._kernels.philox import philox4x32
from simgen._kernels.poisson import poisson
from simgen.random import Stage

__all__ = ["count_experiments", "experiment_keys", "fill_numbers"]

_MASK = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_ZERO: Any = np.int64(0)
_COUNT: Any = np.int64(Stage.COUNT)
_VERTEX: Any = np.int64(Stage.VERTEX)
_DETECTOR: Any = np.int64(Stage.DETECTOR)
"""Of a type of NumPy: for each constant of Python numba compiles what is called with it once more."""


@kernel()
def _derived_key(
    index: int, stage: int, group: int, k0: np.uint64, k1: np.uint64
) -> tuple[np.uint64, np.uint64]:
    """Derive the key of one stage of one experiment."""
    i = np.uint64(index)
    a, b, _, _ = philox4x32(i & _MASK, i >> _SHIFT, np.uint64(stage), np.uint64(group), k0, k1)
    return a, b


@kernel()
def experiment_keys(index: int, group: int, k0: np.uint64, k1: np.uint64) -> NDArray[np.uint64]:
    """Derive the keys of the vertex and the detector stage of an experiment."""
    keys = np.empty(4, np.uint64)
    keys[0], keys[1] = _derived_key(index, _VERTEX, group, k0, k1)
    keys[2], keys[3] = _derived_key(index, _DETECTOR, group, k0, k1)
    return keys


@kernel(nogil=True)
def fill_numbers(
    first: int, means: NDArray[np.float64], group: int, k0: np.uint64, k1: np.uint64,
    numbers: NDArray[np.int64],
) -> None:  # fmt: skip
    """Draw the number of events of one group in each experiment."""
    for t in range(len(numbers)):
        c0, c1 = _derived_key(first + t, _COUNT, group, k0, k1)
        numbers[t] = int(poisson(means[t], _ZERO, _ZERO, c0, c1))


@kernel(nogil=True)
def count_experiments(
    first: int, numbers: NDArray[np.int64], lines: LineArrays, all_tables: PlanArrays | None,
    response: ResponseArrays, group: int, k0: np.uint64, k1: np.uint64, counts: NDArray[np.int64],
) -> None:  # fmt: skip
    """Add the counts of one group of events to those of the experiments first, first + 1, ..."""
    for t in range(len(numbers)):
        keys = experiment_keys(first + t, group, k0, k1)
        count_events(_ZERO, numbers[t], lines, all_tables, response, keys, counts[t])
