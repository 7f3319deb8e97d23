"""Errors per bin: those of the paper's χ², and statistical errors of simulated templates."""

import numpy as np
from numpy.typing import NDArray

from analysis.histograms import describe_bin
from analysis.model.templates import Templates
from detsim.expectation import fold
from detsim.simulation import RecordedSample

__all__ = ["paper_errors", "template_errors"]

Array = NDArray[np.float64]

_SIGNIFICANT = 0.01
"""A bin with more expected counts of signal must have events in a sample."""


def paper_errors(templates: Templates, error_per_bin: float) -> Array:
    """Compute the absolute errors of the paper's χ², σ N_i^SM, shape (n_bins,).

    Raises
    ------
    ValueError
        If the standard model expects nothing in a bin.
    """
    empty = np.flatnonzero(templates.reference <= 0)
    if empty.size:
        number, i = _experiment_and_bin(templates, int(empty[0]))
        in_bin = describe_bin(templates.experiments[number].detector, i)
        raise ValueError(
            f"likelihood = 'paper' needs counts in every bin, and the standard model expects none {in_bin}: "
            "change detector.bins, or take likelihood = 'poisson'"
        )
    return error_per_bin * templates.reference


def template_errors(templates: Templates) -> Array:
    """Compute the relative statistical errors of sampled expectations, shape (n_bins,).

    √(Σw²) of the signal over all expected counts, for the model of the templates; backgrounds are exact.

    Raises
    ------
    ValueError
        If a bin in which signal is expected has none of the events of the sample.
    """
    model, expected = templates.model, templates.expected(templates.model.parameters[templates.poi])
    variances = np.concatenate([s.variances(model)[1:-1] for s in templates.samples])
    exact = np.concatenate([fold(e, model).signal(model)[1:-1] for e in templates.experiments])
    empty = np.flatnonzero((variances == 0) & (exact > _SIGNIFICANT))
    if empty.size:
        number, i = _experiment_and_bin(templates, int(empty[0]))
        in_bin = describe_bin(templates.experiments[number].detector, i)
        source = templates.samples[number].sampling
        if isinstance(source, RecordedSample):
            raise ValueError(
                f"no event of {source.name} was recorded {in_bin}, where the response of the card gives "
                f"{exact[empty[0]]:.2g} counts of signal: leave the bin out, or generate more events"
            )
        raise ValueError(
            f"no event of the sample was recorded {in_bin}, where {exact[empty[0]]:.2g} counts of signal are "
            "expected: raise fit.template_events, or take templates = 'quadrature'"
        )
    return np.asarray(np.sqrt(variances) / np.where(variances > 0, expected, 1.0))


def _experiment_and_bin(templates: Templates, i: int) -> tuple[int, int]:
    """Return the index of the experiment of a bin, and the index of the bin in it."""
    for number, bins in enumerate(templates.bins):
        if bins.start <= i < bins.stop:
            return number, i - bins.start
    raise IndexError(i)
