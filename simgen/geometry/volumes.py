"""Target volumes around the origin, a source anywhere, and the mean of 1/(4πr²) between them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from simgen.geometry.inverse_square import box_integral, cylinder_integral, sphere_integral

__all__ = ["Box", "Cylinder", "Geometry", "Shell", "Sphere", "Vector"]

Vector = tuple[float, float, float]
_CENTRE = (0.0, 0.0, 0.0)


class Geometry(Protocol):
    """A target volume around the origin, and a source."""

    @property
    def volume(self) -> float:
        """Volume of the target [cm³]."""
        ...

    @property
    def source_centre(self) -> Vector:
        """Centre of the source [cm]."""
        ...

    @property
    def source_radius(self) -> float:
        """Radius of the source [cm], 0 for a point."""
        ...

    def mean_inverse_square(self) -> float:
        """Mean of 1/(4πr²) over target and source [cm⁻²]."""
        ...

    def holds(self, place: Vector) -> bool:
        """Tell whether a point [cm] is inside the target, not on its surface."""
        ...


def _positive(name: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"{name} must be above 0 cm, got {value}")


def _check_source(position: Sequence[float], radius: float) -> None:
    if len(position) != 3 or not all(math.isfinite(x) for x in position):
        raise ValueError(f"source_position must be three finite lengths in cm, got {position}")
    if not (math.isfinite(radius) and radius >= 0):
        raise ValueError(f"source_radius must be finite and ≥ 0 cm, got {radius}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sphere:
    """A full sphere.

    Parameters
    ----------
    radius : float
        Radius [cm].
    source_distance : float
        Short for a source at (0, 0, source_distance) [cm].
    source_position : tuple of float
        Centre of the source [cm], inside or outside.
    source_radius : float
        Radius of a source that fills a sphere evenly [cm], 0 for a point.

    Examples
    --------
    >>> near = Sphere(radius=300.0, source_distance=825.0).mean_inverse_square()
    >>> near * 4 * 3.141592653589793 * 825.0**2 > 1  # the near side weighs more
    True
    """

    radius: float
    source_distance: float = 0.0
    source_position: Vector = _CENTRE
    source_radius: float = 0.0

    def __post_init__(self) -> None:
        _positive("radius", self.radius)
        if not 0 <= self.source_distance < math.inf:
            raise ValueError(f"source_distance must be finite and ≥ 0 cm, got {self.source_distance}")
        _check_source(self.source_position, self.source_radius)
        if self.source_distance and any(self.source_position):
            raise ValueError("source_distance and source_position exclude each other")

    @property
    def source_centre(self) -> Vector:
        """Centre of the source [cm]."""
        return (0.0, 0.0, self.source_distance) if self.source_distance else self.source_position

    @property
    def volume(self) -> float:
        """Volume [cm³]."""
        return 4 / 3 * math.pi * self.radius**3

    def holds(self, place: Vector) -> bool:
        """Tell whether a point [cm] is inside the target, not on its surface."""
        return math.hypot(*place) < self.radius

    def mean_inverse_square(self) -> float:
        """Mean of 1/(4πr²) over the volume [cm⁻²].

        Notes
        -----
        Point source: 3/(4πR²) at the centre, else ⟨1/r²⟩ = 3[2R - ((d²-R²)/d) ln((d+R)/abs(d-R))]/(4R³), and
        its expansion for d ≫ R, because the closed form cancels.
        """
        distance = math.hypot(*self.source_centre)
        return sphere_integral(self.radius, distance, self.source_radius) / (4 * math.pi * self.volume)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """A spherical shell.

    Parameters
    ----------
    inner_radius, radius : float
        Inner and outer radius [cm].
    source_position : tuple of float
        Centre of the source [cm]: in the hole, in the shell or outside.
    source_radius : float
        Radius of a source that fills a sphere evenly [cm], 0 for a point.
    """

    inner_radius: float
    radius: float
    source_position: Vector = _CENTRE
    source_radius: float = 0.0

    def __post_init__(self) -> None:
        _positive("inner_radius", self.inner_radius)
        if not (math.isfinite(self.radius) and self.radius > self.inner_radius):
            raise ValueError(
                f"radius must exceed inner_radius = {self.inner_radius} cm, got {self.radius} cm"
            )
        _check_source(self.source_position, self.source_radius)

    @property
    def source_centre(self) -> Vector:
        """Centre of the source [cm]."""
        return self.source_position

    @property
    def volume(self) -> float:
        """Volume [cm³]."""
        return 4 / 3 * math.pi * (self.radius**3 - self.inner_radius**3)

    def holds(self, place: Vector) -> bool:
        """Tell whether a point [cm] is inside the target, not on its surface."""
        return self.inner_radius < math.hypot(*place) < self.radius

    def mean_inverse_square(self) -> float:
        """Mean of 1/(4πr²) over the volume [cm⁻²]: 3(r2-r1)/(4π(r2³-r1³)) around a point source."""
        distance, a = math.hypot(*self.source_position), self.source_radius
        if distance == 0 and a == 0:
            return (self.radius - self.inner_radius) / self.volume
        integral = sphere_integral(self.radius, distance, a) - sphere_integral(self.inner_radius, distance, a)
        return integral / (4 * math.pi * self.volume)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cylinder:
    """A full cylinder, its axis along z.

    Parameters
    ----------
    radius, height : float
        Radius and height [cm].
    source_position : tuple of float
        Centre of the source [cm], inside or outside.
    source_radius : float
        Radius of a source that fills a sphere evenly [cm], 0 for a point.
    """

    radius: float
    height: float
    source_position: Vector = _CENTRE
    source_radius: float = 0.0

    def __post_init__(self) -> None:
        _positive("radius", self.radius)
        _positive("height", self.height)
        _check_source(self.source_position, self.source_radius)

    @property
    def source_centre(self) -> Vector:
        """Centre of the source [cm]."""
        return self.source_position

    @property
    def volume(self) -> float:
        """Volume [cm³]."""
        return math.pi * self.radius**2 * self.height

    def holds(self, place: Vector) -> bool:
        """Tell whether a point [cm] is inside the target, not on its surface."""
        return math.hypot(*place[:2]) < self.radius and abs(place[2]) < self.height / 2

    def mean_inverse_square(self) -> float:
        """Mean of 1/(4πr²) over the volume [cm⁻²].

        Notes
        -----
        Point source at the centre: ∫dV/r² = 2π ∫₀^{h/2} ln(1 + R²/z²) dz, which is
        2π [x ln(1 + R²/x²) + 2R arctan(x/R)] at x = h/2. Elsewhere by quadrature over the surface.
        """
        R, x = self.radius, self.height / 2
        if not (any(self.source_position) or self.source_radius):
            integral = 2 * math.pi * (x * math.log1p((R / x) ** 2) + 2 * R * math.atan2(x, R))
        else:
            integral = cylinder_integral(R, self.height, self.source_position, self.source_radius)
        return integral / (4 * math.pi * self.volume)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A full box, its edges along the axes.

    Parameters
    ----------
    size : tuple of float
        Edges along x, y and z [cm].
    source_position : tuple of float
        Centre of the source [cm], inside or outside.
    source_radius : float
        Radius of a source that fills a sphere evenly [cm], 0 for a point.
    """

    size: Vector
    source_position: Vector = _CENTRE
    source_radius: float = 0.0

    def __post_init__(self) -> None:
        if len(self.size) != 3:
            raise ValueError(f"size must be three lengths in cm, got {self.size}")
        for edge in self.size:
            _positive("size", edge)
        _check_source(self.source_position, self.source_radius)

    @property
    def source_centre(self) -> Vector:
        """Centre of the source [cm]."""
        return self.source_position

    @property
    def volume(self) -> float:
        """Volume [cm³]."""
        return math.prod(self.size)

    def holds(self, place: Vector) -> bool:
        """Tell whether a point [cm] is inside the target, not on its surface."""
        return all(abs(x) < edge / 2 for x, edge in zip(place, self.size, strict=True))

    def mean_inverse_square(self) -> float:
        """Mean of 1/(4πr²) over the volume [cm⁻²], by quadrature over the surface."""
        integral = box_integral(self.size, self.source_position, self.source_radius)
        return integral / (4 * math.pi * self.volume)
