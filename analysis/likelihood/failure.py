"""Failed fits: the error, and a message about data that are far from the expectation."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from analysis.model import Templates

__all__ = ["FitError", "far_counts"]

_TIMES, _SIGMAS = 10.0, 10.0
"""Ratio of observed and expected counts, and distance in errors, from which counts are far from expected."""


class FitError(ValueError):
    """No minimum of -2 ln L is found: the run failed, the input is not wrong."""


def far_counts(templates: "Templates", counts: NDArray[np.float64]) -> str:
    """Return a message if the counts are far from anything that the model expects; else an empty text.

    Parameters
    ----------
    templates : Templates
    counts : ndarray, shape (n_bins,)
    """
    poi = templates.poi
    truth = templates.model.parameters[poi]
    observed, expected = float(np.sum(counts)), float(templates.expected(truth).sum())
    more = max(observed, 1.0) / max(expected, 1.0)
    if 1 / _TIMES < more < _TIMES or abs(observed - expected) < _SIGMAS * max(expected, 1.0) ** 0.5:
        return ""
    return (
        f"the counts are far from anything that the model expects: {observed:.4g} observed, {expected:.4g} "
        f"expected at {poi} = {truth:g}"
    )
