"""Pictures of expected limits against a key of the card, or against two at once."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from macros.plots.figure_data import FigureData
from macros.plots.inference import parameter_axis
from macros.plots.methods import GREEN, GREY, METHODS, VERMILION, MethodStyle
from macros.plots.style import add_mass_axis, add_note, ink, new_figure, plain_text, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

__all__ = ["PlaneFigure", "ScanFigure", "common_unit"]

_FLAT = 0.1
"""An axis begins at 0 if limits differ by more than this part of the largest."""
_DECADES = 1.3
"""An axis is logarithmic if its values span more decades."""


def common_unit(points: Sequence[float | str]) -> tuple[list[float | str], str]:
    """Take the unit out of values that all have the same one.

    Examples
    --------
    >>> common_unit(["10 d", "20 d"]), common_unit(["chi", "psi"])
    (([10.0, 20.0], 'd'), (['chi', 'psi'], ''))
    """
    numbers: list[float | str] = []
    units = set()
    for point in points:
        number, _, unit = str(point).partition(" ")
        try:
            numbers.append(float(number))
        except ValueError:
            return list(points), ""
        units.add(unit.strip())
    return (numbers, units.pop()) if len(units) == 1 else (list(points), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanFigure:
    """Expected limits against one key.

    Parameters
    ----------
    parameter : str
    head : str
        Name of the key, with its unit.
    points : sequence of float or str
        Values of the key; texts have a place each.
    limits : sequence of float or None
        None: no limit there.
    level : float or None
        None: each point has its own.
    method : str or None
        None: each point has its own.
    global_fit : float or None
        Bound of the global electroweak fit, where there is one.
    note : tuple of str
    """

    parameter: str
    head: str
    points: Sequence[float | str]
    limits: Sequence[float | None]
    level: float | None
    method: str | None
    global_fit: float | None = None
    note: tuple[str, ...] = ()

    @property
    def _kind(self) -> str:
        if self.level is None or self.method is None:
            return "expected (Asimov) limits, each at the level and with the method of its point"
        return f"expected (Asimov) limits, {100 * self.level:.4g} % C.L., {self.method}"

    def numbers(self) -> FigureData:
        """Collect the numbers: one row a point."""
        rows = tuple(zip(self.points, self.limits, strict=True))
        return FigureData(
            title=f"Expected limits on {self.parameter} against {self.head}",
            caption=f"{self._kind}: of exact data of the card's model; an empty limit: nothing is excluded",
            note=self.note,
            columns=(self.head, f"limit on {self.parameter}"),
            rows=rows,
        )

    @styled()
    def draw(self) -> "Figure":
        """Draw the limits as points that a line joins; mark at the top where there is none."""
        name, unit = parameter_axis(self.parameter, *self.limits)
        scale = unit.factor
        figure = new_figure(4.6, 3.4)
        ax = figure.subplots()
        drawn = METHODS.get(self.method or "") or MethodStyle(
            label="limit", colour=VERMILION, marker="o", line="-"
        )
        names = [plain_text(str(p)) for p in self.points]
        texts = any(isinstance(p, str) for p in self.points)
        at = list(range(len(names))) if texts else [float(p) for p in self.points]
        known = [
            (x, y * scale) for x, y in zip(at, self.limits, strict=True) if y is not None and math.isfinite(y)
        ]
        if texts:
            ax.set_xticks(at, names)
            ax.tick_params(axis="x", which="minor", bottom=False, top=False)
        elif _spans(at):
            ax.set_xscale("log")
        if known:
            few = len(known) < 40
            style: dict[str, Any] = {"color": drawn.colour, "linestyle": drawn.line}
            ax.plot(*zip(*known, strict=True), marker=drawn.marker if few else "", label=drawn.label, **style)
        lines = [*self.note, self._kind]
        if self.global_fit is not None:
            ax.axhline(self.global_fit * scale, color=GREEN, linewidth=1.0, label="global fit, 95 %")
        heights = [y for _, y in known]
        if known and _spans(heights):
            ax.set_yscale("log")
        elif known and max(heights) - min(heights) > _FLAT * max(heights):
            ax.set_ylim(0, 1.25 * max(heights))
        elif known:  # from 0 on, limits on sin²θ_W would be one flat line
            ax.margins(y=0.15)
            ax.ticklabel_format(axis="y", useOffset=False)
        missing = [x for x, y in zip(at, self.limits, strict=True) if y is None or not math.isfinite(y)]
        if missing:
            transform = ax.get_xaxis_transform()
            ax.plot(missing, [0.97] * len(missing), "^", color=GREY, transform=transform, label="no limit")
            lines.append(f"at {len(missing)} of {len(at)} points nothing is excluded: triangles at the top")
        low, high = ax.get_ylim()
        if self.global_fit is not None and not low <= self.global_fit * scale <= high:
            lines.append(f"outside of the picture: global fit, 95 %: {unit.text(self.global_fit)}")
        ax.set_xlabel(plain_text(self.head))
        ax.set_ylabel(f"upper limit on {name}")
        if self.parameter == "gamma" and known:
            add_mass_axis(ax)
        figure.legend(*ax.get_legend_handles_labels(), loc="outside upper left", ncols=3)
        add_note(figure, lines)
        return figure


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaneFigure:
    """Expected limits against two keys.

    Parameters
    ----------
    parameter : str
    head_x, head_y : str
        Names of the keys, with their units.
    x, y : array_like, shapes (n,) and (m,)
        Their values, ascending.
    limits : array_like, shape (m, n)
        Limits at (y, x); NaN where nothing is excluded.
    level, method, note
        As for `ScanFigure`.
    """

    parameter: str
    head_x: str
    head_y: str
    x: "ArrayLike"
    y: "ArrayLike"
    limits: "ArrayLike"
    level: float | None
    method: str | None
    note: tuple[str, ...] = ()

    @property
    def _kind(self) -> str:
        if self.level is None or self.method is None:
            return "expected (Asimov) limits, each at the level and with the method of its point"
        return f"expected (Asimov) limits, {100 * self.level:.4g} % C.L., {self.method}"

    def numbers(self) -> FigureData:
        """Collect the numbers: one row a pair of values."""
        import numpy as np

        z = np.asarray(self.limits, np.float64)
        rows = tuple(
            (float(a), float(b), float(z[j, i]) if np.isfinite(z[j, i]) else None)
            for j, b in enumerate(np.asarray(self.y))
            for i, a in enumerate(np.asarray(self.x))
        )
        return FigureData(
            title=f"Expected limits on {self.parameter} against {self.head_x} and {self.head_y}",
            caption=f"{self._kind}: of exact data of the card's model; an empty limit: nothing is excluded",
            note=self.note,
            columns=(self.head_x, self.head_y, f"limit on {self.parameter}"),
            rows=rows,
        )

    @styled()
    def draw(self) -> "Figure":
        """Draw the limits as colours around the points, with lines of equal limits."""
        import numpy as np
        from matplotlib.colors import LogNorm, Normalize

        name, unit = parameter_axis(self.parameter, *np.ravel(self.limits))
        scale = unit.factor
        x, y = np.asarray(self.x, np.float64), np.asarray(self.y, np.float64)
        z = np.ma.masked_invalid(np.asarray(self.limits, np.float64) * scale)
        figure = new_figure(5.2, 3.8)
        ax = figure.subplots()
        lines = [*self.note, self._kind]
        ax.set_facecolor("#d0d0d0")
        if z.count():
            logarithmic = _spans(z.compressed())
            norm = (LogNorm if logarithmic else Normalize)(float(z.min()), float(z.max()))
            mesh = ax.pcolormesh(x, y, z, norm=norm, cmap="viridis", shading="nearest", rasterized=True)
            bar = figure.colorbar(mesh, ax=ax)
            bar.set_label(f"upper limit on {name}")
            if min(z.shape) > 1 and z.min() < z.max():
                contours = ax.contour(x, y, z, norm=norm, colors="white", linewidths=0.8)
                ax.clabel(contours, fontsize="x-small")
        if z.count() < z.size:
            lines.append(f"grey: at {z.size - z.count()} of {z.size} points nothing is excluded")
        for axis, values in (("x", x), ("y", y)):
            if _spans(values):
                getattr(ax, f"set_{axis}scale")("log")
        _frame(ax, x, y)
        ax.set_xlabel(plain_text(self.head_x))
        ax.set_ylabel(plain_text(self.head_y))
        ax.tick_params(which="both", color=ink())
        add_note(figure, lines)
        return figure


def _frame(ax: "Axes", x: "ArrayLike", y: "ArrayLike") -> None:
    import numpy as np

    for values, limit in ((np.asarray(x), ax.set_xlim), (np.asarray(y), ax.set_ylim)):
        if len(values) > 1:
            limit(float(values[0]), float(values[-1]))


def _spans(values: "ArrayLike") -> bool:
    """Tell whether positive values span so much that their axis is logarithmic."""
    import numpy as np

    found = np.asarray(values, np.float64)
    return bool(len(found) > 1 and np.all(found > 0) and found.max() > 10**_DECADES * found.min())
