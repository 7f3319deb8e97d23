"""Commands that fit and set limits: JSON, and that their numbers are right."""

import json

import numpy as np
import pytest
from support import common_error
from support.cards import CASES
from support.examples import every
from support.invocation import CARD, answer, invoke, refusal

from analysis.histograms.histograms import histogram
from analysis.histograms.write import write_json, write_root
from detsim.event_files.event_writer import EventFile
from detsim.event_files.reader import TableFile
from macros.card import load_card
from simgen.parameters import mass_from_gamma

FIT = {"parameters", "poi", "level", "method", "valid", "reason", "fval", "ndof"}


LIMIT = {"parameter", "level", "method", "upper", "M_Zprime_GeV", "regions", "band", "asimov"}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """One data set in all formats."""
    folder = tmp_path_factory.mktemp("data")
    answer("simulate", CARD, "-o", folder / "events.root", "--seed", 11)
    experiment = load_card(CARD).experiment
    with EventFile(folder / "events.root") as file:
        h = histogram(file.arrays(["T_reco"])["T_reco"], experiment)
    write_root(folder / "th1.root", {"T_reco": h, "other": h * 2})
    write_json(folder / "uhi.json", h)
    edges = experiment.detector.edges
    rows = [f"{a},{b},{n}" for a, b, n in zip(edges, edges[1:], h.values(), strict=False)]
    (folder / "counts.csv").write_text("\n".join(["low,high,counts", *rows, ""]))
    return folder


def toys_of(path):
    with TableFile(path, "toys") as file:
        return file.arrays()


def test_fit_of_every_format_is_the_same(data):
    """Contract: fit's keys; one data set in files of all formats has one result."""
    specs = ["events.root", "th1.root:T_reco", "uhi.json", "counts.csv"]
    found = [answer("fit", CARD, data / spec) for spec in specs]
    first = found[0]
    assert set(first) >= FIT
    assert set(first["parameters"]) == {"gamma", "activity", "background_flat"}
    gamma = first["parameters"]["gamma"]
    assert set(gamma) >= {"value", "error", "lower", "upper"}
    assert (first["poi"], first["level"], first["method"]) == ("gamma", 0.683, "minos")
    assert first["valid"] is True
    assert gamma["lower"] < gamma["value"] < gamma["upper"]
    assert abs(gamma["value"]) < 4 * gamma["error"]
    assert first["fval"] < 5 * first["ndof"] == 25
    for other in found[1:]:
        assert {k: v for k, v in other.items() if k not in {"data", "kind"}} == {
            k: v for k, v in first.items() if k not in {"data", "kind"}
        }


def test_fit_options(data):
    """Contract: --poi and --set reach the fit; a wider level is a wider interval."""
    events = data / "events.root"
    assert answer("fit", CARD, events, "--poi", "sin2_theta_w")["poi"] == "sin2_theta_w"
    hesse = answer("fit", CARD, events, "--set", "fit.method=hesse")["parameters"]["gamma"]
    assert hesse["upper"] - hesse["value"] == pytest.approx(hesse["error"], rel=2e-3)
    narrow, wide = (
        answer("fit", CARD, events, "--set", f"fit.level={level}")["parameters"]["gamma"]
        for level in (0.683, 0.95)
    )
    assert wide["lower"] < narrow["lower"] < narrow["upper"] < wide["upper"]


def test_fit_of_one_experiment(tmp_path):
    """Contract: --experiment chooses; without it, several are refused with what to do."""
    path = tmp_path / "set.root"
    answer("simulate", CARD, "-o", path, "--seed", 4, "--experiments", 3, "--first", 2)
    numbers = [2, 3, 4]
    values = [answer("fit", CARD, path, "--experiment", k)["parameters"]["gamma"]["value"] for k in numbers]
    assert len(set(values)) == 3
    out = tmp_path / "toys.root"
    assert answer("toys", CARD, "--data", path, "-o", out)["n_toys"] == 3
    stored = toys_of(out)
    assert stored["toy"].tolist() == numbers
    error = stored["gamma_error"]
    assert np.all(np.abs(stored["gamma"] - values) < 1e-2 * error)


def test_blind_fit_is_no_failure(data):
    """Contract: a parameter that the data cannot measure is null, with a reason, and status 0."""
    found = answer("fit", CARD, data / "events.root", "--poi", "beta")  # at γ = 0 nothing depends on it
    assert found["valid"] is False
    assert "cannot measure" in found["reason"]
    names = ("value", "error", "lower", "upper")
    assert {name: found["parameters"]["beta"][name] for name in names} == dict.fromkeys(names)
    assert "not valid" in invoke("fit", CARD, data / "events.root", "--poi", "beta").stdout


def test_limit(data):
    """Contract: limit's keys, with data and without; the mass is that of the limit."""
    observed = answer("limit", CARD, data / "events.root")
    assert set(observed) >= LIMIT
    assert observed["band"] is None
    assert observed["regions"][0] == pytest.approx([0, observed["upper"]], rel=1e-9)
    assert observed["M_Zprime_GeV"] == pytest.approx(mass_from_gamma(observed["upper"]) / 1000)
    two = answer("limit", CARD, data / "events.root", "--method", "two-sided")
    assert two["upper"] > observed["upper"]
    few = ("--toys", 40, "--seed", 1, "--audit", 0)
    expected = answer("limit", CARD, *few)
    assert set(expected["band"]) == {"-2", "-1", "0", "1", "2"}
    band = [expected["band"][key] for key in ("-2", "-1", "0", "1", "2")]
    assert band == sorted(band)
    assert band[1] < expected["asimov"] < band[3]
    assert answer("limit", CARD, *few)["band"] == expected["band"]
    assert set(expected["band_errors"]) == {"-2", "-1", "0", "1", "2"}
    assert observed["band_errors"] is None


def test_a_poor_fit_is_said(tmp_path):
    """Contract: `fit` and `limit` warn in text, JSON and Python, with where to look; not of a good fit."""
    edges, expected = np.linspace(0.25, 0.55, 7), answer("expect", CARD)["expected"]
    for name, factors in (("bad", [1.4, 0.7, 1.4, 0.7, 1.4, 0.7]), ("good", [1.0] * 6)):
        counts = np.rint(np.multiply(expected, factors))
        rows = [f"{a},{b},{n:.0f}" for a, b, n in zip(edges, edges[1:], counts, strict=False)]
        path = tmp_path / f"{name}.csv"
        path.write_text("\n".join(["low,high,counts", *rows, ""]))
        for command in ("fit", "limit"):
            messages, document = invoke(command, CARD, path).stderr, answer(command, CARD, path)
            poor = name == "bad"
            assert ("the model does not describe the data: deviance" in messages) == poor
            assert ("`nugauge fit --gof N`" in messages) == ("`nugauge compare`" in messages) == poor
            quality = document["quality"]
            assert quality["poor"] == poor
            assert quality["p_value"] == max(quality["p_deviance"], quality["p_pearson"])
            python = getattr(load_card(CARD), command)(path).quality
            assert (python.fval, python.pearson, python.poor) == (quality["fval"], quality["pearson"], poor)


@pytest.mark.parametrize(
    ("poi", "method", "told"),
    every(
        3,
        [("gamma", "one-sided", True), ("gamma", "minos", False), ("delta_c_L", "one-sided", False)],
        unpack=True,
    ),
)
def test_the_lowest_value_is_told_where_there_is_one(poi, method, told):
    """Contract: of one-sided limits on a parameter whose physical range has a lower end."""
    model = () if poi == "gamma" else ("--set", "model.name=SM", "--set", f"fit.poi={poi}")
    few = ("--at", 0, "-n", 50, "--seed", 1, "--audit", 0)
    shown = invoke("coverage", CARD, *model, *few, "--method", method).stdout
    assert ("always holds the lowest physical value" in shown) == told


@pytest.mark.parametrize(("method", "told"), [("one-sided", True), ("two-sided", False)])
def test_a_one_sided_limit_says_that_it_is_one(method, told):
    """Contract: why values below the estimate are among the allowed ones."""
    shown = invoke("limit", CARD, "--method", method, "--toys", 0).stdout
    assert "\nallowed: [" in shown
    assert ("one-sided: it excludes no value below the estimate" in shown) == told


def test_no_limit_says_nothing_of_an_estimate():
    """Contract: where everything is allowed, as with a free activity and 4 counts, there is no estimate."""
    settings = ("exposure.duration=0.15 d", "systematics.activity=free", "background.flat.constraint=free")
    overrides = [word for text in settings for word in ("--set", text)]
    shown = invoke("limit", CARD, CASES / "few-counts.csv", "--poi", "mu_nu", *overrides).stdout
    assert "allowed: [0, open]" in shown
    assert "estimate" not in shown


def test_sensitivity_against_errors():
    """Contract: sensitivity's keys; a:b:n has both ends; more error, worse limit."""
    found = answer("sensitivity", "borexino-cr51-paper", "--errors", "0.01:0.15:5")
    keys = {"model", "parameter", "delta_chi2", "errors", "limit", "M_Zprime_GeV", "global_fit"}
    assert keys <= set(found)
    assert found["errors"] == pytest.approx([0.01, 0.045, 0.08, 0.115, 0.15], rel=1e-12)
    assert found["limit"] == sorted(found["limit"])
    assert found["delta_chi2"] == pytest.approx(2.7055, abs=5e-5)
    assert [mass_from_gamma(x) / 1000 for x in found["limit"]] == pytest.approx(found["M_Zprime_GeV"])


def test_the_global_fit_states_its_own_level():
    """Contract. Finds the 95 % bound of the global fit printed under limits of 90 % without its level."""
    common = ("borexino-cr51-paper", "--errors", "0.05:0.05:1", "--set", "fit.limit_level=0.9")
    found = answer("sensitivity", *common)
    assert (found["level"], found["method"]) == (0.9, "one-sided")
    assert (found["global_fit"], found["global_fit_level"]) == (pytest.approx(0.0764, abs=5e-5), 0.95)
    text = invoke("sensitivity", *common).stdout
    assert "limits at 90 % one-sided" in text
    assert "gamma < 0.0764 at 95 %" in text
    found = answer("sensitivity", CARD, "--scan", "fit.limit_level=0.9:0.95:2")
    assert found["level"] is None
    other = answer("sensitivity", "borexino-cr51-paper", "--errors", "0.05:0.05:1", "--poi", "mu_nu")
    assert other["global_fit"] is None is other["global_fit_level"]


def test_sensitivity_against_errors_knows_the_common_error():
    """Twin. Finds `systematics.activity` ignored beside errors per bin: the covariance's δ² N Nᵀ."""
    card = "borexino-cr51-paper"
    found = answer("sensitivity", card, "--errors", "0.05:0.05:1", "--set", "systematics.activity=0.02")
    assert found["limit"] == pytest.approx([common_error.limit("BOREXINO", "chi", 0.05, 0.02)], rel=2e-5)


@pytest.mark.parametrize(
    ("scan", "values"),
    [
        ("exposure.duration=10 d:200 d:3", ["10 d", "105 d", "200 d"]),
        ("exposure.duration=10:200:3", ["10 d", "105 d", "200 d"]),
        ("systematics.activity=0.001:0.05:3", [0.001, 0.0255, 0.05]),
        ("exposure.duration=240 h:0.2 yr:2", ["240 h", "1753.2 h"]),
        ("exposure.duration=10 d:1000:3:log", ["10 d", "100 d", "1000 d"]),
        ("exposure.duration=10,1 yr, 500 h", ["10 d", "1 yr", "500 h"]),
        ("systematics.activity=1e-3:0.1:3:log", [0.001, 0.01, 0.1]),
        ("model.beta=chi,psi", ["chi", "psi"]),
    ],
)
def test_sensitivity_against_a_key(scan, values):
    """Contract: a point of a scan is the card with that value; a unit may be left to the card's."""
    found = answer("sensitivity", CARD, "--scan", scan)
    assert found["values"] == values
    key = scan.partition("=")[0]
    assert found["key"] == key
    for value, limit in zip(values, found["limit"], strict=True):
        alone = answer("limit", CARD, "--toys", 0, "--set", f"{key}={json.dumps(value)}")
        assert limit == pytest.approx(alone["upper"], rel=1e-9)


def test_inspect(data):
    """Contract: inspect says what each file is; it reads the complete file unless --no-hashes is given."""
    found = answer("inspect", data / "events.root")
    assert (found["kind"], found["complete"], found["problem"]) == ("event file", True, None)
    assert found["contents_checked"]
    assert all(branch["intact"] for branch in found["branches"].values())
    assert not answer("inspect", data / "events.root", "--no-hashes")["contents_checked"]
    assert "contents were not read" in invoke("inspect", data / "events.root", "--no-hashes").stdout
    assert found["provenance"][0]["seed"] == 11
    assert answer("inspect", data / "th1.root")["histograms"] == {"T_reco": "TH1D", "other": "TH1D"}
    assert answer("inspect", data / "uhi.json")["kind"] == "histogram"
    shown = invoke("inspect", data / "events.root").stdout
    for words in ("event file", "complete: yes", "seed: 11", 'isotope = "Cr51"', "T_reco", "MeV"):
        assert words in shown


def test_damaged_data_are_not_fitted(tmp_path):
    """Contract: every command refuses a file in which one value was changed."""
    path = tmp_path / "events.root"
    answer("simulate", CARD, "-o", path, "--seed", 1, "--events", 500, "--set", "run.compression=none")
    with EventFile(path) as file:
        stored = file.arrays(["T_reco"])["T_reco"].astype(">f4").tobytes()
    content = path.read_bytes()
    path.write_bytes(content.replace(stored, np.float32(1e30).astype(">f4").tobytes() + stored[4:]))
    words = "the SHA-256 of T_reco is not the one written"
    for command in (("fit", CARD, path), ("limit", CARD, path)):
        assert words in refusal(*command)
    shown = invoke("inspect", path)
    assert (shown.exit_code, words in shown.stderr, "complete: no" in shown.stdout) == (2, True, True)


def test_check():
    """Contract: check says what a run gives."""
    found = answer("check", CARD)
    assert found["valid"] is True
    assert found["expected"]["in_bins"] == pytest.approx(answer("expect", CARD)["total"], rel=1e-9)
    assert found["limit"]["upper"] == pytest.approx(answer("limit", CARD, "--toys", 0)["upper"], rel=1e-9)
