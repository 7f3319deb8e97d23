"""Choice of the toys of a study that are fitted again: some at random, and those whose fits look worst."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analysis.batch import FAILED, NO_HESSE, RETRIED, UNSURE
from analysis.fits import Audit, Fitter, chosen
from analysis.pseudo_experiments.fitted_toys import Columns
from analysis.pseudo_experiments.weighted import audit_weighted

__all__ = ["Auditor", "check_part", "n_worst"]

_KINDS = 3
"""Number of kinds of bad toys: large -2 ln L; status not 0; estimate at an end of its range."""
_IN_ORDER = (1, 0, 2)
"""Kinds as they are fitted again: the status first."""
_PART = 4
"""One toy of each kind is chosen for every four toys chosen at random."""


def n_worst(n: int, n_values: int = 1) -> int:
    """Compute the number of worst toys of each kind that are fitted again at each true value.

    Examples
    --------
    >>> n_worst(20), n_worst(20, 10), n_worst(0)
    (5, 1, 0)
    """
    return -(-n // (_PART * n_values)) if n else 0


def check_part(n: int, first: int, total: int | None) -> None:
    """Refuse toys that are no part of the toys 0, 1, ... total - 1.

    Raises
    ------
    ValueError
    """
    if total is not None and first + n > total:
        raise ValueError(
            f"audit_of: toys {first} to {first + n - 1} are no part of a study of {total}, whose last toy is "
            f"{total - 1}"
        )


@dataclass(kw_only=True)
class Auditor:
    """Fits toys of one true value again, chunk by chunk; the choice of toys does not depend on the chunks.

    Parameters
    ----------
    fitter : Fitter
    level : float
        Confidence level of the intervals.
    methods : sequence of str
    sample : ndarray of int
        Positions of the toys that are chosen at random: see `analysis.fits.audit.audit_sample`.
    worst : int
        Number of toys of each kind that are fitted again: those with the largest -2 ln L among all toys,
        among toys whose status is not 0, and among toys whose estimate is at an end of the range.
    most : int, optional
        Largest number of toys of all kinds together.
    """

    fitter: Fitter
    level: float
    methods: Sequence[str]
    sample: NDArray[np.int64]
    worst: int
    most: int | None = None
    reached: int = field(default=0, init=False)
    _random: Audit = field(default_factory=Audit, init=False)
    _audited: set[int] = field(default_factory=set, init=False)
    _worst_toys: list[Columns | None] = field(default_factory=lambda: [None] * _KINDS, init=False)

    def add(self, columns: Columns, start: int) -> None:
        """Audit the chosen toys of a chunk, and remember the worst; `start` is the position of its first."""
        rows = chosen(self.sample, start, len(columns["toy"]))
        self._random += self._fit_again(columns, rows)
        self.reached += len(rows)
        self._audited |= {int(k) for k in columns["toy"][rows]}
        if not self.worst:
            return
        status, estimate = columns["status"], columns[self.fitter.templates.poi]
        good = (status & FAILED) == 0
        low, high = self.fitter.symmetric_range
        at_end = (estimate <= low) | (estimate >= high)
        bad = (status & (RETRIED | UNSURE | NO_HESSE)) != 0
        for kind, is_kind in enumerate((good, good & bad, good & at_end)):
            self._worst_toys[kind] = self._largest_deviance(
                self._worst_toys[kind], columns, np.flatnonzero(is_kind)
            )

    def _largest_deviance(self, earlier: Columns | None, columns: Columns, rows: NDArray[np.intp]) -> Columns:
        """Select the toys with the largest -2 ln L; of equal ones the first."""
        if len(rows) > self.worst:
            values = columns["fval"][rows]
            rows = rows[values >= np.partition(values, -self.worst)[-self.worst]]
        toys = {name: column[rows] for name, column in columns.items()}
        if earlier is not None:
            toys = {name: np.concatenate([earlier[name], column]) for name, column in toys.items()}
        order = np.lexsort((toys["toy"], -toys["fval"]))[: self.worst]
        return {name: column[order] for name, column in toys.items()}

    def _fit_again(self, columns: Columns, rows: NDArray[np.int64]) -> Audit:
        return audit_weighted(self.fitter, columns, rows, level=self.level, methods=self.methods)

    def result(self) -> Audit:
        """Fit the worst toys so far again, and return their audit with that of the random toys."""
        audited = set(self._audited)
        total, left = Audit(), self.most
        for kind in _IN_ORDER:
            toys = self._worst_toys[kind]
            numbers = [] if toys is None else [int(k) for k in toys["toy"]]
            rows = np.array([i for i, k in enumerate(numbers) if k not in audited], np.int64)[:left]
            left = None if left is None else left - len(rows)
            audited |= set(numbers)
            if toys is not None and len(rows):
                total += self._fit_again(toys, rows)
        return self._random + total.as_worst()
