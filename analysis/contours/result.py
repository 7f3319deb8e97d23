"""Result of a fit of two parameters: the minimum, the plane of -2 Δln L, and its contours."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

from analysis.fits import FitQuality
from analysis.quotation import exact_text, name_with_unit, scale_of
from analysis.representation import estimate_row, percent, warning_rows
from analysis.settings import check_level
from simgen.pictures import BLUE, GREY, VERMILION, Curve, Points, picture
from simgen.representation import html_table, readable, text_table

__all__ = ["PlaneResult", "plane_threshold"]

Array = NDArray[np.float64]
Line = tuple[tuple[float, float], ...]


def plane_threshold(level: float, *, n_parameters: int = 2) -> float:
    """Compute the threshold in -2 Δln L of a region in n parameters with a confidence level (Wilks).

    Examples
    --------
    >>> round(plane_threshold(0.95), 4), round(plane_threshold(0.95, n_parameters=1), 4)
    (5.9915, 3.8415)
    """
    check_level(level)
    return float(chdtri(n_parameters, 1 - level))


@dataclass(frozen=True, kw_only=True)
class PlaneResult:
    """A fit of two parameters.

    Parameters
    ----------
    names : tuple of two str
    x, y : ndarray, shapes (n_x,) and (n_y,)
        Values of the two parameters.
    delta : ndarray, shape (n_y, n_x)
        -2 Δln L above the minimum, profiled over the nuisance parameters; negative only outside the physical
        range.
    best : tuple of two floats
        The minimum within the physical ranges of both parameters; it may lie outside the values x and y.
    errors : tuple of two, float or None; or None
        Hesse errors; None if the minimum is at an end of a physical range, or -2 ln L is no parabola.
    correlation : float or None
    fval : float
        -2 ln L/L_saturated at the minimum.
    quality : FitQuality or None
        Whether the model describes the data at all, at the minimum.
    error_reasons : tuple of two str
        Why a parameter has no error; empty if it has one.
    outside : tuple of str
        Parameters whose minimum is outside the values x or y.
    open_ends : tuple of str
        Parameters with an unbounded range whose minimum is at the end of the searched values.
    converged : bool
        Whether the minimum was found valid; if not, a deeper one may lie along a valley.
    """

    names: tuple[str, str]
    x: Array
    y: Array
    delta: Array
    best: tuple[float, float]
    errors: tuple[float | None, float | None] | None
    correlation: float | None
    fval: float
    quality: FitQuality | None = None
    error_reasons: tuple[str, str] = ("", "")
    outside: tuple[str, ...] = ()
    open_ends: tuple[str, ...] = ()
    converged: bool = True

    def __repr__(self) -> str:
        return text_table(f"Fit of {self.names[0]} and {self.names[1]}", self._rows())

    def _repr_html_(self) -> str:
        return html_table(f"Fit of {self.names[0]} and {self.names[1]}", self._rows(), self._picture())

    def _picture(self) -> str:
        """Draw the regions at 68.3 and 95 %, and the minimum."""
        ends = [(float(v[0]), float(v[-1])) for v in (self.x, self.y)]
        a, b = (scale_of(name, *pair) for name, pair in zip(self.names, ends, strict=True))
        layers = [
            Curve(
                x=[x * a.factor for x, _ in line],
                y=[y * b.factor for _, y in line],
                label="" if number else f"{percent(level)}",
                colour=colour,
            )
            for level, colour in ((0.95, GREY), (0.683, BLUE))
            for number, line in enumerate(self.contours(plane_threshold(level)))
        ]
        best = Points(x=[self.best[0] * a.factor], y=[self.best[1] * b.factor], colour=VERMILION)
        names = [name_with_unit(name, scale) for name, scale in zip(self.names, (a, b), strict=True)]
        (x_low, x_high), (y_low, y_high) = ends
        return picture(
            f"Regions of {self.names[0]} and {self.names[1]}",
            [*layers, best],
            x=names[0],
            y=names[1],
            x_range=(x_low * a.factor, x_high * a.factor),
            y_range=(y_low * b.factor, y_high * b.factor),
        )

    def _rows(self) -> list[tuple[str, str]]:
        errors = self.errors or (None, None)
        shown = [estimate_row(n, v, e) for n, v, e in zip(self.names, self.best, errors, strict=True)]
        shown += [] if self.correlation is None else [("correlation", readable(self.correlation))]
        shown += [("minimum of -2 ln L", readable(self.fval))]
        for name, values in zip(self.names, (self.x, self.y), strict=True):
            value_range = " to ".join(exact_text(name, x) for x in map(float, values[[0, -1]]))
            shown.append((f"values of {name}", f"{len(values)} from {value_range}"))
        shown += [] if self.converged else [("not converged", "a deeper minimum may lie near")]
        return shown + warning_rows(self.quality.warning if self.quality else None)

    @property
    def lowest(self) -> tuple[tuple[float, float], float]:
        """The deepest of the points (x, y), and -2 Δln L there."""
        row, column = np.unravel_index(int(np.argmin(self.delta)), self.delta.shape)
        return (float(self.x[column]), float(self.y[row])), float(self.delta[row, column])

    def contours(self, threshold: float) -> tuple[Line, ...]:
        """Find the lines on which -2 Δln L has a value, as points (x, y); open ones end at the edges."""
        from contourpy import contour_generator  # noqa: PLC0415 (a part of matplotlib, needed here only)

        lines = contour_generator(self.x, self.y, self.delta).lines(threshold)
        return tuple(tuple((float(a), float(b)) for a, b in np.asarray(line)) for line in lines)
