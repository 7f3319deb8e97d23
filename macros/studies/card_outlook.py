"""Estimates of a run of a card, before it is run: events, size of files, expected limit."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.fits import LimitResult, limit_of_counts
from analysis.model import bent_shapes
from detsim.event_files import Rounding, event_branches, event_columns, row_bytes
from detsim.expectation import fold
from detsim.simulation import event_plan, simulate
from detsim.systematics import SHAPES
from macros.card import Card
from macros.setup import check_signal, expected_counts, faint_signal, open_fitter
from macros.terminal import number_of
from macros.words import binding_note, cutoff
from simgen.units import write_quantity

__all__ = ["Outlook", "expected_reach", "outlook", "shape_warnings"]

_PROBE = 50_000
_ROUNDING = 1e-6
"""Relative difference of widths that is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What to expect of a run.

    Parameters
    ----------
    generated : float or None
        Mean number of events drawn; None where the cross section diverges and nothing cuts it.
    recorded, in_bins : float
        Mean numbers of events recorded, and of those in the bins.
    warnings : tuple of str
        What a run would stumble over, or quietly do.
    seconds : float or None
        Time to simulate, from a probe.
    bytes : float or None
        Size of the event file before compression.
    """

    generated: float | None
    recorded: float
    in_bins: float
    warnings: tuple[str, ...]
    seconds: float | None
    bytes: float


def outlook(card: Card) -> Outlook:
    """Estimate what a run of a card of one experiment gives and takes.

    Raises
    ------
    ValueError
        If fewer than 1e-6 counts are expected in the bins.
    """
    experiment, model = card.experiment, card.model
    counts = expected_counts(experiment, model)
    generated = seconds = None
    if not (model.diverges and experiment.generate_above == 0):
        generated = event_plan(experiment, model).expected
        simulate(experiment, model, seed=0, n=1)
        start = time.perf_counter()
        simulate(experiment, model, seed=0, n=_PROBE)
        seconds = generated * (time.perf_counter() - start) / _PROBE
    columns = event_columns(
        detected=True,
        distance=experiment.detector.distance is not None,
        vertex="vertex" in card.run.columns,
        time="time" in card.run.columns,
        direction="direction" in card.run.columns,
        cos_theta="cos_theta" in card.run.columns,
    )
    per_event = row_bytes(event_branches(columns, card.run.precision))
    return Outlook(
        generated=generated,
        recorded=float(counts.sum()),
        in_bins=float(counts[1:-1].sum()),
        warnings=tuple(_warnings(card, counts[1:-1])),
        seconds=seconds,
        bytes=per_event * float(counts.sum()),
    )


def expected_reach(card: Card) -> LimitResult | None:
    """Find the limit from exact data of the model; None if it has no such parameter as the card's fit.poi."""
    if card.fit.poi not in card.model.parameters:
        return None
    for experiment in card.experiments:
        try:
            check_signal(expected_counts(experiment, card.model)[1:-1], experiment)
        except ValueError:
            return None  # the warnings say why
    fitter = open_fitter(card)
    exact = fitter.templates.expected(fitter.truth)
    return limit_of_counts(fitter, exact, level=card.fit.limit_level, method=card.fit.limit_method)


def shape_warnings(card: Card) -> list[str]:
    """Say which shapes a fit of the card describes badly; nothing where nothing can be fitted."""
    shapes = {s.name for e in card.experiments for s in e.systematics} & {*SHAPES}
    if not shapes or card.fit.poi not in card.model.parameters:
        return []
    try:
        templates = open_fitter(card).templates
    except ValueError:
        return []  # the other warnings say why
    return [str(shape) for shape in bent_shapes(templates)]


def _warnings(card: Card, in_bins: NDArray[np.float64]) -> Iterator[str]:
    experiment, model, fit = card.experiment, card.model, card.fit
    if fit.poi not in model.parameters:
        yield f"fit.poi = {fit.poi!r} is not a parameter of {model.label}: a fit needs another one"
    if model.diverges and experiment.generate_above == 0:
        yield "events cannot be drawn: dσ/dT diverges at T → 0; set model.generate_above"
    if fit.error_per_bin is not None and np.any(fit.error_per_bin**2 * in_bins < 1):
        yield "fit.error_per_bin is smaller than the counting error of some bins, which it should contain"
    if card.run.precision == "float32":
        try:
            Rounding.of(experiment)
        except ValueError as error:
            yield f"events cannot be written: {error}"
    most = os.cpu_count() or 1
    if (card.run.threads or 1) > most:
        yield f"run.threads = {card.run.threads}: this machine has {most}, which commands use"
    signal = float(fold(experiment, model).signal(model)[1:-1].sum())
    faint = faint_signal(signal, experiment)
    if faint is not None:
        yield faint
    left_out = cutoff(experiment, model)
    if left_out.notable:
        yield left_out.text()
    yield from _bin_warnings(card)
    bound = binding_note(experiment)
    if bound:
        yield bound


def _bin_warnings(card: Card) -> Iterator[str]:
    """Yield what is odd in the bins: a last one below half the width, and those below the threshold."""
    detector = card.experiment.detector
    widths = np.diff(detector.edges)
    if "bins" in card.document["detector"] and widths[-1] < 0.5 * widths[0] * (1 - _ROUNDING):
        first, last = (write_quantity(width, "keV", digits=4) for width in (widths[0], widths[-1]))
        yield f"detector.bins: the width, {first}, does not divide the range: the last bin has {last}"
    low = int(np.count_nonzero(np.array(detector.edges[1:]) <= detector.threshold))
    if low:
        threshold = write_quantity(detector.threshold, "keV", digits=4)
        yield (
            f"detector.threshold: {number_of(low, 'bin')} of {len(widths)} {'ends' if low == 1 else 'end'} "
            f"at or below it, {threshold}, and can have no counts"
        )
    lowest = float(detector.edges[0])
    if 0 < detector.threshold < lowest * (1 - _ROUNDING):
        edge, threshold = (write_quantity(e, "keV", digits=4) for e in (lowest, detector.threshold))
        yield (
            f"detector.threshold: events from it, {threshold}, to the first bin, at {edge}, are recorded and "
            "in no bin: a fit does not use them"
        )
