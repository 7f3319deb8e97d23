"""`nugauge calibrate`: thresholds of intervals from pseudo-experiments."""

import time
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from macros.commands.fit import DATA_HELP, ExperimentOption, PoiOption
from macros.commands.toys import ConfidenceOption
from macros.terminal import (
    AuxiliaryOption,
    CardArgument,
    ForceOption,
    JsonOption,
    OfOption,
    OutputOption,
    SeedOption,
    SetOption,
    ThreadsOption,
    ToyOption,
    Unit,
    UnitOption,
    emit_json,
    format_number,
    message,
    print_table,
    progress,
    say,
    toy_count,
)

if TYPE_CHECKING:
    from analysis.calibration import Calibration

__all__ = ["N_TOYS", "Nuisances", "NuisancesOption", "calibrate"]

N_TOYS = 20_000
"""Pseudo-experiments per true value, where none are asked for."""
_SHOWN = ("feldman-cousins", "calibrated")


class Nuisances(StrEnum):
    """Which true nuisance parameters toys have."""

    NOMINAL = "nominal"
    PROFILED = "profiled"


NuisancesOption = Annotated[
    Nuisances,
    typer.Option("--nuisances", help="True ones of the toys: nominal, or fitted to DATA at each true value."),
]


def calibrate(
    card: CardArgument,
    output: OutputOption,
    data: Annotated[
        list[str] | None, typer.Argument(metavar="DATA", help=f"{DATA_HELP} True values lie around it.")
    ] = None,
    n: Annotated[
        int,
        typer.Option("-n", parser=toy_count(1), metavar="N", help="Pseudo-experiments per true value."),
    ] = N_TOYS,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="a:b:n",
            help="True values, n from a to b, or V,V,...; else chosen.",
            show_default=False,
        ),
    ] = None,
    nuisances: NuisancesOption = Nuisances.NOMINAL,
    reference: Annotated[
        float | None,
        typer.Option("--reference", help="What CLs compares with; else 0.", show_default=False),
    ] = None,
    cl: ConfidenceOption = None,
    poi: PoiOption = None,
    experiment: ExperimentOption = None,
    unit: UnitOption = Unit.MEV,
    auxiliary: AuxiliaryOption = None,
    toy: ToyOption = None,
    seed: SeedOption = None,
    of: OfOption = None,
    override: SetOption = None,
    threads: ThreadsOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Tabulate thresholds with which intervals cover.

    They are found with pseudo-experiments, and used by `limit --table`.
    """
    from macros.setup import FilePlan, Output, auxiliary_files, card_files, data_files, open_card
    from macros.terminal import read_values

    values = None if at is None else read_values("--at", at)
    if nuisances is Nuisances.PROFILED and not data:
        raise typer.BadParameter("--nuisances profiled: which data they are fitted to, DATA has to say")
    target = Output(path=output, kind="calibration")
    loaded = open_card(card, override, seed=seed, threads=threads, of=of, several=True)
    reads = (*card_files(card, loaded), *data_files(data), *auxiliary_files(auxiliary))
    plan = FilePlan(reads=reads, writes=(target,), force=force)
    checked = plan.check()

    from analysis.calibration import check_enough, write_calibration
    from macros.runs import provenance
    from macros.studies import confidence_level, load_or_expect, open_inference

    level = confidence_level(loaded, cl, name="--cl")
    found = load_or_expect(loaded, data, number=experiment, unit=unit, auxiliary=auxiliary, toy=toy)
    check_enough(n, level)
    case = open_inference(loaded, found, poi=poi)
    start = time.perf_counter()
    profiled = nuisances is Nuisances.PROFILED
    made = case.calibrate(n, at=values, profiled=profiled, reference=reference, progress=progress)
    rate = n * (len(made.values) + 1) / (time.perf_counter() - start)
    rows = _thresholds(made, level)
    source = case.source
    origin = {k: v for k, v in provenance(loaded, made.seed, "calibrate").items() if k != "seed"}
    run = {"toys": n, "values": list(map(float, made.values)), "poi": poi}
    document = {
        "file": str(output),
        "parameter": made.parameter,
        "values": made.values,
        "n_toys": n,
        "n_failed": int(made.n_failed.sum()),
        "level": level,
        "thresholds": rows,
        "reference": made.reference,
        "nuisances": str(nuisances),
        "toys_per_second": rate,
        "seed": made.seed,
        "model": loaded.model.label,
        "data": source,
        "auxiliary": case.auxiliary,
    }
    with plan.open(checked) as former:
        write_calibration(
            output,
            made,
            provenance={**origin, "data": source, "run": run},
            compression=loaded.run.compression,
            former=former,
        )
        if as_json:
            emit_json(document)
        else:
            _say(document)


def _say(document: dict[str, Any]) -> None:
    """Write a calibration for a person."""
    head = [document["parameter"]]
    for method in _SHOWN:
        head += [method, "±"]
    lines = [
        [r["value"], *(r[m][k] for m in _SHOWN for k in ("threshold", "error"))]
        for r in document["thresholds"]
    ]
    print_table(head, lines)
    say(
        f"thresholds in -2 Δln L at {100 * document['level']:g} %, ± from {document['n_toys']} toys each; "
        f"CLs compares with {document['reference']:g}"
    )
    say(
        f"{document['file']}: {len(document['values'])} true values, {document['n_failed']} failed, "
        f"seed {document['seed']}"
    )
    message(f"{format_number(document['toys_per_second'], 3)} toys/s")


def _thresholds(made: "Calibration", level: float) -> list[dict[str, Any]]:
    curves = {method: made.thresholds(method, level) for method in _SHOWN}
    return [
        {
            "value": float(value),
            **{
                method: {"threshold": float(c.centre[i]), "error": float(c.high[i] - c.low[i]) / 2}
                for method, c in curves.items()
            },
        }
        for i, value in enumerate(made.values)
    ]
