"""Which toys of a study are fitted again: some at random, and the worst, as the toys are made."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analysis.batch import FAILED, NO_HESSE, RETRIED, UNSURE
from analysis.fits import Audit, Fitter, chosen
from analysis.pseudo_experiments.fitted_toys import Columns
from analysis.pseudo_experiments.weighted import audit_weighted

__all__ = ["Auditor", "n_worst"]

_KINDS = 3
"""Kinds of toys that are bad: -2 ln L is large; the status is not 0; the estimate stands at an end."""
_PART = 4
"""One toy of each kind is chosen for every four toys at random."""


def n_worst(n: int, n_values: int = 1) -> int:
    """Return how many of the worst toys of each kind are fitted again at each of several true values.

    Examples
    --------
    >>> n_worst(20), n_worst(20, 10), n_worst(0)
    (5, 1, 0)
    """
    return -(-n // (_PART * n_values)) if n else 0


@dataclass(kw_only=True)
class Auditor:
    """Fits toys of one true value again, chunk by chunk; which, no chunk decides.

    Parameters
    ----------
    fitter : Fitter
    level : float
        Confidence level of the intervals.
    methods : sequence of str
    sample : ndarray of int
        Places of the toys that are chosen at random: see `analysis.fits.audit.audit_sample`.
    worst : int
        How many of each kind of bad toys are fitted again: those with the largest -2 ln L of all, of those
        whose status is not 0, and of those whose estimate stands at an end of the range.
    """

    fitter: Fitter
    level: float
    methods: Sequence[str]
    sample: NDArray[np.int64]
    worst: int
    reached: int = field(default=0, init=False)
    _random: Audit = field(default_factory=Audit, init=False)
    _seen: set[int] = field(default_factory=set, init=False)
    _kept: list[Columns | None] = field(default_factory=lambda: [None] * _KINDS, init=False)

    def add(self, columns: Columns, start: int) -> None:
        """Look at a chunk of toys, the first at a place of the study."""
        rows = chosen(self.sample, start, len(columns["toy"]))
        self._random += self._again(columns, rows)
        self.reached += len(rows)
        self._seen |= {int(k) for k in columns["toy"][rows]}
        if not self.worst:
            return
        status, estimate = columns["status"], columns[self.fitter.templates.poi]
        good = (status & FAILED) == 0
        low, high = self.fitter.symmetric_range
        at_end = (estimate <= low) | (estimate >= high)
        bad = (status & (RETRIED | UNSURE | NO_HESSE)) != 0
        for kind, which in enumerate((good, good & bad, good & at_end)):
            self._kept[kind] = self._worst(self._kept[kind], columns, np.flatnonzero(which))

    def _worst(self, kept: Columns | None, columns: Columns, which: NDArray[np.intp]) -> Columns:
        """Keep the toys with the largest -2 ln L; of equal ones the first."""
        found = {name: column[which] for name, column in columns.items()}
        if kept is not None:
            found = {name: np.concatenate([kept[name], column]) for name, column in found.items()}
        order = np.lexsort((found["toy"], -found["fval"]))[: self.worst]
        return {name: column[order] for name, column in found.items()}

    def _again(self, columns: Columns, rows: NDArray[np.int64]) -> Audit:
        return audit_weighted(self.fitter, columns, rows, level=self.level, methods=self.methods)

    def result(self) -> Audit:
        """Fit the worst toys so far again, and add what became of those at random."""
        seen = set(self._seen)
        total = Audit()
        for kept in self._kept:
            numbers = [] if kept is None else [int(k) for k in kept["toy"]]
            rows = np.array([i for i, k in enumerate(numbers) if k not in seen], np.int64)
            seen |= set(numbers)
            if kept is not None and len(rows):
                total += self._again(kept, rows)
        return self._random + total.as_worst()
