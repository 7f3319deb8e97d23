"""Weighted histograms and weights of bins."""

import hist
import numpy as np

from analysis.histograms.histograms import axes
from analysis.pseudo_experiments.event_weights import ExperimentWeights, weight_model
from simgen.interaction.models import E6
from support.plain import scaled, with_nuisances

__all__ = ["CENTRES", "CHI", "few_events", "filled", "gamma_weights", "known"]


CHI = E6(beta="chi", gamma=0.5)


CENTRES = np.arange(0.275, 0.55, 0.05)


def few_events():
    """A hundredth of an experiment with two nuisance parameters."""
    return scaled(with_nuisances(), 1e-2)


def filled(experiment, numbers, weights, outside=()):
    """Fill a histogram with events of given numbers per bin and weights, and with more outside the bins."""
    T = np.concatenate([np.repeat(CENTRES, numbers), np.full(len(outside), 0.7)])
    w = np.concatenate([weights, outside])
    h = hist.Hist(*axes(experiment), storage=hist.storage.Weight()).fill(T, weight=w)
    return h, {"T_reco": T, "weight": w}


def gamma_weights(rng, n, mean, variance):
    """Draw weights of a gamma distribution of a mean and a relative variance."""
    return rng.gamma(1 / variance, mean * variance, n)


def known(values, probabilities):
    """Make the weights of six bins that all have the same distribution, and nothing outside."""
    rates = np.asarray(probabilities) / np.dot(probabilities, values)
    one = np.ones(1)
    return weight_model(
        [ExperimentWeights(values=(np.asarray(values),) * 6 + (one,), rates=(rates,) * 6 + (one,), outside=0)]
    )
