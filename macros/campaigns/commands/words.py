"""Options of several commands of a campaign, and its cost as text."""

from typing import TYPE_CHECKING, Annotated

import typer

from macros.terminal import duration_text, end_time, number_of, say, size_text

if TYPE_CHECKING:
    from macros.campaigns import Cost

__all__ = ["WorkersOption", "say_cost"]

WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=1,
        metavar="N",
        help="Processes; else as many as there are processors.",
        show_default=False,
    ),
]


def say_cost(cost: "Cost") -> None:
    """Say what rows cost."""
    say(
        f"cost: {cost.core_seconds / 3600:.3g} core hours, {size_text(cost.bytes)}; "
        f"{duration_text(cost.seconds)} with {number_of(cost.workers, 'worker')}: started now it ends "
        f"{end_time(cost.seconds)}"
    )
