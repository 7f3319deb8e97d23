"""What a program allocates while it is written: registers, constants, and tables of instructions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.batch.engine._kernels import instructions as K  # noqa: N812
from analysis.batch.engine._kernels.registers import LANES

__all__ = ["Allocator", "Tables"]


@dataclass(slots=True)
class Allocator:
    """Registers and constants of a program that have been allocated so far; no register is used twice."""

    n_registers: int
    values: list[float] = field(default_factory=list)

    def registers(self, n: int = 1) -> int:
        """Allocate registers that follow each other, and return the address of the first."""
        self.n_registers += n
        return (self.n_registers - n) * LANES

    def constants(self, values: ArrayLike) -> int:
        """Append constants, and return the index of the first."""
        self.values += [float(x) for x in np.ravel(values)]
        return len(self.values) - np.size(values)


class Tables:
    """Tables of instructions, which follow a header."""

    def __init__(self) -> None:
        self.header: dict[int, int] = {}
        self.entries: list[int] = []

    def table(self, name: np.uint64, entries: Sequence[Sequence[int]]) -> list[int]:
        """Append a table, and return the index of each instruction."""
        positions = []
        self.header[int(name)] = K.HEADER + len(self.entries)
        for entry in entries:
            positions.append(K.HEADER + len(self.entries))
            self.entries += [int(x) for x in entry]
        self.header[int(name) + 1] = K.HEADER + len(self.entries)
        return positions

    def lists(self, name: np.uint64, lists: Sequence[Sequence[Sequence[int]]]) -> list[tuple[int, int]]:
        """Append a table of lists, and return the range of each."""
        self.table(name, [entry for entries in lists for entry in entries])
        ends = np.cumsum(
            [self.header[int(name)], *(sum(len(entry) for entry in entries) for entries in lists)]
        )
        return [(int(a), int(b)) for a, b in pairwise(ends)]

    def instructions(self, values: Mapping[np.uint64, int]) -> NDArray[np.uint64]:
        """Put the header before the tables."""
        header = self.header | {int(name): value for name, value in values.items()}
        return np.array([*(header[j] for j in range(K.HEADER)), *self.entries], np.uint64)
