"""Limits on γ against the error per bin: what the figures that show them share, rows, lines and axes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from macros.figures.assumptions import LEVEL
from macros.figures.models import LABELS, NAMES, global_fit_label, named_model
from macros.plots import BLUE, GREEN, GREY, VERMILION, Cell, FigureData, add_mass_axis, ink

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from macros.card import Card

__all__ = [
    "NORMALISATIONS",
    "columns",
    "draw_bound",
    "draw_lines",
    "label_gamma",
    "label_model",
    "limits",
    "normalisation_list",
    "percent",
    "set_error_axis",
    "with_common",
]

NORMALISATIONS = (0.0, 0.01, 0.02, 0.05)
"""Relative standard deviations of the common normalisation; 0 is the paper's uncorrelated case."""
_LINES: tuple[dict[str, Any], ...] = (
    {"linestyle": "-"},
    {"color": BLUE, "linestyle": "--"},
    {"color": GREEN, "linestyle": "-."},
    {"color": VERMILION, "linestyle": ":", "linewidth": 2.0},
)
"""The one without a colour has that of the texts."""


def percent(value: float) -> str:
    """Write a relative error.

    Examples
    --------
    >>> percent(0.02)
    '2 %'
    """
    return f"{value * 100:g} %"


def normalisation_list() -> str:
    """Write the errors of the common normalisation."""
    return ", ".join(percent(normalisation) for normalisation in NORMALISATIONS)


def with_common(card: "Card", normalisation: float) -> "Card":
    """Return a card whose signal's normalisation is known to a relative error."""
    from detsim.systematics import known_to

    return replace(card, experiments=(known_to(card.experiment, activity=normalisation),))


def columns(first: str, *, normalisation: bool) -> tuple[str, ...]:
    """Name the columns of a figure's table, with errors of a common normalisation or without."""
    common = ("normalisation_error",) if normalisation else ()
    return (
        first,
        "model",
        *common,
        "error_per_bin",
        "gamma_limit",
        "M_Zprime_GeV",
        "delta_chi2",
        "gamma_global_fit",
    )


def limits(
    label: str, card: "Card", errors: Sequence[float], *, method: str, normalisation: bool
) -> Iterator[tuple[Cell, ...]]:
    """Compute the limits on γ for the four models: rows with the cells of `columns`."""
    from analysis.studies import sensitivity

    for name in NAMES:
        model = named_model(name, card)
        for common in NORMALISATIONS if normalisation else (None,):
            experiment = (card if common is None else with_common(card, common)).experiment
            shown = () if common is None else (common,)
            result = sensitivity(experiment, model, errors, level=LEVEL, method=method)
            for error, limit, mass in zip(errors, result.limit, result.M_Zprime_GeV, strict=True):
                yield label, name, *shown, error, limit, mass, result.delta_chi2, result.global_fit


def draw_lines(ax: "Axes", data: FigureData, name: str, **where: str) -> None:
    """Draw a model's limits, one line for each error of the common normalisation, and the global fit."""
    common = data.column("normalisation_error", model=name, **where)
    errors = data.column("error_per_bin", model=name, **where) * 100
    gamma = data.column("gamma_limit", model=name, **where)
    for normalisation, line in zip(NORMALISATIONS, _LINES, strict=True):
        chosen = common == normalisation
        text = f"δ = {percent(normalisation)}" + ("" if normalisation else ", the paper's")
        ax.plot(errors[chosen], gamma[chosen], label=text, **{"color": ink(), **line})
    draw_bound(ax, data, name)
    label_model(ax, name)


def draw_bound(ax: "Axes", data: FigureData, name: str) -> None:
    """Draw the bound of the global electroweak fit on a model."""
    bound = data.column("gamma_global_fit", model=name)[0]
    ax.axhline(bound, color=GREY, linewidth=1.0, label=global_fit_label())


def label_model(ax: "Axes", name: str) -> None:
    """Write the model of a panel in its upper left corner."""
    ax.text(0.045, 0.95, LABELS[name], transform=ax.transAxes, fontsize=11, va="top")


def label_gamma(ax: "Axes", mass_axis: "Axes | None" = None) -> None:
    """Begin the vertical axis at γ = 0, and add that of the mass: to another panel of the row, if given."""
    ax.set_ylim(0, 1.04 * ax.get_ylim()[1])
    ax.set_ylabel(r"$\gamma = (M_Z/M_{Z′})^2$")
    add_mass_axis(ax if mass_axis is None else mass_axis)


def set_error_axis(ax: "Axes") -> None:
    """Let the horizontal axis, that of the error per bin, reach from 0 to 15 %."""
    from matplotlib.ticker import MultipleLocator

    ax.set_xlim(0, 15.5)
    ax.xaxis.set_major_locator(MultipleLocator(5))
    ax.xaxis.set_minor_locator(MultipleLocator(1))
