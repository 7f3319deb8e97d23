"""Weighted data: sums of weights as effective counts, and templates scaled to them.

Bohm and Zech, NIM A 748, 1: a sum of weights W = Σw, whose variance is estimated by V = Σw², is treated as
W²/V = s W Poisson events with expectation s μ, where s = W/V. Mean and variance of the sum are then right.
"""

from dataclasses import replace
from typing import Any

import hist
import numpy as np
from numpy.typing import NDArray

from analysis.fits.fitter import Fitter, make_fitter
from analysis.histograms import bin_counts, binned
from detsim.experiment import Experiment
from simgen.interaction import Model

__all__ = ["effective_counts", "for_data", "prepared_fit", "scaled", "unscaled"]

Array = NDArray[np.float64]


def prepared_fit(
    data: hist.Hist[Any] | None,
    experiment: Experiment,
    model: Model,
    *,
    poi: str,
    likelihood: str,
    error_per_bin: float | None,
) -> tuple[Fitter, Array]:
    """Prepare the fit of a histogram: return the fitter and the counts, as `for_data` does.

    Parameters
    ----------
    data : hist.Hist or None
        None takes the exact expectation of the model.
    experiment, model, poi, likelihood, error_per_bin
        As for `make_fitter`.
    """
    fitter = make_fitter(experiment, model, poi=poi, likelihood=likelihood, error_per_bin=error_per_bin)
    return (fitter, fitter.templates.expected(fitter.truth)) if data is None else for_data(fitter, data)


def for_data(fitter: Fitter, data: hist.Hist[Any]) -> tuple[Fitter, Array]:
    """Prepare the fit of a histogram, weighted or not.

    Parameters
    ----------
    fitter : Fitter
    data : hist.Hist
        Histogram in the bins of the fitter's experiment.

    Returns
    -------
    fitter : Fitter
        The same fitter for counts; for weighted data, one with templates scaled to effective counts.
    counts : ndarray, shape (n_bins,)
        Counts, or effective counts.

    Raises
    ------
    ValueError
        As `effective_counts`.
    """
    counts, scaling = effective_counts(data, fitter.templates.experiment)
    return (fitter if scaling is None else scaled(fitter, scaling)), counts


def scaled(fitter: Fitter, scaling: Array) -> Fitter:
    """Multiply the expected counts of a fitter, and its absolute errors, by factors of the bins.

    Parameters
    ----------
    fitter : Fitter
        Fitter for counts without weights.
    scaling : ndarray, shape (n_bins,)
        s = Σw/Σw².
    """
    errors = fitter.errors * scaling if fitter.likelihood == "paper" else fitter.errors
    return replace(fitter, templates=replace(fitter.templates, scaling=scaling), errors=errors)


def unscaled(fitter: Fitter) -> Fitter:
    """Undo `scaled`: return the fitter for counts without weights."""
    scaling = fitter.templates.scaling
    if scaling is None:
        return fitter
    errors = fitter.errors / scaling if fitter.likelihood == "paper" else fitter.errors
    return replace(fitter, templates=replace(fitter.templates, scaling=None), errors=errors)


def effective_counts(
    data: hist.Hist[Any], experiment: Experiment, *, read_in: str = "MeV"
) -> tuple[Array, Array | None]:
    """Turn a histogram into counts or effective counts.

    Parameters
    ----------
    data : hist.Hist
        Values Σw and variances Σw²; without variances the values are counts.
    experiment : Experiment
    read_in : str
        As for `analysis.histograms.histograms.bin_counts`.

    Returns
    -------
    counts : ndarray, shape (n_bins,)
        (Σw)²/Σw²; the counts themselves if there are no weights.
    scaling : ndarray, shape (n_bins,), or None
        s = Σw/Σw², by which expectations are to be multiplied; None for counts.

    Raises
    ------
    ValueError
        If the histogram has other bins, if its contents cannot be sums of weights ≥ 0, or if it was filled
        with weights but without the sums of their squares.

    Notes
    -----
    For a bin without events, s is Σw/Σw² of all events, those in flow bins included. With equal weights c
    this is 1/c, and the likelihood is that of the counts in 1/c of the exposure.
    """
    values = bin_counts(data, experiment, read_in=read_in)
    bins = binned(data)
    bins.check_data()
    if bins.variances is None or not bins.is_weighted:
        return values, None
    squares = bins.variances[(slice(1, -1),) * data.ndim].ravel()
    total = bins.values.sum() / bins.variances.sum()
    scaling = np.divide(values, squares, out=np.full_like(values, total), where=values > 0)
    return scaling * values, scaling
