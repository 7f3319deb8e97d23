"""Commands that make events: JSON, and that their numbers are right."""

import json

import numba
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from support.examples import every
from support.invocation import CARD, answer, invoke, refusal

from detsim.event_files.event_writer import EventFile
from detsim.expectation.prediction import predict
from macros.card import load_card, presets
from macros.runs import production
from simgen.interaction.models import Model

SIMULATED = {"file", "seed", "n_generated", "n_written", "expected", "p_value", "events_per_second"}
EXACT = ("--set", "run.precision=float64")


def columns(path):
    with EventFile(path) as file:
        return file.arrays()


def assert_same(a, b):
    assert set(a) == set(b)
    for name in a:
        assert_array_equal(a[name], b[name], err_msg=name)


def test_expect():
    """Contract: expect's keys; the counts are those of `predict`, the total their sum."""
    found = answer("expect", CARD, "--set", "model.gamma=0.05")
    assert {"edges", "expected", "total", "unbinned_total", "model", "parameters"} <= set(found)
    card = load_card(CARD, ["model.gamma=0.05"])
    assert found["expected"] == predict(card.experiment, card.model).counts.tolist()
    assert found["total"] == pytest.approx(sum(found["expected"]), rel=1e-12)
    assert found["unbinned_total"] == pytest.approx(
        found["total"] + found["underflow"] + found["overflow"], rel=1e-6
    )
    assert found["edges"] == [0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55]
    assert (found["model"], found["parameters"]["gamma"]) == ("E6 χ", 0.05)


def test_simulate(tmp_path):
    """Contract: simulate's keys, and counts that belong to their expectation."""
    path = tmp_path / "events.root"
    found = answer("simulate", CARD, "-o", path, "--seed", 3)
    assert set(found) >= SIMULATED
    assert (found["file"], found["seed"]) == (str(path), 3)
    assert 1e-3 < found["p_value"] < 1
    assert found["n_written"] == len(columns(path)["event"])
    assert abs(found["n_written"] - found["expected"]) < 4 * found["expected"] ** 0.5
    assert found["n_generated"] > found["n_written"]
    assert found["events_per_second"] > 0


def test_places_and_times_of_files(tmp_path):
    """Contract: generate writes them, detect keeps them, simulate gives the same; without asking, none."""
    asked = ("--set", 'run.columns=["vertex", "time"]', *EXACT)
    true, reco, both = (tmp_path / f"{name}.root" for name in ("true", "reco", "both"))
    answer("generate", CARD, "-o", true, "--seed", 3, "--events", 3000, *asked)
    answer("detect", CARD, true, "-o", reco, *EXACT)
    answer("simulate", CARD, "-o", both, "--seed", 3, "--events", 3000, *asked)
    found = columns(both)
    assert {"vertex_x", "vertex_y", "vertex_z", "L", "time"} < set(found)
    assert_same(columns(reco), found)
    signal = found["component"] == 0
    assert 525 <= found["L"][signal].min() < found["L"][signal].max() <= 1125
    assert 0 <= found["time"].min() < found["time"].max() <= 100 * 86400
    answer("simulate", CARD, "-o", both, "--seed", 3, "--events", 30, "--force")
    assert "L" not in columns(both)
    refused = invoke(
        "simulate", "borexino-cr51-paper", "-o", both, "--force", "--set", 'run.columns=["vertex"]'
    )
    assert refused.exit_code == 2
    assert "run.columns" in refused.stderr


def test_p_value_sees_a_wrong_spectrum(tmp_path, monkeypatch):
    """Twin: finds a sampler that is 5 % off in γ-like shape: the verdict is not always good."""
    real = production.expected_counts
    wrong = Model(name="E6", beta=0.0, gamma=0.6, corrections="full", sin2_theta_w=0.2317)
    monkeypatch.setattr(production, "expected_counts", lambda experiment, _: real(experiment, wrong))
    made = invoke("simulate", CARD, "-o", tmp_path / "x.root", "--seed", 3, "--events", 200_000, "--json")
    assert json.loads(made.stdout)["p_value"] < 1e-6


@pytest.mark.parametrize("card", every(2, [CARD, "lama-pm147-realistic"]))
def test_generate_then_detect_is_simulate(tmp_path, card):
    """Contract: two stages through a file give the bits of one pass."""
    true, reco, both = (tmp_path / f"{name}.root" for name in ("true", "reco", "both"))
    n = ("--events", 4000)
    generated = answer("generate", card, "-o", true, "--seed", 5, *n)
    detected = answer("detect", card, true, "-o", reco, *EXACT)
    simulated = answer("simulate", card, "-o", both, "--seed", 5, *n, *EXACT)
    assert generated["n_generated"] == generated["n_written"] == 4000
    assert generated["p_value"] is None
    assert "T_reco" not in columns(true)
    assert 100 < detected["n_written"] == simulated["n_written"]
    assert detected["p_value"] == simulated["p_value"]
    assert_same(columns(reco), columns(both))
    with EventFile(reco) as a, EventFile(both) as b:
        assert a.runinfo == b.runinfo
        assert a.provenance["true_events"] != a.rows[0].uuid


def test_slices_join_to_the_whole(tmp_path):
    """Contract: event i of a run is the same in every slice of it."""
    slices = [(0, 700), (700, 1), (701, 1299)]
    answer("simulate", CARD, "-o", tmp_path / "whole.root", "--seed", 2, "--events", 2000)
    parts = []
    for first, n in slices:
        path = tmp_path / f"{first}.root"
        answer("simulate", CARD, "-o", path, "--seed", 2, "--events", n, "--first", first)
        parts.append(columns(path))
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    assert_same(joined, columns(tmp_path / "whole.root"))


def test_threads_and_chunks_change_nothing(tmp_path, monkeypatch):
    """Contract: neither the number of threads nor the chunk size is in the result."""
    answer("simulate", CARD, "-o", tmp_path / "a.root", "--seed", 2, "--threads", 1)
    monkeypatch.setattr("macros.runs.production.CHUNK", 500)
    answer("simulate", CARD, "-o", tmp_path / "b.root", "--seed", 2)
    assert_same(columns(tmp_path / "a.root"), columns(tmp_path / "b.root"))


@pytest.mark.parametrize(
    "command",
    [
        ("limit", "--toys", 2000, "--seed", 3, "--audit", 0),
        ("contour", "--x", "gamma=-0.1:0.1:5", "--y", "activity=0.98:1.02:5"),
    ],
    ids=lambda command: command[0],
)
def test_threads_do_not_change_what_is_fitted(command):
    """Contract."""
    before, (name, *options) = numba.get_num_threads(), command
    try:
        one = answer(name, CARD, *options, "--threads", 1)
        assert numba.get_num_threads() == 1
    finally:
        numba.set_num_threads(before)
    assert one == answer(name, CARD, *options)


@pytest.mark.parametrize("stated", [("--threads", 4096), ("--set", "run.threads=4096")])
def test_a_card_of_a_larger_machine_is_run_with_the_threads_that_are_there(tmp_path, stated):
    """Contract: one line says so, the file says what was used, and has the events of any other run."""
    most = numba.config.NUMBA_NUM_THREADS
    before = numba.get_num_threads()
    try:
        made = invoke("simulate", CARD, "-o", tmp_path / "a.root", "--seed", 2, *stated)
    finally:
        numba.set_num_threads(before)
    assert made.exit_code == 0, made.stderr
    lines = [line for line in made.stderr.splitlines() if "threads" in line]
    assert len(lines) == 1, made.stderr
    assert lines[0].startswith(f"warning: threads = 4096: this machine has {most} thread")
    answer("simulate", CARD, "-o", tmp_path / "b.root", "--seed", 2, "--threads", 1)
    numba.set_num_threads(before)
    assert_same(columns(tmp_path / "a.root"), columns(tmp_path / "b.root"))
    used = [EventFile(tmp_path / f"{name}.root").provenances[0]["threads"] for name in "ab"]
    assert used == [most, 1]


def test_a_card_of_a_larger_machine_computes_in_python():
    """Contract: a warning, the same events, and as many threads as before for what follows."""
    before = numba.get_num_threads()
    with pytest.warns(UserWarning, match="threads = 4096: this machine has"):
        events = load_card(CARD, ["run.threads=4096"]).simulate(seed=2)
    assert numba.get_num_threads() == before
    assert_array_equal(events.T_reco, load_card(CARD).simulate(seed=2).T_reco)


def test_a_first_without_a_length_is_the_rest_of_the_run(tmp_path):
    """Contract: its events are those of the run, its exposure is the part that it has of the run's."""
    whole, rest = tmp_path / "whole.root", tmp_path / "rest.root"
    n = answer("simulate", CARD, "-o", whole, "--seed", 2)["n_generated"]
    assert answer("simulate", CARD, "-o", rest, "--seed", 2, "--first", 1000)["n_generated"] == n - 1000
    found, all_ = columns(rest), columns(whole)
    assert_same(found, {name: column[all_["event"] >= 1000] for name, column in all_.items()})
    with EventFile(rest) as file:
        assert file.runinfo.equivalent_exposure == pytest.approx(100 * 86400 * (n - 1000) / n, rel=1e-12)
    message = refusal("simulate", CARD, "-o", tmp_path / "x.root", "--seed", 2, "--first", n + 1)
    assert f"the run of seed 2 has {n} events" in message


def test_experiments(tmp_path):
    """Contract: pseudo-experiments come as lists, each the same when it is made again alone."""
    path, again = tmp_path / "set.root", tmp_path / "one.root"
    found = answer("simulate", CARD, "-o", path, "--seed", 4, "--experiments", 5, "--first", 2)
    with EventFile(path) as file:
        lists = file.jagged("T_reco").to_list()
        assert file.experiments.tolist() == [2, 3, 4, 5, 6]
        assert file.runinfo.n_experiments == 5
    lengths = [len(one) for one in lists]
    assert sum(lengths) == found["n_written"]
    assert len(set(lengths)) > 1
    mean = found["expected"] / 5
    assert all(abs(n - mean) < 4.5 * mean**0.5 for n in lengths)
    drawn = set()
    for number, events in zip(range(2, 7), lists, strict=True):
        asked = ("--experiments", 1, "--first", number, "--force")
        one = answer("simulate", CARD, "-o", again, "--seed", 4, *asked)
        drawn.add(one["n_generated"])
        with EventFile(again) as file:
            assert file.jagged("T_reco").to_list() == [events]
    assert len(drawn) > 1


def test_events_bring_their_exposure(tmp_path):
    """Closed form: N events are N/rate of live time, and a fit of them uses this exposure."""
    path = tmp_path / "many.root"
    answer("simulate", CARD, "-o", path, "--seed", 6, "--events", 100_000)
    drawn = answer("check", CARD)["expected"]["generated"]
    with EventFile(path) as file:
        assert file.runinfo.n_generated == 100_000
        assert file.runinfo.equivalent_exposure == pytest.approx(100_000 / drawn * 100 * 86400, rel=1e-9)
    gamma = answer("fit", CARD, path)["parameters"]["gamma"]
    assert abs(gamma["value"]) < 4 * gamma["error"]
    for other in ("10 d", "1000 d"):
        found = answer("fit", CARD, path, "--set", f"exposure.duration={other}")
        assert found["parameters"]["gamma"] == gamma


@pytest.mark.parametrize("preset", every(3, presets()))
def test_every_preset_simulates(tmp_path, preset):
    """Twin: each preset's events agree with its quadrature (χ² at 1e-3; one seed)."""
    experiments = load_card(preset).experiments
    for of in [("--of", e.name) for e in experiments] if len(experiments) > 1 else [()]:
        made = answer("simulate", preset, *of, "-o", tmp_path / "x.root", "--seed", 1, "--force")
        assert made["p_value"] > 1e-3
