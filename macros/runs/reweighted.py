"""What a reweighting made: files, sums of weights, and how they compare with quadrature."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.histograms import Comparison
from macros.runs.event_totals import Tally

__all__ = ["Reweighting"]


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
