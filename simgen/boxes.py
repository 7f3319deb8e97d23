"""Boxes in neutrino energy and recoil that bound the density of a channel drawn by rejection."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from simgen.constants import SIGMA0
from simgen.crosssection import dsigma_dT
from simgen.kinematics import T_max
from simgen.models import Model
from simgen.sources import Component

__all__ = ["make_boxes"]

Array = NDArray[np.float64]

_MARGIN = 1.02
"""On the largest of the 3 × 3 points at which the density of a box is evaluated, and below the smallest."""
_N_OMEGA = 128
_N_RECOIL = 128


def _fractions(model: Model, T_low: float, span: float) -> Array:
    """Divide the range of g = (T - T_low)/(T_max - T_low): evenly, and finer towards 0 for steep terms."""
    even = np.linspace(0, 1, _N_RECOIL + 1)
    if not (model.millicharge or model.vector_coupling or model.scalar_coupling):
        return even
    finest = max(0.05 * T_low / span, 1e-9)
    return np.unique(np.concatenate([even, np.geomspace(finest, 1.0, 3 * _N_RECOIL)]))


def make_boxes(
    nodes: Array, density: Array, component: Component, model: Model, T_low: float
) -> tuple[float, Array]:
    """Bound the density in E_nu and g box by box.

    Returns
    -------
    weight : float
        Integral of the bound [cm²].
    boxes : ndarray, shape (n, 7)
        See `PlanArrays.boxes`, but for the first column, which is the probability.
    """
    # three points a box and direction: both ends and the middle
    g = _fractions(model, T_low, float(T_max(nodes[-1])) - T_low)
    fine_g = np.interp(np.arange(2 * len(g) - 1) / 2, np.arange(len(g)), g)
    # in E_nu the largest of the nodes times that of the cross section: a spectrum may jump inside a box
    if len(nodes) > 1:
        ends = np.unique(np.linspace(0, len(nodes) - 1, _N_OMEGA + 1).round().astype(np.int64))
        largest = np.array([density[i : j + 1].max() for i, j in pairwise(ends)])
        smallest = np.array([density[i : j + 1].min() for i, j in pairwise(ends)])
        fine = np.interp(np.arange(2 * len(ends) - 1) / 2, np.arange(len(ends)), nodes[ends])
    else:
        largest = smallest = density
        fine = np.repeat(nodes, 3)
    positive = np.maximum(fine, 1e-9 * fine[-1])  # a spectrum may begin at 0
    span = np.maximum(T_max(positive) - T_low, 0.0)
    T = np.maximum(T_low + span[:, None] * fine_g, 1e-12 * T_max(positive)[:, None])
    values = span[:, None] * dsigma_dT(T, positive[:, None], model, flavour=component.flavour) / SIGMA0
    high = largest[:, None] * _over_boxes(np.maximum, values)
    low = smallest[:, None] * _over_boxes(np.minimum, values) / _MARGIN
    low[:, -1] = 0.0  # the QED factors diverge at T_max
    omega, omega_width = fine[:-1:2], fine[2::2] - fine[:-1:2]
    area = np.outer(omega_width if len(nodes) > 1 else np.ones(1), np.diff(g))
    bound = _MARGIN * high
    total = float(np.sum(bound * area))
    shape = bound.shape
    columns = [
        bound * area / total if total > 0 else bound,
        np.broadcast_to(omega[:, None], shape),
        np.broadcast_to(omega_width[:, None], shape),
        np.broadcast_to(g[:-1], shape),
        np.broadcast_to(np.diff(g), shape),
        bound,
        np.maximum(low, 0.0),
    ]
    boxes = np.stack([c.ravel() for c in columns], axis=1)
    return SIGMA0 * total, boxes[boxes[:, 0] > 0]


def _over_boxes(extreme: np.ufunc, values: Array) -> Array:
    """Reduce the 3 × 3 points of every box."""
    rows = extreme.reduce([values[i : len(values) - 2 + i : 2] for i in range(3)])
    return np.asarray(extreme.reduce([rows[:, i : rows.shape[1] - 2 + i : 2] for i in range(3)]))
