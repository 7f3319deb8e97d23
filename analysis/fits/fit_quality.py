"""Goodness of a single fit without pseudo-experiments: a test whether the model describes the data at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import chdtrc

from simgen.representation import format_number

if TYPE_CHECKING:
    from analysis.fits.fitter import Fitter
    from analysis.likelihood import Likelihood

__all__ = ["POOR", "FitQuality", "physical_quality", "quality"]

POOR = 1e-4
"""A fit is poor if the p-values of -2 ln L and of Pearson's χ² are both below this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitQuality:
    """Goodness of a fit from two statistics that are compared with a χ² distribution.

    Parameters
    ----------
    fval : float
        Minimum of -2 ln L/L_saturated with constraints, or of the paper's χ².
    pearson : float or None
        Σ (n - μ)²/μ at the minimum, with constraints; None for the paper's χ².
    ndof : int
        Bins minus free parameters.

    Notes
    -----
    Neither follows a χ² distribution if counts are few: -2 ln L is too large at 1 to 10 counts per bin, and
    Pearson's χ² has a tail where less than 1 count is expected in a bin. A fit is therefore called poor only
    if both are too large; `analysis.studies.goodness` tests with pseudo-experiments.

    Examples
    --------
    >>> FitQuality(fval=105.8, pearson=98.0, ndof=5).poor, FitQuality(fval=9.8, pearson=9.1, ndof=5).poor
    (True, False)
    """

    fval: float
    pearson: float | None
    ndof: int

    @property
    def p_deviance(self) -> float | None:
        """Probability of a larger `fval` for a χ² distribution; None without a degree of freedom."""
        return self._p(self.fval)

    @property
    def p_pearson(self) -> float | None:
        """Probability of a larger Pearson's χ²; None if it or a degree of freedom is missing."""
        return None if self.pearson is None else self._p(self.pearson)

    @property
    def p_value(self) -> float | None:
        """The larger of the two p-values."""
        return max((p for p in (self.p_deviance, self.p_pearson) if p is not None), default=None)

    @property
    def poor(self) -> bool:
        """Whether the model does not describe the data: the larger p-value is below `POOR`."""
        return self.p_value is not None and self.p_value < POOR

    @property
    def warning(self) -> str | None:
        """Warning of a model that does not describe the data, in one sentence; None if it does."""
        if not self.poor:
            return None
        kind, p = "χ²" if self.pearson is None else "deviance", format_number(self.p_value, 2)
        return (
            f"the model does not describe the data: {kind} {format_number(self.fval)} for {self.ndof} "
            f"degrees of freedom, p = {p}; errors and limits take for granted that it does"
        )

    def _p(self, chi2: float) -> float | None:
        return float(chdtrc(self.ndof, max(chi2, 0.0))) if self.ndof > 0 else None


def quality(data: "Likelihood", parameters: Sequence[float], fval: float) -> FitQuality:
    """Test the fit of a data set.

    Parameters
    ----------
    data : Likelihood
    parameters : sequence of float
        The parameter of interest and the pulls at the minimum.
    fval : float
        -2 ln L at the minimum.
    """
    pearson = None if data.kind == "paper" else _pearson(data, parameters)
    return FitQuality(fval=float(fval), pearson=pearson, ndof=data.ndof)


def _pearson(data: "Likelihood", parameters: Sequence[float]) -> float:
    templates, pulls = data.templates, np.asarray(parameters[1:], np.float64)
    mu = np.maximum(templates.expected(parameters[0], pulls), 0.0)
    variance = mu + (mu * data.spread) ** 2 if data.kind == "templates" else mu
    squares = (data.counts - mu) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(squares > 0, squares / variance, 0.0)
    constrained = np.array([n.constraint != "free" for n in templates.nuisances], np.bool_)
    return float(terms.sum() + np.sum((pulls - data.auxiliary)[constrained] ** 2))


def physical_quality(fitter: "Fitter", data: "Likelihood") -> FitQuality:
    """Test the fit of a data set at the physical minimum, which a limit uses.

    If no minimum is found there, because -2 ln L does not depend on the parameter, the fit at the model's
    value of the parameter is tested.
    """
    minima, depths = fitter.physical_minima(data)
    if len(depths):
        return quality(data, minima[0], float(depths[0]))
    minimum = fitter.conditional(data, fitter.anchor)
    return quality(data, minimum.values, minimum.fval)
