"""Plot of two parameters fitted at once."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from macros.plots.inference import parameter_axis
from macros.plots.methods import BLUE, SKY
from macros.plots.style import add_note, ink, new_figure, styled
from macros.words import plane_warnings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.contours import PlaneResult

__all__ = ["PROFILED", "contour_plot"]

PROFILED = "all nuisance parameters are fitted anew at each point"


@styled()
def contour_plot(
    result: "PlaneResult", thresholds: Mapping[float, float], *, title: str = "", note: Sequence[str] = ()
) -> "Figure":
    """Draw the regions that two parameters may have.

    Parameters
    ----------
    result : PlaneResult
    thresholds : mapping of float to float
        Confidence levels and their -2 Δln L, ascending.
    title : str
    note : sequence of str
        Lines below the picture.
    """
    figure = new_figure(6.4, 4.8)
    ax = figure.add_subplot()
    ends = ((float(v[0]), float(v[-1])) for v in (result.x, result.y))
    axes = [parameter_axis(name, *pair) for name, pair in zip(result.names, ends, strict=True)]
    (label_x, unit_x), (label_y, unit_y) = axes
    scale_x, scale_y = unit_x.factor, unit_y.factor
    x, y = scale_x * result.x, scale_y * result.y
    colours = (BLUE, SKY)
    lowest, highest = float(result.delta.min()), float(result.delta.max())
    bounds = [min(0.0, lowest), *thresholds.values()]  # below 0 outside the physical range
    fills = ax.contourf(x, y, result.delta, levels=bounds, colors=colours[: len(thresholds)], alpha=0.5)
    fills.set_edgecolor("none")
    drawn = [(t, c) for t, c in zip(bounds[1:], colours, strict=False) if lowest < t < highest]
    if drawn:
        levels, lines = zip(*drawn, strict=True)
        ax.contour(x, y, result.delta, levels=levels, colors=lines, linewidths=1.4)
    for (level, _), colour in zip(thresholds.items(), colours, strict=False):
        ax.fill_between([], [], color=colour, alpha=0.5, label=f"{100 * level:g} %")
    if all(v[0] <= b <= v[-1] for v, b in zip((result.x, result.y), result.best, strict=True)):
        best = scale_x * result.best[0], scale_y * result.best[1]
        # on the frame, too
        ax.plot(*best, "+", color=ink(), ms=9, mew=1.5, label="minimum", clip_on=False, zorder=5)
    for axis, values in (("x", result.x), ("y", result.y)):
        if values[0] > 0 and len(values) > 2:
            ratios = values[1:] / values[:-1]
            if ratios.max() < ratios.min() * (1 + 1e-6):  # equal ratios were asked for
                getattr(ax, f"set_{axis}scale")("log")
    ax.set_xlim(x[0], x[-1])
    ax.set_ylim(y[0], y[-1])
    ax.set_xlabel(label_x)
    ax.set_ylabel(label_y)
    ax.set_title(title, loc="left")
    figure.legend(*ax.get_legend_handles_labels(), loc="outside upper right", ncols=3)
    stated = ", ".join(f"{100 * level:g} %: {value:.4f}" for level, value in thresholds.items())
    kind = f"-2 Δln L of two parameters above the minimum; {PROFILED}; {stated}"
    cut = _cut(result, thresholds)
    add_note(figure, [*note, kind, *([cut] if cut else []), *plane_warnings(result, thresholds)])
    return figure


def _cut(result: "PlaneResult", thresholds: Mapping[float, float]) -> str:
    """Say which regions the range of the picture cuts; empty if none."""
    border = (result.delta[0], result.delta[-1], result.delta[:, 0], result.delta[:, -1])
    lowest = min(float(edge.min()) for edge in border)
    levels = [f"{100 * level:g} %" for level, height in thresholds.items() if lowest < height]
    return f"cut by the range of the picture: the region of {' and '.join(levels)}" if levels else ""
