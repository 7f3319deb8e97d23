"""Fig. 2: limits on γ against the error per bin, LAMA; also with a normalisation error."""

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
from macros.figures.gamma_limits import (
    NORMALISATIONS,
    columns,
    draw_bound,
    draw_lines,
    label_gamma,
    label_model,
    limits,
    normalisation_list,
    with_common,
)
from macros.figures.models import NAMES, named_model
from macros.plots import BLUE, Cell, FigureData, ink

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from macros.card import Card

__all__ = ["CARDS", "SIZE", "SIZE_NORMALISATION", "compute", "draw", "statistical_limit"]

CARDS = {"LAMA": "lama-pm147-paper"}
SIZE = (7.0, 5.4)
SIZE_NORMALISATION = (7.0, 5.8)
ERRORS = tuple(i / 200 for i in range(1, 21))
EQUAL, STATISTICAL = "equal in all bins", "statistical only"


def compute(
    cards: "Mapping[str, Card]",
    *,
    method: str,
    errors: Sequence[float] = ERRORS,
    normalisation: bool = False,
) -> FigureData:
    """Compute the figure.

    Parameters
    ----------
    cards : mapping of str to Card
        By the names of `CARDS`.
    method : {"one-sided", "two-sided"}
    errors : sequence of float
        Relative errors per bin.
    normalisation : bool
        Whether there is a normalisation error common to all bins beside the uncorrelated one.
    """
    from analysis.fits import delta_chi2

    (card,) = cards.values()
    threshold = delta_chi2(LEVEL, method)
    if normalisation:
        title, listed = "LAMA, with a common normalisation error", f" δ = {normalisation_list()}."
        squares = (
            "The squares replace the equal error by the statistical one, 1/√N_i^SM in bin i, from δ = 0 at "
            "the bottom upwards; they stand at the average of that over the bins."
        )
        end = "which moves the squares but not the lines."
        note = "squares: statistical errors and δ, from 0 % upwards, drawn at the average over the bins"
    else:
        title, listed = "LAMA with a ¹⁴⁷Pm source", ""
        squares = (
            "The black square replaces the equal error by the statistical one, 1/√N_i^SM in bin i; it stands "
            "at the average of that over the bins."
        )
        end = (
            "which moves the squares but not the lines. They go with 1/√N_i: 1 t of NaI holds 2.571×10²⁹ "
            "electrons, not the paper's 3×10²⁹."
        )
        note = "square: statistical errors only, drawn at their average over the bins"
    described = describe_experiments({"LAMA": card.experiment}, card.model.standard(), common=normalisation)
    return FigureData(
        title=f"Limits on γ = (M_Z/M_Z')² against the error per bin, {title}",
        caption=(
            f"{describe_statistics(threshold, method, common=normalisation)}{listed} The χ, ψ and η models "
            "of E6 and the left-right symmetric model, with (g_L + c_L) and g_R exchanged for antineutrinos; "
            f"{describe_model(card.model)}. {squares} The horizontal line is the 95 % bound of the global "
            f"electroweak fit of Cvetič and Langacker (hep-ph/9707451). {described} The paper states no "
            f"flux: the geometry is an assumption, {end}"
        ),
        note=(
            short_statistics(threshold, method, common=normalisation),
            short_model(card.model),
            short_experiment(card.experiment),
            note,
        ),
        columns=columns("errors", normalisation=normalisation),
        rows=_rows(card, errors, method, threshold, normalisation=normalisation),
    )


def _rows(
    card: "Card", errors: Sequence[float], method: str, threshold: float, *, normalisation: bool
) -> tuple[tuple[Cell, ...], ...]:
    """Compute the limits with equal errors and with statistical ones."""
    from simgen.parameters import mass_from_gamma

    rows = list(limits(EQUAL, card, errors, method=method, normalisation=normalisation))
    bounds = {row[1]: row[-1] for row in rows}
    for name in NAMES:
        for common in NORMALISATIONS if normalisation else (None,):
            stated = card if common is None else with_common(card, common)
            position, limit = statistical_limit(stated, name, threshold)
            mass = mass_from_gamma(limit) / 1000 if limit else None
            shown = () if common is None else (common,)
            rows.append((STATISTICAL, name, *shown, position, limit, mass, threshold, bounds[name]))
    if not normalisation:  # model by model
        rows.sort(key=lambda row: NAMES.index(str(row[1])))
    return tuple(rows)


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


def draw(figure: "Figure", data: FigureData, *, normalisation: bool = False) -> None:
    """Draw one panel per model."""
    axes = figure.subplots(2, 2, sharex=True)
    axes[0, 0].set_xlim(0, 10.3)
    for ax, name in zip(axes.flat, NAMES, strict=True):
        if normalisation:
            draw_lines(ax, data, name, errors=EQUAL)
            _squares(ax, data, name, size=4, label="statistical error and δ")
        else:
            errors = data.column("error_per_bin", errors=EQUAL, model=name) * 100
            ax.plot(errors, data.column("gamma_limit", errors=EQUAL, model=name), color=BLUE, label="LAMA")
            _squares(ax, data, name, size=5, label="statistical error only")
            draw_bound(ax, data, name)
            label_model(ax, name)
        label_gamma(ax)
    for ax in axes[1]:
        ax.set_xlabel("error per bin σ [%]")
    if normalisation:
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    else:
        axes[0, 0].legend(loc="lower right")


def _squares(ax: "Axes", data: FigureData, name: str, *, size: int, label: str) -> None:
    """Draw the limits with statistical errors."""
    ax.plot(
        data.column("error_per_bin", errors=STATISTICAL, model=name) * 100,
        data.column("gamma_limit", errors=STATISTICAL, model=name),
        color=ink(),
        marker="s",
        markersize=size,
        linestyle="none",
        label=label,
    )
