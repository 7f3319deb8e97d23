"""Files made again from their provenance."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from analysis.calibration import write_calibration
from analysis.pseudo_experiments import (
    Thrower,
    WeightedThrower,
    fit_stored,
    toy_branches,
    toys,
    weighted_toys,
)
from analysis.studies import coverage
from detsim.event_files import CHECKSUM, Branch, TableWriter, origin as made_by
from detsim.files import Former
from macros.card import Card, card_from_document
from macros.card.checks import legal_names
from macros.runs.measurement import measure
from macros.runs.production import produce
from macros.runs.reweighting import reweight
from macros.runs.run_provenance import check_input
from macros.setup import open_fitter, stored_counts, template_sampling
from macros.studies import make_calibration, open_calibration, stored_weights

__all__ = ["differences", "remake"]

Origin = Mapping[str, Any]
Advance = Callable[[float], None]

_ADDED = ("table", "schema", "uuid", "rows", "branches", CHECKSUM)
_OF_CALIBRATIONS = ("seed", "conditions", "reference")


def remake(
    origin: Origin,
    path: Path,
    *,
    stated: Path | None = None,
    advance: Advance,
    former: Former | None = None,
) -> None:
    """Make one run of a file again.

    Parameters
    ----------
    origin : mapping
        Its provenance.
    path : Path
        Where to.
    stated : Path, optional
        Where the file is that the run read; else where it was.
    advance : callable
        Called with the number of rows or events done.
    former : mapping of Path to FileStamp, optional
        What may be replaced, as for `detsim.files.atomic.WholeFile`.

    Raises
    ------
    ValueError
        If the provenance says too little, or its command cannot be run again.
    CardError
        If a table that the card names is gone or has changed.
    """
    command, run = str(origin.get("command")), origin.get("run")
    if command not in _MAKERS:
        raise ValueError(
            f"a file of {command!r} cannot be made again: its provenance does not hold all that made it; "
            f"those of {', '.join(_MAKERS)} can"
        )
    if run is None and "parts" in origin:
        raise ValueError(
            "it was joined from files that have gaps between them, or that were made of other files: run "
            "those again that it was joined from"
        )
    if run is None:
        raise ValueError("its provenance has no 'run': it was made before that was stored")
    card = card_from_document(legal_names(origin["card"]), name=str(origin.get("card_name")))
    source = check_input(run["input"], stated) if run.get("input") else None
    if source is None and run.get("weights"):
        source = stated
    elif source is None and stated is not None:
        raise ValueError(f"--input {stated}: the run read no file but those that its card names")
    _MAKERS[command](origin, card, path, source, advance, former)


def _generate(
    origin: Origin, card: Card, path: Path, _: Path | None, advance: Advance, former: Former | None
) -> None:
    detected, run = origin["command"] == "simulate", origin["run"]
    if not detected:
        card = replace(card, run=replace(card.run, precision="float64"))
    produce(
        card,
        path,
        seed=int(origin["seed"]),
        n=run["events"],
        experiments=run["experiments"],
        first=run["first"],
        detected=detected,
        advance=advance,
        former=former,
    )


def _detect(
    _: Origin, card: Card, path: Path, source: Path | None, advance: Advance, former: Former | None
) -> None:
    measure(card, _needed(source), path, advance=advance, former=former)


def _reweight(
    origin: Origin, card: Card, path: Path, source: Path | None, advance: Advance, former: Former | None
) -> None:
    templates = bool(origin["run"]["gamma_templates"])
    reweight(_needed(source), card, path, templates=templates, advance=advance, former=former)


def _toys(
    origin: Origin, card: Card, path: Path, source: Path | None, advance: Advance, former: Former | None
) -> None:
    run, level = origin["run"], float(origin["level"])
    weights = stored_weights(card, run.get("weights"), source)
    fitter, events = (
        open_fitter(card, experiments=weights.experiments if weights else None),
        origin["thrown"] == "events",
    )
    branches = toy_branches(
        fitter, level=level, fitted=run["fitted"], events=events, weighted=weights is not None
    )
    thrower = partial(Thrower, fitter=fitter, events=events, drawn=origin["drawn"])
    settings = {"first": run["first"], "level": level, "fitted": run["fitted"]}
    if weights is not None:
        throws = WeightedThrower(thrower=thrower(seed=int(origin["seed"])), weights=weights.weights())
        made = weighted_toys(throws, origin["rows"], **settings)
    elif source is None:
        made = toys(thrower(seed=int(origin["seed"])), origin["rows"], **settings)
    else:
        stored = stored_counts(card, source)
        made = iter([fit_stored(fitter, stored.counts, level=level) | {"toy": stored.numbers}])
    with _writer(path, branches, origin, card, former) as table:
        for columns in made:
            table.extend(columns)
            advance(len(columns["toy"]))
        table.finish({"first": run["first"], "last": run["first"] + origin["rows"] - 1})


def _coverage(
    origin: Origin, card: Card, path: Path, source: Path | None, advance: Advance, former: Former | None
) -> None:
    run, level = origin["run"], float(origin["level"])
    weights = stored_weights(card, run.get("weights"), source)
    fitter, events = (
        open_fitter(card, experiments=weights.experiments if weights else None),
        origin["thrown"] == "events",
    )
    branches = toy_branches(
        fitter, level=level, methods=run["methods"], events=events, weighted=weights is not None
    )
    table_file = None if weights else source
    with _writer(path, branches, origin, card, former) as table:

        def store(columns: dict[str, Any]) -> None:
            table.extend(columns)
            advance(len(columns["toy"]))

        coverage(
            card.together if weights is None else weights.experiments,
            card.model,
            origin["at"],
            run["toys"],
            seed=int(origin["seed"]),
            poi=card.fit.poi,
            level=level,
            methods=run["methods"],
            likelihood=card.fit.likelihood,
            error_per_bin=card.fit.error_per_bin,
            sampling=template_sampling(card),
            events=events,
            drawn=origin["drawn"],
            calibration=None if table_file is None else open_calibration(card, fitter, table_file),
            weights=weights.weights() if weights else None,
            on_toys=store,
            audit=0,
        )
        table.finish({"first": 0, "last": run["toys"] - 1})


def _calibrate(
    origin: Origin, card: Card, path: Path, _: Path | None, advance: Advance, former: Former | None
) -> None:
    run = origin["run"]
    if origin["data"] is not None:
        raise ValueError(
            f"the calibration was made for data, {origin['data']}, which its provenance does not hold: run "
            "`nugauge calibrate` again"
        )
    fitter = open_fitter(card, poi=run["poi"])
    seeded = replace(card, run=replace(card.run, seed=int(origin["seed"])))
    made = make_calibration(seeded, fitter, run["toys"], at=run["values"], reference=origin["reference"])
    kept = {key: value for key, value in _kept(origin).items() if key not in _OF_CALIBRATIONS}
    write_calibration(path, made, provenance=kept, compression=card.run.compression, former=former)
    advance(run["toys"] * len(run["values"]))


def _writer(
    path: Path, branches: Mapping[str, Branch], origin: Origin, card: Card, former: Former | None
) -> TableWriter:
    compression = card.run.compression
    return TableWriter(
        path, "toys", branches, provenance=_kept(origin), compression=compression, former=former
    )


def _kept(origin: Origin) -> dict[str, Any]:
    """Leave out of a provenance what is written into every file anew."""
    return {key: value for key, value in origin.items() if key not in {*_ADDED, *made_by()}}


def _needed(source: Path | None) -> Path:
    if source is None:
        raise ValueError("its provenance does not say which file it was made from")
    return source


_MAKERS: dict[str, Callable[[Origin, Card, Path, Path | None, Advance, Former | None], None]] = {
    "generate": _generate,
    "simulate": _generate,
    "detect": _detect,
    "reweight": _reweight,
    "toys": _toys,
    "coverage": _coverage,
    "calibrate": _calibrate,
}


def differences(stored: Origin, now: Origin) -> dict[str, list[Any]]:
    """List what is different of two origins: versions, Python, platform, processor, commit.

    Parameters
    ----------
    stored : mapping
        A provenance; of a merged file, those who made its rows are compared, not who merged them.
    now : mapping

    Returns
    -------
    dict of str to [stored, now]
        Of the processor's features only those that one of the two lacks.
    """
    parts = [part["made_by"] for part in stored.get("parts", ()) if "made_by" in part]
    makers: list[Origin] = parts or [stored.get("made_by") or stored]
    found: dict[str, list[Any]] = {}
    for maker in makers:
        for key, pair in _differences(maker, now).items():
            found.setdefault(key, pair)
    return found


def _differences(stored: Origin, now: Origin) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for package in sorted({*stored.get("versions", {}), *now["versions"]}):
        found[package] = [stored.get("versions", {}).get(package), now["versions"].get(package)]
    for key in ("python", "platform", "git"):
        found[key] = [stored.get(key), now[key]]
    cpu = stored.get("cpu", {})
    found["cpu"] = [cpu.get("name"), now["cpu"]["name"]]
    features = set(cpu.get("features", ())), set(now["cpu"]["features"])
    found["cpu features"] = [sorted(features[0] - features[1]), sorted(features[1] - features[0])]
    return {key: pair for key, pair in found.items() if pair[0] != pair[1]}
