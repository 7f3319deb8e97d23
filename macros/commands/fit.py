"""`nugauge fit`."""

from enum import StrEnum
from typing import Annotated

import typer

from macros.console import RunError, emit_json, progress
from macros.options import (
    CardArgument,
    JsonOption,
    OfOption,
    SeedOption,
    SetOption,
    ThreadsOption,
    Unit,
    UnitOption,
    count,
    toy_count,
)

__all__ = ["DATA_HELP", "ExperimentOption", "LimitMethod", "PoiOption", "fit"]

DATA_HELP = (
    "Event file, file.root:name of a TH1 or TH2, UHI JSON, CSV; of several experiments NAME=FILE each."
)

PoiOption = Annotated[
    str | None,
    typer.Option("--poi", help="Parameter of interest; else the card's fit.poi.", show_default=False),
]
ExperimentOption = Annotated[
    int | None,
    typer.Option(
        "--experiment",
        parser=count(0),
        metavar="N",
        help="Which pseudo-experiment of an event file.",
        show_default=False,
    ),
]


class LimitMethod(StrEnum):
    """Limits whose threshold is that of a χ²."""

    ONE_SIDED = "one-sided"
    TWO_SIDED = "two-sided"


def fit(
    card: CardArgument,
    data: Annotated[list[str], typer.Argument(metavar="DATA...", help=DATA_HELP)],
    poi: PoiOption = None,
    experiment: ExperimentOption = None,
    unit: UnitOption = Unit.MEV,
    of: OfOption = None,
    gof: Annotated[
        int,
        typer.Option(
            "--gof",
            parser=toy_count(0),
            metavar="N",
            help="Test the goodness of fit with N pseudo-experiments.",
        ),
    ] = 0,
    seed: SeedOption = None,
    override: SetOption = None,
    threads: ThreadsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fit a parameter to data."""
    from macros.session import open_card

    loaded = open_card(card, override, seed=seed, threads=threads, draws=gof > 0, of=of, several=True)

    from macros.datasets import load_data_sets
    from macros.fitquality import warn_poor_fit
    from macros.inference import open_inference
    from macros.results import fit_document, goodness_document, say_fit, say_goodness

    case = open_inference(loaded, load_data_sets(loaded, data, number=experiment, unit=unit), poi=poi)
    result = case.fit()
    goodness = case.goodness(gof, progress=progress) if gof and result.valid else None
    if as_json:
        drawn = goodness is not None or case.fitter.likelihood == "templates"
        emit_json(
            {
                **fit_document(result),
                "goodness_of_fit": goodness_document(goodness),
                "data": case.source,
                "model": loaded.model.label,
                "seed": loaded.run.seed if drawn else None,
            }
        )
    else:
        say_fit(result)
        say_goodness(goodness)
    warn_poor_fit(result)
    if result.failed:
        raise RunError(f"the fit failed: {result.reason}")
