"""`nugauge fit`."""

from pathlib import Path
from typing import Annotated

import typer

from macros.terminal import (
    DATA_HELP,
    AuxiliaryOption,
    CardArgument,
    ExperimentOption,
    FigureOption,
    FirstToyOption,
    FitLevelOption,
    ForceOption,
    GoodnessOption,
    JsonOption,
    Keep,
    KeepOption,
    OfOption,
    PartOption,
    PoiOption,
    RunError,
    SeedOption,
    SetOption,
    StyleOption,
    ThreadsOption,
    ToyOption,
    Unit,
    UnitOption,
    emit_json,
    level_override,
    number_of,
    progress,
    say,
)

__all__ = ["fit"]


def fit(
    card: CardArgument,
    data: Annotated[
        list[str] | None,
        typer.Argument(metavar="DATA", help=f"{DATA_HELP} Without: the expected data (Asimov)."),
    ] = None,
    level: FitLevelOption = None,
    poi: PoiOption = None,
    experiment: ExperimentOption = None,
    unit: UnitOption = Unit.MEV,
    auxiliary: AuxiliaryOption = None,
    toy: ToyOption = None,
    of: OfOption = None,
    gof: GoodnessOption = 0,
    first: FirstToyOption = 0,
    output: PartOption = None,
    keep: KeepOption = Keep.ROWS,
    details: Annotated[
        bool,
        typer.Option(
            "--details", help="Pulls, correlations, impacts and minima as tables; in JSON the impacts."
        ),
    ] = False,
    figure: FigureOption = None,
    impacts: Annotated[
        list[Path] | None,
        typer.Option(
            "--impacts",
            metavar="FILE",
            help="Picture of pulls and impacts of the nuisance parameters, as --figure.",
            show_default=False,
        ),
    ] = None,
    profile: Annotated[
        list[Path] | None,
        typer.Option(
            "--profile",
            metavar="FILE",
            help="Picture of the profile likelihood, as --figure.",
            show_default=False,
        ),
    ] = None,
    profile_at: Annotated[
        str | None,
        typer.Option(
            "--profile-at",
            metavar="a:b:n",
            help="Values of the parameter for --profile, n from a to b, or V,V,...; else around all that is "
            "allowed.",
            show_default=False,
        ),
    ] = None,
    style: StyleOption = None,
    seed: SeedOption = None,
    override: SetOption = None,
    threads: ThreadsOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Fit a parameter to data.

    Without data: to those that the card's model expects (Asimov), for the errors to be expected.
    """
    from macros.commands.fit_pictures import plan_fit_figures
    from macros.setup import auxiliary_files, card_files, data_files, open_card, part_output

    _check_options(gof, data, first, output, keep)
    override = level_override(override, "fit.level", level)
    loaded = open_card(card, override, seed=seed, threads=threads, draws=gof > 0, of=of, several=True)
    fitted = poi or loaded.fit.poi
    pictures = plan_fit_figures(
        figure=figure, impacts=impacts, profile=profile, at=profile_at, poi=fitted, style=style
    )
    reads = (*card_files(card, loaded), *data_files(data), *auxiliary_files(auxiliary))
    plan = pictures.plan(reads, force=force, part=part_output(output, sums=keep is Keep.SUMS))
    checked = plan.check()

    from macros.merging import check_series
    from macros.runs import run_goodness
    from macros.studies import load_or_expect, open_inference, say_how_to_go_on
    from macros.terminal import stop_on_interrupt
    from macros.words import (
        fit_document,
        goodness_document,
        impacts_document,
        say_details,
        say_fit,
        say_goodness,
        say_impacts,
        warn_poor_fit,
    )

    found = load_or_expect(
        loaded, data, number=experiment, unit=unit, auxiliary=auxiliary, toy=toy, check_series=check_series
    )
    case = open_inference(loaded, found, poi=poi)
    result = case.fit()
    effects = case.impacts(result) if details or impacts else None
    tested = gof > 0 and result.valid
    if output is not None and not tested:
        raise RunError(f"the fit is not valid, so that there is no test: {output} is not written")
    with plan.open(checked) as former, stop_on_interrupt(has_file=output is not None) as stop:
        goodness = None
        if tested:
            goodness = run_goodness(
                case,
                gof,
                first=first,
                output=output,
                keep=str(keep),
                former=former,
                progress=progress,
                stop=stop,
            )
        files = pictures.write(case, result, effects, former=former)
        if as_json:
            drawn = goodness is not None or case.fitter.likelihood == "templates"
            emit_json(
                {
                    **fit_document(result),
                    "impacts": impacts_document(effects),
                    "goodness_of_fit": goodness_document(goodness),
                    **({} if output is None else {"file": str(output), "first": first}),
                    "data": case.source,
                    "kind": case.kind,
                    "auxiliary": case.auxiliary,
                    "model": loaded.model.label,
                    "seed": loaded.run.seed if drawn else None,
                    "files": files,
                }
            )
        else:
            say_fit(result, expected=not data)
            say_goodness(goodness)
            if output is not None and goodness is not None:
                say(f"{output}: {number_of(goodness.n_toys, 'toy')} from {first} on, seed {loaded.run.seed}")
            if details and effects is not None:
                say_details(result)
                say_impacts(effects)
            for file in files:
                say(file)
    warn_poor_fit(result)
    if result.failed:
        raise RunError(f"the fit failed: {result.failure}")
    if goodness is not None:
        done, seed = goodness.n_toys, loaded.run.seed
        say_how_to_go_on(output, first=first, done=done, n=gof, seed=seed, option="--gof")


def _check_options(gof: int, data: list[str] | None, first: int, output: Path | None, keep: Keep) -> None:
    """Refuse options of a test of the goodness of fit without one, and a test without data."""
    if not gof and (first or output is not None):
        raise typer.BadParameter("--first and -o are for the toys of a test: give --gof N, too")
    if gof and not data:
        raise typer.BadParameter("--gof N tests whether the model describes DATA: give them, too")
    if output is None and keep is Keep.SUMS:
        raise typer.BadParameter("--keep says what the file of -o keeps: give -o FILE, too")
