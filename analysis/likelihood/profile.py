"""The profile of -2 ln L in the parameter of interest."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.likelihood.likelihood import Likelihood

__all__ = ["Profile"]

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Profile:
    """-2 ln L minimised over the nuisance parameters at fixed values of the parameter of interest."""

    data: Likelihood
    also: Array | None = None
    """Pulls from which minima are sought, too."""

    def __call__(self, poi: float) -> float:
        """Evaluate at a value of the parameter of interest."""
        return float(self.data.profile(poi, also=self.also)[0][0])

    def pulls(self, poi: float) -> Array:
        """Return the nuisance parameters at the minimum, shape (n_nuisances,)."""
        return np.asarray(self.data.profile(poi, also=self.also)[1][0])
