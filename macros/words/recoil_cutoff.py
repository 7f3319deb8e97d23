"""The part of the signal that `model.generate_above` leaves out, for files and in words."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from detsim.experiment import Experiment
from detsim.simulation import NEGLIGIBLE, lost_fraction
from macros.card import Card
from macros.terminal import format_number, message, warn
from simgen.interaction import Model
from simgen.units import write_quantity

__all__ = ["Cutoff", "begin_with", "cutoff", "cutoff_facts", "say_cutoff"]

_ENOUGH = 10 * NEGLIGIBLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutoff:
    """A true recoil energy below which nothing is drawn or expected.

    Parameters
    ----------
    energy : float
        [MeV].
    fraction : float or None
        Part of the recorded signal that is left out; None where it cannot be told.
    reason : str
        Why it cannot.
    """

    energy: float
    fraction: float | None
    reason: str = ""

    @property
    def notable(self) -> bool:
        """Whether more is left out than may be forgotten, or nobody knows how much."""
        return self.fraction is None or self.fraction > NEGLIGIBLE

    def facts(self) -> dict[str, Any]:
        """Return what a file stores."""
        return {"generate_above": self.energy, "lost_fraction": self.fraction}

    def text(self) -> str:
        """Say it in words; empty if nothing is left out."""
        if self.energy == 0:
            return ""
        start = (
            f"model.generate_above leaves out what is below {write_quantity(self.energy, 'keV', digits=5)}"
        )
        if self.fraction is None:
            return f"{start}, and how much that is cannot be told: {self.reason}"
        of = "of the recorded signal, in events and expectation alike"
        return f"{start}, {format_number(self.fraction, 3)} {of}" + (": real data hold it" * self.notable)


def cutoff(experiment: Experiment, model: Model) -> Cutoff:
    """Compute what an experiment leaves out under a model."""
    try:
        fraction = lost_fraction(experiment, model)
    except ValueError as error:
        return Cutoff(energy=experiment.generate_above, fraction=None, reason=str(error))
    return Cutoff(energy=experiment.generate_above, fraction=fraction)


def cutoff_facts(card: Card) -> dict[str, Any]:
    """Return what a file stores of a card; of several experiments by their names."""
    facts_of = {e.name: cutoff(e, card.model).facts() for e in card.experiments}
    if len(facts_of) == 1:
        return next(iter(facts_of.values()))
    keys = next(iter(facts_of.values()))
    return {key: {name: facts[key] for name, facts in facts_of.items()} for key in keys}


def begin_with(card: Card, lowest: float, path: Path | str) -> Card:
    """Let the recoils of a card begin where those of a file or of events do, if next to nothing is between.

    Parameters
    ----------
    card : Card
        Of one experiment.
    lowest : float
        Lowest true recoil energy in the file [MeV].
    path : Path or str
        The file, or what the events are called.

    Raises
    ------
    ValueError
        If more than 1e-8 of what the card's experiment records is between, or nobody knows how much.
    """
    experiment = card.experiment
    of_card = experiment.generate_above
    if of_card == lowest:
        return card
    below = [
        cutoff(replace(experiment, generate_above=energy), card.model) for energy in sorted((of_card, lowest))
    ]
    lost = [0.0 if result.energy == 0 else result.fraction for result in below]
    between = None if lost[0] is None or lost[1] is None else lost[1] - lost[0]
    if between is None or between > _ENOUGH:
        stated, used = (write_quantity(energy, "keV", digits=5) for energy in (of_card, lowest))
        lost_part = (
            below[1].reason if between is None else f"{format_number(between, 3)} of the recorded signal"
        )
        raise ValueError(
            f"{path} has recoils from {used} on, and model.generate_above of this card is {stated}; between "
            f"them is more than may be forgotten ({lost_part}): give both the same one"
        )
    return replace(card, experiments=(replace(experiment, generate_above=lowest),))


def say_cutoff(card: Card, *, simulates: bool) -> None:
    """Write what the experiments of a card leave out to standard error.

    Parameters
    ----------
    card : Card
    simulates : bool
        Whether events are drawn. Else only what changes a result is said: more than a negligible part.
    """
    for experiment in card.experiments:
        result = cutoff(experiment, card.model)
        if not result.energy or result.fraction == 0:
            continue
        if result.notable:
            warn(result.text())
        elif simulates:
            message(result.text())
