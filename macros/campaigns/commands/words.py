"""Options of several commands of a campaign; times, sizes and costs as text."""

from typing import TYPE_CHECKING, Annotated

import typer

from macros.terminal import end_time, number_of, say

if TYPE_CHECKING:
    from macros.campaigns import Cost

__all__ = ["WorkersOption", "duration", "say_cost", "size_text"]

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


def duration(seconds: float) -> str:
    """Write a time in the unit that suits it.

    Examples
    --------
    >>> duration(42), duration(5000), duration(3e6)
    ('42 s', '1.39 h', '34.7 d')
    """
    for unit, size in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 1.2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


def size_text(size: float) -> str:
    """Write a number of bytes in the unit that suits it.

    Examples
    --------
    >>> size_text(1234), size_text(5e9)
    ('1.2 kB', '5.0 GB')
    """
    from rich.filesize import decimal

    return decimal(int(size))


def say_cost(cost: "Cost") -> None:
    """Say what rows cost."""
    say(
        f"cost: {cost.core_seconds / 3600:.3g} core hours, {size_text(cost.bytes)}; "
        f"{duration(cost.seconds)} with {number_of(cost.workers, 'worker')}: started now it ends "
        f"{end_time(cost.seconds)}"
    )
