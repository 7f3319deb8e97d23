"""Cards whose likelihoods are exported, and pyhf's own fits of the workspaces, scanned in the parameter."""

from functools import cache

import numpy as np
import pyhf
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import chi2

from analysis.fits import fit_counts
from macros import load_card
from macros.setup import open_fitter

REALISTIC = "borexino-cr51-realistic"
EVERY = [
    'systematics.activity={uncertainty=0.02,constraint="log-normal"}',
    "systematics.mass=0.02",
    "systematics.efficiency=0.02",
    "systematics.energy_scale=0.005",
    "systematics.resolution=0.03",
    'background.flat.constraint="free"',
    'background.extra={shape="flat",low="250 keV",high="400 keV",rate="1 /d",uncertainty=0.2}',
]
"""A nuisance parameter of each kind; the background that is free is free to move by any amount."""


CASES = {
    "realistic": (REALISTIC, (), None),
    "HELLAZ": ("hellaz-cr51-realistic", (), None),
    "LAMA": ("lama-pm147-realistic", (), None),
    "sterile": ("borexino-cr51-sterile", (), None),
    "two experiments": ("borexino-hellaz-cr51", (), None),
    "every kind": (REALISTIC, EVERY, None),
    "three factors": ("hellaz-cr51-realistic", ["systematics.mass=0.2", "systematics.efficiency=0.1"], None),
    "large log-normal": (
        REALISTIC,
        ['systematics.activity={uncertainty=0.5,constraint="log-normal"}', "background.flat.uncertainty=0.5"],
        None,
    ),
    "a magnetic moment": (REALISTIC, ["model.generate_above='1 keV'", "model.mu_nu=1e-10"], "mu_nu"),
    "simulated templates": (
        REALISTIC,
        ["fit.templates='simulation'", "fit.template_events=20000", "run.seed=5"],
        None,
    ),
}


@cache
def fitter_of(card, *overrides, poi=None):
    return open_fitter(load_card(card, overrides), poi=poi)


def thrown(fitter, seed=1):
    """Counts of a pseudo-experiment."""
    return np.random.default_rng(seed).poisson(fitter.templates.expected(fitter.anchor)).astype(float)


def ours(fitter, counts, auxiliary=None):
    found = fit_counts(fitter, counts, auxiliary, level=0.683, method="minos")
    assert found.valid
    return found.estimate


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
