"""The models and the numbers that several figures show."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detsim.experiment import Experiment
    from macros.card import Card
    from simgen.interaction import Model

__all__ = ["LABELS", "NAMES", "global_fit_label", "in_bins", "named_model"]

NAMES = ("chi", "psi", "eta", "LR")
LABELS = {"chi": "χ", "psi": "ψ", "eta": "η", "LR": "left–right"}


def named_model(name: str, card: "Card") -> "Model":
    """Make one of the paper's four models with the terms that a card states, φ = 0 and γ = 0."""
    from simgen.interaction import E6, LR

    s2, corrections = card.model.sin2_theta_w, card.model.corrections
    if name == "LR":
        return LR(sin2_theta_w=s2, corrections=corrections)
    return E6(beta=name, sin2_theta_w=s2, corrections=corrections)


def in_bins(experiment: "Experiment", model: "Model") -> float:
    """Compute the expected counts in the bins."""
    from detsim.expectation import fold

    return float(fold(experiment, model).signal(model)[1:-1].sum())


def global_fit_label() -> str:
    """Name the line at the bound of the global electroweak fit, with its level."""
    from analysis.studies import GLOBAL_FIT_LEVEL

    return f"global fit, {100 * GLOBAL_FIT_LEVEL:g} %"
