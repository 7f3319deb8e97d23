"""Pictures of one fit, and their numbers: scan of the profile likelihood, pulls and impacts."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from macros.plots.figure_data import Cell, FigureData
from macros.plots.inference import parameter_axis
from macros.plots.methods import BLUE, GREY, VERMILION
from macros.plots.style import add_note, ink, new_figure, paper, plain_text, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.fits import FitResult, Impact, Impacts, ProfileScan, Pull

__all__ = ["impacts_data", "impacts_plot", "scan_data"]

_WIDTH = 6.4
"""Of the picture of impacts [inch]."""
_MOST = 30
"""Nuisance parameters in one picture."""


def scan_data(scan: "ProfileScan", fit: "FitResult", *, note: Sequence[str] = ()) -> FigureData:
    """Collect the numbers of a scan of the profile likelihood."""
    rows = [
        tuple(_cell(x) for x in (point, delta, value, *pulls))
        for point, delta, value, pulls in zip(scan.points, scan.delta, scan.values, scan.pulls, strict=True)
    ]
    return FigureData(
        title=f"Profile likelihood of {scan.parameter}",
        caption="delta_2lnL: -2 ln L, minimised over the nuisance parameters, above that of the fit; fval: "
        "-2 ln L against the saturated model; pull_NAME: nuisance parameters at these minima, in standard "
        f"deviations from nominal. Interval of the fit: {100 * fit.level:g} % by {fit.method}",
        note=tuple(note),
        columns=(scan.parameter, "delta_2lnL", "fval", *(f"pull_{name}" for name in scan.nuisances)),
        rows=tuple(rows),
    )


def _cell(value: float | None) -> Cell:
    return None if value is None or not math.isfinite(value) else float(value)


def impacts_data(found: "Impacts", fit: "FitResult", *, note: Sequence[str] = ()) -> FigureData:
    """Collect the numbers of `impacts_plot`: one row a nuisance parameter, the largest impact first."""
    rows = [
        (
            pull.name,
            pull.constraint,
            *map(_cell, (pull.prefit_x, pull.x, pull.x_error, pull.pull, pull.error_ratio)),
            *map(_cell, (impact.up, impact.down, impact.prefit_up, impact.prefit_down)),
        )
        for pull, impact in _pairs(found, fit)
    ]
    return FigureData(
        title=f"Pulls of nuisance parameters, and their impacts on {found.parameter}",
        caption="prefit_x, x, x_error: auxiliary measurement (its error is 1), estimate and Hesse error, in "
        "standard deviations from nominal; pull: their difference; error_ratio: the error after over that "
        f"before the fit; up, down: change of {found.parameter} with the parameter held one error after the "
        "fit up or down and all else fitted again, prefit_up and prefit_down one error before the fit",
        note=tuple(note),
        columns=(
            "parameter",
            "constraint",
            "prefit_x",
            "x",
            "x_error",
            "pull",
            "error_ratio",
            "up",
            "down",
            "prefit_up",
            "prefit_down",
        ),
        rows=tuple(rows),
    )


def _pairs(impacts: "Impacts", fit: "FitResult") -> "list[tuple[Pull, Impact]]":
    pulls = {pull.name: pull for pull in fit.pulls}
    return [(pulls[impact.name], impact) for impact in impacts.impacts]


@styled()
def impacts_plot(found: "Impacts", fit: "FitResult", *, note: Sequence[str] = ()) -> "Figure":
    """Draw pulls of nuisance parameters beside their impacts, the largest at the top.

    Parameters
    ----------
    found : Impacts
        With at least one impact.
    fit : FitResult
        The fit they are of.
    note : sequence of str
        Lines below the picture.
    """
    pairs = _pairs(found, fit)[:_MOST]
    figure = new_figure(_WIDTH, 1.5 + 0.26 * len(pairs))
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(2, 3))
    heights = list(range(len(pairs), 0, -1))
    _draw_pulls(left, [pull for pull, _ in pairs], heights)
    label, unit = parameter_axis(
        found.parameter, *([found.value, found.error] if found.value else [found.error])
    )
    scale = unit.factor
    _draw_impacts(right, [impact for _, impact in pairs], heights, scale)
    left.set_yticks(heights, [plain_text(pull.name) for pull, _ in pairs])
    for ax in (left, right):
        ax.tick_params(axis="y", which="both", left=False, right=False)
        ax.set_ylim(0.4, len(pairs) + 0.6)
    right.set_xlabel(f"change of {label}")
    columns = 2 if figure.get_figwidth() < _WIDTH else 4
    figure.legend(*right.get_legend_handles_labels(), loc="outside upper right", ncols=columns)
    lines = [*note, "impacts: the parameter one error up or down, everything else fitted again"]
    if len(pairs) < len(found.impacts):
        lines.append(f"the {len(pairs)} largest of {len(found.impacts)} nuisance parameters")
    if found.value is not None:
        kind = "(Hesse)" if found.error else "without a Hesse error"
        lines.append(f"{found.parameter} = {unit.text(found.value, found.error, digits=4)} {kind}")
    add_note(figure, lines)
    return figure


def _draw_pulls(ax: "Axes", pulls: "Sequence[Pull]", heights: Sequence[int]) -> None:
    ax.axvspan(-1, 1, color=GREY, alpha=0.2, linewidth=0)
    ax.axvline(0, color=GREY, linewidth=0.8)
    reach = 2.0
    for pull, y in zip(pulls, heights, strict=True):
        if pull.pull is None:
            _say_at(ax, y, "free: no value before the fit")
            continue
        ax.errorbar(pull.pull, y, xerr=pull.x_error, fmt="o", color=ink(), elinewidth=1.2)
        reach = max(reach, abs(pull.pull) + (pull.x_error or 0.0))
    ax.set_xlim(-1.1 * reach, 1.1 * reach)
    ax.set_xlabel(r"pull $(\hat x - a)/\sigma$")


def _draw_impacts(ax: "Axes", impacts: "Sequence[Impact]", heights: Sequence[int], scale: float) -> None:
    ax.axvline(0, color=GREY, linewidth=0.8)
    sides = (("up", VERMILION), ("down", BLUE))
    for side, colour in sides:
        after, before = (_bars(impacts, heights, name, scale) for name in (side, f"prefit_{side}"))
        ax.barh(*after, height=0.62, color=colour, alpha=0.75, label=f"after the fit, {side}")
        ax.barh(*before, height=0.74, fill=False, edgecolor=colour, linewidth=0.9, label=f"before, {side}")
    for impact, y in zip(impacts, heights, strict=True):
        if impact.up is None and impact.down is None:
            _say_at(ax, y, "no error, and no impact")
    ax.margins(x=0.08)
    ax.locator_params(axis="x", nbins=6)


def _bars(
    impacts: "Sequence[Impact]", heights: Sequence[int], name: str, scale: float
) -> tuple[list[int], list[float]]:
    """Return heights and lengths of the bars of the impacts that are known."""
    points = [(y, getattr(i, name)) for i, y in zip(impacts, heights, strict=True)]
    return [y for y, x in points if x is not None], [scale * x for _, x in points if x is not None]


def _say_at(ax: "Axes", y: float, text: str) -> None:
    """Write what a row has in the place of a point or bars."""
    box = {"facecolor": paper(), "edgecolor": "none", "pad": 1.0}
    transform = ax.get_yaxis_transform()
    ax.text(0.5, y, text, transform=transform, ha="center", va="center", fontsize="small", bbox=box)
