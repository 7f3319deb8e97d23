"""Spectra of neutrinos given by a Python function."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simgen.sources.continuum import check_energies, quadrature_nodes, sampling_nodes, scale_factor

__all__ = ["FunctionSpectrum"]

Array = NDArray[np.float64]

_AGREEMENT = 3e-5
"""Largest difference of two integrals of a spectrum, relative to its intensity."""
_N_LOWER = 17
"""Number of lower ends of the integrals in this comparison."""
_N_SINGLE = 5
"""Number of energies at which the values for an array are compared with those for single energies."""
_HINT = "write it with numpy (np.exp, np.where), or give np.vectorize(function, otypes=[float])"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSpectrum:
    """A continuum given by a function; 0 outside its range.

    Parameters
    ----------
    function : callable
        dN/dE_nu per decay [1/MeV] as a function of an ndarray of neutrino energies [MeV], element by element.
        It is called within the range only, and must not change. Two spectra are equal if they have the same
        function object.
    low, high : float
        Range of the neutrino energy [MeV], from 0 up to 100 GeV.
    bends : tuple of float
        Energies in between at which the function bends, jumps or peaks sharply [MeV], ascending; at a jump it
        has the value above the jump.
    scale : float
        Factor of the function.

    Raises
    ------
    TypeError
        If the function does not take arrays, does not return real numbers, or cannot be hashed.
    ValueError
        If the range or the bends are invalid, if a value is negative, infinite or NaN, if all values are 0,
        or if the function is not smooth between its bends.

    Examples
    --------
    >>> spectrum = FunctionSpectrum(function=lambda E: 6 * E * (1 - E), low=0.0, high=1.0)
    >>> round(spectrum.intensity, 9), spectrum.density([0.5, 2.0]).tolist()
    (1.0, [1.5, 0.0])
    """

    function: Callable[[Array], ArrayLike]
    low: float
    high: float
    bends: tuple[float, ...] = ()
    scale: float = 1.0

    def __post_init__(self) -> None:
        check_energies("low, bends and high", (self.low, *self.bends, self.high))
        if not (math.isfinite(self.scale) and self.scale > 0):
            raise ValueError(f"scale must be above 0, got {self.scale}")
        if not isinstance(self.bends, tuple):
            raise TypeError(f"bends must be a tuple of energies [MeV], got {type(self.bends).__name__}")
        if not callable(self.function):
            raise TypeError(f"function must be callable, got {type(self.function).__name__}")
        try:
            hash(self.function)
        except TypeError as error:
            raise TypeError(f"function cannot be hashed ({error}): wrap it, as in lambda E: f(E)") from error
        with np.errstate(all="ignore"):
            _check_function(self)

    @property
    def endpoint(self) -> float:
        """Largest neutrino energy [MeV]."""
        return self.high

    @property
    def intensity(self) -> float:
        """Neutrinos per decay."""
        return float(_integrals(self, np.array([self.low]))[0])

    @property
    def knots(self) -> Array:
        """The range and the bends in between [MeV]."""
        return np.array([self.low, *self.bends, self.high])

    def density(self, E_nu: ArrayLike) -> Array:
        """Compute dN/dE_nu per decay [1/MeV]."""
        E_nu = np.asarray(E_nu, np.float64)
        clipped = np.clip(E_nu, self.low, self.high)
        values = self.scale * _call(self.function, clipped.ravel()).reshape(E_nu.shape)
        return np.where(clipped == E_nu, values, 0.0)

    def scaled(self, intensity: float) -> Self:
        """Return the same shape with another number of neutrinos per decay."""
        return replace(self, scale=self.scale * scale_factor(intensity, self.intensity))


def _call(function: Callable[[Array], ArrayLike], E_nu: Array) -> Array:
    """Evaluate a function at energies of shape (n,); it may return one number for a constant."""
    try:
        values = np.asarray(function(E_nu))
    except Exception as error:
        raise TypeError(f"function fails for an array of energies ({error}): {_HINT}") from error
    if not np.can_cast(values.dtype, np.float64, "same_kind"):
        raise TypeError(f"function must return real numbers, got {values.dtype}")
    if values.shape not in {(), E_nu.shape}:
        raise TypeError(
            f"function must return {E_nu.shape} values for as many energies, got {values.shape}: {_HINT}"
        )
    return np.broadcast_to(values.astype(np.float64), E_nu.shape)


def _integrals(spectrum: FunctionSpectrum, low: Array) -> Array:
    """Integrate from several lower ends to the end point, as rates do; return the shape of low."""
    blocks = [weights.sum(axis=-1) for _, weights in quadrature_nodes(spectrum, low)]
    return np.asarray(sum(blocks, np.zeros_like(low)))


def _check_function(spectrum: FunctionSpectrum) -> None:
    """Check the function at the nodes for drawing events, and compare integrals with those of rates."""
    nodes = sampling_nodes(spectrum.knots)
    density = spectrum.density(nodes)
    wrong = ~(np.isfinite(density) & (density >= 0))
    if np.any(wrong):
        raise ValueError(
            f"function must be finite and at least 0, got {density[wrong][0]:g} at {nodes[wrong][0]:g} MeV"
        )
    if not np.any(density):
        raise ValueError("function is 0 everywhere: a spectrum without neutrinos")
    indices = np.linspace(0, len(nodes) - 1, _N_SINGLE).astype(np.int64)
    single_values = [float(spectrum.density(E)) for E in nodes[indices]]
    if not np.allclose(density[indices], single_values, rtol=1e-9, atol=0):
        raise TypeError(f"function has other values for an array than for its energies one by one: {_HINT}")
    areas = (density[1:] + density[:-1]) / 2 * np.diff(nodes)
    above = np.append(np.cumsum(areas[::-1])[::-1], 0.0)
    lower = np.linspace(0, len(nodes) - 1, _N_LOWER).astype(np.int64)[:-1]
    difference = np.abs(_integrals(spectrum, nodes[lower]) - above[lower]) / above[0]
    if np.any(difference > _AGREEMENT):
        raise ValueError(
            f"function is not smooth between {spectrum.low:g} and {spectrum.high:g} MeV: its integral "
            f"depends on the nodes by {difference.max():.1g}; name in bends where it bends, jumps, peaks or "
            "is steep"
        )
