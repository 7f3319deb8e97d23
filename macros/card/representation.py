"""How a card shows itself: a table of its experiments, its model and its settings, as text and as HTML."""

from typing import TYPE_CHECKING, Any

from simgen.representation import html_table, text_table

if TYPE_CHECKING:
    from detsim.experiment import Experiment
    from macros.card.settings import RunSettings
    from simgen.interaction import Model

__all__ = ["ShownCard"]


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

    def __repr__(self) -> str:
        return text_table(f"Card {self.name!r}", self._rows())

    def _repr_html_(self) -> str:
        return html_table(f"Card {self.name}", self._rows())
