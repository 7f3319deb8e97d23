"""Hard cards: tests of the study that compares their fits with a scan, and few data sets of each card."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from support.examples import few
from support.hard_cards import HARD, hard_card, hard_names
from support.limit_study import compare_limits, region_distance
from support.minima_study import FAR, compare_minima
from support.minima_tally import Minima, summed
from support.scan import scan
from support.soak import Results, main

pytestmark = pytest.mark.filterwarnings("ignore:.*is not plausible:UserWarning")

PARAMETERS = {
    "beta", "charge_radius", "delta_c_L", "delta_m2", "eps_L", "eps_R", "gamma", "mu_nu", "phi",
    "scalar_coupling", "sin2_theta_w", "vector_mass",
}  # fmt: skip
"""What the hard cards fit."""

FIRST = {"log_normal": 480}
"""Where the data sets of the test begin, if not at 0."""

SLOW = {"delta_m2", "vector_mass"}
"""Cards that take seconds to prepare, or a data set."""

QUICK = sorted(set(hard_names()) - SLOW)

FEW = "eps_r", "low_counts", "mu_nu", "paper", "two_experiments"

prepared = cache(hard_card)


def test_every_hard_parameter_has_its_card():
    assert len(hard_names()) == 18
    texts = [(HARD / f"{name}.toml").read_text() for name in hard_names()]
    fitted = {line.split('"')[1] for text in texts for line in text.splitlines() if line.startswith("poi =")}
    assert fitted == PARAMETERS


@pytest.mark.parametrize("name", few(QUICK, *FEW))
def test_the_scan_expects_what_the_fit_expects(name):
    """Twin. Spectra and factors of both, at other values of all parameters."""
    card, rng = prepared(name), np.random.default_rng(1)
    expected, templates = card.empty.expected, card.fitter.templates
    low, high = card.empty.range
    theta = np.clip(expected.truth + 0.5 * card.empty.curve.unit, low, high)
    x = np.maximum(rng.normal(size=len(expected.nuisances)), card.empty.lowest)
    ours = templates.expected(theta, x)
    np.testing.assert_allclose(expected.at(theta, x), ours, rtol=1e-9, atol=1e-9 * ours.max())


@pytest.mark.parametrize("name", few(["delta_c_l", "low_counts", "two_experiments"], "low_counts"))
def test_points_that_are_left_out_change_no_minimum(name):
    card = prepared(name)
    problem = card.problem(*card.throw(12))
    full, fast = scan(problem, card.grid), scan(problem, card.grid, far=FAR)
    for a, b in ((full.physical, fast.physical), (full.free, fast.free)):
        np.testing.assert_allclose(a.value, b.value, atol=1e-9)
    assert np.isfinite(full.values).sum() > 1.5 * np.isfinite(fast.values).sum()


class Changed:
    """Fits side by side, of which some data sets end elsewhere."""

    def __init__(self, batch, shift):
        self.batch, self.fitter, self.shift = batch, batch.fitter, shift

    def __getattr__(self, name):
        return getattr(self.batch, name)

    def fit(self, counts, auxiliary, **options):
        fits = self.batch.fit(counts, auxiliary, **options)
        parameters, values = fits.parameters.copy(), fits.values.copy()
        parameters[:3, 0] += self.shift
        values[:3] += [0.02, 0.009, -0.02]
        return replace(fits, parameters=parameters, values=values)


@pytest.mark.long
def test_the_comparison_sees_fits_that_end_elsewhere():
    """Contract: of three data sets moved by 3 and changed by 0.02, 0.009 and -0.02 each is counted once."""
    card = replace(prepared("delta_c_l"))
    untouched, _, _ = compare_minima(card, 5)
    assert (untouched.n, untouched.failed) == (5, 0)
    assert (untouched.above, untouched.deeper, untouched.apart) == (0, 0, 0)
    assert untouched.claimed < 1e-9
    vars(card)["batch"] = Changed(card.batch, 10 * card.fitter.width)
    found, _, _ = compare_minima(card, 5)
    assert (found.above, found.deeper, found.apart) == (1, 1, 3)
    assert found.worst == pytest.approx(0.02, abs=1e-6)
    assert found.claimed > 1
    misses = {m["toy"]: m["excess"] for m in found.misses}
    assert misses == {0: pytest.approx(0.02, abs=1e-6), 2: pytest.approx(-0.02, abs=1e-6)}


def test_numbers_of_blocks_add_up():
    one = Minima(n=10, above=1, worst=0.5, status={"0": [9, 1], "16": [1, 0]})
    two = Minima(n=5, above=2, worst=0.2, status={"0": [5, 2]}, error="broke off")
    total = summed([one, two])
    assert (total.n, total.above, total.worst, total.error) == (15, 3, 0.5, "broke off")
    assert total.status == {"0": [14, 3], "16": [1, 0]}


def test_distances_of_regions():
    """Closed form: Δ = 4 is two standard deviations, here of 0.5; narrow regions have their own."""
    assert region_distance([[0.0, 2.0]], [(0.0, 2.0)], 1.0, 4.0) == 0
    assert region_distance([[0.0, 2.1]], [(0.0, 2.0)], 1.0, 4.0) == pytest.approx(0.2)
    assert region_distance([[0.0, 2.0]], [(0.0, 2.0), (9.0, 9.2)], 1.0, 4.0) == np.inf
    far = [[0.0, 2.0], [9.0, 9.21]], [(0.0, 2.0), (9.0, 9.2)]
    assert region_distance(*far, 1.0, 4.0) == pytest.approx(0.1)
    assert region_distance([[0.0, np.inf]], [(0.0, 2.0)], 1.0, 4.0) == np.inf


def test_the_soak_goes_on_where_it_stopped(tmp_path, capsys):
    path = tmp_path / "soak.json"
    options = ["minima", "--card", "sin2_theta_w", "-n", "40", "-j", "1", "-o", str(path)]
    main(options)
    (key,) = Results(path).entries
    assert key == "minima sin2_theta_w 1 0 40"
    entries = Results(path)
    entries.add(key, entries.entries[key] | {"above": 7})
    capsys.readouterr()
    main(options)
    assert "| sin2_theta_w | 40 | 7 |" in capsys.readouterr().out


@pytest.mark.parametrize("name", few(QUICK, "low_counts", "mu_nu"))
def test_no_data_set_of_a_hard_card_misses_its_minimum(name):
    """Twin. 15 data sets a card; `python -m support.soak` does 100 000."""
    found, _, _ = compare_minima(prepared(name), 15, first=FIRST.get(name, 0))
    assert not found.error
    assert found.failed == 0
    assert (found.above, found.apart, found.bounded_above) == (0, 0, 0)
    assert (found.deeper, found.bounded_deeper) == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("toy", [3, 30])
def test_every_wave_that_is_allowed_is_a_region_of_delta_m2(toy):
    """The data allow ten regions and more; those of the scan, and upper limits of many data sets at once."""
    found = compare_limits(prepared("delta_m2"), 1, first=toy)
    assert not found["error"]
    assert not found["misses"]
