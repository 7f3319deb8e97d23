"""Fits of single data sets: the model of a fit, and its minima, profiles and errors for one data set."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.batch import BatchFitter
from analysis.likelihood import (
    EDM,
    TIE,
    Likelihood,
    Minimum,
    Profile,
    curvature_errors,
    folded_minima,
    followed,
    migrad,
    paper_errors,
    prepared,
    scanned,
    sorted_minima,
    template_errors,
    tightened,
)
from analysis.model import INSIDE, REACH, FitModel, make_templates
from analysis.representation import ends_text
from detsim.experiment import Experiment
from detsim.simulation import RecordedSample, Sampling
from simgen.interaction import Model
from simgen.representation import html_table, text_table

__all__ = ["REACH", "Fitter", "make_fitter"]

Array = NDArray[np.float64]

_SAME = 0.1
"""Minima closer than this, in errors, are the same."""
_DIFFERENT = 1e-3
"""Two fits of the same minimum disagree if they differ by more than this, in errors."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Fitter(FitModel):
    """The model of a fit, and fits of single data sets with it."""

    def __repr__(self) -> str:
        return text_table(f"Fitter of {self.templates.poi}", self._rows())

    def _repr_html_(self) -> str:
        return html_table(f"Fitter of {self.templates.poi}", self._rows())

    def _rows(self) -> list[tuple[str, str]]:
        templates = self.templates
        return [
            ("experiments", ", ".join(e.name for e in templates.experiments)),
            ("bins", str(templates.n_bins)),
            ("model", repr(templates.model)),
            ("likelihood", self.likelihood),
            ("range", ends_text(*self.range)),
            ("nuisance parameters", ", ".join(templates.names[1:]) or "none"),
        ]

    def data(self, counts: ArrayLike, auxiliary: ArrayLike | None = None) -> Likelihood:
        """Make the likelihood of a data set.

        Parameters
        ----------
        counts : array_like, shape (n_bins,)
        auxiliary : array_like, shape (n_nuisances,), optional
            Measured nuisance parameters in standard deviations; by default nominal.
        """
        n = np.ascontiguousarray(counts, np.float64)
        measured = self.nominal if auxiliary is None else np.ascontiguousarray(auxiliary, np.float64)
        if n.shape != (self.templates.n_bins,):
            raise ValueError(f"data must have {self.templates.n_bins} bins, got an array of shape {n.shape}")
        if measured.shape != self.nominal.shape:
            names = ", ".join(self.templates.names[1:]) or "none"
            raise ValueError(f"one auxiliary measurement is needed of each of {names}, got {measured.shape}")
        return Likelihood(model=self, counts=n, auxiliary=measured)

    @cached_property
    def batch(self) -> BatchFitter:
        """Fits of many data sets with this model."""
        return BatchFitter(fitter=self)

    def scan(self, data: Likelihood) -> Array:
        """Profile -2 ln L at the points of the grid, shape (n,)."""
        return data.profile(self.grid)[0]

    def minimise(self, data: Likelihood, *, tolerance: float = EDM) -> Minimum:
        """Run the free fit: the deepest of its `minima`."""
        return self.minima(data, tolerance=tolerance)[0]

    def minima(self, data: Likelihood, *, tolerance: float = EDM) -> list[Minimum]:
        """Find the minima of a data set by the batch search and by MINUIT; of equal ones keep the deeper.

        Returns
        -------
        list of Minimum
            Distinct minima inside the physical range or reached from there, the deepest first; those that
            MINUIT calls invalid are last. Their errors are estimates only: see `hesse`.
        """
        ours, theirs = self.searches(data, tolerance=tolerance)
        return self.joined(ours, theirs, error=self.poi_error(data, ours, theirs))

    def searches(self, data: Likelihood, *, tolerance: float = EDM) -> tuple[list[Minimum], list[Minimum]]:
        """Find the minima of a data set by the batch search (ours), and by MINUIT (theirs)."""
        if data.model is not self:
            data = replace(data, model=self)
        return self._searched(data, tolerance), scanned(data, tolerance=tolerance)

    def poi_error(self, data: Likelihood, ours: list[Minimum], theirs: list[Minimum]) -> float | None:
        """Compute the Hesse error of the parameter of interest at the deepest minimum; None if there is none.

        MINUIT's own estimate may be far too small along a narrow valley.
        """
        best = sorted_minima(self, ours + theirs)[0]
        errors = self.hesse(data, best)
        return None if errors is None or not errors[0] > 0 else float(errors[0])

    def joined(
        self, ours: list[Minimum], theirs: list[Minimum], *, error: float | None = None
    ) -> list[Minimum]:
        """Sort the minima of two searches; of two that are the same, keep the deeper.

        `error` is the result of `poi_error`, if known.
        """
        minima: list[Minimum] = []
        for minimum in sorted_minima(self, ours + theirs):
            if not any(self._is_same(minimum, other, error) for other in minima):
                minima.append(minimum)
        return minima

    def _is_same(self, one: Minimum, other: Minimum, error: float | None = None) -> bool:
        return self._distance_in_errors(one, other, error) <= _SAME

    def physical_minima(self, data: Likelihood) -> tuple[Array, Array]:
        """Find the minima of a data set in the physical range, which limits use.

        Returns
        -------
        parameters : ndarray, shape (k, 1 + n_nuisances)
            The deepest first; k is 0 if no minimum is found.
        values : ndarray, shape (k,)
            -2 ln L/L_saturated.
        """
        if self.polynomial is None:  # a table of the signal takes much longer
            return folded_minima(data)
        counts, auxiliary = data.counts[None], data.auxiliary[None]
        fits = self.batch.fit(counts, auxiliary, errors=False)
        return self.batch.physical_minima(counts, auxiliary, fits)[0]

    def _searched(self, data: Likelihood, tolerance: float) -> list[Minimum]:
        """Find the minima of a data set by the batch search, and run MIGRAD from each."""
        if self.templates.poi in INSIDE:
            points, depths = folded_minima(data)
        elif self.batch.layout is None:
            return []
        else:
            searched = self.batch.search.run(data.counts[None], data.auxiliary[None], careful=True)
            m = searched.minima
            points = np.concatenate([searched.parameters, m.released.reshape(-1, m.released.shape[-1])])
            depths = np.concatenate([searched.values, m.released_values.ravel()])
        candidates = zip(map(float, depths), (tuple(map(float, p)) for p in points), strict=True)
        minima: list[Minimum] = []
        for _, parameters in sorted(candidate for candidate in candidates if candidate[0] < math.inf):
            poi, *pulls = parameters
            if any(abs(poi - m.values[0]) <= _SAME * min(m.errors[0], self.width) for m in minima):
                continue
            minimum = followed(data, poi, pulls, tolerance=tolerance)
            at_search = replace(minimum, deeper=parameters)
            deeper = (
                minimum if minimum.fval < at_search.fval and self._is_same(minimum, at_search) else at_search
            )
            minima.append(deeper)
        return minima

    def disagreement(
        self, ours: list[Minimum], theirs: list[Minimum], *, error: float | None = None
    ) -> float | None:
        """Compute by how many errors two searches of a data set differ; None if they agree.

        Equally deep minima count as agreement; invalid minima are not compared.
        """
        best = [sorted_minima(self, [m for m in minima if m.valid])[:1] for minima in (ours, theirs)]
        if not all(best):
            return None
        ours_deepest, theirs_deepest = best[0][0], best[1][0]
        distance = self._distance_in_errors(ours_deepest, theirs_deepest, error)
        if _DIFFERENT < distance <= _SAME:  # MINUIT stopped early
            tightened(theirs_deepest.minuit)
            distance = self._distance_in_errors(ours_deepest, theirs_deepest, error)
        if distance > _SAME and abs(ours_deepest.fval - theirs_deepest.fval) <= TIE:
            return None
        return distance if distance > _DIFFERENT else None

    def _distance_in_errors(self, one: Minimum, other: Minimum, error: float | None) -> float:
        errors = (
            [e for e in (one.errors[0], other.errors[0], self.width) if e > 0] if error is None else [error]
        )
        return float(abs(one.values[0] - other.values[0]) / min(errors))

    def hesse(self, data: Likelihood, minimum: Minimum) -> Array | None:
        """Compute the errors of the parameters from the second derivatives at a minimum.

        Returns
        -------
        ndarray, shape (n_parameters,), or None
            0 for a fixed parameter of interest, NaN for a parameter that the counts do not constrain; None if
            the matrix is not positive definite, or the minimum is at an end of the range.
        """
        return curvature_errors(data, minimum)

    def conditional(self, data: Likelihood, poi: float, *, tolerance: float = EDM) -> Minimum:
        """Fit the nuisance parameters at a value of the parameter of interest."""
        minuit = prepared(data, poi, self.profile(data).pulls(poi), tolerance)
        minuit.fixed[0] = True
        if minuit.nfit:
            migrad(data, minuit)
        return Minimum(minuit, self.width)

    def profile(self, data: Likelihood) -> Profile:
        """Make the profile of -2 ln L in the parameter of interest."""
        return Profile(data=data)


def make_fitter(
    experiments: Experiment | Sequence[Experiment],
    model: Model,
    *,
    poi: str = "gamma",
    likelihood: str = "poisson",
    error_per_bin: float | None = None,
    sampling: Sampling | RecordedSample | None = None,
) -> Fitter:
    """Prepare the fits of a model: fold its spectra once.

    Parameters
    ----------
    experiments : Experiment or sequence of Experiment
        Several are fitted together; their counts are concatenated.
    model : Model
        Values of all parameters; the value of the parameter of interest is the starting value of fits.
    poi : str
        Parameter of interest.
    likelihood : {"poisson", "paper"}
    error_per_bin : float, optional
        Relative error of every bin, for the paper's χ².
    sampling : Sampling or RecordedSample, optional
        Fold the signal with a simulated sample, or with recorded events, and include its statistical error in
        the likelihood, which is then "templates". By default the signal is folded by quadrature.

    Raises
    ------
    ValueError
        If the settings contradict each other, or the paper's χ² has a bin in which nothing is expected.
    """
    if likelihood not in {"poisson", "paper"}:
        raise ValueError(f"likelihood must be 'poisson' or 'paper', got {likelihood!r}")
    if (likelihood == "paper") != (error_per_bin is not None):
        raise ValueError("error_per_bin goes with likelihood = 'paper', and only with it")
    if error_per_bin is not None and not 0 < error_per_bin < math.inf:
        raise ValueError(f"error_per_bin must be finite and above 0, got {error_per_bin}")
    if sampling is not None and likelihood == "paper":
        raise ValueError(
            "simulated templates go with likelihood = 'poisson': errors of the paper's χ² are given"
        )
    templates = make_templates(experiments, model, poi, sampling)
    if sampling is not None:
        return Fitter(templates=templates, likelihood="templates", errors=template_errors(templates))
    errors = np.empty(0) if error_per_bin is None else paper_errors(templates, error_per_bin)
    return Fitter(templates=templates, likelihood=likelihood, errors=errors)
