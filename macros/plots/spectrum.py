"""Plots of the energy spectrum, and of the counts against the distance."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from macros.plots.counts import Counts, counts_along, draw_counts, draw_points
from macros.plots.methods import BLUE, GREY, VERMILION
from macros.plots.style import add_note, new_figure, styled

if TYPE_CHECKING:
    import hist
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    from detsim.expectation import Expectation

    Array = NDArray[np.float64]

__all__ = ["distance_plot", "draw_pulls", "draw_ratio", "energy_unit", "spectrum_plot"]


@styled()
def spectrum_plot(
    data: "hist.Hist[Any]",
    standard: "Expectation",
    *,
    fitted: "Array | None" = None,
    label: str = "fitted model",
    errors: "ArrayLike | None" = None,
    note: Sequence[str] = (),
) -> "Figure":
    """Draw the measured spectrum, what is expected, the fitted model, and the pulls.

    Parameters
    ----------
    data : hist.Hist
        Counts in the measured energy [MeV]; those in distance and energy are summed over the distances.
    standard : Expectation
        Of the standard model, in the same bins.
    fitted : ndarray, shape (n_bins,), optional
        Counts of the fitted model, background included; pulls are taken against it, else `standard`.
    label : str
        What the fitted model is called.
    errors : array_like, shape (n_bins,), optional
        Absolute errors of the bins, those of the paper's χ²; without them the expected counting errors.
    note : sequence of str
        Lines below the picture.

    Returns
    -------
    Figure
    """
    import numpy as np

    unit, scale = energy_unit(float(standard.edges[-1]))
    c = counts_along(
        -1, data, standard, fitted=fitted, errors=errors, edges=np.asarray(standard.edges) * scale, unit=unit
    )
    figure = new_figure(5.6, 4.4)
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    draw_counts(top, c, signal="standard model, signal", label=label)
    draw_pulls(bottom, c)
    bottom.set_ylabel("pull")
    bottom.set_xlabel(rf"$T_\mathrm{{reco}}$ [{unit}]")
    bottom.set_xlim(c.edges[0], c.edges[-1])
    figure.align_ylabels()
    model_name = "standard model" if fitted is None else label
    pull = f"pull: (data − model)/{c.sigma_label}, model: {model_name}; error bars: {c.bars}"
    summed = () if len(data.axes) == 1 else ("summed over the bins of the distance",)
    add_note(figure, (*note, *summed, pull))
    return figure


@styled()
def distance_plot(
    data: "hist.Hist[Any]",
    standard: "Expectation",
    *,
    fitted: "Array | None" = None,
    label: str = "fitted model",
    errors: "ArrayLike | None" = None,
    note: Sequence[str] = (),
) -> "Figure":
    """Draw the counts against the distance from the source, and their ratio to those without oscillation.

    Parameters
    ----------
    data : hist.Hist
        Counts in distance [cm] and energy, summed over the energies.
    standard, fitted, label, errors, note
        As for `spectrum_plot`; the standard model does not oscillate.

    Returns
    -------
    Figure
    """
    import numpy as np

    edges = np.asarray(data.axes[0].edges) / 100
    c = counts_along(0, data, standard, fitted=fitted, errors=errors, edges=edges, unit="m")
    figure = new_figure(5.6, 4.4)
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    draw_counts(top, c, signal="no oscillation, signal", label=label)
    draw_ratio(bottom, c)
    bottom.set_ylabel("ratio")
    bottom.set_xlabel(r"$L_\mathrm{reco}$ [m]")
    bottom.set_xlim(c.edges[0], c.edges[-1])
    figure.align_ylabels()
    ratio = "ratio: to the standard model without oscillation, background included"
    summed = f"summed over the bins of the energy; error bars: {c.bars}"
    add_note(figure, (*note, ratio, summed))
    return figure


def draw_pulls(ax: "Axes", c: Counts) -> None:
    """Draw the differences of data and model in σ."""
    import numpy as np

    pulls = c.pulls
    known = np.isfinite(pulls)
    ax.axhspan(-1, 1, color=GREY, alpha=0.2, linewidth=0)
    ax.axhline(0, color=GREY, linewidth=0.8)
    draw_points(ax, c, pulls)
    reach = max(3.0, 1.2 * float(np.abs(pulls[known]).max())) if known.any() else 3.0
    ax.set_ylim(-reach, reach)


def draw_ratio(ax: "Axes", c: Counts) -> None:
    """Draw data and fitted model over what is expected without oscillation."""
    import numpy as np

    expected = c.standard > 0
    scale = np.where(expected, c.standard, 1.0)

    def ratio(values: "Array") -> "Array":
        return np.where(expected, values / scale, np.nan)

    ax.axhline(1, color=BLUE, linewidth=1.0)
    shown = []
    if c.fitted is not None:
        ax.stairs(ratio(c.fitted), c.edges, color=VERMILION, linewidth=1.5, linestyle="--", baseline=None)
        shown.append(ratio(c.fitted)[expected])
    if c.data is not None:
        draw_points(ax, c, ratio(c.data), (ratio(c.below), ratio(c.above)))
        shown.append(ratio(c.data)[expected])
    reach = max((float(np.abs(values - 1).max()) for values in shown if values.size), default=0.0)
    reach = max(0.05, 1.6 * reach)
    ax.set_ylim(1 - reach, 1 + reach)


def energy_unit(highest: float) -> tuple[str, float]:
    """Return the unit in which energies up to a highest one [MeV] are drawn, and 1 MeV in it."""
    return ("keV", 1e3) if highest < 2 else ("MeV", 1.0)
