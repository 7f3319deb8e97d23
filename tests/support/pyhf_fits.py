"""pyhf's own fits of exported workspaces, scanned in the parameter of interest."""

import numpy as np
import pyhf
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import chi2


class Scan:
    """-2 ln L of pyhf, minimised over everything else at each value of the parameter of interest.

    A workspace whose factors are to be held has them held; of a patchset the patch is built anew.
    """

    def __init__(self, likelihood, workspace=None):
        self.exported = likelihood
        self.workspace = pyhf.Workspace(workspace or likelihood.workspace)
        self.model = self.workspace.model()
        self.data = self.workspace.data(self.model)

    def held(self, value):
        """Values of the parameters that are held."""
        x = value / self.exported.unit
        if self.exported.held:
            factor, square = self.exported.held
            return {factor: x, square: x**2}
        if self.exported.poi is None:
            return {}
        return {self.exported.poi: x**2 if self.exported.poi.endswith("_squared") else x}

    def __call__(self, value):
        config = self.model.config
        start, fixed = config.suggested_init(), config.suggested_fixed()
        bounds = config.suggested_bounds()
        for name, x in self.held(value).items():
            i = config.par_slice(name).start
            start[i], fixed[i], bounds[i] = x, True, (min(x, bounds[i][0]), max(x, bounds[i][1]))
        if all(fixed):
            return float(-2 * self.model.logpdf(start, self.data)[0])
        _, found = pyhf.infer.mle.fit(
            self.data, self.model, start, bounds, fixed_params=fixed, return_fitted_val=True
        )
        return float(found)


def interval(minus_two_log, ours, level=0.683):
    """Estimate and ends of the interval, sought near ours."""
    rise, error = float(chi2.ppf(level, 1)), ours.error
    low, high = ours.value - 0.5 * error, ours.value + 0.5 * error
    options = {"xatol": 1e-4 * error}
    found = minimize_scalar(minus_two_log, bounds=(low, high), method="bounded", options=options)

    def above(value):
        return minus_two_log(value) - found.fun - rise

    ends = [
        brentq(above, end - 0.2 * error, end + 0.2 * error, xtol=1e-4 * error)
        for end in (ours.lower, ours.upper)
    ]
    return np.array([found.x, *ends])
