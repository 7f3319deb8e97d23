"""Our values of entries of golden.toml on counts, sensitivities and bounds of the paper's experiments."""

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq

from detsim.expectation.folding import fold
from detsim.expectation.prediction import recorded_total
from simgen.flavours import Flavour
from simgen.interaction.models import E6, LR, SM
from simgen.parameters import gamma_from_mass
from simgen.rates.rate import recoil_spectrum
from support import experiments

__all__ = [
    "MODELS", "bound_at_error", "expected_counts", "lama_effects", "light_mediator", "sensitivity",
    "statistical_bound",
]  # fmt: skip

MODELS = {**{name: E6(beta=name) for name in ("chi", "psi", "eta")}, "LR": LR()}
EXPERIMENTS = {
    "borexino": experiments.borexino(),
    "hellaz": experiments.hellaz(),
    "hellaz_wide": experiments.hellaz(0.56),
    "lama": experiments.lama(),
}
ONE_SIDED, TWO_SIDED = 2.7055, 3.8415


@lru_cache
def folded(name):
    return fold(EXPERIMENTS[name], SM())


def counts(name, model):
    return folded(name).signal(model)[1:-1]


def true_counts(experiment, model, low, high):
    def density(T):
        return float(recoil_spectrum(experiment.source, model, np.array(T)))

    return experiment.luminosity * quad(density, low, high)[0]


def expected_counts(row):
    name = row["experiment"]
    experiment = EXPERIMENTS[name]
    if row["what"] == "folded":
        return counts(name, SM()).sum()
    edges = experiment.detector.edges
    return true_counts(experiment, SM(), edges[0], edges[-1])


def light_mediator(row):
    """All recoils of BOREXINO under the paper's flux, without a threshold."""
    experiment = EXPERIMENTS["borexino"]
    experiment = replace(experiment, detector=replace(experiment.detector, threshold=-math.inf))
    return recorded_total(experiment, SM(vector_coupling=1e-12, vector_mass=1e-3)) / 1e9


def sensitivity(row):
    name, model = row["experiment"], MODELS[row["model"]]
    standard = counts(name, SM())
    slope = (counts(name, model.vary(gamma=1e-5)) - counts(name, model.vary(gamma=-1e-5))) / 2e-5 / standard
    return math.sqrt(TWO_SIDED / np.sum(slope**2))


def statistical_bound(row):
    model, standard = MODELS[row["model"]], counts("lama", SM())
    slope = (counts("lama", model.vary(gamma=1e-5)) - standard) / 1e-5
    return math.sqrt(ONE_SIDED / np.sum(slope**2 / standard))


def bound_at_error(row):
    """γ, or 1e12 μ_ν/μ_B, at which the paper's χ² reaches its one-sided 95 %."""
    name, standard = row["experiment"], counts(row["experiment"], SM())

    def excess(x):
        model = SM(mu_nu=1e-12 * x) if row["model"] == "moment" else MODELS[row["model"]].vary(gamma=x)
        return np.sum((counts(name, model) / standard - 1) ** 2) / row["error"] ** 2 - ONE_SIDED

    return brentq(excess, 1e-6, 10.0 if row["model"] == "moment" else 1.0)


def lama_effects(row):
    experiment = EXPERIMENTS["lama"]
    models = {
        "moment": SM(mu_nu=2.5e-12),
        "chi": E6(beta="chi", gamma=gamma_from_mass(330e3)),
        "wrong flavour": SM(),
    }
    model = models[row["signal"]]
    if row["how"] == "true":
        limits = experiment.detector.edges[row["bin"] : row["bin"] + 2]
        with_it, without = (true_counts(experiment, m, *limits) for m in (model, SM()))
    else:
        with_it, without = counts("lama", model), counts("lama", SM())
        if row["signal"] == "wrong flavour":
            component = replace(experiment.source.components[0], flavour=Flavour.NU_E)
            wrong = replace(experiment, source=replace(experiment.source, components=(component,)))
            with_it = fold(wrong, SM()).signal(SM())[1:-1]
        total = row["bin"] < 0
        with_it, without = ((x.sum() if total else x[row["bin"]]) for x in (with_it, without))
    return 100 * (with_it / without - 1)
