"""Pictures of limits of data and of thresholds: the test statistic, what is allowed, and the limit."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from macros.plots.figure_data import Cell, FigureData
from macros.plots.inference import parameter_axis
from macros.plots.methods import BLUE, GREY, method_style
from macros.plots.style import add_note, ink, new_figure, styled
from macros.words import allowed_text, excluded_end, limit_axis_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from analysis.fits import LimitResult
    from analysis.quotation import Scale

__all__ = ["LimitFigure", "ThresholdsFigure"]

_HEIGHT = 3.4


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitFigure:
    """The limit of data: statistic and threshold against the parameter.

    Parameters
    ----------
    limit : LimitResult
    points, delta : ndarray, shape (n,)
        Values of the parameter, and -2 ln L there above the minimum in the physical range.
    physical : tuple of float
        Physical range of the parameter.
    note : tuple of str
        Lines below the picture.
    """

    limit: "LimitResult"
    points: "NDArray[Any]"
    delta: "NDArray[Any]"
    physical: tuple[float, float]
    note: tuple[str, ...] = ()

    @property
    def _kind(self) -> str:
        return f"{self.limit.level * 100:.4g} % C.L., {self.limit.method}"

    @property
    def _axis(self) -> "tuple[str, Scale]":
        return parameter_axis(self.limit.parameter, *limit_axis_values(self.limit))

    def numbers(self) -> FigureData:
        """Collect the numbers: the curve, and of calibrated methods what was found at each true value."""
        name = self.limit.parameter
        rows: list[tuple[Cell, ...]] = [
            ("curve", float(x), _finite(y), None, None, None, None)
            for x, y in zip(self.points, self.delta, strict=True)
        ]
        rows += [
            ("true value", t.value, _finite(t.q), t.threshold, t.error, t.p_value, t.cls)
            for t in self.limit.thresholds or ()
        ]
        rows += [("allowed from", low, None, None, None, None, None) for low, _ in self.limit.regions]
        rows += [("allowed up to", high, None, None, None, None, None) for _, high in self.limit.regions]
        limit = "none" if self.limit.upper is None else f"{self.limit.upper:.6g}"
        return FigureData(
            title=f"Upper limit on {name}: {limit} at {self._kind}",
            caption="curve: -2 ln L, minimised over the nuisance parameters, above its minimum in the "
            f"physical range, which a limit without calibration compares with {self.limit.delta_chi2:.6g}; "
            "true value: statistic, threshold or CLs with its error, and p-value of the data there; allowed: "
            "regions that the data allow, an empty value being open",
            note=self.note,
            columns=("quantity", name, "statistic", "threshold", "error", "p_value", "cls"),
            rows=tuple(rows),
        )

    @styled()
    def draw(self) -> "Figure":
        """Draw the statistic, the threshold in the colour of the method, and what is allowed."""
        name, unit = self._axis
        scale = unit.factor
        figure = new_figure(4.6, _HEIGHT)
        ax = figure.subplots()
        x = scale * self.points
        low, high = float(x[0]), float(x[-1])
        lines = [*self.note, *self._regions(ax, scale, low, high)]
        if self.limit.thresholds and self.limit.method == "cls":
            self._draw_cls(ax, scale)
        else:
            self._draw_statistic(ax, x, scale)
        ax.set_xlim(low, high)
        ax.set_xlabel(name)
        figure.legend(*ax.get_legend_handles_labels(), loc="outside upper left", ncols=3)
        add_note(figure, lines)
        return figure

    def _draw_statistic(self, ax: "Axes", x: "NDArray[Any]", scale: float) -> None:
        drawn = method_style(self.limit.method)
        line: dict[str, Any] = {"color": drawn.colour, "linestyle": drawn.line}
        known = [t for t in self.limit.thresholds or () if t.threshold is not None]
        ax.plot(x, self.delta, color=ink(), label="data")
        if known:
            at = [scale * t.value for t in known]
            thresholds = [t.threshold or 0.0 for t in known]
            ax.errorbar(
                at, thresholds, yerr=[t.error for t in known], marker=drawn.marker, label="threshold", **line
            )
            q = [(scale * t.value, t.q) for t in self.limit.thresholds or () if math.isfinite(t.q)]
            ax.plot(*zip(*q, strict=True), ".", color=ink())
            top = 2.2 * max(thresholds)
        else:
            ax.axhline(self.limit.delta_chi2, label=f"threshold {self.limit.delta_chi2:.4f}", **line)
            top = 2.2 * self.limit.delta_chi2
        ax.set_ylim(0, max(top, 1e-9))
        ax.set_ylabel(r"$-2\,\Delta\ln L$")

    def _draw_cls(self, ax: "Axes", scale: float) -> None:
        drawn = method_style("cls")
        rows = [t for t in self.limit.thresholds or () if t.cls is not None]
        at, values = [scale * t.value for t in rows], [t.cls or 0.0 for t in rows]
        ax.axhline(1 - self.limit.level, color=ink(), linestyle=":", label=f"{1 - self.limit.level:.3g}")
        ax.errorbar(
            at,
            values,
            yerr=[t.error for t in rows],
            color=drawn.colour,
            marker=drawn.marker,
            label=drawn.label,
        )
        ax.set_ylim(0, 1.05)
        ax.set_ylabel(drawn.label)

    def _regions(self, ax: "Axes", scale: float, low: float, high: float) -> list[str]:
        """Shade what is allowed; say what it is, and which of it the picture cuts."""
        limit, lines, cut = self.limit, [], []
        colour = method_style(limit.method).colour
        label = "allowed"
        for start, end in limit.regions:
            a = (self.physical[0] if start is None else start) * scale
            b = (self.physical[1] if end is None else end) * scale
            if a < low - 1e-9 * abs(low) or b > high + 1e-9 * abs(high):
                cut.append(self._axis[1].joined(f"[{_end(a)}, {_end(b)}]"))
            if a <= high and b >= low:
                ax.axvspan(max(a, low), min(b, high), color=colour, alpha=0.15, linewidth=0, label=label)
                label = "_"
        if limit.upper is None:
            lines.append(f"{self._kind}: the data give no upper limit")
        else:
            upper, spread = limit.upper * scale, "" if limit.mc_error is None else " (pseudo-experiments)"
            what, stated = "upper limit", self._axis[1].text(limit.upper, limit.mc_error)
            if excluded_end(limit) is not None:
                what, stated = "interval", allowed_text(limit, self._axis[1])
            if low <= upper <= high:
                ax.axvline(upper, color=colour, linewidth=1.6, label="upper limit")
            lines.append(f"{self._kind}: {what} {stated}{spread}")
        if limit.asimov is not None and low <= limit.asimov * scale <= high:
            ax.axvline(limit.asimov * scale, color=GREY, linestyle=":", label="expected (Asimov)")
        if cut:
            lines.append(f"cut by the range of the picture: allowed {' and '.join(cut)}")
        return lines


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdsFigure:
    """Thresholds of calibrated intervals against the true value.

    Parameters
    ----------
    document : mapping
        Of `macros.words.calibration_document`.
    note : tuple of str
    """

    document: "Mapping[str, Any]"
    note: tuple[str, ...] = ()

    @property
    def _methods(self) -> list[str]:
        rows: Sequence[dict[str, Any]] = self.document["thresholds"] or ()
        return [key for key in (rows[0] if rows else ()) if key != "value"]

    def numbers(self) -> FigureData:
        """Collect the numbers: one row a true value and method."""
        found = self.document
        rows = [
            (row["value"], method, row[method]["threshold"], row[method]["error"])
            for row in found["thresholds"] or ()
            for method in self._methods
        ]
        return FigureData(
            title=f"Thresholds of intervals of {found['parameter']} at {100 * found['level']:g} %",
            caption=f"threshold: what -2 Δln L of the given fraction of {found['n_toys']} pseudo-experiments "
            "of each true value does not exceed, with its statistical error",
            note=self.note,
            columns=(f"true {found['parameter']}", "method", "threshold", "error"),
            rows=tuple(rows),
        )

    @styled()
    def draw(self) -> "Figure":
        """Draw the thresholds, and those of a χ² of one degree of freedom."""
        from scipy.special import ndtri

        found = self.document
        name, unit = parameter_axis(found["parameter"], *(r["value"] for r in found["thresholds"] or ()))
        scale = unit.factor
        figure = new_figure(4.6, _HEIGHT)
        ax = figure.subplots()
        level = float(found["level"])
        for height, text in (
            (float(ndtri((1 + level) / 2) ** 2), "χ², two-sided"),
            (float(ndtri(level) ** 2), "χ², one-sided"),
        ):
            ax.axhline(
                height, color=GREY if "two" in text else BLUE, linewidth=1.0, linestyle=":", label=text
            )
        at = [scale * row["value"] for row in found["thresholds"] or ()]
        for method in self._methods:
            drawn = method_style(method)
            cells = [row[method] for row in found["thresholds"]]
            ax.errorbar(
                at,
                [cell["threshold"] for cell in cells],
                yerr=[cell["error"] for cell in cells],
                color=drawn.colour, marker=drawn.marker, linestyle=drawn.line, label=drawn.label,
            )  # fmt: skip
        ax.set_ylim(bottom=0)
        ax.set_xlabel(f"true {name}")
        ax.set_ylabel(r"threshold in $-2\,\Delta\ln L$")
        figure.legend(*ax.get_legend_handles_labels(), loc="outside upper left", ncols=2)
        few = "" if at else "; too few toys for a threshold"
        kind = f"{100 * level:g} %, {found['n_toys']} pseudo-experiments per true value{few}"
        add_note(figure, (*self.note, kind))
        return figure


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _end(value: float) -> str:
    return f"{value:.4g}" if math.isfinite(value) else "open"
