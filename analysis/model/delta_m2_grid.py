"""Grid of Δm²: -2 ln L has a minimum at each value where oscillations of model and data coincide again."""

import math

import numpy as np
from numpy.typing import NDArray

from analysis.model.templates import Templates
from simgen.rates import WAVE

__all__ = ["wave_points"]

_PER_PERIOD = 8
"""Values for each oscillation period at the longest distance."""
_AVERAGED = 1e9
"""Δm² at which oscillations average out [eV²]."""
_NEGLIGIBLE = 1e-2
"""χ² between oscillations and their average that no data distinguish."""
_QUIET = 2
"""Number of periods in a row without a difference from the average, after which the grid ends."""
_MOST = 500
"""Largest number of oscillation periods at the longest distance."""


def wave_points(
    templates: Templates, *, per_turn: int = _PER_PERIOD, negligible: float = _NEGLIGIBLE
) -> NDArray[np.float64]:
    """Compute values of Δm² that are close enough to find every minimum of -2 ln L.

    Parameters
    ----------
    templates : Templates
        Templates with the parameter of interest `delta_m2`.
    per_turn : int
        Values for each oscillation period at the longest distance.
    negligible : float
        χ² between oscillations and their average, below which they count as averaged out.

    Returns
    -------
    ndarray, shape (n,)
        From 0 upwards [eV²], to where oscillations average out in every bin.

    Notes
    -----
    At a distance L the oscillation is cos(Δm² L/(2ħc E)). When its phase at the mean distance has grown by
    2π, it coincides with that of the data again. This is a minimum, less deep if distances vary much.
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
