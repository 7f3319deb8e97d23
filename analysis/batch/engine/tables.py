"""Tables of a program, which follow its header."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analysis.batch.engine._kernels import instructions as K  # noqa: N812

__all__ = ["Tables"]


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
