"""A run in one HTML file: no script, nothing loaded from elsewhere."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from macros.terminal import printable

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from analysis.fits import FitResult, LimitResult
    from analysis.histograms import Comparison

__all__ = ["Report", "ReportFigure", "Spectrum", "write_report"]

_TEMPLATES = Path(__file__).parent / "templates"
_SUSPICIOUS = 1e-3
_METADATA = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFigure:
    """A picture of the report.

    Parameters
    ----------
    svg : str
        An SVG element, as `style.render_svg` gives it.
    title, caption : str
    """

    svg: str
    title: str
    caption: str


@dataclass(frozen=True, kw_only=True)
class Spectrum:
    """The table of the measured energy, or of distance and energy.

    Parameters
    ----------
    edges : array_like, shape (n_energy_bins + 1,)
        Bin edges [MeV].
    counts : array_like, shape (n_bins,)
        Data or simulation.
    expected : array_like, shape (n_bins,)
        Expectation of the card's model.
    fitted : array_like, shape (n_bins,), optional
        Expectation at the fit's estimates.
    distance_edges : array_like, optional
        Bin edges in the distance [cm]; counts are then laid out distance by distance.
    """

    edges: "ArrayLike"
    counts: "ArrayLike"
    expected: "ArrayLike"
    fitted: "ArrayLike | None" = None
    distance_edges: "ArrayLike | None" = None

    @property
    def units(self) -> tuple[str, ...]:
        """Units of the edges in `rows`."""
        return ("keV",) if self.distance_edges is None else ("cm", "keV")

    def rows(self) -> Iterator[tuple[tuple[float, ...], float, float, float | None]]:
        """Yield low and high edges, in `units`, counts, expected and fitted counts of each bin."""
        import numpy as np

        axes = [np.asarray(self.edges, np.float64) * 1000]
        if self.distance_edges is not None:
            axes.insert(0, np.asarray(self.distance_edges, np.float64))
        bins = product(*(pairwise(edges.tolist()) for edges in axes))
        counts, expected = np.asarray(self.counts).tolist(), np.asarray(self.expected).tolist()
        fitted = [None] * len(counts) if self.fitted is None else np.asarray(self.fitted).tolist()
        edges = (tuple(chain(*edges)) for edges in bins)
        yield from zip(edges, counts, expected, fitted, strict=True)


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a report tells.

    Parameters
    ----------
    title : str
    card_name, card_text : str
        The card as it was used, in TOML.
    model : str
        Label of the model.
    seed : int or None
    spectrum : Spectrum or None
    comparison : Comparison or None
        χ² of the counts against the card's model.
    fit : FitResult or None
    limit : LimitResult or None
    figures : sequence of ReportFigure
    provenance : mapping
        Versions, processor, commit, and whatever else the result depends on.
    warnings : sequence of str
        What the reader has to know; the report adds its own.
    """

    title: str
    card_name: str
    card_text: str
    model: str
    seed: int | None = None
    spectrum: Spectrum | None = None
    comparison: "Comparison | None" = None
    fit: "FitResult | None" = None
    limit: "LimitResult | None" = None
    figures: Sequence[ReportFigure] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
    warnings: Sequence[str] = ()

    def all_warnings(self) -> list[str]:
        """List the warnings that were given, and those that follow from the results."""
        from macros.words import allowed_elsewhere, poor_fit

        texts = list(self.warnings)
        if self.fit is not None and not self.fit.valid:
            texts.append(f"The fit is not valid: {self.fit.reason}.")
        poor = None if self.fit is None else poor_fit(self.fit.quality)
        if poor:
            texts.append(f"{poor[0].upper()}{poor[1:]}.")
        if self.fit is not None and self.fit.valid:
            texts += [
                f"The interval of {name} is open at its {side} end{': ' if reason else ''}{reason}."
                for name, e in self.fit.parameters.items()
                for side, end, reason in (
                    ("lower", e.lower, e.lower_reason),
                    ("upper", e.upper, e.upper_reason),
                )
                if end is None
            ]
            texts += [f"{text[0].upper()}{text[1:]}." for text in allowed_elsewhere(self.fit)]
        if self.limit is not None and self.limit.upper is None:
            texts.append(f"There is no upper limit on {self.limit.parameter}: nothing above it is excluded.")
        if self.limit is not None and len(self.limit.regions) > 1:
            texts.append("More than one region is allowed; the upper limit is the upper end of the highest.")
        p_value = None if self.comparison is None else self.comparison.p_value
        if p_value is not None and p_value < _SUSPICIOUS:
            texts.append(f"The counts and the card's model disagree: p = {p_value:.2g}.")
        return texts


def write_report(path: str | Path, report: Report) -> None:
    """Write a report to a file that is whole or absent.

    Parameters
    ----------
    path : str or Path
    report : Report
        The same report gives the same bytes.

    Raises
    ------
    OSError
        If the file cannot be written; nothing is left of it.
    """
    from detsim.files import whole_file

    text = _render(report)
    with whole_file(path) as stream:
        stream.write(text.encode())


def _render(report: Report) -> str:
    import jinja2
    from markupsafe import Markup

    from macros.terminal import format_number
    from macros.words import band_texts

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters["number"] = format_number
    environment.filters["count"] = _count
    environment.filters["band"] = band_texts
    environment.filters["svg"] = lambda text: Markup(_METADATA.sub("", text))
    return environment.get_template("report.html.j2").render(
        report=report, warnings=report.all_warnings(), provenance=list(_flat(report.provenance))
    )


def _shown(value: Any) -> Any:
    """Write the control characters of a text as escapes, line by line; leave drawings as they are."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return "\n".join(map(printable, value.split("\n")))
    return value


def _count(value: float | None) -> str:
    """Write a count: in full if it is a whole number."""
    if value is None:
        return "–"
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.2f}"


def _flat(mapping: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in mapping.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}.")
        elif isinstance(value, str):
            yield name, value
        elif value is None:
            yield name, "–"
        elif isinstance(value, Sequence):
            yield (
                name,
                ", ".join(item if isinstance(item, str) else json.dumps(item, default=str) for item in value),
            )
        else:
            yield name, str(value)
