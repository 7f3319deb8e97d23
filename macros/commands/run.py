"""`nugauge run`: the main job."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from macros.commands.report import (
    DirectoryOption,
    ReplaceOption,
    command_words,
    judge_fit,
    report_of,
    say_report,
)
from macros.terminal import (
    CardArgument,
    ColumnsOption,
    JsonOption,
    OfOption,
    SeedOption,
    SetOption,
    ThreadsOption,
    columns_override,
    number_of,
    progress,
    say,
)

if TYPE_CHECKING:
    from macros.runs import RunResult

__all__ = ["run"]


def run(
    card: CardArgument,
    data: Annotated[
        list[str] | None,
        typer.Argument(metavar="DATA", help="Data to report, as for `report`, instead of a simulation."),
    ] = None,
    output: DirectoryOption = ...,  # type: ignore[assignment]  # typer: required
    force: ReplaceOption = False,
    seed: SeedOption = None,
    of: OfOption = None,
    override: SetOption = None,
    columns: ColumnsOption = None,
    threads: ThreadsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Do the main job: simulate, fit, limit, plots, report."""
    if data:
        _check_no_simulation(seed, override, columns)
        words = ("run", card, *data)
        result = report_of(
            card, data, output, words=words, of=of, override=override, threads=threads, force=force
        )
        say_report(result, as_json)
        judge_fit(result)
        return

    from macros.setup import card_files, open_card

    stated = columns_override(override, columns)
    loaded = open_card(card, stated, seed=seed, threads=threads, of=of, simulates=True)

    from macros.runs import run_job

    options: dict[str, Any] = {"--seed": loaded.run.seed, "--of": of, "--set": stated, "-o": output}
    made = run_job(
        loaded,
        output,
        force=force,
        reads=card_files(card, loaded),
        command=command_words(("run", card), options),
        progress=progress,
    )
    try:
        _report(made, as_json)
    except KeyboardInterrupt as error:
        error.add_note(f"{output} is whole")
        raise


def _check_no_simulation(seed: int | None, override: list[str] | None, columns: str | None) -> None:
    """Refuse what only a simulation needs."""
    for option, value in (("--seed", seed), ("--columns", columns)):
        if value is not None:
            raise typer.BadParameter(
                f"{option} is for a simulation, and DATA are given: leave it out, or use `report`"
            )
    for text in override or ():
        key = text.partition("=")[0].strip()
        if key.partition(".")[0] == "run":
            raise typer.BadParameter(f"--set {key} is for a simulation, and DATA are given: leave it out")


def _report(result: "RunResult", as_json: bool) -> None:
    if not as_json:
        say(
            f"{number_of(result.production.n_written, 'event')} recorded, "
            f"{result.production.expected:.6g} expected"
        )
        comparison = result.production.comparison
        if comparison is not None and comparison.p_value is not None:
            say(
                f"spectrum against quadrature: χ² = {comparison.chi2:.1f} for "
                f"{number_of(comparison.ndof, 'bin')}, "
                f"p = {comparison.p_value:.3g}"
            )
        say()
    say_report(result, as_json)

    from macros.runs import check_verdict

    check_verdict(result.production.comparison, str(result.directory))
    judge_fit(result)
