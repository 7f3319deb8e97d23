"""`nugauge counts`: the interval of a mean signal from a number of counts."""

from enum import StrEnum
from typing import Annotated

import typer

from macros.terminal import JsonOption, LevelOption, emit_json, say

__all__ = ["CountForm", "counts"]


class CountForm(StrEnum):
    """Forms of the interval."""

    EXACT = "exact"
    MONOTONE = "monotone"


def counts(
    n: Annotated[int, typer.Argument(metavar="N", help="Observed counts.")],
    background: Annotated[
        float,
        typer.Option("--background", metavar="B", help="Expected background, known.", show_default=False),
    ],
    level: LevelOption = 0.9,
    form: Annotated[
        CountForm,
        typer.Option("--form", help="monotone: upper ends that never rise with the background, as printed."),
    ] = CountForm.EXACT,
    as_json: JsonOption = False,
) -> None:
    """Compute the interval of a mean signal from counts.

    That of Feldman and Cousins, with a known background.
    """
    from analysis.counting import count_interval

    low, high = count_interval(n, background, level=level, form=form.value)
    if as_json:
        document = {"n": n, "background": background, "level": level, "form": form.value}
        emit_json({**document, "lower": low, "upper": high})
        return
    say(f"signal: {low:.4f} to {high:.4f} at {100 * level:g} % (Feldman and Cousins, {form.value})")
    say(f"observed: {n}, expected background: {background:g}")
