"""How a card shows itself, and answers of several experiments and toys: as text and as HTML."""

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any, TypeVar

from analysis.quotation import name_with_unit, scale_of
from simgen.pictures import Steps, picture
from simgen.representation import html_table, text_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from detsim.experiment import Experiment
    from macros.card.settings import RunSettings
    from simgen.interaction import Model

__all__ = ["ByExperiment", "ShownCard", "ToyColumns", "public_names"]

T = TypeVar("T")

_BINS = 40


def public_names(shown: object) -> list[str]:
    """List what `dir` and Tab have to show of an object: no name that begins with an underscore."""
    return sorted(name for name in object.__dir__(shown) if not name.startswith("_"))


class ByExperiment(dict[str, T]):
    """Answers of a card of several experiments, by their names; a notebook shows one below the other."""

    def _repr_html_(self) -> str:
        shown = []
        for name, answer in self.items():
            text = (
                answer._repr_html_()
                if hasattr(answer, "_repr_html_")
                else f"<pre>{escape(repr(answer))}</pre>"
            )
            shown.append(f"<section><h4>{escape(name)}</h4>{text}</section>")
        return f"<div>{''.join(shown)}</div>"


class ToyColumns(dict[str, "NDArray[Any]"]):
    """Columns of toys, by their names; a notebook shows their number and the estimates.

    Parameters
    ----------
    columns : mapping of str to ndarray, shape (n,)
    poi : str
        Parameter of interest.
    """

    def __init__(self, columns: "Mapping[str, NDArray[Any]]", poi: str) -> None:
        super().__init__(columns)
        self.poi = poi

    def _repr_html_(self) -> str:
        import numpy as np

        n = len(self["toy"])
        rows = [("toys", f"{n}, {self['toy'].min()} to {self['toy'].max()}" if n else "none")]
        if "status" in self:
            rows.append(("not regular (status above 0)", str(int(np.count_nonzero(self["status"])))))
        estimates = self.get(self.poi, np.empty(0))
        finite = estimates[np.isfinite(estimates)].astype(np.float64)
        drawn = ""
        if len(finite) > 1:
            scale = scale_of(self.poi, *map(float, np.quantile(finite, [0.0, 1.0])))
            mean, deviation = float(finite.mean()), float(finite.std(ddof=1))
            error = deviation / float(np.sqrt(len(finite)))
            rows.append((f"mean of {self.poi}", scale.text(mean, error)))
            rows.append((f"standard deviation of {self.poi}", scale.text(deviation)))
            heights, edges = np.histogram(finite * scale.factor, bins=_BINS)
            steps = Steps(edges=edges.tolist(), heights=heights.tolist(), filled=True)
            name = name_with_unit(f"estimate of {self.poi}", scale)
            drawn = picture(f"Estimates of {self.poi}", [steps], x=name, y="toys")
        rows.append(("columns", ", ".join(self)))
        return html_table(f"Toys of {self.poi}", rows, drawn)


class ShownCard:
    """What shows itself as a table of what a card says; the whole document is in `document`."""

    name: str
    experiments: "tuple[Experiment, ...]"
    model: "Model"
    fit: Any
    run: "RunSettings"
    warnings: tuple[str, ...]

    def _rows(self) -> list[tuple[str, str]]:
        """List experiments, model, fit and what is not plausible."""
        fit, rows = self.fit, []
        for e in self.experiments:
            rows += [
                (f"experiment {e.name}", f"source {e.source.name}, {e.exposure.summary}"),
                ("backgrounds", ", ".join(b.name for b in e.backgrounds) or "none"),
                ("uncertainties", ", ".join(s.name for s in e.systematics) or "none"),
            ]
        rows += [
            ("model", repr(self.model)),
            ("parameter of interest", fit.poi),
            ("likelihood", fit.likelihood),
            ("interval of a fit", f"{100 * fit.level:.6g} %, {fit.method}"),
            ("limit", f"{100 * fit.limit_level:.6g} %, {fit.limit_method}"),
            ("seed", "drawn" if self.run.seed is None else str(self.run.seed)),
        ]
        return rows + [("warning", text) for text in self.warnings]

    def __dir__(self) -> list[str]:
        return public_names(self)

    def __repr__(self) -> str:
        return text_table(f"Card {self.name!r}", self._rows())

    def _repr_html_(self) -> str:
        return html_table(f"Card {self.name}", self._rows())
