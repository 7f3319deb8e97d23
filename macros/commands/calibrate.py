"""`nugauge calibrate`: thresholds of intervals from pseudo-experiments."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from macros.terminal import (
    DATA_HELP,
    LARGEST_STUDY,
    AuxiliaryOption,
    CardArgument,
    ExperimentOption,
    FigureOption,
    FirstToyOption,
    ForceOption,
    FormerLevelOption,
    JsonOption,
    Keep,
    KeepOption,
    LimitLevelOption,
    OfOption,
    OutputOption,
    PoiOption,
    ReportOption,
    SeedOption,
    SetOption,
    StyleOption,
    ThreadsOption,
    ToyOption,
    Unit,
    UnitOption,
    count,
    emit_json,
    format_number,
    message,
    one_level,
    progress,
    say,
)

if TYPE_CHECKING:
    from macros.plots import Picture

__all__ = ["N_TOYS", "Nuisances", "NuisancesOption", "calibrate"]

N_TOYS = 20_000
"""Pseudo-experiments per true value, where none are asked for."""


class Nuisances(StrEnum):
    """Which true nuisance parameters toys have."""

    NOMINAL = "nominal"
    PROFILED = "profiled"


NuisancesOption = Annotated[
    Nuisances,
    typer.Option("--nuisances", help="True ones of the toys: nominal, or fitted to DATA at each true value."),
]


def calibrate(
    card: CardArgument,
    output: OutputOption,
    data: Annotated[
        list[str] | None, typer.Argument(metavar="DATA", help=f"{DATA_HELP} True values lie around it.")
    ] = None,
    n: Annotated[
        int,
        typer.Option("-n", parser=count(1), metavar="N", help="Pseudo-experiments per true value."),
    ] = N_TOYS,
    first: FirstToyOption = 0,
    keep: KeepOption = Keep.ROWS,
    largest: Annotated[
        int | None,
        typer.Option(
            "--largest",
            parser=count(0, 10**7),
            metavar="K",
            help="With --keep sums: the K largest statistics of each sign are kept one by one; else 10000.",
            show_default=False,
        ),
    ] = None,
    part: Annotated[
        bool, typer.Option("--part", help="It is a part of a larger calibration, and may have few toys.")
    ] = False,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="a:b:n",
            help="True values, n from a to b, or V,V,...; else chosen.",
            show_default=False,
        ),
    ] = None,
    nuisances: NuisancesOption = Nuisances.NOMINAL,
    reference: Annotated[
        float | None,
        typer.Option("--reference", help="What CLs compares with; else 0.", show_default=False),
    ] = None,
    level: LimitLevelOption = None,
    cl: FormerLevelOption = None,
    poi: PoiOption = None,
    experiment: ExperimentOption = None,
    unit: UnitOption = Unit.MEV,
    auxiliary: AuxiliaryOption = None,
    toy: ToyOption = None,
    seed: SeedOption = None,
    of: OfOption = None,
    override: SetOption = None,
    threads: ThreadsOption = None,
    figure: FigureOption = None,
    style: StyleOption = None,
    report: ReportOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Tabulate thresholds with which intervals cover.

    They are found with pseudo-experiments, and used by `limit --table`.
    """
    from macros.setup import (
        FilePlan,
        Output,
        auxiliary_files,
        card_files,
        data_files,
        open_card,
        plan_figures,
    )
    from macros.terminal import read_values

    figures = plan_figures(figure, style, alone=report is None)
    stated = one_level(level, cl)
    if nuisances is Nuisances.PROFILED and not data:
        raise typer.BadParameter("--nuisances profiled: which data they are fitted to, DATA has to say")
    if keep is Keep.ROWS and n > LARGEST_STUDY:
        raise typer.BadParameter(
            f"-n {n}: at most {LARGEST_STUDY} toys are kept row by row; --keep sums takes any number"
        )
    if keep is Keep.ROWS and largest is not None:
        raise typer.BadParameter("--largest goes with --keep sums: of rows all statistics are kept")
    target = Output(path=output, kind="calibration", drawn=True)
    loaded = open_card(card, override, seed=seed, threads=threads, of=of, several=True)
    values = None if at is None else read_values("--at", at, poi or loaded.fit.poi)
    reads = (*card_files(card, loaded), *data_files(data), *auxiliary_files(auxiliary))
    plan = FilePlan(reads=reads, writes=(target, *figures.outputs()), force=force)
    checked = plan.check()

    from analysis.calibration import LARGEST, check_enough, write_calibration
    from macros.merging import check_series
    from macros.runs import ReportPlan, calibration_report, provenance
    from macros.studies import confidence_level, load_or_expect, open_inference, say_how_to_go_on
    from macros.terminal import stop_on_interrupt
    from macros.words import calibration_document, say_calibration
    from simgen.process import working_time

    pages = ReportPlan(directory=report, reads=reads, force=force, style=figures.look)
    pages.check()
    level = confidence_level(loaded, stated)
    found = load_or_expect(
        loaded, data, number=experiment, unit=unit, auxiliary=auxiliary, toy=toy, check_series=check_series
    )
    if not part:
        check_enough(n, level)
    case = open_inference(loaded, found, poi=poi)
    start = working_time()
    with stop_on_interrupt() as stop:
        made = case.calibrate(
            n,
            first=first,
            at=values,
            profiled=nuisances is Nuisances.PROFILED,
            reference=reference,
            keep=str(keep),
            largest_kept=LARGEST if largest is None else largest,
            progress=progress,
            stopped=stop.after_a_block,
        )
        rate = made.n_toys * (len(made.values) + 1) / (working_time() - start)
        origin = {k: v for k, v in provenance(loaded, made.seed, "calibrate").items() if k != "seed"}
        run = {"first": first, "toys": made.n_toys, "values": list(map(float, made.values)), "poi": poi}
        with plan.open(checked) as former:
            write_calibration(
                output,
                made,
                provenance={**origin, "data": case.source, "run": run},
                compression=loaded.run.compression,
                former=former,
            )
            document = {
                **calibration_document(made, output, level),
                "nuisances": str(nuisances),
                "toys_per_second": rate,
                "model": loaded.model.label,
                "data": case.source,
                "auxiliary": case.auxiliary,
            }
            picture = _picture(document, loaded.name)
            files = figures.write(picture, former=former)
            page = pages.write(calibration_report(document, picture, loaded))
            if as_json:
                emit_json({**document, "figure": files or None, "report": page})
            else:
                say_calibration(document)
                for file in (*files, *([page] if page else [])):
                    say(file)
                message(f"{format_number(rate, 3)} toys/s")
    say_how_to_go_on(output, first=first, done=made.n_toys, n=n, seed=made.seed)


def _picture(document: dict[str, Any], card_name: str) -> "Picture":
    """Draw the thresholds."""
    from macros.plots import Picture, ThresholdsFigure

    note = f"{card_name}: {document['model']}; simulated counts of pseudo-experiments"
    figure = ThresholdsFigure(document=document, note=(note,))
    return Picture(draw=figure.draw, data=figure.numbers())
