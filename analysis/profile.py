"""The profile of -2 ln L in the parameter of interest."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis._kernels import profile as _profile
from analysis.likelihood import Likelihood

__all__ = ["Profile"]

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Profile:
    """-2 ln L minimised over the normalisations at fixed values of the parameter of interest."""

    data: Likelihood

    def __call__(self, poi: float) -> float:
        """Evaluate at a value of the parameter of interest."""
        return self._minimise(poi, np.empty(len(self.data.auxiliary)))

    def factors(self, poi: float) -> Array:
        """Return the normalisations at the minimum, shape (1 + n_backgrounds,)."""
        factors = np.empty(len(self.data.auxiliary))
        self._minimise(poi, factors)
        return factors

    def _minimise(self, poi: float, factors: Array) -> float:
        d, t = self.data, self.data.templates
        return float(
            _profile.profile(
                t.signal(poi), t.backgrounds, d.counts, d.errors, d.auxiliary, t.uncertainties, factors
            )
        )
