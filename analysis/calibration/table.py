"""Distributions of test statistics at true values, from pseudo-experiments, and the thresholds they give."""

import math
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.batch import one_sided
from analysis.calibration.settings import Conditions, check_level
from analysis.fits import Fitter
from simgen.representation import html_table, readable, text_table

__all__ = ["Calibration", "Curve", "check_enough", "tie"]

Array = NDArray[np.float64]
Sample = NDArray[np.float32]

_TIE = 1e-6
"""Statistics closer than this, relative to 1 + q, are equal: for integer counts they have few values."""
_SAME = 1e-9
"""Relative difference up to which expectations are the same."""


def tie(q: ArrayLike) -> Array:
    """Compute the difference below which two statistics are equal."""
    return np.asarray(_TIE * (1 + np.asarray(q, np.float64)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A quantity at tabulated values with its statistical errors; interpolation is linear.

    Parameters
    ----------
    values : ndarray, shape (m,)
        Ascending.
    centre, low, high : ndarray, shape (m,)
        The quantity, and one standard deviation below and above; errors of different values are independent.
    """

    values: Array
    centre: Array
    low: Array
    high: Array

    def at(self, points: ArrayLike, shift: float = 0.0) -> Array:
        """Interpolate, and add a number of standard deviations."""
        x = np.asarray(points, np.float64)
        error = self.high - self.centre if shift > 0 else self.centre - self.low
        if len(self.values) == 1:
            return np.full(x.shape, self.centre[0] + shift * error[0])
        i = np.clip(np.searchsorted(self.values, x, side="right") - 1, 0, len(self.values) - 2)
        w = np.clip((x - self.values[i]) / (self.values[i + 1] - self.values[i]), 0.0, 1.0)
        moved = shift * np.hypot((1 - w) * error[i], w * error[i + 1])
        return np.asarray((1 - w) * self.centre[i] + w * self.centre[i + 1] + moved)


def check_enough(n_toys: int, level: float) -> None:
    """Refuse too few pseudo-experiments for a threshold of a confidence level.

    Raises
    ------
    ValueError
    """
    if math.ceil(level * (n_toys + 1)) > n_toys:
        raise ValueError(
            f"{n_toys} toys are too few for a level of {level:g}: at least {math.ceil(level / (1 - level))} "
            "are needed, and a hundred times as many for a useful threshold"
        )


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

    def __post_init__(self) -> None:
        m = len(self.values)
        if m < 1 or not np.all(np.diff(self.values) > 0):
            raise ValueError("a calibration needs true values in ascending order, at least one")
        if self.signed.shape != self.reference_statistic.shape or self.signed.shape[0] != m:
            raise ValueError(f"a calibration needs as many toys at each of its {m} values")

    def __repr__(self) -> str:
        return text_table(f"Calibration of {self.parameter}", self._rows())

    def _repr_html_(self) -> str:
        return html_table(f"Calibration of {self.parameter}", self._rows())

    def _rows(self) -> list[tuple[str, str]]:
        ends = f"{readable(float(self.values[0]))} to {readable(float(self.values[-1]))}"
        return [
            ("true values", f"{len(self.values)} from {ends}"),
            ("toys at each", str(self.n_toys)),
            ("failed fits", str(int(self.n_failed.sum()))),
            ("CLs compares with", f"{self.parameter} = {readable(self.reference)}"),
            ("seed", str(self.seed)),
        ]

    @property
    def parameter(self) -> str:
        """Name of the parameter of interest."""
        return self.conditions.parameter

    @property
    def n_toys(self) -> int:
        """Number of pseudo-experiments at each value."""
        return int(self.signed.shape[1])

    @property
    def n_failed(self) -> NDArray[np.int64]:
        """Number of failed fits at each value, shape (m,)."""
        return np.asarray(np.count_nonzero(~np.isfinite(self.signed), axis=1), np.int64)

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
        ordered = np.partition(q, [r - 1 for r in ranks], axis=1).astype(np.float64)
        centre, low, high = (ordered[:, r - 1] for r in ranks)
        if not np.all(np.isfinite(centre)):
            failed_value = self.values[~np.isfinite(centre)][0]
            raise ValueError(f"too many fits failed at {self.parameter} = {failed_value:g} for a threshold")
        return Curve(values=self.values, centre=centre, low=low, high=np.where(high < math.inf, high, centre))

    def p_values(self, i: int, q: ArrayLike, method: str = "calibrated") -> Array:
        """Compute the fraction of the toys at the value of index i whose statistic is at least q."""
        sample = np.sort(np.abs(self.signed[i])) if method == "feldman-cousins" else self._one_sided(i)
        return _fraction_above(sample, np.asarray(q, np.float64))

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
        p = np.maximum(_fraction_above(self._one_sided(i), statistic), least)
        p_reference = np.maximum(_fraction_above(self.reference_statistic[i], statistic), least)
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


def _fraction_above(ordered: Sample, q: Array) -> Array:
    below = np.searchsorted(ordered, q - tie(np.where(np.isfinite(q), q, 0.0)), side="left")
    return np.asarray((len(ordered) - below) / len(ordered))
