"""Auxiliary measurements from the command line, files and toys, in every command that takes data."""

import json

import numpy as np
import pytest
import uproot
from support.examples import every
from support.former import unpack
from support.invocation import CARD, answer, invoke, refusal

from analysis.batch.fitter import BatchFitter
from analysis.fits.estimate import fit_counts
from analysis.fits.fitter import make_fitter
from macros.card import card_from_document, load_card
from macros.studies.datasets.files import load_data_sets
from macros.studies.inference import EXPECTED, open_inference
from macros.terminal.options.shared import ToyChoice

TWO = "borexino-hellaz-cr51"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("auxiliary")


@pytest.fixture(scope="module")
def events(folder):
    path = folder / "events.root"
    answer("simulate", CARD, "-o", path, "--seed", 1)
    return path


@pytest.fixture(scope="module")
def toys(folder):
    path = folder / "toys.root"
    answer("toys", CARD, "-n", 40, "--seed", 3, "-o", path, "--audit", 0)
    return path


def rows(path):
    with uproot.open(path) as root:
        return root["toys"].arrays(library="np")


def direct(events, pulls):
    """Fit with pulls given to the functions underneath."""
    card = load_card(CARD)
    fitter = make_fitter(card.together, card.model)
    counts = card.histogram(events).values()
    return fit_counts(fitter, counts, pulls)


def test_values_are_measured(events):
    """Closed form. activity 1.0036 is 0.2 of its 1.8 %, the rate 11.5 /d is 1.5 of 10 % of 10 /d."""
    expected = direct(events, (0.2, 1.5))
    options = ("--auxiliary", "activity=1.0036", "--auxiliary", "background_flat=11.5 /d")
    found = answer("fit", CARD, events, *options)
    for name, parameter in expected.parameters.items():
        assert found["parameters"][name]["value"] == pytest.approx(parameter.value, rel=1e-9)
    assert found["auxiliary"] == pytest.approx({"activity": 1.0036, "background_flat": 1.15})
    assert found["pulls"]["background_flat"]["prefit_x"] == pytest.approx(1.5)
    again = load_card(CARD).fit(events, auxiliary={"activity": 1.0036, "background_flat": "11.5 /d"})
    assert again.estimate.value == found["parameters"]["gamma"]["value"]
    assert answer("fit", CARD, events)["auxiliary"] == {"activity": 1.0, "background_flat": 1.0}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '{"activity": 1.0036, "background_flat": "11.5 /d"}'),
        ("a.csv", "name,value\nactivity,1.0036\nbackground_flat,1.15\n"),
        ("b.csv", "# measured\nname,value,unit\nactivity, 1.0036,\nbackground_flat, 11.5, /d\n"),
        ("c.csv", "name,value,unit\nactivity,1.0036,1\nbackground_flat,0.479166666666666667,/h\n"),
    ],
)
def test_files(events, tmp_path, name, text):
    """Contract. JSON and CSV, relative and with a unit, are the values of the command line."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    found = answer("fit", CARD, events, "--auxiliary", tmp_path / name)
    assert found["auxiliary"] == pytest.approx({"activity": 1.0036, "background_flat": 1.15}, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2]", "must be JSON, or CSV that begins with name,value"),
        ('{"activity": }', "is no JSON"),
        ('{"activity": 1, "activity": 2}', "has 'activity' twice"),
        ('{"activity": [1]}', "activity must be a number, or a text"),
        ("activity,1.01\n", "must be JSON, or CSV that begins with name,value"),
        ("name,value\nactivity\n", "must have a name, a value in each line"),
        ("name,value\nactivity,1\nactivity,2\n", "has 'activity' twice"),
        ("", "it begins with nothing"),
    ],
)
def test_wrong_files(events, tmp_path, text, message):
    path = tmp_path / "wrong.csv"
    path.write_text(text, encoding="utf-8")
    assert message in refusal("fit", CARD, events, "--auxiliary", path)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("activty=1.01", "did you mean activity?"),
        ("mass=1.01", "the fit has no such nuisance parameter; they are activity, background_flat"),
        ("gamma=0.1", "it is the parameter of interest"),
        ("activity=1.67 keV", "is no number in the units of the fit"),
        ("activity=much", "is no number in the units of the fit, in which the nominal value is 1"),
        ("activity=nan", "must be finite"),
        ("activity=", "write NAME=VALUE"),
        ("nothing.csv", "there is no such file"),
    ],
)
def test_wrong_values(events, value, message):
    """Contract. One message that says what is correct."""
    assert message in refusal("fit", CARD, events, "--auxiliary", value)


def test_laws(events, tmp_path):
    """Contract. A free parameter has no measurement, a log-normal one is above 0, none is given twice."""
    data = tmp_path / "data.csv"
    lines = [f"{low},{low + 50},400" for low in range(250, 550, 50)]
    data.write_text("\n".join(["low,high,counts", *lines]), encoding="utf-8")
    counts = (data, "--unit", "keV")
    options = ("--set", "background.flat.constraint=free")
    words = refusal("fit", CARD, *counts, *options, "--auxiliary", "background_flat=1.1")
    assert "background_flat: it is free in this card, and a free parameter has no" in words
    assert "first give it a constraint in the card" in words
    options = ("--set", "background.flat.constraint=log-normal")
    words = refusal("fit", CARD, *counts, *options, "--auxiliary", "background_flat=0")
    assert "must be above 0, because it is log-normal" in words
    words = refusal("fit", CARD, events, "--auxiliary", "activity=1", "--auxiliary", "activity=1.1")
    assert "activity is given twice, 1 and 1.1" in words


def test_a_measurement_far_from_nominal_is_warned_of(events):
    """Contract. 1.67 may be megacuries: said on standard error, and in Python as a warning."""
    found = invoke("fit", CARD, events, "--auxiliary", "activity=1.67")
    assert found.exit_code == 0
    assert "1.67, is 37.2 standard deviations from nominal (1)" in found.stderr
    with pytest.warns(UserWarning, match="standard deviations from nominal"):
        load_card(CARD).fit(events, auxiliary={"activity": 1.67})


def test_limit(events):
    """Contract. Limits with both kinds of thresholds follow the measurement; the expected one does not."""
    shifted = ("--auxiliary", "background_flat=1.2")
    plain, moved = (answer("limit", CARD, events, *o) for o in ((), shifted))
    assert moved["upper"] < plain["upper"] - 0.01
    assert moved["asimov"] == plain["asimov"]
    options = ("--method", "calibrated", "-n", 300, "--seed", 2)
    plain, moved = (answer("limit", CARD, events, *options, *o) for o in ((), shifted))
    assert moved["upper"] < plain["upper"] - 0.01
    assert moved["asimov"] == pytest.approx(plain["asimov"], abs=0.02)  # its true values lie elsewhere
    assert "--auxiliary and --toy go with DATA" in refusal("limit", CARD, *shifted)


def test_a_table_of_data_is_of_its_measurements(events, tmp_path):
    """Contract. Profiled thresholds serve the data and the measurements that they were profiled to, only."""
    table, shifted = tmp_path / "t.root", ("--auxiliary", "background_flat=1.05")
    made = ("--nuisances", "profiled", "-n", 50, "--seed", 1)
    answer("calibrate", CARD, events, *made, *shifted, "--at", "0:0.5:6", "-o", table)
    options = ("--method", "feldman-cousins", "--table", table)
    answer("limit", CARD, events, *options, *shifted)
    assert "data" in refusal("limit", CARD, events, *options)


@pytest.mark.long
def test_contour_goodness_and_compare(events):
    """Contract. Every other command that takes data: results follow the measurement."""
    shifted = ("--auxiliary", "background_flat=1.2")
    ranges = ("--x", "gamma=-0.6:0.4:21", "--y", "eps_R=-0.3:0.3:5")
    plain, moved = (answer("contour", CARD, events, *ranges, *o) for o in ((), shifted))
    assert moved["parameters"]["eps_R"]["value"] != plain["parameters"]["eps_R"]["value"]
    assert moved["fval"] != plain["fval"]
    gof = ("--gof", 50, "--seed", 1)
    found = answer("fit", CARD, events, *gof, *shifted)
    assert found["goodness_of_fit"]["statistic"] == pytest.approx(found["fval"], abs=1e-5)
    options = ("--set-a", "model.name=SM", "-n", 20, "--seed", 1)
    plain, moved = (answer("compare", CARD, CARD, events, *options, *o) for o in ((), shifted))
    assert moved["a"]["fval"] != plain["a"]["fval"]
    assert moved["auxiliary"]["background_flat"] == 1.2


@pytest.mark.parametrize("number", every(3, [0, 7, 39]))
def test_a_toy_is_fitted_again_from_its_file(toys, number):
    """Contract. The data are those of the toy, bit by bit in the compiled fit; MINUIT's to its tolerance."""
    row = {name: column[number] for name, column in rows(toys).items()}
    card = load_card(CARD)
    case = open_inference(card, load_data_sets(card, [str(toys)], toy=ToyChoice(number=number)))
    batch = BatchFitter(fitter=case.fitter).fit(case.counts[None], case.pulls[None])
    assert batch.parameters[0, 0] == pytest.approx(row["gamma"], rel=1e-9)
    assert batch.values[0] == pytest.approx(row["fval"], rel=1e-9)
    found = answer("fit", CARD, toys, "--toy", number)
    for name in ("gamma", "activity", "background_flat"):
        error = row[f"{name}_error"]
        assert found["parameters"][name]["value"] == pytest.approx(row[name], abs=1e-3 * error)
        assert found["parameters"][name]["error"] == pytest.approx(error, rel=1e-3)
    assert found["auxiliary"]["activity"] == pytest.approx(row["measured_activity"], rel=1e-12)
    assert found["data"] == f"{toys}, toy {number}"
    limit = answer("limit", CARD, toys, "--toy", number)["upper"]
    assert limit == pytest.approx(row["one_sided_upper"], abs=1e-3 * row["gamma_error"])
    assert card.fit(card.toy(toys, number)).estimate.value == found["parameters"]["gamma"]["value"]


def test_a_toy_of_several_experiments(folder):
    """Contract. Counts of all experiments are cut where they belong; free parameters have no measurement."""
    path = folder / "two.root"
    options = ("--set", "experiment.BOREXINO.background.flat.constraint=free")
    answer("toys", TWO, "-n", 5, "--seed", 3, "-o", path, "--audit", 0, *options)
    row = {name: column[4] for name, column in rows(path).items()}
    found = answer("fit", TWO, path, "--toy", 4, *options)
    value = found["parameters"]["gamma"]["value"]
    assert value == pytest.approx(row["gamma"], abs=1e-3 * row["gamma_error"])
    assert "BOREXINO.background_flat" not in found["auxiliary"]
    assert found["auxiliary"]["HELLAZ.mass"] == pytest.approx(row["measured_HELLAZ_mass"])


def test_a_toy_of_a_chi2(folder):
    """Contract. Counts of the paper's χ² with scatter, which are not whole numbers, come back unchanged."""
    path = folder / "paper.root"
    options = ("--set", "fit.likelihood=paper", "--set", "fit.error_per_bin=0.3")
    answer("toys", CARD, "-n", 5, "--seed", 3, "-o", path, "--audit", 0, *options)
    row = {name: column[2] for name, column in rows(path).items()}
    found = answer("fit", CARD, path, "--toy", 2, *options)
    value = found["parameters"]["gamma"]["value"]
    assert value == pytest.approx(row["gamma"], abs=2e-3 * row["gamma_error"])


def test_a_toy_of_a_study_of_coverage(folder):
    """Contract. A file with several true values: the message lists them, and one of them is chosen."""
    path = folder / "coverage.root"
    answer("coverage", CARD, "--at", "0,0.1", "-n", 5, "--seed", 3, "-o", path, "--audit", 0)
    assert "choose one of 3@0.0, 3@0.1" in refusal("fit", CARD, path, "--toy", 3)
    found = answer("fit", CARD, path, "--toy", "3@0.1")
    columns = rows(path)
    (which,) = np.flatnonzero((columns["toy"] == 3) & (columns["true_gamma"] == 0.1))
    error = columns["gamma_error"][which]
    value = found["parameters"]["gamma"]["value"]
    assert value == pytest.approx(columns["gamma"][which], abs=1e-3 * error)
    assert load_card(CARD).toy(path, 3, truth=0.1).source == f"{path}, toy 3, gamma = 0.1"


def test_wrong_toys(events, toys, tmp_path):
    """Contract. Another card is refused by name; toys, events and other files are told apart."""
    words = refusal("fit", CARD, toys, "--toy", 1, "--set", "systematics.activity=0.02")
    assert f"{toys} was made with another card: systematics.activity: 0.02 in this card" in words
    assert "has no toy 77: its toys are 0 to 39" in refusal("fit", CARD, toys, "--toy", 77)
    assert "holds no toys, and --toy chooses" in refusal("fit", CARD, events, "--toy", 1)
    assert "holds toys: choose one with --toy K" in refusal("fit", CARD, toys)
    assert "write K, or K@VALUE" in refusal("fit", CARD, toys, "--toy", "1@x")
    words = refusal("fit", CARD, toys, "--toy", 1, "--auxiliary", "activity=1.01")
    assert "a toy has its own counts and auxiliary measurements" in words
    assert "give one toy file" in refusal("fit", CARD, toys, toys, "--toy", 1)


def test_another_model_is_fitted_to_a_toy(toys):
    """Contract. The model may differ, and the parameter of interest."""
    found = answer("fit", CARD, toys, "--toy", 1, "--set", "model.name=SM", "--set", "fit.poi=delta_c_L")
    assert found["poi"] == "delta_c_L"


def test_auxiliary_file_is_not_written_over(events, tmp_path):
    path = tmp_path / "p.json"
    path.write_text(json.dumps({"activity": 1.0}), encoding="utf-8")
    words = refusal("fit", CARD, events, "--auxiliary", path, "--profile", tmp_path / "p.png", "--force")
    assert "p.json is the file that is read" in words


def test_other_answers_of_a_card(events, toys):
    """Contract. Data with measurements, and a toy, serve methods of a card as they serve the commands."""
    card, given = load_card(CARD), {"activity": 0.99, "background_flat": "10.7 /d"}
    data = card.measured(events, given)
    options = [f"--auxiliary={name}={value}" for name, value in given.items()]
    assert card.limit(data).upper == answer("limit", CARD, events, *options)["upper"]
    found = answer("fit", CARD, events, *options, "--gof", 30, "--seed", 1)["goodness_of_fit"]
    assert card.goodness_of_fit(data, 30, seed=1).p_value == found["p_value"]
    assert card.fit(data) == card.fit(events, auxiliary=given)
    assert card.fit.profile(data).delta.min() == 0
    assert card.histogram(card.toy(toys, 3)).values().sum() == rows(toys)["counts"][3].sum()
    with pytest.raises(ValueError, match="have auxiliary measurements already"):
        card.fit(data, auxiliary=given)
    with pytest.raises(ValueError, match="auxiliary measurements go with data"):
        open_inference(card, EXPECTED, auxiliary=given)


def test_a_toy_of_the_former_version(tmp_path):
    """Contract. Toy files of version 0.1, whose provenance has no checksum, are read, with a warning."""
    path = unpack(tmp_path) / "toys.root"
    with uproot.open(path) as root:
        document = json.loads(str(root["provenance"]))["card"]
        row = {name: c[1] for name, c in root["toys"].arrays(library="np").items()}
    card = card_from_document(document, name="former")
    with pytest.warns(UserWarning, match="no checksum"):
        data = card.toy(path, int(row["toy"]))
    assert card.fit(data).estimate.value == pytest.approx(row["gamma"], abs=2e-3 * row["gamma_error"])
