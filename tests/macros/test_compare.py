"""`nugauge compare`, goodness of fit and simulated templates from the command line."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from support.invocation import CARD, answer, invoke, refusal

from analysis.fits.fitter import make_fitter
from analysis.histograms.histograms import bin_counts
from analysis.pseudo_experiments.fitted_toys import toys
from analysis.pseudo_experiments.throw import Thrower
from analysis.studies.goodness import goodness_of_fit
from detsim.event_files.reader import TableFile
from detsim.simulation.mc_templates import Sampling
from macros.card import load_card
from macros.setup.data import load_data

SM = ("--set-a", "model.name=SM")
SAMPLED = ("--set", "fit.templates=simulation", "--set", "fit.template_events=20000")


@pytest.fixture(scope="module")
def events(tmp_path_factory):
    path = tmp_path_factory.mktemp("compare") / "events.root"
    answer("simulate", CARD, "-o", path, "--seed", 3, "--set", "model.gamma=0.5")
    return path


def test_standard_model_against_a_zprime(events):
    """Contract: data with γ = 0.5 reject the SM, in which no γ is fitted, and not E6; numbers as fit's."""
    found = answer("compare", CARD, CARD, events, "-n", 2000, *SM, "--seed", 1)
    assert (found["a"]["model"], found["a"]["poi"], found["a"]["value"]) == ("SM", None, None)
    assert found["a"]["p_value"] < 0.01 < found["b"]["p_value"]
    assert found["delta"] == pytest.approx(found["a"]["fval"] - found["b"]["fval"])
    assert found["aic_difference"] == pytest.approx(found["delta"] - 2)
    fitted = answer("fit", CARD, events)
    assert found["b"]["value"] == pytest.approx(fitted["parameters"]["gamma"]["value"], rel=1e-3)
    assert found["b"]["fval"] == pytest.approx(fitted["fval"], abs=1e-4)
    fixed = answer("compare", CARD, CARD, events, "-n", 2000, "--fix-a", "--seed", 1)
    assert fixed["a"]["model"] == "E6 χ"
    assert fixed["a"]["poi"] is None
    assert fixed["a"]["fval"] == pytest.approx(found["a"]["fval"], rel=1e-9)


def test_text(events):
    """Contract: the table names both models and the favoured one, with the same numbers."""
    shown = invoke("compare", CARD, CARD, events, "-n", 200, *SM, "--seed", 1).stdout
    found = answer("compare", CARD, CARD, events, "-n", 200, *SM, "--seed", 1)
    for words in (
        "nothing fitted",
        "E6 χ",
        "in favour of B",
        f"= {found['delta']:.4g}",
        "expected rejection",
    ):
        assert words in shown


def test_bounded_or_not(tmp_path):
    """Contract: γ stays at 0 unless it may leave its range."""
    path = tmp_path / "few.root"
    answer("simulate", CARD, "-o", path, "--seed", 2, "--set", "source.activity='1.4 MCi'")
    experiment = load_card(CARD).experiment
    counts = bin_counts(
        load_data(load_card(CARD, ["source.activity=1.4 MCi"]), str(path)).histogram, experiment
    )
    low, high = experiment.detector.edges[:-1], experiment.detector.edges[1:]
    rows = [f"{a},{b},{n}" for a, b, n in zip(low, high, counts, strict=True)]
    table = tmp_path / "counts.csv"
    table.write_text("\n".join(["low,high,counts", *rows, ""]))
    common = ("compare", CARD, CARD, table, "-n", 50, *SM, "--seed", 1)
    bounded, free = answer(*common), answer(*common, "--unbounded")
    assert bounded["b"]["value"] == 0
    assert free["b"]["value"] < 0
    assert free["delta"] > bounded["delta"] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--set-b", "exposure.duration='20 d'"), "exposure.duration: '100 d' in A, '20 d' in B"),
        (("--set-b", "systematics.activity=0.1"), "systematics.activity"),
        (("--set-b", "fit.drawn=counts"), "fit.drawn: 'auxiliary' in A, 'counts' in B"),
        (("--set-b", "model.generate_above='1 keV'"), "model.generate_above"),
        (("--set-a", "fit.poi=vector_coupling"), "E6 χ has no such parameter without vector_mass"),
        (("-n", 0), "'-n'"),
    ],
)
def test_what_cannot_be_compared(events, options, message):
    """Contract: cards of other data, and wrong options, are refused with the key."""
    toys = () if "-n" in options else ("-n", 5)
    assert message in refusal("compare", CARD, CARD, events, *toys, "--seed", 1, *options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "the same family of models, E6 χ, and gamma is fitted in both; --fix-a"),
        (("--set-b", "model.gamma=0.08"), "in both: their cards differ in its value only (0 and 0.08)"),
        (("--fix-a", "--fix-b"), "the same model, E6 χ, and nothing is fitted in either"),
        (("--set", "model.name=SM"), "and nothing is fitted in either"),
    ],
)
def test_one_model_is_not_compared_with_itself(events, options, words):
    """Contract: toys are not thrown for hypotheses that are one; a fixed value is another hypothesis."""
    assert words in " ".join(refusal("compare", CARD, CARD, events, "--seed", 1, *options).split())
    if options[:1] == ("--set-b",):
        assert answer("compare", CARD, CARD, events, "-n", 5, "--seed", 1, *options, "--fix-b")["delta"]


def test_weighted_data_are_refused(events, tmp_path):
    """Contract: models are compared on counts; the message says what can be done."""
    path = tmp_path / "weighted.root"
    answer("reweight", events, "--to", CARD, "-o", path, "--set", "model.gamma=0.2")
    text = refusal("compare", CARD, CARD, path, "--seed", 1)
    assert "weighted" in text
    assert "fit CARD DATA --gof N" in text


def test_goodness_of_fit(events):
    """Contract: --gof is the function of that name with the run's seed; without it nothing is drawn."""
    found = answer("fit", CARD, events, "--gof", 300, "--seed", 5)
    card = load_card(CARD)
    counts = bin_counts(load_data(card, str(events)).histogram, card.experiment)
    expected = goodness_of_fit(make_fitter(card.experiment, card.model), counts, n_toys=300, seed=5)
    assert found["goodness_of_fit"]["p_value"] == expected.p_value
    assert found["goodness_of_fit"]["statistic"] == pytest.approx(found["fval"], abs=1e-4)
    assert found["seed"] == 5
    plain = answer("fit", CARD, events)
    assert plain["goodness_of_fit"] is plain["seed"] is None
    assert plain["parameters"] == found["parameters"]
    shown = invoke("fit", CARD, events, "--gof", 300, "--seed", 5).stdout
    assert f"goodness of fit: p {expected.p_text} from" in shown
    blind = answer("fit", CARD, events, "--poi", "beta", "--gof", 10, "--seed", 1)
    assert blind["goodness_of_fit"] is None


@pytest.mark.long
def test_simulated_templates_of_every_command(events, tmp_path):
    """Contract: one seed, one sample: fit, limit, contour and toys take the error of the templates in."""
    exact, found = answer("fit", CARD, events), answer("fit", CARD, events, *SAMPLED, "--seed", 1)
    assert (exact["likelihood"], found["likelihood"], found["seed"]) == ("poisson", "templates", 1)
    assert found["parameters"]["gamma"]["error"] > 1.005 * exact["parameters"]["gamma"]["error"]
    assert answer("fit", CARD, events, *SAMPLED, "--set", "run.seed=1") == found
    assert answer("fit", CARD, events, *SAMPLED, "--seed", 2)["parameters"] != found["parameters"]
    limits = [answer("limit", CARD, events, *SAMPLED, "--seed", s)["upper"] for s in (1, 1, 2)]
    assert limits[0] == limits[1] != limits[2]
    plane = ("--x", "gamma=0:1:5", "--y", "eps_R=-0.3:0.3:5", "--set", "run.seed=1")
    deltas = [np.array(answer("contour", CARD, events, *plane, *more)["delta"]) for more in ((), SAMPLED)]
    assert np.abs(deltas[0] - deltas[1]).max() > 1e-3
    path = tmp_path / "toys.root"
    answer("toys", CARD, "-n", 5, "-o", path, "--seed", 1, *SAMPLED)
    card = load_card(CARD)
    fitter = make_fitter(card.experiment, card.model, sampling=Sampling(n_events=20_000, seed=1))
    (columns,) = toys(Thrower(fitter=fitter, seed=1), 5)
    with TableFile(path, "toys") as file:
        assert_array_equal(file.arrays()["counts"], columns["counts"])
    study = ("--at", 0, "-n", 20, "--seed", 1, "--audit", 2, "--method", "hesse")
    covered = answer("coverage", CARD, *study, *SAMPLED)
    assert covered["points"][0]["n_failed"] == 0


def test_a_seed_nobody_gave_is_said(events):
    """Contract: the templates' seed is printed, so that the fit can be made again."""
    result = invoke("fit", CARD, events, *SAMPLED)
    assert "repeat with --set run.seed=" in result.stderr
    scan = ("sensitivity", CARD, "--scan", "exposure.duration=10:100:2", *SAMPLED)
    assert invoke(*scan).stderr.count("repeat with") == 1
    assert not invoke("fit", CARD, events).stderr


@pytest.mark.long  # the other commands below
def test_simulated_templates_of_a_run(unrendered, tmp_path):
    """Contract: the main job fits with them, with the data's seed and events of their own."""
    found = answer("run", CARD, "-o", tmp_path / "out", "--seed", 1, *SAMPLED)
    assert found["fit"]["likelihood"] == "templates"
    assert found["fit"]["valid"]


def test_impossible_templates():
    """Contract: wrong settings are named."""
    paper = ("--set", "fit.likelihood=paper", "--set", "fit.error_per_bin=0.05")
    assert "templates = 'simulation' goes with" in refusal("expect", CARD, *SAMPLED, *paper)
    assert "fit.template_events" in refusal("expect", CARD, "--set", "fit.template_events=0")
    few = ("--set", "fit.templates=simulation", "--set", "fit.template_events=3", "--seed", 1)
    assert "raise fit.template_events" in refusal("limit", CARD, "--toys", 0, *few)
