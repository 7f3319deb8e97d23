"""Studies of one data set, or of an expectation, whose toys are kept in files that can be joined."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.studies import GoodnessTally
from macros.runs.run_provenance import provenance
from macros.studies import (
    Inference,
    LimitOptions,
    StatisticRows,
    compare_cards,
    write_goodness_sums,
)

if TYPE_CHECKING:
    from analysis.studies import GoodnessOfFit
    from detsim.files import Former
    from macros.card import Card
    from macros.studies import CardComparison, CardLimit, DataSets, OnStatistics
    from macros.terminal import Progress, Stop

__all__ = ["run_band", "run_comparison", "run_goodness"]


def run_goodness(
    case: "Inference",
    n: int,
    *,
    first: int,
    output: Path | None,
    keep: str,
    former: "Former | None",
    progress: "Progress",
    stop: "Stop",
) -> "GoodnessOfFit":
    """Test the goodness of a fit, and write its toys, or their sums, to a file.

    Parameters
    ----------
    case : Inference
        With data.
    n, first : int
        Number of toys, and the index of the first.
    output : Path or None
        None: no file.
    keep : {"rows", "sums"}
    former : mapping of Path to FileStamp, optional
        What may be replaced, as for `detsim.files.atomic.WholeFile`.
    progress : callable
    stop : Stop
        Whether to end after this block.
    """
    origin = _origin(case, "fit", first, n) | {"statistic": "goodness"}
    settings: dict[str, Any] = {"compression": case.card.run.compression, "former": former}
    rows = None if keep == "sums" else output
    with StatisticRows(rows, "goodness", origin, n, first=first, **settings) as table:
        result = case.goodness(
            n, first=first, progress=progress, on_statistics=_kept(table, stop), stopped=stop
        )
        observed: dict[str, Any] = {"statistic": result.statistic, "ndof": result.ndof}
        table.finish(observed=observed)
    if output is not None and keep == "sums":
        numbers = {name: getattr(result, name) for name in ("n_toys", "n_failed", "n_above")}
        tally = GoodnessTally(**observed, **numbers)
        write_goodness_sums(output, tally, {**origin, "observed": observed}, first=first, **settings)
    return result


def run_band(
    case: "Inference",
    options: LimitOptions,
    *,
    output: Path | None,
    former: "Former | None",
    progress: "Progress",
    stop: "Stop",
) -> "tuple[CardLimit, int]":
    """Find a limit, or the expected one with its band, and write the limits of the toys to a file.

    The limit of data has the band of the expected one beside it, if toys are asked for.

    Parameters
    ----------
    case, output, former, progress, stop
        As for `run_goodness`; files are of expected limits only.
    options : LimitOptions

    Returns
    -------
    CardLimit
    int
        Number of toys of the band that were made.
    """
    origin = _origin(case, "limit", options.first, options.n_toys)
    method = options.method or case.card.fit.limit_method
    origin |= {"level": case.card.fit.limit_level, "method": method}
    with StatisticRows(
        output,
        "limit",
        origin,
        options.n_toys,
        first=options.first,
        compression=case.card.run.compression,
        former=former,
    ) as table:
        followed: dict[str, Any] = {"progress": progress, "stopped": stop}
        followed["calibration"] = case.shared_calibration(options, progress)
        made = case.limit(options, on_statistics=_kept(table, stop), **followed)
        if case.counts is not None and options.n_toys:
            expected = case.without_data().limit(options, **followed).result
            band = {name: getattr(expected, name) for name in ("band", "band_errors", "audit")}
            made = replace(made, result=replace(made.result, **band))
        result, table_of = made.result, made.calibration
        exact = {name: getattr(result, name) for name in ("parameter", "delta_chi2", "upper", "asimov")}
        thresholds = None if table_of is None else {"seed": table_of.seed, "n_toys": table_of.n_toys}
        table.finish(exact=exact, thresholds=thresholds)
    return made, table.n_toys


def run_comparison(
    a: "Card",
    b: "Card",
    found: "list[DataSets]",
    n: int,
    *,
    fixed: tuple[bool, bool],
    bounded: bool,
    first: int,
    output: Path | None,
    former: "Former | None",
    progress: "Progress",
    stop: "Stop",
    on_statistics: "OnStatistics | None" = None,
) -> "CardComparison":
    """Compare two models, and write the differences of their toys to a file.

    Parameters
    ----------
    a, b : Card
    found : list of two DataSets
        The data, read for each card.
    n, first, output, former, progress, stop
        As for `run_goodness`.
    fixed, bounded
        As for `macros.studies.compare_cards`.
    on_statistics : callable, optional
        Also called with the differences of each block of toys.
    """
    seed = int(a.run.seed or 0)
    origin = provenance(a, seed, "compare") | {
        "card_b": b.document,
        "fixed": list(fixed),
        "bounded": bounded,
        "drawn": a.fit.drawn,
        "data": found[0].source,
        "run": {"first": first, "toys": n},
    }
    with StatisticRows(
        output, "comparison", origin, n, first=first, compression=a.run.compression, former=former
    ) as table:
        compared = compare_cards(
            a,
            b,
            found,
            n,
            fixed=fixed,
            bounded=bounded,
            first=first,
            progress=progress,
            on_statistics=_kept(table, stop, on_statistics),
            stopped=stop,
        )
        table.finish(
            fits=[asdict(fit) for fit in compared.result.fits],
            auxiliary=compared.auxiliary,
        )
    return compared


def _origin(case: "Inference", command: str, first: int, n: int) -> dict[str, Any]:
    """Say what toys of a data set, or of an expectation, depend on."""
    card = case.card
    counts: Mapping[str, Any] = {} if case.counts is None else {"counts": list(map(float, case.counts))}
    return provenance(card, int(card.run.seed or 0), command) | {
        "poi": case.fitter.templates.poi,
        "drawn": card.fit.drawn,
        "data": case.source,
        "auxiliary": case.auxiliary,
        **counts,
        "run": {"first": first, "toys": n},
    }


def _kept(table: StatisticRows, stop: "Stop", also: "OnStatistics | None" = None) -> Any:
    """Add blocks to a table; from the first one on there is something to keep."""

    def add(start: int, statistics: Any) -> None:
        table.add(start, statistics)
        stop.keeps = True
        if also is not None:
            also(start, statistics)

    return add
