"""Checks of what fills a histogram: finite values, weights, and energies in another unit."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detsim.formats import unequal

__all__ = ["check_finite", "check_weights", "outside_text", "unit_hint"]

_UNITS = {
    "MeV": {"eV": 1e-6, "keV": 1e-3, "MeV": 1.0, "GeV": 1e3},
    "cm": {"mm": 0.1, "cm": 1.0, "m": 100.0, "km": 1e5},
}
_FACTORS = (1e-3, 1e-6, 1e3, 1e6)
"""Between units of energy: what energies outside of the bins are multiplied with."""


def check_finite(values: NDArray[np.float64], label: str) -> None:
    """Refuse values that are not finite.

    Raises
    ------
    ValueError
        Naming how many they are, and the first.
    """
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise ValueError(
            f"{label} must be finite: {bad.size} of {values.size} are not, the first at index {bad[0]} is "
            f"{values.flat[bad[0]]:g}"
        )


def check_weights(weight: NDArray[np.float64]) -> None:
    """Refuse weights that are negative or not finite."""
    bad = weight[~(np.isfinite(weight) & (weight >= 0))]
    if bad.size:
        raise ValueError(
            f"weights must be finite and not negative, got {bad[0]:g} ({bad.size} of {weight.size} are wrong)"
        )


def outside_text(energies: NDArray[np.float64], axes: Iterable[Any]) -> str:
    """Say that no event lies in the bins, and which factor would bring the energies there.

    Parameters
    ----------
    energies : ndarray, shape (n,)
        Measured energies, as they were given.
    axes : iterable of hist axes
        Of the histogram, that of the energy last.
    """
    axes = list(axes)
    edges, half = axes[-1].edges, energies.size / 2
    bins = " and ".join(f"{axis.label} from {axis.edges[0]:g} to {axis.edges[-1]:g}" for axis in axes)
    for factor in _FACTORS:
        scaled = factor * energies
        if np.count_nonzero((scaled >= edges[0]) & (scaled < edges[-1])) > half:
            bins += f"; times {factor:g} the energies lie there: give them in MeV"
            break
    return f"none of the {energies.size} events lies in the bins, {bins}"


def unit_hint(read: NDArray[np.float64], edges: Sequence[float], unit: str, unit_read: str) -> str:
    """Name the unit in which the edges would be those of the card; empty if there is none."""
    numbers = read / _UNITS[unit][unit_read]
    for name, factor in _UNITS[unit].items():
        if name != unit_read and not unequal(factor * numbers, edges):
            option = (
                f"--unit {name}, or read_histogram(..., unit={name!r}), if no unit was stated"
                if unit == "MeV"
                else f"give them in {unit}"
            )
            if unit_read != unit:
                option = option.removesuffix(", if no unit was stated")
                return f"; read in {name} they are the same: {option}"
            return f"; times {factor:g} they are the same: {option}"
    return ""
