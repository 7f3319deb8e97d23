"""One-bin experiments whose intervals are known in closed form, and these intervals once more."""

from dataclasses import replace
from functools import cache

import numpy as np
from scipy.optimize import brentq
from scipy.special import xlogy
from scipy.stats import norm, poisson

from analysis.fits.fitter import make_fitter
from simgen.interaction.models import E6
from support.experiments import borexino
from support.plain import scaled

CHI = E6(beta="chi")


@cache
def counting(background, poi="gamma"):
    """One bin in which `background` counts are expected without a signal in γ (or μ_ν)."""
    experiment = replace(borexino(), detector=replace(borexino().detector, edges=(0.25, 0.55)))
    expected = make_fitter(experiment, CHI).templates.expected(0.0)[0]
    return make_fitter(scaled(experiment, background / expected), CHI, poi=poi)


def signal(fitter, values):
    """Mean signal at values of the parameter."""
    f = fitter.templates.expected
    return np.array([f(float(v))[0] - f(0.0)[0] for v in np.atleast_1d(values)])


def parameter_at(fitter, means):
    """Values of the parameter at which the mean signal is given."""
    end = fitter.width
    while signal(fitter, end)[0] < max(means):
        end *= 2
    return [brentq(lambda v, s=s: signal(fitter, v)[0] - s, 0, end, xtol=1e-14 * end) for s in means]


def gaussian(n=1e8):
    """One bin with so many counts that γ has a Gaussian error: fitter, N and that error."""
    fitter = counting(n)
    (error,) = parameter_at(fitter, [n**0.5])
    return fitter, n, error


def gaussian_threshold(mu, level):
    """Threshold of Feldman and Cousins' q for x of unit width and mean μ ≥ 0."""

    def excess(c):
        # q is (x-μ)² for x ≥ 0, and μ² - 2xμ below
        low = mu - c**0.5 if c <= mu**2 or mu == 0 else (mu**2 - c) / (2 * mu)
        return norm.cdf(c**0.5) - (norm.cdf(low - mu) if mu > 0 else 0.0) - level

    return brentq(excess, 1e-12, 50)


def gaussian_one_sided_threshold(mu, level):
    """The same of q̃, an upper limit's: x above μ - z is accepted."""
    z = norm.ppf(level)
    return z**2 if mu >= z else 2 * mu * z - mu**2


def count_statistic(n, s, b):
    """Compute q of n counts where s + b are expected and s ≥ 0 is fitted."""
    best = np.maximum(n, b)
    return 2 * (s + b - best + xlogy(n, best) - xlogy(n, s + b))


def last_accepted(s, b, level):
    """Accept counts in falling order of likelihood ratio: q of the last one, and probabilities around it."""
    n = np.arange(400)
    q, p = count_statistic(n, s, b), poisson.pmf(n, s + b)
    order = np.argsort(q, kind="stable")
    total = np.cumsum(p[order])
    i = int(np.searchsorted(total, level))
    return q[order][i], total[i] - p[order][i], total[i]
