"""`nugauge reweight` of a series: a series again, which commands that take data read as one data set."""

from pathlib import Path

import numpy as np
import pytest
import uproot
from support.examples import few
from support.file_series import names
from support.invocation import CARD, answer, invoke, refusal

from detsim.event_files.event_reader import EventFile
from macros.card import load_card

RUN = (CARD, "--seed", 2, "--set", "run.precision=float64")
TARGET = ("--to", CARD, "--set", "model.gamma=0.2")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run in one file and in three, both reweighted."""
    path = tmp_path_factory.mktemp("series")
    answer("simulate", *RUN, "-o", path / "one.root")
    parts = answer("simulate", *RUN, "-o", path / "part.root", "--events-per-file", 1500)["files"]
    one = answer("reweight", path / "one.root", *TARGET, "--gamma-templates", "-o", path / "w.root")
    series = answer("reweight", *reversed(parts), *TARGET, "--gamma-templates", "-o", path / "ws.root")
    return path, parts, one, series


def columns(*paths):
    arrays = []
    for path in paths:
        with EventFile(path) as file:
            arrays.append(file.arrays())
    return {name: np.concatenate([a[name] for a in arrays]) for name in arrays[0]}


def test_a_series_becomes_a_series(runs):
    """Twin: rows, sums and the comparison with quadrature are those of the single file."""
    path, parts, one, series = runs
    assert series["files"] == [str(path / f"ws-{i:04d}.root") for i in range(len(parts))]
    assert series["file"] == str(path / "ws.root")
    assert len(parts) > 1
    single, joined = columns(path / "w.root"), columns(*series["files"])
    assert list(single) == list(joined)
    for name, column in single.items():
        np.testing.assert_allclose(joined[name], column, rtol=1e-14, atol=1e-14, err_msg=name)
    for key in ("n_events", "sum_w", "sum_w2", "expected", "chi2", "ndof", "p_value", "gamma_templates"):
        assert series[key] == pytest.approx(one[key], rel=1e-9), key
    with EventFile(series["files"][1]) as file:
        assert file.provenance["run"]["series"] == {"name": "ws.root", "number": 1}
        assert file.rows[0].sum_w == pytest.approx(file.arrays()["weight"].sum(), rel=1e-12)
    assert answer("rerun", series["files"][1])["identical"]


@pytest.mark.parametrize("kind", few(["counts", "weighted"], "weighted"))  # test_series has counts, too
def test_every_command_with_data_takes_a_series(runs, tmp_path, kind):
    """Twin: the results are those of the single file."""
    path, parts, _, series = runs
    one, files = (path / "one.root", parts) if kind == "counts" else (path / "w.root", series["files"])

    def same(command, *keys, more=()):
        a, b = (answer(command, *more[:1], *data, *more[1:]) for data in ((one,), files))
        for key in keys:
            assert a[key] == pytest.approx(b[key], rel=1e-6, abs=1e-9), key
        assert a["kind"] == b["kind"] == "simulated"

    same("fit", "fval", "ndof", more=(CARD,))
    same("limit", "upper", more=(CARD, "--toys", 0))
    if kind == "counts":
        other = tmp_path / "other.toml"
        other.write_text(load_card(CARD, ["model.beta=psi"]).text())
        a, b = (answer("compare", CARD, other, *data, "-n", 20, "--seed", 1) for data in ((one,), files))
        assert a["delta"] == pytest.approx(b["delta"], rel=1e-6, abs=1e-8)
    a, b = (
        answer("contour", CARD, *data, "--x", "gamma=-0.3:0.3:3", "--y", "activity=0.9:1.1:3")
        for data in ((one,), files)
    )
    assert a["fval"] == pytest.approx(b["fval"], rel=1e-6, abs=1e-8)


def test_a_report_takes_a_series(runs, unrendered, tmp_path):
    """Contract: the page is that of one data set."""
    _, parts, _, _ = runs
    found = answer("report", CARD, *parts, "-o", tmp_path / "r", "--toys", 0)
    assert (tmp_path / "r" / "report.html").exists()
    assert found["fit"]["valid"]


def test_what_is_missing_or_there_twice(runs, tmp_path):
    """Contract: overlaps and other runs are refused as by `merge`, gaps are told; nothing is left behind."""
    path, parts, _, series = runs
    call = (*TARGET, "-o", tmp_path / "x.root")
    said = invoke("reweight", parts[0], parts[2], *call)
    assert said.exit_code == 0
    assert "events 1500 to 2999 and after 4499 are in none of the files" in " ".join(said.stderr.split())
    assert names(tmp_path) == ["x-0000.root", "x-0001.root"]
    answer("simulate", *RUN, "--events", 500, "-o", path / "few.root")
    for wrong in ((parts[0], path / "few.root"), (parts[0], parts[0]), (parts[0], series["files"][1])):
        reason = " ".join(refusal("reweight", *wrong, *TARGET, "-o", tmp_path / "y.root").split())
        assert "holds" in reason or "differs from" in reason
    assert names(tmp_path) == ["x-0000.root", "x-0001.root"]
    answer("simulate", CARD, "--seed", 9, "--events", 500, "--first", 1500, "-o", path / "seed.root")
    assert "seed: 9, not 2" in refusal(
        "reweight", parts[0], path / "seed.root", *call[:-1], tmp_path / "z.root"
    )


def test_a_new_series_replaces_the_former_whole(runs, tmp_path):
    """Contract: with --force none of the former files stays among the new ones."""
    _, parts, _, _ = runs
    call = (*TARGET, "-o", tmp_path / "x.root")
    answer("reweight", *parts, *call)
    assert "exists; --force replaces it" in refusal("reweight", *parts, *call)
    answer("reweight", *parts[:2], *call, "--force")
    assert names(tmp_path) == ["x-0000.root", "x-0001.root"]


def test_a_fault_in_a_later_file_leaves_nothing(runs, tmp_path):
    """Contract: a part of a series is no data set: files that were made go with the one that failed."""
    _, parts, _, _ = runs
    broken = []
    for i, part in enumerate(parts):
        copy = tmp_path / f"p-{i:04d}.root"
        content = bytearray(Path(part).read_bytes())
        if i == 1:
            with uproot.open(part) as file:
                start = int(file["events"]["event"].member("fBasketSeek")[0]) + 200
            content[start : start + 50] = bytes(byte ^ 255 for byte in content[start : start + 50])
        copy.write_bytes(content)
        broken.append(copy)
    before = names(tmp_path)
    refusal("reweight", *broken, *TARGET, "-o", tmp_path / "x.root")
    assert names(tmp_path) == before
