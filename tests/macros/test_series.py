"""Runs in several files: each is complete, together they are the run."""

import numpy as np
import pytest
from support.examples import every
from support.file_series import names, table
from support.invocation import CARD, answer, invoke, refusal

from detsim.event_files.event_writer import EventFile

LIMIT = ("--events-per-file", 1000)


def joined(files):
    arrays = [table(path)[0] for path in files]
    return {name: np.concatenate([a[name] for a in arrays]) for name in arrays[0]}


def assert_same(a, b):
    assert list(a) == list(b)
    for name in a:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)


@pytest.mark.parametrize("command", every(4, ["simulate", "generate"]))
@pytest.mark.parametrize("number", [("--events", 3500), ()], ids=["events", "poisson"])
def test_files_are_the_run(tmp_path, command, number):
    """Contract: events, ranges and exposures of the files add up to those of the single file."""
    single, name = tmp_path / "single.root", tmp_path / "events.root"
    one = answer(command, CARD, "-o", single, "--seed", 2, "--first", 10, *number)
    found = answer(command, CARD, "-o", name, "--seed", 2, "--first", 10, *number, *LIMIT)
    n = one["n_generated"]
    n_files = -(-n // 1000)
    assert found["file"] == str(name)
    assert found["files"] == [str(tmp_path / f"events-{i:04d}.root") for i in range(n_files)]
    assert {key: found[key] for key in ("n_generated", "n_written", "expected")} == {
        key: one[key] for key in ("n_generated", "n_written", "expected")
    }
    assert found.get("p_value") == one.get("p_value")
    assert_same(joined(found["files"]), table(single)[0])
    rows = [table(path)[1] for path in found["files"]]
    starts = range(10, n + 10, 1000)
    assert [(r.first, r.last) for r in rows] == [(s, min(s + 1000, n + 10) - 1) for s in starts]
    assert [r.n_generated for r in rows] == [r.last - r.first + 1 for r in rows]
    assert len({r.uuid for r in rows}) == n_files
    whole = table(single)[1].equivalent_exposure
    assert sum(r.equivalent_exposure for r in rows) == pytest.approx(whole, rel=1e-12)
    assert rows[0].equivalent_exposure == pytest.approx(whole * 1000 / n, rel=1e-12)
    assert names(tmp_path) == ["events-" + f"{i:04d}.root" for i in range(n_files)] + ["single.root"]


def test_files_hold_whole_experiments(tmp_path):
    """Contract: a pseudo-experiment is in one file, which has as many events as it may, or one of them."""
    single, name = tmp_path / "single.root", tmp_path / "events.root"
    run = ("--seed", 2, "--experiments", 5, "--first", 3)
    one = answer("simulate", CARD, "-o", single, *run)
    found = answer("simulate", CARD, "-o", name, *run, "--events-per-file", int(0.5 * one["n_generated"]))
    rows = [table(path)[1] for path in found["files"]]
    assert [(r.first_experiment, r.n_experiments) for r in rows] == [(3, 2), (5, 2), (7, 1)]
    assert sum(r.n_generated for r in rows) == one["n_generated"]
    assert [r.equivalent_exposure / (100 * 86400) for r in rows] == pytest.approx([2, 2, 1], rel=1e-12)
    assert_same(joined(found["files"]), table(single)[0])
    alone = answer("simulate", CARD, "-o", name, *run, "--events-per-file", 1, "--force")
    assert len(alone["files"]) == 5


@pytest.mark.parametrize(
    ("layout", "compression", "n"),
    every(2, [("ttree", "zstd-1", 1_800_000), ("rntuple", "none", 800_000)], unpack=True),
)
def test_files_are_not_larger_than_they_may_be(tmp_path, layout, compression, n):
    """Contract: and nearly as large once it is known how well events compress; the same files every time."""
    sets = ("--set", f"run.format={layout}", "--set", f"run.compression={compression}")
    run = (CARD, "--seed", 2, "--events", n, *sets)
    found = answer("simulate", *run, "-o", tmp_path / "a.root", "--file-size", "4 MB")
    again = answer(
        "simulate", *run, "-o", tmp_path / "b.root", "--set", "run.file_size=4e3 kB", "--threads", 1
    )
    rows = [[table(path)[1] for path in made["files"]] for made in (found, again)]
    assert [(r.first, r.last) for r in rows[0]] == [(r.first, r.last) for r in rows[1]]
    assert [r.last + 1 for r in rows[0][:-1]] == [r.first for r in rows[0][1:]]
    sizes = [path.stat().st_size for path in sorted(tmp_path.glob("a-*.root"))]
    assert len(sizes) >= 3
    assert max(sizes) <= 4e6
    assert max(sizes[:-1]) > 0.9 * 4e6


def test_limits_of_the_card(tmp_path):
    """Contract: as those of the command line, which come before."""
    limit = ("--set", "run.events_per_file=400")
    assert len(answer("simulate", CARD, *limit, "-o", tmp_path / "a.root", "--events", 1000)["files"]) == 3
    found = answer("simulate", CARD, *limit, *LIMIT, "-o", tmp_path / "b.root", "--events", 1000)
    assert len(found["files"]) == 1


def test_a_run_without_events_has_a_file(tmp_path):
    weak = ("--set", "source.flux=0.001 /cm2/s", "--set", "background.flat.rate=1e-4 /d")
    run = ("simulate", CARD, *weak, "--seed", 1, *LIMIT)
    for name, number, n in (("x", ("--experiments", 2), 2), ("y", (), 0)):
        found = answer(*run, "-o", tmp_path / f"{name}.root", *number)
        (row,) = [table(path)[1] for path in found["files"]]
        assert (row.n_generated, row.n_experiments) == (0, n)
        assert row.equivalent_exposure == max(n, 1) * 100 * 86400


def test_former_files(tmp_path):
    """Contract: refused; with --force all of the former series go, and none is left among the new."""
    name = tmp_path / "x.root"
    run = ("simulate", CARD, "-o", name, "--seed", 1)
    answer(*run, "--events", 3000, *LIMIT)
    (tmp_path / "x-other.root").write_bytes(b"")
    assert "x-0000.root: exists; --force replaces it" in refusal(*run, "--events", 1500, *LIMIT)
    answer(*run, "--events", 1500, *LIMIT, "--force")
    assert names(tmp_path) == ["x-0000.root", "x-0001.root", "x-other.root"]
    (tmp_path / "x-0007.root").mkdir()
    assert "x-0007.root: is a directory" in refusal(*run, "--events", 1500, *LIMIT, "--force")


@pytest.mark.parametrize("command", every(5, ["generate", "simulate", "detect", "reweight", "merge"]))
def test_a_file_that_is_there_stays(tmp_path, command):
    """Contract: without --force every command refuses to replace a file, which stays unchanged."""
    true, target = tmp_path / "true.root", tmp_path / "x.root"
    answer("generate", CARD, "-o", true, "--seed", 1, "--events", 100)
    arguments = {
        "generate": (CARD, "-o", target),
        "simulate": (CARD, "-o", target),
        "detect": (CARD, true, "-o", target),
        "reweight": (true, "--to", CARD, "-o", target),
        "merge": (target, true),
    }[command]
    answer("simulate", CARD, "-o", target, "--seed", 1, "--events", 20)
    older = target.read_bytes()
    assert refusal(command, *arguments).endswith(f"{target}: exists; --force replaces it\n")
    assert target.read_bytes() == older
    answer(command, *arguments, "--force")
    with EventFile(target) as file:
        assert len(file) > 20


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--file-size", "10"), "has no unit"),
        (("--file-size", "10 keV"), "is not the size of a file"),
        (("--file-size", "10 kB"), "at least 1 MB"),
        (("--events-per-file", 0), "--events-per-file"),
        (("--set", "run.file_size=10 kB"), "run.file_size"),
        (("--set", "run.events_per_file=0"), "run.events_per_file"),
        (("--set", "run.format=hdf5"), "run.format"),
    ],
)
def test_wrong_limits(tmp_path, arguments, words):
    result = invoke("simulate", CARD, "-o", tmp_path / "x.root", *arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert not names(tmp_path)


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    """A run in three files, in one, and another run."""
    folder = tmp_path_factory.mktemp("series")
    run = ("simulate", CARD, "--seed", 2, "--events", 2500)
    answer(*run, "-o", folder / "events.root", *LIMIT)
    answer(*run, "-o", folder / "whole.root")
    answer("simulate", CARD, "--seed", 3, "--events", 1000, "-o", folder / "other.root")
    return folder, [folder / f"events-{i:04d}.root" for i in range(3)]


def test_a_series_is_one_data_set(series):
    """Contract. `fit`, `limit` and others take all files of a run as they take the run, in any order."""
    folder, files = series
    for command in (
        ("fit",),
        ("limit", "--toys", 0),
        ("contour", "--x", "gamma=-1:1:2", "--y", "activity=0.9:1.1:2"),
    ):
        name, *options = command
        whole = answer(name, CARD, folder / "whole.root", *options)
        found = answer(name, CARD, *reversed(files), *options)
        assert found.pop("data") == ", ".join(map(str, reversed(files)))
        whole.pop("data")
        assert found == whole
    a, b = (
        answer("compare", CARD, CARD, *data, "-n", 20, "--seed", 1, "--fix-a")
        for data in (files, [folder / "whole.root"])
    )
    assert a["delta"] == b["delta"]


def test_weighted_files_are_one_data_set(series, tmp_path):
    folder, files = series
    weighted = [tmp_path / f"w{i}.root" for i in range(4)]
    for source, path in zip([*files, folder / "whole.root"], weighted, strict=True):
        answer("reweight", source, "--to", CARD, "--set", "model.gamma=0.1", "-o", path)
    found, whole = (answer("fit", CARD, *data) for data in (weighted[:3], weighted[3:]))
    assert found["weighted"]
    assert found["weights"]["n_effective"] == pytest.approx(whole["weights"]["n_effective"])
    assert found["parameters"]["gamma"]["value"] == pytest.approx(
        whole["parameters"]["gamma"]["value"], rel=1e-9
    )


def test_a_series_is_checked_as_merge_checks_it(series):
    """Contract. Another run, a file twice, and a file that is missing in between."""
    folder, files = series
    assert "differs from" in refusal("fit", CARD, files[0], folder / "other.root")
    assert f"{files[1]}" in refusal("limit", CARD, files[0], files[1], files[1])
    assert "one that holds it, alone" in refusal("fit", CARD, *files, "--experiment", 0)
    said = invoke("fit", CARD, files[0], files[2])
    assert said.exit_code == 0
    assert "warning: events 1000 to 1999 are in none of the files" in said.stderr
    part = answer("fit", CARD, files[0], files[2])
    assert part["parameters"]["gamma"]["error"] > answer("fit", CARD, *files)["parameters"]["gamma"]["error"]


def test_other_commands_name_merge(series):
    """Contract. Where files are not joined, what is to be run makes one file."""
    folder, files = series
    said = " ".join(
        refusal("toys", CARD, "-n", 2, "-o", folder / "t.root", *weights(files), "--seed", 1).split()
    )
    command = said.partition("joined with: nugauge ")[2].split()
    assert command == ["merge", str(folder / "events.root"), *map(str, files)]
    assert invoke(*command).exit_code == 0
    assert answer("fit", CARD, folder / "events.root")["valid"]
    again = refusal("toys", CARD, "-n", 2, "-o", folder / "t.root", *weights(files), "--seed", 1)
    assert f"{folder / 'events-joined.root'}" in again


def weights(files):
    return [word for file in files for word in ("--weights", file)]
