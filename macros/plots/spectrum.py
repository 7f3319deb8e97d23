"""Plot of the measured spectrum."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from macros.style import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    SKY,
    VERMILION,
    add_note,
    new_figure,
    styled,
)

if TYPE_CHECKING:
    import hist
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    from detsim.prediction import Expectation

    Array = NDArray[np.float64]

__all__ = ["spectrum_plot"]

_ONE_SIGMA = 0.6827


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
        Counts in the measured energy [MeV].
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

    unit, scale = _energy_unit(float(standard.edges[-1]))
    edges = np.asarray(standard.edges) * scale
    centres, half = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2
    background = standard.background[1:-1]
    model = standard.counts if fitted is None else np.asarray(fitted, np.float64)
    sigma = np.sqrt(model) if errors is None else np.asarray(errors, np.float64)
    figure = new_figure(5.6, 4.4)
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    top.stairs(
        standard.counts,
        edges,
        baseline=background,
        fill=True,
        color=SKY,
        alpha=0.45,
        label="standard model, signal",
    )
    if background.any():
        top.stairs(background, edges, fill=True, color=ORANGE, alpha=0.7, label="background")
    top.stairs(standard.counts, edges, color=BLUE, linewidth=1.0)
    if fitted is not None:
        top.stairs(fitted, edges, color=VERMILION, linewidth=1.5, linestyle="--", label=label, baseline=None)
    counts = np.asarray(data.values(), np.float64)
    low, high = _bars(data) if errors is None else (sigma, sigma)
    top.errorbar(
        centres,
        counts,
        xerr=half,
        yerr=(low, high),
        color=BLACK,
        fmt="o",
        markersize=3,
        elinewidth=0.9,
        label="data",
    )
    top.set_ylim(0, 1.25 * max(float((counts + high).max()), float(model.max()), 1e-9))
    top.set_ylabel(f"events per {_width(edges, unit)}")
    top.legend(loc="upper right", ncols=2)
    _pulls(bottom, centres, half, counts - model, sigma)
    bottom.set_ylabel("pull")
    bottom.set_xlabel(rf"$T_\mathrm{{reco}}$ [{unit}]")
    bottom.set_xlim(edges[0], edges[-1])
    figure.align_ylabels()
    model_name = "standard model" if fitted is None else label
    root = "√model" if errors is None else "σ"
    add_note(figure, (*note, f"pull: (data − model)/{root}, model: {model_name}; {_bars_text(data, errors)}"))
    return figure


def _pulls(ax: "Axes", centres: "Array", half: "Array", residuals: "Array", sigma: "Array") -> None:
    import numpy as np

    known = sigma > 0
    pulls = residuals[known] / sigma[known]
    ax.axhspan(-1, 1, color="#e8e8e8", linewidth=0)
    ax.axhline(0, color=GREY, linewidth=0.8)
    ax.errorbar(centres[known], pulls, xerr=half[known], color=BLACK, fmt="o", markersize=3, elinewidth=0.9)
    reach = max(3.0, 1.2 * float(np.abs(pulls).max())) if known.any() else 3.0
    ax.set_ylim(-reach, reach)


def _is_counts(data: "hist.Hist[Any]") -> bool:
    import numpy as np

    variances = data.variances()
    return variances is None or bool(np.allclose(variances, data.values()))


def _bars(data: "hist.Hist[Any]") -> "tuple[Array, Array]":
    """Compute error bars: the central 68.3 % Poisson interval of counts, else the root of the variance."""
    import numpy as np
    from scipy.special import gammaincinv

    n = np.asarray(data.values(), np.float64)
    if not _is_counts(data):
        bars = np.sqrt(np.asarray(data.variances(), np.float64))
        return bars, bars
    tail = (1 - _ONE_SIGMA) / 2
    low = np.where(n > 0, gammaincinv(np.maximum(n, 1e-300), tail), 0.0)
    return n - low, gammaincinv(n + 1, 1 - tail) - n


def _bars_text(data: "hist.Hist[Any]", errors: "ArrayLike | None") -> str:
    if errors is not None:
        return "error bars: the errors of the paper's χ²"
    if _is_counts(data):
        return "error bars: central Poisson intervals, 68.3 %"
    return "error bars: root of the sum of squared weights"


def _energy_unit(highest: float) -> tuple[str, float]:
    return ("keV", 1e3) if highest < 2 else ("MeV", 1.0)


def _width(edges: "Array", unit: str) -> str:
    import numpy as np

    widths = np.diff(edges)
    return f"{widths[0]:.3g} {unit}" if np.allclose(widths, widths[0], rtol=1e-6) else "bin"
