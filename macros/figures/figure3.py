"""Fig. 3: expected events per bin in LAMA."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from macros.figures.assumptions import describe_experiments, describe_model, short_experiment, short_model
from macros.plots import BLUE, VERMILION, FigureData, ink, paper

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from detsim.experiment import Experiment
    from macros.card import Card

__all__ = ["CARDS", "SIZE", "compute", "draw"]

CARDS = {"LAMA": "lama-pm147-paper"}
SIZE = (7.0, 4.6)
MU_NU = 2.5e-12
"""Magnetic moment of the figure [μ_B]."""
MASS = 330e3
"""Mass of the Z' of the figure [MeV]."""
WIDE_END, WIDE_STEP = 0.040, 0.002
"""Bins of the second panel: up to 40 keV, of 2 keV [MeV]."""
COLUMNS = ("range", "T_low_keV", "T_high_keV", "SM", "mu_nu", "chi", "mu_nu_over_SM", "chi_over_SM")
PAPER, WIDE, FINE = "paper", "wide", "fine"
FINE_EDGES = (*(i / 2000 for i in range(4, 20)), *(i / 1000 for i in range(10, 42, 2)))
"""Bins of the lines in the lower panels: of 0.5 keV up to 10 keV, where the ratios are steep [MeV]."""
_MARKS: dict[str, dict[str, Any]] = {
    "SM": {"marker": "s", "markersize": 5},
    "mu_nu": {"marker": "*", "color": VERMILION, "markersize": 6},
    "chi": {"marker": "o", "color": BLUE, "markersize": 3.5},
}
"""Those without a colour are hollow, in that of the texts."""
_LABELS = {
    "SM": "standard model",
    "mu_nu": rf"$\mu_\nu = {MU_NU * 1e12:g}\times10^{{-12}}\,\mu_B$",
    "chi": rf"$\chi$ model, $M_{{Z′}} = {MASS / 1000:g}$ GeV",
}


def compute(cards: "Mapping[str, Card]", *, method: str = "one-sided") -> FigureData:
    """Compute the figure.

    Parameters
    ----------
    cards : mapping of str to Card
        By the names of `CARDS`.
    method : str
        Without effect: the figure has no limits.
    """
    from detsim.detector import uniform_edges

    (card,) = cards.values()
    narrow = card.experiment
    edges = uniform_edges(narrow.detector.edges[0], WIDE_END, WIDE_STEP)
    wide = replace(narrow, detector=replace(narrow.detector, edges=edges))
    fine = replace(narrow, detector=replace(narrow.detector, edges=FINE_EDGES))
    return FigureData(
        title="Expected events per bin in LAMA: standard model, magnetic moment, and χ model",
        caption=(
            "Events per bin of the measured energy; no limit is drawn, so no confidence level and no Δχ² "
            "enters, and no errors are shown. Squares: standard model; stars: with a neutrino magnetic "
            f"moment of {MU_NU:g} μ_B; circles: χ model of E6 with M_Z' = {MASS / 1000:g} GeV, γ = "
            f"(M_Z/M_Z')²; (g_L + c_L) and g_R exchanged for antineutrinos; {describe_model(card.model)}. "
            f"{describe_experiments({'LAMA': narrow, 'LAMA up to 40 keV': wide}, card.model.standard())} The "
            "paper states no flux: the geometry is an assumption, which scales all counts alike. The lower "
            "panels show the ratio to the standard model, the points at the centres of the same bins, the "
            "lines in bins of 0.5 keV below 10 keV and of 2 keV above. The last bin of the left panels is "
            "narrower than the others."
        ),
        note=(
            f"no background, no errors; {short_model(card.model)}",
            short_experiment(narrow),
            f"right: {len(edges) - 1} bins of {WIDE_STEP * 1000:g} keV up to {WIDE_END * 1000:g} keV",
        ),
        columns=COLUMNS,
        rows=(*_rows(PAPER, narrow, card), *_rows(WIDE, wide, card), *_rows(FINE, fine, card)),
    )


def _rows(label: str, experiment: "Experiment", card: "Card") -> list[tuple[float | str, ...]]:
    import numpy as np

    from detsim.expectation import fold
    from simgen.interaction import E6
    from simgen.parameters import gamma_from_mass

    standard = card.model.standard()
    folded = fold(experiment, standard)
    chi = E6(
        beta="chi",
        gamma=gamma_from_mass(MASS),
        sin2_theta_w=standard.sin2_theta_w,
        corrections=standard.corrections,
    )
    counts = np.array([folded.signal(m)[1:-1] for m in (standard, standard.vary(mu_nu=MU_NU), chi)])
    low, high = (
        np.array(experiment.detector.edges[:-1]) * 1000,
        np.array(experiment.detector.edges[1:]) * 1000,
    )
    table = np.column_stack([low, high, *counts, counts[1] / counts[0], counts[2] / counts[0]])
    return [(label, *(float(cell) for cell in row)) for row in table]


def draw(figure: "Figure", data: FigureData) -> None:
    """Draw the counts above their ratios to the standard model, for both ranges."""
    grid = figure.subplots(2, 2, sharex="col", height_ratios=(2, 1))
    for column, label in enumerate((PAPER, WIDE)):
        _counts(grid[0, column], data, label)
        _ratios(grid[1, column], data, label)
    grid[0, 0].set_ylabel("events per bin")
    grid[1, 0].set_ylabel("ratio to SM")
    grid[0, 0].legend(loc="lower left")


def _counts(ax: "Axes", data: FigureData, label: str) -> None:
    import numpy as np

    low, high = data.column("T_low_keV", range=label), data.column("T_high_keV", range=label)
    standard = data.column("SM", range=label)
    ax.stairs(standard, np.append(low, high[-1]), color="#b0b0b0", linewidth=0.8)
    for name, mark in _MARKS.items():
        y = data.column(name, range=label)
        hollow: dict[str, Any] = {} if "color" in mark else {"color": ink(), "markerfacecolor": paper()}
        ax.plot(_centres(data, label), y, linestyle="none", label=_LABELS[name], **hollow, **mark)
    ax.set_xlim(low[0], high[-1])
    ax.set_ylim(0, None)


def _ratios(ax: "Axes", data: FigureData, label: str) -> None:
    ax.axhline(1, color=ink(), linewidth=0.8)
    for name in ("mu_nu", "chi"):
        mark = _MARKS[name]
        ax.plot(
            _centres(data, FINE),
            data.column(f"{name}_over_SM", range=FINE),
            linewidth=0.9,
            color=mark["color"],
        )
        ax.plot(_centres(data, label), data.column(f"{name}_over_SM", range=label), linestyle="none", **mark)
    ax.set_ylim(0.99, 1.07)
    ax.set_xlabel(r"$T_\mathrm{reco}$ [keV]")


def _centres(data: FigureData, label: str) -> "NDArray[np.float64]":
    return (data.column("T_low_keV", range=label) + data.column("T_high_keV", range=label)) / 2
