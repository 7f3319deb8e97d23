"""Comparisons of two models, as JSON and as text."""

from dataclasses import asdict
from typing import Any

from analysis.quotation import quoted, scale_of
from analysis.studies import HypothesisComparison, HypothesisResult
from macros.terminal import format_number, print_table, say

__all__ = ["comparison_document", "say_comparison"]


def comparison_document(result: HypothesisComparison) -> dict[str, Any]:
    """Return the keys of a comparison."""
    return {
        "a": _one(result.a),
        "b": _one(result.b),
        "delta": result.delta,
        "aic_difference": result.aic_difference,
        "n_toys": result.n_toys,
    }


def _one(result: HypothesisResult) -> dict[str, Any]:
    names = ("-2", "-1", "0", "1", "2")
    quantiles = dict(zip(names, result.quantiles, strict=True)) if result.quantiles else None
    return {**asdict(result), "quantiles": quantiles}


def say_comparison(result: HypothesisComparison) -> None:
    """Write a comparison for a person."""
    rows = [
        (
            letter,
            r.model,
            f"{r.poi} = {scale_of(r.poi, r.value).text(r.value)}" if r.poi else "nothing fitted",
            format_number(r.fval),
            quoted(r.p_value, r.p_error),
            f"{'> ' if r.separation_open else ''}{format_number(r.separation, 3)} σ",
            str(r.n_failed),
        )
        for letter, r in (("A", result.a), ("B", result.b))
    ]
    head = ("", "model", "fit", "-2 ln L", "p", "expected rejection", "failed")
    print_table(head, rows)
    favoured = "neither" if abs(result.delta) < 1e-6 else "B" if result.delta > 0 else "A"
    say(
        f"-2 ln L_A + 2 ln L_B = {format_number(result.delta)} (AIC {format_number(result.aic_difference)}), "
        f"in favour of {favoured}"
    )
    say("p: probability, if the model is true, of data that favour the other as much or more")
    say("expected rejection: median, by its p, if the other is true at its best fit")
