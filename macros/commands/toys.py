"""`nugauge toys` and `nugauge coverage`."""

import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from macros.console import emit_json, format_number, message, progress, say, warn
from macros.options import (
    CardArgument,
    JsonOption,
    OfOption,
    OutputOption,
    SeedOption,
    SetOption,
    TableOption,
    ThreadsOption,
)

if TYPE_CHECKING:
    from macros.card import Card

__all__ = ["ConfidenceOption", "confidence_level", "coverage", "toys"]


class Level(StrEnum):
    """How pseudo-experiments are made."""

    HISTOGRAM = "histogram"
    EVENTS = "events"


class Method(StrEnum):
    """Which interval."""

    HESSE = "hesse"
    MINOS = "minos"
    ONE_SIDED = "one-sided"
    FELDMAN_COUSINS = "feldman-cousins"
    CALIBRATED = "calibrated"
    CLS = "cls"


LevelOption = Annotated[
    Level, typer.Option("--level", help="Throw the counts per bin, or simulate and count every event.")
]
ConfidenceOption = Annotated[
    float | None,
    typer.Option(
        "--cl", help="Confidence level of the intervals; else the card's limit_level.", show_default=False
    ),
]


def confidence_level(card: "Card", cl: float | None) -> float:
    """Take the confidence level of the command line, or the card's of limits."""
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
    seed: SeedOption = None,
    of: OfOption = None,
    override: SetOption = None,
    threads: ThreadsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Throw and fit pseudo-experiments, and write one row each."""
    from analysis.pseudoexperiments import CHUNK, FAILED, Thrower, fit_stored, toy_branches
    from analysis.pseudoexperiments import toys as throw
    from detsim.rootfile import TableWriter
    from macros.data import stored_counts
    from macros.production import provenance
    from macros.session import check_different, open_card, open_fitter

    if (n is None) == (data is None):
        raise typer.BadParameter("give either -n, to throw, or --data, to fit what is stored")
    if data is not None:
        if first or no_fit or seed is not None or level is Level.EVENTS:
            raise typer.BadParameter("--first, --seed, --level and --no-fit go with -n, not with --data")
        check_different(output, data)
    loaded = open_card(
        card, override, seed=seed, threads=threads, output=output, draws=not data, of=of, several=True
    )
    if data is not None and len(loaded.experiments) > 1:
        raise typer.BadParameter("--data holds one experiment: choose it with --of NAME")
    confidence, used_seed = confidence_level(loaded, cl), int(loaded.run.seed or 0)
    fitter = open_fitter(loaded)
    branches = toy_branches(fitter, level=confidence, fitted=not no_fit)
    stored = stored_counts(loaded, data) if data else None
    total = int(n or 0) if stored is None else len(stored.counts)
    if stored is not None:
        first = int(stored.numbers[0])
    drawn = {"thrown": str(level) if n else "stored", "drawn": loaded.fit.drawn if n else "stored"}
    origin = {**provenance(loaded, None if data else used_seed, "toys"), **drawn, "level": confidence}
    start, n_failed = time.perf_counter(), 0
    with (
        TableWriter(output, "toys", branches, provenance=origin, compression=loaded.run.compression) as table,
        progress("toys", total, "toys") as advance,
    ):
        if stored is None:
            thrower = Thrower(
                fitter=fitter, seed=used_seed, events=level is Level.EVENTS, drawn=loaded.fit.drawn
            )
            chunk = 100 if level is Level.EVENTS else CHUNK
            chunks = throw(thrower, total, first=first, level=confidence, fitted=not no_fit, chunk=chunk)
        else:
            chunks = iter([fit_stored(fitter, stored.counts, level=confidence) | {"toy": stored.numbers}])
        for columns in chunks:
            table.extend(columns)
            if not no_fit:
                n_failed += int(((columns["status"] & FAILED) != 0).sum())
            advance(len(columns["toy"]))
        table.finish({"first": first, "last": first + total - 1})
    rate = total / (time.perf_counter() - start)
    document = {
        "file": str(output),
        "n_toys": total,
        "n_failed": n_failed,
        "toys_per_second": rate,
        "seed": None if data else used_seed,
    }
    if as_json:
        emit_json(document)
        return
    say(f"{output}: {total} toys, {n_failed} failed, seed {used_seed if not data else 'of the data'}")
    message(f"{format_number(rate, 3)} toys/s")
    if data and len(fitter.templates.names) > 1:
        warn(
            "stored experiments have no auxiliary measurements of their own: the normalisations are nominal "
            "in all of them, and the estimates scatter less than their errors"
        )


def coverage(
    card: CardArgument,
    at: Annotated[
        str,
        typer.Option("--at", metavar="V,V,...", help="True values of the parameter of interest; or a:b:n."),
    ],
    n: Annotated[int, typer.Option("-n", min=1, help="Toys per value.")],
    method: Annotated[
        list[Method] | None, typer.Option("--method", help="Repeat for several; default all that can be had.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Toy file to write.", show_default=False),
    ] = None,
    level: LevelOption = Level.HISTOGRAM,
    table: TableOption = None,
    cl: ConfidenceOption = None,
    seed: SeedOption = None,
    of: OfOption = None,
    override: SetOption = None,
    threads: ThreadsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure with pseudo-experiments whether intervals cover the truth."""
    from contextlib import ExitStack

    from analysis.conditions import CALIBRATED
    from analysis.coverage_study import coverage as study_coverage
    from analysis.pseudoexperiments import METHODS, toy_branches
    from detsim.rootfile import TableWriter
    from macros.calibrations import open_calibration
    from macros.points import read_values
    from macros.production import provenance
    from macros.results import coverage_document, say_coverage
    from macros.session import check_different, open_card, open_fitter, template_sampling

    if table is not None and output is not None:
        check_different(output, table)
    values = read_values("--at", at)
    methods = [str(m) for m in method] if method else [*METHODS, *(CALIBRATED if table else ())]
    if not table and set(methods) & set(CALIBRATED):
        raise typer.BadParameter(
            "feldman-cousins, calibrated and cls need thresholds: make them with `nugauge calibrate`, and "
            "give --table FILE"
        )
    loaded = open_card(card, override, seed=seed, threads=threads, output=output, of=of, several=True)
    confidence, used_seed, settings = confidence_level(loaded, cl), int(loaded.run.seed or 0), loaded.fit
    fitter = open_fitter(loaded)
    calibration = open_calibration(loaded, fitter, table) if table else None
    with ExitStack() as stack:
        writer = None
        if output is not None:
            branches = toy_branches(fitter, level=confidence, methods=methods)
            drawn = {"thrown": str(level), "drawn": settings.drawn, "level": confidence, "at": values}
            origin = {**provenance(loaded, used_seed, "coverage"), **drawn}
            writer = stack.enter_context(
                TableWriter(output, "toys", branches, provenance=origin, compression=loaded.run.compression)
            )
        advance = stack.enter_context(progress("coverage", len(values) * n, "toys"))

        def store(columns: dict[str, Any]) -> None:
            if writer is not None:
                writer.extend(columns)
            advance(len(columns["toy"]))

        study = study_coverage(
            loaded.together,
            loaded.model,
            values,
            n,
            seed=used_seed,
            poi=settings.poi,
            level=confidence,
            methods=methods,
            likelihood=settings.likelihood,
            error_per_bin=settings.error_per_bin,
            sampling=template_sampling(loaded),
            events=level is Level.EVENTS,
            drawn=settings.drawn,
            calibration=calibration,
            on_toys=store,
        )
        if writer is not None:
            writer.finish({"first": 0, "last": n - 1})
    if as_json:
        emit_json(
            {
                **coverage_document(study),
                "file": str(output) if output else None,
                "table": str(table) if table else None,
                "seed": used_seed,
                "model": loaded.model.label,
            }
        )
        return
    say_coverage(study)
