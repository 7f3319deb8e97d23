"""Throw 1e9 counts and normal numbers and compare them with their distributions: moments, χ² and tails.

Run by hand from the top of the repository, `PYTHONPATH=.:tests python -m support.throwing_soak`: half a
minute, and the table of docs: randomness.md. `pytest -m slow tests/analysis/test_throwing_soak.py` does the
same and judges.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from analysis.pseudo_experiments.counts import throw_counts, throw_normals, throw_varied
from simgen.random import Stage, float_bits, kernel_key

__all__ = ["COLUMNS", "Normals", "Shared", "Study", "Varied", "cases", "print_table", "study"]

COLUMNS = 10
CHUNK = 200_000
SIGMAS = (3, 4, 5)
MERGED = 100
"""Least expected number in a cell of χ²."""


class Shared:
    """Counts of one mean in all toys and bins."""

    def __init__(self, mean):
        self.mean = self.thrown = mean
        self.name = f"same means, {mean:g}"
        reach = 9 * mean**0.5
        self.cells = np.arange(max(np.floor(mean - reach), 0.0), np.ceil(mean + reach) + 40)

    def throw(self, n, first, seed):
        return throw_counts(np.full(COLUMNS, self.thrown), n, key=self.key(seed), first=first)

    def key(self, seed):
        return kernel_key(seed, Stage.TOY_COUNTS, *float_bits(self.mean))

    def index(self, x):
        return (x - self.cells[0]).astype(np.int64)

    @property
    def probabilities(self):
        """Probability of each count."""
        return np.exp(stats.poisson.logpmf(self.cells, self.mean))

    @property
    def moments(self):
        """Central moments 2, 3, 4 and 6."""
        m = self.mean
        return m, m, 3 * m**2 + m, 15 * m**3 + 25 * m**2 + m


class Varied(Shared):
    """Counts whose means are given toy by toy, here all the same."""

    def __init__(self, mean):
        super().__init__(mean)
        self.name = f"own means, {mean:g}"

    def throw(self, n, first, seed):
        means = np.full((n, COLUMNS), self.thrown)
        return throw_varied(means, key=self.key(seed), first=first)


class Normals:
    """Standard normals, in cells of 0.01."""

    name = "normals"
    mean = 0.0
    moments = 1.0, 0.0, 3.0, 15.0
    cells = np.arange(-900, 900) / 100

    @property
    def probabilities(self):
        return np.diff(stats.norm.cdf(np.append(self.cells, 9.0)))

    def throw(self, n, first, seed):
        return throw_normals(n, COLUMNS, key=kernel_key(seed, Stage.TOY_AUXILIARY), first=first)

    def index(self, x):
        return np.floor(100 * x).astype(np.int64) + 900


@dataclass(frozen=True, kw_only=True)
class Study:
    """Comparison of thrown numbers with their distribution."""

    name: str
    n: int
    pulls: list
    """Of mean, variance and third central moment."""
    chi2: float
    ndof: int
    tails: list
    """Pairs of observed and expected numbers below -3, -4, -5 and above 3, 4, 5 σ."""

    @property
    def p_values(self):
        moments = [2 * stats.norm.sf(abs(pull)) for pull in self.pulls]
        tails = [
            min(2 * stats.poisson.cdf(n, mean), 2 * stats.poisson.sf(n - 1, mean), 1.0)
            for n, mean in self.tails
            if mean > 0
        ]
        return [*moments, stats.chi2.sf(self.chi2, self.ndof), *tails]


def merged(observed, expected):
    """Merge cells from both ends of the range to its middle until enough is expected in each."""
    starts, total = [], 0.0
    for i, value in enumerate(expected):
        if total == 0.0:
            starts.append(i)
        total += value
        if total >= MERGED:
            total = 0.0
    if total > 0.0 and len(starts) > 1:
        starts.pop()
    return np.add.reduceat(observed, starts), np.add.reduceat(expected, starts)


def study(case, n, *, seed):
    """Throw n numbers and compare them."""
    observed = np.zeros(len(case.cells), np.int64)
    sums = np.zeros(3)
    for first in range(0, n // COLUMNS, CHUNK):
        x = case.throw(min(CHUNK, n // COLUMNS - first), first, seed).ravel()
        observed += np.bincount(case.index(x), minlength=len(observed))  # fails beyond the cells
        d = x - case.mean
        square = d * d
        sums += [d.sum(), square.sum(), (square * d).sum()]
    n = int(observed.sum())
    two, three, four, six = case.moments
    # of the moments about the known mean
    widths = np.sqrt(np.array([two, four - two**2, six - three**2]) / n)
    pulls = (sums / n - [0.0, two, three]) / widths
    p = case.probabilities
    o, e = merged(observed, n * p / p.sum())
    ends = [case.mean + sign * z * two**0.5 for z in SIGMAS for sign in (-1, 1)]
    inside = [case.cells < end if end < case.mean else case.cells >= end for end in ends]
    return Study(
        name=case.name,
        n=n,
        pulls=[float(x) for x in pulls],
        chi2=float(np.sum((o - e) ** 2 / e)),
        ndof=len(o) - 1,
        tails=[(int(observed[i].sum()), float(n * p[i].sum())) for i in inside],
    )


def cases():
    """List what is thrown and how often: 1e9 numbers."""
    shared = [Shared(m) for m in (1e-3, 0.5, 9.99, 100.0, 1e4, 1e5, 1e6)]
    varied = [Varied(m) for m in (0.5, 9.99, 10.01, 100.0, 1e5, 1e8)]
    return [
        *((case, 80_000_000) for case in shared),
        *((case, 50_000_000) for case in varied),
        (Normals(), 140_000_000),
    ]


def print_table(what, cases, *, seed):
    """Study each case and print a row of it; the first column is named by what is done to the numbers."""
    print(f"| {what} | numbers | pull of mean | of variance | of third moment | χ²/n.d.f. | p |", end=" ")
    print("< -5σ | < -4σ | > 4σ | > 5σ |")
    print("|---" * 11 + "|")
    smallest, total, count = 1.0, 0, 0
    for case, n in cases:
        s = study(case, n, seed=seed)
        tails = dict(zip([f"{sign}{z}" for z in SIGMAS for sign in "-+"], s.tails, strict=True))
        has_tails = any(expected for _, expected in s.tails)
        cells = [f"{tails[k][0]} ({tails[k][1]:.3g})" if has_tails else "" for k in ("-5", "-4", "+4", "+5")]
        pulls = " | ".join(f"{pull:+.2f}" for pull in s.pulls)
        p = stats.chi2.sf(s.chi2, s.ndof)
        print(
            f"| {s.name} | {s.n:.1e} | {pulls} | {s.chi2:.1f}/{s.ndof} | {p:.3f}",
            *cells,
            sep=" | ",
            end=" |\n",
        )
        smallest, total, count = min(smallest, *s.p_values), total + s.n, count + len(s.p_values)
    print(f"{total:.3g} numbers; the smallest of {count} p-values is {smallest:.2g}")


if __name__ == "__main__":
    print_table("thrown", cases(), seed=2025)
