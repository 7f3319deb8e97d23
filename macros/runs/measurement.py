"""True events of a file through the detector."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from detsim.event_files import EventFile, EventWriter, event_columns
from detsim.files import Former
from detsim.simulation import detect
from macros.card import Card
from macros.runs.event_totals import Tally
from macros.runs.production import Production
from macros.runs.run_provenance import input_record, provenance
from macros.setup import check_card, check_different, expected_counts
from macros.words import begin_with
from simgen.events import Events
from simgen.process import working_time

__all__ = ["measure"]


def measure(
    card: Card,
    true_file: Path,
    path: Path,
    *,
    advance: Callable[[float], None] | None = None,
    former: Former | None = None,
) -> Production:
    """Measure the true events of a file, with the seed it was made with.

    Parameters
    ----------
    card : Card
        Its source, geometry, exposure, backgrounds and model have to be those of the file.
    true_file : Path
        Made by `produce` with ``detected=False``.
    path : Path
    advance : callable, optional
        Called with the number of events measured.
    former : mapping of Path to FileStamp, optional
        What may be replaced, as for `detsim.files.atomic.WholeFile`.

    Returns
    -------
    Production

    Raises
    ------
    ValueError
        If the file holds measured events or several runs, or was made with another card.
    """
    start = working_time()
    check_different(path, true_file)
    with EventFile(true_file) as file:
        if "T_reco" in file.columns:
            raise ValueError(f"{true_file} holds measured events already")
        if len(file.rows) != 1:
            raise ValueError(f"{true_file} holds {len(file.rows)} runs: measure them one by one, then merge")
        may_differ = {"detector", "systematics", "fit", "run"}
        check_card(card, file.provenance["card"], true_file, may_differ=may_differ, begins=False)
        card = begin_with(card, float(file.provenance.get("generate_above") or 0.0), true_file)
        experiment = card.experiment
        tally = Tally(experiment)
        seed, row = int(file.provenance["seed"]), file.rows[0]
        origin = {key: file.provenance[key] for key in ("generated_card",) if key in file.provenance}
        with EventWriter(
            path,
            columns=event_columns(
                detected=True,
                distance=experiment.detector.distance is not None,
                weights="weight" in file.columns,
                templates="weight_A" in file.columns,
                vertex="L" in file.columns,
                time="time" in file.columns,
                direction="nu_pdg" in file.columns,
                cos_theta="cos_theta" in file.columns,
            ),
            provenance={
                **provenance(card, seed, "detect"),
                **origin,
                "true_events": row.uuid,
                "run": {"input": input_record(true_file)},
            },
            precision=card.run.precision,
            compression=card.run.compression,
            format=card.run.format,
            experiment=experiment,
            former=former,
        ) as writer:
            for columns in file.iterate():
                n = len(columns["event"])
                table: dict[str, Any] = {"cos_theta": np.zeros(n), **columns}
                true = Events(**table, n_generated=n)
                events = detect(true, experiment, seed=seed)
                writer.extend(events)
                tally.add(events)
                if advance is not None:
                    advance(n)
            info = replace(row, n_events=tally.n_written, sum_w=tally.sum_w, sum_w2=tally.sum_w2)
            writer.finish(replace(info, uuid=str(uuid.uuid4())))
    exposures = row.equivalent_exposure / experiment.exposure.duration
    expected = exposures * expected_counts(experiment, card.model)
    fixed = row.n_generated if exposures != 1 else None
    return Production(
        file=path,
        files=(path,),
        seed=seed,
        n_generated=row.n_generated,
        n_written=tally.n_written,
        expected=float(expected.sum()),
        comparison=tally.compare(expected, n_drawn=fixed),
        seconds=working_time() - start,
    )
