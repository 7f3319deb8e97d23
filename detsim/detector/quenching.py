"""Quenching: the visible energy as a function of the electron's energy."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from detsim.detector.materials import charge_to_mass
from detsim.detector.resolution import Curve
from simgen.constants import M_E
from simgen.quadrature import gauss_legendre
from simgen.representation import readable

__all__ = ["Birks", "Quenching", "QuenchingTable", "Visible", "stopping_power"]

Array = NDArray[np.float64]

_LOWEST, _HIGHEST = 5e-5, 20.0
"""Range of the stopping power [MeV]; below it is taken as constant."""
_PER_DECADE = 40
_JOY_LUO = 0.85


def stopping_power(T: ArrayLike, *, charge_to_mass: float, mean_excitation: float) -> Array:
    """Compute the mass collision stopping power of electrons.

    Parameters
    ----------
    T : array_like
        Kinetic energy [MeV], 5e-5 to 20.
    charge_to_mass : float
        Z/A of the material [mol/g].
    mean_excitation : float
        Mean excitation energy I [MeV].

    Returns
    -------
    ndarray
        S/ρ [MeV cm²/g].

    Notes
    -----
    Berger and Seltzer as in ICRU Report 37 (1984), of which ESTAR is made, without the density effect (1 % in
    water at 1 MeV, nothing below 0.5 MeV): 0.153537 (Z/A)/β² [ln(T²/I²) + ln(1+τ/2) + F(τ)], τ = T/m_e,
    F = (1-β²)[1 + τ²/8 - (2τ+1) ln 2]. Where T is not large against I, I becomes I/(1 + 0.85 I/T): Joy and
    Luo, Scanning 11 (1989) 176. ICRU's own uncertainty is 10 % at 1 keV.

    Examples
    --------
    >>> round(float(stopping_power(0.1, charge_to_mass=0.55508, mean_excitation=75e-6)), 2)
    4.12
    """
    T = np.asarray(T, np.float64)
    tau = T / M_E
    beta2 = tau * (tau + 2) / (tau + 1) ** 2
    effective = mean_excitation / (1 + _JOY_LUO * mean_excitation / T)
    F = (1 - beta2) * (1 + tau**2 / 8 - (2 * tau + 1) * math.log(2))
    bracket = 2 * np.log(T / effective) + np.log1p(tau / 2) + F
    return np.asarray(0.153537 * charge_to_mass / beta2 * bracket)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Visible:
    """Visible energy as piecewise cubic function of the true one.

    Parameters
    ----------
    breaks : ndarray, shape (n + 1,)
        True energies [MeV], the first 0 or below all that is asked for.
    powers : ndarray, shape (n, 4)
        Coefficients of 1, x, x², x³ from each break on, x = T - break.
    smooth : bool
        Whether the pieces join without kinks.
    """

    breaks: Array
    powers: Array
    smooth: bool

    def __call__(self, T: ArrayLike) -> Array:
        """Evaluate at a true energy [MeV]."""
        T = np.asarray(T, np.float64)
        i = np.clip(np.searchsorted(self.breaks, T, side="right") - 1, 0, len(self.powers) - 1)
        x, c = T - self.breaks[i], self.powers[i]
        return np.asarray(c[..., 0] + x * (c[..., 1] + x * (c[..., 2] + x * c[..., 3])))

    def inverse(self, E: Array) -> Array:
        """Find the true energy of visible energies between those of the ends, by bisection [MeV]."""
        low = np.full(E.shape, self.breaks[0])
        high = np.full(E.shape, self.breaks[-1])
        for _ in range(80):
            middle = (low + high) / 2
            below = self(middle) < E
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return high


@dataclass(frozen=True, slots=True, kw_only=True)
class Birks:
    """Birks' law: visible energy ∫ dE/(1 + kB dE/dx).

    Parameters
    ----------
    kB : float
        Birks' constant [g cm⁻² MeV⁻¹]: that in cm/MeV times the density. 0 quenches nothing.
    mean_excitation : float
        Mean excitation energy I of the target [MeV].
    """

    kB: float
    mean_excitation: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.kB) and self.kB >= 0):
            raise ValueError(f"kB must be finite and ≥ 0 g/cm2/MeV, got {self.kB}")
        if not 1e-5 <= self.mean_excitation <= 1e-3:
            raise ValueError(
                f"mean_excitation must lie in 1e-5 to 1e-3 MeV (10 eV to 1 keV), got {self.mean_excitation}"
            )

    @property
    def summary(self) -> str:
        """Birks' constant and mean excitation energy, in one line."""
        return f"Birks, kB = {self.kB:.6g} g/cm2/MeV, I = {readable(self.mean_excitation, 'eV', 'keV')}"

    def visible(self, material: str | None) -> Visible:
        """Integrate over the energy of an electron that stops in the material."""
        if material is None:
            raise ValueError("quenching by kB needs the target's material")
        return _birks(self.kB, self.mean_excitation, charge_to_mass(material))

    def check_range(self, low: float, high: float) -> None:
        """Raise ValueError if true energies from low to high are not covered [MeV]."""
        if high > _HIGHEST:
            raise ValueError(f"quenching by kB reaches to {_HIGHEST:g} MeV, and is needed to {high:g} MeV")


@lru_cache(maxsize=16)
def _birks(kB: float, mean_excitation: float, ratio: float) -> Visible:
    n = math.ceil(math.log10(_HIGHEST / _LOWEST) * _PER_DECADE)
    nodes = np.geomspace(_LOWEST, _HIGHEST, n + 1)

    def slope(T: Array) -> Array:
        power = stopping_power(T, charge_to_mass=ratio, mean_excitation=mean_excitation)
        return 1 / (1 + kB * power)

    x, w = gauss_legendre(8)
    half, middle = np.diff(nodes) / 2, (nodes[1:] + nodes[:-1]) / 2
    steps = half * (slope(middle[:, None] + half[:, None] * x) @ w)
    at_nodes = slope(nodes)
    values = at_nodes[0] * _LOWEST + np.concatenate([[0.0], np.cumsum(steps)])
    h, left, right = np.diff(nodes), at_nodes[:-1], at_nodes[1:]
    mean = np.diff(values) / h
    powers = [values[:-1], left, (3 * mean - 2 * left - right) / h, (left + right - 2 * mean) / h**2]
    first = [[0.0, at_nodes[0], 0.0, 0.0]]
    return Visible(
        breaks=np.append(0.0, nodes), powers=np.concatenate([first, np.stack(powers, axis=1)]), smooth=True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class QuenchingTable:
    """Tabulated ratio of visible to true energy.

    Parameters
    ----------
    curve : Curve
        Visible/true, above 0, at true energies [MeV].
    """

    curve: Curve

    def __post_init__(self) -> None:
        energies, values = np.array(self.curve.energies), np.array(self.curve.values)
        if energies[0] < 0:
            raise ValueError(f"energies of quenching are true ones, ≥ 0 MeV, got {energies[0]} MeV")
        if np.any(values <= 0):
            raise ValueError(f"the ratio visible/true must be above 0, got {values.min()}")
        slopes = np.diff(values) / np.diff(energies)
        for i, slope in enumerate(slopes):
            if min(values[i] + slope * energies[i], values[i + 1] + slope * energies[i + 1]) <= 0:
                raise ValueError(
                    f"the visible energy must rise with the true one; between {energies[i]:g} and "
                    f"{energies[i + 1]:g} MeV it falls"
                )

    @property
    def summary(self) -> str:
        """Kind and range of the table, in one line."""
        return f"visible/true tabulated {self.curve.summary}"

    def visible(self, material: str | None) -> Visible:
        """Multiply the true energy with the ratio; the material does not matter."""
        e, v = np.array(self.curve.energies), np.array(self.curve.values)
        slopes = np.diff(v) / np.diff(e)
        powers = [e[:-1] * v[:-1], v[:-1] + slopes * e[:-1], slopes, np.zeros_like(slopes)]
        return Visible(breaks=e, powers=np.stack(powers, axis=1), smooth=False)

    def check_range(self, low: float, high: float) -> None:
        """Raise ValueError if true energies from low to high are not covered [MeV]."""
        self.curve.check_range("quenching", low, high)


Quenching = Birks | QuenchingTable
