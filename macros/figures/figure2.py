"""Fig. 2: limits on γ against the error per bin, LAMA."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
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
from macros.plots import BLACK, BLUE, GREY, FigureData, add_mass_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from macros.card import Card

__all__ = ["CARDS", "SIZE", "compute", "draw", "statistical_limit"]

CARDS = {"LAMA": "lama-pm147-paper"}
SIZE = (7.0, 5.4)
ERRORS = tuple(i / 200 for i in range(1, 21))
COLUMNS = (
    "errors",
    "model",
    "error_per_bin",
    "gamma_limit",
    "M_Zprime_GeV",
    "delta_chi2",
    "gamma_global_fit",
)
EQUAL, STATISTICAL = "equal in all bins", "statistical only"


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
    from simgen.parameters import mass_from_gamma

    (card,) = cards.values()
    threshold = delta_chi2(LEVEL, method)
    rows: list[tuple[float | str | None, ...]] = []
    for name in NAMES:
        model = named_model(name, card)
        found = sensitivity(card.experiment, model, errors, level=LEVEL, method=method)
        rows += [
            (EQUAL, name, error, limit, mass, threshold, found.global_fit)
            for error, limit, mass in zip(errors, found.limit, found.M_Zprime_GeV, strict=True)
        ]
        position, limit = statistical_limit(card, name, threshold)
        mass = mass_from_gamma(limit) / 1000 if limit else None
        rows.append((STATISTICAL, name, position, limit, mass, threshold, found.global_fit))
    return FigureData(
        title="Limits on γ = (M_Z/M_Z')² against the error per bin, LAMA with a ¹⁴⁷Pm source",
        caption=(
            f"{describe_statistics(threshold, method)} The χ, ψ and η models of E6 and the left-right "
            "symmetric model, with (g_L + c_L) and g_R exchanged for antineutrinos; "
            f"{describe_model(card.model)}. The black square replaces the equal error by the statistical "
            "one, 1/√N_i^SM in bin i; it stands at the average of that over the bins. The horizontal line "
            "is the 95 % bound of the global electroweak fit of Cvetič and Langacker (hep-ph/9707451). "
            f"{describe_experiments({'LAMA': card.experiment}, card.model.standard())} The paper states no "
            "flux: the geometry is an assumption, which moves the squares but not the lines. They go with "
            "1/√N_i: 1 t of NaI holds 2.571×10²⁹ electrons, not the paper's 3×10²⁹."
        ),
        note=(
            short_statistics(threshold, method),
            short_model(card.model),
            short_experiment(card.experiment),
            "square: statistical errors only, drawn at their average over the bins",
        ),
        columns=COLUMNS,
        rows=tuple(rows),
    )


def statistical_limit(card: "Card", name: str, threshold: float) -> tuple[float, float | None]:
    """Compute the mean relative statistical error per bin, and the limit with these errors."""
    import numpy as np

    from analysis.fits import make_fitter, upper_limit

    base = make_fitter(card.experiment, named_model(name, card), likelihood="paper", error_per_bin=1.0)
    reference = base.templates.reference
    fitter = replace(base, errors=np.sqrt(reference))
    data = fitter.data(reference)
    limit = upper_limit(fitter, data, None, threshold)
    return float(np.mean(1 / np.sqrt(reference))), limit


def draw(figure: "Figure", data: FigureData) -> None:
    """Draw one panel per model."""
    axes = figure.subplots(2, 2, sharex=True)
    axes[0, 0].set_xlim(0, 10.3)
    for ax, name in zip(axes.flat, NAMES, strict=True):
        _panel(ax, data, name)
    for ax in axes[1]:
        ax.set_xlabel("error per bin σ [%]")
    axes[0, 0].legend(loc="lower right")


def _panel(ax: "Axes", data: FigureData, name: str) -> None:
    errors = data.column("error_per_bin", errors=EQUAL, model=name) * 100
    ax.plot(errors, data.column("gamma_limit", errors=EQUAL, model=name), color=BLUE, label="LAMA")
    ax.plot(
        data.column("error_per_bin", errors=STATISTICAL, model=name) * 100,
        data.column("gamma_limit", errors=STATISTICAL, model=name),
        color=BLACK,
        marker="s",
        markersize=5,
        linestyle="none",
        label="statistical error only",
    )
    ax.axhline(
        data.column("gamma_global_fit", model=name)[0], color=GREY, linewidth=1.0, label=global_fit_label()
    )
    ax.text(0.045, 0.95, LABELS[name], transform=ax.transAxes, fontsize=11, va="top")
    ax.set_ylim(0, 1.04 * ax.get_ylim()[1])
    ax.set_ylabel(r"$\gamma = (M_Z/M_{Z'})^2$")
    add_mass_axis(ax)
