"""Files made again from their provenance."""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from analysis.calibration import LARGEST, write_calibration
from analysis.settings import Keep
from detsim.event_files import CHECKSUM, origin as made_by
from detsim.files import Former
from macros.attaching import attach
from macros.card import Card, card_from_document
from macros.card.checks import legal_names
from macros.runs import check_input, check_measured_file, measure, produce, reweight
from macros.studies import (
    EXPECTED,
    open_inference,
    open_study,
    prepare_toys,
    stored_weights,
    write_coverage,
    write_toys,
)

__all__ = ["differences", "remake"]

Origin = Mapping[str, Any]
Advance = Callable[[float], None]

_ADDED = ("table", "schema", "uuid", "rows", "branches", CHECKSUM)
_OF_CALIBRATIONS = ("seed", "conditions", "reference", "keep", "resolution", "largest_kept")


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
    elif source is None and stated is not None and run.get("inputs"):
        raise ValueError(f"--input {stated}: the run read several files, which have to be where they were")
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
        progress=lambda *_: nullcontext(advance),
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


def _attach(
    origin: Origin, _: Card, path: Path, source: Path | None, advance: Advance, former: Former | None
) -> None:
    run = origin["run"]
    sources = [check_input(record, None) for record in run["inputs"]] if source is None else [source]
    measured = check_measured_file(run["measured"])
    attach(sources, measured, path, advance=advance, former=former)


def _toys(
    origin: Origin, card: Card, path: Path, source: Path | None, advance: Advance, former: Former | None
) -> None:
    run = origin["run"]
    weights = stored_weights(card, run.get("weights"), source)
    prepared = prepare_toys(
        _as_run(card, origin),
        _toys_of_values(origin)[1] if "ranges" in origin else origin["rows"],
        first=run["first"],
        level=float(origin["level"]),
        events=origin["thrown"] == "events",
        fitted=run["fitted"],
        weights=weights,
        data=None if weights else source,
    )
    keep = _keep(origin)
    write_toys(prepared, path, _kept(origin), former=former, on_toys=_counted(advance), keep=keep)


def _coverage(
    origin: Origin, card: Card, path: Path, source: Path | None, advance: Advance, former: Former | None
) -> None:
    run = origin["run"]
    weights = stored_weights(card, run.get("weights"), source)
    first, n_toys = _toys_of_values(origin)
    study = open_study(
        _as_run(card, origin),
        origin["at"],
        n_toys,
        methods=run["methods"],
        level=float(origin["level"]),
        events=origin["thrown"] == "events",
        table=None if weights else source,
        weights=weights,
        first=first,
    )
    keep = _keep(origin)
    write_coverage(
        study, path, _kept(origin), former=former, audit=None, on_toys=_counted(advance), keep=keep
    )


def _keep(origin: Origin) -> Keep:
    """Say what a file keeps of its toys."""
    return "sums" if origin.get("table") == "sums" else "rows"


def _toys_of_values(origin: Origin) -> tuple[int, int]:
    """Return the index of the first toy of each true value, and their number."""
    run = origin["run"]
    ranges = {tuple(r) for r in origin.get("ranges", [(run.get("first", 0), run["toys"] - 1)])}
    if len(ranges) > 1:
        raise ValueError(
            "the study was stopped, and its true values have different toys: join it with the others by "
            "`nugauge merge`, and make that again"
        )
    ((first, last),) = ranges
    return first, last - first + 1


def _calibrate(
    origin: Origin, card: Card, path: Path, _: Path | None, advance: Advance, former: Former | None
) -> None:
    run = origin["run"]
    if origin["data"] is not None:
        raise ValueError(
            f"the calibration was made for data, {origin['data']}, which its provenance does not hold: run "
            "`nugauge calibrate` again"
        )
    made = open_inference(_as_run(card, origin), EXPECTED, poi=run["poi"]).calibrate(
        run["toys"],
        first=run.get("first", 0),
        at=run["values"],
        reference=origin["reference"],
        keep=origin.get("keep", "rows"),
        largest_kept=origin.get("largest_kept", LARGEST),
        progress=lambda *_: nullcontext(advance),
    )
    kept = {key: value for key, value in _kept(origin).items() if key not in _OF_CALIBRATIONS}
    write_calibration(path, made, provenance=kept, compression=card.run.compression, former=former)


def _as_run(card: Card, origin: Origin) -> Card:
    """Return the card with the seed and the drawn counts of its run, and the threads of this process."""
    settings, seed, drawn = card.fit, card.run.seed, origin.get("drawn", "stored")
    if drawn != "stored":
        settings = replace(settings, drawn=drawn)
    if origin.get("seed") is not None:
        seed = int(origin["seed"])
    return replace(card, fit=settings, run=replace(card.run, seed=seed, threads=None))


def _counted(advance: Advance) -> Callable[[Mapping[str, Any]], None]:
    """Report chunks of toys by their numbers of rows."""
    return lambda columns: advance(len(columns["toy"]))


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
    "attach": _attach,
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
    changed: dict[str, list[Any]] = {}
    for maker in makers:
        for key, pair in _differences(maker, now).items():
            changed.setdefault(key, pair)
    return changed


def _differences(stored: Origin, now: Origin) -> dict[str, list[Any]]:
    pairs: dict[str, list[Any]] = {}
    for package in sorted({*stored.get("versions", {}), *now["versions"]}):
        pairs[package] = [stored.get("versions", {}).get(package), now["versions"].get(package)]
    for key in ("python", "platform", "git"):
        pairs[key] = [stored.get(key), now[key]]
    cpu = stored.get("cpu", {})
    pairs["cpu"] = [cpu.get("name"), now["cpu"]["name"]]
    features = set(cpu.get("features", ())), set(now["cpu"]["features"])
    pairs["cpu features"] = [sorted(features[0] - features[1]), sorted(features[1] - features[0])]
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}
