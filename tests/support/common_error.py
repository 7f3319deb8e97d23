"""Limits with a common normalisation error, a second time: Table II and eqs. (3), (12) and (13) summed over
grids, couplings from charges and mass matrix, and the normalisation as part of a covariance matrix.

Nothing here imports the modules under test.
"""

import math
from functools import lru_cache

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from support.reference import (
    S2,
    constrained_k,
    e6_currents,
    eq3,
    lr_currents,
    mixing_angle,
    propagate,
    recoil_end,
)

__all__ = [
    "GLOBAL_FIT",
    "ONE_SIDED",
    "PAPER_ERRORS",
    "chi2",
    "couplings_of",
    "first_crossing",
    "limit",
    "signal",
]

ONE_SIDED = 2.705543
"""Square of the quantile of 95 % of the normal distribution."""
_MASSES = {"chi": 330, "psi": 170, "eta": 220, "LR": 390}
GLOBAL_FIT = {name: (91.1876 / mass) ** 2 for name, mass in _MASSES.items()}
"""γ at the paper's bounds of the global fit."""
PAPER_ERRORS = {"BOREXINO": 0.05, "HELLAZ": 0.08}
_DETECTORS = {
    "BOREXINO": (np.linspace(0.25, 0.55, 7), math.sqrt(1 / 300)),
    "HELLAZ": (np.linspace(0.10, 0.26, 17), math.sqrt(1 / 20000)),
    "HELLAZ wide": (np.linspace(0.10, 0.56, 47), math.sqrt(1 / 20000)),
}
_LINES = ((0.746, 0.81), (0.751, 0.09), (0.426, 0.09), (0.431, 0.01))
_ANGLES = {"chi": 0.0, "psi": math.pi / 2, "eta": -math.atan(math.sqrt(5 / 3))}


@lru_cache
def _shapes(detector):
    """Fold the parts of eq. (3) that go with a², b² and ab, shape (3, n_bins)."""
    edges, delta = _DETECTORS[detector]
    total = np.zeros((3, len(edges) - 1))
    for omega, share in _LINES:
        T = recoil_end(omega) * (np.arange(8000) + 0.5) / 8000
        left, right, both = (eq3(T, omega, a, b) for a, b in ((1, 0), (0, 1), (1, 1)))
        inside = np.diff(ndtr((edges[:, None] - T) / (delta * np.sqrt(T))), axis=0)
        parts = np.array([left, right, both - left - right])
        total += share * (parts @ inside.T) * recoil_end(omega)
    return total


def couplings_of(name, gamma, *, mixing="none", tau=None):
    """Return (g_L + 1, g_R); `mixing` is "none", "as printed" or "with rho_mix"."""
    beta = _ANGLES.get(name)
    nu, left, right = lr_currents(S2) if name == "LR" else e6_currents(beta, S2)
    phi = 0.0
    if mixing != "none":
        k = constrained_k("LR" if name == "LR" else beta, tau=1.0 if tau is None else tau)
        phi, _ = mixing_angle(gamma, k)
    over_Z0 = mixing == "with rho_mix"
    g_L, g_R = (2 * propagate(nu, e, gamma=gamma, phi=phi, normalise_to_Z0=over_Z0) for e in (left, right))
    return g_L + 1, g_R


def signal(detector, name, gamma, **mixing):
    """Compute the counts per bin in arbitrary units; γ = 0: the standard model."""
    a, b = couplings_of(name, gamma, **mixing) if gamma else (0.5 + S2, S2)
    return np.array([a * a, b * b, a * b]) @ _shapes(detector)


def chi2(detector, name, gamma, error, common, **mixing):
    """Evaluate (N - N^SM)ᵀ V⁻¹ (N - N^SM) with V = diag((σ N^SM)²) + δ² N Nᵀ; δ = inf: Schur's limit."""
    standard, counts = signal(detector, name, 0), signal(detector, name, gamma, **mixing)
    scale = standard.mean()
    x, n, spread = (counts - standard) / scale, counts / scale, error * standard / scale
    if math.isinf(common):
        x, n = x / spread, n / spread
        return float(x @ x - (x @ n) ** 2 / (n @ n))
    covariance = np.diag(spread**2) + common**2 * np.outer(n, n)
    return float(x @ np.linalg.solve(covariance, x))


def first_crossing(function, end=30.0):
    """Find the first γ where a function of it, scanned densely, rises to the one-sided threshold; or None."""
    points = np.concatenate([np.geomspace(1e-3, end, 200), np.linspace(0, end, 200)[1:-1]])
    points = np.sort(points) * (1 - 1e-12)
    below = 1e-9
    for above in points:
        if function(above) >= ONE_SIDED:
            return brentq(lambda g: function(g) - ONE_SIDED, below, above, xtol=1e-12)
        below = above
    return None


def limit(detector, name, error, common, *, end=30.0, **mixing):
    """Find the one-sided 95 % limit on γ; None if there is none below `end`."""
    return first_crossing(lambda gamma: chi2(detector, name, gamma, error, common, **mixing), end)
