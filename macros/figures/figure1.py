"""Fig. 1: limits on γ against the error per bin, BOREXINO and HELLAZ; also with a normalisation error."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from macros.figures.assumptions import (
    LEVEL,
    describe_experiments,
    describe_model,
    describe_statistics,
    short_experiment,
    short_model,
    short_statistics,
)
from macros.figures.gamma_limits import (
    columns,
    draw_bound,
    draw_lines,
    label_gamma,
    label_model,
    limits,
    normalisation_list,
    set_error_axis,
)
from macros.figures.models import NAMES
from macros.plots import BLUE, VERMILION, FigureData, ink

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from macros.card import Card

__all__ = ["CARDS", "SIZE", "SIZE_NORMALISATION", "compute", "draw"]

CARDS = {
    "BOREXINO": "borexino-cr51-paper",
    "HELLAZ": "hellaz-cr51-paper",
    "HELLAZ wide": "hellaz-cr51-wide-paper",
}
SIZE = (7.0, 5.6)
SIZE_NORMALISATION = (7.2, 8.6)
ERRORS = tuple(i / 100 for i in range(1, 16))
ERRORS_NORMALISATION = (0.005, 0.01, 0.015, 0.02, 0.025, *(i / 100 for i in range(3, 16)))
_LABELS = {"HELLAZ": "HELLAZ 100–260 keV", "HELLAZ wide": "HELLAZ 100–560 keV"}
_LINES: dict[str, dict[str, Any]] = {
    "BOREXINO": {"color": BLUE, "linestyle": "-"},
    "HELLAZ": {"color": VERMILION, "linestyle": ":", "linewidth": 2.0},
    "HELLAZ wide": {"linestyle": "--"},
}
"""Those without a colour have that of the texts."""


def compute(
    cards: "Mapping[str, Card]",
    *,
    method: str,
    errors: Sequence[float] | None = None,
    normalisation: bool = False,
) -> FigureData:
    """Compute the figure.

    Parameters
    ----------
    cards : mapping of str to Card
        By the names of `CARDS`.
    method : {"one-sided", "two-sided"}
    errors : sequence of float, optional
        Relative errors per bin.
    normalisation : bool
        Whether there is a normalisation error common to all bins beside the uncorrelated one.
    """
    from analysis.fits import delta_chi2

    if errors is None:
        errors = ERRORS_NORMALISATION if normalisation else ERRORS
    threshold = delta_chi2(LEVEL, method)
    rows = [
        row
        for label, card in cards.items()
        for row in limits(label, card, errors, method=method, normalisation=normalisation)
    ]
    first = next(iter(cards.values()))
    experiments = {label: card.experiment for label, card in cards.items()}
    if normalisation:
        title, listed = "with a common normalisation error", f" δ = {normalisation_list()}."
        end = "The limits depend on σ and δ alone, not on the number of events."
    else:
        title, listed = "BOREXINO and HELLAZ with a ⁵¹Cr source", ""
        end = (
            "The flux is the paper's, the same for every electron whatever its distance, which a real "
            "detector of that size does not have; the limits depend on σ alone, not on the number of events."
        )
    described = describe_experiments(experiments, first.model.standard(), common=normalisation)
    return FigureData(
        title=f"Limits on γ = (M_Z/M_Z')² against the error per bin, {title}",
        caption=(
            f"{describe_statistics(threshold, method, common=normalisation)}{listed} The χ, ψ and η models "
            f"of E6 and the left-right symmetric model; {describe_model(first.model)}. The horizontal line "
            "is the 95 % bound of the global electroweak fit of Cvetič and Langacker (hep-ph/9707451). "
            f"{described} {end}"
        ),
        note=(
            short_statistics(threshold, method, common=normalisation),
            short_model(first.model),
            *(short_experiment(experiment) for experiment in experiments.values()),
        ),
        columns=columns("experiment", normalisation=normalisation),
        rows=tuple(rows),
    )


def draw(figure: "Figure", data: FigureData, *, normalisation: bool = False) -> None:
    """Draw one panel per model; with a normalisation error one row per model, one column per experiment."""
    if normalisation:
        _draw_normalisation(figure, data)
        return
    axes = figure.subplots(2, 2, sharex=True)
    set_error_axis(axes[0, 0])
    for ax, name in zip(axes.flat, NAMES, strict=True):
        _panel(ax, data, name)
    for ax in axes[1]:
        ax.set_xlabel("error per bin σ [%]")
    axes[0, 0].legend(loc="upper left", bbox_to_anchor=(0.02, 0.88))


def _panel(ax: "Axes", data: FigureData, name: str) -> None:
    for experiment, line in _LINES.items():
        x = data.column("error_per_bin", experiment=experiment, model=name) * 100
        y = data.column("gamma_limit", experiment=experiment, model=name)
        ax.plot(x, y, label=_LABELS.get(experiment, experiment), **{"color": ink(), **line})
    draw_bound(ax, data, name)
    label_model(ax, name)
    label_gamma(ax)


def _draw_normalisation(figure: "Figure", data: FigureData) -> None:
    axes = figure.subplots(len(NAMES), len(CARDS), sharex=True, sharey="row")
    set_error_axis(axes[0, 0])
    for row, name in zip(axes, NAMES, strict=True):
        for ax, experiment in zip(row, CARDS, strict=True):
            draw_lines(ax, data, name, experiment=experiment)
        label_gamma(row[0], row[-1])
    for ax, experiment in zip(axes[0], CARDS, strict=True):
        ax.set_title(_LABELS.get(experiment, experiment))
    for ax in axes[-1]:
        ax.set_xlabel("error per bin σ [%]")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=5)
