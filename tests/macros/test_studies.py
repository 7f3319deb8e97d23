"""`nugauge toys` and `coverage` as studies: audit, failed toys, figures, and the same bits in any chunks."""

import csv
import json

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from support.invocation import CARD, answer, invoke, refusal
from support.pages import read_page

from analysis.batch.fitter import BatchFitter
from analysis.pseudo_experiments import loop
from analysis.pseudo_experiments.fitted_toys import FAILED, RETRIED
from detsim.event_files.reader import TableFile

AUDIT = {"n", "estimate", "fval", "limit", "deeper", "shallower", "one_ended", "equal", "unfitted", "n_worst"}


def toys_of(path):
    with TableFile(path, "toys") as file:
        return file.arrays(), file.provenances[0]


def test_toys_are_audited(tmp_path):
    """Contract: in the JSON, the provenance and the text; the sample is the seed's; 0 switches it off."""
    path = tmp_path / "toys.root"
    found = answer("toys", CARD, "-n", 30, "-o", path, "--seed", 5)
    assert set(found["audit"]) == AUDIT
    assert found["audit"]["n"] - found["audit"]["n_worst"] == 20
    assert 0 < found["audit"]["n_worst"] <= 5
    assert 0 < found["audit"]["estimate"] < 1e-4
    assert 0 < found["audit"]["limit"] < 1e-6
    _, provenance = toys_of(path)
    assert provenance["audit"] == found["audit"]
    assert (provenance["n_failed"], provenance["n_retried"]) == (0, 0)
    assert answer("toys", CARD, "-n", 30, "-o", path, "--force", "--seed", 5)["audit"] == found["audit"]
    shown = invoke("toys", CARD, "-n", 3, "--audit", 2, "-o", path, "--force", "--seed", 5).stdout
    assert "audit: 3 toys (1 of them the worst) fitted again by MINUIT (EDM < 1e-10)" in shown
    assert answer("toys", CARD, "-n", 3, "--audit", 0, "-o", path, "--force", "--seed", 5)["audit"] is None
    assert answer("toys", CARD, "-n", 3, "--no-fit", "-o", path, "--force", "--seed", 5)["audit"] is None


def test_the_audit_is_documented():
    """Contract: the keys of an audit are those of the document."""
    text = read_page("reference/json.md")
    named = text.partition("- toys: ")[2].partition("\n- ")[0]
    assert {key for key in AUDIT if f"`{key}`" in named} == AUDIT


def test_coverage_and_bands_are_audited(tmp_path):
    path = tmp_path / "toys.root"
    found = answer("coverage", CARD, "--at", "0,0.1", "-n", 5, "--seed", 5, "--audit", 4, "-o", path)
    assert found["audit"]["n"] - found["audit"]["n_worst"] == 4
    assert toys_of(path)[1]["audit"] == found["audit"]
    shown = invoke("coverage", CARD, "--at", "0", "-n", 5, "--audit", 4, "--seed", 5).stdout
    assert "audit: 4 toys fitted again" in shown  # of five toys the worst is among them
    band = answer("limit", CARD, "--toys", 6, "--audit", 3, "--seed", 5)
    assert band["audit"]["n"] - band["audit"]["n_worst"] == 3
    assert band["audit"]["limit"] < 1e-6
    shown = invoke("limit", CARD, "--toys", 6, "--audit", 3, "--seed", 5).stdout
    assert f"audit: {band['audit']['n']} toys" in shown


def test_a_difference_is_in_the_text(tmp_path, monkeypatch):
    """Finds an audit that is not reported: the study takes a point that is no minimum."""
    original = BatchFitter.fit

    def fit(self, *data, **options):
        found = original(self, *data, **options)
        found.parameters[0, 0] += 1.0
        found.values[:] += 1.0
        return found

    monkeypatch.setattr(BatchFitter, "fit", fit)
    path = tmp_path / "x.root"
    shown = invoke("toys", CARD, "-n", 1, "-o", path, "--seed", 1)
    assert shown.exit_code == 1
    assert "1 of the 1 toys of the audit have a deeper minimum, which the study missed" in shown.stderr
    rows, provenance = toys_of(path)
    assert provenance["audit"]["deeper"] == len(rows["toy"]) == 1


@pytest.mark.usefixtures("second_diverges")
def test_retried_toys_are_counted(tmp_path):
    path = tmp_path / "toys.root"
    found = answer("toys", CARD, "-n", 4, "-o", path, "--seed", 1)
    assert (found["n_failed"], found["n_retried"]) == (0, 1)
    assert toys_of(path)[1]["n_retried"] == 1
    assert (
        "1 were fitted by MINUIT" in invoke("toys", CARD, "-n", 4, "-o", path, "--force", "--seed", 1).stdout
    )
    points = answer("coverage", CARD, "--at", "0,0.1", "-n", 4, "--seed", 1)["points"]
    assert [p["n_retried"] for p in points] == [1, 1]


@pytest.mark.usefixtures("second_diverges")
def test_too_many_failed_toys_end_a_study(tmp_path, monkeypatch):
    """Contract: status 1 and one message, after all has been written; --max-failed is the fraction."""
    monkeypatch.setattr("analysis.batch.minimiser.single_minima", lambda *_, **__: None)
    path = tmp_path / "toys.root"
    calls = {
        "toys": ("toys", CARD, "-n", 4, "-o", path, "--force", "--seed", 1, "--audit", 0),
        "coverage": (
            "coverage",
            CARD,
            "--at",
            "0",
            "-n",
            4,
            "--seed",
            1,
            "--audit",
            0,
            "-o",
            path,
            "--force",
        ),
    }
    for command, arguments in calls.items():
        path.unlink(missing_ok=True)
        result = invoke(*arguments, "--json")
        assert result.exit_code == 1, command
        assert "1 of 4 toys failed, 25 %, and --max-failed 0.01 allows 1 %" in result.stderr
        assert result.stderr.count("error: ") == 1
        assert json.loads(result.stdout)
        rows, _ = toys_of(path)
        assert rows["status"].tolist() == [0, FAILED | RETRIED, 0, 0]
        assert invoke(*arguments, "--max-failed", 0.25).exit_code == 0


def test_the_same_bits_for_any_threads_chunks_and_slices(tmp_path, monkeypatch):
    """Contract: a file in one go, on one thread toy by toy, and in two parts one after the other."""
    common = ("--seed", 3, "--set", "systematics.mass=0.01", "--audit", 2)
    answer("toys", CARD, "-n", 150, "-o", tmp_path / "whole.root", *common, "--threads", 2)
    answer("toys", CARD, "-n", 60, "-o", tmp_path / "a.root", *common)
    answer("toys", CARD, "-n", 90, "--first", 60, "-o", tmp_path / "b.root", *common)
    monkeypatch.setattr(loop, "_SECONDS", 1e-9)
    answer("toys", CARD, "-n", 150, "-o", tmp_path / "single.root", *common, "--threads", 1)
    (whole, origin), (single, other) = (toys_of(tmp_path / f"{name}.root") for name in ("whole", "single"))
    parts = [toys_of(tmp_path / f"{name}.root")[0] for name in "ab"]
    for name, column in whole.items():
        assert_array_equal(column, single[name], err_msg=name)
        assert_array_equal(column, np.concatenate([p[name] for p in parts]), err_msg=name)
    hashes = [{k: b["sha256"] for k, b in p["branches"].items()} for p in (origin, other)]
    assert hashes[0] == hashes[1]


def numbers(path):
    with path.with_suffix(".csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    document = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert document["columns"] == list(rows[0])
    assert len(document["rows"]) == len(rows)
    return rows


def test_figure_of_toys(seldom_rendered, tmp_path):
    """Contract: picture, CSV and JSON; their numbers are those of the file."""
    picture, path = tmp_path / "pulls.png", tmp_path / "toys.root"
    found = answer("toys", CARD, "-n", 200, "-o", path, "--seed", 2, "--audit", 0, "--figure", picture)
    assert found["figure"] == [str(picture.with_suffix(s)) for s in (".png", ".csv", ".json")]
    assert picture.read_bytes().startswith(b"\x89PNG")
    rows, _ = toys_of(path)
    shown = numbers(picture)
    pulls = rows["gamma"] / rows["gamma_error"]
    for row in (r for r in shown if r["quantity"] == "pull"):
        low, high = float(row["low"]), float(row["high"])
        assert float(row["toys"]) == np.count_nonzero((pulls >= low - 1e-9) & (pulls < high - 1e-9))
    (median,) = (float(r["low"]) for r in shown if r["quantity"] == "limit at 0 sigma")
    assert median == pytest.approx(np.median(rows["one_sided_upper"]), rel=0.02)


@pytest.mark.long
def test_figure_of_coverage(tmp_path):
    picture = tmp_path / "coverage.pdf"
    options = ("--at", "0.1,0", "-n", 20, "--seed", 2, "--audit", 0)
    found = answer("coverage", CARD, *options, "--figure", picture)
    assert picture.read_bytes().startswith(b"%PDF")
    rows = numbers(picture)
    assert [r["true gamma"] for r in rows] == ["0", "0", "0", "0.1", "0.1", "0.1"]
    for point in found["points"]:
        for name, method in point["methods"].items():
            (row,) = (r for r in rows if float(r["true gamma"]) == point["value"] and r["method"] == name)
            assert float(row["coverage"]) == pytest.approx(method["fraction"])
            assert row["verdict"] == method["verdict"]


def test_wrong_figures_are_refused_before_the_work(tmp_path):
    toys = ("toys", CARD, "-n", 10**9, "-o", tmp_path / "x.root", "--seed", 1)
    assert "must end in .pdf, .png or .svg" in refusal(*toys, "--figure", tmp_path / "x.jpg")
    assert "there is no directory" in refusal(*toys, "--figure", tmp_path / "none" / "x.png")
    assert "--no-fit fits nothing" in refusal(*toys, "--no-fit", "--figure", tmp_path / "x.png")
    assert not list(tmp_path.iterdir())
