"""How right the fits are: against iminuit run to EDM < 1e-10, limits against a root finder on its profile."""

import math
from dataclasses import dataclass

import numpy as np
from iminuit import Minuit
from numpy.typing import NDArray
from scipy.optimize import brentq

from analysis.batch.fitter import BatchFitter
from analysis.fits.limits import delta_chi2
from analysis.pseudo_experiments.fitted_toys import fit_toys
from benchmarks.cases import Case
from benchmarks.peers.likelihood import make_cost
from benchmarks.spec import Spec

__all__ = ["accuracy"]

Array = NDArray[np.float64]
_LEVEL = 0.95
_EDM = 1e-10
_STEP = 1e-5
"""Of differences, in standard deviations."""


@dataclass(kw_only=True)
class Reference:
    """Tight fits of one data set with iminuit."""

    spec: Spec
    value: object
    gradient: object
    counts: Array
    auxiliary: Array

    def __post_init__(self) -> None:
        start = np.zeros(1 + len(self.spec.sigma))
        self._free, self._held = self._minuit(start), self._minuit(start)
        self._held.fixed[0] = True

    def _minuit(self, start: Array) -> Minuit:
        data = self.counts, self.auxiliary
        minuit = Minuit(
            lambda p: self.value(p, *data),  # type: ignore[operator]
            start,
            grad=lambda p: self.gradient(p, *data),  # type: ignore[operator]
        )
        minuit.errordef, minuit.strategy, minuit.tol = 1, 2, _EDM / 0.002
        return minuit

    @staticmethod
    def _run(minuit: Minuit) -> None:
        for _ in range(5):
            minuit.migrad()
            if minuit.fmin.edm < _EDM:
                return
        raise RuntimeError(f"MINUIT stays at an EDM of {minuit.fmin.edm:.1e}")

    def minimum(self) -> tuple[float, float, float]:
        """Return the estimate of γ, its error and -2 ln L."""
        self._run(self._free)
        best = np.array(self._free.values)
        return best[0] * self.spec.width, self._error(best), float(self._free.fval)

    def _error(self, best: Array) -> float:
        """Compute Hesse's error by differences of the gradient: MINUIT's own are off by up to 2 %."""
        data = self.counts, self.auxiliary
        steps = _STEP * np.eye(len(best))
        rows = [self.gradient(best + h, *data) - self.gradient(best - h, *data) for h in steps]  # type: ignore[operator]
        hessian = np.array(rows) / (2 * _STEP)
        return float(np.sqrt(2 * np.linalg.inv((hessian + hessian.T) / 2)[0, 0])) * self.spec.width

    def profile(self, gamma: float) -> float:
        """Minimise over the nuisance parameters."""
        self._held.values[0] = gamma / self.spec.width
        if self._held.nfit == 0:
            return float(self._held.fcn(self._held.values))
        self._run(self._held)
        return float(self._held.fval)

    def crossing(self, origin: float, step: float, floor: float, threshold: float) -> float:
        """Find where the profile has risen, between the origin and where it surely has."""

        def rise(gamma: float) -> float:
            return self.profile(gamma) - floor - threshold

        end = origin + step
        while rise(end) < 0:
            end += step
        return float(brentq(rise, origin, end, xtol=1e-9 * abs(step), rtol=1e-14))


def accuracy(case: Case, n_fits: int, n_limits: int) -> dict[str, float]:
    """Compare the first toys; the largest differences in units of the error."""
    spec = case.spec(n_fits)
    value, gradient = make_cost(spec)
    columns = fit_toys(BatchFitter(fitter=case.fitter), spec.counts, spec.auxiliary, level=_LEVEL)
    poi, low = case.fitter.templates.poi, case.fitter.physical[0]
    two, one = delta_chi2(_LEVEL, "two-sided"), delta_chi2(_LEVEL, "one-sided")
    worst = {"estimate": 0.0, "error": 0.0, "q": 0.0, "two-sided": 0.0, "one-sided": 0.0}
    for i in range(n_fits):
        reference = Reference(
            spec=spec, value=value, gradient=gradient, counts=spec.counts[i], auxiliary=spec.auxiliary[i]
        )
        best, error, floor = reference.minimum()
        q = reference.profile(spec.truth) - floor
        differences = {
            "estimate": (columns[poi][i] - best) / error,
            "error": columns[f"{poi}_error"][i] / error - 1,
            "q": columns["q_true"][i] - q,
        }
        if i < n_limits:
            ends = [reference.crossing(best, s * 2 * error, floor, two) for s in (-1, 1)]
            ours = [columns["minos_lower"][i], columns["minos_upper"][i]]
            differences["two-sided"] = max(abs(a - b) / error for a, b in zip(ends, ours, strict=True))
            origin = max(best, low)
            end = reference.crossing(
                origin, 2 * error, floor if origin == best else reference.profile(low), one
            )
            differences["one-sided"] = (end - columns["one_sided_upper"][i]) / error
        for name, difference in differences.items():
            worst[name] = max(worst[name], abs(difference) if math.isfinite(difference) else math.inf)
    return worst
