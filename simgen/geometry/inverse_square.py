"""Integrals of 1/r² over target volumes, r measured from a point or from all points of a sphere.

A radial density f(r) is the divergence of G(r) r̂ with r²G = ∫₀ʳ f r² dr. Every volume integral of f is
therefore an integral of G over the surface. Over a plane face, this is an integral of K = ∫G dr over its
edge. For a point source f = 1/r², G = 1/r, K = ln r.
"""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from simgen.quadrature import gauss_legendre

__all__ = ["box_integral", "cylinder_integral", "field", "potential", "sphere_integral"]

_SMALL = 0.02
"""Value of a/r below which expansions replace the closed forms of an extended source, which then cancel."""
_ACCURACY = 1e-13
"""Tolerance of each term of an integral, relative to the cube root of the volume."""
_FAR = 3.0
"""Distance, in units of the sizes, above which product rules over the volume have converged."""


def _density(r: NDArray[np.float64], a: float) -> NDArray[np.float64]:
    """Average 1/r² over a sphere of radius a, at distances larger than a [cm⁻²]."""
    x = a / r
    if np.all(x < _SMALL):
        return np.asarray((1 + x**2 * (1 / 5 + x**2 * (3 / 35 + x**2 / 21))) / r**2)
    return np.asarray(3 * (2 * a - (r**2 - a**2) / r * 2 * np.arctanh(x)) / (4 * a**3))


def _logarithm(r: float, a: float) -> float:
    """Compute ln((r + a)/|r - a|); 0 at r = a, where its factor vanishes."""
    return 0.0 if r == a else 2 * (math.atanh(a / r) if r > a else math.atanh(r / a))


def field(r: float, a: float) -> float:
    """Compute G [1/cm]."""
    x = a / r
    if x < _SMALL:
        return (1 - x**2 * (1 / 5 + x**2 * (1 / 35 + x**2 / 105))) / r
    if r < _SMALL * a:
        y = r / a
        return y / a * (1 - y**2 * (1 / 5 + y**2 * (1 / 35 + y**2 / 105)))
    twice = a * r + a**3 / r - (a**2 - r**2) ** 2 * _logarithm(r, a) / (2 * r**2)
    return 3 * twice / (8 * a**3)


def potential(r: float, a: float) -> float:
    """Compute K of an extended source; it approaches ln r at large distances."""
    x = a / r if r > 0 else math.inf
    if x < _SMALL:
        return math.log(r) + x**2 * (1 / 10 + x**2 * (1 / 140 + x**2 / 630))
    if r < _SMALL * a:
        y = r / a
        rise = y**2 * (1 / 2 - y**2 * (1 / 20 + y**2 * (1 / 210 + y**2 / 840)))
        return math.log(a) + 3 / 8 - 17 / 24 + rise
    weight = 3 / 16 * (a / r + 2 * r / a - (r / a) ** 3 / 3) - 1 / 2
    return (r / a) ** 2 / 8 + math.log(a + r) + weight * _logarithm(r, a) - 17 / 24


def _rise(square: float, d: float, a: float) -> float:
    """Compute K(√(d² + square)) - K(d)."""
    if a == 0:
        return 0.5 * math.log1p(square / d**2)
    return potential(math.sqrt(d**2 + square), a) - potential(d, a)


def _integrate(
    f: Callable[[float], float], low: float, high: float, tolerance: float, points: Sequence[float] = ()
) -> float:
    """Integrate piece by piece, to 1e-12 or an absolute tolerance."""
    from scipy.integrate import quad  # noqa: PLC0415 (geometry is light to import)

    stops = [low, *sorted({p for p in points if low < p < high}), high]
    return math.fsum(quad(f, *ends, epsabs=tolerance, epsrel=1e-12, limit=400)[0] for ends in pairwise(stops))


@lru_cache
def sphere_integral(radius: float, distance: float, a: float) -> float:
    """Integrate 1/r² over a sphere [cm].

    Parameters
    ----------
    radius : float
        Radius of the target [cm].
    distance : float
        Distance of the centres [cm].
    a : float
        Radius of the source [cm], 0 for a point.
    """
    R, d = radius, distance
    volume = 4 / 3 * math.pi * R**3
    if d == 0:
        return 4 * math.pi * R**2 * field(R, a)
    if max(R, a) < _SMALL / 2 * d:
        x, y = (R / d) ** 2, (a / d) ** 2
        sixth = (x**3 + y**3) / 21 + (x * x * y + x * y * y) * 9 / 35
        return volume * (1 + (x + y) / 5 + 24 * ((x * x + y * y) / 280 + x * y / 100) + sixth) / d**2
    if a == 0:
        return math.pi * (2 * R + ((R**2 - d**2) / d * _logarithm(d, R)))
    # around r = max(R, d): there R² - d² + r² is free of cancellation
    half, middle = min(R, d), max(R, d)
    shift = R**2 if d > R else 2 * R**2 - d**2
    total = _integrate(
        lambda t: (shift + 2 * middle * t + t * t) * field(middle + t, a),
        -half,
        half,
        _ACCURACY * volume / d,
        (a - middle, 0.0),
    )
    return math.pi / d * total


def _rectangle(d: float, x: Sequence[float], y: Sequence[float], a: float, tolerance: float) -> float:
    """Integrate G(r)/r over a rectangle at distance d, its sides relative to the foot of the source."""
    total = []
    for (low, high), across in ((x, y), (y, x)):
        for p in (-low, high):
            if p == 0:
                continue
            scale = math.hypot(p, d)

            def along(t: float, p: float = p, scale: float = scale) -> float:
                z = scale * math.sinh(t)
                square = p * p + z * z
                return p * scale * math.cosh(t) * _rise(square, d, a) / square

            kink = math.asinh(math.sqrt(a * a / scale**2 - 1)) if a > scale else 0.0
            limits = [math.asinh(z / scale) for z in across]
            total.append(_integrate(along, limits[0], limits[1], tolerance, (0.0, kink, -kink)))
    return math.fsum(total)


@lru_cache
def box_integral(size: tuple[float, float, float], source: tuple[float, float, float], a: float) -> float:
    """Integrate 1/r² over a box around the origin [cm].

    Parameters
    ----------
    size : tuple of float
        Edges along x, y and z [cm].
    source : tuple of float
        Centre of the source [cm].
    a : float
        Radius of the source [cm], 0 for a point.
    """
    limits = [(-s / 2 - c, s / 2 - c) for s, c in zip(size, source, strict=True)]
    if math.hypot(*source) > _FAR * (math.hypot(*size) / 2 + a):
        u, w = gauss_legendre(20)
        nodes = np.meshgrid(*[(low + high) / 2 + (high - low) / 2 * u for low, high in limits])
        weights = w[:, None, None] * w[:, None] * w * math.prod(size) / 8
        return float(np.sum(weights * _density(np.sqrt(sum(x * x for x in nodes)), a)))
    total = []
    scale = _ACCURACY * math.prod(size) ** (1 / 3)
    for i, (low, high) in enumerate(limits):
        x, y = [limits[j] for j in range(3) if j != i]
        total += [d * _rectangle(abs(d), x, y, a, scale / abs(d)) for d in (-low, high) if d != 0]
    return math.fsum(total)


@lru_cache
def cylinder_integral(radius: float, height: float, source: tuple[float, float, float], a: float) -> float:
    """Integrate 1/r² over a cylinder around the origin, its axis along z [cm].

    Parameters
    ----------
    radius, height : float
        [cm].
    source : tuple of float
        Centre of the source [cm].
    a : float
        Radius of the source [cm], 0 for a point.
    """
    R, b = radius, math.hypot(source[0], source[1])
    scale = _ACCURACY * (math.pi * R**2 * height) ** (1 / 3)
    low, high = -height / 2 - source[2], height / 2 - source[2]
    if math.hypot(b, source[2]) > _FAR * (math.hypot(R, height / 2) + a):
        return _cylinder_by_product_rule(R, b, low, high, a)

    def square(psi: float) -> float:
        return (R - b) ** 2 + 4 * R * b * math.sin(psi / 2) ** 2

    def inward(psi: float) -> float:
        return R * (R - b) + 2 * R * b * math.sin(psi / 2) ** 2

    def side_integrand(psi: float) -> float:
        q = math.sqrt(square(psi))
        if a == 0:
            return inward(psi) * (math.atan(high / q) - math.atan(low / q)) / q
        kink = math.acosh(a / q) if a > q else 0.0
        ends = math.asinh(low / q), math.asinh(high / q)
        return inward(psi) * _integrate(
            lambda t: field(q * math.cosh(t), a), *ends, scale / R**2, (0.0, kink, -kink)
        )

    # angles at which the surface is nearest, and at which it crosses the surface of the source
    crossing = (a * a - (R - b) ** 2) / (4 * R * b) if b > 0 else 0.0
    points = [2 * math.asin(math.sqrt(crossing))] if 0 < crossing < 1 else []
    nearest = abs(R - b) / R
    points += [nearest, 30 * nearest]
    total = [_integrate(side_integrand, 0, math.pi, scale, points)]
    for d in (-low, high):
        if d != 0:
            edge = _integrate(
                lambda psi, d=d: inward(psi) * _rise(square(psi), abs(d), a) / square(psi),  # type: ignore[misc]
                0,
                math.pi,
                scale / abs(d),
                [*points, abs(d) / R],
            )
            total.append(d * edge)
    return 2 * math.fsum(total)


def _cylinder_by_product_rule(R: float, b: float, low: float, high: float, a: float) -> float:
    """Integrate over the volume, in cylindrical coordinates around the axis."""
    u, w = gauss_legendre(20)
    rho = R * np.sqrt((u + 1) / 2)[:, None, None]
    psi = (np.arange(64) + 0.5) * math.pi / 64
    z = (low + high) / 2 + (high - low) / 2 * u[:, None]
    r = np.sqrt(rho**2 + b**2 - 2 * rho * b * np.cos(psi) + z**2)
    weights = w[:, None, None] * w[:, None] / 4 * math.pi * R**2 * (high - low) / 64
    return float(np.sum(weights * _density(r, a)))
