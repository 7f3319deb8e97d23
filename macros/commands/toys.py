"""`nugauge toys` and `nugauge coverage`."""

import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from macros.console import Interrupted, emit_json, format_number, message, progress
from macros.options import (
    CardArgument,
    JsonOption,
    OfOption,
    OutputOption,
    SeedOption,
    SetOption,
    ThreadsOption,
)
from macros.studies import AuditOption, FigureOption, MaxFailedOption

if TYPE_CHECKING:
    from macros.card import Card

__all__ = ["coverage", "toys"]


class Level(StrEnum):
    """How pseudo-experiments are made."""

    HISTOGRAM = "histogram"
    EVENTS = "events"


class Method(StrEnum):
    """Which interval."""

    HESSE = "hesse"
    MINOS = "minos"
    ONE_SIDED = "one-sided"


LevelOption = Annotated[
    Level, typer.Option("--level", help="Throw the counts per bin, or simulate and count every event.")
]
ConfidenceOption = Annotated[
    float | None,
    typer.Option(
        "--cl", help="Confidence level of the intervals; else the card's limit_level.", show_default=False
    ),
]


def _confidence(card: "Card", cl: float | None) -> float:
    if cl is None:
        return card.fit.limit_level
    if not 0 < cl < 1:
        raise ValueError(f"--cl must lie between 0 and 1, got {cl:g}")
    return cl


def toys(
    card: CardArgument,
    output: OutputOption,
    n: Annotated[int | None, typer.Option("-n", min=1, help="How many.", show_default=False)] = None,
    level: LevelOption = Level.HISTOGRAM,
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
    first: Annotated[int, typer.Option("--first", min=0, help="Index of the first toy.")] = 0,
    cl: ConfidenceOption = None,
    figure: FigureOption = None,
    audit: AuditOption = 20,
    max_failed: MaxFailedOption = 0.01,
    seed: SeedOption = None,
    of: OfOption = None,
    override: SetOption = None,
    threads: ThreadsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Throw and fit pseudo-experiments, and write one row each; Ctrl-C keeps those that are finished."""
    from analysis.pseudoexperiments import toy_branches
    from detsim.rootfile import TableWriter
    from macros.data import stored_counts
    from macros.production import provenance
    from macros.session import check_different, open_card, open_fitter
    from macros.stopping import stop_on_interrupt
    from macros.studies import check_figure
    from macros.toytally import ToyTally, toy_chunks

    if (n is None) == (data is None):
        raise typer.BadParameter("give either -n, to throw, or --data, to fit what is stored")
    if data is not None:
        if first or no_fit or seed is not None or level is Level.EVENTS:
            raise typer.BadParameter("--first, --seed, --level and --no-fit go with -n, not with --data")
        check_different(output, data)
    if no_fit and figure is not None:
        raise typer.BadParameter("--figure shows what is fitted, and --no-fit fits nothing")
    check_figure(figure, output, data)
    loaded = open_card(
        card, override, seed=seed, threads=threads, output=output, draws=not data, of=of, several=True
    )
    if data is not None and len(loaded.experiments) > 1:
        raise typer.BadParameter("--data holds one experiment: choose it with --of NAME")
    confidence, used_seed = _confidence(loaded, cl), None if data else int(loaded.run.seed or 0)
    fitter = open_fitter(loaded)
    branches = toy_branches(fitter, level=confidence, fitted=not no_fit)
    stored = stored_counts(loaded, data) if data else None
    seen = ToyTally(
        fitter=fitter,
        level=confidence,
        seed=used_seed,
        first=first if stored is None else int(stored.numbers[0]),
        total=int(n or 0) if stored is None else len(stored.counts),
        fitted=not no_fit,
        n_audit=audit,
    )
    drawn = {"thrown": str(level) if n else "stored", "drawn": loaded.fit.drawn if n else "stored"}
    origin = {**provenance(loaded, used_seed, "toys"), **drawn, "level": confidence}
    start = time.perf_counter()
    with (
        TableWriter(output, "toys", branches, provenance=origin, compression=loaded.run.compression) as table,
        stop_on_interrupt() as stop,
        progress("toys", seen.total, "toys") as advance,
    ):
        for columns in toy_chunks(seen, stored, events=level is Level.EVENTS, drawn=loaded.fit.drawn):
            table.extend(columns)
            stop.keeps = True
            seen.add(columns)
            advance(len(columns["toy"]))
            if stop():
                break
        table.finish({"first": seen.first, "last": seen.last}, provenance=seen.provenance())
    rate = seen.n_toys / (time.perf_counter() - start)
    pictures = seen.draw(figure, loaded) if figure else None
    if as_json:
        emit_json({"file": str(output), **seen.document(), "toys_per_second": rate, "figure": pictures})
    else:
        seen.say(output)
        message(f"{format_number(rate, 3)} toys/s")
    seen.judge(output, max_failed)


def coverage(
    card: CardArgument,
    at: Annotated[
        str, typer.Option("--at", metavar="V,V,...", help="True values of the parameter of interest.")
    ],
    n: Annotated[int, typer.Option("-n", min=1, help="Toys per value.")],
    method: Annotated[
        list[Method] | None, typer.Option("--method", help="Repeat for several; default all.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Toy file to write.", show_default=False),
    ] = None,
    level: LevelOption = Level.HISTOGRAM,
    cl: ConfidenceOption = None,
    figure: FigureOption = None,
    audit: AuditOption = 20,
    max_failed: MaxFailedOption = 0.01,
    seed: SeedOption = None,
    of: OfOption = None,
    override: SetOption = None,
    threads: ThreadsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure with pseudo-experiments whether intervals cover the truth; Ctrl-C reports what is complete."""
    from contextlib import ExitStack

    from analysis.coverage_study import coverage as study_coverage
    from analysis.pseudoexperiments import METHODS, toy_branches
    from detsim.rootfile import TableWriter
    from macros.production import provenance
    from macros.results import coverage_document, say_coverage
    from macros.session import open_card, open_fitter, template_sampling
    from macros.stopping import stop_on_interrupt
    from macros.studies import check_failed, check_figure
    from macros.toytally import draw_coverage

    values = _values(at)
    check_figure(figure, output)
    loaded = open_card(card, override, seed=seed, threads=threads, output=output, of=of, several=True)
    confidence, used_seed, settings = _confidence(loaded, cl), int(loaded.run.seed or 0), loaded.fit
    fitter = open_fitter(loaded)
    with ExitStack() as stack:
        table = None
        if output is not None:
            branches = toy_branches(fitter, level=confidence)
            drawn = {"thrown": str(level), "drawn": settings.drawn, "level": confidence, "at": values}
            origin = {**provenance(loaded, used_seed, "coverage"), **drawn}
            table = stack.enter_context(
                TableWriter(output, "toys", branches, provenance=origin, compression=loaded.run.compression)
            )
        stop = stack.enter_context(stop_on_interrupt())
        advance = stack.enter_context(progress("coverage", len(values) * n, "toys"))
        done = 0

        def store(columns: dict[str, Any]) -> None:
            nonlocal done
            if table is not None:
                table.extend(columns)
            done += len(columns["toy"])
            stop.keeps = done >= n
            advance(len(columns["toy"]))

        study = study_coverage(
            loaded.together,
            loaded.model,
            values,
            n,
            seed=used_seed,
            poi=settings.poi,
            level=confidence,
            methods=[str(m) for m in method] if method else METHODS,
            likelihood=settings.likelihood,
            error_per_bin=settings.error_per_bin,
            sampling=template_sampling(loaded),
            events=level is Level.EVENTS,
            drawn=settings.drawn,
            on_toys=store,
            audit=audit,
            stopped=stop,
        )
        complete = len(study.points) == len(values)
        if table is not None and complete:
            table.finish({"first": 0, "last": n - 1}, provenance={"audit": coverage_document(study)["audit"]})
        elif table is not None:
            table.discard()
    figures = draw_coverage(figure, study, loaded) if figure else None
    if as_json:
        emit_json(
            {
                **coverage_document(study),
                "file": str(output) if output and complete else None,
                "complete": complete,
                "figure": figures,
                "seed": used_seed,
                "model": loaded.model.label,
            }
        )
    else:
        say_coverage(study)
    if not complete:
        left = ",".join(f"{v!r}" for v in values[len(study.points) :])
        unwritten = f", and {output} was not written" if output else ""
        raise Interrupted(
            f"{len(study.points)} of {len(values)} true values are complete{unwritten}; for the others: "
            f"--seed {used_seed} --at {left}"
        )
    check_failed(
        sum(p.n_failed for p in study.points),
        len(values) * n,
        max_failed,
        where="they count as not covered" + (f", and {output} holds them" if output else ""),
    )


def _values(text: str) -> list[float]:
    import math

    values = []
    for part in text.split(","):
        try:
            values.append(float(part))
        except ValueError:
            raise typer.BadParameter(
                f"--at {text!r}: {part!r} is not a number; write for example 0,0.02,0.05"
            ) from None
    if not all(math.isfinite(v) for v in values):
        raise typer.BadParameter(f"--at {text!r}: values must be finite")
    return values
