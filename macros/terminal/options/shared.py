"""Arguments and options that commands share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from macros.terminal.options.completion import completed

__all__ = [
    "LARGEST_COUNT",
    "LARGEST_STUDY",
    "N_BAND",
    "AuditOfOption",
    "AuditOption",
    "AuxiliaryOption",
    "CardArgument",
    "ColumnsOption",
    "ForceOption",
    "JsonOption",
    "MaxFailedOption",
    "OfOption",
    "OutputOption",
    "SeedOption",
    "SetOption",
    "TableOption",
    "ThreadsOption",
    "ToyChoice",
    "ToyOption",
    "Unit",
    "UnitOption",
    "WeightsOption",
    "columns_override",
    "count",
    "toy_choice",
    "toy_count",
]

_MAX_SEED = 2**63 - 1
LARGEST_COUNT = 10**18
"""So that the sum of two is a 64-bit integer."""
LARGEST_STUDY = 10**9
"""Most pseudo-experiments of which all limits, or all fits, are in memory at once."""
N_BAND = 20_000
"""Pseudo-experiments for the band of an expected limit: its median moves by 0.009 of their spread."""


def count(least: int = 0, most: int = LARGEST_COUNT) -> Callable[[str | int], int]:
    """Make a parser of numbers of things, or of one of them, which may be written with an exponent: 5e7.

    Parameters
    ----------
    least : int
        Smallest that is taken.
    most : int
        Largest.

    Examples
    --------
    >>> count()("1e5"), count()("10_000")
    (100000, 10000)
    """

    def integer(text: str | int) -> int:
        try:
            number = Decimal(str(text))
        except InvalidOperation:
            raise typer.BadParameter(f"{text!r} is no number; write for example 50000 or 5e4") from None
        if not number.is_finite() or number != number.to_integral_value():
            raise typer.BadParameter(f"{text} is no whole number")
        if not least <= number <= most:
            raise typer.BadParameter(f"{text} does not lie between {least} and {most:.0e}".replace("e+", "e"))
        return int(number)

    return integer


def toy_count(least: int) -> Callable[[str | int], int]:
    """Make a parser of the number of pseudo-experiments of a study that is in memory as a whole."""
    return count(least, LARGEST_STUDY)


class Unit(StrEnum):
    """Units of energy of users' histograms."""

    EV = "eV"
    KEV = "keV"
    MEV = "MeV"
    GEV = "GeV"


CardArgument = Annotated[
    str,
    typer.Argument(
        metavar="CARD",
        help="A card: the path of a TOML file, or a preset's name.",
        autocompletion=completed("card"),
    ),
]
OfOption = Annotated[
    str | None,
    typer.Option(
        "--of",
        metavar="NAME",
        help="One experiment of a card that has several.",
        show_default=False,
        autocompletion=completed("experiment"),
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Override a key of the card, such as model.gamma=0.05; the value as TOML, else a string.",
        autocompletion=completed("override"),
    ),
]
SeedOption = Annotated[
    int | None,
    typer.Option(
        "--seed",
        min=0,
        max=_MAX_SEED,
        help="Seed; else the card's, else drawn and printed.",
        show_default=False,
    ),
]
TableOption = Annotated[
    Path | None,
    typer.Option(
        "--table",
        metavar="FILE",
        help="Thresholds that `nugauge calibrate` made for this card.",
        show_default=False,
    ),
]
WeightsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--weights",
        metavar="DATA",
        help="Weighted data: toys are sums of weights as their events have, in their exposure; of several "
        "experiments NAME=FILE, repeated.",
        show_default=False,
    ),
]
UnitOption = Annotated[
    Unit,
    typer.Option("--unit", help="What the energies of a histogram are in, in CSV, JSON or ROOT files alike."),
]
ThreadsOption = Annotated[
    int | None,
    typer.Option("--threads", min=1, help="Threads; they do not change the result.", show_default=False),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace a file that is there.")]
AuxiliaryOption = Annotated[
    list[str] | None,
    typer.Option(
        "--auxiliary",
        metavar="NAME=VALUE|FILE",
        help="Auxiliary measurement of a nuisance parameter, as the fit reports it (1 is nominal) or with a "
        "unit; or a CSV or JSON file of them. Nominal if not given.",
        show_default=False,
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToyChoice:
    """Which toy of a file.

    Parameters
    ----------
    number : int
        Index.
    truth : float or None
        True value of the parameter of interest, in a file that has several.
    """

    number: int
    truth: float | None = None


def toy_choice(text: str | ToyChoice) -> ToyChoice:
    """Read which toy of a file is meant: ``K``, or ``K@VALUE`` of a file with several true values.

    Examples
    --------
    >>> toy_choice("17@0.05")
    ToyChoice(number=17, truth=0.05)
    """
    if isinstance(text, ToyChoice):
        return text
    number, at, value = text.partition("@")
    try:
        return ToyChoice(number=count(0)(number), truth=float(value) if at else None)
    except ValueError:
        raise typer.BadParameter(f"{text!r}: write K, or K@VALUE with a true value (17@0.05)") from None


ToyOption = Annotated[
    ToyChoice | None,
    typer.Option(
        "--toy",
        parser=toy_choice,
        metavar="K",
        help="DATA is a file of `nugauge toys`: take counts and auxiliary measurements of toy K; of a file "
        "with several true values K@VALUE.",
        show_default=False,
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Write one JSON document to standard output, and nothing else.")
]
OutputOption = Annotated[
    Path, typer.Option("-o", "--output", metavar="FILE", help="File to write.", show_default=False)
]
AuditOption = Annotated[
    int,
    typer.Option(
        "--audit",
        parser=count(0),
        metavar="N",
        help="Toys that are fitted again, at random, and with them some of the worst; 0: none.",
    ),
]
AuditOfOption = Annotated[
    int | None,
    typer.Option(
        "--audit-of",
        parser=count(1),
        metavar="N",
        help="Toys of a study of which these are a part: those of its audit are fitted again, and one more.",
        show_default=False,
    ),
]
MaxFailedOption = Annotated[
    float,
    typer.Option(
        "--max-failed", min=0.0, max=1.0, help="Fraction of failed toys above which the study has failed."
    ),
]
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
