"""`nugauge report`, `run CARD DATA`, and `--report`: any data, any parameter, whole or not at all."""

import json
import re
import shlex
import shutil
from contextlib import nullcontext

import numpy as np
import pytest
from support.blank_pictures import blank_pictures
from support.examples import few
from support.invocation import CARD, answer, invoke, refusal

from macros.card import load_card
from macros.cli import COMMANDS
from macros.words import explain_parameter
from simgen.parameters import parameter_names

FEW = ("--seed", 1, "--toys", 50)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Run the main job once; return its directory."""
    directory = tmp_path_factory.mktemp("reports") / "run"
    with blank_pictures():
        answer("run", CARD, "-o", directory, "--seed", 1)
    return directory


@pytest.fixture(scope="module")
def reported(made):
    """Make a report of its events; return the directory, which is not to be changed, and the document."""
    directory = made.parent / "reported"
    with blank_pictures():
        return directory, answer("report", CARD, made / "events.root", "-o", directory, "--toys", 0)


@pytest.fixture(scope="module", params=few([blank_pictures, nullcontext], blank_pictures))
def told(request, made):
    """Make a report of a histogram for another parameter.

    Return the directory, what the terminal says, and whether pictures are blank, as a context.
    """
    directory = made.parent / f"told-{request.param_index}"
    options = ("--toys", 50, "--gof", 50, "--set", "fit.level=0.9", "--method", "two-sided", "--poi", "mu_nu")
    with request.param():
        result = invoke("report", CARD, made / "spectrum.json", "-o", directory, *options)
    assert result.exit_code == 0, result.stderr
    return directory, result.stdout, request.param


def page(directory):
    """Return the words of a report, without its drawings."""
    html = (directory / "report.html").read_text(encoding="utf-8")
    body = re.sub(r"<svg.*?</svg>|<style>.*?</style>", "", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body)).replace("&#39;", "'").replace("&gt;", ">")


def test_report_tells_the_numbers_of_the_commands(made, unrendered, tmp_path):
    """Contract. Fit and limit are those of `fit` and `limit`; what was found stands on the page."""
    events = made / "events.root"
    found = answer("report", CARD, events, "-o", tmp_path / "r", *FEW, "--gof", 50)
    fit, limit = answer("fit", CARD, events), answer("limit", CARD, events)
    for key in ("parameters", "fval", "minima", "pulls"):
        assert found["fit"][key] == fit[key]
    assert found["limit"]["upper"] == limit["upper"]
    expected = answer("limit", CARD, *FEW, "--audit", 0)
    assert found["expected_limit"]["band"] == expected["band"]
    assert found["kind"] == "simulated"
    text = page(tmp_path / "r")
    for words in (
        "Simulated data of BOREXINO", "These data are simulated: no detector took them.", "live time 100 d",
        "Cr51 nu_e up to 752 keV", "γ = (M_Z/M_Z′)² is the strength of a heavy neutral boson", str(events),
        f"upper limit {limit['upper']:.3g}", "M_Z′ >", "of 6 bins with 5 degrees of freedom",
        "for 6 bins, p =", "All local minima", "Goodness by pseudo-experiments", "from 50 pseudo-experiments",
        "Impacts: change of gamma", "fit.json",
    ):  # fmt: skip
        assert words in text, words
    quality = found["fit"]["quality"]
    deviance, pearson = (f", p = {quality[key]:.4g}" for key in ("p_deviance", "p_pearson"))
    assert deviance != pearson
    assert re.search(
        rf"degrees of freedom{re.escape(deviance)}; Pearson.s χ² = [\d.]+{re.escape(pearson)}", text
    )
    for name in found["files"].values():
        assert (tmp_path / "r" / name).is_file()


def test_the_terminal_tells_goodness_and_band(told):
    """Contract. Finds what was computed for minutes, and stands in the report only."""
    _, said, _ = told
    assert "goodness of fit: p " in said
    assert "expected median: " in said
    assert "expected band at -2" in said


def test_the_line_repeats_the_report(told):
    """Contract. The command that stands in a report makes the same numbers and figures."""
    first, _, pictures = told
    html = (first / "report.html").read_text(encoding="utf-8")
    assert "no detector took them" in page(first)
    assert explain_parameter("mu_nu") in page(first).replace("&#x27;", "'")
    line = re.search(r"<pre>(nugauge report .*?)</pre>", html, re.DOTALL)[1].replace("&#39;", "'")
    words = shlex.split(line)
    assert words[0] == "nugauge"
    assert "--seed" in words
    before = {path.name: path.read_bytes() for path in first.iterdir()}
    with pictures():
        result = invoke(*words[1:], "--force")
    assert result.exit_code == 0, result.stderr
    after = {path.name: path.read_bytes() for path in first.iterdir()}
    assert set(before) == set(after)
    assert {n for n in before if before[n] != after[n]} <= {"report.html"}  # when it was made


# events and a spectrum in JSON are in the tests beside it
@pytest.mark.parametrize("name", few(["spectrum.csv", "histograms.root:T_reco"], "spectrum.csv"))
def test_every_kind_of_data(made, unrendered, tmp_path, name):
    """Contract. The same data in any format give the same fit; what `run` wrote is known as simulated."""
    found = answer("report", CARD, made / name, "-o", tmp_path / "r", "--toys", 0)
    run = json.loads((made / "fit.json").read_text())
    assert found["fit"]["fval"] == pytest.approx(run["fval"], rel=1e-9)
    assert found["kind"] == "simulated"
    assert found["expected_limit"] is None
    assert "no detector took them" in page(tmp_path / "r")


def test_events(made, reported):
    """Contract. The fit is that of the run; the events are known as simulated."""
    directory, found = reported
    assert found["fit"]["fval"] == json.loads((made / "fit.json").read_text())["fval"]
    assert (found["kind"], found["expected_limit"]) == ("simulated", None)
    assert "no detector took them" in page(directory)


def test_a_toy(unrendered, tmp_path):
    answer("toys", CARD, "-n", 3, "--audit", 0, "--seed", 1, "-o", tmp_path / "t.root")
    found = answer("report", CARD, tmp_path / "t.root", "--toy", 1, "-o", tmp_path / "r", "--toys", 0)
    assert found["kind"] == "simulated"
    assert "--toy 1" in page(tmp_path / "r")


@pytest.mark.parametrize("poi", few(["eps_R", "sin2_theta_w"], "eps_R"))
def test_every_parameter_of_interest(made, seldom_rendered, tmp_path, poi):
    """Contract. The parameter is explained, fitted and limited."""
    found = answer("report", CARD, made / "events.root", "--poi", poi, "-o", tmp_path / "r", "--toys", 0)
    assert found["fit"]["poi"] == found["limit"]["parameter"] == poi
    assert explain_parameter(poi) in page(tmp_path / "r").replace("&#x27;", "'")


def test_parameters_are_all_explained():
    """Contract. Finds a parameter of a model that no sentence explains."""
    assert len({explain_parameter(name) for name in parameter_names()}) == len(parameter_names())


def test_several_experiments(seldom_rendered, tmp_path):
    """Contract. Data of all experiments of a card, each in its own bins."""
    card = "borexino-hellaz-cr51"
    loaded = load_card(card)
    data = []
    for name, expected in loaded.expect().items():
        counts = np.rint(expected.counts).astype(int)
        edges = loaded.of(name).experiment.detector.edges
        lines = [f"{a},{b},{n}" for a, b, n in zip(edges, edges[1:], counts, strict=False)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["low,high,counts", *lines, ""]))
        data.append(f"{name}={tmp_path / f'{name}.csv'}")
    answer("report", card, *data, "-o", tmp_path / "r", "--toys", 0)
    text = page(tmp_path / "r")
    for experiment in loaded.experiments:
        assert f"{experiment.name}: of the card's model" in text
    assert "they are taken for measured" in text
    rows = (tmp_path / "r" / "counts.csv").read_text().splitlines()
    assert len(rows) - 1 == sum(e.detector.n_bins for e in loaded.experiments)


def test_run_with_data(made, unrendered, tmp_path):
    """Contract. `run CARD DATA` is a report of data, and refuses options of a simulation."""
    events = made / "events.root"
    found = answer("run", CARD, events, "-o", tmp_path / "r")
    assert "simulation" not in found
    assert found["fit"]["fval"] == json.loads((made / "fit.json").read_text())["fval"]
    for option in (("--seed", 1), ("--set", "run.seed=3"), ("--set", "run.events_per_file=5")):
        said = refusal("run", CARD, events, "-o", tmp_path / "x", *option)
        assert "for a simulation, and DATA are given" in said
    assert not (tmp_path / "x").exists()


def test_nothing_is_replaced_without_force(made, reported, unrendered, tmp_path):
    """Contract. A report replaces a report, with --force; nothing of a run or of the user's."""
    events, target = made / "events.root", tmp_path / "r"
    command = ("report", CARD, events, "-o", target, "--toys", 0)
    shutil.copytree(reported[0], target)
    assert "--force replaces it" in refusal(*command)
    answer(*command, "--force")
    assert "which no run made" in refusal(*command[:4], tmp_path, "--toys", 0, "--force")
    said = refusal("report", CARD, events, "-o", made, "--toys", 0, "--force")
    assert "a file that is read" in said
    other = tmp_path / "other.csv"
    other.write_bytes((made / "spectrum.csv").read_bytes())
    said = refusal("report", CARD, other, "-o", made, "--toys", 0, "--force")
    assert "is of `run`, with simulated events" in said
    (target / "report.html").write_text("mine")
    assert "that this program did not write" in refusal(*command, "--force")


def test_simulated_data_of_a_run_are_called_simulated(made):
    text = page(made)
    assert "from simulated data of BOREXINO" in text
    assert "events were recorded of" in text
    assert "7 bins, those outside of the analysis included" in text
    assert "Limit beside those expected" in text


def test_coverage_calibration_and_campaign_write_reports(seldom_rendered, short_trial, tmp_path):
    """Contract. One spelling, `--report DIR`; the numbers stand on the page and beside it."""
    study = ("--at", "0,0.1", "-n", 50, "--seed", 1, "--audit", 2)
    found = answer("coverage", CARD, *study, "--report", tmp_path / "cov")
    assert found["report"] == str(tmp_path / "cov" / "report.html")
    text = page(tmp_path / "cov")
    assert "Coverage of intervals of gamma at 95 %" in text
    for point in found["points"]:
        for name, method in point["methods"].items():
            assert name in text
            assert f"{method['fraction']:.4f}" in text
    document = json.loads((tmp_path / "cov" / "result.json").read_text())
    assert document["points"] == found["points"]
    options = ("-n", 500, "--at", "0,0.1", "--seed", 1, "-o", tmp_path / "t.root")
    found = answer("calibrate", CARD, *options, "--report", tmp_path / "cal")
    assert f"{found['thresholds'][0]['feldman-cousins']['threshold']:.4g}" in page(tmp_path / "cal")
    task = ("simulate", CARD, "--events", 100, "--seed", 1)
    answer("campaign", "new", tmp_path / "c", *task, "--chunk-size", 50)
    found = answer("campaign", "status", tmp_path / "c", "--report", tmp_path / "state")
    assert "of 2 chunks done" in page(tmp_path / "state")
    said = refusal("campaign", "status", tmp_path / "c", "--report", tmp_path / "state")
    assert "--force replaces it" in said


def test_a_report_is_refused_before_the_work(tmp_path):
    """Contract. Finds a study that computes, and cannot write its report then."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "x.txt").write_text("mine")
    said = refusal("coverage", CARD, "--at", 0, "-n", 10**9, "--seed", 1, "--report", tmp_path / "mine")
    assert "which no run made" in said


def test_reports_stand_in_the_help():
    assert "report" in COMMANDS
    assert "--report" in invoke("coverage", "--help").stdout
