"""The independent likelihood of a card."""

from pathlib import Path

import numpy as np

from macros.card import load_card
from support.curves import curve
from support.deviance import Problem
from support.expectation import expectation

__all__ = [
    "CASES",
    "H5_COUNTS",
    "H5_MEASURED",
    "H12_COUNTS",
    "H12_MEASURED",
    "card_counts",
    "card_problem",
    "make_problem",
]

CASES = Path(__file__).parent.parent / "cases"

H12_COUNTS = (133722, 129187, 127030, 124758, 120061, 102864)
H12_MEASURED = {
    "activity": 0.9318876954143906,
    "resolution": 1.109105543248043,
    "background_flat": 1.2099358394547344,
}
H5_COUNTS = (23, 22, 14, 20, 20, 15)
H5_MEASURED = {
    "activity": 1.0351801596033716,
    "energy_scale": 1.0060100836977368,
    "resolution": 0.8688193350974089,
    "background_flat": 1.017198079326038,
}
"""Pseudo-experiments of two of the cards, 18505 and 9893 of seed 77: counts, and values measured."""


def card_counts(name):
    """Read the counts of a CSV file of the cases, shape (n_bins, 1)."""
    return np.loadtxt(CASES / name, delimiter=",", skiprows=1, ndmin=2)[:, 2:3]


def make_problem(expected, counts=None, auxiliary=None, *, nodes=None, likelihood="poisson", errors=None):
    """Make the problem of data sets in columns; without counts exact ones of the model.

    Parameters
    ----------
    expected : Expectation
    counts : ndarray, shape (n_bins, n), optional
    auxiliary : ndarray, shape (n_nuisances, n), optional
        Nominal without.
    nodes, likelihood, errors
        As for `curve` and `Problem`.
    """
    n = expected.at(expected.truth)[:, None] if counts is None else np.asarray(counts, float)
    measured = np.zeros((len(expected.nuisances), n.shape[1])) if auxiliary is None else auxiliary
    return Problem(
        expected=expected,
        curve=curve(expected, nodes=nodes),
        counts=n,
        auxiliary=np.asarray(measured, float),
        likelihood=likelihood,
        errors=errors,
    )


def card_problem(name, counts=None, measured=None):
    """Make the problem of one data set of a card among the cases.

    Parameters
    ----------
    name : str
    counts : array_like, shape (n_bins,), or str, optional
        Or a file of the cases.
    measured : mapping of str to float, optional
        Measured values of nuisance parameters, relative to nominal.
    """
    card = load_card(str(CASES / name), ())
    expected = expectation(card.together, card.model, card.fit.poi)
    if isinstance(counts, str):
        counts = card_counts(counts)
    elif counts is not None:
        counts = np.asarray(counts, float)[:, None]
    pulls = [n.pull(measured[n.name]) if measured else 0.0 for n in expected.nuisances]
    auxiliary = np.array(pulls).reshape(-1, 1)
    return make_problem(expected, counts, auxiliary if counts is not None else None)
