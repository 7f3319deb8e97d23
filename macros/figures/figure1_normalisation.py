"""Fig. 1 with a normalisation error common to all bins beside the uncorrelated one."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from macros.figures import figure1
from macros.figures.assumptions import (
    LEVEL,
    describe_experiments,
    describe_model,
    describe_statistics,
    short_experiment,
    short_model,
    short_statistics,
)
from macros.figures.models import NAMES
from macros.figures.normalisation import NORMALISATIONS, draw_lines, limits, percent
from macros.plots import FigureData, add_mass_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from macros.card import Card

__all__ = ["CARDS", "SIZE", "compute", "draw"]

CARDS = figure1.CARDS
SIZE = (7.2, 8.6)
ERRORS = (0.005, 0.01, 0.015, 0.02, 0.025, *(i / 100 for i in range(3, 16)))
COLUMNS = (
    "experiment",
    "model",
    "normalisation_error",
    "error_per_bin",
    "gamma_limit",
    "M_Zprime_GeV",
    "delta_chi2",
    "gamma_global_fit",
)
_TITLES = {"HELLAZ": "HELLAZ 100–260 keV", "HELLAZ wide": "HELLAZ 100–560 keV"}


def compute(cards: "Mapping[str, Card]", *, method: str, errors: Sequence[float] = ERRORS) -> FigureData:
    """Compute the figure.

    Parameters
    ----------
    cards : mapping of str to Card
        By the names of `CARDS`.
    method : {"one-sided", "two-sided"}
    errors : sequence of float
        Relative errors per bin.
    """
    from analysis.fits import delta_chi2

    threshold = delta_chi2(LEVEL, method)
    rows = [
        (label, *row[:-1], threshold, row[-1])
        for label, card in cards.items()
        for row in limits(card, errors, method=method)
    ]
    first = next(iter(cards.values()))
    experiments = {label: card.experiment for label, card in cards.items()}
    common = ", ".join(percent(n) for n in NORMALISATIONS)
    described = describe_experiments(experiments, first.model.standard(), common=True)
    return FigureData(
        title="Limits on γ = (M_Z/M_Z')² against the error per bin, with a common normalisation error",
        caption=(
            f"{describe_statistics(threshold, method, common=True)} δ = {common}. The χ, ψ and η models of "
            f"E6 and the left-right symmetric model; {describe_model(first.model)}. The horizontal line is "
            "the 95 % bound of the global electroweak fit of Cvetič and Langacker (hep-ph/9707451). "
            f"{described} The limits depend on σ and δ alone, not on the number of events."
        ),
        note=(
            short_statistics(threshold, method, common=True),
            short_model(first.model),
            *(short_experiment(experiment) for experiment in experiments.values()),
        ),
        columns=COLUMNS,
        rows=tuple(rows),
    )


def draw(figure: "Figure", data: FigureData) -> None:
    """Draw one row of panels per model, one column per experiment."""
    from matplotlib.ticker import MultipleLocator

    axes = figure.subplots(len(NAMES), len(CARDS), sharex=True, sharey="row")
    axes[0, 0].set_xlim(0, 15.5)
    axes[0, 0].xaxis.set_major_locator(MultipleLocator(5))
    axes[0, 0].xaxis.set_minor_locator(MultipleLocator(1))
    for row, name in zip(axes, NAMES, strict=True):
        for ax, experiment in zip(row, CARDS, strict=True):
            draw_lines(ax, data, name, experiment=experiment)
        row[0].set_ylim(0, 1.04 * row[0].get_ylim()[1])
        row[0].set_ylabel(r"$\gamma = (M_Z/M_{Z'})^2$")
        add_mass_axis(row[-1])
    for ax, experiment in zip(axes[0], CARDS, strict=True):
        ax.set_title(_TITLES.get(experiment, experiment))
    for ax in axes[-1]:
        ax.set_xlabel("error per bin σ [%]")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=5)
