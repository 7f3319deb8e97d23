"""`nugauge check`: whether a card is valid, and what it describes."""

import math
from typing import TYPE_CHECKING, Any

from macros.console import emit_json, format_number, print_table
from macros.options import CardArgument, JsonOption, SetOption

if TYPE_CHECKING:
    from macros.card import Card

__all__ = ["check", "describe"]


def check(card: CardArgument, override: SetOption = None, as_json: JsonOption = False) -> None:
    """Check a card, and show what it describes."""
    from macros.card import load_card

    loaded = load_card(card, override or ())
    if as_json:
        emit_json({"card": loaded.name, "valid": True, **describe(loaded), "document": loaded.document})
        return
    print_table(("card", loaded.name), _rows(loaded))


def _rows(card: "Card") -> list[tuple[str, str]]:
    from simgen.units import write_quantity

    experiment, detector = card.experiment, card.experiment.detector
    edges, threshold = detector.edges, detector.threshold

    def keV(energy: float) -> str:
        return write_quantity(energy, "keV", digits=5)

    backgrounds = [f"{b.name} {write_quantity(b.rate, '/d', digits=4)}" for b in experiment.backgrounds]
    parameters = [f"{name} = {value:g}" for name, value in card.model.parameters.items()]
    return [
        ("experiment", experiment.name),
        ("electrons", format_number(detector.target.n_electrons)),
        ("threshold", keV(threshold) if math.isfinite(threshold) else "none"),
        ("bins", f"{detector.n_bins}, {keV(edges[0])} to {keV(edges[-1])}"),
        ("live time", write_quantity(experiment.exposure.duration, "d", digits=6)),
        ("backgrounds", ", ".join(backgrounds) or "none"),
        ("signal known to", f"{100 * experiment.signal_uncertainty:g} %"),
        ("model", f"{card.model.label}, {card.model.corrections}"),
        ("parameters", ", ".join(parameters)),
        ("fit", f"{card.fit.poi}, {card.fit.likelihood}"),
    ]


def describe(card: "Card") -> dict[str, Any]:
    """Collect the facts of a card that cost nothing; energies in MeV, times in s."""
    experiment, detector = card.experiment, card.experiment.detector
    return {
        "experiment": experiment.name,
        "n_electrons": detector.target.n_electrons,
        "threshold": detector.threshold,
        "edges": list(detector.edges),
        "duration": experiment.exposure.duration,
        "backgrounds": [b.name for b in experiment.backgrounds],
        "model": card.model.label,
        "corrections": card.model.corrections,
        "parameters": card.model.parameters,
        "poi": card.fit.poi,
        "likelihood": card.fit.likelihood,
    }
