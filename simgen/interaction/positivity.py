"""Positivity of dσ/dT: no sample and no histogram of counts can have a negative density.

As a sum of squared amplitudes dσ/dT is at least zero, whatever the couplings. δc_L to first order drops
δc_L², so that dσ/dT falls below zero where δc_L is not small: that is an error. What the QED factors do is in
`simgen.interaction.negative_density`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simgen.flavours import Flavour
from simgen.interaction.basis import Basis, coefficients
from simgen.interaction.kinematics import E_nu_min, T_max
from simgen.interaction.models import Model
from simgen.sources import Component, Lines, Source

__all__ = ["check_energies", "check_positive", "drops_square", "positive_range"]

Array = NDArray[np.float64]

_N_OMEGA, _N_RECOIL = 129, 129
_SMALLEST = 1e-12
"""Smallest recoil without a cut, relative to T_max."""
_FINER = 33
_ROUNDING = 1e-9
"""Tolerance for rounding below zero, relative to the largest dσ/dT."""
_NARROWEST = 1e-4
"""A range of δc_L that is not wider holds 0 and nothing else."""


@dataclass(frozen=True, slots=True)
class _Lowest:
    """A point of the phase space: dσ/dT there [cm²/MeV], and energies [MeV]."""

    value: float
    E_nu: float
    T: float


def drops_square(model: Model, poi: str = "delta_c_L") -> bool:
    """Tell whether dσ/dT lacks δc_L², at the model's δc_L or at others of a parameter of interest."""
    return model.delta_c_L_order == "first" and (model.delta_c_L != 0 or poi == "delta_c_L")


def check_positive(source: Source, model: Model, T_low: float) -> None:
    """Refuse a model whose dσ/dT is below zero somewhere in the phase space of its events.

    Parameters
    ----------
    source : Source
    model : Model
    T_low : float
        Smallest true recoil energy [MeV].

    Raises
    ------
    ValueError
        If δc_L² is dropped where it matters.
    """
    if not drops_square(model, ""):
        return
    for component in source.components:
        if component.flavour.charged_current:
            lowest = _lowest(component, model, T_low)
            if lowest is not None:
                low, high = _range_of_delta_c_L(source, model, T_low)
                raise ValueError(_message(component.name, component.flavour, model, lowest, (low, high)))


def check_energies(E_nu: ArrayLike, model: Model, flavour: Flavour, T_low: float, T_high: ArrayLike) -> None:
    """Refuse a model whose dσ/dT is below zero between two recoil energies [MeV] at a neutrino energy [MeV].

    Raises
    ------
    ValueError
        As for `check_positive`.
    """
    energies = np.ravel(E_nu).astype(np.float64)
    if not (drops_square(model, "") and flavour.charged_current and energies.size):
        return
    high = np.ravel(np.broadcast_to(T_high, np.shape(E_nu)))
    inside = high > T_low
    energies, high = energies[inside, None], high[inside, None]
    T = np.maximum(T_low + (high - T_low) * _shares(), _SMALLEST * high)
    values = _born(T, energies, model, flavour)
    if values.size and values.min() < -_ROUNDING * values.max():
        i, j = np.unravel_index(np.argmin(values), values.shape)
        lowest = _Lowest(float(values[i, j]), float(energies[i, 0]), float(T[i, j]))
        raise ValueError(_message("", flavour, model, lowest, None))


def positive_range(
    source: Source, model: Model, poi: str, T_low: float, low: float, high: float
) -> tuple[float, float]:
    """Narrow the range of a parameter to where dσ/dT is at least zero.

    Parameters
    ----------
    source, model, T_low
        As for `check_positive`.
    poi : str
        The parameter; all others have the model's values.
    low, high : float
        Its range otherwise.

    Raises
    ------
    ValueError
        If nothing is left, or dσ/dT is below zero at the model itself.
    """
    if not (drops_square(model, poi) and any(c.flavour.charged_current for c in source.components)):
        return low, high
    check_positive(source, model, T_low)
    if poi == "delta_c_L":
        lowest, highest = _range_of_delta_c_L(source, model, T_low)
        if highest - lowest < _NARROWEST:
            raise ValueError(
                "delta_c_L_order = 'first': at every delta_c_L but 0 dσ/dT of this source is below zero "
                "somewhere, because the amplitudes of ν̄_e cancel at T_max of a neutrino energy that it has; "
                "set model.delta_c_L_order = 'exact'"
            )
        return max(low, lowest), min(high, highest)
    return (
        -_reach(source, model, poi, T_low, -1.0, -low),
        _reach(source, model, poi, T_low, 1.0, high),
    )


def _reach(source: Source, model: Model, poi: str, T_low: float, sign: float, limit: float) -> float:
    """Go from the model's value in one direction until dσ/dT is below zero: returns sign × value."""
    start = sign * model.parameters[poi]

    def positive(value: float) -> bool:
        varied = model.vary(**{poi: sign * value})
        return all(_lowest(c, varied, T_low) is None for c in source.components if c.flavour.charged_current)

    inside = start
    for step in np.geomspace(1e-36, 1e6, 127):
        outside = min(start + float(step), limit)
        if not positive(outside):
            for _ in range(40):
                middle = (inside + outside) / 2
                inside, outside = (middle, outside) if positive(middle) else (inside, middle)
            return inside
        if outside == limit:
            return limit
        inside = outside
    return limit


def _value(T: Array, E_nu: ArrayLike, model: Model, flavour: Flavour) -> Array:
    """Evaluate dσ/dT."""
    c = coefficients(model, flavour)
    used = np.flatnonzero(c)
    return np.asarray(np.tensordot(c[used], Basis.of(model, flavour).shapes(T, E_nu)[used], axes=1))


def _born(T: Array, E_nu: ArrayLike, model: Model, flavour: Flavour) -> Array:
    """Evaluate dσ/dT without the QED factors, which end in a logarithm at T_max."""
    if model.corrections == "full":
        model = replace(model, corrections="electroweak")
    return _value(T, np.maximum(E_nu, E_nu_min(T)), model, flavour)


def _shares() -> Array:
    """Place points in (T - T_low)/(T_max - T_low), denser towards 0."""
    return np.union1d(np.linspace(0, 1, _N_RECOIL), np.geomspace(1e-9, 1, _N_RECOIL // 2))


def _energies(component: Component, T_low: float) -> Array:
    """List neutrino energies of a component that give recoils above T_low [MeV]."""
    spectrum = component.spectrum
    low = float(E_nu_min(T_low))
    if isinstance(spectrum, Lines):
        return np.array([e for e in spectrum.energies if e > low])
    start = max(low, float(spectrum.knots[0]))
    if spectrum.endpoint <= start:
        return np.empty(0)
    inside = spectrum.knots[spectrum.knots > start]
    nodes = np.union1d(np.linspace(start, spectrum.endpoint, _N_OMEGA), inside[-_N_OMEGA:])
    between = spectrum.density((nodes[1:] + nodes[:-1]) / 2) > 0
    return nodes[(np.append(between, False) | np.insert(between, 0, False)) & (nodes > 0)]


def _recoils(E_nu: Array, shares: Array, T_low: float) -> Array:
    end = T_max(E_nu)
    return np.maximum(T_low + np.maximum(end - T_low, 0.0) * shares, _SMALLEST * end)


def _minimum(component: Component, T_low: float, function: Callable[[Array, Array], Array]) -> _Lowest | None:
    """Find the least value of a function of T and E_nu on a grid that is made finer twice around it."""
    E_nu, shares = _energies(component, T_low)[:, None], _shares()
    if not E_nu.size:
        return None
    found = _Lowest(math.inf, 0.0, 0.0)
    for _ in range(3):
        T = _recoils(E_nu, shares, T_low)
        values = function(T, E_nu)
        i, j = (int(k) for k in np.unravel_index(np.argmin(values), values.shape))
        if values[i, j] < found.value:
            found = _Lowest(float(values[i, j]), float(E_nu[i, 0]), float(T[i, j]))
        near = E_nu[i : i + 1] if isinstance(component.spectrum, Lines) else E_nu[max(i - 1, 0) : i + 2]
        E_nu = np.linspace(near[0], near[-1], 1 if len(near) == 1 else _FINER)
        around = shares[max(j - 1, 0) : j + 2]
        shares = np.linspace(around[0], around[-1], _FINER)
    return found


def _lowest(component: Component, model: Model, T_low: float) -> _Lowest | None:
    """Find the point at which dσ/dT is furthest below zero; None if it is nowhere."""
    largest = 0.0

    def value(T: Array, E_nu: Array) -> Array:
        nonlocal largest
        values = _born(T, E_nu, model, component.flavour)
        largest = max(largest, float(values.max()))
        return values

    found = _minimum(component, T_low, value)
    return found if found is not None and found.value < -_ROUNDING * largest else None


def _range_of_delta_c_L(source: Source, model: Model, T_low: float) -> tuple[float, float]:
    """Find the range of δc_L, in which dσ/dT is linear, where it is at least zero everywhere."""
    zero, one = (replace(model, delta_c_L=value) for value in (0.0, 1.0))
    ends = {1.0: math.inf, -1.0: math.inf}
    for component in source.components:
        for sign in ends if component.flavour.charged_current else ():

            def room(T: Array, E_nu: Array, component: Component = component, sign: float = sign) -> Array:
                constant = np.maximum(_born(T, E_nu, zero, component.flavour), 0.0)
                slope = sign * (_born(T, E_nu, one, component.flavour) - constant)
                return np.divide(constant, -slope, out=np.full_like(slope, np.inf), where=slope < 0)

            nearest = _minimum(component, T_low, room)
            if nearest is not None:
                ends[sign] = min(ends[sign], nearest.value)
    return -ends[-1.0], ends[1.0]


def _message(
    name: str, flavour: Flavour, model: Model, lowest: _Lowest, allowed: tuple[float, float] | None
) -> str:
    """Say where dσ/dT is below zero, why, and what would be right."""
    of = f"of component {name!r} ({flavour})" if name else f"of {flavour}"
    right = "set model.delta_c_L_order = 'exact'"
    if allowed is not None and allowed[1] - allowed[0] >= _NARROWEST:
        ends = [
            f"at {word} {end:.5g}"
            for word, end in zip(("least", "most"), allowed, strict=True)
            if math.isfinite(end)
        ]
        right += f", or model.delta_c_L {' and '.join(ends)}"
    return (
        f"dσ/dT {of} is below zero at E_nu = {1e3 * lowest.E_nu:.5g} keV, T = {1e3 * lowest.T:.5g} keV: "
        f"{lowest.value:.3g} cm²/MeV. delta_c_L_order = 'first' drops δc_L², which matters at delta_c_L = "
        f"{model.delta_c_L:g}; {right}"
    )
