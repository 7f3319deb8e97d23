"""Pseudo-experiments of a card: thrown and fitted, and studies of coverage."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.calibration import CALIBRATED, Calibration
from analysis.fits import Fitter
from analysis.pseudo_experiments import (
    METHODS,
    Thrower,
    WeightedThrower,
    WeightModel,
    check_weighted_methods,
    toys,
    weighted_toys,
)
from analysis.studies import CoverageStudy, coverage
from macros.card import Card
from macros.setup import open_fitter, template_sampling, using_threads, whole_number
from macros.studies.calibrations import open_calibration
from macros.studies.datasets import DataSets
from macros.terminal import LARGEST_STUDY

__all__ = ["Study", "confidence_level", "open_study", "throw_toys", "toy_weights"]

Columns = dict[str, NDArray[Any]]


def confidence_level(card: Card, level: float | None, *, name: str = "level") -> float:
    """Take a confidence level that is given, or the card's of limits.

    Raises
    ------
    ValueError
        If it does not lie between 0 and 1.
    """
    if level is None:
        return card.fit.limit_level
    if not 0 < level < 1:
        raise ValueError(f"{name} must lie between 0 and 1, got {level:g}")
    return float(level)


def throw_toys(
    card: Card,
    n: int,
    *,
    first: int,
    level: float | None,
    events: bool,
    fitted: bool,
    weights: DataSets | None = None,
) -> dict[str, NDArray[np.generic]]:
    """Throw and fit pseudo-experiments of a card that has a seed; see `Card.toys`."""
    n, first = whole_number("n", n, least=1, most=LARGEST_STUDY), whole_number("first", first)
    confidence = confidence_level(card, level)
    model = toy_weights(weights, events=events)
    thrower = Thrower(
        fitter=open_fitter(card, experiments=weights.experiments if weights else None),
        seed=int(card.run.seed or 0),
        events=events,
        drawn=card.fit.drawn,
    )
    with using_threads(card.run.threads):
        if model is None:
            made = toys(thrower, n, first=first, level=confidence, fitted=fitted)
        else:
            throws = WeightedThrower(thrower=thrower, weights=model)
            made = weighted_toys(throws, n, first=first, level=confidence, fitted=fitted)
        chunks = list(made)
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}


def toy_weights(data: DataSets | None, *, events: bool = False) -> WeightModel | None:
    """Find the weights of the events of weighted data, from which toys are to be drawn; None without data.

    Raises
    ------
    ValueError
        If the data have no weights, or events are to be drawn one by one.
    """
    if data is None:
        return None
    if not data.weighted:
        raise ValueError(
            f"weights: {data.source} holds counts, whose toys are thrown without it (leave --weights out)"
        )
    if events:
        raise ValueError(
            "events that are drawn one by one have weights of 1: throw toys of weighted data as sums of "
            "weights (--level histogram)"
        )
    return data.weights()


@dataclass(frozen=True, kw_only=True)
class Study:
    """A study of the coverage of a card's intervals, ready to be run.

    Parameters
    ----------
    card : Card
        With a seed.
    fitter : Fitter
        Of the card.
    at : tuple of float
        True values of the parameter of interest.
    n_toys : int
        Pseudo-experiments of each.
    methods : tuple of str
    level : float
    events : bool
    calibration : Calibration or None
    weights : DataSets or None
        Weighted data, whose weights and exposures the pseudo-experiments have.
    """

    card: Card
    fitter: Fitter
    at: tuple[float, ...]
    n_toys: int
    methods: tuple[str, ...]
    level: float
    events: bool
    calibration: Calibration | None
    weights: DataSets | None = None

    def run(
        self,
        *,
        audit: int,
        on_toys: Callable[[Columns], None] | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> CoverageStudy:
        """Throw, fit and count; see `analysis.studies.coverage_study.coverage`."""
        card, settings = self.card, self.card.fit
        with using_threads(card.run.threads):
            return coverage(
                card.together if self.weights is None else self.weights.experiments,
                card.model,
                self.at,
                self.n_toys,
                seed=int(card.run.seed or 0),
                poi=settings.poi,
                level=self.level,
                methods=self.methods,
                likelihood=settings.likelihood,
                error_per_bin=settings.error_per_bin,
                sampling=template_sampling(card),
                events=self.events,
                drawn=settings.drawn,
                calibration=self.calibration,
                weights=toy_weights(self.weights, events=self.events),
                on_toys=on_toys,
                audit=whole_number("audit", audit),
                stopped=stopped,
            )


def open_study(
    card: Card,
    at: Sequence[float],
    n_toys: int,
    *,
    methods: Sequence[str] | None,
    level: float | None,
    events: bool,
    table: Path | None,
    weights: DataSets | None = None,
) -> Study:
    """Prepare a study of coverage; see `Card.coverage`.

    Raises
    ------
    ValueError
        If a method needs thresholds and there is no table, or a true value is given twice or is not finite.
    """
    values = [float(v) for v in at]
    if not values or not np.all(np.isfinite(values)) or len(set(values)) < len(values):
        raise ValueError(f"at: true values must be finite and different, got {list(at)}")
    if weights is not None and methods:
        check_weighted_methods(methods)
    chosen = tuple(dict.fromkeys(methods or (*METHODS, *(CALIBRATED if table else ()))))
    if not table and set(chosen) & set(CALIBRATED):
        raise ValueError(
            "feldman-cousins, calibrated and cls need thresholds: make them with `nugauge calibrate`, and "
            "give the table (--table FILE)"
        )
    if weights is not None and table is not None:
        raise ValueError("thresholds of a table are those of counts: give a table or weighted data, not both")
    toy_weights(weights, events=events)
    fitter = open_fitter(card, experiments=weights.experiments if weights else None)
    return Study(
        card=card,
        fitter=fitter,
        at=tuple(values),
        n_toys=whole_number("n_toys", n_toys, least=1),
        methods=chosen,
        level=confidence_level(card, level),
        events=events,
        calibration=open_calibration(card, fitter, table) if table else None,
        weights=weights,
    )
