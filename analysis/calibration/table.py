"""Distributions of test statistics at true values, from pseudo-experiments, and the thresholds they give."""

import math
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.batch import one_sided
from analysis.calibration.distribution import Distributions
from analysis.calibration.pictures import threshold_picture
from analysis.calibration.ranks import Curve, check_enough, fraction_above, ranked, tie
from analysis.calibration.settings import Conditions, check_level
from analysis.fits import Fitter
from analysis.quotation import exact_text
from simgen.representation import html_table, text_table

__all__ = ["Calibration", "Curve", "check_enough", "tie"]

Array = NDArray[np.float64]
Counts = NDArray[np.int64]
Sample = NDArray[np.float32]

_SAME = 1e-9
"""Relative difference up to which expectations are the same."""


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Statistics of pseudo-experiments at true values of the parameter of interest.

    Parameters
    ----------
    values : ndarray, shape (m,)
        True values, ascending.
    signed : ndarray of float32, shape (m, n_toys)
        Signed statistics at the true value (`analysis.batch.physical_fit.signed_statistic`), ascending.
    reference : float
        Reference value of CLs.
    reference_statistic : ndarray of float32, shape (m, n_toys)
        One-sided statistics, at each value, of toys whose true value is the reference, ascending.
    expected : ndarray, shape (m, n_bins)
        Expected counts at the true values, nuisance parameters nominal.
    conditions : Conditions
    seed : int
    first : int
        Index of the first pseudo-experiment.
    sums : tuple of two Distributions, or None
        Distributions of the two statistics, if no toy is kept by itself; the statistics above are then the
        few that represent all, and `counts` says how many toys have each.

    Notes
    -----
    A toy whose fit failed has an infinite statistic: it is above every threshold.
    """

    values: Array
    signed: Sample
    reference: float
    reference_statistic: Sample
    expected: Array
    conditions: Conditions
    seed: int
    first: int = 0
    sums: tuple[Distributions, Distributions] | None = None

    @classmethod
    def of_sums(
        cls, sums: tuple[Distributions, Distributions], *, values: Array, reference: float, **settings: Any
    ) -> "Calibration":
        """Make a calibration of distributions of the signed statistic and of that of the reference."""
        signed, compared = (one.values().values for one in sums)
        return cls(
            values=values,
            signed=signed,
            reference=reference,
            reference_statistic=compared,
            sums=sums,
            **settings,
        )

    def __post_init__(self) -> None:
        m = len(self.values)
        if m < 1 or not np.all(np.diff(self.values) > 0):
            raise ValueError("a calibration needs true values in ascending order, at least one")
        pair = (self.signed, self.reference_statistic)
        wrong = self.sums is None and pair[0].shape != pair[1].shape
        if wrong or any(len(statistics) != m for statistics in pair):
            raise ValueError(f"a calibration needs as many toys at each of its {m} values")

    def __repr__(self) -> str:
        return text_table(f"Calibration of {self.parameter}", self._rows())

    def _repr_html_(self) -> str:
        return html_table(f"Calibration of {self.parameter}", self._rows(), threshold_picture(self))

    def _rows(self) -> list[tuple[str, str]]:
        ends = " to ".join(exact_text(self.parameter, x) for x in map(float, self.values[[0, -1]]))
        reference = exact_text(self.parameter, self.reference)
        return [
            ("true values", f"{len(self.values)} from {ends}"),
            ("toys at each", str(self.n_toys)),
            ("failed fits", str(int(self.n_failed.sum()))),
            ("CLs compares with", f"{self.parameter} = {reference}"),
            ("seed", str(self.seed)),
        ]

    @property
    def parameter(self) -> str:
        """Name of the parameter of interest."""
        return self.conditions.parameter

    @property
    def n_toys(self) -> int:
        """Number of pseudo-experiments at each value."""
        return int(self.signed.shape[1]) if self.sums is None else self.sums[0].n_toys

    @property
    def last(self) -> int:
        """Index of the last pseudo-experiment."""
        return self.first + self.n_toys - 1

    @property
    def n_failed(self) -> NDArray[np.int64]:
        """Number of failed fits at each value, shape (m,)."""
        if self.sums is not None:
            return self.sums[0].n_failed
        return np.asarray(np.count_nonzero(~np.isfinite(self.signed), axis=1), np.int64)

    @cached_property
    def counts(self) -> tuple[Counts, Counts] | None:
        """Numbers of toys that have the statistics, of both kinds, shape (m, k); None where each has one."""
        if self.sums is None:
            return None
        signed, compared = (one.values().counts for one in self.sums)
        return signed, compared

    def enough(self, level: float) -> bool:
        """Tell whether there are enough toys for a threshold at a confidence level."""
        try:
            check_enough(self.n_toys, level)
        except ValueError:
            return False
        return True

    def thresholds(self, method: str, level: float) -> Curve:
        """Compute the thresholds of a statistic, which a fraction `level` of the toys does not exceed.

        Parameters
        ----------
        method : {"feldman-cousins", "calibrated"}
            Thresholds of q, or of the one-sided q̃.
        level : float
            Confidence level.

        Raises
        ------
        ValueError
            If there are too few toys, or too many of them failed.

        Notes
        -----
        The threshold is the k-th smallest statistic, where k is level (n + 1) rounded up. Averaged over
        tables, the statistic of one more toy is then not above it with a probability of at least `level`, for
        any distribution. Its error is taken from the statistics at the ranks k ± √(n level (1 - level)).
        """
        if method not in {"feldman-cousins", "calibrated"}:
            raise ValueError(f"thresholds are of 'feldman-cousins' or 'calibrated', got {method!r}")
        check_level(level)
        if (method, level) not in self._curves:
            self._curves[method, level] = self._threshold_curve(method, level)
        return self._curves[method, level]

    @cached_property
    def _curves(self) -> dict[tuple[str, float], Curve]:
        return {}

    def _threshold_curve(self, method: str, level: float) -> Curve:
        q = np.abs(self.signed) if method == "feldman-cousins" else np.maximum(self.signed, 0)
        n = self.n_toys
        check_enough(n, level)
        rank, width = math.ceil(level * (n + 1)), math.sqrt(n * level * (1 - level))
        ranks = [rank, max(math.floor(rank - width), 1), min(math.ceil(rank + width), n)]
        counts = None if self.counts is None else self.counts[0]
        centre, low, high = ranked(q, counts, ranks)
        if not np.all(np.isfinite(centre)):
            failed_value = self.values[~np.isfinite(centre)][0]
            raise ValueError(f"too many fits failed at {self.parameter} = {failed_value:g} for a threshold")
        return Curve(values=self.values, centre=centre, low=low, high=np.where(high < math.inf, high, centre))

    def p_values(self, i: int, q: ArrayLike, method: str = "calibrated") -> Array:
        """Compute the fraction of the toys at the value of index i whose statistic is at least q."""
        counts = None if self.counts is None else self.counts[0][i]
        if method != "feldman-cousins":
            return fraction_above(self._one_sided(i), counts, np.asarray(q, np.float64))
        statistic = np.abs(self.signed[i])
        if counts is None:
            return fraction_above(np.sort(statistic), None, np.asarray(q, np.float64))
        order = np.argsort(statistic, kind="stable")
        return fraction_above(statistic[order], counts[order], np.asarray(q, np.float64))

    def _one_sided(self, i: int) -> Sample:
        return np.asarray(np.maximum(self.signed[i], 0), np.float32)  # stays ascending

    def log_cls(self, i: int, q: ArrayLike) -> tuple[Array, Array]:
        """Compute ln CLs of one-sided statistics at the value of index i, and its statistical error.

        Notes
        -----
        CLs = P(q̃ ≥ q | θ)/P(q̃ ≥ q | reference): Read, J. Phys. G 28, 2693. If no toy has a statistic of at
        least q, half a toy is assumed.
        """
        n, least = self.n_toys, 0.5 / self.n_toys
        statistic = np.asarray(q, np.float64)
        counts = (None, None) if self.counts is None else (self.counts[0][i], self.counts[1][i])
        p = np.maximum(fraction_above(self._one_sided(i), counts[0], statistic), least)
        p_reference = np.maximum(fraction_above(self.reference_statistic[i], counts[1], statistic), least)
        variance = (1 - p) / (n * p) + (1 - p_reference) / (n * p_reference)
        if self.values[i] == self.reference:
            variance = np.zeros_like(variance)  # the same toys
        return np.log(p / p_reference), np.sqrt(variance)

    def holds(self, method: str, level: float, value: float, signed: ArrayLike) -> NDArray[np.bool_]:
        """Tell for each data set whether its region contains a value.

        Parameters
        ----------
        method : {"feldman-cousins", "calibrated", "cls"}
        level : float
        value : float
            Between the first and the last of the table.
        signed : array_like, shape (n,)
            Signed statistics of the data sets at this value.
        """
        if not self.values[0] <= value <= self.values[-1]:
            raise ValueError(
                f"{self.parameter} = {value:g} is outside the table, which goes from {self.values[0]:g} to "
                f"{self.values[-1]:g}"
            )
        s = np.asarray(signed, np.float64)
        if method != "cls":
            q = np.abs(s) if method == "feldman-cousins" else one_sided(s)
            return np.asarray(q <= self.thresholds(method, level).at(value) + tie(q))
        check_level(level)
        q = one_sided(s)
        i = min(max(int(np.searchsorted(self.values, value, side="right")) - 1, 0), len(self.values) - 1)
        log_cls = self.log_cls(i, q)[0]
        if value != self.values[i]:
            w = (value - self.values[i]) / (self.values[i + 1] - self.values[i])
            log_cls = (1 - w) * log_cls + w * self.log_cls(i + 1, q)[0]
        return np.asarray((log_cls > math.log(1 - level)) & np.isfinite(q))

    def check(self, fitter: Fitter, used: Conditions) -> None:
        """Refuse a fit that differs from the one that was calibrated.

        Parameters
        ----------
        fitter : Fitter
        used : Conditions
            Settings of the fit; see `conditions`.

        Raises
        ------
        ValueError
            With the names of the differing settings.
        """
        pairs = [
            (f.name, getattr(used, f.name), getattr(self.conditions, f.name)) for f in fields(Conditions)
        ]
        differences = [
            f"{name}: {of_fit!r} here, {of_table!r} there"
            for name, of_fit, of_table in pairs
            if of_fit != of_table
        ]
        if self.expected.shape[1] != fitter.templates.n_bins:
            differences.append(f"bins: {fitter.templates.n_bins} here, {self.expected.shape[1]} there")
        elif not differences:
            differences += self._differing_expectations(fitter)
        if differences:
            raise ValueError("the table was made for another fit: " + "; ".join(differences))

    def _differing_expectations(self, fitter: Fitter) -> list[str]:
        ours = [fitter.templates.expected(float(v)) for v in (self.values[0], self.values[-1])]
        for of_fit, of_table, value in zip(ours, self.expected[[0, -1]], self.values[[0, -1]], strict=True):
            if not np.allclose(of_fit, of_table, rtol=_SAME, atol=0):
                return [
                    f"expected counts at {self.parameter} = {value:g}: {of_fit.sum():.8g} in the bins here, "
                    f"{of_table.sum():.8g} there; model, exposure or detector differ"
                ]
        return []
