"""Event files of several runs and experiments: merged, jagged, and what does not fit together."""

import json
from dataclasses import replace

import numpy as np
import pytest
import uproot
from support.joining import merge
from support.small_event_files import events, runinfo, write

from detsim.event_files.event_writer import EventFile, FileError, event_columns


@pytest.fixture
def whole(tmp_path):
    return write(tmp_path / "events.root", events(1000))


def test_merged_runs_sum_and_keep_their_provenance(tmp_path):
    a = write(tmp_path / "a.root", events(100), provenance={"seed": 1})
    b = write(tmp_path / "b.root", events(50, seed=2), provenance={"seed": 2})
    merged = merge(tmp_path / "ab.root", a, b)
    with EventFile(merged) as file:
        assert (file.runinfo.n_events, file.runinfo.n_generated) == (150, 300)
        assert file.runinfo.equivalent_exposure == 450
        assert [row.n_events for row in file.rows] == [100, 50]
        assert [p["seed"] for p in file.provenances] == [1, 2]
        assert all(file.check_hashes().values())


def test_runs_of_other_branches_do_not_merge(tmp_path):
    """Else hadd fills the weights of a run that has none with those of the other, or drops them."""
    plain = write(tmp_path / "a.root", events(100), provenance={"seed": 1})
    sample = replace(events(100, seed=2), weight=np.full(100, 2.0))
    columns = event_columns(detected=True, weights=True)
    weighted = write(tmp_path / "b.root", sample, columns=columns, provenance={"seed": 2})
    exact = write(tmp_path / "c.root", events(100, seed=3), precision="float64", provenance={"seed": 3})
    for other, different in ((weighted, "weight"), (exact, "E_nu, T, T_reco")):
        with pytest.raises(FileError, match=f"joins runs that differ in {different}: merge files"):
            EventFile(merge(tmp_path / "ab.root", plain, other))


def test_a_run_without_its_provenance_is_found(tmp_path, whole):
    merged = tmp_path / "merged.root"
    with uproot.open(whole) as good, uproot.recreate(merged) as out:
        for name in ("events", "runinfo"):
            types = {
                b.name: "string" if b.name == "uuid" else b.interpretation.to_dtype
                for b in good[name].branches
            }
            out.mktree(name, types).extend({key: good[name][key].array() for key in types})
        out["provenance"] = json.dumps({"uuid": "another", "branches": {}})
    with pytest.raises(FileError, match="no provenance of the run"):
        EventFile(merged)


def test_a_run_merged_twice_is_found(tmp_path, whole):
    with pytest.raises(FileError, match="same run twice"):
        EventFile(merge(tmp_path / "aa.root", whole, whole))


def test_the_same_events_in_two_runs_are_found(tmp_path):
    a = write(tmp_path / "a.root", events(100))
    b = write(tmp_path / "b.root", events(100, first=100), runinfo(100, first=199, last=398))
    with pytest.raises(FileError, match="events 199 to 199 of seed 1 twice"):
        EventFile(merge(tmp_path / "ab.root", a, b))


def test_jagged_has_a_list_for_each_experiment_also_the_empty_ones(tmp_path):
    sample = events(5, experiment=np.array([1, 1, 3, 3, 3]))
    info = runinfo(5, n_experiments=6)
    path = write(tmp_path / "a.root", sample, info, columns=event_columns(detected=True, experiments=True))
    with EventFile(path) as file:
        jagged = file.jagged("T_reco")
        assert jagged.to_list() == [
            [],
            sample.T_reco[:2].astype("f4").tolist(),
            [],
            sample.T_reco[2:].astype("f4").tolist(),
            [],
            [],
        ]
        np.testing.assert_array_equal(file.experiments, np.arange(6))


def test_jagged_sorts_events_by_experiment_and_keeps_their_order(tmp_path):
    sample = events(5, experiment=np.array([2, 0, 2, 0, 1]))
    path = write(tmp_path / "a.root", sample, runinfo(5, n_experiments=3), columns=["event", "experiment"])
    with EventFile(path) as file:
        assert file.jagged("event").to_list() == [[1, 3], [4], [0, 2]]


def test_an_event_outside_its_experiments_is_found(tmp_path):
    sample = events(2, experiment=np.array([0, 3]))
    path = write(tmp_path / "a.root", sample, runinfo(2, n_experiments=3), columns=["event", "experiment"])
    with EventFile(path) as file, pytest.raises(FileError, match="outside the pseudo-experiments"):
        file.jagged("event")


def test_jagged_of_merged_files_goes_by_experiment(tmp_path):
    columns = ["event", "experiment"]
    later = events(3, experiment=np.array([10, 12, 12]))
    sooner = events(2, experiment=np.array([0, 0]), seed=2)
    b = write(tmp_path / "b.root", later, runinfo(3, first_experiment=10, n_experiments=3), columns=columns)
    info = runinfo(2, n_experiments=2, first=10, last=20)
    a = write(tmp_path / "a.root", sooner, info, columns=columns)
    with EventFile(merge(tmp_path / "ba.root", b, a)) as file:
        assert file.jagged("event").to_list() == [[0, 1], [], [0], [], [1, 2]]
        np.testing.assert_array_equal(file.experiments, [0, 1, 10, 11, 12])


def test_merged_experiments_must_differ(tmp_path):
    parts = [
        write(
            tmp_path / f"{seed}.root",
            events(1, experiment=np.array([2])),
            runinfo(1, n_experiments=3),
            columns=["experiment"],
            provenance={"seed": seed},
        )
        for seed in (1, 2)
    ]
    with pytest.raises(FileError, match="pseudo-experiments 0 to 2 and again from 0"):
        EventFile(merge(tmp_path / "ab.root", *parts))


def test_jagged_needs_experiments(whole):
    with EventFile(whole) as file, pytest.raises(ValueError, match="no pseudo-experiments"):
        file.jagged("T_reco")
