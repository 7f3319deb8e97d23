"""The files of a report and of a run: figures, numbers, histograms, and the page that shows them."""

import shlex
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import hist

from analysis.histograms import write_csv, write_json, write_root
from macros.plots import Look, Picture
from macros.report import ReportFigure, beside, report_template, write_report
from macros.runs.reports.analysis import CONTENTS, Analysis, analysis_pictures, draw_picture, write_analysis
from macros.runs.reports.analysis_report import analysis_figure, analysis_report
from macros.terminal import Progress
from simgen.second_process import Submit, second_process

__all__ = ["FILES", "write_files", "write_histograms"]

FILES = {
    "card": "card.toml",
    "events": "events.root",
    "histograms": "histograms.root",
    "histogram_json": "spectrum.json",
    "histogram_csv": "spectrum.csv",
    "expectation": "expect.json",
    "fit": "fit.json",
    "limit": "limit.json",
    "spectrum_figure": "spectrum.pdf",
    "distance_figure": "distance.pdf",
    "counts_table": "counts.csv",
    "profile_figure": "profile.pdf",
    "profile_table": "profile.csv",
    "impacts_figure": "impacts.pdf",
    "impacts_table": "impacts.csv",
    "limit_figure": "limit.pdf",
    "limit_table": "limit.csv",
    "band_figure": "band.pdf",
    "band_table": "band.csv",
    "report": "report.html",
}
"""Files by what they are."""


def write_files(
    staging: Path,
    found: Analysis,
    submit: Submit,
    *,
    source: str,
    command: Sequence[str],
    style: Look,
    progress: Progress,
    made: Sequence[str] = (),
) -> dict[str, str]:
    """Write all files of an analysis and the report on them; return their names by what they are.

    Parameters
    ----------
    staging : Path
        Directory.
    found : Analysis
    submit : Submit
        Hands the drawing to a second process, which has loaded what draws.
    source : str
        What the data were read from.
    command : sequence of str
        Words of a command line that makes the report again.
    style : Look
        Of the figures in files.
    progress : callable
        Shows that figures are drawn.
    made : sequence of str
        Sentences on how the data were made.
    """
    pictures = analysis_pictures(found)
    drawings = submit(partial(_draw, pictures, style))
    write_analysis(staging, found, pictures)
    report_template()
    with progress("drawing figures", None, "figures"):
        figures, drawn = drawings()
    for name, content in drawn.items():
        (staging / f"{name}.pdf").write_bytes(content)
    report = analysis_report(
        found,
        pictures,
        figures,
        source=source,
        command=shlex.join(command),
        files=beside(staging, CONTENTS),
        made=made,
    )
    write_report(staging / FILES["report"], report)
    return {key: name for key, name in FILES.items() if (staging / name).exists()}


def _draw(pictures: Mapping[str, Picture], style: Look) -> tuple[dict[str, ReportFigure], dict[str, bytes]]:
    """Draw the figures of a page, and those of files in a process beside this one; both by name.

    The process beside it is a fork of one that has loaded what draws. Figures of files take longer, because
    of their fonts: one of them is drawn here.
    """
    with second_process() as submit:
        *others, last = pictures
        waiting = {name: submit(partial(draw_picture, pictures[name], style)) for name in others}
        page = {name: analysis_figure(name, picture) for name, picture in pictures.items()}
        drawn = {last: draw_picture(pictures[last], style)}
        return page, {name: result() for name, result in waiting.items()} | drawn


def write_histograms(directory: Path, data: hist.Hist[Any], expected: hist.Hist[Any]) -> None:
    """Write the data in every format, and the expectation beside them in ROOT."""
    write_json(directory / FILES["histogram_json"], data)
    write_csv(directory / FILES["histogram_csv"], data)
    name = "_".join(data.axes.name)
    write_root(directory / FILES["histograms"], {name: data, f"{name}_expected": expected})
