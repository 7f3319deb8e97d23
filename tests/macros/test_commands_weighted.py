"""Weighted data from the command line: warnings, goodness of fit, toys and coverage with their weights."""

import json

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from support.examples import every
from support.invocation import CARD, answer, invoke, refusal

from analysis.fits.weighted import effective_counts
from analysis.histograms.histograms import from_counts
from analysis.histograms.write import write_csv, write_json, write_root
from detsim.event_files.reader import TableFile
from macros.card import load_card
from macros.setup.data import load_data

SHORT = ("--set", "exposure.duration=14.4 d")
SEED = ("--seed", 1)


def weighted_histogram(variance):
    """Fill 35 events in the bins of the card, of weights with a mean of 20 and a relative variance."""
    experiment = load_card(CARD).experiment
    rng, h = np.random.default_rng(3), None
    h = from_counts(np.zeros(experiment.detector.n_bins), experiment)
    n = np.resize([6, 7, 5, 6, 5, 6], experiment.detector.n_bins)
    edges = np.array(experiment.detector.edges)
    T = np.repeat((edges[1:] + edges[:-1]) / 2, n)
    w = rng.gamma(1 / variance, 20 * variance, len(T)) if variance else np.full(len(T), 20.0)
    return h.fill(T, weight=w)


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weighted")
    h = weighted_histogram(1.0)
    write_csv(folder / "few.csv", h)
    write_json(folder / "few.json", h)
    write_root(folder / "few.root", {"data": h})
    write_csv(folder / "equal.csv", weighted_histogram(0.0))
    return folder


@pytest.fixture(scope="module")
def reweighted(tmp_path_factory):
    """A file of some hundred events whose weights make them those of another model."""
    folder = tmp_path_factory.mktemp("reweighted")
    answer("simulate", CARD, "-o", folder / "plain.root", *SHORT, *SEED)
    answer(
        "reweight", folder / "plain.root", "--to", CARD, "--set", "model.gamma=0.5", "-o", folder / "w.root"
    )
    return folder / "w.root"


@pytest.mark.parametrize("name", every(3, ["few.csv", "few.json", "few.root"]))
def test_few_effective_counts(few, name):
    """Contract: the warning in text and JSON, of fit and limit, with the effective counts of all formats."""
    for command in ("fit", "limit"):
        found = answer(command, CARD, few / name, *SHORT)["weights"]
        counts = effective_counts(weighted_histogram(1.0), load_card(CARD).experiment)[0]
        assert found["n_effective"] == pytest.approx(counts.sum(), rel=1e-6)
        assert found["few"]
        assert found["bias"] < -0.2
        worst = [row["effective_counts"] for row in found["worst_bins"]]
        assert worst == pytest.approx(np.sort(counts)[:3], rel=1e-6)
        shown = " ".join(invoke(command, CARD, few / name, *SHORT).stderr.split())
        assert found["warning"] in shown
    python = load_card(CARD, overrides=["exposure.duration=14.4 d"]).fit(few / name)
    assert python.weights.warning == found["warning"]


def test_equal_weights_are_not_warned_of(few):
    """Contract: 35 events of weight 20 are counts of 1/20 of the exposure."""
    found = answer("fit", CARD, few / "equal.csv", *SHORT)["weights"]
    assert (found["few"], found["warning"]) == (False, None)
    assert "few effective counts" not in invoke("fit", CARD, few / "equal.csv", *SHORT).stderr
    assert answer("fit", CARD, write_counts(few), *SHORT)["weights"] is None


def write_counts(folder):
    """Write counts, which have no weights."""
    path = folder / "counts.csv"
    experiment = load_card(CARD).experiment
    write_csv(path, from_counts(np.full(experiment.detector.n_bins, 30.0), experiment))
    return path


@pytest.mark.long
def test_goodness_of_fit(few, reweighted):
    """Contract: p-values by toys, which were refused; the same twice."""
    for data in (few / "few.csv", reweighted):
        found = [answer("fit", CARD, data, *SHORT, "--gof", 60, *SEED)["goodness_of_fit"] for _ in range(2)]
        assert found[0] == found[1]
        assert 0 < found[0]["p_value"] <= 1
        assert (found[0]["n_toys"], found[0]["n_failed"]) == (60, 0)


@pytest.mark.long
def test_toys_and_their_file(few, tmp_path):
    """Contract: Σw and scaling of each toy, merged, made again bit by bit, refused if the weights changed."""
    for name, first in (("a.root", 0), ("b.root", 40)):
        command = (
            "toys",
            CARD,
            "--weights",
            few / "few.csv",
            "-n",
            40,
            "--first",
            first,
            "-o",
            tmp_path / name,
        )
        found = answer(*command, *SHORT, *SEED)
        assert found["n_failed"] == 0
        assert found["audit"]["limit"] < 1e-4
    answer("merge", tmp_path / "all.root", tmp_path / "a.root", tmp_path / "b.root")
    other = ("toys", CARD, "--weights", few / "equal.csv", "-n", 40, "--first", 80, "-o", tmp_path / "c.root")
    answer(*other, *SHORT, *SEED)
    assert "weights" in refusal("merge", tmp_path / "no.root", tmp_path / "a.root", tmp_path / "c.root")
    with TableFile(tmp_path / "all.root", "toys") as table:
        columns = table.arrays()
    python = load_card(CARD, overrides=["exposure.duration=14.4 d"]).toys(80, seed=1, weights=few / "few.csv")
    for name in ("counts", "scaling", "gamma", "minos_upper"):
        assert_array_equal(columns[name], python[name])
    assert columns["scaling"].shape == columns["counts"].shape
    assert answer("rerun", tmp_path / "a.root")["identical"]
    assert answer("rerun", tmp_path / "all.root")["identical"]
    moved = tmp_path / "moved.csv"
    moved.write_bytes((few / "few.csv").read_bytes())
    assert answer("rerun", tmp_path / "a.root", "--input", moved)["identical"]
    moved.write_bytes(moved.read_bytes() + b"\n")
    assert "is not the weighted data of the run" in refusal("rerun", tmp_path / "a.root", "--input", moved)


@pytest.mark.long
def test_coverage(few, tmp_path):
    """Contract: fewer intervals hold the truth than with equal weights; rows are stored, and made again."""
    settings = ("--at", 0.5, "-n", 400, "--level", "68.3%", "--method", "minos", *SHORT, *SEED)
    fractions = []
    for data in (few / "few.csv", few / "equal.csv"):
        path = tmp_path / f"{data.stem}.root"
        found = answer("coverage", CARD, "--weights", data, *settings, "-o", path)
        assert found["weights"] == [str(data)]
        fractions.append(found["points"][0]["methods"]["minos"]["fraction"])
    assert fractions[0] < 0.6
    assert fractions[1] > 0.61
    assert answer("rerun", tmp_path / "few.root")["identical"]


@pytest.mark.long
def test_coverage_of_reweighted_events_and_in_python(few, reweighted):
    settings = ("--at", 0.5, "-n", 400, "--level", "68.3%", "--method", "minos", *SHORT, *SEED)
    found = answer("coverage", CARD, "--weights", reweighted, *settings)
    assert found["points"][0]["methods"]["minos"]["fraction"] == pytest.approx(0.683, abs=0.1)
    python = load_card(CARD, overrides=["exposure.duration=14.4 d"]).coverage(
        [0.5], 400, seed=1, level=0.683, methods=["minos"], weights=few / "few.csv"
    )
    command = answer("coverage", CARD, "--weights", few / "few.csv", *settings)
    assert python.points[0].methods["minos"].fraction == command["points"][0]["methods"]["minos"]["fraction"]


def test_events_know_their_weights(reweighted):
    """Contract: a file of events gives the weights of the events, one by one, to toys and to the check."""
    card = load_card(CARD, overrides=["exposure.duration=14.4 d"])
    data = load_data(card, str(reweighted))
    parts = list(data.events())
    assert sum(len(part["weight"]) for part in parts) > 100
    found = answer("fit", CARD, reweighted, *SHORT)["weights"]
    assert found["few"] is False


def test_refusals(few, tmp_path):
    """Contract: refusals say what is correct."""
    path = tmp_path / "x.root"
    data = ("--weights", few / "few.csv", *SHORT)
    assert "weights of 1" in refusal("toys", CARD, *data, "-n", 5, "-o", path, "--toys-at", "events")
    assert "not with --data" in refusal("toys", CARD, *data, "--data", few / "few.root", "-o", path)
    assert "leave --weights out" in refusal(
        "toys", CARD, "--weights", write_counts(few), "-n", 5, "-o", path, *SHORT, *SEED
    )
    assert "--unit is that of the histogram" in refusal("toys", CARD, "-n", 5, "-o", path, "--unit", "keV")
    command = ("coverage", CARD, *data, "--at", 0.5, "-n", 5, *SEED)
    assert "take hesse, minos, one-sided" in refusal(*command, "--method", "cls")
    text = refusal("limit", CARD, few / "few.csv", *SHORT, "--method", "cls", *SEED)
    assert "'one-sided' or 'two-sided'" in text
    assert "coverage CARD --weights DATA" in text
    assert "--gof N" in refusal("compare", CARD, CARD, few / "few.csv", "--set-a", "model.name=SM", *SEED)
    assert not path.exists()


@pytest.mark.long
def test_several_experiments(few, tmp_path):
    """Contract: weighted data of one experiment beside counts of another; NAME=FILE each."""
    text = invoke("init", "borexino-hellaz-cr51", "--output", tmp_path / "two.toml")
    assert (tmp_path / "two.toml").exists(), text.output
    card = load_card(tmp_path / "two.toml")
    specs, rng = [], np.random.default_rng(2)
    for number, experiment in enumerate(card.experiments):
        expected = np.maximum(card.expect()[experiment.name].counts, 0.0)
        h = from_counts(np.zeros(len(expected)), experiment)
        counts = rng.poisson(expected / (20 if number == 0 else 1)).astype(float)
        view = h.view()
        view["value"] = counts * (20 if number == 0 else 1)
        view["variance"] = counts * (400 if number == 0 else 1)
        write_json(tmp_path / f"{experiment.name}.json", h)
        specs.append(f"{experiment.name}={tmp_path / experiment.name}.json")
    found = answer("fit", tmp_path / "two.toml", *specs, "--gof", 20, *SEED)
    assert found["weights"]["few"] is False
    assert found["goodness_of_fit"]["n_failed"] == 0
    options = [x for spec in specs for x in ("--weights", spec)]
    settings = ("--at", 0.5, "-n", 40, *SEED, "-o", tmp_path / "c.root")
    study = answer("coverage", tmp_path / "two.toml", *options, *settings)
    assert study["points"][0]["n_failed"] == 0
    assert json.dumps(study["weights"]) == json.dumps(specs)
    assert answer("rerun", tmp_path / "c.root")["identical"]
