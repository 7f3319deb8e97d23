"""A sample that quadrature contradicts: the files stay, the command says so and fails."""

import json

import numpy as np
import pytest
from scipy.stats import chi2, poisson
from support.invocation import CARD, answer, invoke

from analysis.histograms.goodness_of_bins import Comparison, compare, compare_weighted
from detsim.event_files.event_writer import EventFile
from detsim.simulation.monte_carlo import event_plan
from macros.runs import production
from macros.runs.event_totals import check_verdict
from simgen.interaction.models import E6

N = ("--seed", 3, "--events", 200_000)
WRONG = E6(beta="chi", gamma=0.6)


@pytest.fixture
def wrong_sampler(monkeypatch):
    """Events that are drawn from another model than the card's."""
    monkeypatch.setattr(production, "event_plan", lambda experiment, _: event_plan(experiment, WRONG))


def failure(*arguments, json_too=True):
    """Run a command that has to fail by its own check; return its JSON and its message."""
    made = invoke(*arguments, *(["--json"] if json_too else []))
    assert made.exit_code == 1, (made.exit_code, made.output)
    assert made.stderr.count("error: ") == 1
    assert "Traceback" not in made.stderr
    assert "kept, but it disagrees with quadrature (χ² = " in made.stderr
    return (json.loads(made.stdout) if json_too else made.stdout), made.stderr


def is_whole(path, n=200_000):
    with EventFile(path) as file:
        assert all(file.check_hashes().values())
        assert file.runinfo.n_generated == n
    return True


def test_right_samples_agree(tmp_path):
    """Contract: status 0 and the verdict in words; null where nothing is compared."""
    true, reco = tmp_path / "true.root", tmp_path / "reco.root"
    assert answer("generate", CARD, "-o", true, *N)["verdict"] is None
    assert answer("detect", CARD, true, "-o", reco)["verdict"] == "agrees"
    assert answer("simulate", CARD, "-o", tmp_path / "a.root", *N)["verdict"] == "agrees"
    assert answer("simulate", CARD, "-o", tmp_path / "b.root", "--seed", 1, "--events", 3)["verdict"] is None
    weighted = answer("reweight", reco, "--to", CARD, "--set", "model.gamma=0.1", "-o", tmp_path / "w.root")
    assert weighted["verdict"] == "agrees"


@pytest.mark.parametrize("json_too", [True, False])
def test_simulate(tmp_path, wrong_sampler, json_too):
    """Contract: events of γ = 0.6 under a card of γ = 0."""
    path = tmp_path / "x.root"
    found, text = failure("simulate", CARD, "-o", path, *N, json_too=json_too)
    assert f"error: {path}: kept" in text
    assert is_whole(path)
    if json_too:
        assert found["verdict"] == "disagrees"
        assert found["p_value"] < 1e-6
    else:
        assert "200000 drawn" in found


def test_a_series(tmp_path, wrong_sampler):
    """Contract: all files are kept and named."""
    path = tmp_path / "x.root"
    found, text = failure("simulate", CARD, "-o", path, *N, "--events-per-file", 80_000)
    assert found["verdict"] == "disagrees"
    assert f"{tmp_path / 'x-0000.root'} to x-0002.root: kept" in text
    assert [is_whole(file, n) for file, n in zip(found["files"], (80_000, 80_000, 40_000), strict=True)]


def test_detect_and_reweight(tmp_path, monkeypatch):
    """Contract: a file of wrong true events is found by what reads it, measured or weighted."""
    true, reco, again = (tmp_path / f"{name}.root" for name in ("true", "reco", "w"))
    with monkeypatch.context() as patch:
        patch.setattr(production, "event_plan", lambda experiment, _: event_plan(experiment, WRONG))
        assert answer("generate", CARD, "-o", true, *N)["verdict"] is None
    assert failure("detect", CARD, true, "-o", reco)[0]["verdict"] == "disagrees"
    assert is_whole(reco)
    to = ("--to", CARD, "--set", "model.gamma=0.05", "-o", again)
    found, text = failure("reweight", reco, *to)
    assert found["verdict"] == "disagrees"
    assert "or it is not what its card says" in text
    assert is_whole(again)


@pytest.mark.long
def test_run(tmp_path, wrong_sampler):
    """Contract: the directory of a run is kept, with all that was made."""
    directory = tmp_path / "run"
    more = ("--seed", 3, "--set", "source.activity=100 MCi")
    found, text = failure("run", CARD, "-o", directory, *more)
    assert found["simulation"]["verdict"] == "disagrees"
    assert f"error: {directory}: kept" in text
    assert all((directory / name).is_file() for name in found["files"].values())
    assert "disagree" in (directory / "report.html").read_text(encoding="utf-8")


def test_chance_is_no_failure():
    """Closed form: 1e-6 is the limit, and no test is no failure."""
    for p_value, verdict in ((1e-6, "agrees"), (np.nextafter(1e-6, 0), "disagrees"), (None, None)):
        comparison = Comparison(chi2=30.0, ndof=3, p_value=p_value)
        assert comparison.verdict == verdict
        if verdict != "disagrees":
            check_verdict(comparison, "a.root")
    check_verdict(None, "a.root")


def test_few_counts_are_no_failure():
    """Closed form: Poisson(5) is 16 or more with p = 7e-5, where Pearson's χ² says 9e-7; 25 is a surplus."""
    rare = compare([16], [5])
    assert poisson.sf(15, 5) > 6e-5
    assert rare.p_value < 1e-6
    assert rare.verdict == "agrees"
    assert compare([25], [5]).verdict == "disagrees"
    weights = np.full(30, 2.0)
    found = compare_weighted([weights.sum()], [(weights**2).sum()], [18.0])
    assert found.p_deviance == pytest.approx(chi2.sf(2 * (9 - 30 + 30 * np.log(30 / 9)), 1), rel=1e-9)
