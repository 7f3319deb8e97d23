"""Comparison of two models on one data set: the difference of -2 ln L, and its distribution for each."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.batch import BatchFitter
from analysis.fits import Fitter
from analysis.likelihood import Likelihood
from analysis.model import check_possible
from analysis.pseudo_experiments import Thrower, at_truth, check_n_toys, toy_statistics
from analysis.settings import Drawn
from analysis.studies.compared_models import (
    ComparedFit,
    HypothesisComparison,
    HypothesisResult,
    compare_toys,
)

__all__ = [
    "Hypothesis",
    "HypothesisComparison",
    "HypothesisResult",
    "compare_hypotheses",
]

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Hypothesis:
    """A model to be compared.

    Parameters
    ----------
    fitter : Fitter
        If it is ``bounded``, the parameter of interest stays in the physical range.
    free : bool
        Whether the parameter of interest is fitted; else it has the model's value.
    """

    fitter: Fitter
    free: bool = True

    @property
    def poi(self) -> str | None:
        """The fitted parameter; None if none is."""
        return self.fitter.templates.poi if self.free else None

    @property
    def n_free(self) -> int:
        """Number of fitted parameters without an external constraint."""
        return self.free + sum(n.constraint == "free" for n in self.fitter.templates.nuisances)

    @cached_property
    def _batch(self) -> BatchFitter:
        return self.fitter.batch

    def best(self, data: Likelihood) -> tuple[float, float, tuple[float, ...]]:
        """Fit one data set; return -2 ln L/L_saturated, the parameter of interest, the pulls.

        Raises
        ------
        ValueError
            If no minimum is found.
        """
        if not self.free:
            values, profiled = data.profile([self.fitter.truth])
            return float(values[0]), self.fitter.truth, tuple(map(float, profiled[0]))
        fits = self._batch.fit(data.counts[None], data.auxiliary[None], errors=False)
        if not fits.good[0]:
            label = self.fitter.templates.model.label
            raise ValueError(f"the fit of {self.poi} of {label} to the data failed: fix the parameter")
        value, *pulls = map(float, fits.parameters[0])
        return float(fits.values[0]), value, tuple(pulls)

    def compared(self, fval: float, value: float) -> ComparedFit:
        """Describe a fit by its -2 ln L/L_saturated and its value of the parameter of interest."""
        return ComparedFit(
            model=self.fitter.templates.model.label,
            poi=self.poi,
            value=value if self.free else None,
            fval=fval,
            n_free=self.n_free,
        )

    def minima(self, counts: Array, auxiliary: Array) -> Array:
        """Fit data sets; return -2 ln L/L_saturated, shape (n,), NaN where a fit failed."""
        if not self.free:
            return self._batch.profile(counts, auxiliary, np.full(len(counts), self.fitter.truth))
        fits = self._batch.fit(counts, auxiliary, errors=False)
        return np.where(fits.good, fits.values, np.nan)

    def at(self, value: float) -> Fitter:
        """Return the fitter with a true value of the parameter of interest."""
        return at_truth(self.fitter, value) if self.free else self.fitter


@np.errstate(under="ignore")
def compare_hypotheses(
    a: Hypothesis,
    b: Hypothesis,
    counts: ArrayLike,
    auxiliary: ArrayLike | None = None,
    *,
    n_toys: int,
    seed: int,
    first: int = 0,
    drawn: Drawn = "auxiliary",
    on_toys: Callable[[int], None] | None = None,
    on_statistics: Callable[[int, Array], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> HypothesisComparison:
    """Compare two models on one data set; one may be a special case of the other.

    Parameters
    ----------
    a, b : Hypothesis
        Models with the same bins, nuisance parameters and likelihood.
    counts : array_like, shape (n_bins,)
    auxiliary : array_like, shape (n_nuisances,), optional
        Measured pulls; by default nominal.
    n_toys : int
        Number of pseudo-experiments of each model, thrown at its best fit and fitted with both models.
    seed : int
    first : int
        Index of the first pseudo-experiment of each model.
    drawn
        As for `analysis.pseudo_experiments.throw.Thrower`.
    on_toys : callable, optional
        Called with the number of toys that were finished since the last call.
    on_statistics : callable, optional
        Called with each block: the index of its first toys, and their -2 ln L_A + 2 ln L_B, shape (2, n), of
        toys of A and of B, NaN where a fit failed.
    stopped : callable
        Called after each block: if it returns true, the result is that of the toys so far.

    Raises
    ------
    ValueError
        If the two models do not describe the same data, or if the data are weighted, cannot be fitted, or
        have counts where one of the models expects exactly 0.
    """
    _check(a, b, n_toys)
    pair = (a, b)
    for hypothesis in pair:
        check_possible(hypothesis.fitter.templates, counts)
    fits, throwers = [], []
    for hypothesis in pair:
        fval, value, pulls = hypothesis.best(hypothesis.fitter.data(counts, auxiliary))
        fits.append(hypothesis.compared(fval, value))
        throwers.append(Thrower(fitter=hypothesis.at(value), seed=seed, drawn=drawn, pulls=pulls))

    def differences(start: int, n: int) -> Array:
        thrown = [thrower.block(start, n) for thrower in throwers]
        return np.stack([a.minima(*toys) - b.minima(*toys) for toys in thrown])

    def noted(start: int, block: Array) -> Array:
        if on_statistics is not None:
            on_statistics(start, block)
        return block

    found = toy_statistics(
        differences,
        n_toys,
        noted,
        first=first,
        most=throwers[0].largest_chunk,
        on_toys=None if on_toys is None else lambda n: on_toys(2 * n),
        stopped=stopped,
    )
    return compare_toys(fits, found)


def _check(a: Hypothesis, b: Hypothesis, n_toys: int) -> None:
    check_n_toys(n_toys)
    first, second = a.fitter, b.fitter
    if first.likelihood != second.likelihood:
        raise ValueError(f"the likelihoods differ: {first.likelihood!r} and {second.likelihood!r}")
    if first.templates.n_bins != second.templates.n_bins:
        raise ValueError(f"the bins differ: {first.templates.n_bins} and {second.templates.n_bins}")
    ours, theirs = (
        [(n.name, n.uncertainty, n.constraint) for n in f.templates.nuisances] for f in (first, second)
    )
    if ours != theirs:
        raise ValueError(
            "the nuisance parameters differ: "
            f"{', '.join(n for n, *_ in ours) or 'none'} and {', '.join(n for n, *_ in theirs) or 'none'}, "
            "or their uncertainties"
        )
    if first.likelihood == "paper" and not np.array_equal(first.errors, second.errors):
        raise ValueError("the errors per bin differ")
