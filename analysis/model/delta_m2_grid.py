"""Where to look for the Δm² of an oscillation: -2 ln L has a minimum wherever waves fall on each other."""

import math

import numpy as np
from numpy.typing import NDArray

from analysis.model.templates import Templates
from simgen.rates import WAVE

__all__ = ["wave_points"]

_PER_TURN = 8
"""Values to a turn of the longest way's wave."""
_AVERAGED = 1e9
"""Δm² whose waves average away [eV²]."""
_NEGLIGIBLE = 1e-2
"""χ² between waves and their average that no data tell apart."""
_QUIET = 2
"""Turns of the longest way in a row that cannot be told apart from the average are the end."""
_MOST = 500
"""Turns of the longest way, at most."""


def wave_points(
    templates: Templates, *, per_turn: int = _PER_TURN, negligible: float = _NEGLIGIBLE
) -> NDArray[np.float64]:
    """Place values of Δm² so closely that no minimum of -2 ln L is missed.

    Parameters
    ----------
    templates : Templates
        In `delta_m2`.
    per_turn : int
        Values to a turn of the longest way's wave.
    negligible : float
        χ² between waves and their average below which they have averaged away.

    Returns
    -------
    ndarray, shape (n,)
        From 0 upwards [eV²], to where waves have averaged away in every bin.

    Notes
    -----
    The wave of the way L is cos(Δm² L/(2ħc E)). Where the mean way has turned once more, it falls on that of
    the data again: a minimum, as deep as the spread of the ways lets it be.
    """
    experiment = templates.experiment
    step = 2 * math.pi / per_turn * experiment.source.endpoint / (2 * WAVE * experiment.baselines.longest)
    averaged = templates.signal(_AVERAGED)
    variance = np.maximum(averaged + templates.backgrounds[0][:, 0].sum(axis=0), np.finfo(np.float64).tiny)
    n = quiet = 0
    while quiet < _QUIET * per_turn and n < _MOST * per_turn:
        n += 1
        change = float(np.sum((templates.signal(n * step) - averaged) ** 2 / variance))
        quiet = quiet + 1 if change < negligible else 0
    return np.asarray(step * np.arange(n + 1), np.float64)
