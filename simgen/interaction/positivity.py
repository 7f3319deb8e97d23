"""Positivity of dσ/dT: events and counts cannot be drawn from a negative density.

As a sum of squared amplitudes, dσ/dT is at least zero for all couplings. To first order in δc_L, the term
δc_L² is dropped, and dσ/dT can become negative if δc_L is not small: this is an error. For the effect of the
QED factors see `simgen.interaction.negative_density`.
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
"""A narrower range of δc_L counts as 0 only."""


@dataclass(frozen=True, slots=True)
class _Lowest:
    """A point of the phase space: value of dσ/dT [cm²/MeV], and energies [MeV]."""

    value: float
    E_nu: float
    T: float


def drops_square(model: Model, poi: str = "delta_c_L") -> bool:
    """Tell whether dσ/dT lacks δc_L², for the model, or in a fit of a parameter of interest."""
    return model.delta_c_L_order == "first" and (model.delta_c_L != 0 or poi == "delta_c_L")


def check_positive(source: Source, model: Model, T_low: float) -> None:
    """Refuse a model whose dσ/dT is negative somewhere in the phase space of its events.

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
    """Refuse a model whose dσ/dT is negative between two recoil energies [MeV] at a neutrino energy [MeV].

    Raises
    ------
    ValueError
        As for `check_positive`.
    """
    energies = np.ravel(E_nu).astype(np.float64)
    if not (drops_square(model, "") and flavour.charged_current and energies.size):
        return
    high = np.ravel(np.broadcast_to(T_high, np.shape(E_nu)))
    is_possible = high > T_low
    energies, high = energies[is_possible, None], high[is_possible, None]
    T = np.maximum(T_low + (high - T_low) * _shares(), _SMALLEST * high)
    values = _born(T, energies, model, flavour)
    if values.size and values.min() < -_ROUNDING * values.max():
        i, j = np.unravel_index(np.argmin(values), values.shape)
        lowest = _Lowest(float(values[i, j]), float(energies[i, 0]), float(T[i, j]))
        raise ValueError(_message("", flavour, model, lowest, None))


def positive_range(
    source: Source, model: Model, poi: str, T_low: float, low: float, high: float
) -> tuple[float, float]:
    """Restrict the range of a parameter to values for which dσ/dT is at least zero.

    Parameters
    ----------
    source, model, T_low
        As for `check_positive`.
    poi : str
        The parameter; all others have the model's values.
    low, high : float
        Range of the parameter without this condition.

    Raises
    ------
    ValueError
        If no range remains, or if dσ/dT is negative for the model itself.
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
        -_end_of_positive_range(source, model, poi, T_low, -1.0, -low),
        _end_of_positive_range(source, model, poi, T_low, 1.0, high),
    )


def _end_of_positive_range(
    source: Source, model: Model, poi: str, T_low: float, sign: float, limit: float
) -> float:
    """Go from the model's value in one direction until dσ/dT becomes negative; return sign × value."""
    start = sign * model.parameters[poi]

    def positive(value: float) -> bool:
        varied = model.vary(**{poi: sign * value})
        return all(_lowest(c, varied, T_low) is None for c in source.components if c.flavour.charged_current)

    allowed = start
    for step in np.geomspace(1e-36, 1e6, 127):
        excluded = min(start + float(step), limit)
        if not positive(excluded):
            for _ in range(40):
                middle = (allowed + excluded) / 2
                allowed, excluded = (middle, excluded) if positive(middle) else (allowed, middle)
            return allowed
        if excluded == limit:
            return limit
        allowed = excluded
    return limit


def _value(T: Array, E_nu: ArrayLike, model: Model, flavour: Flavour) -> Array:
    """Evaluate dσ/dT."""
    c = coefficients(model, flavour)
    used = np.flatnonzero(c)
    return np.asarray(np.tensordot(c[used], Basis.of(model, flavour).shapes(T, E_nu)[used], axes=1))


def _born(T: Array, E_nu: ArrayLike, model: Model, flavour: Flavour) -> Array:
    """Evaluate dσ/dT without the QED factors, which have a logarithm at T_max."""
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
    knots = spectrum.knots[spectrum.knots > start]
    nodes = np.union1d(np.linspace(start, spectrum.endpoint, _N_OMEGA), knots[-_N_OMEGA:])
    between = spectrum.density((nodes[1:] + nodes[:-1]) / 2) > 0
    return nodes[(np.append(between, False) | np.insert(between, 0, False)) & (nodes > 0)]


def _recoils(E_nu: Array, shares: Array, T_low: float) -> Array:
    T_end = T_max(E_nu)
    return np.maximum(T_low + np.maximum(T_end - T_low, 0.0) * shares, _SMALLEST * T_end)


def _minimum(component: Component, T_low: float, function: Callable[[Array, Array], Array]) -> _Lowest | None:
    """Find the minimum of a function of T and E_nu on a grid that is refined twice around the minimum."""
    E_nu, shares = _energies(component, T_low)[:, None], _shares()
    if not E_nu.size:
        return None
    lowest = _Lowest(math.inf, 0.0, 0.0)
    for _ in range(3):
        T = _recoils(E_nu, shares, T_low)
        values = function(T, E_nu)
        i, j = (int(k) for k in np.unravel_index(np.argmin(values), values.shape))
        if values[i, j] < lowest.value:
            lowest = _Lowest(float(values[i, j]), float(E_nu[i, 0]), float(T[i, j]))
        nearest_energies = (
            E_nu[i : i + 1] if isinstance(component.spectrum, Lines) else E_nu[max(i - 1, 0) : i + 2]
        )
        E_nu = np.linspace(
            nearest_energies[0], nearest_energies[-1], 1 if len(nearest_energies) == 1 else _FINER
        )
        nearest_shares = shares[max(j - 1, 0) : j + 2]
        shares = np.linspace(nearest_shares[0], nearest_shares[-1], _FINER)
    return lowest


def _lowest(component: Component, model: Model, T_low: float) -> _Lowest | None:
    """Find the point at which dσ/dT is lowest; None if it is nowhere negative."""
    largest = 0.0

    def value(T: Array, E_nu: Array) -> Array:
        nonlocal largest
        values = _born(T, E_nu, model, component.flavour)
        largest = max(largest, float(values.max()))
        return values

    lowest = _minimum(component, T_low, value)
    return lowest if lowest is not None and lowest.value < -_ROUNDING * largest else None


def _range_of_delta_c_L(source: Source, model: Model, T_low: float) -> tuple[float, float]:
    """Find the range of δc_L for which dσ/dT, a linear function of δc_L, is nowhere negative."""
    zero, one = (replace(model, delta_c_L=value) for value in (0.0, 1.0))
    largest_sizes = {1.0: math.inf, -1.0: math.inf}
    for component in source.components:
        for sign in largest_sizes if component.flavour.charged_current else ():

            def allowed_size(
                T: Array, E_nu: Array, component: Component = component, sign: float = sign
            ) -> Array:
                constant = np.maximum(_born(T, E_nu, zero, component.flavour), 0.0)
                slope = sign * (_born(T, E_nu, one, component.flavour) - constant)
                return np.divide(constant, -slope, out=np.full_like(slope, np.inf), where=slope < 0)

            nearest = _minimum(component, T_low, allowed_size)
            if nearest is not None:
                largest_sizes[sign] = min(largest_sizes[sign], nearest.value)
    return -largest_sizes[-1.0], largest_sizes[1.0]


def _message(
    name: str, flavour: Flavour, model: Model, lowest: _Lowest, allowed: tuple[float, float] | None
) -> str:
    """Return the message for a negative dσ/dT: the point, the reason, and the remedy."""
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
