"""Expected counts with very light mediators and without a threshold."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

from detsim.prediction import predict
from macros import load_card
from simgen.crosssection import dsigma_dT
from simgen.kinematics import T_max


@pytest.mark.parametrize("kind", ["vector", "scalar"])
@pytest.mark.parametrize("mass", ["1 keV", "10 eV", "0.01 eV"])
def test_every_recoil_is_counted(kind, mass):
    """Integrals in ln T with scipy; without a threshold all recoils are recorded, in the bins or not."""
    keys = ["detector.threshold=none", f"model.{kind}_coupling=1e-12", f"model.{kind}_mass={mass}"]
    card = load_card("borexino-cr51-paper", keys)
    experiment, model = card.experiment, card.model
    bend = model.parameters[f"{kind}_mass"] ** 2 / 1.022
    total = 0.0
    lines = experiment.source.components[0].spectrum
    for energy, intensity in zip(lines.energies, lines.intensities, strict=True):

        def integrand(x, energy=energy):
            return float(dsigma_dT(np.exp(x), energy, model)) * np.exp(x)

        ends = np.linspace(np.log(1e-12 * bend), np.log(T_max(energy) * (1 - 1e-15)), 80)
        total += intensity * sum(quad(integrand, a, b, epsrel=1e-11)[0] for a, b in pairwise(ends))
    found = predict(experiment, model)
    assert found.with_flow.sum() == pytest.approx(total * experiment.luminosity, rel=1e-9)
    assert found.unbinned_total == pytest.approx(total * experiment.luminosity, rel=1e-8)
