"""Histograms of pulls and limits of pseudo-experiments; their size does not grow with the number of toys."""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.fits import Fitter
from analysis.pseudo_experiments.bands import BAND, rank_interval
from analysis.pseudo_experiments.fitted_toys import FAILED, NO_HESSE, NO_LIMIT
from analysis.quotation import exact_text, name_with_unit, scale_of
from analysis.representation import band_text, percent
from simgen.pictures import Layer, Level, Steps, picture
from simgen.representation import html_table, readable, text_table

__all__ = ["ToyDistributions", "added_sums", "mean_and_deviation", "no_toys"]

Array = NDArray[np.float64]
Counts = NDArray[np.int64]
Columns = dict[str, NDArray[Any]]

PULLS = np.linspace(-5, 5, 101)
_JOINED = 4
"""Bins of `PULLS` that make one of a small picture."""
_RESOLUTIONS, _N_LIMIT_BINS = 40.0, 40_000
"""Half-width of the histogram of limits around the model's value, in resolutions, and its number of bins."""


def added_sums(before: Array, x: Array) -> Array:
    """Update the number, sum and sum of squares of values, shape (3,).

    Values are added one after the other: NumPy's pairwise `sum` would depend on the chunks.
    """
    powers = np.stack([np.ones(len(x)), x, x**2])
    return np.asarray(np.cumsum(np.column_stack([before, powers]), axis=1)[:, -1])


def mean_and_deviation(sums: Array) -> tuple[float | None, float | None]:
    """Compute mean and standard deviation from `added_sums`; None if there are too few values.

    Examples
    --------
    >>> mean_and_deviation(added_sums(np.zeros(3), np.array([1.0, 2.0, 3.0])))
    (2.0, 1.0)
    """
    n, total, squares = sums
    mean = float(total / n) if n else None
    if mean is None or n < 2:
        return mean, None
    return mean, math.sqrt(max(float(squares) - n * mean**2, 0.0) / (n - 1))


@dataclass(frozen=True, kw_only=True)
class ToyDistributions:
    """Distributions of estimates and limits of toys of one true value; see `no_toys` and `with_toys`.

    Parameters
    ----------
    parameter : str
    truth : float
    level : float
        Confidence level of the one-sided limits.
    n_toys, n_failed : int
    pulls : ndarray of int, shape (n_bins + 2,)
        Histogram of (estimate - truth)/(Hesse error) of toys that have both, in the bins `PULLS`, with flow
        bins.
    moments : ndarray, shape (3,)
        Number, sum, and sum of squares of the pulls.
    edges : ndarray, shape (n_edges,)
    limits : ndarray of int, shape (n_edges + 1,)
        Histogram of upper limits in the bins `edges`, with flow bins; the last contains toys without a limit,
        too.
    """

    parameter: str
    truth: float
    level: float
    n_toys: int
    n_failed: int
    pulls: Counts
    moments: Array
    edges: Array
    limits: Counts

    def __repr__(self) -> str:
        return text_table(self._title(), self._rows())

    def _repr_html_(self) -> str:
        heights = self.pulls[1:-1].reshape(-1, _JOINED).sum(axis=1).tolist()
        edges = PULLS[::_JOINED].tolist()
        drawn = ""
        if any(heights):
            layers: list[Layer] = [Steps(edges=edges, heights=heights, filled=True), Level(x=0.0)]
            drawn = picture(f"Pulls of {self.parameter}", layers, x="(estimate - truth)/error", y="toys")
        return html_table(self._title(), self._rows(), drawn)

    def _title(self) -> str:
        return f"Toys of {self.parameter} = {exact_text(self.parameter, self.truth)}"

    def _rows(self) -> list[tuple[str, str]]:
        mean, deviation = self.pull_moments
        shown = [("toys", f"{self.n_toys}, of which {self.n_failed} failed")]
        if mean is not None and deviation is not None:
            shown.append(("pulls", f"mean {readable(mean)}, standard deviation {readable(deviation)}"))
        scale = scale_of(self.parameter, *self.band)
        name = name_with_unit(f"limits at {percent(self.level)}, -2 ... +2 σ", scale)
        return [*shown, (name, band_text(self.band, scale))]

    def with_toys(self, columns: Columns) -> "ToyDistributions":
        """Add a chunk of toys from `analysis.pseudo_experiments.fitted_toys.toys`."""
        status, poi = columns["status"], self.parameter
        failed = (status & FAILED) != 0
        limits = np.where(status & (FAILED | NO_LIMIT), math.inf, columns["one_sided_upper"])
        good = (status & (FAILED | NO_HESSE)) == 0
        pulls = (columns[poi][good] - self.truth) / columns[f"{poi}_error"][good]
        return replace(
            self,
            n_toys=self.n_toys + len(status),
            n_failed=self.n_failed + int(np.count_nonzero(failed)),
            pulls=self.pulls + _binned(pulls, PULLS),
            moments=added_sums(self.moments, pulls),
            limits=self.limits + _binned(limits, self.edges),
        )

    @property
    def pull_moments(self) -> tuple[float | None, float | None]:
        """Mean and standard deviation of the pulls; None if there are too few."""
        return mean_and_deviation(self.moments)

    @property
    def band(self) -> tuple[float | None, ...]:
        """Limits at -2 ... +2 σ, precise to a bin's width; None if they are beyond the bins, or open."""
        return tuple(self.quantile(p) for p in BAND)

    @property
    def band_errors(self) -> tuple[float | None, ...]:
        """Statistical errors of the band, precise to a bin's width; None if they are not known."""
        ends = [[self._ranked(rank) for rank in rank_interval(self.n_toys, p)] for p in BAND]
        return tuple(None if a is None or b is None else (b - a) / 2 for a, b in ends)

    def quantile(self, p: float) -> float | None:
        """Return the limit below which a fraction p of the toys lies: the middle of its bin."""
        return self._ranked(p * self.n_toys)

    def _ranked(self, rank: float) -> float | None:
        """Return the limit of a rank among the toys: the middle of its bin; None outside the bins."""
        i = int(np.searchsorted(np.cumsum(self.limits), rank))
        is_inside = self.n_toys > 0 and 0 < rank <= self.n_toys and 0 < i < len(self.edges)
        return float(0.5 * (self.edges[i - 1] + self.edges[i])) if is_inside else None


def _binned(x: Array, edges: Array) -> Counts:
    return np.bincount(np.searchsorted(edges, x, side="right"), minlength=len(edges) + 1).astype(np.int64)


def no_toys(fitter: Fitter, *, level: float) -> ToyDistributions:
    """Make distributions without toys, to which toys can be added.

    Parameters
    ----------
    fitter : Fitter
        Its model is the truth.
    level : float
        Confidence level of the one-sided limits.
    """
    low, high = fitter.physical
    half_width = _RESOLUTIONS * fitter.width
    edges = np.linspace(
        max(low, fitter.anchor - half_width), min(high, fitter.anchor + half_width), _N_LIMIT_BINS + 1
    )
    return ToyDistributions(
        parameter=fitter.templates.poi,
        truth=fitter.truth,
        level=level,
        n_toys=0,
        n_failed=0,
        pulls=np.zeros(len(PULLS) + 1, np.int64),
        moments=np.zeros(3),
        edges=edges,
        limits=np.zeros(len(edges) + 1, np.int64),
    )
