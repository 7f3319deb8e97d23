"""Notes on the physics of a card: level of corrections, bound electrons, dσ/dT below zero."""

from typing import TYPE_CHECKING, Any

import numpy as np

from detsim.detector import composition
from macros.card import Card
from macros.terminal import format_number
from simgen.interaction import SM
from simgen.units import write_quantity

if TYPE_CHECKING:
    from detsim.experiment import Experiment

__all__ = ["binding_note", "note_facts", "note_rows"]

_MODERN = 0.2317
"""sin²θ_W that goes with corrections = "full": κ and ρ were fitted there."""
_BOUND = {"Xe", "Ge"}
"""Elements for which published calculations differ from the step function over the shells."""
_BOUND_BELOW = 0.030
"""Recoils below this are concerned [MeV]."""


def note_rows(card: Card) -> list[tuple[str, str]]:
    """Describe the notes on a plain card, as rows for a person."""
    rows = []
    excess = _tree_excess(card)
    if excess is not None:
        full = f'corrections = "full" with sin2_theta_w = {_MODERN}'
        text = f"tree level: {100 * (excess - 1):+.1f} % on the standard model against {full}"
        rows.append(("corrections", f"{text}, which data of today want"))
    fraction = _negative_fraction(card)
    if fraction > 0:
        rows.append(
            (
                "below zero",
                f"{format_number(fraction, 2)} of the interactions: a strip at T_max where amplitudes cancel "
                "and QED factors of first order make dσ/dT negative; no event is drawn there",
            )
        )
    return rows


def note_facts(card: Card) -> dict[str, Any]:
    """Return the notes on a plain card as keys for a program."""
    return {"tree_over_full": _tree_excess(card), "negative_fraction": _negative_fraction(card)}


def binding_note(experiment: "Experiment") -> str:
    """Say where electrons bound in Xe or Ge are beyond what `binding` describes; empty elsewhere."""
    detector = experiment.detector
    material = detector.target.material
    lowest = max(detector.threshold, experiment.generate_above)
    if material is None or lowest >= _BOUND_BELOW:
        return ""
    elements = sorted(_BOUND & set(composition(material)))
    if not elements:
        return ""
    start = write_quantity(lowest, "keV", digits=4) if np.isfinite(lowest) and lowest > 0 else "0 keV"
    where = f"{' and '.join(elements)} below about 30 keV"
    return (
        f'detector.binding = "{detector.binding}" is not enough for {where}, '
        f'and the detector records from {start} on: ab initio calculations give 0.86 of what "shells" gives '
        'at 1 keV, and 0.69 of it at 29 keV; see docs/explanation/physics.md, "Bound electrons"'
    )


def _negative_fraction(card: Card) -> float:
    from simgen.interaction import negative_fraction

    experiment = card.experiment
    return negative_fraction(experiment.source, card.model, experiment.generate_above)


def _tree_excess(card: Card) -> float | None:
    """Compare interactions above the threshold, standard model, at tree level and with all corrections."""
    if card.model.corrections != "tree":
        return None
    from simgen.rates import mean_sigma

    experiment = card.experiment
    lowest = max(experiment.detector.threshold, experiment.generate_above, 0.0)
    if lowest * (1 + 1e-9) >= _highest(experiment):
        lowest = experiment.generate_above
    tree, full = (
        sum(mean_sigma(c, model, T_low=lowest) for c in experiment.source.components)
        for model in (SM(sin2_theta_w=card.model.sin2_theta_w), SM(corrections="full", sin2_theta_w=_MODERN))
    )
    return tree / full if full > 0 else None


def _highest(experiment: "Experiment") -> float:
    from simgen.interaction import T_max

    return float(T_max(experiment.source.endpoint))
