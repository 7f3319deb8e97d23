"""Target volumes and the mean of 1/(4πr²) over them, r measured from a point source."""

import math
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Cylinder", "Geometry", "Shell", "Sphere"]


class Geometry(Protocol):
    """A target volume and a point source."""

    @property
    def volume(self) -> float:
        """Volume [cm³]."""
        ...

    def mean_inverse_square(self) -> float:
        """Mean of 1/(4πr²) over the volume [cm⁻²]."""
        ...


def _positive(name: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"{name} must be above 0 cm, got {value}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sphere:
    """A full sphere, the source at its centre or outside.

    Parameters
    ----------
    radius : float
        Radius [cm].
    source_distance : float
        Distance of the source from the centre [cm]: 0, or beyond the radius.

    Examples
    --------
    >>> near = Sphere(radius=300.0, source_distance=825.0).mean_inverse_square()
    >>> near * 4 * 3.141592653589793 * 825.0**2 > 1  # the near side weighs more
    True
    """

    radius: float
    source_distance: float = 0.0

    def __post_init__(self) -> None:
        _positive("radius", self.radius)
        if self.source_distance != 0 and not self.radius < self.source_distance < math.inf:
            raise ValueError(
                f"source_distance must be 0 cm or beyond the radius of {self.radius} cm, "
                f"got {self.source_distance}"
            )

    @property
    def volume(self) -> float:
        """Volume [cm³]."""
        return 4 / 3 * math.pi * self.radius**3

    def mean_inverse_square(self) -> float:
        """Mean of 1/(4πr²) over the volume [cm⁻²].

        Notes
        -----
        Centre: 3/(4πR²). Outside: ⟨1/r²⟩ = 3[2R - ((d²-R²)/d) ln((d+R)/(d-R))]/(4R³); for d ≫ R its
        expansion in R/d, because the closed form cancels.
        """
        R, d = self.radius, self.source_distance
        if d == 0:
            return 3 / (4 * math.pi * R**2)
        x = R / d
        if x < 0.02:
            mean = (1 + x**2 * (1 / 5 + x**2 * (3 / 35 + x**2 / 21))) / d**2
        else:
            mean = 3 * (2 * R - (d**2 - R**2) / d * 2 * math.atanh(x)) / (4 * R**3)
        return mean / (4 * math.pi)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """A spherical shell around the source.

    Parameters
    ----------
    inner_radius, radius : float
        Inner and outer radius [cm].
    """

    inner_radius: float
    radius: float

    def __post_init__(self) -> None:
        _positive("inner_radius", self.inner_radius)
        if not (math.isfinite(self.radius) and self.radius > self.inner_radius):
            raise ValueError(
                f"radius must exceed inner_radius = {self.inner_radius} cm, got {self.radius} cm"
            )

    @property
    def volume(self) -> float:
        """Volume [cm³]."""
        return 4 / 3 * math.pi * (self.radius**3 - self.inner_radius**3)

    def mean_inverse_square(self) -> float:
        """Mean of 1/(4πr²) over the volume [cm⁻²]: 3(r2-r1)/(4π(r2³-r1³))."""
        return (self.radius - self.inner_radius) / self.volume


@dataclass(frozen=True, slots=True, kw_only=True)
class Cylinder:
    """A full cylinder with the source at its centre.

    Parameters
    ----------
    radius, height : float
        Radius and height [cm].
    """

    radius: float
    height: float

    def __post_init__(self) -> None:
        _positive("radius", self.radius)
        _positive("height", self.height)

    @property
    def volume(self) -> float:
        """Volume [cm³]."""
        return math.pi * self.radius**2 * self.height

    def mean_inverse_square(self) -> float:
        """Mean of 1/(4πr²) over the volume [cm⁻²].

        Notes
        -----
        ∫dV/r² = 2π ∫₀^{h/2} ln(1 + R²/z²) dz = 2π [x ln(1 + R²/x²) + 2R arctan(x/R)] at x = h/2.
        """
        R, x = self.radius, self.height / 2
        integral = 2 * math.pi * (x * math.log1p((R / x) ** 2) + 2 * R * math.atan2(x, R))
        return integral / (4 * math.pi * self.volume)
