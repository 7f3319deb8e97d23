"""`nugauge calibrate`, and the limits and coverage that its tables serve."""

import json

import numpy as np
import pytest
from support.examples import every, few
from support.invocation import CARD, answer, invoke, refusal

from analysis.calibration.file import read_calibration
from detsim.event_files.reader import TableFile
from macros.card import load_card
from macros.studies import calibrations

METHODS = ("feldman-cousins", "calibrated", "cls")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Data with γ at one standard deviation, and a table of 23 true values."""
    path = tmp_path_factory.mktemp("calibrate")
    answer("simulate", CARD, "-o", path / "events.root", "--seed", 13, "--set", "model.gamma=0.15")
    answer("calibrate", CARD, "-n", 2000, "--at", "0:0.55:23", "-o", path / "table.root", "--seed", 1)
    return path


@pytest.mark.long
def test_the_document_is_that_of_the_file(folder, tmp_path):
    """Contract: calibrate's keys; thresholds are those of the table; the same seed, the same table."""
    path = tmp_path / "again.root"
    found = answer("calibrate", CARD, "-n", 2000, "--at", "0:0.55:23", "-o", path, "--seed", 1)
    assert found["values"] == pytest.approx(np.linspace(0, 0.55, 23), abs=1e-12)
    assert (found["parameter"], found["n_toys"], found["n_failed"], found["level"]) == (
        "gamma",
        2000,
        0,
        0.95,
    )
    one, other = (read_calibration(p).calibration for p in (path, folder / "table.root"))
    assert np.array_equal(one.signed, other.signed)
    for method in ("feldman-cousins", "calibrated"):
        curve = one.thresholds(method, 0.95)
        assert [row[method]["threshold"] for row in found["thresholds"]] == curve.centre.tolist()
    assert answer("inspect", path, "--hashes")["complete"]
    text = invoke(
        "calibrate", CARD, "-n", 200, "--at", "0,0.2", "-o", path, "--force", "--level", 0.9, "--seed", 1
    ).stdout
    assert "thresholds in -2 Δln L at 90 %" in text
    assert "2 true values, 0 failed, seed 1" in text


@pytest.mark.parametrize("method", every(3, METHODS))
def test_limit_of_data(folder, method):
    """Contract: limit's keys with a table; the limit is near that of Δχ² = 3.84 or 2.71."""
    table = ("--table", folder / "table.root")
    found = answer("limit", CARD, folder / "events.root", "--method", method, *table)
    other = "one-sided" if method == "calibrated" else "two-sided"
    wilks = answer("limit", CARD, folder / "events.root", "--method", other)
    assert found["upper"] == pytest.approx(wilks["upper"], rel=0.25)
    assert 0 < found["mc_error"] < 0.1 * found["upper"]
    assert found["regions"] == [[0, found["upper"]]]
    assert found["regions_mc_error"] == [[0, found["mc_error"]]]
    assert found["band"] is None
    assert found["seed"] is None
    assert found["calibration"] == {
        "table": str(folder / "table.root"),
        "n_toys": 2000,
        "seed": 1,
        "nuisances": "nominal",
        "reference": 0,
    }
    keys = {"value", "q", "p_value", "threshold", "cls", "error"}
    assert len(found["thresholds"]) == 23
    for row in found["thresholds"]:
        assert set(row) == keys
        allowed = row["cls"] > 0.05 if method == "cls" else row["q"] <= row["threshold"]
        assert allowed == (row["value"] < found["upper"])
    text = invoke("limit", CARD, folder / "events.root", "--method", method, *table).stdout
    assert "(toys) at 95 %" in text


def test_expected_limit_and_its_band(folder):
    found = answer("limit", CARD, "--method", "cls", "--table", folder / "table.root", "--seed", 5)
    band = [found["band"][key] for key in ("-2", "-1", "0", "1", "2")]
    assert band == sorted(band)
    assert band[1] < found["asimov"] == found["upper"] < band[3]
    assert found["seed"] == 5


def test_without_a_table_it_calibrates_and_says_so(folder):
    arguments = ("limit", CARD, folder / "events.root", "--method", "feldman-cousins", "-n", 500, "--seed", 3)
    result = invoke(*arguments, "--json")
    assert "no --table: calibrating with 500 pseudo-experiments per true value" in result.stderr
    found = json.loads(result.stdout)
    assert found["calibration"]["table"] is None
    assert found["seed"] == 3
    profiled = answer(*arguments, "--nuisances", "profiled")
    assert profiled["calibration"]["nuisances"] == "profiled"
    assert profiled["upper"] == pytest.approx(found["upper"], rel=0.2)
    assert profiled["asimov"] is None


@pytest.mark.long
def test_a_limit_at_the_boundary_is_explained(tmp_path):
    """Counts 2 σ below what γ = 0 gives exclude every γ; CLs does not."""
    edges, counts = np.linspace(0.25, 0.55, 7), answer("expect", CARD)["expected"]
    rows = [f"{a},{b},{round(0.93 * n)}" for a, b, n in zip(edges, edges[1:], counts, strict=False)]
    (tmp_path / "low.csv").write_text("\n".join(["low,high,counts", *rows, ""]))
    common = ("limit", CARD, tmp_path / "low.csv", "-n", 2000, "--seed", 3, "--method")
    assert answer(*common, "calibrated")["upper"] == 0
    assert "every gamma above 0 is excluded" in invoke(*common, "calibrated").stderr
    assert answer(*common, "cls")["upper"] > 0.05


def test_a_table_that_ends_too_early(folder, tmp_path):
    answer("calibrate", CARD, "-n", 200, "--at", "0:0.02:3", "-o", tmp_path / "short.root", "--seed", 1)
    result = invoke(
        "limit",
        CARD,
        folder / "events.root",
        "--method",
        "feldman-cousins",
        "--table",
        tmp_path / "short.root",
    )
    assert result.exit_code == 0
    assert "no upper limit" in result.stdout
    assert "do not reach the end of the region" in result.stderr


@pytest.mark.parametrize(
    ("change", "message"),
    every(
        2,
        [
            (
                ("--set", "exposure.duration='50 d'"),
                "exposure.duration: '50 d' in this card, '100 d' in the file's",
            ),
            (("--set", "model.beta='psi'"), "model.beta: 'psi' in this card"),
            (("--set", "systematics.activity=0.02"), "systematics.activity: 0.02 in this card"),
            (("--set", "fit.drawn='counts'"), "drawn: 'counts' here, 'auxiliary' there"),
            (("--poi", "eps_L"), "parameter: 'eps_L' here, 'gamma' there"),
        ],
        unpack=True,
    ),
)
def test_a_table_of_another_card_is_refused(folder, change, message):
    """Contract: the message names the keys that differ; the level of the limit may differ."""
    common = ("limit", CARD, "--method", "cls", "--toys", 0, "--table", folder / "table.root")
    assert message in refusal(*common, *change)
    assert answer(*common, "--set", "fit.limit_level=0.9")["level"] == 0.9


def test_data_of_another_exposure_are_refused(folder, tmp_path):
    """A file made with --events N stands for the exposure in which N are expected."""
    path = tmp_path / "other.root"
    answer("simulate", CARD, "-o", path, "--events", 5000, "--seed", 1)
    common = ("--method", "cls", "--table", folder / "table.root")
    assert "exposure or detector differ" in refusal("limit", CARD, path, *common)


def test_a_table_of_profiled_data_serves_these_only(folder, tmp_path):
    table, events = tmp_path / "profiled.root", folder / "events.root"
    common = ("--at", "0:0.5:6", "-n", 100, "-o", table, "--seed", 1, "--nuisances", "profiled")
    answer("calibrate", CARD, events, *common)
    assert answer("limit", CARD, events, "--method", "calibrated", "--table", table)["upper"] > 0
    assert "serves only these" in refusal("limit", CARD, "--method", "calibrated", "--table", table)
    assert "serves only these" in refusal("coverage", CARD, "--at", 0, "-n", 5, "--table", table)
    answer("simulate", CARD, "-o", tmp_path / "other.root", "--seed", 12)
    assert "data:" in refusal(
        "limit", CARD, tmp_path / "other.root", "--method", "calibrated", "--table", table
    )


def test_few_toys_of_a_table_are_warned_of(folder):
    """At 90 % the error of 2000 toys shifts the coverage by 0.0067: limit and coverage say so."""
    method = ("--method", "feldman-cousins", "--level", 0.9, "--table", folder / "table.root")
    limit = invoke("limit", CARD, folder / "events.root", *method)
    assert limit.stderr.count("the thresholds come from 2000 toys") == 1
    (text,) = answer("limit", CARD, folder / "events.root", *method)["warnings"]
    assert "± 0.0067" in text
    assert not answer("limit", CARD, folder / "events.root")["warnings"]
    study = invoke("coverage", CARD, "--at", "0.1", "-n", 200, *method, "--seed", 2, "--audit", 0)
    assert study.stderr.count("the thresholds come from 2000 toys") == 1
    assert "feldman-cousins: the table's error of ± 0.0067 is included (2000 toys" in study.stdout


def test_coverage_with_a_table(folder, tmp_path):
    """Contract: all methods with a table; the file has for each toy whether its region holds the truth."""
    path = tmp_path / "toys.root"
    table = ("--table", folder / "table.root")
    study = ("--at", "0,0.1", "-n", 2000, "--audit", 0, "--seed", 2)
    found = answer("coverage", CARD, *study, *table, "-o", path)
    assert found["table"] == str(folder / "table.root")
    tables = {name: m["n_calibration"] for name, m in found["points"][0]["methods"].items()}
    assert tables == {"hesse": None, "minos": None, "one-sided": None, **dict.fromkeys(METHODS, 2000)}
    names = {"hesse", "minos", "one-sided", *METHODS}
    for point in found["points"]:
        assert set(point["methods"]) == names
        # 2000 toys in the table and 2000 judged by it: 4.5 σ
        assert point["methods"]["feldman-cousins"]["fraction"] == pytest.approx(0.95, abs=0.03)
    with TableFile(path, "toys") as file:
        rows = file.arrays()
    for method in METHODS:
        column = rows[f"{method.replace('-', '_')}_holds"]
        counted = [int(column[rows["true_gamma"] == p["value"]].sum()) for p in found["points"]]
        assert counted == [p["methods"][method]["covered"] for p in found["points"]]
    thresholds = read_calibration(folder / "table.root").calibration.thresholds("feldman-cousins", 0.95)
    at_zero = rows["true_gamma"] == 0
    inside = np.abs(rows["q_bounded"][at_zero]) <= thresholds.centre[0] + 1e-5
    assert np.array_equal(inside, rows["feldman_cousins_holds"][at_zero] == 1)


def test_wrong_options(folder, tmp_path):
    """Contract: each is refused with what is correct."""
    table, out = ("--table", folder / "table.root"), ("-o", tmp_path / "t.root")
    refused = {
        ("coverage", CARD, "--at", 0, "-n", 5, "--method", "cls"): "nugauge calibrate",
        ("coverage", CARD, "--at", 0, "-n", 5, *table, "--seed", 1): "take another",
        ("coverage", CARD, "--at", 0.9, "-n", 5, *table, "--seed", 2): "outside the table",
        ("limit", CARD, *table): "go with --method feldman-cousins",
        ("limit", CARD, "--method", "cls", *table, "-n", 5): "not for --table",
        ("limit", CARD, "--method", "cls", "--nuisances", "profiled"): "DATA has to say",
        (
            "limit",
            CARD,
            "--method",
            "cls",
            "--table",
            folder / "events.root",
        ): "no TTree or RNTuple 'calibration'",
        ("limit", CARD, "--method", "cls", "--table", folder / "none.root"): "no such file",
        ("calibrate", CARD, *out, "--nuisances", "profiled"): "DATA has to say",
        ("calibrate", CARD, *out, "--at", "0:x:3"): "a:b:n",
        ("calibrate", CARD, *out, "--at", "0,x"): "'x' is not a number",
        ("calibrate", CARD, *out, "--at", "-0.1,0"): "got -0.1",
        ("calibrate", CARD, *out, "--poi", "vector_mass"): "vector_mass",
        ("calibrate", CARD, *out, "-n", 10, "--at", "0,0.1", "--seed", 1): "at least 19",
    }
    for arguments, words in refused.items():
        result = invoke(*arguments)
        assert result.exit_code == 2, (arguments, result.output)
        assert words in " ".join(result.stderr.split()), (arguments, result.stderr)
    assert not (tmp_path / "t.root").exists()


@pytest.mark.parametrize("command", few(["limit", "report"], "limit"))
def test_limit_and_band_share_a_calibration(folder, unrendered, tmp_path, monkeypatch, command):
    """Contract. Finds thresholds that are made twice, and limits of data that the table does not reach."""
    made = []
    plain = calibrations.calibrate

    def counted(fitter, at, n, **options):
        made.append(list(at))
        return plain(fitter, at, n, **options)

    monkeypatch.setattr(calibrations, "calibrate", counted)
    options = ("--method", "feldman-cousins", "--toys", 200, "--seed", 3)
    if command == "limit":
        found = answer("limit", CARD, folder / "events.root", *options, "-n", 250)
    else:
        monkeypatch.setattr(calibrations, "N_CALIBRATION", 250)
        report = answer("report", CARD, folder / "events.root", *options, "-o", tmp_path / "r")
        found = {**report["limit"], "band": report["expected_limit"]["band"]}
    assert len(made) == 1
    assert found["upper"] is not None
    assert all(found["band"].values())
    alone = answer("limit", CARD, folder / "events.root", *options[:2], "-n", 250, "--seed", 3)
    assert len(made) == 2
    assert found["upper"] == pytest.approx(alone["upper"], abs=4 * alone["mc_error"])


def test_a_card_calibrates_in_python(folder):
    """Twin: the thresholds of the command, and limits with them, without a file."""
    card = load_card(CARD)
    table = card.calibrate(2000, at=[round(0.025 * i, 3) for i in range(23)], seed=1)
    stored = read_calibration(folder / "table.root").calibration
    np.testing.assert_array_equal(table.signed, stored.signed)
    options = {"method": "feldman-cousins", "n_toys": 0}
    events = str(folder / "events.root")
    assert card.limit(events, table=table, **options) == card.limit(
        events, table=folder / "table.root", **options
    )
    with pytest.raises(ValueError, match="thresholds go with the methods"):
        card.limit(events, table=table)
    with pytest.raises(ValueError, match="fitted to data"):
        card.calibrate(100, seed=1, profiled=True)
