"""Reports of studies: coverage, calibration, the state of a campaign."""

import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detsim.event_files import origin
from macros.plots import Look, Picture, look, render
from macros.report import Report, ReportTable, Section, beside, report_figure, write_report
from macros.setup import check_directory, foreign_report, whole_directory
from macros.terminal import format_number, json_text
from macros.words import (
    bias_lines,
    coverage_document,
    coverage_table,
    deviation_lines,
    experiment_rows,
    explain_parameter,
    level_line,
    table_warnings,
    thresholds_table,
    verdict_lines,
)

if TYPE_CHECKING:
    from analysis.studies import CoverageStudy
    from macros.card import Card

__all__ = ["ReportPlan", "StudyReport", "calibration_report", "campaign_report", "coverage_report"]

_CONTENTS = {
    "card.toml": "the card as it was used",
    "result.json": "all numbers",
    "figure.pdf": "the figure",
    "figure.csv": "its numbers",
}
_NAMES = {*_CONTENTS, "report.html"}
_PLAIN = Look()


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyReport:
    """What the report of a study consists of.

    Parameters
    ----------
    title : str
    summary, warnings : sequence of str
    sections : sequence of Section
    document : mapping
        All numbers, for `result.json`.
    picture : Picture or None
    caption : str
        Of the figure, whose title is that of the report.
    card : Card or None
    """

    title: str
    summary: Sequence[str]
    sections: Sequence[Section]
    document: Mapping[str, Any]
    warnings: Sequence[str] = ()
    picture: Picture | None = None
    caption: str = ""
    card: "Card | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPlan:
    """A directory that a study is going to make for its report, or none.

    Parameters
    ----------
    directory : Path or None
    reads : tuple of Path
        Files that the command reads.
    force : bool
        Replace a former report.
    style : Look
        Of the PDF figure.
    """

    directory: Path | None
    reads: tuple[Path, ...] = ()
    force: bool = False
    style: Look = _PLAIN

    def check(self) -> None:
        """Refuse a directory that may not be replaced; see `macros.setup.whole_directory`."""
        if self.directory is not None:
            try:
                check_directory(
                    self.directory, _NAMES, force=self.force, reads=self.reads, foreign=foreign_report
                )
            except ValueError as error:
                raise ValueError(f"--report {str(self.directory)!r}: {error}") from None

    def write(self, found: StudyReport) -> str | None:
        """Write the report; return its name, None where there is none to write."""
        if self.directory is None:
            return None
        with whole_directory(
            self.directory, _NAMES, force=self.force, reads=self.reads, foreign=foreign_report
        ) as staging:
            _write(staging, found, self.style)
        return str(self.directory / "report.html")


def _write(staging: Path, found: StudyReport, style: Look) -> None:
    figures = []
    if found.card is not None:
        (staging / "card.toml").write_text(found.card.text(), encoding="utf-8")
    (staging / "result.json").write_text(json_text(found.document) + "\n", encoding="utf-8")
    if found.picture is not None:
        with look(style):
            (staging / "figure.pdf").write_bytes(render(found.picture.draw(), "pdf"))
        (staging / "figure.csv").write_text(found.picture.data.csv(), encoding="utf-8")
        figures = [report_figure(found.picture, found.title, found.caption)]
    first, *others = found.sections
    shown = Section(
        title=first.title,
        sentences=first.sentences,
        figures=figures,
        tables=first.tables,
        details=first.details,
    )
    report = Report(
        title=found.title,
        summary=found.summary,
        warnings=found.warnings,
        sections=[shown, *others],
        files=beside(staging, _CONTENTS),
        command=shlex.join(["nugauge", *sys.argv[1:]]),
        card_text=found.card.text() if found.card is not None else "",
        provenance=origin(),
    )
    write_report(staging / "report.html", report)


def coverage_report(study: "CoverageStudy", picture: Picture, card: "Card") -> StudyReport:
    """Report how often intervals cover."""
    head, rows = coverage_table(study)
    verdict = study.verdict
    warnings = []
    if verdict is not None and verdict.verdict != "nominal":
        warnings += [f"{line}." for line in (verdict_lines(study)[0], *deviation_lines(study, 2))]
    warnings += [f"{text[0].upper()}{text[1:]}." for text in table_warnings(study)]
    n_toys = ", ".join(sorted({str(p.n_toys) for p in study.points}))
    return StudyReport(
        title=f"Coverage of intervals of {study.parameter} at {100 * study.level:g} %",
        summary=[
            f"{n_toys} pseudo-experiments of each true value were simulated and fitted as data are: a method "
            f"covers if a fraction of {study.level:g} of its intervals hold the true value. "
            f"{_meaning(study.parameter)}",
            f"All data are simulated, with the card {card.name}: {card.model.label}, seed {card.run.seed}.",
        ],
        warnings=warnings,
        sections=[
            Section(
                title="Coverage",
                sentences=[f"{line}." for line in (level_line(study), *verdict_lines(study))],
                tables=[ReportTable(caption="Coverage at each true value", head=head, rows=rows)],
            ),
            Section(title="Estimates", sentences=[f"{line}." for line in bias_lines(study)]),
            _experiment(card),
        ],
        document=coverage_document(study),
        picture=picture,
        caption="Fraction of the intervals that hold the true value",
        card=card,
    )


def calibration_report(document: dict[str, Any], picture: Picture, card: "Card") -> StudyReport:
    """Report thresholds with which intervals cover."""
    head, rows = thresholds_table(document)
    level = f"{100 * document['level']:g} %"
    table = ReportTable(
        caption=f"Thresholds in -2 Δln L at {level}",
        head=head,
        rows=[[format_number(cell) for cell in row] for row in rows],
    )
    few = [] if rows else [f"{document['n_toys']} toys are too few for a threshold at {level}."]
    failed = f"{document['n_failed']} fits failed, and count as above every threshold."
    return StudyReport(
        title=f"Thresholds of intervals of {document['parameter']} at {level}",
        summary=[
            f"{document['n_toys']} pseudo-experiments of each true value were simulated and fitted: a value "
            "is allowed if the statistic of the data does not exceed the threshold there. "
            f"{_meaning(document['parameter'])}",
            f"All data are simulated, with the card {card.name}: {card.model.label}, seed "
            f"{document['seed']}. `nugauge limit --table {document['file']}` uses the thresholds.",
        ],
        warnings=few,
        sections=[
            Section(title="Thresholds", sentences=[failed], tables=[table] if rows else []),
            _experiment(card),
        ],
        document=document,
        picture=picture,
        caption="Thresholds from pseudo-experiments, and those of a χ² of one degree of freedom",
        card=card,
    )


def campaign_report(document: Mapping[str, Any], sentences: Sequence[str]) -> StudyReport:
    """Report the state of a campaign.

    Parameters
    ----------
    document : mapping
        Of the state.
    sentences : sequence of str
        The state for a person.
    """
    numbers = ("n", "seed", "chunks", "done", "left", "rows", "rows_per_second", "core_hours", "bytes")
    rows = [(name.replace("_", " "), _number(document[name])) for name in numbers]
    faults = [
        (str(note.get("number", "–")), str(note.get("host", "–")), str(note.get("message", "–")))
        for note in (*document["failed"], *document["warnings"])
    ]
    tables = [ReportTable(caption="State", rows=rows)]
    if faults:
        caption = "Chunks that failed, or of which something was said"
        tables.append(ReportTable(caption=caption, head=("chunk", "machine", "message"), rows=faults))
    done = f"{document['done']} of {document['chunks']} chunks done"
    state = "complete" if document["complete"] else done
    return StudyReport(
        title=f"Campaign {document['task']}: {state}",
        summary=[
            f"{document['directory']}, id {document['id']}: {document['n']} rows of `{document['task']}`."
        ],
        warnings=[f"{len(document['failed'])} chunks failed."] if document["failed"] else [],
        sections=[Section(title="State", sentences=sentences, tables=tables)],
        document=document,
    )


def _number(value: Any) -> str:
    return str(value) if isinstance(value, int) else format_number(value)


def _meaning(parameter: str) -> str:
    meaning = explain_parameter(parameter)
    return f"{meaning}."


def _experiment(card: "Card") -> Section:
    tables = [
        ReportTable(
            caption=experiment.name,
            rows=experiment_rows(card if len(card.experiments) == 1 else card.of(experiment.name)),
        )
        for experiment in card.experiments
    ]
    return Section(title="Experiment", tables=tables)
