"""Every source, measured, against the quadrature of `detsim.expectation.prediction`."""

from dataclasses import replace

import numpy as np
import pytest
from support.examples import every, few
from support.experiments import BINS, DAY, POINTS, borexino
from support.twins import chi2_pvalue

from detsim.detector.detector import Resolution
from detsim.expectation.prediction import predict
from simgen.flavours import Flavour
from simgen.interaction.models import SM
from simgen.rates.exposure import Exposure, Flux
from simgen.sources.isotopes import SOURCES, Component, Source, source
from simgen.sources.spectra import FunctionSpectrum, Lines

ALPHA = 1e-3
OWN = Source(
    name="own",
    components=(
        Component(name="points", flavour=Flavour.NU_E, spectrum=POINTS),
        Component(name="bins", flavour=Flavour.ANTI_NU_TAU, spectrum=BINS),
        Component(
            name="function",
            flavour=Flavour.ANTI_NU_MU,
            spectrum=FunctionSpectrum(
                function=lambda E: np.where(E < 0.9, E**-1.5, 2 * np.sqrt(2.0 - E)),
                low=0.2,
                high=2.0,
                bends=(0.9,),
            ),
        ),
        Component(name="line", flavour=Flavour.NU_MU, spectrum=Lines(energies=(1.1,), intensities=(0.5,))),
    ),
)


def experiment(made):
    """Look at a source in 12 bins up to its end point, with BOREXINO's resolution."""
    end = made.endpoint
    low = 0.1 * end
    detector = replace(
        borexino().detector,
        edges=tuple(np.linspace(low, end, 13)),
        threshold=low,
        resolution=Resolution(stochastic=0.0577 * min(1.0, end**0.5)),
    )
    return replace(
        borexino(),
        source=made,
        detector=detector,
        normalisation=Flux(value=2e12),
        exposure=Exposure(duration=20 * DAY),
    )


@pytest.mark.parametrize("made", every(5, [*(source(name) for name in SOURCES), OWN]), ids=lambda s: s.name)
@pytest.mark.parametrize("corrections", few(["tree", "full"], "full"))
def test_counts_follow_the_prediction(made, corrections):
    """Twin. Finds a bin share off by 1 % or a lost component (χ², 5e5 events, α = 1e-3)."""
    assert chi2_pvalue(experiment(made), SM(corrections=corrections), 500_000, seed=303) > ALPHA


@pytest.mark.parametrize(
    "made", every(2, [source("Zn65"), source("Sr90"), source("Be7"), OWN]), ids=lambda s: s.name
)
def test_bins_add_up(made):
    """Twin. Finds panels that run across the kinks of a spectrum: bins against one adaptive integral."""
    expected = predict(experiment(made), SM(corrections="full"))
    assert expected.with_flow.sum() == pytest.approx(expected.unbinned_total, rel=1e-7)


def test_bins_add_up_above_the_lower_end():
    """Twin. Finds a panel that runs across T_max of the least neutrino energy, where recoils bend (8e-6)."""
    spectrum = FunctionSpectrum(function=lambda E: np.exp(-E / 2), low=1.8, high=8.0)
    component = Component(name="hard", flavour=Flavour.ANTI_NU_E, spectrum=spectrum)
    expected = predict(replace(borexino(), source=Source(name="hard", components=(component,))), SM())
    assert expected.with_flow.sum() == pytest.approx(expected.unbinned_total, rel=1e-7)
