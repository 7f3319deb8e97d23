"""Options of confidence levels, and of how pseudo-experiments are made, with their former spellings."""

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer

from macros.terminal import message

__all__ = [
    "FitLevelOption",
    "FormerLevelOption",
    "Level",
    "LevelOption",
    "LimitLevelOption",
    "StudyLevelOption",
    "ToysAt",
    "ToysAtOption",
    "level_override",
    "one_level",
    "read_level",
    "study_level",
]


class ToysAt(StrEnum):
    """Where pseudo-experiments are drawn."""

    COUNTS = "counts"
    EVENTS = "events"


class Level(StrEnum):
    """Values of --level in `toys` and `coverage` before there was --toys-at."""

    HISTOGRAM = "histogram"
    EVENTS = "events"


_FORMER = {Level.HISTOGRAM: ToysAt.COUNTS, Level.EVENTS: ToysAt.EVENTS}
_STUDY_HELP = (
    "Confidence level of all intervals and limits, those of MINOS and Hesse too, as 0.95 or 95%; else the "
    "card's fit.limit_level (0.95), and not its fit.level."
)


def read_level(text: str | float) -> float:
    """Read a confidence level.

    Parameters
    ----------
    text : str or float
        A number between 0 and 1, or a number of percent with its sign.

    Raises
    ------
    typer.BadParameter
        If it is neither.

    Examples
    --------
    >>> read_level("0.95"), read_level("95%"), read_level("68.3 %")
    (0.95, 0.95, 0.683)
    """
    from analysis.settings import wrong_level

    number, percent, rest = str(text).partition("%")
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if math.isnan(value) or rest.strip():
        raise typer.BadParameter(f"{text!r} is no confidence level: write 0.95, or 95%")
    if percent:
        value = float(f"{value / 100:.15g}")
    if percent and not 0 < value < 1:
        raise typer.BadParameter(
            f"{text!r} is {value:g}, and a level lies between 0 and 1: write 0.95, or 95%"
        )
    if not 0 < value < 1:
        raise typer.BadParameter(wrong_level("level", value))
    return value


LevelOption = Annotated[
    float, typer.Option("--level", parser=read_level, metavar="LEVEL", help="Confidence level, 0.95 or 95%.")
]
FitLevelOption = Annotated[
    float | None,
    typer.Option(
        "--level",
        parser=read_level,
        metavar="LEVEL",
        help="Confidence level of the interval, as 0.683 or 68.3%; else the card's fit.level.",
        show_default=False,
    ),
]
LimitLevelOption = Annotated[
    float | None,
    typer.Option(
        "--level",
        parser=read_level,
        metavar="LEVEL",
        help="Confidence level, as 0.95 or 95%; else the card's fit.limit_level.",
        show_default=False,
    ),
]
StudyLevelOption = Annotated[
    str | None, typer.Option("--level", metavar="LEVEL", help=_STUDY_HELP, show_default=False)
]
"""Read by `study_level`, for the values that it had before."""
FormerLevelOption = Annotated[
    float | None,
    typer.Option("--cl", parser=read_level, metavar="LEVEL", help="The same as --level.", hidden=True),
]
ToysAtOption = Annotated[
    ToysAt | None,
    typer.Option(
        "--toys-at",
        help="Throw the counts per bin, or simulate and count every event; counts if not given.",
        show_default=False,
    ),
]


def one_level(level: float | None, former: float | None) -> float | None:
    """Return the confidence level of --level or --cl, which are one option.

    Raises
    ------
    typer.BadParameter
        If both are given.
    """
    if level is not None and former is not None:
        raise typer.BadParameter("--level and --cl are two names of one option: give --level once")
    return former if level is None else level


def study_level(
    level: str | None, former: float | None, toys_at: ToysAt | None
) -> tuple[float | None, ToysAt]:
    """Read the confidence level of a study, and where its toys are drawn.

    Parameters
    ----------
    level : str or None
        Of --level: a confidence level; or, as in earlier versions, `histogram` or `events`.
    former : float or None
        Of --cl.
    toys_at : ToysAt or None
        Of --toys-at.

    Raises
    ------
    typer.BadParameter
        If two of them contradict each other, or `level` is none.

    Notes
    -----
    The former meaning of --level is reported on standard error.
    """
    if level not in set(Level):
        try:
            stated = None if level is None else read_level(level)
        except typer.BadParameter as error:
            raise typer.BadParameter(error.message, param_hint="'--level'") from None
        return one_level(stated, former), toys_at or ToysAt.COUNTS
    if toys_at is not None:
        raise typer.BadParameter(f"--level {level} is a former name of --toys-at: give --toys-at alone")
    meant = _FORMER[Level(level)]
    message(f"--level {level} is deprecated: write --toys-at {meant}; --level is the confidence level")
    return former, meant


def level_override(override: Sequence[str] | None, key: str, level: float | None) -> list[str]:
    """Add a confidence level to the overrides of a card.

    Examples
    --------
    >>> level_override(["model.gamma=0"], "fit.limit_level", 0.9)
    ['model.gamma=0', 'fit.limit_level=0.9']
    """
    return [*(override or ()), *([] if level is None else [f"{key}={level!r}"])]
