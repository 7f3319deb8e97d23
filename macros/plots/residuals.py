"""What stands below counts: their differences from the model in σ, and their ratio to an expectation."""

from typing import TYPE_CHECKING

from macros.plots.counts import Counts, draw_points
from macros.plots.methods import BLUE, GREY, VERMILION

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["draw_pulls", "draw_ratio"]


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
