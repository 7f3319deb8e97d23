"""What public functions of the packages and methods of cards return in Python."""

import dataclasses
import enum
from collections.abc import Mapping

import numpy as np

import analysis
import detsim
import macros
import simgen
from simgen.sources import SOURCES
from support.witness.files import describe_array

__all__ = ["describe_library"]

CARD = "borexino-cr51-realistic"
_DEEPEST = 4


def describe_library():
    """Call what the packages export, and describe what is returned.

    Returns
    -------
    dict
        By expression.
    """
    return {
        name: _plain(call())
        for name, call in {**_vertex(), **_detector(), **_statistics(), **_card()}.items()
    }


def _vertex():
    models = {
        "SM": simgen.SM(corrections="full"),
        "E6": simgen.E6(beta="chi", gamma=0.1),
        "LR": simgen.LR(gamma=0.2, phi=0.01),
        "mu_nu": simgen.SM(mu_nu=1e-10),
    }
    E_nu, T = np.linspace(0.3, 2.0, 7), np.linspace(0.05, 0.5, 9)
    calls = {
        "T_max": lambda: simgen.T_max(E_nu),
        "E_nu_min": lambda: simgen.E_nu_min(T),
        "cos_theta": lambda: simgen.cos_theta(0.1, E_nu),
        "gamma_from_mass": lambda: [simgen.gamma_from_mass(3e5), simgen.mass_from_gamma(0.2)],
    }
    for name, model in models.items():
        calls[f"dsigma_dT {name}"] = lambda m=model: [
            simgen.dsigma_dT(T, 1.0, m, flavour=f) for f in simgen.Flavour
        ]
        if name != "mu_nu":
            calls[f"sigma {name}"] = lambda m=model: [
                simgen.sigma(E_nu, m, flavour=f) for f in simgen.Flavour
            ]
    for isotope in SOURCES:
        calls[f"recoil_spectrum {isotope}"] = lambda i=isotope: simgen.recoil_spectrum(
            simgen.source(i), models["SM"], T
        )
        calls[f"mean_sigma {isotope}"] = lambda i=isotope: [
            simgen.mean_sigma(c, models["SM"]) for c in simgen.source(i).components
        ]
    return calls


def _detector():
    card = macros.load_card(CARD)
    experiment, model = card.experiment, card.model
    other = simgen.E6(beta="psi", gamma=0.2, sin2_theta_w=0.2317, corrections="full")

    def events(**options):
        return detsim.simulate(experiment, model, seed=3, n=2000, **options)

    return {
        "predict": lambda: detsim.predict(experiment, model),
        "predict E6": lambda: detsim.predict(experiment, other),
        "generate": lambda: detsim.generate(experiment, model, seed=3, n=2000, columns=("vertex", "time")),
        "simulate": lambda: events(columns=("vertex", "time")),
        "simulate first": lambda: events(first=500, identity=(1, 2)),
        "simulate Poisson": lambda: detsim.simulate(experiment, model, seed=3),
        "detect": lambda: detsim.detect(
            detsim.generate(experiment, model, seed=3, n=2000), experiment, seed=3
        ),
        "simulate_counts": lambda: detsim.simulate_counts(experiment, model, seed=3, n=2000),
        "stream": lambda: list(detsim.stream(experiment, model, seed=3, n=2000, chunk=700)),
        "weights": lambda: detsim.weights(events(), experiment, model, other),
        "gamma_templates": lambda: detsim.gamma_templates(events(), experiment, model, other),
    }


def _statistics():
    card = macros.load_card(CARD)
    experiment, model = card.experiment, card.model

    def data():
        return analysis.histogram(detsim.simulate(experiment, model, seed=4), experiment)

    def thrower():
        return analysis.Thrower(fitter=analysis.make_fitter(experiment, model), seed=5)

    return {
        "histogram": lambda: data().values(flow=True),
        "fit": lambda: analysis.fit(data(), experiment, model),
        "fit Hesse": lambda: analysis.fit(data(), experiment, model, poi="sin2_theta_w", method="hesse"),
        "fit paper": lambda: analysis.fit(data(), experiment, model, likelihood="paper", error_per_bin=0.05),
        "limit": lambda: analysis.limit(data(), experiment, model),
        "limit expected": lambda: analysis.limit(None, experiment, model, method="two-sided"),
        "toys": lambda: _joined(analysis.toys(thrower(), 100)),
        "coverage": lambda: analysis.coverage(experiment, model, [0.0, 0.1], 100, seed=6),
        "sensitivity": lambda: analysis.sensitivity(experiment, model, [0.01, 0.02]),
        "count_interval": lambda: [analysis.count_interval(n, 1.5) for n in range(6)],
        "count_belt": lambda: analysis.count_belt(range(5), 2.0, form="monotone"),
        "gaussian_interval": lambda: [analysis.gaussian_interval(x, 1.0) for x in (-2.0, 0.0, 1.0)],
        "true_values": lambda: analysis.true_values(analysis.make_fitter(experiment, model)),
    }


def _joined(chunks):
    """Join columns that come in chunks, whose lengths depend on the run time."""
    chunks = list(chunks)
    return {name: np.concatenate([c[name] for c in chunks]) for name in chunks[0]}


def _card():
    card = macros.load_card(CARD, ["exposure.duration='20 d'"])

    def data():
        return card.simulate(seed=7)

    return {
        "card.text": card.text,
        "card.simulate": data,
        "card.expect": card.expect,
        "card.fit": lambda: card.fit(data()),
        "card.limit": lambda: card.limit(data()),
        "card.limit expected": lambda: card.limit(n_toys=100, seed=8),
        "card.toys": lambda: card.toys(50, seed=9),
        "card.coverage": lambda: card.coverage([0.0, 0.1], 50, seed=10),
        "card.goodness_of_fit": lambda: card.goodness_of_fit(data(), 50, seed=11),
        "card.compare": lambda: card.compare(card, data(), 50, seed=12, fixed=(True, False)),
    }


def _plain(value, depth=0):
    """Describe a value as JSON can hold it: fields of dataclasses, arrays by their SHA-256."""
    if dataclasses.is_dataclass(value):
        value = {f.name: getattr(value, f.name) for f in dataclasses.fields(value) if f.name[0] != "_"}
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray):
        return describe_array(value)
    if isinstance(value, Mapping) and depth < _DEEPEST:
        return {str(k): _plain(v, depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple) and depth < _DEEPEST:
        return [_plain(v, depth + 1) for v in value]
    return value.name if isinstance(value, enum.Enum) else type(value).__name__
