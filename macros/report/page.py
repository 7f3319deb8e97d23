"""What a report consists of: sentences, tables, figures, links."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from macros.plots import Picture

__all__ = ["Report", "ReportFigure", "ReportFile", "ReportTable", "Section", "beside", "report_figure"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTable:
    """A table of texts.

    Parameters
    ----------
    caption : str
        One line.
    head : sequence of str
        Empty: the first cell of each row is its name.
    rows : sequence of sequences of str
    """

    caption: str
    rows: Sequence[Sequence[str]]
    head: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFigure:
    """A picture of the report.

    Parameters
    ----------
    svg : str
        An SVG element, as `macros.plots.render_svg` gives it.
    title, caption : str
    """

    svg: str
    title: str
    caption: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFile:
    """A file beside the report.

    Parameters
    ----------
    name : str
        Relative to the report.
    content : str
    """

    name: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section of a report.

    Parameters
    ----------
    title : str
    sentences : sequence of str
        A paragraph each.
    figures : sequence of ReportFigure
    tables : sequence of ReportTable
    details : sequence of ReportTable
        Tables that are folded until somebody opens them.
    """

    title: str
    sentences: Sequence[str] = ()
    figures: Sequence[ReportFigure] = ()
    tables: Sequence[ReportTable] = ()
    details: Sequence[ReportTable] = ()


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a report tells.

    Parameters
    ----------
    title : str
    summary : sequence of str
        What the reader has to know first, a paragraph each.
    warnings : sequence of str
        Sentences.
    sections : sequence of Section
    files : sequence of ReportFile
    command : str
        Repeats it.
    card_text : str
        The card as it was used, in TOML; empty: none.
    provenance : mapping
        Versions, processor, commit, and whatever else the result depends on.
    """

    title: str
    summary: Sequence[str] = ()
    warnings: Sequence[str] = ()
    sections: Sequence[Section] = ()
    files: Sequence[ReportFile] = ()
    command: str = ""
    card_text: str = ""
    provenance: Mapping[str, Any] = field(default_factory=dict)


def report_figure(picture: "Picture", title: str, caption: str) -> ReportFigure:
    """Draw a picture for a page, with its note in the caption.

    Parameters
    ----------
    picture : Picture
    title, caption : str
        The caption is one or more sentences.
    """
    from macros.plots import Look, look, note_of, render_svg

    with look(Look(page=True)):
        figure = picture.draw()
        svg = render_svg(figure)
    notes = "; ".join(line for line in note_of(figure).split("\n") if line)
    return ReportFigure(
        svg=svg, title=title, caption=f"{caption.rstrip('.')}. {notes}{'.' if notes else ''}".strip()
    )


def beside(directory: Path, contents: Mapping[str, str]) -> tuple[ReportFile, ...]:
    """List the files of a directory that are there, in the order of their descriptions."""
    return tuple(
        ReportFile(name=name, content=content)
        for name, content in contents.items()
        if (directory / name).exists()
    )
