"""Pictures of studies of pseudo-experiments, and their numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from macros.plots.figure_data import Cell, FigureData
from macros.plots.inference import parameter_axis
from macros.plots.methods import BAND_ONE, BAND_TWO, BLUE, VERMILION
from macros.plots.style import add_note, ink, new_figure, styled
from macros.words import band_texts, verdict_lines

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from analysis.pseudo_experiments import ToyDistributions
    from analysis.studies import CoverageStudy, HypothesisComparison

__all__ = ["ComparisonFigure", "coverage_data", "toys_data", "toys_plot"]

_SIGMAS = ("-2", "-1", "0", "1", "2")
_LIMIT_BINS = 60
_TAIL = 5e-4
"""Fraction of the limits that is left out at each end of the picture."""


def coverage_data(study: "CoverageStudy", *, note: Sequence[str] = ()) -> FigureData:
    """Collect the numbers of `coverage_plot`."""
    rows = [
        (p.value, name, m.fraction, m.low, m.high, m.verdict, float(p.n_toys), float(p.n_failed))
        for p in sorted(study.points, key=lambda p: p.value)
        for name, m in p.methods.items()
    ]
    return FigureData(
        title=f"Coverage of intervals of {study.parameter} at {100 * study.level:g} %",
        caption="Fraction of pseudo-experiments whose interval holds the true value; failed toys do not "
        "cover. low and high: interval of Clopper and Pearson at 99.7 %; verdict: whether it holds the level",
        note=(*note, *verdict_lines(study)),
        columns=(
            f"true {study.parameter}",
            "method",
            "coverage",
            "low",
            "high",
            "verdict",
            "toys",
            "failed",
        ),
        rows=tuple(rows),
    )


def toys_data(found: "ToyDistributions", *, note: Sequence[str] = ()) -> FigureData:
    """Collect the numbers of `toys_plot`."""
    pulls, limits = _pulls(found), _limits(found)
    below, above = int(found.pulls[0]), int(found.pulls[-1])
    rows: list[tuple[Cell, ...]] = [("pull", *row, None) for row in pulls]
    rows += [("pull outside", None, pulls[0][0], float(below), None, None)]
    rows += [("pull outside", pulls[-1][1], None, float(above), None, None)]
    rows += [("limit", low, high, n, None, None) for low, high, n in limits]
    band = zip(_SIGMAS, found.band, found.band_errors, strict=True)
    rows += [(f"limit at {s} sigma", x, x, None, None, error) for s, x, error in band]
    return FigureData(
        title=f"Pulls and one-sided limits of {found.parameter} in {found.n_toys} pseudo-experiments",
        caption="pull: (estimate - truth)/Hesse error, beside a unit Gaussian of as many toys as lie between "
        "-5 and 5; pull outside: toys beyond; limit: "
        f"one-sided upper limits at {100 * found.level:g} %, of which those without end count as infinite, "
        f"and their quantiles with statistical errors. True {found.parameter}: {found.truth:g}. "
        f"{found.n_failed} toys failed.",
        note=tuple(note),
        columns=("quantity", "low", "high", "toys", "unit Gaussian", "error"),
        rows=tuple(rows),
    )


def _pulls(toys: "ToyDistributions") -> list[tuple[float, float, float, float]]:
    """Bin the pulls as finely as their number allows: low, high, toys, and what a unit Gaussian gives."""
    from scipy.special import ndtr

    from analysis.pseudo_experiments import PULLS

    n, inside = float(toys.moments[0]), float(toys.pulls[1:-1].sum())
    merged = 1 if n >= 1e5 else 2 if n >= 1e3 else 5
    edges = PULLS[::merged]
    counts = toys.pulls[1:-1].reshape(-1, merged).sum(axis=1)
    gaussian = inside * (ndtr(edges[1:]) - ndtr(edges[:-1]))
    rows = zip(edges[:-1], edges[1:], counts, gaussian, strict=True)
    return [(float(a), float(b), float(k), float(g)) for a, b, k, g in rows]


def _limits(toys: "ToyDistributions") -> list[tuple[float, float, float]]:
    """Bin the limits between their outermost quantiles: low, high, toys."""
    import numpy as np

    low, high = toys.quantile(_TAIL), toys.quantile(1 - _TAIL)
    inside = np.flatnonzero(toys.limits[1:-1])
    if not len(inside):
        return []
    first = inside[0] if low is None else int(np.searchsorted(toys.edges, low, side="right")) - 1
    last = inside[-1] if high is None else int(np.searchsorted(toys.edges, high, side="right")) - 1
    n_bins = min(_LIMIT_BINS, max(10, round(2 * toys.n_toys ** (1 / 3))))
    merged = max(1, math.ceil((last + 1 - first) / n_bins))
    starts = np.arange(first, last + 1, merged)
    ends = np.minimum(starts + merged, len(toys.edges) - 1)
    total = np.concatenate([[0], np.cumsum(toys.limits[1:-1])])
    counts = total[ends] - total[starts]
    rows = zip(toys.edges[starts], toys.edges[ends], counts, strict=True)
    return [(float(a), float(b), float(k)) for a, b, k in rows]


@styled()
def toys_plot(found: "ToyDistributions", *, note: Sequence[str] = ()) -> "Figure":
    """Draw the pulls beside a unit Gaussian, and the upper limits with their median and band.

    Parameters
    ----------
    found : ToyDistributions
    note : sequence of str
        Lines below the picture.

    Returns
    -------
    Figure
    """
    figure = new_figure(6.6, 3.2)
    left, right = figure.subplots(1, 2)
    _draw_pulls(left, found)
    lines = _draw_limits(right, found)
    mean, width = (f"{x:.4f}" if x is not None else "–" for x in found.pull_moments)
    below, above = int(found.pulls[0]), int(found.pulls[-1])
    counted = f"{found.n_toys} pseudo-experiments, {found.n_failed} failed; true value {found.truth:g}"
    pulls = f"all pulls: mean {mean}, standard deviation {width}; {below} below -5, {above} above 5"
    add_note(figure, (*note, counted, pulls, *lines))
    return figure


def _draw_pulls(ax: "Axes", toys: "ToyDistributions") -> None:
    import numpy as np

    rows = np.array(_pulls(toys))
    edges = np.append(rows[:, 0], rows[-1, 1])
    ax.stairs(rows[:, 2], edges, color=BLUE, fill=True, alpha=0.3)
    ax.stairs(rows[:, 2], edges, color=BLUE, linewidth=1.0, label="toys")
    x = np.linspace(-5, 5, 401)
    density = np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    inside, below, above = rows[:, 2].sum(), int(toys.pulls[0]), int(toys.pulls[-1])
    gaussian = "unit Gaussian" if below + above == 0 else "unit Gaussian of the toys shown"
    ax.plot(x, inside * (edges[1] - edges[0]) * density, color=VERMILION, label=gaussian)
    for n, x_text, side, text in ((below, 0.03, "left", f"← {below}"), (above, 0.97, "right", f"{above} →")):
        if n:
            ax.text(
                x_text, 0.9, text, transform=ax.transAxes, ha=side, va="center", fontsize="small", color=BLUE
            )
    ax.set_xlim(-5, 5)
    ax.set_ylim(bottom=0)
    ax.set_xlabel("(estimate − truth) / error")
    ax.set_ylabel("toys per bin")
    _legend_above(ax)


def _legend_above(ax: "Axes") -> None:
    """Explain what is drawn above the axes, where it covers nothing."""
    ax.legend(
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncols=3,
        fontsize="x-small",
        handlelength=1.4,
        columnspacing=1.2,
    )


def _draw_limits(ax: "Axes", toys: "ToyDistributions") -> list[str]:
    name, unit = parameter_axis(toys.parameter, *toys.band)
    scale = unit.factor
    kind = f"limits: one-sided, {100 * toys.level:g} %"
    ax.set_xlabel(f"upper limit on {name}")
    rows = _limits(toys)
    if not rows:
        ax.text(0.5, 0.5, "no toy has a limit", transform=ax.transAxes, ha="center")
        return [f"{kind}; no toy has one"]
    edges = [scale * r[0] for r in rows] + [scale * rows[-1][1]]
    band = [None if b is None else b * scale for b in toys.band]
    _draw_band(ax, band, edges)
    ax.stairs([r[2] for r in rows], edges, color=ink(), linewidth=1.0)
    ax.set_xlim(edges[0], edges[-1])
    ax.set_ylim(bottom=0)
    ax.set_ylabel("toys per bin")
    _legend_above(ax)
    within = f" in {unit.unit}" if unit.unit else ""
    stated = ", ".join(band_texts(toys.band, toys.band_errors, unit))
    return [f"{kind}, at -2 … +2 σ of the toys{within}:", stated]


def _draw_band(ax: "Axes", band: "list[float | None]", edges: "list[float]") -> None:
    two_low, low, median, high, two_high = band
    for a, b, color, text in (
        (two_low, two_high, BAND_TWO, r"$\pm2\sigma$"),
        (low, high, BAND_ONE, r"$\pm1\sigma$"),
    ):
        ax.axvspan(
            edges[0] if a is None else a,
            edges[-1] if b is None else b,
            color=color,
            linewidth=0,
            label=text,
            alpha=0.7,
        )
    if median is not None:
        ax.axvline(median, color=ink(), linestyle=":", label="median")


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonFigure:
    """Two models compared: the difference in -2 ln L of the data, and of pseudo-experiments of each model.

    Parameters
    ----------
    result : HypothesisComparison
    differences : ndarray, shape (2, n)
        -2 ln L_A + 2 ln L_B of pseudo-experiments of A and of B; NaN where a fit failed.
    note : tuple of str
        Lines below the picture.
    """

    result: "HypothesisComparison"
    differences: "NDArray[Any]"
    note: tuple[str, ...] = ()

    def _bins(self) -> "tuple[NDArray[Any], list[NDArray[Any]], list[int]]":
        """Bin the differences between their outermost quantiles; count those outside."""
        import numpy as np

        rows = [row[np.isfinite(row)] for row in self.differences]
        every = np.concatenate([*rows, [self.result.delta]])
        low, high = np.quantile(every, [_TAIL, 1 - _TAIL])
        low, high = min(low, self.result.delta), max(high, self.result.delta)
        margin = 0.03 * (high - low) or 0.5
        n_bins = min(_LIMIT_BINS, max(12, round(2 * len(every) ** (1 / 3))))
        edges = np.linspace(low - margin, high + margin, n_bins + 1)
        counts = [np.histogram(row, edges)[0] for row in rows]
        return edges, counts, [len(row) - int(n.sum()) for row, n in zip(rows, counts, strict=True)]

    def numbers(self) -> FigureData:
        """Collect the numbers: one row a bin."""
        edges, (a, b), outside = self._bins()
        rows = [
            (float(low), float(high), float(k), float(m))
            for low, high, k, m in zip(edges[:-1], edges[1:], a, b, strict=True)
        ]
        return FigureData(
            title=f"Comparison of A, {self.result.a.model}, with B, {self.result.b.model}",
            caption="-2 ln L_A + 2 ln L_B between low and high: pseudo-experiments of A and of B; outside of "
            f"the bins are {outside[0]} of A and {outside[1]} of B. The data have {self.result.delta:.6g}",
            note=self.note,
            columns=("low", "high", "toys of A", "toys of B"),
            rows=tuple(rows),
        )

    @styled()
    def draw(self) -> "Figure":
        """Draw both distributions and the data."""
        edges, counts, outside = self._bins()
        figure = new_figure(4.6, 3.4)
        ax = figure.subplots()
        lines = [*self.note]
        fits = (("A", self.result.a, BLUE, "-"), ("B", self.result.b, VERMILION, "--"))
        for (letter, fit, colour, line), n in zip(fits, counts, strict=True):
            ax.stairs(n, edges, color=colour, fill=True, alpha=0.2)
            ax.stairs(n, edges, color=colour, linestyle=line, linewidth=1.3, label=f"{letter}: {fit.model}")
            p = "none" if fit.p_value is None else f"{fit.p_value:.3g} ± {fit.p_error or 0.0:.1g}"
            failed = f", {fit.n_failed} failed" if fit.n_failed else ""
            lines.append(f"{letter}: p = {p} from {self.result.n_toys} pseudo-experiments{failed}")
        ax.axvline(
            self.result.delta,
            color=ink(),
            linewidth=1.6,
            label=f"data: {round(self.result.delta, 9) + 0.0:.4g}",
        )
        ax.set_xlim(edges[0], edges[-1])
        ax.set_ylim(bottom=0)
        ax.set_xlabel(r"$-2\ln L_A + 2\ln L_B$")
        ax.set_ylabel("toys per bin")
        if any(outside):
            lines.append(f"outside of the picture: {outside[0]} of A, {outside[1]} of B")
        figure.legend(*ax.get_legend_handles_labels(), loc="outside upper left", ncols=2)
        add_note(figure, lines)
        return figure
