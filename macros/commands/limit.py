"""`nugauge limit`: upper limits and allowed regions, with the thresholds of a χ² or of pseudo-experiments."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from macros.commands.calibrate import N_TOYS, Nuisances, NuisancesOption
from macros.terminal import (
    DATA_HELP,
    N_BAND,
    AuditOption,
    AuxiliaryOption,
    CardArgument,
    ExperimentOption,
    FigureOption,
    FirstToyOption,
    ForceOption,
    JsonOption,
    LimitLevelOption,
    OfOption,
    PartOption,
    PoiOption,
    SeedOption,
    SetOption,
    StyleOption,
    TableOption,
    ThreadsOption,
    ToyOption,
    Unit,
    UnitOption,
    emit_json,
    level_override,
    message,
    number_of,
    progress,
    say,
    toy_count,
)

if TYPE_CHECKING:
    from analysis.calibration import Calibration
    from macros.studies import CardLimit, Inference

__all__ = ["limit"]


class Method(StrEnum):
    """Which limit."""

    ONE_SIDED = "one-sided"
    TWO_SIDED = "two-sided"
    FELDMAN_COUSINS = "feldman-cousins"
    CALIBRATED = "calibrated"
    CLS = "cls"


_CALIBRATED = {Method.FELDMAN_COUSINS, Method.CALIBRATED, Method.CLS}


def limit(
    card: CardArgument,
    data: Annotated[
        list[str] | None,
        typer.Argument(metavar="DATA", help=f"{DATA_HELP} Without: the expected (Asimov) limit."),
    ] = None,
    method: Annotated[
        Method | None,
        typer.Option(
            "--method",
            help="Else the card's. The last three take their thresholds from pseudo-experiments.",
            show_default=False,
        ),
    ] = None,
    table: TableOption = None,
    n: Annotated[
        int | None,
        typer.Option(
            "-n",
            parser=toy_count(1),
            metavar="N",
            help=f"Without --table: pseudo-experiments per true value, {N_TOYS} if not given.",
            show_default=False,
        ),
    ] = None,
    nuisances: NuisancesOption = Nuisances.NOMINAL,
    level: LimitLevelOption = None,
    poi: PoiOption = None,
    experiment: ExperimentOption = None,
    unit: UnitOption = Unit.MEV,
    auxiliary: AuxiliaryOption = None,
    toy: ToyOption = None,
    of: OfOption = None,
    toys: Annotated[
        int | None,
        typer.Option(
            "--toys",
            parser=toy_count(0),
            metavar="N",
            help=f"Pseudo-experiments for the band of the expected limit; 0: no band. {N_BAND} if not given, "
            "of DATA 0.",
            show_default=False,
        ),
    ] = None,
    first: FirstToyOption = 0,
    output: PartOption = None,
    figure: FigureOption = None,
    style: StyleOption = None,
    audit: AuditOption = 20,
    seed: SeedOption = None,
    override: SetOption = None,
    threads: ThreadsOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Find the upper limit on a parameter.

    Without data: the expected one and its band. With data and --toys: the band, too.
    """
    from macros.setup import (
        FilePlan,
        auxiliary_files,
        card_files,
        data_files,
        open_card,
        part_output,
        plan_figures,
    )

    figures = plan_figures(figure, style)
    calibrates = method in _CALIBRATED
    override = level_override(override, "fit.limit_level", level)
    _check_options(calibrates, table, n, nuisances, data)
    toys = (0 if data else N_BAND) if toys is None else toys
    if data and toys and nuisances is Nuisances.PROFILED:
        raise typer.BadParameter(
            "--toys of DATA: nuisance parameters that are fitted to these data have no expected band; leave "
            "out --toys, or take --nuisances nominal"
        )
    if (first or output is not None) and (data or not toys):
        raise typer.BadParameter(
            "--first and -o are for the toys of the band of an expected limit, without DATA"
        )
    draws = bool(toys) or (calibrates and table is None)
    chosen = open_card(card, override, seed=seed, threads=threads, draws=draws, of=of, several=True)
    reads = (*card_files(card, chosen), table, *data_files(data), *auxiliary_files(auxiliary))
    writes = (*part_output(output), *figures.outputs())
    plan = FilePlan(reads=tuple(filter(None, reads)), writes=writes, force=force)
    checked = plan.check()

    from macros.merging import check_series
    from macros.runs import run_band
    from macros.studies import (
        LimitOptions,
        limit_picture,
        load_or_expect,
        open_inference,
        say_how_to_go_on,
    )
    from macros.terminal import stop_on_interrupt
    from macros.words import check_audit, limit_document, say_limit, warn_poor_fit

    found = load_or_expect(
        chosen, data, number=experiment, unit=unit, auxiliary=auxiliary, toy=toy, check_series=check_series
    )
    case = open_inference(chosen, found, poi=poi)
    if calibrates and table is None:
        message(f"no --table: calibrating with {n or N_TOYS} pseudo-experiments per true value")
    options = LimitOptions(
        method=None if method is None else str(method),
        table=table,
        n_calibration=n,
        profiled=nuisances is Nuisances.PROFILED,
        n_toys=toys,
        audit=audit,
        first=first,
    )
    with plan.open(checked) as former, stop_on_interrupt(has_file=output is not None) as stop:
        made, done = run_band(case, options, output=output, former=former, progress=progress, stop=stop)
        files = figures.write(limit_picture(case, made.result), former=former) if figures else []
    result, about = made.result, _about(made.calibration, table)
    warn_poor_fit(result)
    if as_json:
        document = {**limit_document(result), "model": chosen.model.label, "data": case.source}
        document["kind"] = case.kind
        document["auxiliary"] = case.auxiliary
        document |= {} if output is None else {"file": str(output), "first": first, "n_toys": done}
        document["files"] = files
        emit_json({**document, "seed": chosen.run.seed if draws else None, "calibration": about})
    else:
        say_limit(result, expected=not data)
        _say_ends(case, made, toys)
        if output is not None:
            say(f"{output}: {number_of(done, 'toy')} from {first} on, seed {chosen.run.seed}")
        for file in files:
            say(file)
    check_audit(result.audit)
    if done:
        seed_used = chosen.run.seed
        say_how_to_go_on(output, first=first, done=done, n=toys, seed=seed_used, option="--toys")


def _say_ends(case: "Inference", made: "CardLimit", n_toys: int) -> None:
    """Say why a limit is open, or at the end of the physical range."""
    result = made.result
    if result.upper is None and made.calibration is not None and result.thresholds:
        ends = f"{result.thresholds[0].value:g} to {result.thresholds[-1].value:g}"
        message(
            f"the true values that were calibrated, {ends}, or their {made.calibration.n_toys} toys each do "
            "not reach the end of the region"
        )
    elif result.upper is None:
        message(f"the data do not bound {result.parameter}")
    elif result.upper == case.fitter.physical[0]:
        message(
            f"every {result.parameter} above {result.upper:g} is excluded: the data fluctuate further down "
            "than any of them explains; feldman-cousins and cls do not exclude what an experiment is blind to"
        )
    if n_toys and result.band is None and result.asimov is None:
        message(f"no band: exact data of the model do not bound {result.parameter}, and no toys are thrown")


def _check_options(
    calibrates: bool, table: Path | None, n: int | None, nuisances: Nuisances, data: list[str] | None
) -> None:
    profiled = nuisances is Nuisances.PROFILED
    if not calibrates and (table is not None or n is not None or profiled):
        raise typer.BadParameter(
            "--table, -n and --nuisances go with --method feldman-cousins, calibrated or cls"
        )
    if table is not None and (n is not None or profiled):
        raise typer.BadParameter("-n and --nuisances are for a calibration on the fly, not for --table")
    if profiled and not data:
        raise typer.BadParameter("--nuisances profiled: which data they are fitted to, DATA has to say")


def _about(made: "Calibration | None", table: Path | None) -> dict[str, Any] | None:
    """Say where thresholds come from."""
    if made is None:
        return None
    return {
        "table": str(table) if table else None,
        "n_toys": made.n_toys,
        "seed": made.seed,
        "nuisances": made.conditions.nuisances,
        "reference": made.reference,
    }
