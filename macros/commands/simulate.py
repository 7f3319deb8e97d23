"""`nugauge generate`, `detect`, `simulate`: event files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from macros.terminal import (
    CardArgument,
    ColumnsOption,
    FigureOption,
    ForceOption,
    JsonOption,
    OfOption,
    OutputOption,
    SeedOption,
    SetOption,
    StyleOption,
    ThreadsOption,
    columns_override,
    count,
    emit_json,
    format_number,
    message,
    number_of,
    progress,
    say,
)

if TYPE_CHECKING:
    from detsim.files import Former
    from macros.card import Card
    from macros.runs import Production
    from macros.setup import FigurePlan, Split

__all__ = ["detect", "generate", "simulate"]

SMALLEST_FILE = 1e6
EventsOption = Annotated[
    int | None,
    typer.Option(
        "--events",
        parser=count(1),
        metavar="N",
        help="Exactly so many events, before any cut; else a Poisson number for the card's exposure.",
        show_default=False,
    ),
]
ExperimentsOption = Annotated[
    int | None,
    typer.Option(
        "--experiments",
        parser=count(1),
        metavar="N",
        help="So many pseudo-experiments, Poisson each, in one file.",
        show_default=False,
    ),
]
FirstOption = Annotated[
    int,
    typer.Option(
        "--first", parser=count(0), metavar="N", help="Index of the first event, or pseudo-experiment."
    ),
]
EventsPerFileOption = Annotated[
    int | None,
    typer.Option(
        "--events-per-file",
        parser=count(1),
        metavar="N",
        help="Most events drawn for a file; there are then several, events-0000.root, events-0001.root, ...",
        show_default=False,
    ),
]
FileSizeOption = Annotated[
    str | None,
    typer.Option(
        "--file-size",
        metavar="SIZE",
        help='Largest size of a file, such as "2 GB"; there are then several.',
        show_default=False,
    ),
]


def generate(
    card: CardArgument,
    output: OutputOption,
    events: EventsOption = None,
    first: FirstOption = 0,
    seed: SeedOption = None,
    of: OfOption = None,
    override: SetOption = None,
    columns: ColumnsOption = None,
    threads: ThreadsOption = None,
    events_per_file: EventsPerFileOption = None,
    file_size: FileSizeOption = None,
    figure: FigureOption = None,
    style: StyleOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Draw true events: neutrino energy, recoil, component, line."""
    from dataclasses import replace

    from macros.setup import FilePlan, Output, card_files, open_card, plan_figures

    figures, largest = plan_figures(figure, style), _size(file_size)
    stated = columns_override(override, columns)
    loaded = open_card(card, stated, seed=seed, threads=threads, of=of, simulates=True)

    from macros.runs import produce

    split = _split(loaded, events_per_file, largest)
    target = Output(path=output, kind="events", split=split, command="generate", drawn=True)
    writes = (target, *figures.outputs())
    files = FilePlan(reads=card_files(card, loaded), writes=writes, force=force)
    # in full precision, so that `detect` gives what `simulate` gives
    exact = replace(loaded, run=replace(loaded.run, precision="float64"))
    with files.open() as former:
        made = produce(
            exact,
            output,
            seed=_seed(loaded.run.seed),
            n=events,
            first=first,
            detected=False,
            split=split,
            progress=progress,
            former=former,
        )
        _report(made, _draw(made, figures, former), as_json)


def simulate(
    card: CardArgument,
    output: OutputOption,
    events: EventsOption = None,
    experiments: ExperimentsOption = None,
    first: FirstOption = 0,
    seed: SeedOption = None,
    of: OfOption = None,
    override: SetOption = None,
    columns: ColumnsOption = None,
    threads: ThreadsOption = None,
    events_per_file: EventsPerFileOption = None,
    file_size: FileSizeOption = None,
    figure: FigureOption = None,
    style: StyleOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Draw events and measure them: one pass, any length."""
    from macros.setup import FilePlan, Output, card_files, open_card, plan_figures

    if events is not None and experiments is not None:
        raise typer.BadParameter("--events and --experiments exclude each other")
    figures, largest = plan_figures(figure, style), _size(file_size)
    stated = columns_override(override, columns)
    loaded = open_card(card, stated, seed=seed, threads=threads, of=of, simulates=True)

    from macros.runs import produce

    split = _split(loaded, events_per_file, largest)
    target = Output(path=output, kind="events", split=split, command="simulate", drawn=True)
    writes = (target, *figures.outputs())
    files = FilePlan(reads=card_files(card, loaded), writes=writes, force=force)
    with files.open() as former:
        made = produce(
            loaded,
            output,
            seed=_seed(loaded.run.seed),
            n=events,
            experiments=experiments or 0,
            first=first,
            split=split,
            progress=progress,
            former=former,
        )
        _report(made, _draw(made, figures, former), as_json)


def detect(
    card: CardArgument,
    true_file: Annotated[Path, typer.Argument(metavar="TRUE.root", help="File of `nugauge generate`.")],
    output: OutputOption,
    of: OfOption = None,
    override: SetOption = None,
    threads: ThreadsOption = None,
    figure: FigureOption = None,
    style: StyleOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Measure true events: smearing, efficiency, threshold.

    With the seed of their file.
    """
    from macros.setup import FilePlan, Output, card_files, open_card, plan_figures

    figures = plan_figures(figure, style)
    loaded = open_card(card, override, threads=threads, draws=False, of=of, simulates=True)

    from macros.runs import measure

    reads = (*card_files(card, loaded), true_file)
    writes = (Output(path=output, kind="events"), *figures.outputs())
    files = FilePlan(reads=reads, writes=writes, force=force)
    with files.open() as former, progress("measuring", None, "events") as advance:
        made = measure(loaded, true_file, output, advance=advance, former=former)
        _report(made, _draw(made, figures, former), as_json)


def _size(text: str | None) -> float | None:
    """Read the largest size of a file [B]."""
    from simgen.units import read_quantity

    if text is None:
        return None
    try:
        size = read_quantity(text, "size of a file")
    except ValueError as error:
        raise typer.BadParameter(f"--file-size: {error}") from None
    if size < SMALLEST_FILE:
        raise typer.BadParameter(f"--file-size must be at least 1 MB, got {text}")
    return size


def _split(card: "Card", events: int | None, size: float | None) -> "Split":
    """Take where another file begins from the command line, or from the card."""
    from macros.setup import Split

    if events is None and size is None:
        return Split(events=card.run.events_per_file, size=card.run.file_size)
    return Split(events=events, size=size)


def _seed(seed: int | None) -> int:
    if seed is None:
        raise ValueError("no seed was chosen")
    return seed


def _draw(made: "Production", figures: "FigurePlan", former: "Former") -> list[str]:
    """Draw the events that were made, if that was asked for."""
    from macros.runs import events_picture

    return figures.write(events_picture(made.files), former=former) if figures else []


def _report(made: "Production", pictures: list[str], as_json: bool) -> None:
    """Say what was made, and fail if its spectrum is not that of quadrature."""
    from macros.runs import check_verdict

    names = str(made.files[0]) if len(made.files) == 1 else f"{made.files[0]} to {made.files[-1].name}"
    if as_json:
        emit_json({**made.document(), "figure": pictures or None})
    else:
        _say(made, names)
        for file in pictures:
            say(file)
    check_verdict(made.comparison, names)


def _say(made: "Production", names: str) -> None:
    comparison = made.comparison
    say(
        f"{names}: {number_of(made.n_written, 'event')} written of {made.n_generated} drawn, seed {made.seed}"
    )
    if comparison is None:
        say(f"expected {format_number(made.expected, 6)}")
    elif comparison.p_value is None:
        say(f"expected {format_number(made.expected, 6)}: too few for a χ² against quadrature")
    else:
        say(
            f"expected {format_number(made.expected, 6)}; spectrum against quadrature: "
            f"χ² = {comparison.chi2:.1f} for {number_of(comparison.ndof, 'bin')}, "
            f"p = {format_number(comparison.p_value)}"
        )
    message(f"{format_number(made.n_generated / made.seconds, 3)} events/s")
