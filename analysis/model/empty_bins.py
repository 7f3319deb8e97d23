"""Bins with an expectation of zero for all values of the parameters: counts there have no likelihood."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.histograms import describe_bin
from analysis.model.templates import Templates
from detsim.simulation import RecordedSample

__all__ = ["are_impossible", "check_possible"]

_FLOOR = 1e-290
"""Least expectation in the compiled likelihood."""
_SHOWN = 4


def _empty_bins(templates: Templates) -> NDArray[np.bool_]:
    """Tell in which bins nothing is expected for any value of any parameter, shape (n_bins,).

    Every shape of the signal, every background, and all their variations by nuisance parameters are 0 there.
    These shapes are the same for all values of a parameter, or end at the same energies.
    """
    layers = templates.layers(templates.model.parameters[templates.poi])
    largest = np.abs(layers).max(axis=0)
    for bins, folded, backgrounds in zip(
        templates.bins, templates.folded, templates.backgrounds, strict=True
    ):
        largest_values = [np.abs(shapes[:, 1:-1]).max(axis=0) for shapes in folded.shapes]
        largest_values.append(np.abs(backgrounds).max(axis=(0, 1), initial=0.0))
        largest[bins] = np.max([largest[bins], *largest_values], axis=0)
    return np.asarray(largest <= _FLOOR)


def are_impossible(templates: Templates, counts: ArrayLike) -> NDArray[np.bool_]:
    """Tell which data sets have counts where nothing is expected for any parameters.

    Parameters
    ----------
    templates : Templates
    counts : array_like, shape (..., n_bins)

    Returns
    -------
    ndarray, shape (...)
    """
    return np.asarray(np.any((np.asarray(counts) != 0) & _empty_bins(templates), axis=-1))


def check_possible(templates: Templates, counts: ArrayLike, *, name: str = "the data have") -> None:
    """Refuse counts where nothing is expected for any parameters.

    Parameters
    ----------
    templates : Templates
    counts : array_like, shape (n_bins,) or (n_sets, n_bins)
        For several data sets the message describes the first one with such counts.
    name : str
        Name of the data, for the message.

    Raises
    ------
    ValueError
        If there are such counts, naming the bins.
    """
    sets = np.atleast_2d(np.asarray(counts, np.float64))
    if sets.shape[-1] != templates.n_bins:
        return
    impossible = np.flatnonzero(are_impossible(templates, sets))
    if not impossible.size:
        return
    data = sets[impossible[0]]
    wrong = np.flatnonzero((data != 0) & _empty_bins(templates))
    places = [f"{data[i]:g} {_describe(templates, int(i))}" for i in wrong[:_SHOWN]]
    further = f" and in {len(wrong) - _SHOWN} more bins" if len(wrong) > _SHOWN else ""
    advice = "check threshold, resolution and bins, or state the background that such counts come from"
    if templates.samples:
        advice = "no event of the simulated templates was recorded there: raise fit.template_events"
        source = templates.samples[0].sampling
        if isinstance(source, RecordedSample):
            advice = f"no event of {source.name} was recorded there: leave these bins out"
    raise ValueError(
        f"{name} counts where {templates.model.label} and the backgrounds give exactly nothing, for any "
        f"{_listed(templates.names)}: {', '.join(places)}{further}; {advice}"
    )


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and nuisance parameters"


def _describe(templates: Templates, i: int) -> str:
    """Describe a bin by its edges; with several experiments by the name of its own, too."""
    for experiment, bins in zip(templates.experiments, templates.bins, strict=True):
        if bins.start <= i < bins.stop:
            bin_text = describe_bin(experiment.detector, i - bins.start)
            return bin_text if len(templates.experiments) == 1 else f"{bin_text} in {experiment.name}"
    raise IndexError(i)
