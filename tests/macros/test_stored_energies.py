"""Discrete measured energies on bin edges and on the threshold, through files in float32."""

from pathlib import Path

import awkward as ak
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from support.examples import every
from support.invocation import answer, invoke, refusal

from analysis.histograms.goodness_of_bins import compare
from analysis.histograms.histograms import experiment_counts, histogram
from detsim.event_files.event_writer import EventFile
from detsim.expectation.prediction import predict
from macros.card import load_card
from macros.runs.event_totals import Tally
from macros.setup.data import load_data
from macros.setup.event_data import stored_counts
from simgen.events import Events

CASES = Path(__file__).parents[1] / "cases"
CARDS = [CASES / "photoelectrons.toml", CASES / "line-on-edge.toml"]
EXACT = ("--set", "run.precision=float64")
MANY = ("--seed", 7, "--events", 100_000)
each_card = pytest.mark.parametrize("card", every(2, CARDS), ids=lambda path: path.stem)


def columns(path):
    with EventFile(path) as file:
        return file.arrays()


def counts(card, path, **options):
    return load_data(load_card(card), str(path), **options).histogram.values(flow=True)


@pytest.fixture(scope="module", params=CARDS, ids=lambda path: path.stem)
def runs(request, tmp_path_factory):
    """The same events in float32 and in float64."""
    directory = tmp_path_factory.mktemp("runs")
    answer("simulate", request.param, "-o", directory / "float32.root", *MANY)
    answer("simulate", request.param, "-o", directory / "float64.root", *MANY, *EXACT)
    return request.param, directory


def test_counts_of_a_file_are_those_expected(runs):
    """Twin: counts read from a float32 file against quadrature; 1 in 7 or more was in the bin below."""
    card, directory = runs
    found = counts(card, directory / "float32.root")
    assert_array_equal(found, counts(card, directory / "float64.root"))
    loaded = load_card(card)
    with EventFile(directory / "float32.root") as file:
        exposures = file.runinfo.equivalent_exposure / loaded.experiment.exposure.duration
    expected = exposures * predict(loaded.experiment, loaded.model).with_flow
    assert compare(found, expected).p_value > 1e-3
    assert found[0] == 0


def test_only_what_was_wrong_has_changed(runs):
    """Contract: T_reco is the nearest float32, but where that is in another bin: then one step above it."""
    card, directory = runs
    exact, stored = (columns(directory / f"{name}.root") for name in ("float64", "float32"))
    edges = load_card(card).experiment.detector.edges
    nearest = exact["T_reco"].astype("f4")
    bins = [np.searchsorted(edges, x.astype("f8"), side="right") for x in (exact["T_reco"], nearest)]
    wrong = bins[0] != bins[1]
    assert wrong.sum() > 200
    assert_array_equal(stored["T_reco"][~wrong], nearest[~wrong])
    assert_array_equal(stored["T_reco"][wrong], np.nextafter(nearest[wrong], np.float32(1)))
    for name in ("event", "component", "line"):
        assert_array_equal(stored[name], exact[name])
    for name in ("E_nu", "T"):
        assert_array_equal(stored[name], exact[name].astype("f4"))


@each_card
def test_the_same_bits_by_every_command(card, tmp_path):
    """Contract: detect after generate, files of a series, one thread, RNTuple."""
    run = ("--seed", 7, "--events", 20_000)
    answer("simulate", card, "-o", tmp_path / "a.root", *run)
    once = columns(tmp_path / "a.root")
    answer("generate", card, "-o", tmp_path / "true.root", *run)
    answer("detect", card, tmp_path / "true.root", "-o", tmp_path / "detected.root")
    answer("simulate", card, "-o", tmp_path / "one.root", *run, "--threads", 1)
    answer("simulate", card, "-o", tmp_path / "nt.root", *run, "--set", "run.format=rntuple")
    made = answer("simulate", card, "-o", tmp_path / "s.root", *run, "--events-per-file", 7000)
    answer("merge", tmp_path / "merged.root", *made["files"])
    for name in ("detected", "one", "nt", "merged"):
        other = columns(tmp_path / f"{name}.root")
        for column in once:
            assert_array_equal(other[column], once[column], err_msg=f"{name}: {column}")


@each_card
def test_pseudo_experiments(card, tmp_path):
    """Contract: stored pseudo-experiments have the counts of float64, all together and one by one."""
    run = ("--seed", 5, "--experiments", 3)
    answer("simulate", card, "-o", tmp_path / "a.root", *run)
    answer("simulate", card, "-o", tmp_path / "b.root", *run, *EXACT)
    found, right = (stored_counts(load_card(card), tmp_path / f"{name}.root").counts for name in "ab")
    assert_array_equal(found, right)
    one, same = (counts(card, tmp_path / f"{name}.root", number=1) for name in "ab")
    assert_array_equal(one, same)
    assert_array_equal(one[1:-1], right[1])


def test_float32_columns_are_compared_in_float64():
    """Closed form: 0.34999999 MeV, the nearest float32 to 0.35, is below an edge there, in any reader."""
    experiment = load_card(CARDS[1]).experiment
    below = np.full(3, 0.35, np.float32)
    nothing = np.zeros(3)
    events = Events(
        event=np.arange(3), component=np.zeros(3, np.int32), line=np.zeros(3, np.int32), E_nu=nothing,
        T=nothing, cos_theta=nothing, T_reco=below, n_generated=3,
    )  # fmt: skip
    tally = Tally(experiment)
    tally.add(events)
    right = [0, 0, 3, 0, 0, 0, 0, 0]
    assert_array_equal(tally.counts, right)
    assert_array_equal(histogram(events, experiment).values(flow=True), right)
    lists = ak.unflatten(below, [2, 1])
    assert_array_equal(experiment_counts(lists, experiment).sum(axis=0), right)


def test_reweighted(runs, tmp_path):
    """Contract: the sums that reweight compares with quadrature are those that a fit reads."""
    card, directory = runs
    made = answer(
        "reweight", directory / "float32.root", "--to", card, "--set", "model.gamma=0.05",
        "-o", tmp_path / "w.root",
    )  # fmt: skip
    assert made["p_value"] > 1e-3
    other = answer(
        "reweight", directory / "float64.root", "--to", card, "--set", "model.gamma=0.05",
        "-o", tmp_path / "x.root",
    )  # fmt: skip
    assert made["chi2"] == pytest.approx(other["chi2"], rel=1e-4)
    sums = counts(card, tmp_path / "w.root"), counts(card, tmp_path / "x.root")
    np.testing.assert_allclose(*sums, rtol=1e-6)


def test_bins_too_narrow_for_float32(tmp_path):
    """Contract: check warns, simulate refuses before it draws, and float64 is the way that both name."""
    lines = [
        line for line in CARDS[1].read_text(encoding="utf-8").splitlines() if not line.startswith("bins")
    ]
    lines.insert(lines.index('threshold = "250 keV"'), 'edges = ["350 keV", "350.000001 keV", "400 keV"]')
    card, path = tmp_path / "narrow.toml", tmp_path / "a.root"
    card.write_text("\n".join(lines), encoding="utf-8")
    words = "no such number from 0.35 to 0.350000001 MeV, which the experiment tells apart; set run.precision"
    assert words in invoke("check", card).stderr
    assert words in refusal("simulate", card, "-o", path, "--seed", 1)
    assert not path.exists()
    assert answer("simulate", card, "-o", path, "--seed", 1, *EXACT)["verdict"] == "agrees"
    assert words not in invoke("check", card, *EXACT).stderr
