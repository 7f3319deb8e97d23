"""Folded shapes: the expectation of a model is a dot product with its coefficients."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.flavours import Flavour
from simgen.interaction import Basis, Model, check_positive, coefficients
from simgen.sources import Source

__all__ = ["Folded"]

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Folded:
    """The shapes h_k folded with source, detector and bins.

    Parameters
    ----------
    edges : ndarray, shape (n_bins + 1,)
        Bin edges in T_reco [MeV].
    flavours : tuple of Flavour
    bases : tuple of Basis
        The basis of the shapes of each flavour.
    shapes : tuple of ndarray, shape (K, n_bins + 2)
        One array per flavour: counts per unit coefficient. The first column has the counts below the first
        edge, the last one all other counts outside the bins. Infinite where a shape diverges at T → 0. A
        flavour that oscillates has 2K rows: the second K are the counts that disappear at full mixing.
    backgrounds : ndarray, shape (n_backgrounds, n_bins + 2)
        Counts of each background.
    delta_m2 : float or None
        Δm² of the oscillation [eV²].
    source : Source or None
        Source for which signals are checked to be at least zero; None allows negative signals.
    T_low : float
        Smallest true recoil energy [MeV].
    """

    edges: Array
    flavours: tuple[Flavour, ...]
    bases: tuple[Basis, ...]
    shapes: tuple[Array, ...]
    backgrounds: Array
    delta_m2: float | None = None
    source: Source | None = None
    T_low: float = 0.0

    def signal(self, model: Model, *, signed: bool = False) -> Array:
        """Compute the expected signal of a model.

        Parameters
        ----------
        model : Model
        signed : bool
            Allow a negative dσ/dT: a polynomial in a parameter is computed from values outside its range,
            too.

        Returns
        -------
        ndarray, shape (n_bins + 2,)

        Raises
        ------
        ValueError
            If the model has other corrections, mediator masses or Δm², if a count is infinite, or if dσ/dT is
            negative somewhere (`simgen.interaction.positivity.check_positive`).
        """
        if not self.serves(model):
            raise ValueError(
                "the shapes were folded for other radiative corrections, mediator masses or delta_m2: "
                "fold again"
            )
        if self.source is not None and not signed:
            check_positive(self.source, model, self.T_low)
        total = np.zeros(self.backgrounds.shape[1])
        for flavour, shapes in zip(self.flavours, self.shapes, strict=True):
            c = coefficients(model, flavour)
            if len(shapes) > len(c):
                c = np.concatenate([c, -model.sin2_2theta * c])
            used = np.flatnonzero(c)  # 0·∞ of a term that is switched off
            with np.errstate(invalid="ignore"):  # ∞ - ∞ of an interference is caught below
                total += c[used] @ shapes[used]
        if not np.all(np.isfinite(total)):
            kinds = (coefficients(model, flavour) for flavour in self.flavours)
            if not model.diverges or not all(np.all(np.isfinite(c)) for c in kinds):
                raise ValueError("the expected counts overflow: a value of model or experiment is too large")
            raise ValueError(
                "the expected counts diverge: with mu_nu or millicharge ≠ 0 recoils of T → 0 are recorded; "
                "set model.generate_above (a true energy, such as '1 keV') or a threshold above 0"
            )
        return total

    def serves(self, model: Model) -> bool:
        """Tell whether a model can be computed from these shapes."""
        return model.delta_m2 == self.delta_m2 and all(
            Basis.of(model, f) == basis for f, basis in zip(self.flavours, self.bases, strict=True)
        )
