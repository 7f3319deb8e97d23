"""Counts and sums of weights of events on their way to a file, and what a reweighting made of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.histograms import Comparison, compare, compare_weighted
from detsim.detector import bin_numbers
from detsim.experiment import Experiment
from macros.terminal import RunError, format_number
from simgen.events import Events

__all__ = ["Reweighting", "Tally", "check_verdict"]

Array = NDArray[np.float64]

_FEW = 40
"""Edges that are compared one by one."""


class Tally:
    """Counts of what has been written, per bin with both flow bins, and of what was drawn."""

    def __init__(self, experiment: Experiment) -> None:
        self._detector = experiment.detector
        self._weighted = False
        self.counts = np.zeros(experiment.detector.n_bins + 2)
        self.squares = np.zeros(experiment.detector.n_bins + 2)
        self.sum_w = self.sum_w2 = 0.0
        self.n_generated = 0
        self.n_written = 0

    def add(self, events: Events) -> None:
        """Count events that are written."""
        n, w = len(events), events.weight
        self.n_generated += events.n_generated
        self.n_written += n
        self._weighted |= w is not None
        self.sum_w += n if w is None else float(np.sum(w))
        self.sum_w2 += n if w is None else float(np.sum(w**2))
        detector, T_reco = self._detector, events.T_reco
        if T_reco is not None and w is None and detector.distance is None and len(detector.edges) <= _FEW:
            # quicker than a search; a float32 column, too, is compared in float64
            above = [np.count_nonzero(T_reco >= np.float64(edge)) for edge in detector.edges]
            counts = -np.diff([n, *above, 0])
            self.counts += counts
            self.squares += counts
        elif T_reco is not None:
            index = bin_numbers(detector, T_reco, events.L_reco)
            counts = np.bincount(index, w, minlength=len(self.counts))
            self.counts += counts
            self.squares += counts if w is None else np.bincount(index, w**2, minlength=len(self.counts))

    def join(self, other: "Tally") -> None:
        """Add the counts of other events of the same experiment."""
        self.n_generated += other.n_generated
        self.n_written += other.n_written
        self._weighted |= other._weighted
        self.sum_w += other.sum_w
        self.sum_w2 += other.sum_w2
        self.counts += other.counts
        self.squares += other.squares

    def compare(self, expected: Array, *, n_drawn: int | None = None) -> Comparison:
        """Compare the counts, or sums of weights, with their expectation."""
        if self._weighted:
            return compare_weighted(self.counts, self.squares, expected, n_drawn=n_drawn)
        return compare(self.counts, expected, n_drawn=n_drawn)


@dataclass(frozen=True, kw_only=True)
class Reweighting:
    """What a reweighting made.

    Parameters
    ----------
    file : Path
        As it was asked for; `files` is what was written.
    tally : Tally
        Sums over the events.
    expected : float or None
        Mean of the sum of weights, by quadrature; None for energies that another program measured.
    comparison : Comparison or None
        Sums of weights against quadrature: the measured spectrum, or the total of true events.
    gaps : tuple of (int, int)
        First and last of the events that are in none of the files of a series.
    notes : tuple of str
        What the files lack of their run, or of the target, in words.
    templates : ndarray, shape (3,), or None
        Sums of A, B and C.
    seconds : float
    """

    file: Path
    files: tuple[Path, ...]
    tally: Tally
    expected: float | None
    comparison: Comparison | None
    gaps: tuple[tuple[int, int], ...]
    notes: tuple[str, ...]
    templates: NDArray[np.float64] | None
    seconds: float

    @property
    def n_effective(self) -> float:
        """Unweighted events that would be as precise: (Σw)²/Σw²."""
        return self.tally.sum_w**2 / self.tally.sum_w2 if self.tally.sum_w2 else 0.0

    def document(self) -> dict[str, Any]:
        """Return the keys of the JSON output."""
        comparison = self.comparison
        return {
            "file": str(self.file),
            "files": [str(file) for file in self.files],
            "gaps": [list(gap) for gap in self.gaps],
            "n_events": self.tally.n_written,
            "n_effective": self.n_effective,
            "sum_w": self.tally.sum_w,
            "sum_w2": self.tally.sum_w2,
            "expected": self.expected,
            "chi2": comparison.chi2 if comparison else None,
            "ndof": comparison.ndof if comparison else None,
            "p_value": comparison.p_value if comparison else None,
            "verdict": comparison.verdict if comparison else None,
            "gamma_templates": self.templates,
            "events_per_second": self.tally.n_written / self.seconds,
        }


_WRONG = "events and expectation do not come from the same card, or one of them is wrong: do not use it"


def check_verdict(comparison: Comparison | None, made: str, *, why: str = _WRONG) -> None:
    """Fail a command whose events disagree with their expectation from quadrature; the files stay.

    Parameters
    ----------
    comparison : Comparison or None
    made : str
        Names of the files that were written, for the message.
    why : str
        What the disagreement means, for the message.

    Raises
    ------
    RunError
        If the p-value is below 1e-6.
    """
    if comparison is not None and comparison.verdict == "disagrees":
        raise RunError(
            f"{made}: kept, but it disagrees with quadrature (χ² = {comparison.chi2:.1f} for "
            f"{comparison.ndof}, p = {format_number(comparison.p_value)}, less than 1e-6): {why}"
        )
