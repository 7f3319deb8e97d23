"""`nugauge fit` and `nugauge limit`."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from macros.console import RunError, emit_json, message, progress
from macros.options import CardArgument, JsonOption, OfOption, SeedOption, SetOption, ThreadsOption
from macros.studies import AuditOption

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from analysis.fitter import Fitter
    from analysis.goodness import GoodnessOfFit
    from macros.card import Card

__all__ = ["LimitMethod", "fit", "limit"]

_DATA = "Event file, file.root:name of a TH1 or TH2, UHI JSON, CSV; of several experiments NAME=FILE each."

PoiOption = Annotated[
    str | None,
    typer.Option("--poi", help="Parameter of interest; else the card's fit.poi.", show_default=False),
]
ExperimentOption = Annotated[
    int | None,
    typer.Option("--experiment", min=0, help="Which pseudo-experiment of an event file.", show_default=False),
]


class LimitMethod(StrEnum):
    """Which limit."""

    ONE_SIDED = "one-sided"
    TWO_SIDED = "two-sided"


def fit(
    card: CardArgument,
    data: Annotated[list[str], typer.Argument(metavar="DATA...", help=_DATA)],
    poi: PoiOption = None,
    experiment: ExperimentOption = None,
    of: OfOption = None,
    gof: Annotated[
        int,
        typer.Option("--gof", min=0, metavar="N", help="Test the goodness of fit with N pseudo-experiments."),
    ] = 0,
    seed: SeedOption = None,
    override: SetOption = None,
    threads: ThreadsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fit a parameter to data."""
    from analysis.estimation import fit_counts
    from macros.datasets import load_data_sets
    from macros.results import fit_document, goodness_document, say_fit, say_goodness
    from macros.session import open_card, open_fitter

    loaded = open_card(card, override, seed=seed, threads=threads, draws=gof > 0, of=of, several=True)
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


def limit(
    card: CardArgument,
    data: Annotated[
        list[str] | None, typer.Argument(metavar="[DATA]...", help=f"{_DATA} Without: the expected limit.")
    ] = None,
    method: Annotated[
        LimitMethod | None, typer.Option("--method", help="Else the card's.", show_default=False)
    ] = None,
    poi: PoiOption = None,
    experiment: ExperimentOption = None,
    of: OfOption = None,
    toys: Annotated[
        int, typer.Option("--toys", min=0, help="Pseudo-experiments for the band of the expected limit.")
    ] = 400,
    audit: AuditOption = 20,
    seed: SeedOption = None,
    override: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find the upper limit on a parameter; without data the expected one and its band."""
    from analysis.intervals import limit_of_counts
    from analysis.reach import expected_limit
    from macros.datasets import load_data_sets
    from macros.results import limit_document, say_limit
    from macros.session import open_card, open_fitter

    draws = bool(toys) and not data
    chosen = open_card(card, override, seed=seed, draws=draws, of=of, several=True)
    found = load_data_sets(chosen, data, number=experiment) if data else None
    fitter = open_fitter(chosen, poi=poi, experiments=found.experiments if found else None)
    level, how = chosen.fit.limit_level, str(method or chosen.fit.limit_method)
    if found:
        fitter, counts = found.prepare(fitter)
        result = limit_of_counts(fitter, counts, level=level, method=how)
    elif not toys:
        result = limit_of_counts(fitter, fitter.templates.expected(fitter.truth), level=level, method=how)
    else:
        with progress("expected limit", toys, "toys") as advance:
            result = expected_limit(
                fitter,
                n_toys=toys,
                seed=int(chosen.run.seed or 0),
                level=level,
                method=how,
                drawn=chosen.fit.drawn,
                on_toys=advance,
                audit=audit,
            )
    if as_json:
        source = found.source if found else None
        sampled = fitter.likelihood == "templates"
        seed_used = chosen.run.seed if result.band or sampled else None
        emit_json({**limit_document(result), "model": chosen.model.label, "data": source, "seed": seed_used})
        return
    say_limit(result)
    if result.upper is None:
        message(f"the data do not bound {result.parameter}")
