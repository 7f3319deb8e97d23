"""What `fit` says beside its numbers: other minima that are allowed, open ends, missing errors, failures."""

import math
import re
from dataclasses import replace
from functools import cache
from unittest.mock import patch

import pytest
from support.cards import CASES, card_counts
from support.invocation import answer, invoke, refusal
from support.plotted import FIT
from typer import Exit

from analysis.fits.estimate import fit_counts
from analysis.fits.fitter import make_fitter
from analysis.fits.results import AT_RANGE, NOT_FOUND, UNBOUNDED, Estimate
from analysis.likelihood.profiling import FitError, far_counts
from macros.card import load_card
from macros.terminal.status import guard
from macros.words import say_fit

CARD, DATA = CASES / "activity.toml", CASES / "activity.csv"
CONSTRAINED = ("--set", "systematics.activity=0.02")
FREE_RATES = ("--set", "systematics.mass=free", "--set", "background.flat.constraint=free")


@cache
def fitted(*options, card=CARD):
    """Return the document of a fit of the data and what is said of it: two commands, one computation."""
    found = []

    def fit(*arguments, **settings):
        if not found:
            found.append(fit_counts(*arguments, **settings))
        return found[0]

    with patch("macros.studies.inference.fit_counts", fit):
        return answer("fit", card, DATA, *options), invoke("fit", card, DATA, *options).stdout


@pytest.fixture(scope="module")
def absurd(tmp_path_factory):
    """Counts that are 10^10 times those of the model."""
    path = tmp_path_factory.mktemp("counts") / "huge.csv"
    head, *rows = DATA.read_text().splitlines()
    path.write_text("\n".join([head, *(f"{row}0000000000" for row in rows), ""]))
    return path


@pytest.mark.long
def test_another_minimum_that_is_allowed_is_said():
    """Two minima of δc_L, 0.14 apart in -2 ln L: the interval of MINOS holds one of them."""
    found, said = fitted(*CONSTRAINED)
    (other,) = [m for m in found["other_minima"] if m["allowed_at_level"] and not m["in_interval"]]
    assert other["rise"] == pytest.approx(0.143, abs=0.002)  # an independent fit: -1.366
    assert other["value"] == pytest.approx(-1.366, abs=0.002)
    assert "delta_c_L = -1.366" in said
    assert "is allowed at 68.3 % too, outside of this interval" in said
    assert "`nugauge limit --method two-sided` gives all allowed regions" in said


@pytest.mark.long
def test_a_minimum_within_the_interval_is_not():
    """Where a valley joins both minima there is one region, as of a δc_L that is not bounded from below."""
    found, _ = fitted()
    far = min(found["other_minima"], key=lambda m: m["value"])
    assert far["value"] < -100
    assert far["in_interval"] is True


OPEN_ENDS = {
    "delta_c_L": {"lower": None, "upper": 0.1, "lower_reason": UNBOUNDED},
    "activity": {"lower": None, "upper": 14.77, "lower_reason": AT_RANGE, "range": (0.0, math.inf)},
    "mass": {"lower": 0.98, "upper": None, "upper_reason": NOT_FOUND},
    "background": {"lower": None, "upper": None},
}


def test_words_of_open_ends(capsys):
    """Of a constructed fit: not bounded, the end of the range, not found, and no interval at all."""
    estimates = {name: Estimate(value=1.0, error=0.5, **ends) for name, ends in OPEN_ENDS.items()}
    say_fit(replace(FIT, parameters=estimates))
    said = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert [line.split(" ± 0.50 ")[1] for line in said if " ± 0.50 " in line] == [
        "[open, 0.10]", "[0, 14.77]", "[0.980, –]", "–"
    ]  # fmt: skip
    assert said[-3:] == [
        "delta_c_L: the data do not bound it from below",
        "activity: 0 is the end of its range, up to which everything is allowed",
        f"mass: the upper end of its interval was not found: {NOT_FOUND}",
    ]


@pytest.mark.long  # test_words_of_open_ends has the words, test_nuisance_intervals the reasons
def test_open_ends_are_explained():
    document, said = fitted()
    found = document["parameters"]
    assert found["delta_c_L"]["lower"] is None
    assert found["delta_c_L"]["lower_reason"] == "the data do not bound it"
    assert found["delta_c_L"]["upper_reason"] is None
    assert found["activity"]["lower"] is None
    assert found["activity"]["lower_reason"] == "the end of the range is reached"
    assert found["activity"]["range"] == [0, None]
    assert "delta_c_L: the data do not bound it from below" in said
    assert "activity: 0 is the end of its range" in said
    assert "[open, " in said
    assert re.search(r"\[0, 14\.(77|8)", said)  # the upper end: see test_nuisance_intervals


def test_the_end_of_a_range_is_written_in_one_way():
    """Contract: a parameter of interest, a nuisance parameter, details and limits."""
    options = ("--poi", "mu_nu")
    found = invoke("fit", CARD, DATA, *options, *CONSTRAINED, "--details").stdout
    lines = [line for line in found.splitlines() if line.startswith("mu_nu") and "[0, " in line]
    assert len(lines) == 1
    assert "physical  [0, " in found
    limit = invoke("limit", CARD, DATA, *options, *CONSTRAINED, "--method", "two-sided").stdout
    assert "allowed: [0, " in limit


def test_a_missing_error_has_a_reason():
    document, said = fitted("--poi", "mu_nu", *CONSTRAINED)
    found = document["parameters"]["mu_nu"]
    assert found["error"] is None
    assert found["error_reason"] == "mu_nu is within its error of 0, where -2 ln L is no parabola"
    assert f"no Hesse error of mu_nu: {found['error_reason']}" in said


@pytest.mark.long
def test_free_backgrounds_of_one_shape_have_their_reason():
    found, said = fitted(card=CASES / "two_free_backgrounds.toml")
    one = found["parameters"]["background_k40a"]
    assert one["error"] is one["lower"] is one["upper"] is None
    assert one["error_reason"] == "the data cannot tell it from background_k40b"
    assert found["parameters"]["delta_c_L"]["error"] > 0
    assert "no Hesse error" not in said  # it is said in another line


@pytest.mark.long
def test_a_failed_fit_ends_with_status_1(absurd):
    """Contract: no minimum is a run that failed; the message has the counts and what was tried."""
    result = invoke("fit", CARD, absurd, *CONSTRAINED)
    assert result.exit_code == 1
    said = " ".join(result.stderr.split())
    assert "the counts are far from anything that the model expects: 8e+12 observed, 780.9 expected" in said
    assert "the search ended at delta_c_L = " in said
    assert re.search(r"\[[^10]", result.stdout) is None  # numbers of what is no minimum have no interval


FEWER = ("background={}", "systematics.mass=0.01", "systematics.resolution=0")
"""Leaves three nuisance parameters of the eight."""


@pytest.mark.long
@pytest.mark.parametrize("fewer", [FEWER, ()])
def test_a_contour_of_absurd_counts(absurd, fewer):
    planes = ("--x", "delta_c_L=-1:1:2", "--y", "mu_nu=0:1e-10:2")
    changes = [part for change in fewer for part in ("--set", change)]
    contour = invoke("contour", CARD, absurd, *planes, *CONSTRAINED, *changes)  # MINUIT tries NaN there
    assert contour.exit_code in {0, 1}
    assert "nan" not in contour.stderr


def test_a_profile_that_fails_is_a_failed_run():
    """Contract: status 1 in every command that needs the profile, and the counts are said."""
    card = load_card(str(CARD), (CONSTRAINED[1],))
    fitter = make_fitter(card.together, card.model, poi=card.fit.poi)
    counts = card_counts("activity.csv")[:, 0]
    assert "8e+12 observed, 780.9 expected at delta_c_L = 0" in far_counts(fitter.templates, 1e10 * counts)
    assert far_counts(fitter.templates, counts) == ""

    @guard
    def command():
        raise FitError("no minimum")

    with pytest.raises(Exit) as ended:
        command()
    assert ended.value.exit_code == 1


def test_only_the_free_factors_that_are_involved_are_named():
    """Activity and mass multiply the signal alone; the background is another matter."""
    said = refusal("fit", CARD, DATA, *FREE_RATES)
    assert "activity, mass are free, and no data tell such factors apart" in said
    assert "background" not in said
