"""Event files whose recorded events are the Monte Carlo templates of a card."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from detsim.event_files import EventFile
from detsim.simulation import RecordedSample
from macros.card import Card
from macros.setup.compatibility import card_differences, card_of_events, check_card, is_attached
from macros.words import begin_with
from simgen.events import Events

__all__ = ["recorded_sample"]

_MAY_DIFFER = {
    *("model", "systematics", "fit", "run", "exposure", "background"),
    *("source.activity", "source.flux", "source.events"),
    *("detector.bins", "detector.threshold"),
}
"""What in a card need not be as in that of the events: what weights account for, and what is done to them."""
_STEP = 200_000


def recorded_sample(card: Card) -> RecordedSample:
    """Open the event file of a card's templates.

    Parameters
    ----------
    card : Card
        With ``fit.templates = "file"``.

    Raises
    ------
    ValueError
        If the file holds no measured energies, or weights, or was made with another card; or if the card has
        several experiments.
    FileError
        If it is incomplete, foreign or damaged.
    """
    path = Path(str(card.fit.template_file))
    if len(card.experiments) > 1:
        raise ValueError(
            f"fit.template_file: {card.name} has several experiments, and a file has events of one: choose "
            "one with --of, or take templates = 'simulation'"
        )
    with EventFile(path) as file:
        _check(card, file)
        stated = file.provenance
        lowest = float(stated.get("generate_above") or 0.0)
        made = begin_with(card_of_events(stated, path), lowest, path)
        begin_with(card, max(lowest, card.experiment.generate_above), path)
        exposures = file.runinfo.equivalent_exposure / made.experiment.exposure.duration
    return RecordedSample(
        name=path.name,
        experiment=made.experiment,
        model=made.model,
        exposures=exposures,
        read=partial(_read, path),
    )


def _check(card: Card, file: EventFile) -> None:
    """Refuse events that cannot stand for what the card expects."""
    if "T_reco" not in file.columns:
        raise ValueError(
            f"{file.path} holds true events: attach measured energies to them with `nugauge attach`, or run "
            "`nugauge detect`"
        )
    if "weight" in file.columns:
        raise ValueError(
            f"{file.path} holds weights: templates are made of the file that was reweighted, for every model"
        )
    first = file.provenance["card"]
    for provenance in file.provenances:
        attached = {"detector"} if is_attached(provenance) else set()
        check_card(card, provenance["card"], file.path, may_differ=_MAY_DIFFER | attached, begins=False)
        differences = card_differences(first, provenance["card"])
        if differences:
            raise ValueError(
                f"{file.path} joins runs of different cards ({differences[0][0]}): name a file of one of them"
            )


def _read(path: Path) -> Iterator[Events]:
    """Yield the events of a file."""
    with EventFile(path) as file:
        needed = {"event", "component", "line", "E_nu", "T", "T_reco", "L"}
        names = [name for name in file.columns if name in needed]
        for columns in file.iterate(names, step=_STEP):
            n = len(columns["event"])
            table: dict[str, Any] = {"cos_theta": np.zeros(n), **columns}
            yield Events(**table, n_generated=n)
