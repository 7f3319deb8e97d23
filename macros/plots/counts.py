"""Histogram of counts along one axis, with the expected counts, and their pulls and ratios below it."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from macros.plots.methods import BLUE, GREY, ORANGE, SKY, VERMILION
from macros.plots.style import ink

if TYPE_CHECKING:
    import hist
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

    from detsim.expectation import Expectation

    Array = NDArray[np.float64]

__all__ = ["Counts", "counts_along", "draw_counts", "draw_points", "draw_pulls", "draw_ratio"]

_ONE_SIGMA = 0.6827


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Counts in the bins of one axis, summed over the other if there is one.

    Parameters
    ----------
    edges : ndarray, shape (n + 1,)
        In the unit of the picture.
    unit : str
    data : ndarray, shape (n,), or None
        None: an expectation is shown without data.
    below, above : ndarray, shape (n,)
        Error bars of the data.
    standard, background : ndarray, shape (n,)
        Expectation of the standard model with its background, and the background alone.
    fitted : ndarray, shape (n,), or None
    sigma : ndarray, shape (n,)
        Errors of the model's bins.
    bars : str
        What the error bars are.
    sigma_label : str
        How pulls name sigma, for the picture: "√model" or "σ".
    """

    edges: "Array"
    unit: str
    data: "Array | None"
    below: "Array"
    above: "Array"
    standard: "Array"
    background: "Array"
    fitted: "Array | None"
    sigma: "Array"
    bars: str
    sigma_label: str

    @property
    def model(self) -> "Array":
        """What the data are compared with: the fitted model, else the standard one."""
        return self.standard if self.fitted is None else self.fitted

    @property
    def centres(self) -> "Array":
        """Centres of the bins."""
        return (self.edges[1:] + self.edges[:-1]) / 2

    @property
    def half(self) -> "Array":
        """Half of each bin's width."""
        return (self.edges[1:] - self.edges[:-1]) / 2

    @property
    def pulls(self) -> "Array":
        """Difference of data and model in σ, NaN where σ is 0, shape (n,)."""
        import numpy as np

        if self.data is None:
            return np.full(len(self.sigma), np.nan)
        known = self.sigma > 0
        return np.where(known, (self.data - self.model) / np.where(known, self.sigma, 1.0), np.nan)

    @property
    def width(self) -> str:
        """Width of the bins with its unit, or "bin" if they differ."""
        return f"{2 * self.half[0]:.3g} {self.unit}" if self._regular() else "bin"

    def _regular(self) -> bool:
        import numpy as np

        return bool(np.allclose(self.half, self.half[0], rtol=1e-6))


def counts_along(
    axis: int,
    data: "hist.Hist[Any] | None",
    standard: "Expectation",
    *,
    fitted: "ArrayLike | None",
    errors: "ArrayLike | None",
    shape: "tuple[int, ...] | None" = None,
    edges: "ArrayLike",
    unit: str,
) -> Counts:
    """Sum data and expectations over the other axis, if there is one.

    Parameters
    ----------
    axis : int
        Of the histogram.
    data : hist.Hist or None
        None: only the expectation.
    standard : Expectation
    fitted : array_like, shape (n_bins,), or None
    errors : array_like, shape (n_bins,), or None
        Of independent bins, those of the paper's χ²; None: counting errors.
    shape : tuple of int, optional
        Number of bins of each axis, where there are no data.
    edges : array_like
        Of the axis, in `unit`.
    unit : str
    """
    import numpy as np

    bins = data.axes.size if data is not None else shape or (len(standard.counts),)
    others = tuple(i for i in range(len(bins)) if i != axis % len(bins))

    def along(values: "ArrayLike") -> "Array":
        return np.asarray(np.asarray(values, np.float64).reshape(bins).sum(axis=others))

    model = along(standard.counts if fitted is None else fitted)
    sigma = np.sqrt(model if errors is None else along(np.asarray(errors) ** 2))
    counts = None if data is None else along(data.values())
    below, above, bars = np.zeros(len(model)), np.zeros(len(model)), "none"
    if data is not None and counts is not None:
        stored = data.variances()
        variances = data.values() if stored is None else stored
        if errors is not None:
            below, above, bars = sigma, sigma, "the errors of the paper's χ²"
        elif np.allclose(variances, data.values()):
            below, above = _poisson_bars(counts)
            bars = "central Poisson intervals, 68.3 %"
        else:
            below = above = sigma = np.sqrt(along(variances))
            bars = "root of the sum of squared weights"
    return Counts(
        edges=np.asarray(edges, np.float64),
        unit=unit,
        data=counts,
        below=below,
        above=above,
        standard=along(standard.counts),
        background=along(standard.background[1:-1]),
        fitted=None if fitted is None else model,
        sigma=sigma,
        bars=bars,
        sigma_label="√model" if errors is None and sigma is not below else "σ",
    )


def draw_counts(ax: "Axes", c: Counts, *, signal: str, label: str, data_label: str = "data") -> None:
    """Draw expectation, background, fitted model and data.

    Parameters
    ----------
    ax : Axes
    c : Counts
    signal, label, data_label : str
        What the signal that is expected, the fitted model and the data are called.
    """
    ax.stairs(c.standard, c.edges, baseline=c.background, fill=True, color=SKY, alpha=0.45, label=signal)
    if c.background.any():
        ax.stairs(c.background, c.edges, fill=True, color=ORANGE, alpha=0.7, label="background")
    ax.stairs(c.standard, c.edges, color=BLUE, linewidth=1.0)
    if c.fitted is not None:
        ax.stairs(
            c.fitted, c.edges, color=VERMILION, linewidth=1.5, linestyle="--", label=label, baseline=None
        )
    highest = float(c.model.max())
    if c.data is not None:
        highest = max(highest, float((c.data + c.above).max()))
        draw_points(ax, c, c.data, (c.below, c.above), label=data_label)
    rows = math.ceil(len(ax.get_legend_handles_labels()[0]) / 2)
    ax.set_ylim(0, (1.1 + 0.11 * rows) * max(highest, 1e-9))
    ax.set_ylabel(f"events per {c.width}")
    ax.legend(loc="upper right", ncols=2)


def draw_points(
    ax: "Axes", c: Counts, values: "Array", errors: "tuple[Array, Array] | None" = None, *, label: str = "_"
) -> None:
    """Draw values at the centres of bins, as wide as these, where they are finite.

    Parameters
    ----------
    ax : Axes
    c : Counts
    values : ndarray, shape (n,)
    errors : pair of ndarray, shape (n,), optional
        Below and above.
    label : str
    """
    import numpy as np

    known = np.isfinite(values)
    ax.errorbar(
        c.centres[known],
        values[known],
        xerr=c.half[known],
        yerr=None if errors is None else tuple(side[known] for side in errors),
        color=ink(),
        fmt="o",
        markersize=3,
        elinewidth=0.9,
        label=label,
    )


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


def _poisson_bars(n: "Array") -> "tuple[Array, Array]":
    """Compute the central 68.3 % Poisson interval of counts."""
    import numpy as np
    from scipy.special import gammaincinv

    tail = (1 - _ONE_SIGMA) / 2
    low = np.where(n > 0, gammaincinv(np.maximum(n, 1e-300), tail), 0.0)
    return n - low, gammaincinv(n + 1, 1 - tail) - n
