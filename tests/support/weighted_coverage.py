"""Coverage of the likelihood of weighted data: the table of docs: weighted-data.md, with NumPy alone.

Run as ``PYTHONPATH=.:tests python -m support.weighted_coverage``: a minute. Every bin expects as many
events; the only parameter is a factor common to all bins, whose profile is known in closed form. Weights
have a gamma distribution.
"""

import numpy as np
from numpy.polynomial import Polynomial
from scipy.stats import norm

THRESHOLD = norm.ppf((1 + 0.683) / 2) ** 2
EVENTS, BINS, VARIANCES = (1, 3, 6, 10, 30, 100, 300), (1, 6, 16, 40), (0.0, 0.1, 0.3, 1.0)


def sums(rng, n_toys, n_bins, events, variance):
    """Draw Σw and Σw² of weights with a mean of 20."""
    numbers = rng.poisson(events, (n_toys, n_bins))
    total = int(numbers.sum())
    w = rng.gamma(1 / variance, 20 * variance, total) if variance else np.full(total, 20.0)
    where = np.repeat(np.arange(numbers.size), numbers.ravel())
    found = (np.bincount(where, w**k, numbers.size).reshape(numbers.shape) for k in (1, 2))
    return tuple(found)


def covered(W, V, mu):
    """Tell which intervals of the factor hold 1."""
    total = W.sum(axis=1, keepdims=True) / np.maximum(V.sum(axis=1, keepdims=True), 1e-300)
    s = np.where(W > 0, W / np.where(V > 0, V, 1), total)
    expected, n = (s * mu).sum(axis=1), (s * W).sum(axis=1)
    ok = n > 0
    ratio = np.where(ok, n, 1) / np.where(ok, expected, 1)
    rise = 2 * (expected - n + n * np.log(ratio))
    return ok & (rise < THRESHOLD)


def estimated_bias(W, V):
    """Estimate the bias of one data set from its histogram, as docs/explanation/weighted-data.md says."""
    ok = W > 0
    r, n = V[ok] / W[ok], W[ok] ** 2 / V[ok]
    if not len(r):
        return 0.0
    if len(r) > 1 and np.ptp(r) < 1e-6 * r.max():
        return 0.0
    parts = -(-len(r) // 6)
    total, freedom = 0.0, 0
    for a, b in zip(np.array_split(r, parts), np.array_split(n, parts), strict=True):
        if len(a) > 2:
            t = np.arange(len(a))
            line = Polynomial.fit(t, a, 1, w=np.sqrt(b))
            total += float(b @ (a - line(t)) ** 2) / (b @ a / b.sum()) ** 2
            freedom += len(a) - 2
    x = total / (freedom - 2 / 3) if freedom else 1.0
    return x / (1 + x) * len(r) / np.sqrt(n.sum())


def main():
    """Print the table: coverage, and in brackets the share of data sets that are warned of."""
    rng = np.random.default_rng(1)
    for n_bins in BINS:
        for events in EVENTS:
            cells = []
            for variance in VARIANCES:
                n_toys = int(min(20_000, 2e7 / (n_bins * events)))
                W, V = sums(rng, n_toys, n_bins, events, variance)
                fraction = covered(W, V, events * 20.0).mean()
                warned = np.mean([estimated_bias(w, v) > 0.2 for w, v in zip(W[:500], V[:500], strict=True)])
                cells.append(f"{fraction:.3f} ({100 * warned:.0f} %)")
            print(f"| {n_bins} | {events} | {n_bins * events} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
