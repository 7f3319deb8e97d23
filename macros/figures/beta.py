"""Reach in γ over all E6 models: the angle β from -90° to 90°."""

import math
from collections.abc import Mapping, Sequence
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
from macros.figures.models import LABELS
from macros.plots import BLUE, GREY, VERMILION, FigureData, add_mass_axis, ink

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from macros.card import Card
    from simgen.interaction import Model

__all__ = ["BLIND", "CARDS", "SIZE", "angles", "compute", "draw"]

CARDS = {"BOREXINO": "borexino-cr51-paper", "HELLAZ": "hellaz-cr51-paper", "LAMA": "lama-pm147-paper"}
SIZE = (7.0, 4.3)
BLIND = math.atan(-9 / math.sqrt(15))
"""β at which the Z' does not couple to neutrinos, so that γ cannot be measured: tanβ = -9/√15 [rad]."""
COLUMNS = ("experiment", "beta_deg", "error_per_bin", "gamma_limit", "M_Zprime_GeV", "delta_chi2")
_LINES: dict[str, dict[str, Any]] = {
    "BOREXINO": {"color": BLUE, "linestyle": "-"},
    "HELLAZ": {"color": VERMILION, "linestyle": ":", "linewidth": 2.0},
    "LAMA": {"linestyle": "--"},
}
"""Those without a colour have that of the texts."""


def angles() -> tuple[float, ...]:
    """List the angles of the figure [rad]: every degree, denser around the blind direction, and itself."""
    from simgen.parameters import NAMED_BETA

    near = [BLIND + sign * math.radians(4 * 0.6**k) for k in range(14) for sign in (-1, 1)]
    degrees = [math.radians(d) for d in (*range(-89, 91), *(k + 0.5 for k in range(-80, -60)))]
    return tuple(sorted({*near, *degrees, *NAMED_BETA.values(), BLIND}))


def compute(cards: "Mapping[str, Card]", *, method: str, betas: Sequence[float] | None = None) -> FigureData:
    """Compute the figure.

    Parameters
    ----------
    cards : mapping of str to Card
        By the names of `CARDS`; each states its `error_per_bin`.
    method : {"one-sided", "two-sided"}
    betas : sequence of float, optional
        Angles [rad]; `angles` if not given.
    """
    from analysis.fits import delta_chi2

    betas = angles() if betas is None else betas
    threshold = delta_chi2(LEVEL, method)
    rows = [row for label, card in cards.items() for row in _scan(label, card, betas, threshold)]
    first = next(iter(cards.values()))
    experiments = {label: card.experiment for label, card in cards.items()}
    errors = ", ".join(f"{label} {_percent(card)}" for label, card in cards.items())
    return FigureData(
        title="Reach in γ = (M_Z/M_Z')² over all E6 models",
        caption=(
            f"{describe_statistics(threshold, method)} Errors σ: {errors}. E6 models of angle β in (−90°, "
            f"90°], eq. (6); {describe_model(first.model)}; (g_L + c_L) and g_R exchanged for antineutrinos. "
            f"At tanβ = −9/√15, β = −{-math.degrees(BLIND):.3f}°, the Z' does not couple to neutrinos: the "
            "limit diverges, and the table has no number there. Limits above γ = 1 are those of a Z' "
            f"lighter than the Z. {describe_experiments(experiments, first.model.standard())} The limits "
            "depend on σ alone, not on the number of events."
        ),
        note=(
            short_statistics(threshold, method),
            short_model(first.model),
            *(f"{short_experiment(card.experiment)}; σ = {_percent(card)}" for card in cards.values()),
        ),
        columns=COLUMNS,
        rows=tuple(rows),
    )


def _percent(card: "Card") -> str:
    return f"{_error(card) * 100:g} %"


def _error(card: "Card") -> float:
    if card.fit.error_per_bin is None:
        raise ValueError(
            f"card {card.name}: fit.error_per_bin is needed for the reach against β, such as 0.05"
        )
    return card.fit.error_per_bin


def _scan(
    label: str, card: "Card", betas: Sequence[float], threshold: float
) -> list[tuple[float | str | None, ...]]:
    """Find the limits of one experiment, folded once."""
    from analysis.fits import make_fitter, upper_limit
    from simgen.interaction import E6
    from simgen.parameters import mass_from_gamma

    def model(beta: float) -> "Model":
        return E6(beta=beta, sin2_theta_w=card.model.sin2_theta_w, corrections=card.model.corrections)

    error = _error(card)
    base = make_fitter(card.experiment, model(0.0), likelihood="paper", error_per_bin=error)
    rows: list[tuple[float | str | None, ...]] = []
    for beta in betas:
        fitter = replace(base, templates=replace(base.templates, model=model(beta)))
        data = fitter.data(fitter.templates.reference)
        limit = upper_limit(fitter, data, None, threshold)
        mass = mass_from_gamma(limit) / 1000 if limit else None
        rows.append((label, math.degrees(beta), error, limit, mass, threshold))
    return rows


def draw(figure: "Figure", data: FigureData) -> None:
    """Draw one line per experiment; where there is no limit the line is interrupted."""
    from matplotlib.ticker import MultipleLocator

    from simgen.parameters import NAMED_BETA

    ax = figure.subplots()
    ax.set_yscale("log")
    for experiment, line in _LINES.items():
        error = data.column("error_per_bin", experiment=experiment)[0] * 100
        x, y = (
            data.column("beta_deg", experiment=experiment),
            data.column("gamma_limit", experiment=experiment),
        )
        ax.plot(x, y, label=f"{experiment}, σ = {error:g} %", **{"color": ink(), **line})
    ax.set_xlim(-90, 90)
    ax.set_ylim(3e-3, 30)
    blind = math.degrees(BLIND)
    ax.axvline(blind, color=GREY, linewidth=0.8, linestyle=(0, (1, 2)))
    ax.text(
        blind - 1.5,
        4e-3,
        r"blind, $\tan\beta = -9/\sqrt{15}$",
        rotation=90,
        ha="right",
        va="bottom",
        fontsize=7.5,
    )
    for name, beta in NAMED_BETA.items():
        degrees = math.degrees(beta)
        ax.axvline(degrees, color=GREY, linewidth=0.6)
        side = -2 if degrees > 80 else 2
        ax.text(
            degrees + side, 18, LABELS[name], fontsize=11, va="center", ha="right" if side < 0 else "left"
        )
    ax.xaxis.set_major_locator(MultipleLocator(30))
    ax.xaxis.set_minor_locator(MultipleLocator(10))
    ax.set_xlabel("β [degrees]")
    ax.set_ylabel(r"$\gamma = (M_Z/M_{Z′})^2$ limit")
    ax.legend(loc="upper right", bbox_to_anchor=(0.95, 1.0))
    add_mass_axis(ax)
