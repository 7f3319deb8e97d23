"""Counts of one or several experiments along energy and distance: data, expectation, fitted model, pulls."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from macros.plots.counts import Counts, counts_along, draw_counts, draw_pulls, draw_ratio
from macros.plots.figure_data import Cell, FigureData
from macros.plots.methods import BLUE
from macros.plots.style import add_note, new_figure, plain_text, styled

if TYPE_CHECKING:
    import hist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    from detsim.expectation import Expectation

__all__ = ["CountsFigure", "Panel", "TrueEventsFigure", "panels_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Counts of one experiment along one axis.

    Parameters
    ----------
    experiment : str
    axis : {"energy", "distance"}
    counts : Counts
    summed : bool
        Whether they are summed over bins of the other axis.
    """

    experiment: str
    axis: Literal["energy", "distance"]
    counts: Counts
    summed: bool = False


def panels_of(
    experiment: str,
    data: "hist.Hist[Any] | None",
    expected: "Expectation",
    *,
    distance_edges: "ArrayLike | None" = None,
    fitted: "ArrayLike | None" = None,
    errors: "ArrayLike | None" = None,
) -> tuple[Panel, ...]:
    """Make the panels of an experiment: along the energy and, where it is measured, along the distance.

    Parameters
    ----------
    experiment : str
        Its name.
    data : hist.Hist or None
        Counts in the measured energy [MeV], or in distance [cm] and energy; None: only the expectation.
    expected : Expectation
        In the same bins.
    distance_edges : array_like, optional
        Of the bins of the distance [cm].
    fitted, errors : array_like, shape (n_bins,), optional
        Counts of the fitted model, background included, with which the data are then compared; absolute
        errors of the bins, those of the paper's χ², without which they have counting errors.
    """
    import numpy as np

    unit, scale = _energy_unit(float(expected.edges[-1]))
    n_energies = len(expected.edges) - 1
    shape = (n_energies,) if distance_edges is None else (len(np.asarray(distance_edges)) - 1, n_energies)
    common: dict[str, Any] = {"fitted": fitted, "errors": errors, "shape": shape}
    along = counts_along(-1, data, expected, edges=np.asarray(expected.edges) * scale, unit=unit, **common)
    summed = distance_edges is not None
    panels = [Panel(experiment=experiment, axis="energy", counts=along, summed=summed)]
    if distance_edges is not None:
        metres = np.asarray(distance_edges) / 100
        along = counts_along(0, data, expected, edges=metres, unit="m", **common)
        panels.append(Panel(experiment=experiment, axis="distance", counts=along, summed=summed))
    return tuple(panels)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountsFigure:
    """Counts in panels, one below the other.

    Parameters
    ----------
    panels : tuple of Panel
    title : str
        Of the table.
    expected, fitted, data : str
        What the expectation, the fitted model and the data are called, such as "standard model",
        "fit of E6 χ" and "simulated data".
    note : tuple of str
        Lines below the picture.
    """

    panels: tuple[Panel, ...]
    title: str
    expected: str = "expected"
    fitted: str = "fit"
    data: str = "data"
    note: tuple[str, ...] = ()

    def numbers(self) -> FigureData:
        """Collect the numbers: one row a bin of a panel."""
        rows = [row for panel in self.panels for row in _rows(panel)]
        return FigureData(
            title=self.title,
            caption=f"data: {self.data}, between low and high, with the error bars drawn (below, above); "
            f"expected: {self.expected}, background included; fitted: {self.fitted}; pull: "
            "(data - model)/sigma, model: fitted, or else expected",
            note=self.note,
            columns=(
                *("experiment", "axis", "unit", "low", "high", "data", "below", "above"),
                *("expected", "background", "fitted", "sigma", "pull"),
            ),
            rows=tuple(rows),
        )

    @styled()
    def draw(self) -> "Figure":
        """Draw the panels; below those with data their pulls, or along the distance the ratio."""
        heights: list[float] = []
        for panel in self.panels:
            heights += [3.0] if panel.counts.data is None else [3.0, 1.0 if panel.axis == "energy" else 2.0]
        figure = new_figure(5.6, 0.4 + 1.0 * sum(heights))
        axes = list(figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0])
        several = len({panel.experiment for panel in self.panels}) > 1
        for panel in self.panels:
            top = axes.pop(0)
            bottom = axes.pop(0) if panel.counts.data is not None else None
            self._draw(panel, top, bottom)
            if several:
                top.set_title(plain_text(panel.experiment), loc="left")
        figure.align_ylabels()
        add_note(figure, (*self.note, *self._lines()))
        return figure

    def _draw(self, panel: Panel, top: "Axes", bottom: "Axes | None") -> None:
        c = panel.counts
        draw_counts(top, c, signal=f"{self.expected}, signal", label=self.fitted, data_label=self.data)
        top.set_xlim(c.edges[0], c.edges[-1])
        last = top
        if bottom is not None:
            top.tick_params(labelbottom=False)
            bottom.sharex(top)
            last = bottom
            if panel.axis == "energy":
                draw_pulls(bottom, c)
                bottom.set_ylabel("pull")
            else:
                draw_ratio(bottom, c)
                bottom.set_ylabel("ratio")
        symbol = r"T_\mathrm{reco}" if panel.axis == "energy" else r"L_\mathrm{reco}"
        last.set_xlabel(f"${symbol}$ [{c.unit}]")

    def _lines(self) -> list[str]:
        """Say what pulls, ratios, error bars and sums are."""
        shown = [panel for panel in self.panels if panel.counts.data is not None]
        lines = []
        if any(panel.axis == "energy" for panel in shown):
            name = self.fitted if any(p.counts.fitted is not None for p in shown) else self.expected
            sigmas = " or ".join(dict.fromkeys(p.counts.sigma_label for p in shown))
            lines.append(f"pull: (data − model)/{sigmas}, model: {name}")
        if any(panel.axis == "distance" for panel in shown):
            lines.append(f"ratio: to {self.expected}, background included")
        bars = " or ".join(dict.fromkeys(panel.counts.bars for panel in shown))
        lines += [f"error bars: {bars}"] if bars else []
        over = {"energy": "distance", "distance": "energy"}
        summed = dict.fromkeys(over[panel.axis] for panel in self.panels if panel.summed)
        return [*lines, *(f"summed over the bins of the {axis}" for axis in summed)]


def _rows(panel: Panel) -> list[tuple[Cell, ...]]:
    c = panel.counts
    no_bars = c.data is None
    columns = (
        *(c.edges[:-1], c.edges[1:], c.data, None if no_bars else c.below, None if no_bars else c.above),
        *(c.standard, c.background, c.fitted, c.sigma, c.pulls),
    )
    rows: list[tuple[Cell, ...]] = []
    for i in range(len(c.half)):
        cells = [
            None if column is None or not math.isfinite(column[i]) else float(column[i]) for column in columns
        ]
        rows.append((panel.experiment, panel.axis, c.unit, *cells))
    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueEventsFigure:
    """Recoils of true events, or measured energies of which no expectation is known.

    Parameters
    ----------
    edges : ndarray, shape (n + 1,)
        Of the energy [MeV].
    counts, sigma : ndarray, shape (n,)
        Events, or sums of weights, and their errors.
    title : str
        Of the table.
    note : tuple of str
    measured : bool
        Whether the energies are measured ones.
    """

    edges: "NDArray[Any]"
    counts: "NDArray[Any]"
    sigma: "NDArray[Any]"
    title: str
    note: tuple[str, ...] = ()
    measured: bool = False

    def numbers(self) -> FigureData:
        """Collect the numbers: one row a bin."""
        columns = (self.edges[:-1], self.edges[1:], self.counts, self.sigma)
        return FigureData(
            title=self.title,
            caption=f"events: events, or sums of their weights, whose {self._what} lies between low and "
            "high, with the root of the sum of squared weights as error",
            note=self.note,
            columns=("low [MeV]", "high [MeV]", "events", "error"),
            rows=tuple(tuple(map(float, row)) for row in zip(*columns, strict=True)),
        )

    @property
    def _what(self) -> str:
        return "measured energy" if self.measured else "true recoil"

    @styled()
    def draw(self) -> "Figure":
        """Draw the histogram with its errors."""
        unit, scale = _energy_unit(float(self.edges[-1]))
        edges = self.edges * scale
        figure = new_figure(5.6, 3.4)
        ax = figure.subplots()
        ax.stairs(self.counts, edges, color=BLUE, fill=True, alpha=0.3, label=f"simulated, {self._what}")
        ax.stairs(self.counts, edges, color=BLUE, linewidth=1.0)
        low, high = self.counts - self.sigma, self.counts + self.sigma
        ax.vlines((edges[1:] + edges[:-1]) / 2, low, high, color=BLUE, linewidth=0.8)
        ax.set_xlim(edges[0], edges[-1])
        ax.set_ylim(bottom=0)
        ax.set_xlabel(f"$T_\\mathrm{{reco}}$ [{unit}]" if self.measured else f"$T$ [{unit}]")
        ax.set_ylabel(f"events per {edges[1] - edges[0]:.3g} {unit}")
        ax.legend(loc="upper right")
        add_note(figure, self.note)
        return figure


def _energy_unit(highest: float) -> tuple[str, float]:
    """Return the unit in which energies up to a highest one [MeV] are drawn, and 1 MeV in it."""
    return ("keV", 1e3) if highest < 2 else ("MeV", 1.0)
