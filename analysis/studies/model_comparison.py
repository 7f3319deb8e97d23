"""Comparison of two models on one data set: the difference of -2 ln L, and its distribution for each."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from analysis.batch import BatchFitter
from analysis.fits import Fitter
from analysis.likelihood import Likelihood
from analysis.model import check_possible
from analysis.pseudo_experiments import Thrower, at_truth, check_n_toys, toy_statistics
from analysis.settings import Drawn
from analysis.studies.goodness import tail_probability
from simgen.representation import html_table, readable, text_table

__all__ = ["Hypothesis", "HypothesisComparison", "HypothesisResult", "compare_hypotheses"]

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

    def minima(self, counts: Array, auxiliary: Array) -> Array:
        """Fit data sets; return -2 ln L/L_saturated, shape (n,), NaN where a fit failed."""
        if not self.free:
            return self._batch.profile(counts, auxiliary, np.full(len(counts), self.fitter.truth))
        fits = self._batch.fit(counts, auxiliary, errors=False)
        return np.where(fits.good, fits.values, np.nan)

    def at(self, value: float) -> Fitter:
        """Return the fitter with a true value of the parameter of interest."""
        return at_truth(self.fitter, value) if self.free else self.fitter


@dataclass(frozen=True, slots=True, kw_only=True)
class HypothesisResult:
    """Result for one of two models.

    Parameters
    ----------
    model : str
        Label.
    poi : str or None
        The fitted parameter.
    value : float or None
        Its estimate.
    fval : float
        Minimum of -2 ln L/L_saturated.
    n_free : int
        Number of free parameters.
    p_value, p_error : float or None
        Probability, if the model is true, of data that favour the other model at least as much as these, and
        its binomial error.
    quantiles : tuple of five floats, or None
        Quantiles of the difference in pseudo-experiments of the model, at -2 ... +2 σ.
    separation : float or None
        Expected (median) one-sided significance, in σ, with which the model is rejected if the other is true.
    separation_open : bool
        No pseudo-experiment of this model reached the median of the other: the separation is a lower bound.
    n_failed : int
        Number of pseudo-experiments of the model for which one of the two fits failed; they are left out.
    """

    model: str
    poi: str | None
    value: float | None
    fval: float
    n_free: int
    p_value: float | None
    p_error: float | None
    quantiles: tuple[float, ...] | None
    separation: float | None
    separation_open: bool
    n_failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HypothesisComparison:
    """Comparison of two models on one data set.

    Parameters
    ----------
    a, b : HypothesisResult
    delta : float
        -2 ln L_A + 2 ln L_B: above 0 the data favour B.
    n_toys : int
        Number of pseudo-experiments of each model.
    """

    a: HypothesisResult
    b: HypothesisResult
    delta: float
    n_toys: int

    def __repr__(self) -> str:
        return text_table("Comparison of two models", self._rows())

    def _repr_html_(self) -> str:
        return html_table("Comparison of two models", self._rows())

    def _rows(self) -> list[tuple[str, str]]:
        shown = []
        for letter, result in (("A", self.a), ("B", self.b)):
            shown.append((letter, result.model))
            if result.poi is not None and result.value is not None:
                shown.append((f"{result.poi} of {letter}", readable(result.value)))
            if result.p_value is not None and result.p_error is not None:
                shown.append((f"p of {letter}", f"{readable(result.p_value)} ± {readable(result.p_error)}"))
        favoured = "neither" if self.delta == 0 else "B" if self.delta > 0 else "A"
        shown.append(("-2 ln L_A + 2 ln L_B", f"{readable(self.delta)}, the data favour {favoured}"))
        return [*shown, ("toys of each", str(self.n_toys))]

    @property
    def aic_difference(self) -> float:
        """Akaike's criterion of A minus that of B: `delta` plus twice the difference in free parameters."""
        return self.delta + 2 * (self.a.n_free - self.b.n_free)


@np.errstate(under="ignore")
def compare_hypotheses(
    a: Hypothesis,
    b: Hypothesis,
    counts: ArrayLike,
    auxiliary: ArrayLike | None = None,
    *,
    n_toys: int,
    seed: int,
    drawn: Drawn = "auxiliary",
    on_toys: Callable[[int], None] | None = None,
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
    drawn
        As for `analysis.pseudo_experiments.throw.Thrower`.
    on_toys : callable, optional
        Called with the number of toys that were finished since the last call.

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
    fits = [h.best(h.fitter.data(counts, auxiliary)) for h in pair]
    delta = fits[0][0] - fits[1][0]
    toys = []
    for hypothesis, (_, value, pulls) in zip(pair, fits, strict=True):
        thrower = Thrower(fitter=hypothesis.at(value), seed=seed, drawn=drawn, pulls=pulls)
        differences = toy_statistics(
            thrower.block,
            n_toys,
            lambda _, thrown: a.minima(*thrown) - b.minima(*thrown),
            most=thrower.largest_chunk,
            on_toys=on_toys,
        )
        toys.append(differences[np.isfinite(differences)])
    # the difference is larger if data favour B: the sign makes larger values disfavour the model in question
    results = [
        _result(pair[i], fits[i], sign * toys[i], sign * toys[1 - i], sign * delta, sign, n_toys)
        for i, sign in ((0, 1), (1, -1))
    ]
    return HypothesisComparison(a=results[0], b=results[1], delta=delta, n_toys=n_toys)


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


def _result(
    hypothesis: Hypothesis,
    fit: tuple[float, float, tuple[float, ...]],
    toys: Array,
    toys_of_other: Array,
    observed: float,
    sign: int,
    n_toys: int,
) -> HypothesisResult:
    """Compute p-value, quantiles and separation of a model; larger differences favour the other model."""
    p_value, p_error = tail_probability(toys, observed)
    quantiles, separation, is_open = None, None, False
    if len(toys) and len(toys_of_other):
        quantiles = tuple(float(q) for q in np.quantile(sign * toys, ndtr(np.arange(-2, 3))))
        median = float(np.median(toys_of_other))
        expected, _ = tail_probability(toys, median)
        separation = max(0.0, -float(ndtri(expected)))
        is_open = bool(np.all(toys < median))
    return HypothesisResult(
        model=hypothesis.fitter.templates.model.label,
        poi=hypothesis.poi,
        value=fit[1] if hypothesis.free else None,
        fval=fit[0],
        n_free=hypothesis.n_free,
        p_value=p_value,
        p_error=p_error,
        quantiles=quantiles,
        separation=separation,
        separation_open=is_open,
        n_failed=n_toys - len(toys),
    )
