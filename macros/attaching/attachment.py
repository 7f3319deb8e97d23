"""Energies that another program measured, attached to true events by their index."""

import math
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detsim.event_files import EventFile, EventWriter, RunInfo
from detsim.files import Former
from detsim.measured import ENERGY_UNITS, Measurements
from macros.attaching.attached import Attachment, is_near
from macros.attaching.join import Join
from macros.card import Card, card_from_document
from macros.merging import check_events, check_whole, missing_events
from macros.runs import input_record, provenance
from macros.setup import ATTACHED, card_of_events, check_different
from macros.words import begin_with
from simgen.events import COLUMNS, Events
from simgen.process import working_time
from simgen.units import unit_value

__all__ = ["attach", "check_indices"]

_STEP = 200_000


def attach(
    sources: Sequence[Path],
    measurements: Measurements,
    path: Path,
    *,
    trust_unit: bool = False,
    advance: Callable[[float], None] | None = None,
    former: Former | None = None,
) -> Attachment:
    """Attach measured energies of another program to true events.

    Parameters
    ----------
    sources : sequence of Path
        True events, as `produce` writes them with ``detected=False``: a file, or all files of one run.
    measurements : Measurements
        Events without an energy were not recorded.
    path : Path
        Event file with the recorded events, their energies in T_reco. Its card is that of the true events,
        without bins of the distance, and without backgrounds if none of the events with an energy is one.
    trust_unit : bool
        Attach energies, too, whose mean is far from that of the true ones, and near it in another unit.
    advance : callable, optional
        Called with the number of true events done.
    former : mapping of Path to FileStamp, optional
        What may be replaced, as for `detsim.files.atomic.WholeFile`.

    Raises
    ------
    ValueError
        If the files hold measured events, or runs of several seeds, or the unit is wrong by all appearance.
    FileError
        If a file is incomplete, foreign or damaged, if files are not all parts of one run, or if an energy is
        of no event.
    """
    start = working_time()
    for source in sources:
        check_different(path, source)
    (check_whole if len(sources) > 1 else check_events)(sources)  # of one file the runs that `hadd` joined
    with ExitStack() as stack:
        files = sorted((stack.enter_context(EventFile(source)) for source in sources), key=_first)
        _check_files(files)
        card = _card(files[0])
        seed, row = int(files[0].provenance["seed"]), _row(files)
        names = set(files[0].columns)
        join, sums, n_true = Join(measurements), np.zeros(4), 0
        backgrounds, n_components = np.zeros(2, np.int64), len(card.experiment.source.components)
        writer = stack.enter_context(
            EventWriter(
                path,
                columns=[name for name in COLUMNS if name in {*names, "T_reco"}],
                provenance=_provenance(card, seed, files, measurements),
                precision=card.run.precision,
                compression=card.run.compression,
                format=card.run.format,
                experiment=card.experiment,
                former=former,
            )
        )
        for columns in _chunks(files):
            n = len(columns["event"])
            positions, energies = join.energies(columns)
            table: dict[str, Any] = {"cos_theta": np.zeros(n), **columns}
            events = replace(Events(**table, n_generated=n).select(positions), T_reco=energies)
            writer.extend(events)
            w = np.ones(len(events)) if events.weight is None else events.weight
            sums += w.sum(), (w**2).sum(), energies.sum(), events.T.sum()
            backgrounds += [
                np.count_nonzero(c >= n_components) for c in (columns["component"], events.component)
            ]
            n_true += n
            if advance is not None:
                advance(n)
        join.refuse(sources[0])
        mean_ratio = float(sums[2] / sums[3]) if sums[3] else 0.0
        if not trust_unit:
            _check_unit(measurements, mean_ratio)
        n_recorded = len(measurements.keys)
        info = replace(row, n_events=n_recorded, sum_w=float(sums[0]), sum_w2=float(sums[1]))
        if backgrounds[0] and not backgrounds[1]:
            card = _without(card, "background")
        writer.finish(info, provenance=_provenance(card, seed, files, measurements))
    return Attachment(
        file=path,
        n_generated=row.n_generated,
        n_true=n_true,
        n_recorded=n_recorded,
        n_backgrounds=int(backgrounds[0]),
        n_recorded_backgrounds=int(backgrounds[1]),
        exposure=row.equivalent_exposure,
        mean_ratio=mean_ratio,
        measurements=measurements,
        notes=missing_events(sources, ()),
        seconds=working_time() - start,
    )


def _check_unit(measurements: Measurements, mean_ratio: float) -> None:
    """Refuse energies that are far from the true ones, and near them in another unit."""
    if not mean_ratio or is_near(mean_ratio):
        return
    scaled = mean_ratio / unit_value(measurements.unit)
    ratios = {unit: scaled * unit_value(unit) for unit in ENERGY_UNITS}
    unit, ratio = min(ratios.items(), key=lambda pair: abs(math.log(pair[1])))
    if is_near(ratio):
        raise ValueError(
            f"{measurements.path}: the mean of {measurements.column} is {mean_ratio:.3g} times the mean true "
            f"energy of these events, and {ratio:.3g} times in {unit}: state {unit} as its unit, or give "
            f"--trust-unit if it is {measurements.unit}"
        )


def check_indices(sources: Sequence[Path], experiment: str | None) -> str | None:
    """Return the column that names events together with their index; None for plain runs.

    Raises
    ------
    ValueError
        If there is a column and no pseudo-experiments, or the other way round.
    FileError
        If the first file is not a whole event file.
    """
    with EventFile(sources[0]) as file:
        if _has_experiments([file]) and experiment is None:
            raise ValueError(
                f"{sources[0]} holds pseudo-experiments, each with an event 0: name the column of their "
                "indices with --experiment NAME"
            )
        if experiment is not None and not _has_experiments([file]):
            raise ValueError(f"--experiment {experiment}: {sources[0]} holds no pseudo-experiments")
    return experiment


def _first(file: EventFile) -> tuple[int, int]:
    return file.rows[0].first_experiment, file.rows[0].first


def _has_experiments(files: Sequence[EventFile]) -> bool:
    return "experiment" in files[0].columns


def _check_files(files: Sequence[EventFile]) -> None:
    """Refuse files of measured events, and runs whose events have the same indices."""
    for file in files:
        if "T_reco" in file.columns:
            raise ValueError(
                f"{file.path} holds measured events: energies are attached to true events, those of `nugauge "
                "generate`, of which none is lost"
            )
    if len({str(provenance.get("seed")) for file in files for provenance in file.provenances}) > 1:
        raise ValueError(
            f"{files[0].path} joins runs of several seeds, whose events have the same indices: attach to "
            "each of them"
        )


def _card(file: EventFile) -> Card:
    """Return the card of true events, without bins of a distance that no table holds."""
    stated = file.provenance
    card = begin_with(
        card_of_events(stated, file.path), float(stated.get("generate_above") or 0.0), file.path
    )
    return card if card.experiment.detector.distance is None else _without(card, "detector.distance")


def _without(card: Card, key: str) -> Card:
    """Return a card without the bins of the distance, or without backgrounds."""
    table, _, name = key.partition(".")
    kept = {k: v for k, v in card.document[table].items() if name and k != name}
    document = {**card.document, table: kept}
    return begin_with(card_from_document(document, name=card.name), card.experiment.generate_above, card.name)


def _row(files: Sequence[EventFile]) -> RunInfo:
    """Add up the rows of `runinfo`."""
    rows = [row for file in files for row in file.rows]
    first = rows[0]
    if len(rows) == 1:
        return replace(first, uuid=str(uuid.uuid4()))
    return replace(
        first,
        n_generated=sum(row.n_generated for row in rows),
        equivalent_exposure=sum(row.equivalent_exposure for row in rows),
        first=min(row.first for row in rows),
        last=max(row.last for row in rows),
        n_experiments=sum(row.n_experiments for row in rows),
        uuid=str(uuid.uuid4()),
    )


def _provenance(
    card: Card, seed: int, files: Sequence[EventFile], measurements: Measurements
) -> dict[str, Any]:
    """Say what the events are: of which true events, and measured by what."""
    first = files[0].provenance
    origin = {"generated_card": first["generated_card"]} if "generated_card" in first else {}
    inputs = [input_record(file.path) for file in files]
    read = {"input": inputs[0]} if len(inputs) == 1 else {"inputs": inputs}
    uuids = [row.uuid for file in files for row in file.rows]
    return {
        **provenance(card, seed, "attach"),
        **origin,
        "response": ATTACHED,
        "true_events": uuids[0] if len(uuids) == 1 else uuids,
        "run": {**read, "measured": measurements.record()},
    }


def _chunks(files: Sequence[EventFile]) -> Iterator[dict[str, NDArray[Any]]]:
    for file in files:
        yield from file.iterate(step=_STEP)
