"""Draw 1e9 events and compare smearing, energies and recoils with their distributions: moments, χ², tails.

Run by hand from the top of the repository, `PYTHONPATH=.:tests python -m support.events_soak`: minutes, and
the table of docs: physics.md. `pytest -m slow tests/detsim/test_events_soak.py` does the same and judges.
"""

from dataclasses import replace

import numpy as np
from scipy.integrate import cumulative_simpson
from scipy.interpolate import CubicSpline

from detsim.backgrounds import Background
from detsim.detector.detector import Resolution
from detsim.simulation.monte_carlo import draw_measured, event_plan
from simgen.deposits import Deposit, Line, Uniform
from simgen.flavours import Flavour
from simgen.generator.channels import make_plan
from simgen.generator.true_events import generate
from simgen.interaction.crosssection import dsigma_dT, magnetic_integral, sigma, weak_integral
from simgen.interaction.kinematics import T_max
from simgen.interaction.models import SM
from simgen.sources.isotopes import cr51, pm147
from support import throwing_soak
from support.experiments import DAY, borexino
from support.throwing_soak import COLUMNS, print_table, study

__all__ = ["Normals", "Uniforms", "cases", "study"]

SIGMA = 0.01
S2 = 0.2312
"""sin²θ_W of the model, which gives g_L + 1 = 1/2 + s² and g_R = s²."""


class Normals(throwing_soak.Normals):
    """Measured energies of one true energy, minus it and in units of the resolution."""

    name = "smearing"

    def __init__(self):
        line = Background(name="line", spectrum=Line(energy=1.0), rate=1e12 / DAY, smeared=True)
        plain = borexino()
        detector = replace(plain.detector, resolution=Resolution(constant=SIGMA), threshold=0.1)
        self.experiment = replace(plain, detector=detector, backgrounds=(line,))
        self.plan = event_plan(self.experiment, SM())

    def throw(self, n, first, seed):
        drawn = draw_measured(self.plan, self.experiment, SM(), COLUMNS * n, seed=seed, first=COLUMNS * first)
        return (drawn.T_reco[drawn.component == 1] - 1.0) / SIGMA


class Uniforms:
    """True events transformed by their CDF: numbers that are uniform in (0, 1)."""

    mean = 0.5
    moments = 1 / 12, 0.0, 1 / 80, 1 / 448
    cells = np.arange(10_000) / 10_000
    probabilities = np.full(10_000, 1e-4)

    def __init__(self, name, plan, cdf):
        self.name, self.plan, self.cdf = name, plan, cdf

    def throw(self, n, first, seed):
        return self.cdf(generate(self.plan, COLUMNS * n, seed=seed, first=COLUMNS * first))

    def index(self, x):
        return np.clip(10_000 * x, 0, 9_999).astype(np.int64)


def weak_share(products, events, low=0.0):
    """Evaluate the CDF of the recoil at given E_nu, in closed form."""
    below = weak_integral(products, events.E_nu, low, events.T)
    return below / weak_integral(products, events.E_nu, low, T_max(events.E_nu))


def tabulated(density, low, high):
    """Tabulate a CDF by Simpson's rule, dense at both ends, where it may have a root or a logarithm."""
    s = np.linspace(0, 1, 40_001)
    x = low + (high - low) * np.sin(np.pi / 2 * s) ** 2
    values = np.zeros_like(x)
    values[1:-1] = density(x[1:-1]) * np.sin(np.pi * s[1:-1])
    cumulative = cumulative_simpson(values, x=s, initial=0)
    spline = CubicSpline(s, cumulative / cumulative[-1])
    return lambda y: spline(2 / np.pi * np.arcsin(np.sqrt(np.clip((y - low) / (high - low), 0, 1))))


def recoils_of_lines():
    """⁵¹Cr at tree level: the vectorised path of few lines."""
    a, b = 0.5 + S2, S2
    products = (a**2, b**2, a * b)
    return Uniforms(
        "recoils, lines, tree level",
        make_plan(cr51(), SM(), luminosity=1e45),
        lambda e: weak_share(products, e),
    )


def recoils_of_a_continuum():
    """¹⁴⁷Pm at tree level: antineutrinos, with g_L and g_R exchanged."""
    a, b = S2, 0.5 + S2
    products = (a**2, b**2, a * b)
    return Uniforms(
        "recoils at given E_nu, continuum", make_plan(pm147(), SM(), luminosity=1e45),
        lambda e: weak_share(products, e),
    )  # fmt: skip


def energies_of_a_continuum():
    """¹⁴⁷Pm at tree level: neutrino energies."""
    spectrum = pm147().components[0].spectrum
    cdf = tabulated(
        lambda E: spectrum.density(E) * sigma(E, SM(), flavour=Flavour.ANTI_NU_E),
        float(spectrum.knots[0]), spectrum.endpoint,
    )  # fmt: skip
    return Uniforms("E_nu, continuum", make_plan(pm147(), SM(), luminosity=1e45), lambda e: cdf(e.E_nu))


def recoils_with_corrections():
    """⁵¹Cr with all corrections: rejection below constants."""
    model, lines = SM(corrections="full"), cr51().components[0].spectrum.energies
    cdfs = [
        tabulated(lambda T, E=E: dsigma_dT(T, E, model, flavour=Flavour.NU_E), 0.0, float(T_max(E)))
        for E in lines
    ]

    def share(events):
        shares = np.empty(len(events))
        for line, cdf in enumerate(cdfs):
            of_line = events.line == line
            shares[of_line] = cdf(events.T[of_line])
        return shares

    return Uniforms("recoils, lines, corrections", make_plan(cr51(), model, luminosity=1e45), share)


def magnetic_recoils():
    """A magnetic moment so large that the weak part may be left out."""
    plan = make_plan(cr51(), SM(mu_nu=1e-7), luminosity=1e45, T_low=1e-3)

    def share(events):
        below = magnetic_integral(events.E_nu, 1e-3, events.T)
        return below / magnetic_integral(events.E_nu, 1e-3, T_max(events.E_nu))

    return Uniforms("recoils, magnetic moment", plan, share)


def flat_background():
    """A flat background."""
    deposits = (Deposit(spectrum=Uniform(low=0.0, high=1.0), mean=1e30),)
    plan = make_plan(cr51(), SM(), luminosity=1.0, deposits=deposits)
    return Uniforms("energies, flat background", plan, lambda e: e.T)


def cases():
    """List what is drawn and how often: 1e9 events."""
    return [
        (Normals(), 300_000_000),
        (recoils_of_lines(), 200_000_000),
        (recoils_of_a_continuum(), 100_000_000),
        (energies_of_a_continuum(), 100_000_000),
        (recoils_with_corrections(), 100_000_000),
        (magnetic_recoils(), 100_000_000),
        (flat_background(), 100_000_000),
    ]


if __name__ == "__main__":
    print_table("drawn", cases(), seed=2026)
