"""Results of fits and limits: frozen values."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from analysis.fits.shown_results import fit_picture, fit_rows, limit_picture, limit_rows
from simgen.parameters import mass_from_gamma
from simgen.representation import html_table, text_table

if TYPE_CHECKING:
    from analysis.fits.audit import Audit
    from analysis.fits.fit_quality import FitQuality
    from analysis.fits.local_minima import LocalMinimum
    from analysis.fits.pulls import Pull
    from analysis.likelihood import Covariance
    from analysis.model import WeightCheck

__all__ = ["Estimate", "FitResult", "LimitResult", "OtherMinimum", "TabulatedValue"]


NO_MINIMUM = "no minimum found"
"""Reason for a failed fit."""

NOT_POSITIVE = "the second derivatives of -2 ln L at the minimum are not positive definite"
"""Default reason for a missing Hesse error."""

AT_RANGE = "the end of the range is reached"
UNBOUNDED = "the data do not bound it"
NOT_FOUND = "no minimum over the other parameters was found on the way"
NO_ERROR = "there is no Hesse error"
OPEN = (AT_RANGE, UNBOUNDED, NOT_FOUND, NO_ERROR)
"""Why the end of an interval is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A fitted parameter.

    Parameters
    ----------
    value, error : float or None
        Estimate and Hesse error; None if the data cannot measure the parameter.
    lower, upper : float or None
        Ends of the interval at the result's level by its method; None for an open end.
    error_reason, lower_reason, upper_reason : str
        Why the error does not exist, and why an end is open (one of `OPEN`); empty if the error or the end
        exists, or if no interval was computed.
    range : tuple of float
        Range of the parameter in the fit: an end with the reason `AT_RANGE` is at an end of it.
    """

    value: float | None
    error: float | None
    lower: float | None
    upper: float | None
    error_reason: str = ""
    lower_reason: str = ""
    upper_reason: str = ""
    range: tuple[float, float] = (-math.inf, math.inf)


class OtherMinimum(NamedTuple):
    """A local minimum beside the deepest.

    Parameters
    ----------
    value : float
        Parameter of interest.
    rise : float
        -2 ln L above that of the deepest minimum; 0 if equally deep.

    Examples
    --------
    >>> value, rise = OtherMinimum(-1.37, 0.14)
    """

    value: float
    rise: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FitResult:
    """Result of a fit.

    Parameters
    ----------
    parameters : dict of str to Estimate
        The parameter of interest first, then the constrained normalisations.
    poi : str
    level : float
        Confidence level of the intervals.
    method : str
        "minos" or "hesse".
    likelihood : str
        "poisson", "paper", or "templates": Poisson with the statistical error of simulated templates.
    valid : bool
        Whether a minimum was found and the data measure the parameter.
    reason : str
        Why not; empty if valid.
    fval : float
        Minimum of -2 ln L/L_saturated with constraints, or of χ².
    ndof : int
        Bins minus free parameters, as of `FitQuality`.
    effective_counts : tuple of float, or None
        (Σw)²/Σw² of each bin, if the data were weighted and the likelihood scaled to them.
    other_minima : tuple of OtherMinimum
        Other local minima of the free fit up to 25 above the deepest: `value` and `rise`.
    disagreement : float or None
        Difference of the two searches for the minimum in errors, if above 1e-3; the result is the deeper
        minimum.
    undetermined : tuple of tuple of str
        Groups of free nuisance parameters that the data cannot tell apart: they have no separate errors.
    weights : WeightCheck or None
        Whether weighted data have enough effective counts; if not, `weights.warning` is a message.
    minima : tuple of LocalMinimum
        All minima, the deepest first, with their regions; empty if not valid.
    pulls : tuple of Pull
        Nuisance parameters before and after the fit.
    covariance : Covariance or None
        Covariance of all fitted parameters.
    quality : FitQuality or None
        Whether the model describes the data at all; None if no minimum was found.
    failure : str
        Message for a fit that found no minimum: how the data differ from the model, and the last value tried.
    """

    parameters: dict[str, Estimate]
    poi: str
    level: float
    method: str
    likelihood: str
    valid: bool
    reason: str
    fval: float
    ndof: int
    effective_counts: tuple[float, ...] | None = None
    other_minima: tuple[OtherMinimum, ...] = ()
    disagreement: float | None = None
    undetermined: tuple[tuple[str, ...], ...] = ()
    weights: "WeightCheck | None" = None
    minima: "tuple[LocalMinimum, ...]" = ()
    pulls: "tuple[Pull, ...]" = ()
    covariance: "Covariance | None" = None
    quality: "FitQuality | None" = None
    failure: str = ""

    def __repr__(self) -> str:
        return text_table(f"Fit of {self.poi}", fit_rows(self))

    def _repr_html_(self) -> str:
        return html_table(f"Fit of {self.poi}", fit_rows(self), fit_picture(self))

    @property
    def weighted(self) -> bool:
        """Whether the data were weighted."""
        return self.effective_counts is not None

    @property
    def failed(self) -> bool:
        """Whether no minimum was found; a fit of data that cannot measure the parameter has not failed."""
        return not self.valid and self.reason == NO_MINIMUM

    @property
    def estimate(self) -> Estimate:
        """Estimate of the parameter of interest."""
        return self.parameters[self.poi]


@dataclass(frozen=True, slots=True, kw_only=True)
class TabulatedValue:
    """The test of a data set at one true value, calibrated with pseudo-experiments.

    Parameters
    ----------
    value : float
        True value of the parameter.
    q : float
        Test statistic of the data.
    p_value : float
        Fraction of the toys of this true value whose statistic is at least q.
    threshold : float or None
        Largest allowed q; None for CLs.
    cls : float or None
        CLs, allowed if at least 1 - level; None for other methods.
    error : float
        Statistical error of the threshold, or of CLs.
    """

    value: float
    q: float
    p_value: float
    threshold: float | None
    cls: float | None
    error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitResult:
    """An upper limit, bounded by the physical range.

    Parameters
    ----------
    parameter : str
    level : float
    method : {"one-sided", "two-sided", "feldman-cousins", "calibrated", "cls"}
    delta_chi2 : float
        Threshold in -2 Δln L; for a calibrated limit, the statistic at `upper` or at the end of the table.
    upper : float or None
        Upper end of the highest allowed region; None if it is open.
    regions : tuple of (low, high)
        All allowed regions in the physical range; None for an open end.
    asimov : float or None
        The limit for exact data of the model.
    band : tuple of five floats, or None
        Limits at -2, -1, 0, +1, +2 standard deviations from pseudo-experiments.
    band_errors : tuple of five floats or None, or None
        Statistical errors of the band; None if an end is open or there are too few pseudo-experiments.
    effective_counts : tuple of float, or None
        As in `FitResult`; `asimov` then has the weights of the data.
    mc_error : float or None
        Statistical error of `upper` from the pseudo-experiments that it was calibrated with.
    regions_mc_error : tuple of (low, high), or None
        Statistical errors of the ends of `regions`; None for an open end, or if the error is not known.
    thresholds : tuple of TabulatedValue, or None
        Tests at the true values of the calibration; None for other limits.
    n_calibration : int or None
        Pseudo-experiments at each of these true values.
    audit : Audit or None
        Differences of the band's pseudo-experiments that were fitted again.
    weights : WeightCheck or None
        As in `FitResult`.
    undetermined : tuple of tuple of str
        As in `FitResult`.
    quality : FitQuality or None
        Whether the model describes the data at all, at the best physical value.
    """

    parameter: str
    level: float
    method: str
    delta_chi2: float
    upper: float | None
    regions: tuple[tuple[float | None, float | None], ...]
    asimov: float | None
    band: tuple[float, ...] | None = None
    band_errors: tuple[float | None, ...] | None = None
    effective_counts: tuple[float, ...] | None = None
    mc_error: float | None = None
    regions_mc_error: tuple[tuple[float | None, float | None], ...] | None = None
    thresholds: tuple[TabulatedValue, ...] | None = None
    n_calibration: int | None = None
    audit: "Audit | None" = None
    weights: "WeightCheck | None" = None
    undetermined: tuple[tuple[str, ...], ...] = ()
    quality: "FitQuality | None" = None

    def __repr__(self) -> str:
        return text_table(f"Limit on {self.parameter}", limit_rows(self))

    def _repr_html_(self) -> str:
        return html_table(f"Limit on {self.parameter}", limit_rows(self), limit_picture(self))

    @property
    def weighted(self) -> bool:
        """Whether the data were weighted."""
        return self.effective_counts is not None

    @property
    def n_regions(self) -> int:
        """Number of disjoint allowed regions."""
        return len(self.regions)

    @property
    def M_Zprime_GeV(self) -> float | None:
        """Mass of the Z' at the limit on γ [GeV]; None for other parameters or no limit."""
        if self.parameter != "gamma" or not self.upper or math.isinf(self.upper):
            return None
        return mass_from_gamma(self.upper) / 1000
