"""Pulls and limits of toys in bins."""

import math

import numpy as np
import pytest
from scipy.special import ndtr
from support.plain import with_nuisances

from analysis.fits.fitter import make_fitter
from analysis.pseudo_experiments.distributions import PULLS, no_toys
from analysis.pseudo_experiments.fitted_toys import FAILED, NO_HESSE, NO_LIMIT, Thrower, toys
from simgen.interaction.models import E6


@pytest.fixture(scope="module")
def fitter():
    return make_fitter(with_nuisances(1e-2), E6(beta="chi", gamma=0.1))


@pytest.fixture(scope="module")
def columns(fitter):
    (found,) = toys(Thrower(fitter=fitter, seed=1), 3000, chunk=3000)
    return found


def test_bins_and_moments_are_those_of_the_toys(fitter, columns):
    found = no_toys(fitter, level=0.95).with_toys(columns)
    pulls = (columns["gamma"] - 0.1) / columns["gamma_error"]
    np.testing.assert_array_equal(found.pulls[1:-1], np.histogram(pulls, PULLS)[0])
    assert found.pulls.sum() == 3000
    assert found.pull_moments == pytest.approx((pulls.mean(), pulls.std(ddof=1)), rel=1e-12)


def test_band_is_that_of_all_limits(fitter, columns):
    """To the width of a bin, 2e-3 of the resolution."""
    found = no_toys(fitter, level=0.95).with_toys(columns)
    exact = np.quantile(columns["one_sided_upper"], ndtr(np.arange(-2, 3)), method="inverted_cdf")
    assert found.band == pytest.approx(exact, abs=2e-3 * fitter.width)


def test_chunks_change_nothing(fitter, columns):
    whole, parts = no_toys(fitter, level=0.95).with_toys(columns), no_toys(fitter, level=0.95)
    for part in (slice(0, 1), slice(1, 1000), slice(1000, 3000)):
        parts = parts.with_toys({name: column[part] for name, column in columns.items()})
    for name in ("pulls", "moments", "limits"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name), err_msg=name)
    assert (parts.n_toys, parts.n_failed) == (3000, 0)


def test_what_failed_has_no_pull_and_an_infinite_limit(fitter, columns):
    some = {name: column[:4].copy() for name, column in columns.items()}
    some["status"] = np.array([FAILED, NO_LIMIT, NO_HESSE, 0], np.int32)
    some["one_sided_upper"][:2] = math.nan
    found = no_toys(fitter, level=0.95).with_toys(some)
    assert (found.n_toys, found.n_failed) == (4, 1)
    assert found.pulls.sum() == 2
    assert found.limits[-1] == 2
    assert found.quantile(0.4) is not None
    assert found.quantile(0.6) is None


def test_nothing_has_no_moments_and_no_band(fitter):
    found = no_toys(fitter, level=0.95)
    assert found.pull_moments == (None, None)
    assert found.band == (None,) * 5
