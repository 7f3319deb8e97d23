"""The signal as a function of the parameter of interest: a parabola, or a spline of folds."""

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.interpolate import make_interp_spline

__all__ = ["Nodes", "Parabola", "Spline", "curve", "unit"]

_CHECKS = (0.31, 0.77, 2.7)


@dataclass(frozen=True, kw_only=True)
class Parabola:
    """Layers a + bt + ct², with t = (θ - origin)/unit."""

    origin: float
    unit: float
    coefficients: np.ndarray
    domain: tuple[float, float] = (-math.inf, math.inf)

    def __call__(self, t, order=2):
        """Evaluate at t of shape (n,): layers and derivatives in t, each of shape (1 + 2S, n_bins, n)."""
        a, b, c = (k[..., None] for k in self.coefficients)
        value = a + t * (b + t * c)
        return (value, b + 2 * t * c, np.broadcast_to(2 * c, value.shape)) if order else (value,)


@dataclass(frozen=True, kw_only=True)
class Nodes:
    """Values at which a signal is folded, and the variable in which it is smooth.

    Parameters
    ----------
    values : ndarray, shape (n,)
    variable : {"linear", "log", "root"}
        The parameter itself, its logarithm, or the root of its distance to the last value.
    """

    values: np.ndarray
    variable: str = "linear"

    def __call__(self, theta):
        """Compute the variable and its first two derivatives."""
        if self.variable == "log":
            return np.log(theta), 1 / theta, -1 / theta**2
        if self.variable == "root":
            u = -np.sqrt(np.maximum(self.values[-1] - theta, 1e-14))
            return u, -1 / (2 * u), -1 / (4 * u**3)
        return theta, np.ones_like(theta), np.zeros_like(theta)


@dataclass(frozen=True, kw_only=True)
class Spline:
    """A spline of degree 5 through folds at nodes, with t = (θ - origin)/unit.

    `error` is the largest relative difference to folds between the nodes.
    """

    origin: float
    unit: float
    nodes: Nodes
    splines: tuple
    error: float

    @property
    def domain(self):
        """Positions of the nodes."""
        return float(self.nodes.values[0]), float(self.nodes.values[-1])

    def __call__(self, t, order=2):
        """Evaluate as `Parabola`."""
        u, first, second = self.nodes(self.origin + self.unit * np.asarray(t))
        value, slope, bend = (np.moveaxis(s(u), 0, -1) for s in self.splines)
        if not order:
            return (value,)
        first, second = first * self.unit, second * self.unit**2
        return value, slope * first, bend * first**2 + slope * second


def unit(expected, start):
    """Find a step of the parameter of interest that changes the expected counts by one standard deviation.

    A pure scale of the search: no result depends on it.
    """
    origin = expected.at(start)
    low, high = expected.range
    for room, sign in ((high - start, 1), (start - low, -1)):
        for step in np.geomspace(1e-45, 1e6, 511):  # ten to a decade
            if step >= room:
                break
            mu = expected.at(start + sign * step)
            if np.sum((mu - origin) ** 2 / np.maximum(origin, 1e-9)) >= 1:
                return float(step)
    return min(1.0, (high - low) / 10)


def curve(expected, *, nodes=None):
    """Approximate the signal of an `Expectation` for all values of its parameter of interest.

    Parameters
    ----------
    expected : Expectation
    nodes : Nodes, optional
        Values that are folded where the signal is no parabola; without, 401 over a finite range.
    """
    low, high = expected.physical
    origin = min(max(expected.truth, low), high)
    if nodes is not None:
        return _spline(expected, origin, unit(expected, origin), nodes)
    step = unit(expected, origin)
    if not expected.poi.endswith("mass") and expected.poi != "delta_m2":
        found = _parabola(expected, origin, step)
        if found is not None:
            return found
    if not math.isfinite(high - low):
        raise ValueError(f"{expected.poi} has no finite range: nodes are needed, at which it is folded")
    return _spline(expected, origin, step, Nodes(values=np.linspace(*expected.range, 401)))


def _parabola(expected, origin, step):
    """Solve for three coefficients, and compare at other values."""
    span = step * max(1.0, math.sqrt(expected.at(origin).sum()))
    low, high = expected.range
    sign = 1.0 if high - origin >= origin - low else -1.0
    span = sign * min(span, 0.3 * max(high - origin, origin - low))
    nodes = np.array([0.0, 0.5, 1.0])
    values = np.array([expected.signal(origin + span * t) for t in nodes])
    solved = np.linalg.solve(np.vander(nodes, 3, increasing=True), values.reshape(3, -1)).reshape(
        values.shape
    )
    size = np.abs(values).max(axis=0)
    for t in _CHECKS:
        difference = solved[0] + t * (solved[1] + t * solved[2]) - expected.signal(origin + span * t)
        if np.any(np.abs(difference) > 1e-9 * (size + size[0] + np.abs(solved).max(axis=0)[0] * t * t)):
            return None
    powers = (step / span) ** np.arange(3.0)[:, None, None]
    return Parabola(origin=origin, unit=step, coefficients=solved * powers)


def _spline(expected, origin, step, nodes):
    u = nodes(nodes.values)[0]
    layers = np.array([expected.signal(v) for v in nodes.values])
    first = make_interp_spline(u, layers, k=5)
    splines = (first, first.derivative(1), first.derivative(2))
    made = Spline(origin=origin, unit=step, nodes=nodes, splines=splines, error=0.0)
    error = 0.0
    for i in np.linspace(0, len(u) - 2, 24).astype(int):
        middle = (nodes.values[i] + nodes.values[i + 1]) / 2
        exact = expected.signal(middle)
        found = made(np.array([(middle - origin) / step]), 0)[0][..., 0]
        error = max(error, float(np.max(np.abs(found - exact)) / np.abs(exact[0]).max()))
    return replace(made, error=error)
