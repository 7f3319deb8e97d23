"""Fig. 2 with a normalisation error common to all bins beside the uncorrelated one."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from macros.figures import figure2
from macros.figures.assumptions import (
    LEVEL,
    describe_experiments,
    describe_model,
    describe_statistics,
    short_experiment,
    short_model,
    short_statistics,
)
from macros.figures.figure2 import EQUAL, STATISTICAL, statistical_limit
from macros.figures.models import NAMES
from macros.figures.normalisation import NORMALISATIONS, draw_lines, limits, percent, with_common
from macros.plots import BLACK, Cell, FigureData, add_mass_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from macros.card import Card

__all__ = ["CARDS", "SIZE", "compute", "draw"]

CARDS = figure2.CARDS
SIZE = (7.0, 5.8)
COLUMNS = (
    "errors",
    "model",
    "normalisation_error",
    "error_per_bin",
    "gamma_limit",
    "M_Zprime_GeV",
    "delta_chi2",
    "gamma_global_fit",
)


def compute(
    cards: "Mapping[str, Card]", *, method: str, errors: Sequence[float] = figure2.ERRORS
) -> FigureData:
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
    from simgen.parameters import mass_from_gamma

    (card,) = cards.values()
    threshold = delta_chi2(LEVEL, method)
    rows: list[tuple[Cell, ...]] = []
    bounds: dict[str, float | None] = {}
    for row in limits(card, errors, method=method):
        rows.append((EQUAL, *row[:-1], threshold, row[-1]))
        bounds[row[0]] = row[-1]
    for name, bound in bounds.items():
        for normalisation in NORMALISATIONS:
            position, limit = statistical_limit(with_common(card, normalisation), name, threshold)
            mass = mass_from_gamma(limit) / 1000 if limit else None
            rows.append((STATISTICAL, name, normalisation, position, limit, mass, threshold, bound))
    common = ", ".join(percent(n) for n in NORMALISATIONS)
    described = describe_experiments({"LAMA": card.experiment}, card.model.standard(), common=True)
    return FigureData(
        title="Limits on γ = (M_Z/M_Z')² against the error per bin, LAMA, with a common normalisation error",
        caption=(
            f"{describe_statistics(threshold, method, common=True)} δ = {common}. The χ, ψ and η models of "
            "E6 and the left-right symmetric model, with (g_L + c_L) and g_R exchanged for antineutrinos; "
            f"{describe_model(card.model)}. The squares replace the equal error by the statistical one, "
            "1/√N_i^SM in bin i, from δ = 0 at the bottom upwards; they stand at the average of that over "
            "the bins. The horizontal line is the 95 % bound of the global electroweak fit of Cvetič and "
            f"Langacker (hep-ph/9707451). {described} The paper states no flux: the geometry is an "
            "assumption, which moves the squares but not the lines."
        ),
        note=(
            short_statistics(threshold, method, common=True),
            short_model(card.model),
            short_experiment(card.experiment),
            "squares: statistical errors and δ, from 0 % upwards, drawn at the average over the bins",
        ),
        columns=COLUMNS,
        rows=tuple(rows),
    )


def draw(figure: "Figure", data: FigureData) -> None:
    """Draw one panel per model."""
    axes = figure.subplots(2, 2, sharex=True)
    axes[0, 0].set_xlim(0, 10.3)
    for ax, name in zip(axes.flat, NAMES, strict=True):
        draw_lines(ax, data, name, errors=EQUAL)
        ax.plot(
            data.column("error_per_bin", errors=STATISTICAL, model=name) * 100,
            data.column("gamma_limit", errors=STATISTICAL, model=name),
            color=BLACK,
            marker="s",
            markersize=4,
            linestyle="none",
            label="statistical error and δ",
        )
        ax.set_ylim(0, 1.04 * ax.get_ylim()[1])
        ax.set_ylabel(r"$\gamma = (M_Z/M_{Z'})^2$")
        add_mass_axis(ax)
    for ax in axes[1]:
        ax.set_xlabel("error per bin σ [%]")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
