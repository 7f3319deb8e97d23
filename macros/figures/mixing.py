"""Limits on γ where the Z-Z' mixing follows from the mass: the paper's remark on the η model."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
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
from macros.figures.gamma_limits import draw_bound, set_error_axis
from macros.figures.models import LABELS, NAMES, named_model
from macros.plots import BLUE, SKY, VERMILION, Cell, FigureData, add_mass_axis, ink

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from macros.card import Card
    from simgen.interaction import Model

__all__ = ["CARDS", "SIZE", "compute", "draw", "models"]

CARDS = {"BOREXINO": "borexino-cr51-paper", "HELLAZ": "hellaz-cr51-paper", "LAMA": "lama-pm147-paper"}
SIZE = (7.2, 8.9)
ERRORS = (0.005, 0.01, 0.015, *(i / 100 for i in range(2, 16)))
TAUS = {"chi": (None,), "psi": (2.0, 10.0), "eta": (2.0, 10.0), "LR": (None,)}
"""⟨H_u⟩²/⟨H_d⟩²; χ and left-right do not depend on it."""
COLUMNS = (
    "experiment",
    "model",
    "mixing",
    "tau",
    "error_per_bin",
    "gamma_limit",
    "M_Zprime_GeV",
    "phi_at_limit",
    "gamma_end_point",
    "delta_chi2",
    "gamma_global_fit",
)
NONE, PRINTED, EXACT = "none", "as printed", "with rho_mix"
_LINES: dict[tuple[str, float | None], dict[str, Any]] = {
    (NONE, None): {"linestyle": "-", "label": "φ = 0"},
    (PRINTED, 2.0): {"color": VERMILION, "linestyle": ":", "linewidth": 2.0, "label": "as printed"},
    (EXACT, 2.0): {"color": BLUE, "linestyle": "--", "label": r"with $\rho_\mathrm{mix}$"},
    (PRINTED, 10.0): {"color": "#e69f00", "linestyle": (0, (1, 2, 4, 2)), "label": "as printed, τ = 10"},
    (EXACT, 10.0): {"color": SKY, "linestyle": "-.", "label": r"with $\rho_\mathrm{mix}$, τ = 10"},
}
"""Of mixing and τ; models without τ are drawn as those with τ = 2, without a colour in that of the texts."""


def models(name: str, card: "Card") -> "Iterator[tuple[str, float | None, Model]]":
    """List a model without mixing, with the paper's couplings at φ(γ), and with ρ_mix: name, τ, model."""
    free = named_model(name, card)
    yield NONE, None, free
    for tau in TAUS[name]:
        for mixing in (PRINTED, EXACT):
            yield mixing, tau, replace(free, constrained=True, tau=tau, rho_mix=mixing == EXACT)


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
    rows = [row for label, card in cards.items() for row in _limits(label, card, errors, method)]
    first = next(iter(cards.values()))
    experiments = {label: card.experiment for label, card in cards.items()}
    return FigureData(
        title="Limits on γ = (M_Z/M_Z')² against the error per bin, with mixing that follows from the mass",
        caption=(
            f"{describe_statistics(threshold, method)} Solid: {describe_model(first.model)}. The other lines "
            "differ from it by their constrained mixing alone: φ follows from γ, in E6 with Higgs fields of "
            "the 27 only and τ = ⟨H_u⟩²/⟨H_d⟩² (ψ and η: 2, and 10 where stated), in the left-right model "
            "with a bidoublet only. As printed: the paper's eqs. (8), (10) and (11) at that φ, with the cosφ "
            "that B lacks in print. With ρ_mix: g_L and g_R times M_Z0²/M_1², because G_F fixes M_Z0 and not "
            "the mass of the lighter state. A line ends, and the table is empty, where nothing up to the "
            "largest γ of the constrained model is excluded; phi_at_limit in rad. (g_L + c_L) and g_R "
            "exchanged for antineutrinos. The horizontal line is the 95 % bound of the global electroweak "
            "fit of Cvetič and Langacker (hep-ph/9707451) that Figs. 1 and 2 show; data from the Z peak "
            "bound φ itself, which is not used here. "
            f"{describe_experiments(experiments, first.model.standard())} The limits depend on σ alone, not "
            "on the number of events."
        ),
        note=(
            short_statistics(threshold, method),
            f"solid: {short_model(first.model)}; other lines: φ follows from γ; ψ and η with τ = 2, or 10",
            *(short_experiment(experiment) for experiment in experiments.values()),
        ),
        columns=COLUMNS,
        rows=tuple(rows),
    )


def _limits(label: str, card: "Card", errors: Sequence[float], method: str) -> Iterator[tuple[Cell, ...]]:
    """Find the limits of one experiment."""
    from analysis.studies import sensitivity
    from simgen.interaction import end_point

    for name in NAMES:
        for mixing, tau, model in models(name, card):
            result = sensitivity(card.experiment, model, errors, level=LEVEL, method=method)
            end = end_point(model.mass_matrix_k) if model.constrained else None
            for error, limit, mass in zip(errors, result.limit, result.M_Zprime_GeV, strict=True):
                phi = None if limit is None else model.vary(gamma=limit).mixing[0]
                numbers = (error, limit, mass, phi, end, result.delta_chi2, result.global_fit)
                yield label, name, mixing, tau, *numbers


def draw(figure: "Figure", data: FigureData) -> None:
    """Draw one row of panels per model, one column per experiment."""
    axes = figure.subplots(len(NAMES), len(CARDS), sharex=True, sharey="row")
    set_error_axis(axes[0, 0])
    for row, name in zip(axes, NAMES, strict=True):
        for ax, experiment in zip(row, CARDS, strict=True):
            _panel(ax, data, name, experiment)
        row[0].set_yscale("log")
        row[0].set_ylim(4e-3, 4)
        row[0].set_ylabel(r"$\gamma = (M_Z/M_{Z′})^2$")
        add_mass_axis(row[-1])
    for ax, experiment in zip(axes[0], CARDS, strict=True):
        ax.set_title(experiment)
    for ax in axes[-1]:
        ax.set_xlabel("error per bin σ [%]")
    figure.legend(
        *axes[NAMES.index("eta"), 0].get_legend_handles_labels(), loc="outside upper center", ncols=6
    )


def _panel(ax: "Axes", data: FigureData, name: str, experiment: str) -> None:
    import numpy as np

    for (mixing, tau), line in _LINES.items():
        where = {"experiment": experiment, "model": name, "mixing": mixing}
        taus = data.column("tau", **where)
        chosen = np.isnan(taus) if len(taus) and np.all(np.isnan(taus)) and tau != 10.0 else taus == tau
        if np.any(chosen):
            x, y = data.column("error_per_bin", **where) * 100, data.column("gamma_limit", **where)
            ax.plot(x[chosen], y[chosen], **{"color": ink(), **line})
    draw_bound(ax, data, name)
    ax.text(0.955, 0.06, LABELS[name], transform=ax.transAxes, fontsize=11, ha="right")
