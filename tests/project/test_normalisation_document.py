"""The tables of docs: common-errors.md on common errors and mixing against the independent evaluation."""

import math
import re
from itertools import pairwise

import pytest
from scipy.optimize import brentq
from support import common_error
from support.common_error import GLOBAL_FIT, ONE_SIDED, PAPER_ERRORS, chi2, couplings_of, limit, signal
from support.examples import every
from support.pages import DOCS, read_page
from support.reference import constrained_k, mixing_angle

TEXT = read_page("explanation/common-errors.md")
NAMES = {"χ": "chi", "ψ": "psi", "η": "eta", "LR": "LR"}
ANGLES = {"chi": 0.0, "psi": math.pi / 2, "eta": -math.atan(math.sqrt(5 / 3)), "LR": "LR"}


def table(first_line):
    """Return the cells below a heading."""
    lines = TEXT[TEXT.index(first_line) :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


LIMITS = table("| experiment | σ | model |")
THRESHOLDS = table("| δ | BOREXINO |")
MIXING = table("| experiment | model | τ |")


def same(cell, value):
    """Compare in the last digit that is printed."""
    if cell == "–" or value is None:
        return cell == "–" and value is None
    return float(cell) == pytest.approx(value, abs=0.51 * 10 ** -len(cell.partition(".")[2]))


def test_there_is_something_to_check():
    """Contract. Finds a changed layout, in which the other tests would check nothing."""
    assert (len(LIMITS), len(THRESHOLDS), len(MIXING)) == (12, 5, 12)
    assert {row[2] for row in LIMITS} == set(NAMES) == {row[1] for row in MIXING}


@pytest.mark.parametrize("row", every(3, LIMITS), ids=lambda row: "-".join(row[::2][:2]))
def test_limits(row):
    """Twin. Finds a printed limit that the covariance does not give."""
    experiment, error, name, bound, *cells = row
    name, sigma = NAMES[name], float(error.split()[0]) / 100
    assert sigma == PAPER_ERRORS[experiment.split()[0]]
    assert same(bound, GLOBAL_FIT[name])
    for cell, common in zip(cells, (0.0, 0.01, 0.02, 0.05, math.inf), strict=True):
        assert same(cell, limit(experiment, name, sigma, common, end=100.0)), common


def excess(experiment, sigma, common):
    return chi2(experiment, "chi", GLOBAL_FIT["chi"], sigma, common) - ONE_SIDED


@pytest.mark.parametrize("row", THRESHOLDS, ids=lambda row: row[0])
def test_errors_that_still_beat_the_global_fit(row):
    """Twin. Finds a printed σ at which the limit on χ is not the global fit's."""
    common = float(row[0].split()[0]) / 100
    for experiment, cell in zip(PAPER_ERRORS, row[1:], strict=True):
        if cell == "none":
            assert excess(experiment, 1e-3, common) < 0
        else:
            found = brentq(lambda sigma, e=experiment: excess(e, sigma, common), 1e-3, 0.2)
            assert same(cell.split()[0], 100 * found)


def test_common_errors_up_to_which_the_sentences_hold():
    """Twin. Finds a printed δ that is not the smallest at which the sentences fail."""
    for experiment, words in (("BOREXINO", "0.83 % (BOREXINO)"), ("HELLAZ", "0.94 % (HELLAZ)")):
        assert words in " ".join(TEXT.split())
        found = brentq(lambda c, e=experiment: excess(e, PAPER_ERRORS[e], c), 1e-4, 0.05)
        assert same(words.split()[0], 100 * found)
        assert brentq(lambda c, e=experiment: excess(e, 1e-3, c), 1e-4, 0.05) == pytest.approx(
            0.0215, abs=2e-4
        )


def test_chi_is_nearly_flat():
    """Golden. Finds another slope than d ln N/dγ = 0.474 in a bin: within 4 % of it in BOREXINO."""
    slopes = signal("BOREXINO", "chi", 1e-6) / signal("BOREXINO", "chi", 0) - 1
    assert slopes / 1e-6 == pytest.approx(0.474, rel=0.04)


@pytest.mark.parametrize("row", every(3, MIXING), ids=lambda row: "-".join(row[:3]))
def test_mixing(row):
    """Twin. Finds a printed limit that the charges and the mass matrix do not give."""
    experiment, symbol, tau, free, *cells = row
    name = NAMES[symbol]
    tau = float(tau) if tau.isdigit() else None
    sigma = PAPER_ERRORS[experiment]
    assert same(free, limit(experiment, name, sigma, 0.0))
    k = constrained_k(ANGLES[name], tau=tau or 1.0)
    end = (math.sqrt(1 + k**2) - abs(k)) ** 2
    cases = [(mixing, common) for common in (0.0, 0.02) for mixing in ("as printed", "with rho_mix")]
    for cell, (mixing, common) in zip(cells, cases, strict=True):
        found = limit(experiment, name, sigma, common, end=end, mixing=mixing, tau=tau)
        assert same(cell, found), (mixing, common)
        if found is not None and common == 0:
            phi = abs(mixing_angle(found, k)[0])
            assert (0.02 < phi < 0.03) if name == "chi" else (0.065 < phi < 0.595)


def test_factors_in_the_text():
    """Twin. Finds sentences on gains that the table does not support."""
    value = {(r[0], r[1], r[2]): r[3:] for r in MIXING}
    gains = [
        float(value[e, "η", t][0]) / float(value[e, "η", t][1]) for e in PAPER_ERRORS for t in ("2", "10")
    ]
    assert (min(gains), max(gains)) == pytest.approx((3.3, 5.4), abs=0.05)
    costs = [
        float(b) / float(a) - 1
        for key, cells in value.items()
        if key[1] == "η"
        for a, b in zip(cells[1:3], cells[3:5], strict=True)
        if a != "–"
    ]
    assert (min(costs), max(costs)) == pytest.approx((0.15, 0.29), abs=0.005)


def test_rho_mix_lowers_what_the_boson_alone_raises():
    """Golden. Finds a sign that the text has wrong: g_L + 1 of η at τ = 2."""
    alone, printed_, exact = (
        couplings_of("eta", 0.17, mixing=mixing, tau=2.0)[0]
        for mixing in ("none", "as printed", "with rho_mix")
    )
    assert alone > 0.5 + common_error.S2
    assert exact < printed_


def test_pictures_are_there():
    """Contract. Finds a picture that is named and missing."""
    names = re.findall(r"\]\(\.\./(figures/[\w-]+\.png)\)", TEXT)
    assert len(names) >= 3
    assert [name for name in names if not (DOCS / name).is_file()] == []
    assert all(a != b for a, b in pairwise(names))
