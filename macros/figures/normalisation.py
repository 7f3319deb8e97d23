"""What the figures with a normalisation error common to all bins share: limits, lines, words."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from macros.figures.assumptions import LEVEL
from macros.figures.models import LABELS, NAMES, global_fit_label, named_model
from macros.plots import BLACK, BLUE, GREEN, GREY, VERMILION, FigureData

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from macros.card import Card

__all__ = ["NORMALISATIONS", "draw_lines", "limits", "percent", "with_common"]

NORMALISATIONS = (0.0, 0.01, 0.02, 0.05)
"""Relative standard deviations of the common normalisation; 0 is the paper's uncorrelated case."""
_LINES: tuple[dict[str, Any], ...] = (
    {"color": BLACK, "linestyle": "-"},
    {"color": BLUE, "linestyle": "--"},
    {"color": GREEN, "linestyle": "-."},
    {"color": VERMILION, "linestyle": ":", "linewidth": 2.0},
)


def percent(value: float) -> str:
    """Write a relative error.

    Examples
    --------
    >>> percent(0.02)
    '2 %'
    """
    return f"{value * 100:g} %"


def with_common(card: "Card", normalisation: float) -> "Card":
    """Return a card whose signal's normalisation is known to a relative error."""
    from detsim.systematics import known_to

    return replace(card, experiments=(known_to(card.experiment, activity=normalisation),))


def limits(
    card: "Card", errors: Sequence[float], *, method: str
) -> Iterator[tuple[str, float, float, float | None, float | None, float | None]]:
    """Find the limits on γ: model, common error, error per bin, γ, M_Z' [GeV], γ of the global fit."""
    from analysis.studies import sensitivity

    for name in NAMES:
        model = named_model(name, card)
        for normalisation in NORMALISATIONS:
            experiment = with_common(card, normalisation).experiment
            found = sensitivity(experiment, model, errors, level=LEVEL, method=method)
            for error, limit, mass in zip(errors, found.limit, found.M_Zprime_GeV, strict=True):
                yield name, normalisation, error, limit, mass, found.global_fit


def draw_lines(ax: "Axes", data: FigureData, name: str, **where: str) -> None:
    """Draw a model's limits, one line for each common error, and the global fit."""
    common = data.column("normalisation_error", model=name, **where)
    errors = data.column("error_per_bin", model=name, **where) * 100
    gamma = data.column("gamma_limit", model=name, **where)
    for normalisation, line in zip(NORMALISATIONS, _LINES, strict=True):
        chosen = common == normalisation
        text = f"δ = {percent(normalisation)}" + ("" if normalisation else ", the paper's")
        ax.plot(errors[chosen], gamma[chosen], label=text, **line)
    ax.axhline(
        data.column("gamma_global_fit", model=name)[0], color=GREY, linewidth=1.0, label=global_fit_label()
    )
    ax.text(0.045, 0.95, LABELS[name], transform=ax.transAxes, fontsize=11, va="top")
