"""Plots of the profile likelihood: of the parameter of interest, and of two parameters fitted at once."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from macros.plots.inference import parameter_axis
from macros.plots.methods import BLUE, GREEN, GREY, SKY, VERMILION
from macros.plots.style import add_note, ink, new_figure, styled
from macros.words import end_text, plane_warnings

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    from analysis.contours import PlaneResult
    from analysis.fits import FitResult, LimitResult
    from analysis.quotation import Scale

__all__ = ["PROFILED", "contour_plot", "profile_plot"]

PROFILED = "all nuisance parameters are fitted anew at each point"

_FEW_POINTS = 30
"""Number of values below which each is marked, because nothing was computed between them."""
_MOST_EXCLUDED = 2
"""Excluded minima outside the frame that are named one by one; more are only counted."""
_HEIGHT, _LINE, _LINES = 3.6, 0.16, 2
"""Height of a figure and of a line below it [inch]; it is higher if there are more lines."""
_LABEL = 0.065
"""Distance of labels beside an axis, as a fraction of its height."""


@styled()
def profile_plot(
    values: "ArrayLike",
    profile: "ArrayLike",
    *,
    fit: "FitResult",
    limit: "LimitResult | None" = None,
    note: Sequence[str] = (),
    levels: Sequence[float] = (),
) -> "Figure":
    """Draw the profile likelihood of the parameter of interest, with interval and limit.

    Parameters
    ----------
    values : array_like, shape (n,)
        Values of the parameter, in internal units.
    profile : array_like, shape (n,)
        -2 Δln L there, 0 at the minimum.
    fit : FitResult
    limit : LimitResult, optional
    note : sequence of str
        Lines below the picture.
    levels : sequence of float
        Confidence levels whose lines are drawn beside that of the fit.

    Returns
    -------
    Figure
    """
    import numpy as np
    from scipy.special import ndtri

    name, unit = parameter_axis(fit.poi, *_quoted_values(fit, limit))
    scale = unit.factor
    x, y = np.asarray(values, np.float64) * scale, np.asarray(profile, np.float64)
    threshold = float(ndtri((1 + fit.level) / 2) ** 2)
    lines = list(note)
    figure = new_figure(4.6, _HEIGHT)
    ax = figure.subplots()
    ax.plot(x, y, color=ink(), marker="o" if len(x) < _FEW_POINTS else "", markersize=3)
    heights = [(threshold, f"{fit.level * 100:.3g} %: {threshold:.4g}", BLUE)]
    others = {level: float(ndtri((1 + level) / 2) ** 2) for level in levels if level != fit.level}
    heights += [(height, f"{level * 100:.3g} %: {height:.4g}", GREY) for level, height in others.items()]
    estimate = fit.estimate
    if fit.valid and estimate.value is not None:
        method = {"minos": "MINOS", "hesse": "Hesse"}[fit.method]
        which = f"interval of the fit, {fit.level * 100:.3g} % by {method}"
        ends = _scaled(estimate.lower, scale), _scaled(estimate.upper, scale)
        if _draw_band(ax, ends, x, color=SKY, alpha=0.35, label=f"{method}, {fit.level * 100:.3g} %"):
            lines.append(f"blue: {which}{_cut(ends, x, fit, unit)}")
        else:
            lines.append(f"outside of the picture: {which}, {_region(ends, fit, unit)}")
        if x[0] <= estimate.value * scale <= x[-1]:
            ax.axvline(estimate.value * scale, color=BLUE, linewidth=1.0)
        else:
            lines.append(f"outside of the picture: the estimate, {unit.text(estimate.value, digits=4)}")
        lines += _other_minima(ax, fit, x, unit)
    else:
        lines.append(f"no interval: {fit.reason}")
    if limit is not None:
        heights.append((limit.delta_chi2, f"limit: {limit.delta_chi2:.4f}", VERMILION))
        kind = f"{limit.level * 100:.4g} % C.L. {limit.method}, Δχ² = {limit.delta_chi2:.4f}"
        if limit.upper is None:
            lines.append(f"no limit at {kind}")
        else:
            ax.axvline(limit.upper * scale, color=VERMILION, linestyle="--", linewidth=1.2)
            lines.append(
                f"dashed: upper limit {unit.text(limit.upper)} at {kind}, above the physical minimum"
            )
    top = max(threshold, limit.delta_chi2 if limit else 0.0)
    ax.set_ylim(0, max(2.2 * top, *(1.4 * height for height in others.values()), 0.0))
    ax.set_xlim(x[0], x[-1])
    _draw_levels(ax, heights)
    ax.set_xlabel(name)
    ax.set_ylabel(r"$-2\,\Delta\ln L$")
    if ax.get_legend_handles_labels()[0]:
        figure.legend(loc="outside upper left", ncols=2)
    figure.set_figheight(_HEIGHT + _LINE * max(len(lines) - _LINES, 0))
    add_note(figure, lines)
    return figure


def _quoted_values(fit: "FitResult", limit: "LimitResult | None") -> list[float | None]:
    """Return the values that decide the unit: those of the text of the fit, else the limit."""
    estimate = fit.estimate
    if estimate.value:
        return [estimate.value, estimate.error]
    return [estimate.lower, estimate.upper, limit.upper if limit else None]


def _scaled(end: float | None, scale: float) -> float | None:
    return None if end is None else end * scale


def _cut(
    ends: tuple[float | None, float | None], x: "NDArray[np.float64]", fit: "FitResult", unit: "Scale"
) -> str:
    """Say that the picture cuts a region, and where it ends."""
    lowest, highest = (
        last * unit.factor if end is None else end for end, last in zip(ends, fit.estimate.range, strict=True)
    )
    margin = 1e-9 * float(x[-1] - x[0])
    if lowest >= x[0] - margin and highest <= x[-1] + margin:
        return ""
    return f", cut by the picture: {_region(ends, fit, unit)}"


def _region(ends: tuple[float | None, float | None], fit: "FitResult", unit: "Scale") -> str:
    """Write a region as the text of a fit has it: with the end of the range, if that is reached."""
    last = (end * unit.factor for end in fit.estimate.range)
    return unit.joined(f"[{', '.join(map(end_text, ends, last))}]")


def _draw_band(
    ax: "Axes",
    ends: tuple[float | None, float | None],
    x: "NDArray[np.float64]",
    *,
    color: str,
    alpha: float,
    label: str,
) -> bool:
    """Draw a band, an end of None being open, and tell whether any of it is in the picture."""
    low, high = (float(edge) if end is None else end for end, edge in zip(ends, (x[0], x[-1]), strict=True))
    if high < x[0] or low > x[-1]:
        return False
    ax.axvspan(max(low, x[0]), min(high, x[-1]), color=color, alpha=alpha, linewidth=0, label=label)
    return True


def _other_minima(ax: "Axes", fit: "FitResult", x: "NDArray[np.float64]", unit: "Scale") -> list[str]:
    """Draw what is allowed around other minima; say where these are, and others outside of the picture."""
    level, scale = f"{fit.level * 100:.3g} %", unit.factor
    lines, excluded, label = [], [], "allowed around another minimum"
    for minimum in fit.minima[1:]:
        at = f"at {unit.text(minimum.value, digits=4)} and {_higher(minimum.rise)}"
        if not minimum.allowed:
            if not x[0] <= minimum.value * scale <= x[-1]:
                excluded.append(f"outside of the picture: another minimum, {at}, excluded at {level}")
            continue
        ends = _scaled(minimum.lower, scale), _scaled(minimum.upper, scale)
        if _draw_band(ax, ends, x, color=GREEN, alpha=0.2, label=label):
            lines.append(f"green: allowed at {level} around another minimum, {at}{_cut(ends, x, fit, unit)}")
            label = "_"  # one entry of the legend is enough
        else:
            region = f"outside of the picture: {_region(ends, fit, unit)}, allowed at {level}"
            lines.append(f"{region} around another minimum, {at}")
    if len(excluded) > _MOST_EXCLUDED:
        return [*lines, f"outside of the picture: {len(excluded)} other minima, excluded at {level}"]
    return lines + excluded


def _higher(rise: float) -> str:
    """Say how much higher another minimum is."""
    return f"higher by {rise:.3g}" if rise > 1e-6 else "equally deep"


def _draw_levels(ax: "Axes", heights: Sequence[tuple[float, str, str]]) -> None:
    """Draw lines at heights of -2 Δln L, with labels at the right of the axes, where nothing crosses them.

    Labels that would touch are moved apart.
    """
    _, top = ax.get_ylim()
    previous = -math.inf
    for height, text, color in sorted(heights):
        ax.axhline(height, color=color, linestyle=":", linewidth=1.0)
        at = max(height, previous + _LABEL * top)
        previous = at
        ax.text(
            1.015, at, text, transform=ax.get_yaxis_transform(), color=color, fontsize="small", va="center"
        )


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
    cut = _cut_regions(result, thresholds)
    add_note(figure, [*note, kind, *([cut] if cut else []), *plane_warnings(result, thresholds)])
    return figure


def _cut_regions(result: "PlaneResult", thresholds: Mapping[float, float]) -> str:
    """Say which regions the range of the picture cuts; empty if none."""
    border = (result.delta[0], result.delta[-1], result.delta[:, 0], result.delta[:, -1])
    lowest = min(float(edge.min()) for edge in border)
    levels = [f"{100 * level:g} %" for level, height in thresholds.items() if lowest < height]
    return f"cut by the range of the picture: the region of {' and '.join(levels)}" if levels else ""
