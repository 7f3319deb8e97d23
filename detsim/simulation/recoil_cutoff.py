"""Recoil cutoff: the true energy below which recoils need not be simulated."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from detsim.expectation import breakpoints, kinks_of, pieces, recorded_probability
from detsim.experiment import Experiment
from simgen.geometry import Baselines
from simgen.interaction import Basis, Model, coefficients, steepest
from simgen.quadrature import gauss_legendre
from simgen.rates import component_shapes, oscillated
from simgen.sources import Source

__all__ = ["NEGLIGIBLE", "lost_fraction", "lowest_recoil"]

Array = NDArray[np.float64]
Density = Callable[[Array], Array]

NEGLIGIBLE = 1e-9
"""Fraction of the recorded signal that may be left out."""

_N_NODES = 20
"""Number of quadrature nodes between two points of an integral."""
_LOWEST = 1e-15
"""Lower limit of integrals, relative to the largest recoil."""
_STILL = 1e-12
"""Recoil, relative to the largest, below which a finite integral is negligible."""
_DIGITS = 4


def lost_fraction(experiment: Experiment, model: Model) -> float:
    """Compute the fraction of the recorded signal that `generate_above` leaves out.

    Parameters
    ----------
    experiment : Experiment
    model : Model

    Returns
    -------
    float
        0 without `generate_above`.

    Raises
    ------
    ValueError
        If the recorded signal diverges at T → 0, or a table of the detector does not reach down to 0.

    Notes
    -----
    The recorded signal is above the threshold, in the bins or not: ∫ dT accepted(T) P(T_reco ≥ threshold; T)
    dN/dT. The lower limit of the integral is 10⁻¹⁵ of the largest recoil, or 10⁻⁹ of the recoil at which the
    propagator of a light mediator bends. At lower energies the signal is due only to the Gaussian tail of the
    resolution, which is not physical for electrons of neV.
    """
    if experiment.generate_above == 0:
        return 0.0
    density, points = _recorded(experiment, model)
    lost_points = np.union1d(points[points < experiment.generate_above], [experiment.generate_above])
    total = _integrals(density, points).sum()
    lost = _integrals(density, lost_points).sum() if experiment.generate_above < points[-1] else total
    return float(lost / total) if total > 0 else 0.0


def lowest_recoil(experiment: Experiment, model: Model, fraction: float = NEGLIGIBLE) -> float:
    """Find the true energy below which recoils need not be drawn.

    Parameters
    ----------
    experiment : Experiment
        Its `generate_above` is ignored.
    model : Model
    fraction : float
        Fraction of the recorded signal that may be left out.

    Returns
    -------
    float
        The largest energy [MeV] with less than this fraction below it, rounded down to four digits.

    Raises
    ------
    ValueError
        As for `lost_fraction`.
    """
    density, points = _recorded(experiment, model)
    below = np.concatenate([[0.0], np.cumsum(_integrals(density, points))])
    allowed = fraction * below[-1]
    if below[-1] <= 0:
        return 0.0
    panel = int(np.searchsorted(below, allowed, side="right")) - 1
    low, high = points[panel], points[panel + 1]
    for _ in range(50):
        middle = (low + high) / 2
        if below[panel] + _integrals(density, np.array([points[panel], middle])).sum() < allowed:
            low = middle
        else:
            high = middle
    step = 10.0 ** (math.floor(math.log10(low)) - _DIGITS + 1)
    return float(f"{math.floor(low / step) * step:.{_DIGITS}g}")


def _integrals(density: Density, points: Array) -> Array:
    """Integrate over each interval between points."""
    half, middle = np.diff(points) / 2, (points[1:] + points[:-1]) / 2
    x, w = gauss_legendre(_N_NODES)
    T = (middle[:, None] + half[:, None] * x).ravel()
    return np.asarray((density(T).reshape(-1, _N_NODES) @ w) * half)


def _recorded(experiment: Experiment, model: Model) -> tuple[Density, Array]:
    """Return the density of recorded recoils, and the points between which it is smooth.

    Raises
    ------
    ValueError
        If its integral diverges at T → 0, or a table of the detector does not reach down to 0.
    """
    detector, source = experiment.detector, _arriving(experiment, model)
    components = [(component, *piece) for component in source.components for piece in pieces(component)]
    largest_recoil = max(part[2] for part in components)
    detector.check_range(0.0, largest_recoil)
    bases = {c.flavour: Basis.of(model, c.flavour) for c in source.components}
    weights = {flavour: coefficients(model, flavour) for flavour in bases}

    def density(T: Array) -> Array:
        total = np.zeros_like(T)
        for component, line, last in components:
            is_possible, c = last > T, weights[component.flavour]
            used = np.flatnonzero(c)
            shapes = component_shapes(component, bases[component.flavour], T[is_possible], line=line)
            total[is_possible] += c[used] @ shapes[used]
        return total * detector.acceptance(T) * recorded_probability(detector, T)

    steep = steepest(model)
    lowest = min(_LOWEST * largest_recoil, 1e-9 * steep or math.inf)
    grids = [
        breakpoints(detector, 0.0, last, kinks_of(component), steep) for component, _, last in components
    ]
    # the QED factors have a logarithm at the end point of each line, other terms a pole at 0
    near_ends = [last * (1 - 0.25 ** np.arange(1, 16)) for _, _, last in components]
    decades = np.geomspace(lowest, largest_recoil, 1 + 3 * math.ceil(math.log10(largest_recoil / lowest)))
    points = np.unique(np.concatenate([*grids, *near_ends, decades]))
    points = points[points >= lowest]
    first = _integrals(density, points[points <= _STILL * largest_recoil]).sum()
    if model.diverges and first > 0.1 * NEGLIGIBLE * _integrals(density, points).sum():
        raise ValueError(
            "dσ/dT diverges and recoils of T → 0 are recorded, by the tails of the smearing or for want of a "
            "threshold: of what is recorded no part is negligible"
        )
    return density, points


def _arriving(experiment: Experiment, model: Model) -> Source:
    """Return the source with the oscillated spectra that reach the fiducial volume."""
    if model.delta_m2 is None:
        return experiment.source
    region = Baselines(geometry=experiment.geometry, region=experiment.baselines.region)
    return oscillated(experiment.source, model, region)
