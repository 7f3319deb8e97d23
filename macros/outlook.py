"""What a run of a card would give and take, before it is run."""

import time
from dataclasses import dataclass

import numpy as np

from analysis.fitter import make_fitter
from analysis.intervals import limit_of_counts
from analysis.results import LimitResult
from detsim.eventfile import event_columns
from detsim.simulation import event_plan, simulate
from macros.card import Card
from macros.production import expected_counts
from simgen.events import COLUMNS

__all__ = ["Outlook", "outlook"]

_PROBE = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What to expect of a run.

    Parameters
    ----------
    generated : float or None
        Mean number of events drawn; None where the cross section diverges and nothing cuts it.
    recorded, in_bins : float
        Mean numbers of events recorded, and of those in the bins.
    limit : LimitResult
        From exact data of the model.
    seconds : float or None
        Time to simulate, from a probe.
    bytes : float or None
        Size of the event file before compression.
    """

    generated: float | None
    recorded: float
    in_bins: float
    limit: LimitResult
    seconds: float | None
    bytes: float


def outlook(card: Card) -> Outlook:
    """Estimate what a run of a card gives and takes.

    Raises
    ------
    ValueError
        If fewer than 1e-6 counts are expected in the bins.
    """
    experiment, model = card.experiment, card.model
    counts = expected_counts(experiment, model)
    fitter = make_fitter(
        experiment,
        model,
        poi=card.fit.poi,
        likelihood=card.fit.likelihood,
        error_per_bin=card.fit.error_per_bin,
    )
    exact = fitter.templates.expected(fitter.truth)
    limit = limit_of_counts(fitter, exact, level=card.fit.limit_level, method=card.fit.limit_method)
    generated = seconds = None
    if not (model.diverges and experiment.generate_above == 0):
        generated = event_plan(experiment, model).expected
        simulate(experiment, model, seed=0, n=1)
        start = time.perf_counter()
        simulate(experiment, model, seed=0, n=_PROBE)
        seconds = generated * (time.perf_counter() - start) / _PROBE
    width = {"float64": np.dtype(card.run.precision).itemsize}
    per_event = sum(
        width.get(COLUMNS[name].dtype, np.dtype(COLUMNS[name].dtype).itemsize)
        for name in event_columns(
            detected=True,
            vertex="vertex" in card.run.columns,
            time="time" in card.run.columns,
            cos_theta="cos_theta" in card.run.columns,
        )
    )
    return Outlook(
        generated=generated,
        recorded=float(counts.sum()),
        in_bins=float(counts[1:-1].sum()),
        limit=limit,
        seconds=seconds,
        bytes=per_event * float(counts.sum()),
    )
