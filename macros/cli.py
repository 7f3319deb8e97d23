"""The command `nugauge`."""

import gc
import io
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from itertools import takewhile
from typing import Annotated, Any, cast

import typer
import typer.core

from macros.campaigns.commands import campaign
from macros.terminal import (
    CLOSED_PIPE,
    FAILED,
    INTERRUPTED,
    VERBOSITY,
    StandardOutputError,
    add_commands,
    complain,
    completing,
    finish_installation,
    know_values,
    message,
    printable,
    reserve_standard_files,
    say,
    shell_words,
    standard_streams,
)

__all__ = ["COMMANDS", "app", "main"]

COMMANDS = {
    "init": ("init.init", "Write an annotated card to edit."),
    "list": ("list_.list_", "List what a card can name, or where numbers come from."),
    "check": ("check.check", "Check a card, and show what it describes."),
    "explain": ("explain.explain", "Explain a key, an option, a branch or a bit of status."),
    "docs": ("docs.docs", "Show a page of the documentation, or the schema of cards."),
    "run": ("run.run", "Do the main job: simulate, fit, limit, plots, report."),
    "report": ("report.report", "Report all that data say: fit, limit, pulls, figures."),
    "expect": ("expect.expect", "Compute the expected counts per bin, by quadrature."),
    "generate": ("simulate.generate", "Draw true events: neutrino energy, recoil, component, line."),
    "detect": ("simulate.detect", "Measure true events: smearing, efficiency, threshold."),
    "simulate": ("simulate.simulate", "Draw events and measure them: one pass, any length."),
    "attach": ("attach.attach", "Attach energies that another program measured."),
    "merge": ("merge.merge", "Join files of one command, made in parts."),
    "reweight": ("reweight.reweight", "Give the events of a file the weights of another model."),
    "export": ("export.export", "Write events or a likelihood for another program."),
    "fit": ("fit.fit", "Fit a parameter to data."),
    "limit": ("limit.limit", "Find the upper limit on a parameter."),
    "calibrate": ("calibrate.calibrate", "Tabulate thresholds with which intervals cover."),
    "compare": ("compare.compare", "Compare two models on one data set."),
    "contour": ("contour.contour", "Fit two parameters at once, with contours of their regions."),
    "toys": ("toys.toys", "Throw and fit pseudo-experiments, and write one row each."),
    "coverage": ("coverage.coverage", "Measure how often intervals cover the truth."),
    "sensitivity": ("sensitivity.sensitivity", "Compute expected limits against errors, or any key."),
    "counts": ("counts.counts", "Compute the interval of a mean signal from counts."),
    "figure": ("figure.figure", "Make figures: picture, numbers (CSV) and caption of each."),
    "inspect": ("inspect.inspect", "Say what a file is and whether it is whole."),
    "rerun": ("rerun.rerun", "Make a file again from its provenance, and compare both."),
}
"""Function and summary of each command, in the order of the help text."""

_MANY_OBJECTS = 1_000_000
"""New objects after which Python looks for circles of unused ones; its default is 700 to 2000."""

_ClickError = cast("type[Exception]", typer.BadParameter.__mro__[2])
"""A wrong command, argument or option: typer exports only the class for a wrong value, derived from it."""


class _Commands(typer.core.TyperGroup):
    """The commands, with one message and an exit status for whatever goes wrong before or after them."""

    def list_commands(self, ctx: Any) -> list[str]:
        """List the commands in the order of the help text, groups last."""
        names = super().list_commands(ctx)
        return sorted(names, key=lambda name: name not in COMMANDS)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the command line, in which -q and -v may stand before the command, too."""
        flags = list(takewhile(VERBOSITY.__contains__, args))
        if flags and len(args) > len(flags):
            depth = 2 if args[len(flags)] not in COMMANDS else 1
            args = args[len(flags) :]
            args = [*args[:depth], *flags, *args[depth:]]
        return super().parse_args(ctx, args)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command line and end the program, unless `standalone_mode` is false."""
        run = partial(super().main, args, prog_name, complete_var, False, windows_expand_args, **extra)
        if completing():
            return _complete(run)
        with standard_streams():
            if not standalone_mode:
                return run()
            try:
                status = _status(run)
            finally:
                if "--install-completion" in (sys.argv[1:] if args is None else args):
                    finish_installation()
        sys.exit(status)


def _complete(run: Callable[[], Any]) -> None:
    """Give a shell the values for Tab, and say nothing if there is anything wrong."""
    from macros.campaigns import task_names
    from macros.reference import COMPLETIONS

    know_values({**COMPLETIONS, "task": lambda *_: task_names()})
    with shell_words(), suppress(Exception):
        run()


def _status(run: Callable[[], Any]) -> int:
    """Run the command line; say what is wrong with it, and return the exit status."""
    try:
        return run() or 0
    except _ClickError as error:
        return _say_wrong(error)
    except StandardOutputError as error:
        if error.closed_pipe:
            return CLOSED_PIPE
        complain(str(error))
        return FAILED
    except typer.Abort:
        return INTERRUPTED


def _say_wrong(error: Any) -> int:
    """Say what is wrong with the arguments, as typer does."""
    is_help = type(error).__name__ == "NoArgsIsHelpError"  # no argument at all
    if isinstance(error.message, str) and not is_help:
        error.message = printable(error.message).replace("Value error, ", "")  # pydantic's word
    text = io.StringIO()
    error.show(file=text)
    for line in text.getvalue().rstrip("\n").split("\n"):
        message(line, always=True)
    return int(error.exit_code)


app = typer.Typer(
    name="nugauge",
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(value: bool) -> None:
    if value:
        from importlib.metadata import PackageNotFoundError, version

        try:
            say(f"nugauge {version('nugauge')}")
        except PackageNotFoundError:
            say("nugauge, not installed: run from its source")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Monte Carlo and statistics of neutrino-electron scattering.

    CARD is the path of a TOML file or the name of a preset. Exit status: 0; 1 for a failed run; 2 for a
    wrong card, argument or input; 130 for Ctrl-C, 143 for SIGTERM, 141 for a closed pipe.
    """


add_commands(app, "macros.commands", COMMANDS, unread=frozenset({"explain"}))
app.add_typer(campaign)


def main() -> None:
    """Run the command line.

    Notes
    -----
    Figures go to files only: a backend for windows or notebooks, which a shell in a notebook names in
    MPLBACKEND, need not be installed beside this program.
    NumPy, which is not loaded yet, and scipy get one thread for linear algebra, unless the environment says
    otherwise: all matrices here are small, and on a busy machine OpenBLAS takes milliseconds to wait for its
    other threads in each factorisation. Python looks for circles of unused objects less often: a `run` makes
    millions of objects that stay, and takes 8 % less time so. When the program ends, Python would look for
    them again and free each one, which takes 0.8 s after a `run`; the system takes the memory back anyway.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ["MPLBACKEND"] = "agg"
    gc.set_threshold(_MANY_OBJECTS, *gc.get_threshold()[1:])
    reserve_standard_files()
    try:
        app()
    finally:
        gc.freeze()


if __name__ == "__main__":
    main()
