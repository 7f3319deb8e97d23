"""Histogram of counts along one axis, with the expected counts."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from macros.plots.style import BLACK, BLUE, ORANGE, SKY, VERMILION

if TYPE_CHECKING:
    import hist
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

    from detsim.expectation import Expectation

    Array = NDArray[np.float64]

__all__ = ["Counts", "counts_along", "draw_counts"]

_ONE_SIGMA = 0.6827


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Counts in the bins of one axis, summed over the other if there is one.

    Parameters
    ----------
    edges : ndarray, shape (n + 1,)
        In the unit of the picture.
    unit : str
    data : ndarray, shape (n,)
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
    data: "Array"
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
    def width(self) -> str:
        """Width of the bins with its unit, or "bin" if they differ."""
        return f"{2 * self.half[0]:.3g} {self.unit}" if self._regular() else "bin"

    def _regular(self) -> bool:
        import numpy as np

        return bool(np.allclose(self.half, self.half[0], rtol=1e-6))


def counts_along(
    axis: int,
    data: "hist.Hist[Any]",
    standard: "Expectation",
    *,
    fitted: "ArrayLike | None",
    errors: "ArrayLike | None",
    edges: "ArrayLike",
    unit: str,
) -> Counts:
    """Sum data and expectations over the other axis, if there is one.

    Parameters
    ----------
    axis : int
        Of the histogram.
    data : hist.Hist
    standard : Expectation
    fitted : array_like, shape (n_bins,), or None
    errors : array_like, shape (n_bins,), or None
        Of independent bins, those of the paper's χ²; None: counting errors.
    edges : array_like
        Of the axis, in `unit`.
    unit : str
    """
    import numpy as np

    shape = data.axes.size
    others = tuple(i for i in range(len(shape)) if i != axis % len(shape))

    def along(values: "ArrayLike") -> "Array":
        return np.asarray(np.asarray(values, np.float64).reshape(shape).sum(axis=others))

    counts, stored = along(data.values()), data.variances()
    variances = data.values() if stored is None else stored
    model = along(standard.counts if fitted is None else fitted)
    sigma = np.sqrt(model if errors is None else along(np.asarray(errors) ** 2))
    if errors is not None:
        below, above, bars = sigma, sigma, "the errors of the paper's χ²"
    elif np.allclose(variances, data.values()):
        below, above = _poisson_bars(counts)
        bars = "central Poisson intervals, 68.3 %"
    else:
        below = above = np.sqrt(along(variances))
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
        sigma_label="√model" if errors is None else "σ",
    )


def draw_counts(ax: "Axes", c: Counts, *, signal: str, label: str) -> None:
    """Draw expectation, background, fitted model and data.

    Parameters
    ----------
    ax : Axes
    c : Counts
    signal, label : str
        What the signal of the standard model and the fitted model are called.
    """
    ax.stairs(c.standard, c.edges, baseline=c.background, fill=True, color=SKY, alpha=0.45, label=signal)
    if c.background.any():
        ax.stairs(c.background, c.edges, fill=True, color=ORANGE, alpha=0.7, label="background")
    ax.stairs(c.standard, c.edges, color=BLUE, linewidth=1.0)
    if c.fitted is not None:
        ax.stairs(
            c.fitted, c.edges, color=VERMILION, linewidth=1.5, linestyle="--", label=label, baseline=None
        )
    ax.errorbar(
        c.centres,
        c.data,
        xerr=c.half,
        yerr=(c.below, c.above),
        color=BLACK,
        fmt="o",
        markersize=3,
        elinewidth=0.9,
        label="data",
    )
    ax.set_ylim(0, 1.25 * max(float((c.data + c.above).max()), float(c.model.max()), 1e-9))
    ax.set_ylabel(f"events per {c.width}")
    ax.legend(loc="upper right", ncols=2)


def _poisson_bars(n: "Array") -> "tuple[Array, Array]":
    """Compute the central 68.3 % Poisson interval of counts."""
    import numpy as np
    from scipy.special import gammaincinv

    tail = (1 - _ONE_SIGMA) / 2
    low = np.where(n > 0, gammaincinv(np.maximum(n, 1e-300), tail), 0.0)
    return n - low, gammaincinv(n + 1, 1 - tail) - n
