"""`nugauge run`: the main job."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from macros.terminal import (
    CardArgument,
    JsonOption,
    OfOption,
    RunError,
    SeedOption,
    SetOption,
    ThreadsOption,
    emit_json,
    message,
    number_of,
    progress,
    say,
    warn,
)

if TYPE_CHECKING:
    from macros.runs import RunResult

__all__ = ["run"]


def run(
    card: CardArgument,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="Directory to make.", show_default=False)
    ],
    force: Annotated[bool, typer.Option("--force", help="Replace a directory that exists.")] = False,
    seed: SeedOption = None,
    of: OfOption = None,
    override: SetOption = None,
    threads: ThreadsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Do the main job: simulate, fit, limit, plots, report."""
    from macros.setup import card_files, open_card

    loaded = open_card(card, override, seed=seed, threads=threads, of=of, simulates=True)

    from macros.runs import run_job

    with progress("simulating", None, "events") as advance:
        result = run_job(loaded, output, force=force, reads=card_files(card, loaded), advance=advance)
    try:
        _report(result, as_json)
    except KeyboardInterrupt as error:
        error.add_note(f"{output} is whole")
        raise


def _report(result: "RunResult", as_json: bool) -> None:
    from macros.runs import check_verdict
    from macros.words import say_fit, say_limit, warn_poor_fit

    if as_json:
        emit_json(result.document())
    else:
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
        say_fit(result.fit)
        say()
        say_limit(result.limit)
        message("")
        message(f"look at {result.directory / result.files['report']} first")
    warn_poor_fit(result.fit)
    if not result.fit.valid:
        warn(result.fit.reason)
    check_verdict(result.production.comparison, str(result.directory))
    if result.fit.failed:
        raise RunError(f"the fit failed: {result.fit.failure}")
