"""Fits side by side against independent ones, over random experiments, models and nuisance parameters."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from iminuit import Minuit
from scipy.optimize import brentq
from support.experiments import DAY, borexino
from support.plain import scaled, smooth_deviance

from analysis.fits.fitter import make_fitter
from analysis.model.ranges import EVEN
from analysis.pseudo_experiments.fitted_toys import FAILED, NO_HESSE, NO_LIMIT, NO_MINOS, Thrower, toys
from detsim.experiment import FlatBackground
from detsim.systematics import Systematic
from simgen.interaction.models import E6, LR, SM

CHI = E6(beta="chi")
MODELS = {
    "gamma at the boundary": (CHI, "gamma"),
    "gamma": (replace(CHI, gamma=0.2), "gamma"),
    "eps_R": (SM(), "eps_R"),
    "eps_L, two minima": (SM(), "eps_L"),
    "mu_nu at the boundary": (SM(), "mu_nu"),
    "mu_nu": (SM(mu_nu=6e-11), "mu_nu"),
    "constrained E6": (E6(beta="eta", constrained=True, tau=2.0, gamma=0.1), "gamma"),
    "constrained LR": (LR(constrained=True, gamma=0.05), "gamma"),
}
SIZES = {"activity": 0.018, "efficiency": 0.03, "energy_scale": 0.01, "resolution": 0.1}
SLOW = {"deadline": None, "derandomize": True, "suppress_health_check": [HealthCheck.too_slow]}


@st.composite
def fitters(draw, name):
    """Draw an experiment of 1e3 to 1e5 events with any nuisance parameters."""
    constraint = draw(st.sampled_from(["gaussian", "log-normal"]))
    systematics = tuple(
        Systematic(name=n, uncertainty=SIZES[n], constraint=constraint, common=n == "activity")
        for n in sorted(draw(st.sets(st.sampled_from(sorted(SIZES)), max_size=3)))
    )
    factor = 10.0 ** draw(st.floats(-2, 0).map(lambda x: round(x, 2)))
    flat = FlatBackground(name="flat", rate=factor * 1000 / DAY, low=0.25, high=0.8, uncertainty=0.1)
    backgrounds = (flat,) if draw(st.booleans()) else ()
    experiment = replace(scaled(borexino(), factor), systematics=systematics, backgrounds=backgrounds)
    model, poi = MODELS[name]
    return make_fitter(experiment, model, poi=poi)


class Reference:
    """-2 ln L written with NumPy, minimised by MINUIT at an EDM of 1e-10 from the coarse minima of a scan."""

    def __init__(self, fitter, counts, auxiliary):
        self.fitter, self.counts, self.auxiliary = fitter, counts, auxiliary
        self.free = self.fit()

    def cost(self, parameters):
        mu = self.fitter.templates.expected(parameters[0] * self.fitter.width, np.asarray(parameters[1:]))
        pulls = np.asarray(parameters[1:]) - self.auxiliary
        return smooth_deviance(self.counts, np.maximum(mu, 1e-300)) + float(pulls @ pulls)

    def minuit(self, start, fixed=False):
        made = Minuit(
            self.cost, (start / self.fitter.width, *self.auxiliary), name=self.fitter.templates.names
        )
        made.errordef, made.strategy, made.tol = 1, 2, 5e-8
        made.errors[0] = 0.3
        low, high = (e / self.fitter.width if math.isfinite(e) else None for e in self.fitter.range)
        if self.fitter.templates.poi != "mu_nu":
            made.limits[0] = (low, high)
        made.fixed[0] = fixed
        for _ in range(4 if made.nfit else 0):
            made.migrad()
            if made.fmin.edm < 1e-10:
                break
        return made

    def fit(self):
        grid = self.fitter.grid
        values = np.array([self.cost((g / self.fitter.width, *self.auxiliary)) for g in grid])
        padded = np.concatenate([[math.inf], values, [math.inf]])
        lowest = grid[(values < padded[:-2]) & (values <= padded[2:])]
        inside = lowest[np.abs(lowest - self.fitter.anchor) < 1e4 * self.fitter.width]
        return min((self.minuit(max(g, 0.1 * self.fitter.width)
                                if self.fitter.templates.poi == "mu_nu" else g) for g in inside),
                   key=lambda m: m.fval)  # fmt: skip

    @property
    def estimate(self):
        value = self.free.values[0] * self.fitter.width
        return abs(value) if self.fitter.templates.poi == "mu_nu" else value

    def profile(self, poi):
        made = self.minuit(poi, fixed=True)
        return made.fval if made.nfit else self.cost(tuple(made.values))

    def end(self, near, threshold, error, origin):
        """Where the profile has risen from `origin` by the threshold, between what is close to `near`."""
        floor = self.free.fval if origin == self.estimate else self.profile(origin)
        level = math.sqrt(threshold)

        def above(x):
            return math.sqrt(max(self.profile(x) - floor, 0.0)) - level

        return brentq(above, near - 0.05 * error, near + 0.05 * error, xtol=1e-10 * error, rtol=1e-14)


def check(fitter, seed):
    """Compare one pseudo-experiment: estimates to 1e-4, ends of intervals to 1e-6 of the error."""
    (row,) = toys(Thrower(fitter=fitter, seed=seed), 1)
    poi, status = fitter.templates.poi, int(row["status"][0])
    even_near_0 = poi in EVEN and row[poi][0] < fitter.width  # -2 ln L is no parabola there
    assert not status & (FAILED if even_near_0 else FAILED | NO_HESSE)
    auxiliary = np.array(
        [n.pull(float(row["measured_" + n.name.replace(".", "_")][0])) for n in fitter.templates.nuisances]
    )
    reference = Reference(fitter, row["counts"][0], auxiliary)
    error = 2 * fitter.width if even_near_0 else min(float(row[f"{poi}_error"][0]), 2 * fitter.width)
    assert abs(row[poi][0] - reference.estimate) < 1e-4 * error
    assert abs(row["fval"][0] - reference.free.fval) < 1e-7
    low, high = fitter.physical
    origin = min(max(reference.estimate, low), high)
    ends = []
    if not status & NO_LIMIT:
        ends.append((row["one_sided_upper"][0], 1.6448536269514722**2, origin))
    if not status & NO_MINOS:
        ends += [(row[f"minos_{e}"][0], 1.959963984540054**2, reference.estimate) for e in ("lower", "upper")]
    for end, threshold, begin in ends:
        assert abs(end - reference.end(end, threshold, error, begin)) < 1e-6 * error


DRAWN = {"data": st.data(), "name": st.sampled_from(sorted(MODELS)), "seed": st.integers(0, 2**31)}


@settings(max_examples=2, **SLOW)
@given(**DRAWN)
def test_random_fits(data, name, seed):
    """Twin. Finds a minimum missed, a wrong constraint or shape, and an end that is somewhere else."""
    check(data.draw(fitters(name)), seed)


@pytest.mark.long
@settings(max_examples=20, **SLOW)
@given(**DRAWN)
def test_more_random_fits(data, name, seed):
    """Twin. The same of more."""
    check(data.draw(fitters(name)), seed)
