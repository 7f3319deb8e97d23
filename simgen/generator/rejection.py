"""Boxes in neutrino energy and recoil that bound the density of a channel drawn by rejection."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from simgen.constants import SIGMA0
from simgen.interaction import Model, T_max, dsigma_dT, steepest
from simgen.sources import Component

__all__ = ["Boxes", "make_boxes"]

Array = NDArray[np.float64]

_MARGIN = 0.15
"""Margin between bounds of the density and its values at 3 × 3 points in a box, in units of the range of
these values: a parabola exceeds them by 1/8."""
_ROUNDING = 1e-4
_N_OMEGA = 128
_N_RECOIL = 128
_N_RECOIL_OF_A_LINE = 512
_PER_DECADE = 24
"""Smallest number of boxes in a decade of g."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxes:
    """A grid of boxes in neutrino energy and recoil, with bounds of the density.

    Parameters
    ----------
    omega : ndarray, shape (n_omega + 1,)
        Edges in E_nu [MeV]; for a line, its energy twice.
    fraction : ndarray, shape (n_fraction + 1,)
        Edges in g = (T - T_low)/(T_max - T_low).
    ends : ndarray of int, shape (n_omega + 1,)
        Nodes of the spectrum at these edges; 0 for a line.
    heights : ndarray, shape (n_omega, 2)
        Upper and lower bound of the spectrum between two edges in E_nu.
    bounds : ndarray, shape (n_omega * n_fraction, 2)
        Upper and lower bound of (T_max - T_low) dσ/dT in a box [σ0].
    weight : float
        Integral of the upper bounds of the density, spectrum times cross section [cm²].
    shares : ndarray, shape (n_omega * n_fraction,)
        Integral of the upper bounds in each box.
    """

    omega: Array
    fraction: Array
    ends: NDArray[np.int64]
    heights: Array
    bounds: Array
    weight: float
    shares: Array


def _fractions(model: Model, T_low: float, span: float, n: int) -> Array:
    """Divide the range of g = (T - T_low)/(T_max - T_low): evenly, and finer towards 0 for steep terms."""
    even = np.linspace(0, 1, n + 1)
    if not (model.millicharge or model.vector_coupling or model.scalar_coupling):
        return even
    scales = [scale for scale in (T_low, steepest(model)) if scale > 0]
    finest = min(0.05 * min(scales) / span, 1e-9)
    fine = np.geomspace(finest, 1.0, max(3 * n, math.ceil(-_PER_DECADE * math.log10(finest))))
    return np.unique(np.concatenate([even, fine]))


def make_boxes(nodes: Array, density: Array, component: Component, model: Model, T_low: float) -> Boxes:
    """Compute bounds of the density in boxes of E_nu and g."""
    # three points for each box and direction: both ends and the middle
    n_recoil = _N_RECOIL if len(nodes) > 1 else _N_RECOIL_OF_A_LINE
    g = _fractions(model, T_low, float(T_max(nodes[-1])) - T_low, n_recoil)
    fine_g = np.interp(np.arange(2 * len(g) - 1) / 2, np.arange(len(g)), g)
    # in E_nu the largest spectrum times the largest cross section: a spectrum may jump inside a box
    ends = np.zeros(2, np.int64)
    if len(nodes) > 1:
        ends = np.unique(np.linspace(0, len(nodes) - 1, _N_OMEGA + 1).round().astype(np.int64))
        largest = np.array([density[i : j + 1].max() for i, j in pairwise(ends)])
        smallest = np.array([density[i : j + 1].min() for i, j in pairwise(ends)])
        fine = np.interp(np.arange(2 * len(ends) - 1) / 2, np.arange(len(ends)), nodes[ends])
    else:
        largest = smallest = density
        fine = np.repeat(nodes, 3)
    positive = np.maximum(fine, 1e-9 * fine[-1])  # a spectrum may start at 0
    span = np.maximum(T_max(positive) - T_low, 0.0)
    T = np.maximum(T_low + span[:, None] * fine_g, min(1e-12, 0.1 * g[1]) * T_max(positive)[:, None])
    values = span[:, None] * dsigma_dT(T, positive[:, None], model, flavour=component.flavour) / SIGMA0
    high, low = _over_boxes(np.maximum, values), _over_boxes(np.minimum, values)
    margin = _MARGIN * (high - low) + _ROUNDING * np.abs(high)
    high, low = np.maximum(high + margin, 0.0), np.maximum(low - margin, 0.0)
    low[:, -1] = 0.0  # the QED factors diverge at T_max
    omega = fine[::2]
    area = np.outer(np.diff(omega) if len(nodes) > 1 else np.ones(1), np.diff(g))
    weights = (largest[:, None] * high * area).ravel()
    return Boxes(
        omega=omega,
        fraction=g,
        ends=ends,
        heights=np.stack([largest, smallest], axis=1),
        bounds=np.stack([high.ravel(), low.ravel()], axis=1),
        weight=SIGMA0 * float(np.sum(weights)),
        shares=weights,
    )


def _over_boxes(extreme: np.ufunc, values: Array) -> Array:
    """Reduce the 3 × 3 points of every box."""
    rows = extreme.reduce([values[i : len(values) - 2 + i : 2] for i in range(3)])
    return np.asarray(extreme.reduce([rows[:, i : rows.shape[1] - 2 + i : 2] for i in range(3)]))
