"""The fit of a card to data: estimates, limits, goodness of fit, for commands and for Python."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.calibration import Calibration
from analysis.fits import (
    FitResult,
    Fitter,
    Impacts,
    LimitResult,
    ProfileScan,
    fit_counts,
    fit_impacts,
    limit_of_counts,
    profile_scan,
    scan_points,
    unscaled,
)
from analysis.likelihood import Likelihood
from analysis.model import FEW, WeightCheck, bent_shapes, check_weights
from analysis.pseudo_experiments import WeightModel
from analysis.studies import (
    GoodnessOfFit,
    calibrated_limit,
    expected_calibrated_limit,
    expected_limit,
    goodness_of_fit,
)
from macros.card import Card
from macros.setup import (
    EXPECTED_KIND,
    measured_values,
    open_fitter,
    unusual_measurements,
    using_threads,
    whole_number,
)
from macros.studies.calibrations import limit_calibration, make_calibration
from macros.studies.datasets import EXPECTED, DataSets, data_sets
from macros.studies.limit_options import CardLimit, LimitOptions
from macros.terminal import Progress, silent

__all__ = ["EXPECTED", "Inference", "OnStatistics", "open_inference"]

OnStatistics = Callable[[int, NDArray[np.float64]], None]


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
    pulls : ndarray, shape (n_nuisances,), or None
        Auxiliary measurements; None: nominal.
    """

    card: Card
    fitter: Fitter
    counts: NDArray[np.float64] | None
    data: DataSets | None
    pulls: NDArray[np.float64] | None = None

    @property
    def source(self) -> str | dict[str, str] | None:
        """What the data were read from."""
        return None if self.data is None else self.data.source

    @property
    def kind(self) -> str:
        """Kind of the data; without any, what is fitted is expected."""
        return EXPECTED_KIND if self.data is None else self.data.kind

    @property
    def exact(self) -> NDArray[np.float64]:
        """The data, or without them the exact expectation of the model, shape (n_bins,)."""
        return self.fitter.templates.expected(self.fitter.truth) if self.counts is None else self.counts

    def without_data(self) -> "Inference":
        """Return it for an expectation, in the exposures of the data."""
        return replace(self, fitter=unscaled(self.fitter), counts=None, data=None, pulls=None)

    def fit(self) -> FitResult:
        """Fit the parameter of interest."""
        settings = self.card.fit
        result = fit_counts(self.fitter, self.exact, self.pulls, level=settings.level, method=settings.method)
        return replace(result, weights=self._checked(result.weights))

    @cached_property
    def _weights(self) -> WeightModel | None:
        """Weights of the events of weighted data."""
        return self.data.weights() if self.data is not None and self.data.weighted else None

    def _checked(self, found: WeightCheck | None) -> WeightCheck | None:
        """Look at the weights of events, where these are known and may matter."""
        if found is None or found.most <= FEW or self._weights is None:
            return found
        return check_weights(self.fitter.templates, self.exact, self._weights.losses())

    @property
    def likelihood(self) -> Likelihood:
        """The likelihood of the data."""
        return self.fitter.data(self.exact, self.pulls)

    @property
    def auxiliary(self) -> dict[str, float]:
        """Auxiliary measurements of the nuisance parameters that have one, in the units of the fit."""
        pulls = self.fitter.nominal if self.pulls is None else self.pulls
        return measured_values(self.fitter.templates, pulls)

    def impacts(self, result: FitResult) -> Impacts:
        """Compute the impacts of nuisance parameters on the estimate of a fit."""
        return fit_impacts(self.fitter, self.likelihood, result)

    def profile(self, result: FitResult, at: ArrayLike | None = None) -> ProfileScan:
        """Scan the profile likelihood of a fit, at values of the parameter or around all that is allowed."""
        points = scan_points(self.fitter, result) if at is None else at
        return profile_scan(self.fitter, self.likelihood, result, points)

    def goodness(
        self,
        n_toys: int,
        *,
        first: int = 0,
        progress: Progress = silent,
        on_statistics: OnStatistics | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> GoodnessOfFit:
        """Test the goodness of the fit; see `analysis.studies.goodness_of_fit`."""
        n = whole_number("n_toys", n_toys, least=1)
        with progress("goodness of fit", n, "toys") as advance, using_threads(self.card.run.threads):
            return goodness_of_fit(
                self.fitter,
                self.exact,
                self.pulls,
                n_toys=n,
                seed=int(self.card.run.seed or 0),
                first=whole_number("first", first),
                drawn=self.card.fit.drawn,
                weights=self._weights,
                on_toys=advance,
                on_statistics=on_statistics,
                stopped=stopped,
            )

    def limit(
        self,
        options: LimitOptions,
        *,
        calibration: Calibration | None = None,
        progress: Progress = silent,
        on_statistics: OnStatistics | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> CardLimit:
        """Find the upper limit, or without data the expected one; see `analysis.studies.expected_limit`.

        A calibration of `shared_calibration` is used instead of one that is made for this limit alone.
        """
        method = options.method or self.card.fit.limit_method
        with using_threads(self.card.run.threads):
            made = calibration
            if made is None and options.calibrates:
                made = self._calibration(options, progress)
            if self.counts is None and options.n_toys:
                with progress("expected limit", options.n_toys, "toys") as advance:
                    watch = {"on_toys": advance, "on_statistics": on_statistics, "stopped": stopped}
                    result = self._expected(method, options, made, watch)
            elif made is not None:
                level = self.card.fit.limit_level
                result = calibrated_limit(
                    self.fitter, self.exact, made, self.pulls, method=method, level=level
                )
            else:
                level = self.card.fit.limit_level
                result = limit_of_counts(self.fitter, self.exact, self.pulls, level=level, method=method)
                result = replace(result, weights=self._checked(result.weights))
        return CardLimit(result=result, calibration=made)

    def _expected(
        self, method: str, options: LimitOptions, made: Calibration | None, watch: Mapping[str, Any]
    ) -> LimitResult:
        settings: dict[str, Any] = {
            "method": method,
            "n_toys": options.n_toys,
            "seed": int(self.card.run.seed or 0),
            "first": options.first,
            "level": self.card.fit.limit_level,
            **watch,
        }
        if made is not None:
            return expected_calibrated_limit(self.fitter, made, **settings)
        return expected_limit(self.fitter, drawn=self.card.fit.drawn, audit=options.audit, **settings)

    def calibrate(
        self,
        n_toys: int,
        *,
        at: Sequence[float] | None = None,
        reach: float | None = None,
        profiled: bool = False,
        reference: float | None = None,
        progress: Progress = silent,
        **settings: Any,
    ) -> Calibration:
        """Calibrate the fit around its data; see `macros.studies.calibrations.make_calibration`."""
        return make_calibration(
            self.card,
            self.fitter,
            n_toys,
            at=at,
            counts=self.counts,
            auxiliary=self.pulls,
            reach=reach,
            profiled=profiled,
            reference=reference,
            progress=progress,
            **settings,
        )

    def shared_calibration(self, options: LimitOptions, progress: Progress = silent) -> Calibration | None:
        """Calibrate once for the limit of the data and the band of the expected one; None without both."""
        if not (options.calibrates and options.n_toys) or options.table is not None or self.counts is None:
            return None
        return self._calibration(options, progress, shared=True)

    def _calibration(self, options: LimitOptions, progress: Progress, *, shared: bool = False) -> Calibration:
        data = {"counts": self.counts, "auxiliary": self.pulls}
        with using_threads(self.card.run.threads):
            return limit_calibration(
                self.card, self.fitter, options, **data, shared=shared, progress=progress
            )


def open_inference(
    card: Card,
    data: Any,
    *,
    poi: str | None = None,
    number: int | None = None,
    auxiliary: Mapping[str, float | str] | None = None,
) -> Inference:
    """Prepare the fit of a card.

    Parameters
    ----------
    card : Card
    data
        As `macros.studies.datasets.data_sets` takes them; `EXPECTED` for none.
    poi : str, optional
        Parameter of interest instead of the card's.
    number : int, optional
        Which pseudo-experiment of event files that hold several.
    auxiliary : mapping of str to float or str, optional
        Auxiliary measurements, as `macros.setup.auxiliary.auxiliary_pulls` takes them.

    Raises
    ------
    ValueError
        If data do not belong to the card, or the model has no such parameter.
    FileError
        If a file is incomplete, foreign or damaged.
    """
    if data is EXPECTED and auxiliary:
        raise ValueError("auxiliary measurements go with data: give them, too")
    found = None if data is EXPECTED else data_sets(card, data, number=number, auxiliary=auxiliary)
    fitter = open_fitter(card, poi=poi, experiments=found.experiments if found else None)
    counts, pulls, texts = None, None, []
    if found is not None:
        fitter, counts = found.prepare(fitter)
        pulls, card = found.pulls(card, fitter), found.exposed(card)
        texts = unusual_measurements(fitter.templates, pulls)
    for text in (*texts, *map(str, bent_shapes(fitter.templates))):
        warnings.warn(text, stacklevel=2)
    return Inference(card=card, fitter=fitter, counts=counts, data=found, pulls=pulls)
