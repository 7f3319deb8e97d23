"""Layouts: templates as arrays, the input of the compiled fits."""

import math

import numpy as np
from numpy.typing import NDArray

from analysis.batch.engine._kernels.layout import (
    GAUSSIAN,
    LINEAR,
    LOG_NORMAL,
    POISSON,
    SHAPE,
    TEMPLATES,
    Layout,
)
from analysis.model.degeneracy import undetermined
from analysis.model.nuisances import Nuisance
from analysis.model.templates import Templates

__all__ = ["at_points", "expanded", "pieces", "polynomial"]

Array = NDArray[np.float64]

_ORDER = 4
_KINDS = {"poisson": POISSON, "paper": GAUSSIAN, "templates": TEMPLATES}


def polynomial(templates: Templates, likelihood: str, spread: Array) -> Layout | None:
    """Make the layout of templates whose signal is a polynomial in the parameter of interest, else None.

    Parameters
    ----------
    templates : Templates
    likelihood : {"poisson", "paper", "templates"}
    spread : ndarray, shape (n_bins,) or (0,)
        Errors per bin: absolute ones of the paper's χ², relative ones of the templates.
    """
    if templates.coefficients is None:
        return None
    return _layout(templates, likelihood, spread, np.zeros(1), templates.coefficients[None])


def expanded(templates: Templates, likelihood: str, spread: Array, poi: float, step: float) -> Layout:
    """Make the layout with the signal expanded around a value of the parameter of interest."""
    powers = templates.expansion(poi, step)[None]
    return _layout(templates, likelihood, spread, np.array([poi]), powers)


def at_points(templates: Templates, likelihood: str, spread: Array, points: Array, layers: Array) -> Layout:
    """Make the layout with the signal at given values of the parameter of interest only.

    Parameters
    ----------
    points : ndarray, shape (n,)
        Ascending.
    layers : ndarray, shape (n, n_layers, n_bins)
        The signal there.
    """
    return _layout(templates, likelihood, spread, points, layers[:, None])


def pieces(templates: Templates, likelihood: str, spread: Array, knots: Array, powers: Array) -> Layout:
    """Make the layout with the signal as a spline: polynomial pieces between knots.

    Parameters
    ----------
    knots : ndarray, shape (J,)
        Lower ends of the pieces, ascending.
    powers : ndarray, shape (J, up to 4, n_layers, n_bins)
        Coefficients of (poi - knot)^k.
    """
    return _layout(templates, likelihood, spread, knots, powers)


def _layout(templates: Templates, likelihood: str, spread: Array, knots: Array, powers: Array) -> Layout:
    padded = np.zeros((len(knots), _ORDER, *powers.shape[2:]))
    padded[:, : powers.shape[1]] = powers
    nuisances = templates.nuisances
    targets, bins = _components(templates)
    n_signals = len(templates.experiments)
    widths = [b.stop - b.start for b in bins]
    offset = np.concatenate([[0], np.cumsum(widths)[:-1]]).astype(np.int64)
    layers = np.zeros((templates.n_layers, sum(widths)))
    constant = np.zeros(templates.n_bins)
    for (e, j), start, width in zip(targets[n_signals:], offset[n_signals:], widths[n_signals:], strict=True):
        layers[:, start : start + width] = templates.backgrounds[e][j - 1]
    for e, columns in enumerate(templates.bins):
        for j, background in enumerate(templates.backgrounds[e], start=1):
            if (e, j) not in targets:
                constant[columns] += background[0]
    pairs = [
        (c, m)
        for c, target in enumerate(targets)
        for m, n in enumerate(nuisances)
        if not n.is_shape and target in n.targets
    ]
    bins_of_nuisances = [[b for t, b in zip(targets, bins, strict=True) if t in n.targets] for n in nuisances]
    shapes = {n.name: s for s, n in enumerate(templates.shapes)}
    vague = {m for group in undetermined(templates) for m in group}
    kinds = [(_kind(n), shapes.get(n.name, -1), int(m in vague)) for m, n in enumerate(nuisances)]
    constraints = [(_size(n), float(n.constraint != "free"), n.lowest) for n in nuisances]
    touched = [(0, templates.n_bins)]
    touched += [
        (min(b.start for b in bins_acted_on), max(b.stop for b in bins_acted_on))
        for bins_acted_on in bins_of_nuisances
    ]
    touched_by = {c for c, _ in pairs}
    components = [
        (b.start, b.stop, o, targets[c][0], int(c in touched_by))
        for c, (b, o) in enumerate(zip(bins, offset, strict=True))
    ]
    return Layout(
        n_signals=n_signals,
        likelihood=_KINDS[likelihood],
        components=np.array(components, np.int64),
        pairs=np.array(pairs, np.int64).reshape(-1, 2),
        nuisances=np.array(kinds, np.int64).reshape(-1, 3),
        constraints=np.array(constraints, np.float64).reshape(-1, 3),
        ranges=np.array(touched, np.int64),
        layers=layers,
        bins=np.array([constant, spread if len(spread) else np.zeros_like(constant)]),
        knots=np.ascontiguousarray(knots, np.float64),
        powers=padded,
    )


def _components(templates: Templates) -> tuple[list[tuple[int, int]], list[slice]]:
    """List the components on which nuisance parameters act, the signals first, and their bins."""
    touched = {target for n in templates.nuisances for target in n.targets}
    signals = [(e, 0) for e in range(len(templates.experiments))]
    targets = signals + sorted(t for t in touched if t[1] > 0)
    return targets, [templates.bins[e] for e, _ in targets]


def _kind(nuisance: Nuisance) -> int:
    if nuisance.is_shape:
        return SHAPE
    return LOG_NORMAL if nuisance.constraint == "log-normal" else LINEAR


def _size(nuisance: Nuisance) -> float:
    if nuisance.constraint == "log-normal":
        return math.log1p(nuisance.uncertainty)
    return nuisance.uncertainty
