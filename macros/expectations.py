"""Events that a card simulates, and counts that it expects."""

from detsim.expectation import Expectation, predict
from detsim.simulation import Occurrence, simulate
from macros.card import Card
from macros.production import expected_counts
from macros.session import using_threads
from simgen.events import Events

__all__ = ["expectation", "expectations", "simulate_events"]


def simulate_events(card: Card) -> Events | dict[str, Events]:
    """Simulate the exposure of a card that has a seed; see `Card.simulate`."""
    columns: list[Occurrence] = [c for c in ("vertex", "time") if c in card.run.columns]
    made = {}
    with using_threads(card.run.threads):
        for number, experiment in enumerate(card.experiments):
            identity = (number,) if number else ()  # as of toys that are drawn event by event
            expected_counts(experiment, card.model)
            made[experiment.name] = simulate(
                experiment, card.model, seed=int(card.run.seed or 0), identity=identity, columns=columns
            )
    return made if len(made) > 1 else next(iter(made.values()))


def expectations(card: Card) -> Expectation | dict[str, Expectation]:
    """Compute the expected counts of a card; see `Card.expect`."""
    if len(card.experiments) == 1:
        return expectation(card)
    return {e.name: expectation(card.of(e.name)) for e in card.experiments}


def expectation(card: Card) -> Expectation:
    """Compute the expected counts of a card of one experiment."""
    expected_counts(card.experiment, card.model)
    return predict(card.experiment, card.model)
