"""`nugauge coverage`: whether intervals cover, from pseudo-experiments."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from macros.terminal import (
    AuditOfOption,
    AuditOption,
    CardArgument,
    FigureOption,
    ForceOption,
    FormerLevelOption,
    JsonOption,
    Keep,
    KeepOption,
    MaxFailedOption,
    OfOption,
    ReportOption,
    SeedOption,
    SetOption,
    StudyLevelOption,
    StyleOption,
    TableOption,
    ThreadsOption,
    ToysAt,
    ToysAtOption,
    Unit,
    UnitOption,
    WeightsOption,
    count,
    emit_json,
    progress,
    say,
    study_level,
)

__all__ = ["coverage"]


class Method(StrEnum):
    """Which interval."""

    HESSE = "hesse"
    MINOS = "minos"
    ONE_SIDED = "one-sided"
    FELDMAN_COUSINS = "feldman-cousins"
    CALIBRATED = "calibrated"
    CLS = "cls"


def coverage(
    card: CardArgument,
    at: Annotated[
        str,
        typer.Option("--at", metavar="V,V,...", help="True values of the parameter of interest; or a:b:n."),
    ],
    n: Annotated[int, typer.Option("-n", parser=count(1), metavar="N", help="Toys per value.")],
    first: Annotated[
        int,
        typer.Option("--first", parser=count(0), metavar="N", help="Index of the first toy of each value."),
    ] = 0,
    method: Annotated[
        list[Method] | None, typer.Option("--method", help="Repeat for several; default all that can be had.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="File of toys to write, or of sums.", show_default=False
        ),
    ] = None,
    keep: KeepOption = Keep.ROWS,
    toys_at: ToysAtOption = None,
    table: TableOption = None,
    weights: WeightsOption = None,
    unit: UnitOption = Unit.MEV,
    level: StudyLevelOption = None,
    cl: FormerLevelOption = None,
    figure: FigureOption = None,
    style: StyleOption = None,
    report: ReportOption = None,
    audit: AuditOption = 20,
    audit_of: AuditOfOption = None,
    max_failed: MaxFailedOption = 0.01,
    seed: SeedOption = None,
    of: OfOption = None,
    override: SetOption = None,
    threads: ThreadsOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Measure how often intervals cover the truth.

    With pseudo-experiments; Ctrl-C reports what is complete.
    """
    from macros.setup import card_files, data_files, open_card, plan_figures, study_plan
    from macros.studies import check_weights_options, load_weights, weights_of_origin, weights_record
    from macros.terminal import read_values

    stated_level, toys_at = study_level(level, cl, toys_at)
    by_events = toys_at is ToysAt.EVENTS
    check_weights_options(weights, unit, by_events=by_events)
    if output is None and keep is Keep.SUMS:
        raise typer.BadParameter("--keep says what the file of -o keeps: give -o FILE, too")
    loaded = open_card(card, override, seed=seed, threads=threads, of=of, several=True, simulates=by_events)
    values = read_values("--at", at, loaded.fit.poi)
    sums = keep is Keep.SUMS
    reads = (*card_files(card, loaded), table, *data_files(weights))
    figures = plan_figures(figure, style, alone=report is None)
    plan = study_plan(reads, output, figures, force=force, sums=sums)
    checked = plan.check()

    from macros.runs import ReportPlan, coverage_report, input_record, provenance
    from macros.studies import (
        EventTally,
        confidence_level,
        coverage_picture,
        judge_coverage,
        open_study,
        thresholds_of_origin,
        write_coverage,
    )
    from macros.terminal import stop_on_interrupt
    from macros.words import coverage_document, say_coverage

    pages = ReportPlan(directory=report, reads=tuple(filter(None, reads)), force=force, style=figures.look)
    pages.check()
    confidence, used_seed = confidence_level(loaded, stated_level), int(loaded.run.seed or 0)
    stated = [str(m) for m in method] if method else None
    prepared = open_study(
        loaded,
        values,
        n,
        methods=stated,
        level=confidence,
        events=by_events,
        table=table,
        weights=load_weights(loaded, weights, unit=unit),
        first=first,
        audit_of=audit_of,
    )
    origin: dict[str, Any] = {}
    if output is not None:
        record = weights_record(loaded, weights, unit=unit)
        origin = provenance(loaded, used_seed, "coverage") | {
            "thrown": "events" if by_events else "histogram",
            "drawn": loaded.fit.drawn,
            "level": confidence,
            "at": values,
            **weights_of_origin(record),
            **thresholds_of_origin(table, prepared.calibration, prepared.methods),
            "run": {
                "first": first,
                "toys": n,
                "methods": list(prepared.methods),
                "input": input_record(table) if table else None,
                "weights": record,
            },
        }
    drawn = EventTally()
    # Ctrl-C is taken to the end: what is complete is also drawn and told
    with plan.open(checked) as former, stop_on_interrupt(has_file=output is not None) as stop:
        with progress("coverage", len(values) * n, "toys") as advance:

            def count_toys(columns: dict[str, Any]) -> None:
                drawn.add(columns)
                stop.keeps = output is not None or drawn.n_toys >= n
                advance(len(columns["toy"]))

            study = write_coverage(
                prepared,
                output,
                origin,
                former=former,
                audit=audit,
                on_toys=count_toys,
                stopped=stop,
                keep="sums" if sums else "rows",
            )
        complete = len(study.points) == len(values)
        picture = coverage_picture(study, loaded, changed=override or ())
        pictures = figures.write(picture, former=former) if figures and picture else None
        page = pages.write(coverage_report(study, picture, loaded)) if picture else None
        if as_json:
            emit_json(
                {
                    **coverage_document(study),
                    "file": str(output) if output else None,
                    "first": first,
                    **drawn.document(),
                    "complete": complete,
                    "figure": pictures,
                    "report": page,
                    "table": str(table) if table else None,
                    "weights": weights,
                    "seed": used_seed,
                    "model": loaded.model.label,
                }
            )
        elif study.points:
            say_coverage(study)
            if page:
                say(page)
        judge_coverage(prepared, study, output, max_failed)
