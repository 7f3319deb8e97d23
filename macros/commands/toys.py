"""`nugauge toys`: pseudo-experiments, thrown and fitted."""

from pathlib import Path
from typing import Annotated, Any

import typer

from macros.terminal import (
    AuditOfOption,
    AuditOption,
    CardArgument,
    FigureOption,
    FirstToyOption,
    ForceOption,
    FormerLevelOption,
    JsonOption,
    Keep,
    KeepOption,
    Level,
    MaxFailedOption,
    OfOption,
    OutputOption,
    SeedOption,
    SetOption,
    StudyLevelOption,
    StyleOption,
    ThreadsOption,
    ToysAt,
    ToysAtOption,
    Unit,
    UnitOption,
    WeightsOption,
    count,
    emit_json,
    progress,
    study_level,
)

__all__ = ["ConfidenceOption", "Level", "LevelOption", "toys"]

ConfidenceOption, LevelOption = StudyLevelOption, ToysAtOption
"""Former names."""


def toys(
    card: CardArgument,
    output: OutputOption,
    n: Annotated[
        int | None, typer.Option("-n", parser=count(1), metavar="N", help="How many.", show_default=False)
    ] = None,
    toys_at: ToysAtOption = None,
    no_fit: Annotated[bool, typer.Option("--no-fit", help="Throw only.")] = False,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="FILE",
            help="Fit the pseudo-experiments of an event file instead of throwing.",
            show_default=False,
        ),
    ] = None,
    weights: WeightsOption = None,
    unit: UnitOption = Unit.MEV,
    first: FirstToyOption = 0,
    keep: KeepOption = Keep.ROWS,
    level: StudyLevelOption = None,
    cl: FormerLevelOption = None,
    figure: FigureOption = None,
    style: StyleOption = None,
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
    """Throw and fit pseudo-experiments, and write one row each.

    Ctrl-C keeps those that are finished.
    """
    from macros.setup import card_files, data_files, open_card, plan_figures, study_plan
    from macros.studies import check_weights_options, load_weights, weights_of_origin, weights_record

    stated, toys_at = study_level(level, cl, toys_at)
    by_events, sums = toys_at is ToysAt.EVENTS, keep is Keep.SUMS
    if (n is None) == (data is None):
        raise typer.BadParameter("give either -n, to throw, or --data, to fit what is stored")
    if data is not None and (first or no_fit or seed is not None or by_events):
        raise typer.BadParameter("--first, --seed, --toys-at and --no-fit go with -n, not with --data")
    if audit_of is not None and data is not None:
        raise typer.BadParameter("--audit-of goes with -n, not with --data")
    if weights and data is not None:
        raise typer.BadParameter("--weights goes with -n, not with --data")
    check_weights_options(weights, unit, by_events=by_events)
    if no_fit and figure:
        raise typer.BadParameter("--figure shows what is fitted, and --no-fit fits nothing")
    if sums and (no_fit or data is not None):
        raise typer.BadParameter(
            "--keep sums adds up fits of toys that are thrown: leave --no-fit and --data out"
        )
    loaded = open_card(
        card,
        override,
        seed=seed,
        threads=threads,
        draws=not data,
        of=of,
        several=True,
        simulates=by_events,
    )
    reads = (*card_files(card, loaded), data, *data_files(weights))
    figures = plan_figures(figure, style)
    plan = study_plan(reads, output, figures, force=force, sums=sums)
    checked = plan.check()

    from macros.runs import input_record, provenance
    from macros.studies import ToyTally, confidence_level, prepare_toys, write_toys
    from macros.terminal import stop_on_interrupt

    if data is not None and len(loaded.experiments) > 1:
        raise typer.BadParameter("--data holds one experiment: choose it with --of NAME")
    confidence = confidence_level(loaded, stated)
    run = prepare_toys(
        loaded,
        int(n or 0),
        first=first,
        level=confidence,
        events=by_events,
        fitted=not no_fit,
        weights=load_weights(loaded, weights, unit=unit),
        data=data,
    )
    record = weights_record(loaded, weights, unit=unit)
    seen = ToyTally(run=run, n_audit=audit, audit_of=audit_of)
    origin = {
        **provenance(loaded, run.seed, "toys"),
        "thrown": ("events" if by_events else "histogram") if n else "stored",
        "drawn": loaded.fit.drawn if n else "stored",
        "level": confidence,
        **weights_of_origin(record),
        "run": {
            "first": run.first,
            "toys": run.n,
            "fitted": run.fitted,
            "input": input_record(data) if data else None,
            "weights": record,
        },
    }
    # Ctrl-C is taken to the end: what is finished is also drawn and told
    with plan.open(checked) as former, stop_on_interrupt() as stop:
        with progress("toys", run.n, "toys") as advance:

            def count_toys(columns: dict[str, Any]) -> None:
                stop.keeps = True
                seen.add(columns)
                advance(len(columns["toy"]))

            write_toys(
                run,
                output,
                origin,
                former=former,
                on_toys=count_toys,
                stopped=stop,
                found=seen.provenance,
                keep="sums" if sums else "rows",
            )
        pictures = seen.draw(figures, loaded, former) if figures else None
        if as_json:
            emit_json({"file": str(output), **seen.document(), "figure": pictures})
        else:
            seen.say(output)
        seen.judge(output, max_failed)
