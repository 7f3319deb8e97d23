"""Columns of directions in event files: no bit of the others changes; threads, slices, detect, rerun."""

import numpy as np
import pytest
from support.invocation import CARD, answer, invoke, refusal

from detsim.event_files.event_writer import EventFile
from simgen.events import DIRECTION_COLUMNS

ALL = ("--columns", "vertex,time,direction")
SPATIAL = "borexino-cr51-sterile"
"""Bins of the distance from the source, and neutrinos that oscillate: recording needs vertices."""


def digests(path):
    with EventFile(path) as file:
        return {name: branch["sha256"] for name, branch in file.provenance["branches"].items()}


def arrays(path):
    with EventFile(path) as file:
        return file.arrays()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("directions")


@pytest.fixture(scope="module")
def full(folder):
    path = folder / "full.root"
    answer("simulate", CARD, "--seed", 4, *ALL, "-o", path)
    return path


@pytest.mark.parametrize("card", [CARD, SPATIAL])
@pytest.mark.parametrize("command", ["simulate", "generate"])
def test_no_bit_of_other_columns_changes(folder, command, card):
    plain, full, two = (folder / f"{command}-{card}-{name}.root" for name in ("plain", "full", "two"))
    arguments = (command, card, "--seed", 4, "--events", 20_000)
    answer(*arguments, "--columns", "vertex,time", "-o", plain)
    answer(*arguments, *ALL, "-o", full, "--threads", 1)
    answer(*arguments, "--columns", "direction", "-o", two, "--threads", 2)
    before, after, alone = digests(plain), digests(full), digests(two)
    assert set(after) - set(before) == set(DIRECTION_COLUMNS)
    assert {name: after[name] for name in before} == before
    assert {name: after[name] for name in alone} == alone
    assert set(alone) >= set(DIRECTION_COLUMNS)
    assert ("vertex_x" in alone) == (command == "generate" and card == SPATIAL)


def test_slices_are_the_run(folder, full):
    parts = []
    with EventFile(full) as file:
        total = file.runinfo.n_generated
    for k, (first, n) in enumerate([(0, 900), (900, total - 900)]):
        path = folder / f"part{k}.root"
        answer("simulate", CARD, "--seed", 4, *ALL, "--first", first, "--events", n, "-o", path)
        parts.append(arrays(path))
    for name, column in arrays(full).items():
        np.testing.assert_array_equal(np.concatenate([part[name] for part in parts]), column)


@pytest.mark.parametrize("card", [CARD, SPATIAL])
def test_detect_keeps_what_true_events_have(folder, card):
    true, measured, at_once = (folder / f"{name}.root" for name in ("true", "measured", "at-once"))
    arguments = (card, "--seed", 6, "--events", 4000, "--set", "run.precision=float64", "--force")
    answer("generate", *arguments, *ALL, "-o", true)
    answer("simulate", *arguments, *ALL, "-o", at_once)
    answer("detect", card, true, "--set", "run.precision=float64", "-o", measured, "--force")
    found, expected = arrays(measured), arrays(at_once)
    assert list(found) == list(expected)
    for name, column in expected.items():
        np.testing.assert_array_equal(found[name], column)


def test_float32_columns_are_directions(full):
    events = arrays(full)
    signal = events["nu_pdg"] != 0
    assert set(events["nu_pdg"].tolist()) == {0, 12}
    for name in ("nu_dir", "e_dir"):
        square = sum(events[f"{name}_{axis}"].astype(float) ** 2 for axis in "xyz")
        np.testing.assert_allclose(square[signal], 1, atol=3e-7)
        assert np.all(square[~signal] == 0)


def test_rerun_and_inspect(full):
    assert answer("rerun", full)["identical"] is True
    branches = answer("inspect", full)["branches"]
    assert branches["nu_dir_x"]["intact"] is True
    assert branches["emission_z"]["unit"] == "cm"
    assert "direction of the electron" in invoke("inspect", full).stdout


def test_refusals(folder):
    path = folder / "no.root"
    assert "'vertx' is none of vertex, time, cos_theta, direction" in refusal(
        "simulate", CARD, "--columns", "vertx", "-o", path
    )
    told = refusal("simulate", "borexino-cr51-paper", "--columns", "time,direction", "-o", path)
    assert "asks for directions, and there is no place to draw them in" in told
    assert "--columns is for a simulation" in refusal(
        "run", CARD, "data.root", "--columns", "time", "-o", path
    )
    assert not path.exists()
