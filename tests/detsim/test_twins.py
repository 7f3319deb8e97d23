"""Simulated histograms against the quadrature of `detsim.prediction`: neither knows the other."""

from dataclasses import replace

import numpy as np
import pytest
from experiments import DAY, borexino, borexino_outside, hellaz, lama, mixed_source
from scipy import stats

from detsim.detector import Resolution
from detsim.experiment import FlatBackground
from detsim.prediction import fold
from detsim.simulation import expected_generated, simulate_counts
from simgen.models import E6, LR, SM

ALPHA = 1e-3


def chi2_pvalue(experiment, model, n, seed):
    """Compare the shares of the bins, both flow bins and "not recorded" (multinomial χ²)."""
    folded = fold(experiment, model)
    expected = expected_generated(experiment, model)
    shares = (folded.signal(model) + folded.backgrounds.sum(axis=0)) / expected
    counts = simulate_counts(experiment, model, seed=seed, n=n)
    observed = np.append(counts, n - counts.sum())
    mu = n * np.append(shares, 1 - shares.sum())
    assert np.all(observed[mu < 1e-9] == 0)
    small = mu < 10
    observed = np.append(observed[~small], observed[small].sum())
    mu = np.append(mu[~small], mu[small].sum())
    if mu[-1] < 10:
        observed, mu = observed[:-1], mu[:-1]
    chi2 = np.sum((observed - mu) ** 2 / mu)
    return stats.chi2.sf(chi2, len(mu) - 1)


def smeared(experiment, **response):
    resolution = Resolution(**response)
    return replace(experiment, detector=replace(experiment.detector, resolution=resolution))


def detector(experiment, **changes):
    return replace(experiment, detector=replace(experiment.detector, **changes))


FLAT = FlatBackground(name="flat", rate=3000 / DAY, low=0.2, high=0.5)
BELOW = FlatBackground(name="below", rate=1000 / DAY, low=-0.1, high=0.27)
CASES = {
    "borexino": (borexino(), SM()),
    "electroweak": (borexino(), SM(corrections="electroweak")),
    "full": (borexino(), SM(corrections="full")),
    "moment": (replace(borexino(), generate_above=1e-3), SM(mu_nu=1e-10)),
    "full moment": (replace(borexino(), generate_above=1e-3), SM(mu_nu=1e-10, corrections="full")),
    "chi": (borexino(), E6(beta="chi", gamma=0.3)),
    "mixing": (borexino(), LR(gamma=0.05, phi=-0.04, corrections="full")),
    "charged current": (hellaz(0.56), SM(delta_c_L=0.2)),
    "backgrounds": (replace(borexino(), backgrounds=(FLAT, BELOW)), SM(corrections="full")),
    "outside": (borexino_outside(), SM()),
    "lama": (lama(), SM()),
    "lama modern full": (lama("modern"), E6(beta="eta", gamma=0.2, corrections="full")),
    "lama moment": (lama(generate_above=1e-5), SM(mu_nu=2.5e-12)),
    "lama shells": (lama("modern", "shells", generate_above=1e-5), SM(mu_nu=2.5e-12)),
    "lama efficiency": (detector(lama("modern", "shells"), efficiency=0.37), SM()),
    "all recoils": (detector(smeared(lama(), constant=5e-4, proportional=0.1), threshold=-np.inf), SM()),
    "perfect": (smeared(hellaz(0.56)), SM(corrections="full")),
    "threshold in a bin": (detector(hellaz(), threshold=0.1237), SM()),
    "threshold below the bins": (detector(hellaz(), threshold=0.05), SM()),
    "mixed source": (replace(hellaz(0.56), source=mixed_source()), E6(beta=0.4, gamma=0.5, phi=0.02)),
}


@pytest.mark.parametrize("name", list(CASES))
def test_counts_follow_the_prediction(name):
    """Twin. Finds a bin share off by 1 % or a lost class of events (χ², 1e6 events, α = 1e-3)."""
    experiment, model = CASES[name]
    assert chi2_pvalue(experiment, model, 1_000_000, seed=101) > ALPHA


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["borexino", "moment", "full", "lama", "lama moment", "lama modern full", "mixed source"]
)
def test_many_counts_follow_the_prediction(name):
    """Twin. Finds a bin share off by 0.03 % (χ², 1e8 events, fixed seed, α = 1e-3)."""
    experiment, model = CASES[name]
    assert chi2_pvalue(experiment, model, 100_000_000, seed=202) > ALPHA


@pytest.mark.slow
def test_p_values_are_flat():
    """Soak. Finds too small a variance or a hidden correlation: 200 seeds, KS of the p-values, α = 1e-3."""
    experiment, model = CASES["lama shells"]
    p = [chi2_pvalue(experiment, model, 100_000, seed=seed) for seed in range(200)]
    assert stats.kstest(p, "uniform").pvalue > ALPHA
