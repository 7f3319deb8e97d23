"""Weighted data: sums of weights as effective counts, and templates scaled to them.

Bohm and Zech, NIM A 748, 1: a sum of weights W = Σw, whose variance is estimated by V = Σw², is taken for
W²/V = s W Poisson events, of which s μ are expected, with s = W/V. Both moments of the sum are then right.
"""

from dataclasses import replace
from typing import Any

import hist
import numpy as np
from numpy.typing import NDArray

from analysis.fitter import Fitter
from analysis.histograms import bin_counts
from detsim.experiment import Experiment

__all__ = ["effective_counts", "for_data"]

Array = NDArray[np.float64]

_ROUNDING = 1e-6
"""Relative difference of Σw and Σw² up to which the weights are 1: files round."""


def for_data(fitter: Fitter, data: hist.Hist[Any]) -> tuple[Fitter, Array]:
    """Prepare the fit of a histogram, weighted or not.

    Parameters
    ----------
    fitter : Fitter
    data : hist.Hist
        In the bins of the fitter's experiment.

    Returns
    -------
    fitter : Fitter
        The same for counts; with templates scaled to effective counts for weighted data.
    counts : ndarray, shape (n_bins,)
        Counts, or effective counts.

    Raises
    ------
    ValueError
        As `effective_counts`.
    """
    counts, scaling = effective_counts(data, fitter.templates.experiment)
    if scaling is None:
        return fitter, counts
    errors = fitter.errors * scaling if fitter.likelihood == "paper" else fitter.errors
    return replace(fitter, templates=replace(fitter.templates, scaling=scaling), errors=errors), counts


def effective_counts(data: hist.Hist[Any], experiment: Experiment) -> tuple[Array, Array | None]:
    """Turn a histogram into Poisson numbers.

    Parameters
    ----------
    data : hist.Hist
        Values Σw and variances Σw²; without variances the values are counts.
    experiment : Experiment

    Returns
    -------
    counts : ndarray, shape (n_bins,)
        (Σw)²/Σw²; of counts these themselves.
    scaling : ndarray, shape (n_bins,), or None
        s = Σw/Σw², by which expectations are to be multiplied; None for counts.

    Raises
    ------
    ValueError
        If the histogram has other bins, holds what no sum of weights ≥ 0 can be, or was filled with weights
        without the sums of their squares.

    Notes
    -----
    A bin without events has no weights of its own. It takes Σw/Σw² of all events, in flow bins too: with
    equal weights c this is 1/c, and the likelihood is that of the counts in 1/c of the exposure.
    """
    values = bin_counts(data, experiment)
    variances = data.variances(flow=True)
    everything = np.asarray(data.values(flow=True), np.float64)
    if variances is None:
        if np.any(values != np.rint(values)):
            raise ValueError(
                "the histogram was filled with weights or scaled, and keeps no sums of squared weights: "
                "fill one with hist.storage.Weight()"
            )
        return values, None
    sums = np.asarray(variances, np.float64)
    if np.allclose(sums, everything, rtol=_ROUNDING, atol=0):
        return values, None
    _check(everything, sums, data)
    squares = np.asarray(data.variances(), np.float64).ravel()
    total = everything.sum() / sums.sum()
    scaling = np.divide(values, squares, out=np.full_like(values, total), where=values > 0)
    return scaling * values, scaling


def _check(values: Array, variances: Array, data: hist.Hist[Any]) -> None:
    """Refuse what cannot be Σw and Σw² of weights that are not negative."""
    wrong = (
        (~(np.isfinite(values) & (values >= 0)), "a sum of weights must be finite and not negative"),
        (~(np.isfinite(variances) & (variances >= 0)), "a sum of squares must be finite and not negative"),
        ((variances == 0) & (values > 0), "counts need no Σw², and events with weights have one"),
        ((values == 0) & (variances > 0), "weights of both signs cancel, and only weights ≥ 0 can be fitted"),
    )
    for mask, why in wrong:
        if np.any(mask):
            place = tuple(int(i) for i in np.argwhere(mask)[0])
            name = ", ".join(_name(axis, i) for axis, i in zip(data.axes, place, strict=True))
            raise ValueError(f"{name}: Σw = {values[place]:g} and Σw² = {variances[place]:g}; {why}")


def _name(axis: Any, number: int) -> str:
    """Name a bin by its position in an array with flow bins."""
    i = number - int(axis.traits.underflow)
    if i < 0:
        return "the underflow bin"
    if i > len(axis.edges) - 2:
        return "the overflow bin"
    unit = "cm" if axis.name == "L_reco" else "MeV"
    return f"the bin from {axis.edges[i]:g} to {axis.edges[i + 1]:g} {unit}"
