"""Energy resolution: Gaussian, tabulated Gaussian, counting of photo-electrons; tables in energy.

These classes describe it. `_smear` and `_count_photoelectrons` in detsim/_kernels/response.py measure single
events with it, and detsim/expectation/response.py folds expected counts.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simgen.representation import readable

__all__ = ["Curve", "PhotoElectrons", "Resolution", "Smearing", "SpreadPhotoElectrons", "TabulatedResolution"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A quantity tabulated in energy, linear between the points and constant beyond the ends.

    Parameters
    ----------
    energies : tuple of float
        At least two, ascending [MeV].
    values : tuple of float
        One a point.

    Examples
    --------
    >>> float(Curve(energies=(0.0, 1.0), values=(0.0, 0.5))(0.5))
    0.25
    """

    energies: tuple[float, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.energies) != len(self.values):
            raise ValueError(
                f"a table needs as many values as energies, got {len(self.values)} and {len(self.energies)}"
            )
        if len(self.energies) < 2:
            raise ValueError(f"a table needs at least two points, got {len(self.energies)}")
        for name, unit, numbers in (("energies", " MeV", self.energies), ("values", "", self.values)):
            for number in numbers:
                if not math.isfinite(number):
                    raise ValueError(f"{name} of a table must be finite, got {number}{unit}")
        for before, after in zip(self.energies, self.energies[1:], strict=False):
            if after <= before:
                raise ValueError(f"energies of a table must ascend, got {after} MeV after {before} MeV")

    @property
    def summary(self) -> str:
        """Range and number of points, in one line."""
        low, high = self.energies[0], self.energies[-1]
        return f"from {low:.6g} to {high:.6g} MeV ({len(self.energies)} points)"

    def __call__(self, energy: ArrayLike) -> Array:
        """Interpolate at an energy [MeV]."""
        return np.asarray(np.interp(np.asarray(energy, np.float64), self.energies, self.values))

    def check_range(self, what: str, low: float, high: float) -> None:
        """Raise ValueError if the table does not cover low to high [MeV]; `what` names it."""
        if self.energies[0] > low or self.energies[-1] < high:
            raise ValueError(
                f"{what} is tabulated from {self.energies[0]:g} to {self.energies[-1]:g} MeV, "
                f"and is needed from {low:g} to {high:g} MeV"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """Gaussian smearing of the visible energy E, σ² = a² + b²E + c²E².

    Parameters
    ----------
    constant : float
        a [MeV].
    stochastic : float
        b [MeV^½], which is σ at 1 MeV when alone: Δ of eq. (13).
    proportional : float
        c, a pure number.
    """

    constant: float = 0.0
    stochastic: float = 0.0
    proportional: float = 0.0

    def __post_init__(self) -> None:
        for name in ("constant", "stochastic", "proportional"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"resolution {name} must be finite and ≥ 0, got {value}")

    @property
    def summary(self) -> str:
        """Terms of σ² with their units, in one line."""
        energy = ("eV", "keV", "MeV")
        terms = [
            (self.constant, f"({readable(self.constant, *energy)})²"),
            (self.stochastic, f"({readable(self.stochastic, *energy)})² E/MeV"),
            (self.proportional, f"({readable(self.proportional)} E)²"),
        ]
        return "perfect" if self.perfect else f"σ² = {' + '.join(text for value, text in terms if value)}"

    @property
    def perfect(self) -> bool:
        """Whether measured and visible energy are the same."""
        return self.constant == self.stochastic == self.proportional == 0

    def sigma(self, T: ArrayLike) -> Array:
        """Compute the standard deviation of the measured energy [MeV] at a visible energy T [MeV]."""
        T = np.asarray(T, np.float64)
        variance = self.constant**2 + self.stochastic**2 * T + self.proportional**2 * T**2
        return np.asarray(np.sqrt(variance))

    def scaled(self, factor: float) -> "Resolution":
        """Multiply the width."""
        return Resolution(
            constant=factor * self.constant,
            stochastic=factor * self.stochastic,
            proportional=factor * self.proportional,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TabulatedResolution:
    """Gaussian smearing with a tabulated σ.

    Parameters
    ----------
    curve : Curve
        σ [MeV] at visible energies [MeV].
    """

    curve: Curve

    def __post_init__(self) -> None:
        if self.curve.energies[0] < 0:
            first = self.curve.energies[0]
            raise ValueError(f"energies of a resolution are visible ones, ≥ 0 MeV, got {first} MeV")
        for value in self.curve.values:
            if value < 0:
                raise ValueError(f"resolution sigma must be ≥ 0 MeV, got {value} MeV")

    @property
    def summary(self) -> str:
        """Kind and range of the table, in one line."""
        return f"σ tabulated {self.curve.summary}"

    @property
    def perfect(self) -> bool:
        """Whether measured and visible energy are the same."""
        return not any(self.curve.values)

    def sigma(self, T: ArrayLike) -> Array:
        """Interpolate the standard deviation of the measured energy [MeV] at a visible energy T [MeV]."""
        return self.curve(T)

    def scaled(self, factor: float) -> "TabulatedResolution":
        """Multiply the width."""
        values = tuple(factor * value for value in self.curve.values)
        return TabulatedResolution(curve=Curve(energies=self.curve.energies, values=values))


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoElectrons:
    """Counting of photo-electrons: N is Poisson with mean light_yield × E, and N/light_yield is measured.

    Parameters
    ----------
    light_yield : float
        Photo-electrons per visible energy [1/MeV].
    """

    light_yield: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.light_yield) and self.light_yield > 0):
            raise ValueError(f"light_yield must be finite and above 0 /MeV, got {self.light_yield}")

    @property
    def summary(self) -> str:
        """Light yield, in one line."""
        return f"{readable(self.light_yield)} photo-electrons per MeV"

    @property
    def perfect(self) -> bool:
        """Whether measured and visible energy are the same: never."""
        return False

    def sigma(self, T: ArrayLike) -> Array:
        """Compute the standard deviation of the measured energy [MeV] at a visible energy T [MeV]."""
        return np.asarray(np.sqrt(np.asarray(T, np.float64) / self.light_yield))

    def scaled(self, factor: float) -> "PhotoElectrons":
        """Multiply the width, which takes another light yield."""
        return replace(self, light_yield=self.light_yield / factor**2)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpreadPhotoElectrons(PhotoElectrons):
    """Photo-electrons whose number is spread evenly over ±½, for expected counts that do not jump with edges.

    Fits compute changes of the energy scale and of the resolution with it; events are not drawn from it.
    """


Smearing = Resolution | TabulatedResolution | PhotoElectrons
