"""Weights for the events of a file: the sample of one model stands for another."""

import math
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from analysis.histograms import Comparison, compare_weighted
from detsim.event_files import EventFile, EventWriter
from detsim.files import FileError, Former, is_of_series, real_path, series_file
from detsim.simulation import expected_generated, gamma_templates, weights
from macros.card import Card, card_from_document
from macros.merging import check_events, missing_events
from macros.runs.event_totals import Reweighting, Tally
from macros.runs.run_provenance import input_record, provenance
from macros.setup import (
    card_of_events,
    check_card,
    check_different,
    expected_counts,
    is_attached,
    lacks_backgrounds,
    mean_cross_section,
)
from macros.words import begin_with
from simgen.events import COLUMNS, Events
from simgen.process import working_time

__all__ = ["reweight"]

_STEP = 200_000
_TEMPLATES = ("weight_A", "weight_B", "weight_C")


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Name the file whose events cannot be reweighted."""
    try:
        yield
    except ValueError as error:
        raise FileError(path, "damaged", str(error)) from error


def reweight(
    source: Path | Sequence[Path],
    target: Card,
    path: Path,
    *,
    templates: bool = False,
    advance: Callable[[float], None] | None = None,
    former: Former | None = None,
) -> Reweighting:
    """Give the events of a file, or of a series, the weights of another model.

    Parameters
    ----------
    source : Path or sequence of Path
        True or measured events; several files are parts of one run, and become a series.
    target : Card
        Its model is the target; all else has to be as in the file's card, but systematics, fit and run, and
        the exposure, which is the file's. Backgrounds that the file's card does not have are left out. For
        true events, and energies that another program measured, the
        detector's response may differ.
    path : Path
        Its card is the target's with the file's exposure. Of a series `w-0000.root`, `w-0001.root`, ... for
        `w.root`, in the order of the events.
    templates : bool
        Store A, B, C of each event too.
    advance : callable, optional
        Called with the number of events done.
    former : mapping of Path to FileStamp, optional
        What may be replaced, as for `detsim.files.atomic.WholeFile`. Without it, files of a series replace
        nothing.

    Raises
    ------
    ValueError
        If a file holds weights or several runs, has another card, or does not reach what the target needs.
    FileError
        If a file is incomplete, foreign or damaged, or files are not parts of one run, or overlap.
    """
    start = working_time()
    sources = [source] if isinstance(source, Path) else list(source)
    gaps = tuple(check_events(sources)) if len(sources) > 1 else ()
    parts = _parts(sources, path, former)
    for part in parts:
        for file in sources:
            check_different(part.path, file)
    work = _Work(target=target, templates=templates, advance=advance)
    made: list[Path] = []
    try:
        for part in parts:
            work.write(part)
            made.append(part.path)
    except BaseException:
        for file in made:  # a part of a series is no data set
            file.unlink(missing_ok=True)
        raise
    expected, comparison = work.verdict()
    return Reweighting(
        file=path,
        files=tuple(made),
        tally=work.total,
        expected=expected,
        comparison=comparison,
        gaps=gaps,
        notes=(*missing_events(sources, gaps), *work.notes),
        templates=work.sums if templates else None,
        seconds=working_time() - start,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A file that is read, and the one that is written."""

    source: Path
    path: Path
    series: dict[str, Any] | None
    former: Former | None
    removes: Sequence[Path] = ()


def _parts(sources: Sequence[Path], path: Path, former: Former | None) -> list[_Part]:
    """Put files in the order of their events, and name what is made of each."""
    if len(sources) == 1:
        return [_Part(source=sources[0], path=path, series=None, former=former)]
    firsts = []
    for source in sources:
        with EventFile(source) as file:
            firsts.append((file.rows[0].first_experiment, file.rows[0].first))
    allowed: Former = {} if former is None else former
    left = sorted(file for file in allowed if is_of_series(file.name, path))
    parts = []
    for number, i in enumerate(sorted(range(len(sources)), key=lambda i: firsts[i])):
        output = series_file(path, number)
        series = {"name": path.name, "number": number}
        removes = [] if number else [one for one in left if one != real_path(output)]
        parts.append(_Part(source=sources[i], path=output, series=series, former=allowed, removes=removes))
    return parts


class _Work:
    """Reweights files one after the other, and adds up what is compared with quadrature."""

    def __init__(self, *, target: Card, templates: bool, advance: Callable[[float], None] | None) -> None:
        self._target, self._templates, self._advance = target, templates, advance
        self._exposures, self._n_drawn = 0.0, 0
        self._card: Card | None = None
        self._detected = self._attached = self._has_experiments = False
        self.total, self.sums = Tally(target.experiment), np.zeros(3)
        self.notes: tuple[str, ...] = ()

    def write(self, part: _Part) -> None:
        """Write the events of a file with their weights."""
        source = part.source
        with EventFile(source) as file:
            _check_file(file, self._target)
            row, made_by = file.rows[0], file.provenance
            used = {**self._target.document, "exposure": made_by["card"]["exposure"]}
            if lacks_backgrounds(self._target, made_by["card"]):
                used["background"] = {}
                self.notes = (f"{source} has no backgrounds: those of {self._target.name} are left out",)
            card = card_from_document(used, name=self._target.name)
            made = card_of_events(made_by, source)
            lowest, stated = made.experiment.generate_above, card.document["model"].get("generate_above")
            # where it begins higher than the file, weights are 0; else the sample serves what was stated
            if stated == "auto" and lowest > card.experiment.generate_above:
                card = begin_with(card, lowest, source)
            tally = Tally(card.experiment)
            added = ("weight", *(_TEMPLATES if self._templates else ()))
            run = {"input": input_record(source), "gamma_templates": self._templates}
            with EventWriter(
                part.path,
                columns=[name for name in COLUMNS if name in {*file.columns, *added}],
                provenance={
                    **provenance(card, made_by.get("seed"), "reweight"),
                    **{key: made_by[key] for key in ("response",) if key in made_by},
                    "reweighted": row.uuid,
                    "generated_card": made_by["card"],
                    "run": run if part.series is None else {**run, "series": part.series},
                },
                precision=file.precision,
                compression=card.run.compression,
                format=card.run.format,
                former=part.former,
                removes=part.removes,
            ) as writer:
                for events in self._weighted(file, made, card):
                    writer.extend(events)
                    tally.add(events)
                    self.total.add(events)
                info = replace(row, sum_w=tally.sum_w, sum_w2=tally.sum_w2, uuid=str(uuid.uuid4()))
                writer.finish(replace(info, cross_section=mean_cross_section(card)))
            self._card, self._attached = card, is_attached(made_by)
            self._detected, self._has_experiments = "T_reco" in file.columns, row.n_experiments > 0
            self._exposures += row.equivalent_exposure / card.experiment.exposure.duration
            self._n_drawn += row.n_generated

    def _weighted(self, file: EventFile, made: Card, card: Card) -> Iterator[Events]:
        """Yield the events of a file with their weights."""
        arguments = (made.experiment, made.model, card.model)
        for columns in file.iterate(step=_STEP):
            n = len(columns["event"])
            table: dict[str, Any] = {"cos_theta": np.zeros(n), **columns}
            events = Events(**table, n_generated=n)
            with _naming(file.path):
                added = {"weight": weights(events, *arguments, target_experiment=card.experiment)}
            if self._templates:
                abc = gamma_templates(events, *arguments, target_experiment=card.experiment)
                added |= dict(zip(_TEMPLATES, abc, strict=True))
                self.sums += [float(x.sum()) for x in abc]
            yield replace(events, **added)  # type: ignore[arg-type]  # columns by name
            if self._advance is not None:
                self._advance(n)

    def verdict(self) -> tuple[float | None, Comparison | None]:
        """Compute the expected sum of weights, and compare: bin by bin, or true events in all."""
        card, exposures = self._card, self._exposures
        if card is None or self._attached:  # the response of another program is not that of the card
            return None, None
        whole = math.isclose(exposures, 1.0, rel_tol=1e-9)
        fixed = None if whole or self._has_experiments else self._n_drawn
        if self._detected:
            counts = exposures * expected_counts(card.experiment, card.model)
            return float(counts.sum()), self.total.compare(counts, n_drawn=fixed)
        mean = exposures * expected_generated(card.experiment, card.model)
        tally = self.total
        return mean, compare_weighted([tally.sum_w], [tally.sum_w2], [mean], n_drawn=fixed)


def _check_file(file: EventFile, target: Card) -> None:
    if "weight" in file.columns:
        raise ValueError(f"{file.path} holds weights already: reweight the file that it was made from")
    if len(file.rows) != 1:
        raise ValueError(f"{file.path} holds {len(file.rows)} runs: reweight them one by one, then merge")
    may_differ = {"model", "systematics", "fit", "run", "exposure"}
    if "T_reco" not in file.columns or is_attached(file.provenance):
        may_differ.add("detector")
    if lacks_backgrounds(target, file.provenance["card"]):
        may_differ.add("background")
    check_card(target, file.provenance["card"], file.path, may_differ=may_differ, begins=False)
