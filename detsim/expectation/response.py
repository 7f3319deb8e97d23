"""The response as probabilities: the deterministic twin of the kernel that measures single events."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, pdtrc

from detsim.detector import Detector, PhotoElectrons, SpreadPhotoElectrons, TabulatedResolution
from simgen.quadrature import towards_zero

__all__ = ["bin_probabilities", "breakpoints", "kinks", "recorded_probability"]

Array = NDArray[np.float64]


@np.errstate(under="ignore")
def bin_probabilities(detector: Detector, T: Array) -> Array:
    """Compute the probability that a true energy is measured in each bin and recorded.

    Parameters
    ----------
    detector : Detector
    T : ndarray, shape (n,)
        True energies [MeV].

    Returns
    -------
    ndarray, shape (n, n_energy_bins + 2)
        Threshold and efficiency in measured energy applied; nothing that depends on the true energy.
    """
    limits = np.maximum([detector.threshold, *detector.edges, np.inf], detector.threshold)
    return _between(detector, T, limits)


@np.errstate(under="ignore")
def recorded_probability(detector: Detector, T: Array) -> Array:
    """Compute the same for all that is above threshold, bins aside: shape (n,)."""
    return _between(detector, T, np.array([detector.threshold, np.inf]))[:, 0]


def _between(detector: Detector, T: Array, limits: Array) -> Array:
    """Integrate the measured energy times its efficiency between limits: shape (n, len(limits) - 1).

    Notes
    -----
    Where the efficiency is α + βx the integral is α ΔP + β ΔM with P(x) the probability and M(x) the first
    moment above x, which both smearings have in closed form.
    """
    curve = detector.measured_efficiency
    if curve is None:
        above = _above(detector, T, limits)[0]
        return np.asarray(above[:, :-1] - above[:, 1:])
    knots = np.array(curve.energies)
    fine = np.unique(np.concatenate([limits, knots[knots > limits[0]]]))
    P, M = _above(detector, T, fine)
    low, high = np.clip(fine[:-1], knots[0], knots[-1]), np.clip(fine[1:], knots[0], knots[-1])
    at_low, width = curve(low), high - low
    slope = np.divide(curve(high) - at_low, width, out=np.zeros_like(width), where=width > 0)
    pieces = (at_low - slope * low) * (P[:, :-1] - P[:, 1:]) + slope * (M[:, :-1] - M[:, 1:])
    # the difference of the moments may be off by a rounding, and the sum below zero
    total = np.cumsum(np.maximum(pieces, 0.0)[:, ::-1], axis=1)[:, ::-1]
    total = np.concatenate([total, np.zeros((len(T), 1))], axis=1)[:, np.searchsorted(fine, limits)]
    return np.asarray(total[:, :-1] - total[:, 1:])


def _above(detector: Detector, T: Array, x: Array) -> tuple[Array, Array]:
    """Compute P(T_reco ≥ x) and the mean of T_reco above x: both of shape (n, len(x))."""
    energy, scale = detector.visible_energy(T), detector.energy_scale
    if isinstance(detector.resolution, PhotoElectrons):
        mean = (detector.resolution.light_yield * energy)[:, None]
        if isinstance(detector.resolution, SpreadPhotoElectrons):
            above, number = _spread_above(detector.resolution.light_yield / scale * x, mean)
            return above, scale / detector.resolution.light_yield * number
        n = counts_at(detector.resolution.light_yield, scale, x)
        above, shifted = _poisson_above(n, mean), _poisson_above(n - 1, mean)
        return above, scale / detector.resolution.light_yield * mean * shifted
    mean = scale * energy[:, None]
    sigma = scale * detector.resolution.sigma(energy)[:, None]
    distance = mean - x
    with np.errstate(divide="ignore", invalid="ignore"):
        z = distance / sigma
        above = np.where(sigma > 0, ndtr(z), distance >= 0)
        density = np.where(sigma > 0, np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi), 0.0)
    return above, mean * above + sigma * density


def counts_at(light_yield: float, scale: float, x: Array) -> Array:
    """Find the least number of photo-electrons measured at or above x [MeV], infinite x included.

    It is rounded like events, so that a number on an edge falls into the same bin.
    """
    with np.errstate(invalid="ignore"):
        n = np.ceil(x * light_yield / scale)
        n = np.where(scale * ((n - 1) / light_yield) >= x, n - 1, n)
        n = np.where(scale * (n / light_yield) < x, n + 1, n)
    return np.asarray(np.where(np.isfinite(x), n, x))


def _poisson_above(n: Array, mean: Array) -> Array:
    """Compute P(N ≥ n) of a Poisson number: shape (len(mean), len(n))."""
    finite = np.clip(np.where(np.isfinite(n), n, 1), 1, None)
    above = np.where(mean > 0, pdtrc(finite - 1, mean), 0.0)
    return np.asarray(np.where(n <= 0, 1.0, np.where(np.isposinf(n), 0.0, above)))


def _spread_above(n: Array, mean: Array) -> tuple[Array, Array]:
    """Compute P(M ≥ n) and the mean of M above n, M = N + U with N Poisson and U uniform within ±½.

    With k the integer nearest to n, M is above n for all N > k, and for N = k with probability k + ½ - n.
    """
    finite = np.isfinite(n)
    inside = np.where(finite, n, 0.0)
    nearest = np.floor(inside + 0.5)
    k, share = np.where(finite, nearest, n), np.where(finite, nearest + 0.5 - inside, 0.0)
    above, before = _poisson_above(k + 1, mean), _poisson_above(k, mean)
    part = share * (before - above)  # N = k, and above n
    return above + part, mean * before + part * 0.5 * (nearest + inside + 0.5)


def kinks(detector: Detector) -> Array:
    """List the true energies at which the response may jump or bend, without regard to its width [MeV]."""
    resolution, curve = detector.resolution, detector.measured_efficiency
    measured = [detector.threshold, *(() if curve is None else curve.energies)]
    measured_energies = _true_energies(detector, np.array(measured) / detector.energy_scale)
    sigma = resolution.curve.energies if isinstance(resolution, TabulatedResolution) else ()
    table = () if detector.true_efficiency is None else detector.true_efficiency.energies
    visible = detector.visible
    bends = () if visible is None or visible.smooth else visible.breaks
    tabulated = _true_energies(detector, np.array(sigma, np.float64))
    return np.concatenate([measured_energies, tabulated, table, bends, detector.acceptance_steps[0]])


def _true_energies(detector: Detector, visible_energies: Array) -> Array:
    """Find the true energies of visible energies, as far as these exist."""
    visible = detector.visible
    if visible is None:
        return visible_energies
    low, high = visible(visible.breaks[[0, -1]])
    return visible.inverse(visible_energies[(visible_energies > low) & (visible_energies < high)])


@np.errstate(under="ignore")
def breakpoints(detector: Detector, low: float, high: float, knots: Array, steep: float = 0.0) -> Array:
    """Choose panels of true energy: finer around every edge in units of the resolution, and towards 0.

    Parameters
    ----------
    detector : Detector
    low, high : float
        Range of true energies [MeV].
    knots : ndarray
        Energies at which the spectrum to be folded has kinks.
    steep : float
        Energy below which a term that is steep towards 0 becomes flat [MeV]; 0 without such a term.

    Returns
    -------
    ndarray
        Edges of panels, ascending, low and high included; the integrand is smooth within each panel.
    """
    curve = detector.measured_efficiency
    measured = (detector.threshold, *detector.edges, *(() if curve is None else curve.energies))
    edges = np.unique([e / detector.energy_scale for e in measured if e > 0])
    widths = detector.resolution.sigma(edges)
    near_edges = (edges + np.outer([-8, -5, -3, -2, -1, 0, 1, 2, 3, 5, 8], widths)).ravel()
    edge_energies = _true_energies(detector, edges)
    lowest_edge = edge_energies[0] if edge_energies.size else high
    halves = min(lowest_edge, high) * 0.5 ** np.arange(1, 26)
    lowest = min(low or steep or halves[-1], halves[-1])
    fixed = [halves, towards_zero(lowest, halves[-1]), kinks(detector), knots, np.linspace(low, high, 9)]
    points = np.concatenate([_true_energies(detector, near_edges), *fixed])
    # an edge minus some widths may differ from 0 by rounding only: panels are not that narrow
    inner = np.unique(points[(points > max(low, 0.5 * lowest)) & (points < high)])
    return np.concatenate([[low], inner, [high]])
