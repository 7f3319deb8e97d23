"""Fig. 1: limits on γ against the error per bin, BOREXINO and HELLAZ."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from macros.figures.assumptions import (
    LEVEL,
    describe_experiments,
    describe_model,
    describe_statistics,
    short_experiment,
    short_model,
    short_statistics,
)
from macros.figures.models import LABELS, NAMES, global_fit_label, named_model
from macros.plots import BLACK, BLUE, GREY, VERMILION, FigureData, add_mass_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from macros.card import Card

__all__ = ["CARDS", "SIZE", "compute", "draw"]

CARDS = {
    "BOREXINO": "borexino-cr51-paper",
    "HELLAZ": "hellaz-cr51-paper",
    "HELLAZ wide": "hellaz-cr51-wide-paper",
}
SIZE = (7.0, 5.6)
ERRORS = tuple(i / 100 for i in range(1, 16))
COLUMNS = (
    "experiment",
    "model",
    "error_per_bin",
    "gamma_limit",
    "M_Zprime_GeV",
    "delta_chi2",
    "gamma_global_fit",
)
_LINES = {
    "BOREXINO": {"color": BLUE, "linestyle": "-"},
    "HELLAZ": {"color": VERMILION, "linestyle": ":", "linewidth": 2.0},
    "HELLAZ wide": {"color": BLACK, "linestyle": "--"},
}


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
    from analysis.studies import sensitivity

    threshold = delta_chi2(LEVEL, method)
    rows = []
    for label, card in cards.items():
        for name in NAMES:
            found = sensitivity(card.experiment, named_model(name, card), errors, level=LEVEL, method=method)
            rows += [
                (label, name, error, limit, mass, threshold, found.global_fit)
                for error, limit, mass in zip(errors, found.limit, found.M_Zprime_GeV, strict=True)
            ]
    first = next(iter(cards.values()))
    experiments = {label: card.experiment for label, card in cards.items()}
    return FigureData(
        title="Limits on γ = (M_Z/M_Z')² against the error per bin, BOREXINO and HELLAZ with a ⁵¹Cr source",
        caption=(
            f"{describe_statistics(threshold, method)} The χ, ψ and η models of E6 and the left-right "
            f"symmetric model; {describe_model(first.model)}. The horizontal line is the 95 % bound of the "
            "global electroweak fit of Cvetič and Langacker (hep-ph/9707451). "
            f"{describe_experiments(experiments, first.model.standard())} The flux is the paper's, the same "
            "for every electron whatever its distance, which a real detector of that size does not have; "
            "the limits depend on σ alone, not on the number of events."
        ),
        note=(
            short_statistics(threshold, method),
            short_model(first.model),
            *(short_experiment(experiment) for experiment in experiments.values()),
        ),
        columns=COLUMNS,
        rows=tuple(rows),
    )


def draw(figure: "Figure", data: FigureData) -> None:
    """Draw one panel per model."""
    from matplotlib.ticker import MultipleLocator

    axes = figure.subplots(2, 2, sharex=True)
    axes[0, 0].set_xlim(0, 15.5)
    axes[0, 0].xaxis.set_major_locator(MultipleLocator(5))
    axes[0, 0].xaxis.set_minor_locator(MultipleLocator(1))
    for ax, name in zip(axes.flat, NAMES, strict=True):
        _panel(ax, data, name)
    for ax in axes[1]:
        ax.set_xlabel("error per bin σ [%]")
    axes[0, 0].legend(loc="upper left", bbox_to_anchor=(0.02, 0.88))


def _panel(ax: "Axes", data: FigureData, name: str) -> None:
    for experiment, line in _LINES.items():
        x = data.column("error_per_bin", experiment=experiment, model=name) * 100
        y = data.column("gamma_limit", experiment=experiment, model=name)
        label = {"HELLAZ": "HELLAZ 100–260 keV", "HELLAZ wide": "HELLAZ 100–560 keV"}.get(
            experiment, experiment
        )
        ax.plot(x, y, label=label, **line)  # type: ignore[arg-type]
    ax.axhline(
        data.column("gamma_global_fit", model=name)[0], color=GREY, linewidth=1.0, label=global_fit_label()
    )
    ax.text(0.045, 0.95, LABELS[name], transform=ax.transAxes, fontsize=11, va="top")
    ax.set_ylim(0, 1.04 * ax.get_ylim()[1])
    ax.set_ylabel(r"$\gamma = (M_Z/M_{Z'})^2$")
    add_mass_axis(ax)
