"""Random experiments, models and uncertainties, and data of them, for comparisons of fits."""

from dataclasses import replace

import numpy as np

from detsim.experiment import FlatBackground
from detsim.systematics import Systematic
from simgen.flavours import Flavour
from simgen.interaction.models import E6, LR, SM
from support.cards import make_problem
from support.curves import Nodes
from support.expectation import expectation
from support.experiments import borexino, borexino_distances, hellaz
from support.ranges import free_range

__all__ = ["MODELS", "random_experiments", "random_problem", "throw"]

CHI = E6(beta="chi")
MASSES = Nodes(values=np.geomspace(1e-3, 30.0, 241), variable="log")
WAVES = Nodes(values=np.linspace(0.0, 4.0, 401))
CONSTRAINED = E6(beta="eta", constrained=True, tau=2.0, gamma=0.1)
TO_THE_END = Nodes(
    values=free_range(CONSTRAINED, "gamma")[1] - np.linspace(8.0, 0.0, 801) ** 2, variable="root"
)

MODELS = {
    "gamma": (CHI, "gamma", None),
    "gamma, true value 0.3": (replace(CHI, gamma=0.3), "gamma", None),
    "gamma of a constrained model": (CONSTRAINED, "gamma", TO_THE_END),
    "gamma, left-right": (LR(gamma=0.05), "gamma", None),
    "beta": (E6(beta=0.35, gamma=0.8), "beta", None),
    "phi": (LR(gamma=0.3), "phi", None),
    "delta_c_L": (SM(), "delta_c_L", None),
    "eps_L": (SM(), "eps_L", None),
    "eps_R": (SM(), "eps_R", None),
    "sin2_theta_w": (SM(), "sin2_theta_w", None),
    "mu_nu": (SM(), "mu_nu", None),
    "mu_nu, true value 6e-11": (SM(mu_nu=6e-11), "mu_nu", None),
    "charge_radius": (SM(charge_radius_convention="form-factor"), "charge_radius", None),
    "millicharge": (SM(), "millicharge", None),
    "vector_coupling": (SM(vector_mass=0.5), "vector_coupling", None),
    "vector_mass": (SM(vector_mass=0.5, vector_coupling=3e-12), "vector_mass", MASSES),
    "scalar_coupling": (SM(scalar_mass=0.5), "scalar_coupling", None),
    "scalar_mass": (SM(scalar_mass=0.5, scalar_coupling=1e-11), "scalar_mass", MASSES),
    "sin2_2theta": (SM(sin2_2theta=0.2, delta_m2=1.0), "sin2_2theta", None),
    "delta_m2": (SM(sin2_2theta=0.3, delta_m2=1.0), "delta_m2", WAVES),
}
"""Models, their parameter of interest, and where it is folded if the signal is no polynomial in it."""

LAWS = ("gaussian", "log-normal", "free")
SIZES = {
    "activity": (0.01, 0.1),
    "mass": (0.01, 0.05),
    "efficiency": (0.01, 0.1),
    "energy_scale": (0.005, 0.03),
    "resolution": (0.02, 0.2),
    "sin2_theta_w": (0.002, 0.02),
}


def throw(problem, n, rng, *, theta=None):
    """Draw n data sets at a value of the parameter of interest: counts and auxiliary measurements."""
    expected = problem.expected
    mu = np.maximum(expected.at(expected.truth if theta is None else theta), 0)
    counts = rng.poisson(mu, size=(n, len(mu))).T.astype(float)
    measured = rng.normal(size=(len(expected.nuisances), n))
    lowest = np.array([m.low for m in expected.nuisances]).reshape(-1, 1)
    measured = np.where(problem.weights > 0, np.maximum(measured, lowest), 0.0)
    return replace(problem, counts=counts, auxiliary=measured)


def random_experiments(rng, *, spatial=False, poi="", events=(2, 1e6)):
    """Draw 1 to 3 experiments with uncertainties of all laws, of which at most one is free.

    Parameters
    ----------
    rng : numpy.random.Generator
    spatial : bool
        One experiment with bins of the distance, for oscillations.
    poi : str
        Parameter of interest: not an uncertainty, too.
    events : tuple of float
        Range of the expected counts of the first.
    """
    bases = [borexino_distances(30.0)] if spatial else [borexino(), _muons(), hellaz(0.26)]
    total = float(np.exp(rng.uniform(*np.log(events))))
    shared = _common(rng, poi)
    free_left, made = not any(s.constraint == "free" for s in shared), []
    for number, base in enumerate(bases[: 1 if spatial else rng.integers(1, 4)]):
        experiment = replace(base, name=f"e{number}")
        backgrounds, free_left = _backgrounds(rng, total, free_left)
        size = expectation(replace(experiment, backgrounds=()), SM(), "eps_L").at(0.0).sum()
        scale = total * (1 if number == 0 else 10 ** rng.uniform(-1, 0)) / size
        rate = scale * experiment.exposure.duration
        backgrounds = tuple(replace(b, rate=b.rate / rate) for b in backgrounds)
        own = _systematics(rng, {s.name for s in shared})
        made.append(replace(experiment, scale=scale, backgrounds=backgrounds, systematics=(*shared, *own)))
    return tuple(made)


def _muons():
    """The same detector in a beam of muon neutrinos."""
    base = borexino()
    component = replace(base.source.components[0], flavour=Flavour.NU_MU)
    return replace(base, source=replace(base.source, components=(component,)))


def _systematic(rng, name, laws, *, common=False):
    size = float(np.exp(rng.uniform(*np.log(SIZES[name]))))
    law = str(rng.choice(laws))
    return Systematic(name=name, uncertainty=round(size, 4), constraint=law, common=common)


def _common(rng, poi):
    found = []
    if rng.random() < 0.6:
        found.append(_systematic(rng, "activity", LAWS, common=True))
    if poi != "sin2_theta_w" and rng.random() < 0.2:
        found.append(_systematic(rng, "sin2_theta_w", LAWS[:2], common=True))
    return tuple(found)


def _systematics(rng, without):
    names = [n for n in ("mass", "efficiency", "energy_scale", "resolution") if n not in without]
    return tuple(_systematic(rng, n, LAWS[:2]) for n in names if rng.random() < 0.35)


def _backgrounds(rng, total, free_left):
    found = []
    for j in range(int(rng.integers(0, 3))):
        law = str(rng.choice(LAWS if free_left else LAWS[:2]))
        free_left = free_left and law != "free"
        low = 0.1 if j == 0 else float(rng.uniform(0.1, 0.3))
        found.append(
            FlatBackground(
                name=f"b{j}",
                rate=total * float(10 ** rng.uniform(-1.5, 0.3)),
                low=low,
                high=0.8,
                uncertainty=round(float(rng.uniform(0.05, 0.5)), 3),
                constraint=law,
            )
        )
    return tuple(found), free_left


def random_problem(rng, n, *, name=None, events=(2, 1e6)):
    """Draw a card and n data sets of it.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
    name : str, optional
        Of `MODELS`; drawn without.
    events : tuple of float
    """
    model, poi, nodes = MODELS[name or str(rng.choice(sorted(MODELS)))]
    spatial = poi in {"sin2_2theta", "delta_m2"}
    experiments = random_experiments(rng, spatial=spatial, poi=poi, events=events)
    problem = make_problem(expectation(experiments, model, poi), nodes=nodes)
    return throw(problem, n, rng)
