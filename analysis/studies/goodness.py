"""Goodness of fit: the minimum of -2 ln L compared with that of pseudo-experiments from the best fit."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from analysis.fits import Fitter, unscaled
from analysis.model import check_possible
from analysis.pseudo_experiments import (
    ScaledFits,
    Thrower,
    WeightedThrower,
    WeightModel,
    at_truth,
    check_n_toys,
    thrown_blocks,
)
from analysis.quotation import quoted, scale_of
from analysis.settings import Drawn
from analysis.studies.pictures import goodness_picture
from simgen.representation import format_number, html_table, text_table

__all__ = ["GoodnessOfFit", "GoodnessTally", "goodness_of_fit", "tail_probability"]

Array = NDArray[np.float64]

_ROUNDING = 1e-6
"""Relative difference below which two values of -2 ln L are equal: counts are integers, and values repeat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodnessOfFit:
    """Test whether the fitted model describes the data.

    Parameters
    ----------
    statistic : float
        Minimum of -2 ln L/L_saturated with constraints, or of χ².
    ndof : int
    p_asymptotic : float or None
        Probability of a larger χ² with `ndof` degrees of freedom; None without a degree of freedom.
    p_value, p_error : float or None
        Share of pseudo-experiments whose fit is not better, with the data counted as one of them, and its
        binomial error; None if every fit failed.
    n_toys, n_failed : int
        Number of toys, and of those whose fit failed; the latter are left out.
    n_above : int
        Number of toys whose fit is not better than that of the data.
    """

    statistic: float
    ndof: int
    p_asymptotic: float | None
    p_value: float | None
    p_error: float | None
    n_toys: int
    n_failed: int
    n_above: int = 0

    @property
    def p_text(self) -> str:
        """The p-value with its sign and error; if no toy is above the data, its upper limit at 95 %."""
        n = self.n_toys - self.n_failed
        if self.p_value is None or self.n_above or self.p_value * n > 1.5:
            return f"= {quoted(self.p_value, self.p_error)}"
        bound = 1 - 0.05 ** (1 / n)
        return f"< {scale_of('', bound).text(bound, digits=2)} (95 %)"

    def __repr__(self) -> str:
        return text_table("Goodness of fit", self._rows())

    def _repr_html_(self) -> str:
        return html_table("Goodness of fit", self._rows(), goodness_picture(self))

    def _rows(self) -> list[tuple[str, str]]:
        shown = [("statistic", format_number(self.statistic)), ("degrees of freedom", str(self.ndof))]
        shown += [] if self.p_asymptotic is None else [("p of χ²", format_number(self.p_asymptotic))]
        shown += [] if self.p_value is None else [("p from toys", self.p_text.removeprefix("= "))]
        return [*shown, ("toys", f"{self.n_toys}, of which {self.n_failed} failed")]


def tail_probability(toys: Array, observed: float) -> tuple[float | None, float | None]:
    """Compute the probability of a statistic at least as large as observed, and its binomial error.

    Parameters
    ----------
    toys : ndarray, shape (n,)
    observed : float

    Notes
    -----
    p = (k + 1)/(n + 1), where k toys are not below the data, and the data are counted as one more toy. Then
    p ≤ α has at most the probability α for any n (Davison and Hinkley, Bootstrap Methods and their
    Application, 4.2).

    Examples
    --------
    >>> tail_probability(np.array([1.0, 2.0, 3.0]), 2.5)[0]
    0.5
    """
    above = int(np.count_nonzero(toys >= observed - _ROUNDING * (1 + abs(observed))))
    return _tail_of_numbers(above, len(toys))


def _tail_of_numbers(above: int, n: int) -> tuple[float | None, float | None]:
    """Compute the probability and its error from the number of toys not below the data, of n."""
    if n == 0:
        return None, None
    p = (above + 1) / (n + 1)
    return p, math.sqrt(p * (1 - p) / n)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodnessTally:
    """Numbers of toys by their fits, added block by block and part by part.

    Parameters
    ----------
    statistic : float
        Minimum of -2 ln L/L_saturated of the data.
    ndof : int
    n_toys, n_failed : int
        Number of toys, and of those whose fit failed.
    n_above : int
        Number of toys whose fit is not better than that of the data.
    """

    statistic: float
    ndof: int
    n_toys: int = 0
    n_failed: int = 0
    n_above: int = 0

    def with_toys(self, minima: Array) -> "GoodnessTally":
        """Add toys by their minima of -2 ln L, shape (n,), NaN where a fit failed."""
        least = self.statistic - _ROUNDING * (1 + abs(self.statistic))
        return replace(
            self,
            n_toys=self.n_toys + len(minima),
            n_failed=self.n_failed + int(np.count_nonzero(np.isnan(minima))),
            n_above=self.n_above + int(np.count_nonzero(minima >= least)),
        )

    def __add__(self, other: "GoodnessTally") -> "GoodnessTally":
        if (self.statistic, self.ndof) != (other.statistic, other.ndof):
            raise ValueError("the tallies are of different data")
        return replace(
            self,
            n_toys=self.n_toys + other.n_toys,
            n_failed=self.n_failed + other.n_failed,
            n_above=self.n_above + other.n_above,
        )

    def result(self) -> GoodnessOfFit:
        """Compute the p-values."""
        p_value, p_error = _tail_of_numbers(self.n_above, self.n_toys - self.n_failed)
        return GoodnessOfFit(
            statistic=self.statistic,
            ndof=self.ndof,
            p_asymptotic=float(chdtrc(self.ndof, max(self.statistic, 0.0))) if self.ndof > 0 else None,
            p_value=p_value,
            p_error=p_error,
            n_toys=self.n_toys,
            n_failed=self.n_failed,
            n_above=self.n_above,
        )


@np.errstate(under="ignore")
def goodness_of_fit(
    fitter: Fitter,
    counts: ArrayLike,
    auxiliary: ArrayLike | None = None,
    *,
    n_toys: int,
    seed: int,
    first: int = 0,
    drawn: Drawn = "auxiliary",
    weights: WeightModel | None = None,
    on_toys: Callable[[int], None] | None = None,
    on_statistics: Callable[[int, Array], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> GoodnessOfFit:
    """Test the fit of a data set with pseudo-experiments.

    Parameters
    ----------
    fitter : Fitter
    counts : array_like, shape (n_bins,)
    auxiliary : array_like, shape (n_nuisances,), optional
        Measured pulls; by default nominal.
    n_toys : int
        Number of toys. They are thrown at the best fit, nuisance parameters included, and fitted like the
        data.
    seed : int
    first : int
        Index of the first toy.
    drawn
        As for `analysis.pseudo_experiments.throw.Thrower`.
    weights : WeightModel, optional
        Weights of the events of weighted data, for which the fitter is scaled: toys are then sums of such
        weights, each fitted with its own scaling.
    on_toys : callable, optional
        Called with the number of toys that were finished since the last call.
    on_statistics : callable, optional
        Called with each block: the index of its first toy, and the toys' minima of -2 ln L, shape (n,), NaN
        where a fit failed.
    stopped : callable
        Called after each block: if it returns true, the result is that of the toys so far.

    Raises
    ------
    ValueError
        If the data cannot be fitted, or are weighted and `weights` are not given, or n_toys is below 1.
    """
    check_n_toys(n_toys)
    if fitter.templates.scaling is not None and weights is None:
        raise ValueError(
            "toys of weighted data are sums of weights: give the weights of the events, as "
            "analysis.pseudo_experiments.event_weights finds them (weights=...)"
        )
    check_possible(fitter.templates, counts)
    data = fitter.data(counts, auxiliary)
    fits = fitter.batch.fit(data.counts[None], data.auxiliary[None], errors=False)
    if not fits.good[0]:
        raise ValueError("the fit of the data failed: there is no best fit at which to throw toys")
    best, *pulls = (float(x) for x in fits.parameters[0])
    truth = at_truth(unscaled(fitter), best)
    thrower = Thrower(fitter=truth, seed=seed, drawn=drawn, pulls=tuple(pulls))
    minima, most = _throw_and_fit(thrower, weights)
    tally = GoodnessTally(statistic=float(fits.values[0]), ndof=data.ndof)
    blocks = thrown_blocks(minima, n_toys, most=most, first=first, on_toys=on_toys, stopped=stopped)
    for start, values in blocks:
        tally = tally.with_toys(values)
        if on_statistics is not None:
            on_statistics(start, values)
    return tally.result()


def _throw_and_fit(thrower: Thrower, weights: WeightModel | None) -> tuple[Callable[[int, int], Array], int]:
    """Return what throws toys and fits them (minima of -2 ln L, NaN where a fit failed), and how many."""
    if weights is None:
        batch = thrower.fitter.batch

        def minima(start: int, n: int) -> Array:
            fits = batch.fit(*thrower.block(start, n), errors=False)
            return np.where(fits.good, fits.values, math.nan)

        return minima, thrower.largest_chunk
    throws = WeightedThrower(thrower=thrower, weights=weights)
    fits = ScaledFits(fitter=thrower.fitter, careful=weights.differ)
    return lambda start, n: fits.minima(throws.block(start, n)), throws.largest_chunk
