"""Comparison of a simulation with its prediction, for the tests of both."""

import numpy as np
from scipy import stats

from detsim.expectation.folding import fold
from detsim.simulation.monte_carlo import expected_generated, simulate_counts


def chi2_pvalue(experiment, model, n, seed):
    """Compare the shares of the bins, both flow bins and "not recorded" (multinomial χ²)."""
    return counts_pvalue(experiment, model, simulate_counts(experiment, model, seed=seed, n=n), n)


def counts_pvalue(experiment, model, counts, n):
    """Do the same with the counts of n events, flow bins included."""
    folded = fold(experiment, model)
    expected = expected_generated(experiment, model)
    shares = (folded.signal(model) + folded.backgrounds.sum(axis=0)) / expected
    observed = np.append(counts, n - counts.sum())
    mu = n * np.append(shares, 1 - shares.sum())
    assert np.all(observed[mu < 1e-9] == 0)
    small = mu < 10
    observed = np.append(observed[~small], observed[small].sum())
    mu = np.append(mu[~small], mu[small].sum())
    if mu[-1] < 10:
        observed, mu = observed[:-1], mu[:-1]
    chi2 = np.sum((observed - mu) ** 2 / mu)
    return float(stats.chi2.sf(chi2, len(mu) - 1))
