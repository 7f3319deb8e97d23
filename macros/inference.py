"""What the commands compute of a card, and what a card answers in Python: one implementation of both."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from analysis.calibrated import calibrated_limit, expected_calibrated_limit
from analysis.calibration import Calibration, check_enough
from analysis.conditions import CALIBRATED
from analysis.estimation import fit_counts
from analysis.fitter import Fitter
from analysis.goodness import GoodnessOfFit, goodness_of_fit
from analysis.intervals import limit_of_counts
from analysis.reach import expected_limit
from analysis.results import FitResult, LimitResult
from detsim.occurrence import Occurrence
from detsim.prediction import Expectation, predict
from detsim.simulation import simulate
from macros.calibrations import make_calibration, open_calibration
from macros.card import Card
from macros.datasets import DataSets, data_sets
from macros.options import LARGEST_STUDY, N_BAND
from macros.production import expected_counts
from macros.session import open_fitter, using_threads, whole_number
from simgen.events import Events

__all__ = [
    "EXPECTED",
    "N_CALIBRATION",
    "CardLimit",
    "Inference",
    "LimitOptions",
    "Progress",
    "expectation",
    "expectations",
    "open_inference",
    "silent",
    "simulate_events",
]

EXPECTED = object()
"""In the place of data: exact data of the card's model."""
N_CALIBRATION = 20_000
"""Pseudo-experiments per true value of a calibration that no table holds."""
_MARGIN = 1.5
"""True values go this many standard deviations beyond where a χ² would put the end of the interval."""

Advance = Callable[[float], None]
Progress = Callable[[str, float | None, str], AbstractContextManager[Advance]]


@contextmanager
def silent(title: str, total: float | None, unit: str) -> Iterator[Advance]:
    """Show no progress; in the place of `macros.console.progress`."""
    yield lambda n: None


def simulate_events(card: Card) -> Events | dict[str, Events]:
    """Simulate the exposure of a card that has a seed; see `Card.simulate`."""
    columns: list[Occurrence] = [c for c in ("vertex", "time") if c in card.run.columns]
    made = {}
    with using_threads(card.run.threads):
        for number, experiment in enumerate(card.experiments):
            identity = (number,) if number else ()  # as of toys that are drawn event by event
            expected_counts(experiment, card.model)
            made[experiment.name] = simulate(
                experiment, card.model, seed=int(card.run.seed or 0), identity=identity, columns=columns
            )
    return made if len(made) > 1 else next(iter(made.values()))


def expectations(card: Card) -> Expectation | dict[str, Expectation]:
    """Compute the expected counts of a card; see `Card.expect`."""
    if len(card.experiments) == 1:
        return expectation(card)
    return {e.name: expectation(card.of(e.name)) for e in card.experiments}


def expectation(card: Card) -> Expectation:
    """Compute the expected counts of a card of one experiment."""
    expected_counts(card.experiment, card.model)
    return predict(card.experiment, card.model)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitOptions:
    """How a limit is found.

    Parameters
    ----------
    method : str or None
        None: the card's.
    table : Path or None
        Thresholds of a calibrated one.
    n_calibration : int or None
        Without a table: pseudo-experiments per true value; None: `N_CALIBRATION`.
    profiled : bool
        Whether these have the nuisance parameters that are fitted to the data.
    n_toys, audit : int
        Pseudo-experiments for the band of an expected limit, and how many of them are fitted again.

    Raises
    ------
    ValueError
        If there is no such method, or options do not go together.
    """

    method: str | None = None
    table: Path | None = None
    n_calibration: int | None = None
    profiled: bool = False
    n_toys: int = N_BAND
    audit: int = 20

    def __post_init__(self) -> None:
        known = ("one-sided", "two-sided", *CALIBRATED)
        if self.method is not None and self.method not in known:
            raise ValueError(f"method must be one of {', '.join(known)}, got {self.method!r}")
        if not self.calibrates and (self.table or self.n_calibration is not None or self.profiled):
            raise ValueError(
                "thresholds of pseudo-experiments (a table, their number, profiled nuisance parameters) go "
                f"with the methods {', '.join(CALIBRATED)}"
            )
        if self.table and (self.n_calibration is not None or self.profiled):
            raise ValueError("a table has its pseudo-experiments: give no other number and no profiling")
        whole_number("n_toys", self.n_toys, most=LARGEST_STUDY)
        whole_number("audit", self.audit)
        if self.n_calibration is not None:
            whole_number("n_calibration", self.n_calibration, least=1, most=LARGEST_STUDY)

    @property
    def calibrates(self) -> bool:
        """Whether thresholds come from pseudo-experiments."""
        return self.method in CALIBRATED

    def draws(self, *, expected: bool) -> bool:
        """Tell whether random numbers are drawn, for an expected limit or for one of data."""
        return (expected and self.n_toys > 0) or (self.calibrates and self.table is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLimit:
    """A limit, and the thresholds that it was found with, if they come from pseudo-experiments."""

    result: LimitResult
    calibration: Calibration | None


@dataclass(frozen=True, kw_only=True)
class Inference:
    """The fit of a card, ready for its data, or for an expectation.

    Parameters
    ----------
    card : Card
        With a seed, if anything is drawn.
    fitter : Fitter
        Scaled to effective counts where data are weighted.
    counts : ndarray, shape (n_bins,), or None
        Data; None where there are none.
    data : DataSets or None
    """

    card: Card
    fitter: Fitter
    counts: NDArray[np.float64] | None
    data: DataSets | None

    @property
    def source(self) -> str | dict[str, str] | None:
        """What the data were read from."""
        return None if self.data is None else self.data.source

    @property
    def exact(self) -> NDArray[np.float64]:
        """The data, or without them the exact expectation of the model, shape (n_bins,)."""
        return self.fitter.templates.expected(self.fitter.truth) if self.counts is None else self.counts

    def fit(self) -> FitResult:
        """Fit the parameter of interest."""
        settings = self.card.fit
        return fit_counts(self.fitter, self.exact, level=settings.level, method=settings.method)

    def goodness(self, n_toys: int, *, progress: Progress = silent) -> GoodnessOfFit:
        """Test the goodness of the fit."""
        n = whole_number("n_toys", n_toys, least=1, most=LARGEST_STUDY)
        with progress("goodness of fit", n, "toys") as advance, using_threads(self.card.run.threads):
            return goodness_of_fit(
                self.fitter,
                self.exact,
                n_toys=n,
                seed=int(self.card.run.seed or 0),
                drawn=self.card.fit.drawn,
                on_toys=advance,
            )

    def limit(self, options: LimitOptions, *, progress: Progress = silent) -> CardLimit:
        """Find the upper limit, or without data the expected one."""
        method = options.method or self.card.fit.limit_method
        with using_threads(self.card.run.threads):
            made = self._calibration(options, progress) if options.calibrates else None
            if self.counts is None and options.n_toys:
                with progress("expected limit", options.n_toys, "toys") as advance:
                    result = self._expected(method, options, made, advance)
            elif made is not None:
                level = self.card.fit.limit_level
                result = calibrated_limit(self.fitter, self.exact, made, method=method, level=level)
            else:
                level = self.card.fit.limit_level
                result = limit_of_counts(self.fitter, self.exact, level=level, method=method)
        return CardLimit(result=result, calibration=made)

    def _expected(
        self, method: str, options: LimitOptions, made: Calibration | None, advance: Advance
    ) -> LimitResult:
        settings: dict[str, Any] = {
            "method": method,
            "n_toys": options.n_toys,
            "seed": int(self.card.run.seed or 0),
            "level": self.card.fit.limit_level,
            "on_toys": advance,
        }
        if made is not None:
            return expected_calibrated_limit(self.fitter, made, **settings)
        return expected_limit(self.fitter, drawn=self.card.fit.drawn, audit=options.audit, **settings)

    def _calibration(self, options: LimitOptions, progress: Progress) -> Calibration:
        """Read the table, or make one around the data."""
        if options.profiled and self.counts is None:
            raise ValueError("nuisance parameters can be fitted to data only: give the data")
        if options.table is not None:
            return open_calibration(self.card, self.fitter, options.table, counts=self.counts)
        n_toys = options.n_calibration or N_CALIBRATION
        if options.method != "cls":
            check_enough(n_toys, self.card.fit.limit_level)
        reach = float(ndtri((1 + self.card.fit.limit_level) / 2)) + _MARGIN
        return make_calibration(
            self.card,
            self.fitter,
            n_toys,
            counts=self.counts,
            reach=None if self.counts is None else reach,
            profiled=options.profiled,
            progress=progress,
        )


def open_inference(card: Card, data: Any, *, poi: str | None = None, number: int | None = None) -> Inference:
    """Prepare the fit of a card.

    Parameters
    ----------
    card : Card
    data
        As `macros.datasets.data_sets` takes them; `EXPECTED` for none.
    poi : str, optional
        Parameter of interest instead of the card's.
    number : int, optional
        Which pseudo-experiment of event files that hold several.

    Raises
    ------
    ValueError
        If data do not belong to the card, or the model has no such parameter.
    FileError
        If a file is incomplete, foreign or damaged.
    """
    found = None if data is EXPECTED else data_sets(card, data, number=number)
    fitter = open_fitter(card, poi=poi, experiments=found.experiments if found else None)
    counts = None
    if found is not None:
        fitter, counts = found.prepare(fitter)
    return Inference(card=card, fitter=fitter, counts=counts, data=found)
