"""Experiments and models of every kind of compiled fit."""

from dataclasses import replace

from analysis.fits.fitter import make_fitter
from detsim.backgrounds import Background
from detsim.experiment import FlatBackground
from detsim.systematics import Systematic
from simgen.deposits import Uniform
from simgen.interaction.models import E6, LR
from support.experiments import DAY, borexino, hellaz
from support.plain import scaled

__all__ = [
    "CASES",
    "CHI",
    "EVERYTHING",
    "FACTORS",
    "FLAT",
    "LOG_NORMAL",
    "SHAPES",
    "SMEARED",
    "TOGETHER",
    "fitter_of",
    "small",
    "systematics",
]

CHI = E6(beta="chi")
FLAT = FlatBackground(name="flat", rate=10 / DAY, low=0.25, high=0.8, uncertainty=0.1)
SMEARED = Background(
    name="smeared",
    spectrum=Uniform(low=0.0, high=0.5),
    rate=20 / DAY,
    smeared=True,
    uncertainty=0.3,
    constraint="log-normal",
)


def systematics(*names, constraint="gaussian"):
    sizes = {"activity": 0.018, "mass": 0.01, "efficiency": 0.03, "energy_scale": 0.02, "resolution": 0.1}
    return tuple(
        Systematic(name=n, uncertainty=sizes.get(n, 0.01), constraint=constraint, common=n == "activity")
        for n in names
    )


def small(factor=1e-3, *, names=(), backgrounds=(FLAT,), **settings):
    return replace(
        scaled(borexino(), factor), systematics=systematics(*names, **settings), backgrounds=backgrounds
    )


EVERYTHING = small(names=("activity", "mass", "efficiency"), backgrounds=(FLAT, SMEARED))
SHAPES = small(names=("activity", "energy_scale", "resolution", "sin2_theta_w"), backgrounds=(FLAT, SMEARED))
LOG_NORMAL = small(names=("activity", "mass", "energy_scale"), constraint="log-normal")
FACTORS = small(
    names=("activity", "mass", "efficiency"), constraint="log-normal", backgrounds=(SMEARED, FLAT)
)
TOGETHER = (
    replace(small(names=("activity", "energy_scale")), name="A"),
    replace(
        scaled(hellaz(), 0.02), name="B", systematics=systematics("activity", "efficiency", "resolution")
    ),
)
CASES = {
    "plain": (small(backgrounds=()), CHI, {}),
    "normalisations": (EVERYTHING, CHI, {}),
    "shapes": (SHAPES, CHI, {}),
    "log-normal": (LOG_NORMAL, LR(), {}),
    "log-normal factors": (FACTORS, CHI, {}),
    "together": (TOGETHER, CHI, {}),
    "paper": (SHAPES, CHI, {"likelihood": "paper", "error_per_bin": 0.05}),
}


def fitter_of(case):
    experiment, model, settings = CASES[case]
    return make_fitter(experiment, model, **settings)
