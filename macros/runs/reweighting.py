"""Weights for the events of a file: the sample of one model stands for another."""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.histograms import Comparison, compare_weighted
from detsim.event_files import EventFile, EventWriter
from detsim.files import FileError, Former
from detsim.simulation import expected_generated, gamma_templates, weights
from macros.card import Card, card_from_document
from macros.card.checks import legal_names
from macros.runs.event_totals import Tally
from macros.runs.run_provenance import input_record, provenance
from macros.setup import check_card, check_different, expected_counts, mean_cross_section
from macros.words import begin_with
from simgen.events import COLUMNS, Events

__all__ = ["Reweighting", "reweight"]

_STEP = 200_000
_TEMPLATES = ("weight_A", "weight_B", "weight_C")


@dataclass(frozen=True, kw_only=True)
class Reweighting:
    """What a reweighting made.

    Parameters
    ----------
    file : Path
    tally : Tally
        Sums over the events.
    expected : float
        Mean of the sum of weights, by quadrature.
    comparison : Comparison
        Sums of weights against quadrature: the measured spectrum, or the total of true events.
    templates : ndarray, shape (3,), or None
        Sums of A, B and C.
    seconds : float
    """

    file: Path
    tally: Tally
    expected: float
    comparison: Comparison
    templates: NDArray[np.float64] | None
    seconds: float

    @property
    def n_effective(self) -> float:
        """Unweighted events that would be as precise: (Σw)²/Σw²."""
        return self.tally.sum_w**2 / self.tally.sum_w2 if self.tally.sum_w2 else 0.0

    def document(self) -> dict[str, Any]:
        """Return the keys of the JSON output."""
        return {
            "file": str(self.file),
            "n_events": self.tally.n_written,
            "n_effective": self.n_effective,
            "sum_w": self.tally.sum_w,
            "sum_w2": self.tally.sum_w2,
            "expected": self.expected,
            "chi2": self.comparison.chi2,
            "ndof": self.comparison.ndof,
            "p_value": self.comparison.p_value,
            "verdict": self.comparison.verdict,
            "gamma_templates": self.templates,
            "events_per_second": self.tally.n_written / self.seconds,
        }


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Say in which file the events are that cannot be reweighted."""
    try:
        yield
    except ValueError as error:
        raise FileError(path, "damaged", str(error)) from error


def reweight(
    source: Path,
    target: Card,
    path: Path,
    *,
    templates: bool = False,
    advance: Callable[[float], None] | None = None,
    former: Former | None = None,
) -> Reweighting:
    """Give the events of a file the weights of another model.

    Parameters
    ----------
    source : Path
        True or measured events.
    target : Card
        Its model is the target; all else has to be as in the file's card, but systematics, fit and run, and
        the exposure, which is the file's. For true events the detector's response may differ.
    path : Path
        Its card is the target's with the file's exposure.
    templates : bool
        Store A, B, C of each event too.
    advance : callable, optional
        Called with the number of events done.
    former : mapping of Path to FileStamp, optional
        What may be replaced, as for `detsim.files.atomic.WholeFile`.

    Raises
    ------
    ValueError
        If the file holds weights already or several runs, was made with another card, or the target lies
        outside its support.
    """
    start = time.perf_counter()
    check_different(path, source)
    with EventFile(source) as file:
        _check_file(file, target)
        row, made_by = file.rows[0], file.provenance
        used = {**target.document, "exposure": made_by["card"]["exposure"]}
        card = card_from_document(used, name=target.name)
        made = card_from_document(
            legal_names(made_by["card"]), name=str(made_by.get("card_name", source.stem))
        )
        lowest = made.experiment.generate_above
        # where it begins higher than the file, weights are 0; else the sample has to serve what was stated
        if card.document["model"].get("generate_above") == "auto" and lowest > card.experiment.generate_above:
            card = begin_with(card, lowest, source)
        arguments = (made.experiment, made.model, card.model)
        tally, sums = Tally(card.experiment), np.zeros(3)
        added = ("weight", *(_TEMPLATES if templates else ()))
        seed = made_by.get("seed")
        with EventWriter(
            path,
            columns=[name for name in COLUMNS if name in {*file.columns, *added}],
            provenance={
                **provenance(card, seed, "reweight"),
                "reweighted": row.uuid,
                "generated_card": made_by["card"],
                "run": {"input": input_record(source), "gamma_templates": templates},
            },
            precision=file.precision,
            compression=card.run.compression,
            format=card.run.format,
            former=former,
        ) as writer:
            for columns in file.iterate(step=_STEP):
                n = len(columns["event"])
                table: dict[str, Any] = {"cos_theta": np.zeros(n), **columns}
                events = Events(**table, n_generated=n)
                with _naming(source):
                    weight_columns = {
                        "weight": weights(events, *arguments, target_experiment=card.experiment)
                    }
                if templates:
                    abc = gamma_templates(events, *arguments, target_experiment=card.experiment)
                    weight_columns |= dict(zip(_TEMPLATES, abc, strict=True))
                    sums += [float(x.sum()) for x in abc]
                events = replace(events, **weight_columns)  # type: ignore[arg-type]  # columns by name
                writer.extend(events)
                tally.add(events)
                if advance is not None:
                    advance(n)
            info = replace(row, sum_w=tally.sum_w, sum_w2=tally.sum_w2, uuid=str(uuid.uuid4()))
            writer.finish(replace(info, cross_section=mean_cross_section(card)))
        exposures = row.equivalent_exposure / card.experiment.exposure.duration
        fixed = row.n_generated if exposures != 1 and not row.n_experiments else None
        expected, comparison = _verdict(card, tally, exposures, fixed, detected="T_reco" in file.columns)
    return Reweighting(
        file=path,
        tally=tally,
        expected=expected,
        comparison=comparison,
        templates=sums if templates else None,
        seconds=time.perf_counter() - start,
    )


def _check_file(file: EventFile, target: Card) -> None:
    if "weight" in file.columns:
        raise ValueError(f"{file.path} holds weights already: reweight the file that it was made from")
    if len(file.rows) != 1:
        raise ValueError(f"{file.path} holds {len(file.rows)} runs: reweight them one by one, then merge")
    may_differ = {"model", "systematics", "fit", "run", "exposure"}
    if "T_reco" not in file.columns:
        may_differ.add("detector")
    check_card(target, file.provenance["card"], file.path, may_differ=may_differ, begins=False)


def _verdict(
    card: Card, tally: Tally, exposures: float, fixed: int | None, *, detected: bool
) -> tuple[float, Comparison]:
    """Compute the expected sum of weights, and compare: bin by bin, or true events in all."""
    if detected:
        counts = exposures * expected_counts(card.experiment, card.model)
        return float(counts.sum()), tally.compare(counts, n_drawn=fixed)
    mean = exposures * expected_generated(card.experiment, card.model)
    return mean, compare_weighted([tally.sum_w], [tally.sum_w2], [mean], n_drawn=fixed)
