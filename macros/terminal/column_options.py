"""Option of the columns of event files."""

from collections.abc import Sequence
from typing import Annotated

import typer

__all__ = ["ColumnsOption", "columns_override"]

_COLUMNS = ("vertex", "time", "cos_theta", "direction")


def _columns(text: str) -> str:
    """Read names of columns, separated by commas, and return them as the list that a card holds.

    Raises
    ------
    typer.BadParameter
        If one of them is unknown.

    Examples
    --------
    >>> _columns("vertex, time")
    '["vertex", "time"]'
    """
    names = [name for part in text.split(",") if (name := part.strip())]
    unknown = [name for name in names if name not in _COLUMNS]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]!r} is none of {', '.join(_COLUMNS)}")
    return f"[{', '.join(f'{chr(34)}{name}{chr(34)}' for name in dict.fromkeys(names))}]"


ColumnsOption = Annotated[
    str | None,
    typer.Option(
        "--columns",
        parser=_columns,
        metavar="NAME,...",
        help="What the file of events holds beside the usual: vertex, time, cos_theta, direction; else the "
        "card's run.columns.",
        show_default=False,
    ),
]


def columns_override(override: Sequence[str] | None, columns: str | None) -> list[str] | None:
    """Add the columns of --columns to the overrides of a card.

    Examples
    --------
    >>> columns_override(["model.gamma=0"], '["vertex"]')
    ['model.gamma=0', 'run.columns=["vertex"]']
    """
    if columns is None:
        return None if override is None else list(override)
    return [*(override or ()), f"run.columns={columns}"]
