"""`nugauge limit`: upper limits and allowed regions, with the thresholds of a χ² or of pseudo-experiments."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from macros.commands.calibrate import Nuisances, NuisancesOption
from macros.commands.fit import DATA_HELP, ExperimentOption, PoiOption
from macros.console import emit_json, message, progress
from macros.options import CardArgument, JsonOption, OfOption, SeedOption, SetOption, TableOption, count
from macros.studies import AuditOption

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from analysis.calibration import Calibration
    from analysis.fitter import Fitter
    from analysis.results import LimitResult
    from macros.card import Card

__all__ = ["limit"]

_N_TOYS = 20_000
_MARGIN = 1.5
"""True values go this many standard deviations beyond where a χ² would put the end of the interval."""


class Method(StrEnum):
    """Which limit."""

    ONE_SIDED = "one-sided"
    TWO_SIDED = "two-sided"
    FELDMAN_COUSINS = "feldman-cousins"
    CALIBRATED = "calibrated"
    CLS = "cls"


_CALIBRATED = {Method.FELDMAN_COUSINS, Method.CALIBRATED, Method.CLS}


def limit(
    card: CardArgument,
    data: Annotated[
        list[str] | None,
        typer.Argument(metavar="[DATA]...", help=f"{DATA_HELP} Without: the expected limit."),
    ] = None,
    method: Annotated[
        Method | None,
        typer.Option(
            "--method",
            help="Else the card's. The last three take their thresholds from pseudo-experiments.",
            show_default=False,
        ),
    ] = None,
    table: TableOption = None,
    n: Annotated[
        int | None,
        typer.Option(
            "-n",
            parser=count(1),
            metavar="N",
            help=f"Without --table: pseudo-experiments per true value, {_N_TOYS} if not given.",
            show_default=False,
        ),
    ] = None,
    nuisances: NuisancesOption = Nuisances.NOMINAL,
    poi: PoiOption = None,
    experiment: ExperimentOption = None,
    of: OfOption = None,
    toys: Annotated[
        int,
        typer.Option(
            "--toys",
            parser=count(0),
            metavar="N",
            help="Pseudo-experiments for the band of the expected limit.",
        ),
    ] = 400,
    audit: AuditOption = 20,
    seed: SeedOption = None,
    override: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find the upper limit on a parameter; without data the expected one and its band."""
    from macros.session import open_card, open_fitter

    calibrates = method in _CALIBRATED
    _check_options(calibrates, table, n, nuisances, data)
    draws = (bool(toys) and not data) or (calibrates and table is None)
    chosen = open_card(card, override, seed=seed, draws=draws, of=of, several=True)

    from macros.datasets import load_data_sets
    from macros.results import limit_document, say_limit

    found = load_data_sets(chosen, data, number=experiment) if data else None
    fitter = open_fitter(chosen, poi=poi, experiments=found.experiments if found else None)
    counts = None
    if found:
        fitter, counts = found.prepare(fitter)
    how = str(method or chosen.fit.limit_method)
    made, about = None, None
    if calibrates:
        profiled = nuisances is Nuisances.PROFILED
        made = _calibration(chosen, fitter, table, n or _N_TOYS, counts, profiled=profiled)
        result = _calibrated(chosen, fitter, made, how, counts, toys)
        about = {
            "table": str(table) if table else None,
            "n_toys": made.n_toys,
            "seed": made.seed,
            "nuisances": made.conditions.nuisances,
            "reference": made.reference,
        }
    else:
        result = _asymptotic(chosen, fitter, how, counts, toys, audit)
    if as_json:
        source = found.source if found else None
        document = {**limit_document(result), "model": chosen.model.label, "data": source}
        emit_json({**document, "seed": chosen.run.seed if draws else None, "calibration": about})
        return
    say_limit(result)
    if result.upper is None and made is not None and result.thresholds:
        ends = f"{result.thresholds[0].value:g} to {result.thresholds[-1].value:g}"
        message(
            f"the true values that were calibrated, {ends}, or their {made.n_toys} toys each do not reach "
            "the end of the region"
        )
    elif result.upper is None:
        message(f"the data do not bound {result.parameter}")
    elif result.upper == fitter.physical[0]:
        message(
            f"every {result.parameter} above {result.upper:g} is excluded: the data fluctuate further down "
            "than any of them explains; feldman-cousins and cls do not exclude what an experiment is blind to"
        )


def _check_options(
    calibrates: bool, table: Path | None, n: int | None, nuisances: Nuisances, data: list[str] | None
) -> None:
    profiled = nuisances is Nuisances.PROFILED
    if not calibrates and (table is not None or n is not None or profiled):
        raise typer.BadParameter(
            "--table, -n and --nuisances go with --method feldman-cousins, calibrated or cls"
        )
    if table is not None and (n is not None or profiled):
        raise typer.BadParameter("-n and --nuisances are for a calibration on the fly, not for --table")
    if profiled and not data:
        raise typer.BadParameter("--nuisances profiled: which data they are fitted to, DATA has to say")


def _calibration(
    card: "Card",
    fitter: "Fitter",
    table: Path | None,
    n_toys: int,
    counts: "NDArray[np.float64] | None",
    *,
    profiled: bool,
) -> "Calibration":
    """Read the table, or make one around the data."""
    from scipy.special import ndtri

    from macros.calibrations import make_calibration, open_calibration

    if table is not None:
        return open_calibration(card, fitter, table, counts=counts)
    message(f"no --table: calibrating with {n_toys} pseudo-experiments per true value")
    reach = float(ndtri((1 + card.fit.limit_level) / 2)) + _MARGIN if counts is not None else None
    return make_calibration(card, fitter, n_toys, counts=counts, reach=reach, profiled=profiled)


def _calibrated(
    card: "Card",
    fitter: "Fitter",
    made: "Calibration",
    method: str,
    counts: "NDArray[np.float64] | None",
    toys: int,
) -> "LimitResult":
    from analysis.calibrated import calibrated_limit, expected_calibrated_limit

    level = card.fit.limit_level
    if counts is None and toys:
        with progress("expected limit", toys, "toys") as advance:
            return expected_calibrated_limit(
                fitter,
                made,
                method=method,
                n_toys=toys,
                seed=int(card.run.seed or 0),
                level=level,
                on_toys=advance,
            )
    found = fitter.templates.expected(fitter.truth) if counts is None else counts
    return calibrated_limit(fitter, found, made, method=method, level=level)


def _asymptotic(
    card: "Card",
    fitter: "Fitter",
    method: str,
    counts: "NDArray[np.float64] | None",
    toys: int,
    audit: int,
) -> "LimitResult":
    from analysis.intervals import limit_of_counts
    from analysis.reach import expected_limit

    level = card.fit.limit_level
    if counts is None and toys:
        with progress("expected limit", toys, "toys") as advance:
            return expected_limit(
                fitter,
                n_toys=toys,
                seed=int(card.run.seed or 0),
                level=level,
                method=method,
                drawn=card.fit.drawn,
                on_toys=advance,
                audit=audit,
            )
    found = fitter.templates.expected(fitter.truth) if counts is None else counts
    return limit_of_counts(fitter, found, level=level, method=method)
