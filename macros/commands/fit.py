"""`nugauge fit`."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from macros.console import RunError, emit_json, progress
from macros.options import CardArgument, JsonOption, OfOption, SeedOption, SetOption, ThreadsOption, count

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from analysis.fitter import Fitter
    from analysis.goodness import GoodnessOfFit
    from macros.card import Card

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
    of: OfOption = None,
    gof: Annotated[
        int,
        typer.Option(
            "--gof", parser=count(0), metavar="N", help="Test the goodness of fit with N pseudo-experiments."
        ),
    ] = 0,
    seed: SeedOption = None,
    override: SetOption = None,
    threads: ThreadsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fit a parameter to data."""
    from macros.session import open_card, open_fitter

    loaded = open_card(card, override, seed=seed, threads=threads, draws=gof > 0, of=of, several=True)

    from analysis.estimation import fit_counts
    from macros.datasets import load_data_sets
    from macros.results import fit_document, goodness_document, say_fit, say_goodness

    found = load_data_sets(loaded, data, number=experiment)
    fitter = open_fitter(loaded, poi=poi, experiments=found.experiments)
    fitter, counts = found.prepare(fitter)
    result = fit_counts(fitter, counts, level=loaded.fit.level, method=loaded.fit.method)
    goodness = _goodness(loaded, fitter, counts, gof) if gof and result.valid else None
    if as_json:
        drawn = goodness is not None or fitter.likelihood == "templates"
        emit_json(
            {
                **fit_document(result),
                "goodness_of_fit": goodness_document(goodness),
                "data": found.source,
                "model": loaded.model.label,
                "seed": loaded.run.seed if drawn else None,
            }
        )
    else:
        say_fit(result)
        say_goodness(goodness)
    if result.failed:
        raise RunError(f"the fit failed: {result.reason}")


def _goodness(card: "Card", fitter: "Fitter", counts: "ArrayLike", n_toys: int) -> "GoodnessOfFit":
    from analysis.goodness import goodness_of_fit

    with progress("goodness of fit", n_toys, "toys") as advance:
        return goodness_of_fit(
            fitter,
            counts,
            n_toys=n_toys,
            seed=int(card.run.seed or 0),
            drawn=card.fit.drawn,
            on_toys=advance,
        )
