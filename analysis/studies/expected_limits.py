"""Expected limits of an experiment, from exact data and from pseudo-experiments."""

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.batch import BatchFit, Sought
from analysis.fits import (
    SAMPLE,
    Fitter,
    LimitResult,
    audit_sample,
    delta_chi2,
    limit_of_counts,
    make_fitter,
    upper_limit,
)
from analysis.pseudo_experiments import (
    Auditor,
    Columns,
    Thrower,
    check_n_toys,
    expected_band,
    n_worst,
    thrown_columns,
    toy_statistics,
)
from analysis.quotation import digits_apart, scale_of
from analysis.settings import Drawn
from analysis.studies.pictures import sensitivity_picture
from detsim.experiment import Experiment
from simgen.interaction import Model
from simgen.parameters import NAMED_BETA, gamma_from_mass, mass_from_gamma
from simgen.representation import html_table, readable, text_table

__all__ = ["GLOBAL_FIT_GEV", "GLOBAL_FIT_LEVEL", "Sensitivity", "expected_limit", "global_fit", "sensitivity"]

Array = NDArray[np.float64]

GLOBAL_FIT_GEV = {"chi": 330.0, "psi": 170.0, "eta": 220.0, "LR": 390.0}
"""Lower bounds on M_Z' at `GLOBAL_FIT_LEVEL` with which the paper compares its limits [GeV] (Cvetič,
Langacker, hep-ph/9707451)."""
GLOBAL_FIT_LEVEL = 0.95
"""Confidence level of these bounds; it does not depend on that of the limits."""


def global_fit(model: Model) -> float | None:
    """Return γ at the bound of the global electroweak fit; None for models without one."""
    if model.name == "LR":
        return gamma_from_mass(GLOBAL_FIT_GEV["LR"] * 1000)
    for name, beta in NAMED_BETA.items():
        if model.name == "E6" and math.isclose(model.beta, beta, abs_tol=1e-12):
            return gamma_from_mass(GLOBAL_FIT_GEV[name] * 1000)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """Expected limits as a function of the error per bin.

    Parameters
    ----------
    model : str
        Label of the model.
    parameter : str
    delta_chi2 : float
        Threshold of the limits.
    errors : tuple of float
        Relative errors per bin.
    limit : tuple of float or None
        Expected limits; None where nothing is excluded.
    global_fit : float or None
        γ at the bound of the global electroweak fit, at `GLOBAL_FIT_LEVEL`.
    level : float or None
        Confidence level of the limits; None if it is not the same for all.
    method : {"one-sided", "two-sided"} or None
        Kind of limit that has this Δχ² at this level.
    truth : tuple of float
        Value of the parameter in the card of each limit; empty if it is not known.
    """

    model: str
    parameter: str
    delta_chi2: float
    errors: tuple[float, ...]
    limit: tuple[float | None, ...]
    global_fit: float | None
    level: float | None = None
    method: str | None = None
    truth: tuple[float, ...] = ()

    def __repr__(self) -> str:
        return text_table(f"Expected limits on {self.parameter}, {self.model}", self._rows())

    def _repr_html_(self) -> str:
        title = f"Expected limits on {self.parameter}, {self.model}"
        return html_table(title, self._rows(), sensitivity_picture(self))

    def _rows(self) -> list[tuple[str, str]]:
        digits = digits_apart(*self.limit)
        texts = [
            "nothing is excluded"
            if limit is None
            else scale_of(self.parameter, limit).text(limit, digits=digits)
            for limit in self.limit
        ]
        errors = [f"error per bin {readable(error)}" for error in self.errors]
        return [("Δχ²", readable(self.delta_chi2)), *zip(errors, texts, strict=True)]

    @property
    def above(self) -> tuple[float | None, ...] | None:
        """Distances of the limits from the card's values, for a parameter that is quoted by them; else None.

        It is sin²θ_W: all that a limit says of it is in its distance from the value that is expected.
        """
        if self.parameter != "sin2_theta_w" or not self.truth:
            return None
        pairs = zip(self.limit, self.truth, strict=True)
        return tuple(None if limit is None else limit - value for limit, value in pairs)

    @property
    def M_Zprime_GeV(self) -> tuple[float | None, ...]:
        """Masses of the Z' at the limits on γ [GeV]."""
        if self.parameter != "gamma":
            return tuple(None for _ in self.limit)
        return tuple(mass_from_gamma(x) / 1000 if x else None for x in self.limit)


@np.errstate(under="ignore")
def sensitivity(
    experiments: Experiment | Sequence[Experiment],
    model: Model,
    errors: Sequence[float],
    *,
    poi: str = "gamma",
    level: float = 0.95,
    method: str = "one-sided",
) -> Sensitivity:
    """Compute the paper's limits: χ² against the standard model, with the same relative error in all bins.

    Parameters
    ----------
    experiments, model, poi
        As for `analysis.fits.estimate.make_fitter`.
    errors : sequence of float
        Relative errors per bin.
    level, method
        At 95 %, "one-sided" is Δχ² = 2.7055, as in the paper, and "two-sided" 3.8415.

    Returns
    -------
    Sensitivity

    Warns
    -----
    UserWarning
        If an error is above 1, 100 %: it probably was meant in percent.
    """
    errors = [float(e) for e in errors]
    if not errors or not all(0 < e < math.inf for e in errors):
        raise ValueError(f"errors per bin must be finite and above 0, got {errors}")
    if max(errors) > 1:
        text = f"errors per bin are relative: {max(errors):g} is {100 * max(errors):g} %, and 5 % is 0.05"
        warnings.warn(text, stacklevel=2)
    base = make_fitter(experiments, model, poi=poi, likelihood="paper", error_per_bin=1.0)
    threshold = delta_chi2(level, method)
    limits = []
    for error in errors:
        fitter = replace(base, errors=error * base.templates.reference)
        data = fitter.data(fitter.templates.reference)
        limits.append(upper_limit(fitter, data, None, threshold))
    return Sensitivity(
        model=model.label,
        parameter=poi,
        delta_chi2=threshold,
        errors=tuple(errors),
        limit=tuple(limits),
        global_fit=global_fit(model) if poi == "gamma" else None,
        level=level,
        method=method,
        truth=(float(base.truth),) * len(errors),
    )


@np.errstate(under="ignore")
def expected_limit(
    fitter: Fitter,
    *,
    n_toys: int,
    seed: int,
    first: int = 0,
    level: float = 0.95,
    method: str = "one-sided",
    drawn: Drawn = "auxiliary",
    on_toys: Callable[[int], None] | None = None,
    on_statistics: Callable[[int, Array], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
    audit: int = SAMPLE,
) -> LimitResult:
    """Compute the expected limit, and its band from pseudo-experiments.

    Parameters
    ----------
    fitter : Fitter
        Its model is the truth.
    n_toys : int
        Number of pseudo-experiments; a toy without a limit counts as infinity.
    seed : int
    first : int
        Index of the first pseudo-experiment.
    level, method
        As for `analysis.fits.limits.limit`.
    drawn
        As for `analysis.pseudo_experiments.throw.Thrower`.
    on_toys : callable, optional
        Called with the number of toys that were finished since the last call.
    on_statistics : callable, optional
        Called with each block: the index of its first toy, and the toys' limits, shape (n,).
    stopped : callable
        Called after each block: if it returns true, the band is that of the toys so far.
    audit : int
        Number of toys that are fitted again: see `analysis.fits.audit`.

    Returns
    -------
    LimitResult
        `upper` is the limit of exact data, `band` the quantiles of the toys' limits at -2 ... +2 σ, and
        `band_errors` their statistical errors.
    """
    check_n_toys(n_toys)
    exact = limit_of_counts(fitter, fitter.templates.expected(fitter.truth), level=level, method=method)
    if exact.asimov is None:
        return exact
    thrower, batch = Thrower(fitter=fitter, seed=seed, drawn=drawn), fitter.batch
    auditor = Auditor(
        fitter=fitter,
        level=level if method == "one-sided" else (1 + level) / 2,  # with the same threshold
        methods=("one-sided",),
        sample=audit_sample(seed, n_toys, audit, first=first),
        worst=n_worst(audit),
    )

    sought = Sought(limit_rise=exact.delta_chi2)

    def fitted(start: int, n: int) -> Columns:
        toys = thrower.block(start, n)
        fits = batch.fit(*toys, sought=sought)
        upper = batch.upper_limits(*toys, fits, exact.delta_chi2)
        return thrown_columns(fitter, start, *toys) | _fitted_columns(fitter, fits, upper)

    def limits(start: int, columns: Columns) -> Array:
        auditor.add(columns, start)
        upper = columns["one_sided_upper"]
        upper = np.where(np.isnan(upper), math.inf, upper)
        if on_statistics is not None:
            on_statistics(start, upper)
        return upper

    band, errors = expected_band(
        toy_statistics(
            fitted,
            n_toys,
            limits,
            first=first,
            most=thrower.largest_chunk,
            on_toys=on_toys,
            stopped=stopped,
        )
    )
    return replace(exact, band=band, band_errors=errors, audit=auditor.result() if audit else None)


def _fitted_columns(fitter: Fitter, fits: BatchFit, limits: Array) -> Columns:
    """Make the columns that an audit needs from fits and limits."""
    poi = fitter.templates.poi
    return {
        poi: fits.parameters[:, 0],
        f"{poi}_error": fits.errors[:, 0],
        "fval": fits.values,
        "status": fits.status,
        "one_sided_upper": limits,
    }
