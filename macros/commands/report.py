"""`nugauge report`: everything that data say, in one directory with a page that explains it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from macros.commands.limit import Method
from macros.terminal import (
    DATA_HELP,
    AuxiliaryOption,
    CardArgument,
    ExperimentOption,
    GoodnessOption,
    JsonOption,
    OfOption,
    PoiOption,
    RunError,
    SeedOption,
    SetOption,
    StyleOption,
    TableOption,
    ThreadsOption,
    ToyOption,
    Unit,
    UnitOption,
    emit_json,
    message,
    progress,
    say,
    toy_count,
    warn,
)

if TYPE_CHECKING:
    from macros.runs import ReportResult
    from macros.terminal import ToyChoice

__all__ = [
    "N_REPORT",
    "DirectoryOption",
    "ReplaceOption",
    "command_words",
    "judge_fit",
    "report",
    "report_of",
    "say_report",
]

N_REPORT = 2000
"""Pseudo-experiments of the expected band: its median moves by 0.028 of their spread."""
DirectoryOption = Annotated[
    Path, typer.Option("-o", "--output", metavar="DIR", help="Directory to make.", show_default=False)
]
ReplaceOption = Annotated[bool, typer.Option("--force", help="Replace a directory that exists.")]


def report(
    card: CardArgument,
    data: Annotated[list[str], typer.Argument(metavar="DATA", help=DATA_HELP)],
    output: DirectoryOption,
    poi: PoiOption = None,
    method: Annotated[
        Method | None,
        typer.Option("--method", help="Of the limit, as for `limit`; else the card's.", show_default=False),
    ] = None,
    table: TableOption = None,
    experiment: ExperimentOption = None,
    unit: UnitOption = Unit.MEV,
    auxiliary: AuxiliaryOption = None,
    toy: ToyOption = None,
    of: OfOption = None,
    toys: Annotated[
        int,
        typer.Option(
            "--toys",
            parser=toy_count(0),
            metavar="N",
            help="Pseudo-experiments for the band of the expected limit; 0: no band.",
        ),
    ] = N_REPORT,
    gof: GoodnessOption = 0,
    style: StyleOption = None,
    seed: SeedOption = None,
    override: SetOption = None,
    threads: ThreadsOption = None,
    force: ReplaceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Report all that data say: fit, limit, pulls, figures.

    In a directory with report.html, which any browser shows.
    """
    result = report_of(
        card,
        data,
        output,
        words=("report", card, *data),
        poi=poi,
        method=None if method is None else str(method),
        table=table,
        experiment=experiment,
        unit=unit,
        auxiliary=auxiliary,
        toy=toy,
        of=of,
        toys=toys,
        gof=gof,
        style=style,
        seed=seed,
        override=override,
        threads=threads,
        force=force,
    )
    say_report(result, as_json)
    judge_fit(result)


def report_of(
    card: str,
    data: Sequence[str],
    output: Path,
    *,
    words: Sequence[str],
    poi: str | None = None,
    method: str | None = None,
    table: Path | None = None,
    experiment: int | None = None,
    unit: Unit = Unit.MEV,
    auxiliary: list[str] | None = None,
    toy: "ToyChoice | None" = None,
    of: str | None = None,
    toys: int = N_REPORT,
    gof: int = 0,
    style: str | None = None,
    seed: int | None = None,
    override: list[str] | None = None,
    threads: int | None = None,
    force: bool = False,
) -> "ReportResult":
    """Read card and data, and write the report.

    Parameters
    ----------
    card, data, output, poi, method, ...
        The options of the command.
    words : sequence of str
        The command line without its options.
    """
    from macros.setup import auxiliary_files, card_files, data_files, open_card, read_look

    chosen = read_look(style)
    draws = bool(toys or gof) or (method in {"feldman-cousins", "calibrated", "cls"} and table is None)
    loaded = open_card(card, override, seed=seed, threads=threads, draws=draws, of=of, several=True)

    from macros.merging import check_series
    from macros.runs import report_data
    from macros.studies import LimitOptions, load_data_sets
    from macros.terminal import stop_on_interrupt

    found = load_data_sets(
        loaded,
        data,
        number=experiment,
        unit=str(unit),
        auxiliary=auxiliary,
        toy=toy,
        check_series=check_series,
    )
    options: dict[str, Any] = {
        "--poi": poi,
        "--method": method,
        "--table": table,
        "--experiment": experiment,
        "--unit": None if unit is Unit.MEV else str(unit),
        "--auxiliary": auxiliary,
        "--toy": None if toy is None else _toy_text(toy),
        "--of": of,
        "--toys": None if toys == N_REPORT else toys,
        "--gof": gof or None,
        "--style": style,
        "--seed": loaded.run.seed if draws and words[0] == "report" else None,
        "--set": override,
        "-o": output,
    }
    reads = (*card_files(card, loaded), *data_files(data), *auxiliary_files(auxiliary))
    with stop_on_interrupt() as stop:
        return report_data(
            loaded,
            found,
            output,
            LimitOptions(method=method, table=table, n_toys=toys),
            poi=poi,
            n_goodness=gof,
            force=force,
            reads=(*reads, *([table] if table else [])),
            command=command_words(words, options),
            style=chosen,
            progress=progress,
            stopped=stop,
        )


def command_words(words: Sequence[str], options: Mapping[str, Any]) -> list[str]:
    """Write a command line, with the options that have a value; those with several are repeated."""
    line = ["nugauge", *map(str, words)]
    for name, value in options.items():
        if value is not None:
            for each in value if isinstance(value, list) else [value]:
                line += [name, str(each)]
    return line


def _toy_text(toy: "ToyChoice") -> str:
    return str(toy.number) if toy.truth is None else f"{toy.number}@{toy.truth!r}"


def say_report(result: "ReportResult", as_json: bool) -> None:
    """Write the numbers, and where the report is."""
    from macros.words import say_expected, say_fit, say_goodness, say_limit, warn_poor_fit

    found = result.analysis
    if as_json:
        emit_json(result.document())
    else:
        say_fit(found.fit)
        say_goodness(found.goodness)
        say()
        say_limit(found.limit)
        say_expected(found.expected)
        message("")
        message(f"look at {result.directory / result.files['report']} first")
    warn_poor_fit(found.fit)
    if not found.fit.valid:
        warn(found.fit.reason)


def judge_fit(result: "ReportResult") -> None:
    """Fail if the fit failed; the report stays."""
    if result.analysis.fit.failed:
        raise RunError(f"{result.directory}: kept, but the fit failed: {result.analysis.fit.failure}")
