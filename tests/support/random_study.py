"""Random cards from hypothesis: single fit, fits side by side and scan agree in the physical minimum."""

import math

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from analysis.fits.estimate import fit_counts
from support.hard_cards import NODES, make_hard_card
from support.minima_study import ABOVE, compare_minima, scipy_check
from support.random_cards import MODELS, random_experiments

__all__ = ["drawn_cards", "make_card", "random_study", "single_fits"]

SETTINGS = {"deadline": None, "derandomize": True, "database": None,
            "suppress_health_check": list(HealthCheck), "phases": [Phase.generate]}  # fmt: skip
EVENTS = 2.0, 1e6
SINGLE = 20
"""Data sets of a card that are fitted one by one, too."""


def make_card(name, total, seed):
    """Draw experiments for a model: a title, and what makes the `HardCard`.

    Parameters
    ----------
    name : str
        Of `MODELS`.
    total : float
        Expected counts of the first experiment.
    seed : int
        Of everything else: 1 to 3 experiments, all constraint laws, shapes, backgrounds.
    """
    model, poi, nodes = MODELS[name]
    experiments = random_experiments(
        np.random.default_rng(seed),
        spatial=poi in {"sin2_2theta", "delta_m2"},
        poi=poi,
        events=(total, 1.0001 * total),
    )
    title = f"{name}, {total:.3g} events, {len(experiments)} experiments, seed {seed}"
    nodes = NODES.get(poi, nodes)
    return title, lambda: make_hard_card(title, experiments, model, poi, nodes=nodes)


def drawn_cards(n):
    """List n cards, sizes and seeds drawn by hypothesis, parameters in turn: titles and what makes each."""
    found, names = [], sorted(MODELS)

    @settings(max_examples=n, **SETTINGS)
    @given(bits=st.lists(st.booleans(), min_size=64, max_size=64))  # integers would depend on loaded modules
    def draw(bits):
        rng = np.random.default_rng([int(b) for b in bits])  # hypothesis repeats parts of former examples
        total = 10.0 ** round(float(rng.uniform(*np.log10(EVENTS))), 2)
        found.append(make_card(names[len(found) % len(names)], total, int(rng.integers(2**32))))

    draw()
    return found[:n]


def random_study(number, n, *, seed=1, n_scipy=0):
    """Compare fits of data sets of one random card.

    Returns
    -------
    dict
        As `Minima`, with the card's title, what scipy says, and single fits that are above the scan.
    """
    title, make = drawn_cards(max(number + 1, len(MODELS)))[number]
    card = make()
    minima, found, problem = compare_minima(card, n, seed=seed)
    entry = minima.plain() | {"title": title}
    if found is None:
        return entry
    if n_scipy:
        entry["scipy"] = scipy_check(problem, found, n_scipy)
    entry["single"] = single_fits(card, problem, found, min(SINGLE, n))
    return entry


def single_fits(card, problem, found, n):
    """Fit data sets one by one: those of the worst excess first.

    Returns
    -------
    list of [int, float]
        Data sets and -2 ln L above the scan's, where it is more than 0.01 or less than -0.01.
    """
    order = np.argsort(-np.abs(np.nan_to_num(found.excess, nan=np.inf)), kind="stable")
    chosen = np.unique([*order[: n // 2], *np.linspace(0, problem.size - 1, n - n // 2).astype(int)])
    missed = []
    for d in chosen:
        one = fit_counts(card.fitter, problem.counts[:, d], problem.auxiliary[:, d], method="hesse")
        excess = one.fval - found.right_value[d] if one.valid else math.nan
        low, high = problem.curve.domain
        known = one.valid and low <= one.estimate.value <= high
        if known and abs(excess) > ABOVE:
            missed.append([int(d), float(excess)])
    return missed
