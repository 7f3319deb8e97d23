"""Results of the comparison of two models: p-values, quantiles and separation, from pseudo-experiments."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from analysis.quotation import quoted, scale_of
from analysis.studies.goodness import tail_probability
from analysis.studies.pictures import comparison_picture
from simgen.representation import format_number, html_table, text_table

__all__ = ["ComparedFit", "HypothesisComparison", "HypothesisResult", "compare_toys"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedFit:
    """The fit of one of two compared models to the data.

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
    """

    model: str
    poi: str | None
    value: float | None
    fval: float
    n_free: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HypothesisResult(ComparedFit):
    """Result for one of two models: its fit to the data, and what pseudo-experiments say of it.

    Parameters
    ----------
    model, poi, value, fval, n_free
        As for `ComparedFit`.
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

    @property
    def fits(self) -> "tuple[ComparedFit, ComparedFit]":
        """The fits of both models to the data."""
        names = [f.name for f in fields(ComparedFit)]
        a, b = (ComparedFit(**{name: getattr(r, name) for name in names}) for r in (self.a, self.b))
        return a, b

    def __repr__(self) -> str:
        return text_table("Comparison of two models", self._rows())

    def _repr_html_(self) -> str:
        return html_table("Comparison of two models", self._rows(), comparison_picture(self))

    def _rows(self) -> list[tuple[str, str]]:
        shown = []
        for letter, result in (("A", self.a), ("B", self.b)):
            shown.append((letter, result.model))
            if result.poi is not None and result.value is not None:
                value = scale_of(result.poi, result.value).text(result.value)
                shown.append((f"{result.poi} of {letter}", value))
            if result.p_value is not None:
                shown.append((f"p of {letter}", quoted(result.p_value, result.p_error)))
        favoured = "neither" if self.delta == 0 else "B" if self.delta > 0 else "A"
        shown.append(("-2 ln L_A + 2 ln L_B", f"{format_number(self.delta)}, the data favour {favoured}"))
        return [*shown, ("toys of each", str(self.n_toys))]

    @property
    def aic_difference(self) -> float:
        """Akaike's criterion of A minus that of B: `delta` plus twice the difference in free parameters."""
        return self.delta + 2 * (self.a.n_free - self.b.n_free)


def compare_toys(fits: Sequence[ComparedFit], differences: Array) -> HypothesisComparison:
    """Compare two models by their fits to the data and by pseudo-experiments of each.

    Parameters
    ----------
    fits : sequence of two ComparedFit
        Of A and B.
    differences : ndarray, shape (2, n)
        -2 ln L_A + 2 ln L_B of pseudo-experiments of A and of B, NaN where a fit failed.
    """
    delta = fits[0].fval - fits[1].fval
    toys = [row[np.isfinite(row)] for row in differences]
    n = differences.shape[1]
    # the difference is larger if data favour B: the sign makes larger values disfavour the model in question
    a, b = (
        _result(fits[i], sign * toys[i], sign * toys[1 - i], sign * delta, sign, n)
        for i, sign in ((0, 1), (1, -1))
    )
    return HypothesisComparison(a=a, b=b, delta=delta, n_toys=n)


def _result(
    fit: ComparedFit,
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
        **asdict(fit),
        p_value=p_value,
        p_error=p_error,
        quantiles=quantiles,
        separation=separation,
        separation_open=is_open,
        n_failed=n_toys - len(toys),
    )
