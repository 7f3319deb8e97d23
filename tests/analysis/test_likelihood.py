"""The likelihood of a data set and its second derivatives."""

import numpy as np
import pytest
from support.experiments import borexino
from support.plain import PlainLikelihood, with_nuisances

from analysis.fits.estimate import make_fitter
from simgen.interaction.models import E6, LR

CASES = [
    (E6(beta="chi"), "gamma", {}),
    (E6(beta="chi"), "gamma", {"likelihood": "paper", "error_per_bin": 0.05}),
    (LR(gamma=0.3), "phi", {}),
]
POINT = np.array([0.2, 1.7, -1.0])


def both(model, poi, settings):
    experiment = with_nuisances(1e-3)
    fitter = make_fitter(experiment, model, poi=poi, **settings)
    counts = np.array([90.0, 85, 0, 80, 60, 30])
    auxiliary = np.array([0.6, -0.5])
    errors = fitter.errors if settings else None
    plain = PlainLikelihood(experiment, model, poi, counts, auxiliary=auxiliary, errors=errors)
    return fitter.data(counts, auxiliary), plain


@pytest.mark.parametrize(("model", "poi", "settings"), CASES)
def test_value_against_numpy(model, poi, settings):
    likelihood, plain = both(model, poi, settings)
    assert likelihood(POINT) == pytest.approx(plain(POINT), rel=1e-9)
    assert likelihood.nominal(0.1) == pytest.approx(plain((0.1, 0.0, 0.0)), rel=1e-9)


@pytest.mark.parametrize(("model", "poi", "settings"), CASES)
def test_errors_against_differences(model, poi, settings):
    """Far from the minimum, where data and expectation differ and no term vanishes."""
    likelihood, plain = both(model, poi, settings)
    h = 1e-3
    steps = h * np.eye(3)
    expected = np.array(
        [
            [
                (plain(POINT + a + b) - plain(POINT + a - b) - plain(POINT - a + b) + plain(POINT - a - b))
                / (4 * h * h)
                for a in steps
            ]
            for b in steps
        ]
    )
    errors = np.sqrt(np.diag(np.linalg.inv(expected / 2)))
    assert likelihood.errors(POINT, 1e-3) == pytest.approx(errors, rel=1e-4)


def test_degrees_of_freedom():
    assert make_fitter(borexino(), E6(beta="chi")).data(np.ones(6)).ndof == 5
