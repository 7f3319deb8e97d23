"""`nugauge reweight`: weights that make the events of one model those of another."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from macros.terminal import (
    ForceOption,
    JsonOption,
    OfOption,
    OutputOption,
    SetOption,
    completed,
    emit_json,
    format_number,
    message,
    number_of,
    progress,
    say,
    warn,
)

if TYPE_CHECKING:
    from macros.runs import Reweighting

__all__ = ["reweight"]

_SUSPICIOUS = 1e-3


def reweight(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", help="Event file, true or measured; or all files of one run."),
    ],
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="CARD",
            help="Card of the target: the file's, but for [model]; its exposure is the file's.",
            show_default=False,
            autocompletion=completed("card"),
        ),
    ],
    output: OutputOption,
    templates: Annotated[
        bool,
        typer.Option("--gamma-templates", help="Also store A, B, C of each event: w(γ) = A + Bγ + Cγ²."),
    ] = False,
    of: OfOption = None,
    override: SetOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Give the events of a file the weights of another model.

    The weights are exact, from E_nu and T. Several files of one run become a series, OUT-0000.root and so on,
    which is one data set as they are.
    """
    from detsim.files import stored_files
    from macros.setup import FilePlan, Output, Split, card_files, load_chosen

    target, files = load_chosen(to, override, of), stored_files(files)
    reads = (*card_files(to, target), *files)
    split = Split(events=1) if len(files) > 1 else Split()
    writes = (Output(path=output, kind="events", split=split, command="reweight"),)
    plan = FilePlan(reads=reads, writes=writes, force=force)

    from macros.runs import check_verdict, reweight as give_weights

    with plan.open() as former, progress("reweighting", None, "events") as advance:
        made = give_weights(
            files if split else files[0], target, output, templates=templates, advance=advance, former=former
        )
        if as_json:
            emit_json(made.document())
        else:
            _say(made)
    why = "the sample has too few events, or none, where the target has many, or it is not what its card says"
    for text in made.notes:
        warn(text)
    check_verdict(made.comparison, _names(made), why=why)
    p_value = made.comparison.p_value if made.comparison else None
    if p_value is not None and p_value < _SUSPICIOUS:
        warn(f"sums of weights disagree with quadrature: {why}")


def _names(made: "Reweighting") -> str:
    first, last = made.files[0], made.files[-1]
    return str(first) if first == last else f"{first} to {last.name}"


def _say(made: "Reweighting") -> None:
    from analysis.histograms import ENOUGH_WEIGHTED

    tally, comparison = made.tally, made.comparison
    say(
        f"{_names(made)}: {number_of(tally.n_written, 'event')}, worth "
        f"{format_number(made.n_effective)} unweighted ones"
    )
    if comparison is None:
        verdict = "no expectation, as another program measured the energies"
    elif comparison.p_value is not None:
        verdict = f"χ² = {comparison.chi2:.1f} for {comparison.ndof}, p = {format_number(comparison.p_value)}"
    elif made.n_effective < ENOUGH_WEIGHTED:
        verdict = "too few for a χ² against quadrature"
    else:
        verdict = "no χ², as their number was given and all weigh the same"
    mean = "" if made.expected is None else f", expected {format_number(made.expected, 6)}"
    say(f"sum of weights {format_number(tally.sum_w, 6)}{mean}: {verdict}")
    if made.templates is not None:
        a, b, c = (format_number(x, 6) for x in made.templates)
        say(f"sum of weights at γ: {a} + {b} γ + {c} γ²")
    message(f"{format_number(tally.n_written / made.seconds, 3)} events/s")
