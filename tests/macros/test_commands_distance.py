"""Commands on a detector that measures the distance: files, JSON, and that their numbers are right."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from support.examples import few
from support.invocation import answer, invoke, refusal

from analysis.histograms.histograms import bin_counts, histogram
from analysis.histograms.read import read_histogram
from analysis.histograms.write import write_json, write_root
from detsim.detector.distance_bins import bin_numbers
from detsim.event_files.event_writer import EventFile
from detsim.event_files.reader import TableFile
from detsim.expectation.prediction import predict
from detsim.simulation.monte_carlo import simulate_counts
from macros.card import load_card

CARD = "borexino-cr51-sterile"
MIXED = ("model.sin2_2theta=0.3", "model.delta_m2=1.5 eV2")
SET = tuple(part for key in MIXED for part in ("--set", key))


def columns(path):
    with EventFile(path) as file:
        return file.arrays()


@pytest.fixture(scope="module")
def card():
    return load_card(CARD, MIXED)


@pytest.fixture(scope="module")
def data(tmp_path_factory, card):
    """One data set in all formats."""
    folder = tmp_path_factory.mktemp("distances")
    answer("simulate", CARD, *SET, "-o", folder / "events.root", "--seed", 5)
    found = columns(folder / "events.root")
    h = histogram(found["T_reco"], card.experiment, L_reco=found["L_reco"])
    write_root(folder / "th2.root", {"plane": h, "line": h.project("T_reco")})
    write_json(folder / "uhi.json", h)
    near, low = (np.asarray(axis.edges) for axis in h.axes)
    rows = [
        f"{near[j]},{near[j + 1]},{low[i]},{low[i + 1]},{h.values()[j, i]}"
        for i in range(len(low) - 1)
        for j in range(len(near) - 1)
    ]
    (folder / "counts.csv").write_text("\n".join(["L_low,L_high,low,high,counts", *rows, ""]))
    return folder


def test_expect_is_by_distance_and_energy(card):
    """Contract: the lists of expect are those of `predict`, a list for each distance."""
    found = answer("expect", CARD, *SET)
    expected = predict(card.experiment, card.model)
    assert found["distance_edges"] == list(card.experiment.detector.distance.edges)
    assert np.shape(found["expected"]) == (23, 7)
    assert_array_equal(np.ravel(found["expected"]), expected.counts)
    assert_allclose(np.add(found["signal"], found["background"]), found["expected"], rtol=1e-12)
    assert found["total"] + found["underflow"] + found["overflow"] == pytest.approx(
        found["unbinned_total"], rel=1e-6
    )
    table = invoke("expect", CARD, *SET).stdout.splitlines()
    assert table[0].split() == ["L_reco", "T_reco", "signal", "background", "expected", "(Asimov)"]
    assert len(table) == 1 + 23 * 7 + 4
    assert table[2].split()[:4] == ["480–510", "cm", "250–300", "keV"]
    assert float(table[2].split()[-1]) == pytest.approx(found["expected"][0][0], rel=1e-5)


def test_check_tells_of_the_distances():
    """Contract: the text has bins, resolution and cut, the JSON the edges."""
    text = invoke("check", CARD, "--set", "detector.fiducial={wall_distance='20 cm'}").stdout
    for words in (
        "23 distances, 4.8 m to 11.7 m, of 7, 250 keV",
        "smeared by 15 cm",
        "at least 20 cm inside",
    ):
        assert words in text
    assert answer("check", CARD)["distance_edges"][:2] == [480, 510]


def test_simulated_distances_are_those_of_the_histogram(data, card):
    """Contract: the file's columns fill the bins that the events were counted in, but for rounding."""
    found = columns(data / "events.root")
    assert found["L_reco"].dtype == np.float32
    assert 450 < found["L_reco"].min() < 520
    assert 1130 < found["L_reco"].max() < 1200
    detector = card.experiment.detector
    numbers = bin_numbers(detector, found["T_reco"], found["L_reco"])
    counts = np.bincount(numbers, minlength=detector.n_bins + 2)
    exact = simulate_counts(card.experiment, card.model, seed=5)
    assert counts.sum() == exact.sum()
    assert abs(counts - exact).sum() <= 4  # float32 moves an event over an edge now and then


def test_detect_gives_what_simulate_gives(tmp_path):
    """Contract: true events keep their vertices, and are measured at the same distance."""
    true, reco, both = (tmp_path / f"{name}.root" for name in ("true", "reco", "both"))
    exact = ("--set", "run.precision=float64", "--events", 3000)
    answer("generate", CARD, *SET, "-o", true, "--seed", 3, "--events", 3000)
    assert "vertex_x" in columns(true)
    answer("detect", CARD, *SET, true, "-o", reco, "--set", "run.precision=float64")
    answer("simulate", CARD, *SET, "-o", both, "--seed", 3, *exact)
    a, b = columns(reco), columns(both)
    for name in b:
        assert_array_equal(a[name], b[name], err_msg=name)


@pytest.mark.parametrize("poi", few(["sin2_2theta", "delta_m2"], "sin2_2theta"))
def test_fit_of_every_format_is_the_same(data, poi):
    """Contract: one data set in files of all formats has one result, near the truth."""
    found = [
        answer("fit", CARD, data / spec, *SET, "--poi", poi)
        for spec in ("events.root", "th2.root:plane", "uhi.json", "counts.csv")
    ]
    estimate = found[0]["parameters"][poi]
    truth = {"sin2_2theta": 0.3, "delta_m2": 1.5}[poi]
    assert (
        abs(estimate["value"] - truth) < 4 * estimate["error"] < {"sin2_2theta": 0.1, "delta_m2": 0.02}[poi]
    )
    assert found[0]["ndof"] == 160
    for other in found[1:]:
        assert {k: v for k, v in other.items() if k not in {"data", "kind"}} == {
            k: v for k, v in found[0].items() if k not in {"data", "kind"}
        }


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("th2.root:line", "has 1 dimension, and the detector's has 2"),
        ("th2.root", "needs the name of a TH1 or TH2"),
        ("other.csv", "not those of detector.distance"),
    ],
)
def test_other_histograms_are_refused(data, spec, words):
    """Contract: the message names what does not fit."""
    (data / "other.csv").write_text("L_low,L_high,low,high,counts\n480,1170,0.25,0.6,3\n")
    assert words in refusal("fit", CARD, data / spec)


def test_a_plane_is_no_data_for_energies_alone(data):
    """Contract: a card without distances refuses them, and events of another card by its keys."""
    overrides = ("--set", "fit.poi=gamma")
    assert "has 2 dimensions" in refusal("fit", "borexino-cr51-realistic", data / "uhi.json", *overrides)
    message = refusal("fit", "borexino-cr51-realistic", data / "events.root", *overrides)
    assert "detector.distance.resolution: missing in this card, '15 cm' in the file's" in message


def test_limits(data):
    """Contract: mixed data bound it above their mixing; exact data without give the expected limit."""
    found = answer("limit", CARD, data / "events.root", *SET)
    assert found["parameter"] == "sin2_2theta"
    assert 0.3 < found["upper"] < 0.4
    expected = answer("limit", CARD, "--toys", 0)
    assert 0.02 < expected["upper"] == expected["asimov"] < 0.06


def test_toys_of_both_levels_and_stored_ones(tmp_path, card):
    """Contract: counts of toys have the bins of both axes; stored experiments keep their counts."""
    files = {}
    for level in ("counts", "events"):
        files[level] = tmp_path / f"{level}.root"
        toys = ("toys", CARD, *SET, "-n", 4, "--audit", 0, "--seed", 2)
        answer(*toys, "-o", files[level], "--toys-at", level)
        with TableFile(files[level], "toys") as table:
            found = table.arrays()
        expected = predict(card.experiment, card.model).counts
        assert found["counts"].shape == (4, 161)
        total = found["counts"].sum(axis=1)
        assert np.all(abs(total - expected.sum()) < 5 * expected.sum() ** 0.5)
        assert np.all(abs(found["sin2_2theta"] - 0.3) < 5 * found["sin2_2theta_error"])
    stored = tmp_path / "stored.root"
    answer("simulate", CARD, *SET, "--experiments", 3, "-o", stored, "--seed", 4)
    toys = ("toys", CARD, *SET, "--data", stored, "--audit", 0)
    assert answer(*toys, "-o", tmp_path / "t.root")["n_toys"] == 3
    with TableFile(tmp_path / "t.root", "toys") as table:
        counts = table.arrays()["counts"]
    experiment = card.experiment
    file = columns(stored)
    for k in range(3):
        mine = file["experiment"] == k
        h = histogram(file["T_reco"][mine], experiment, L_reco=file["L_reco"][mine])
        assert_array_equal(counts[k], bin_counts(h, experiment))
    one = answer("fit", CARD, *SET, stored, "--experiment", 1)
    assert one["ndof"] == 160


def test_weights_of_an_oscillation(tmp_path):
    """Twin: events without mixing, weighted to some, against quadrature in every bin."""
    drawn, path = tmp_path / "drawn.root", tmp_path / "weighted.root"
    answer("simulate", CARD, "-o", drawn, "--seed", 6)
    assert "draw them with vertices" in refusal("reweight", drawn, "--to", CARD, *SET, "-o", path)
    answer("simulate", CARD, "-o", drawn, "--seed", 6, "--set", "run.columns=['vertex']", "--force")
    found = answer("reweight", drawn, "--to", CARD, *SET, "-o", path)
    assert 1e-3 < found["p_value"] < 1
    assert "L_reco" in columns(path)


@pytest.mark.long
def test_run(tmp_path, card):
    """Contract: every format holds the counts of the file; there is a picture of the distance."""
    directory = tmp_path / "out"
    found = answer("run", CARD, *SET, "-o", directory, "--seed", 5)
    assert set(found["files"].values()) == {path.name for path in directory.iterdir()}
    assert (directory / "distance.pdf").read_bytes().startswith(b"%PDF-")
    experiment = card.experiment
    file = columns(directory / "events.root")
    counts = bin_counts(histogram(file["T_reco"], experiment, L_reco=file["L_reco"]), experiment)
    for spec in ("histograms.root:L_reco_T_reco", "spectrum.json", "spectrum.csv"):
        assert_array_equal(bin_counts(read_histogram(f"{directory}/{spec}"), experiment), counts)
    expected = read_histogram(f"{directory}/histograms.root:L_reco_T_reco_expected")
    prediction = predict(experiment, card.model)
    assert_array_equal(bin_counts(expected, experiment), prediction.counts)
    assert expected.values(flow=True).sum() == pytest.approx(prediction.with_flow.sum(), rel=1e-12)
    document = json.loads((directory / "expect.json").read_text())
    assert document["distance_edges"][-1] == 1170
    report = (directory / "report.html").read_text()
    assert report.count("<svg") == 6
    assert "Measured distance from the source" in report
    assert "from [m]" in report
    refused = refusal("run", CARD, *SET, "-o", directory, "--seed", 5)
    assert "--force" in refused
    answer("run", "borexino-cr51-realistic", "-o", directory, "--force", "--seed", 1)
    assert not (directory / "distance.pdf").exists()
    assert "L_low" not in (directory / "spectrum.csv").read_text()


def test_no_oscillation_without_places():
    """Contract: a flux has no distances; every key that asks for them is named at once."""
    message = refusal("expect", CARD, "--set", "source.flux=1e12 /cm2/s")
    for key in ("detector.distance: needs", "model.delta_m2: needs"):
        assert key in message
