"""`nugauge reweight`: JSON, files, fits of them, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
import uproot
from numpy.testing import assert_allclose, assert_array_equal
from support.invocation import CARD, answer, invoke, refusal

from analysis.fits.estimate import fit
from analysis.fits.limits import limit
from analysis.histograms.histograms import histogram
from analysis.histograms.write import write_json, write_root
from detsim.event_files.event_writer import EventFile, EventWriter
from detsim.event_files.reader import TableFile
from macros.card import load_card
from macros.terminal.console import plain
from macros.words.result_documents import fit_document, limit_document
from simgen.events import Events

CHI = ("--set", "model.gamma=0.2")
EXACT = ("--set", "run.precision=float64")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    path = tmp_path_factory.mktemp("samples")
    for command, more in (("generate", ()), ("simulate", EXACT)):
        answer(command, CARD, "-o", path / f"{command}.root", "--seed", 5, "--events", 20_000, *more)
    return path


def columns(path):
    with EventFile(path) as file:
        assert all(file.check_hashes().values())
        return file.arrays()


def test_measured_events(files, tmp_path):
    """Contract: keys, sums and provenance; the verdict is that of quadrature."""
    source, path = files / "simulate.root", tmp_path / "w.root"
    found = answer("reweight", source, "--to", CARD, *CHI, "-o", path, "--gamma-templates")
    before, after = columns(source), columns(path)
    for name, column in before.items():
        assert_array_equal(after[name], column)
    w = after["weight"]
    assert found["n_events"] == len(w)
    assert found["sum_w"] == pytest.approx(w.sum(), rel=1e-12)
    assert found["sum_w2"] == pytest.approx(np.sum(w**2), rel=1e-12)
    assert found["n_effective"] == pytest.approx(w.sum() ** 2 / np.sum(w**2), rel=1e-12)
    drawn = answer("check", CARD)["expected"]["generated"]
    target = answer("expect", CARD, *CHI)
    mean = 20_000 / drawn * sum(target[k] for k in ("total", "underflow", "overflow"))
    assert found["expected"] == pytest.approx(mean, rel=1e-6)
    assert found["p_value"] > 1e-3
    abc = [after[f"weight_{x}"] for x in "ABC"]
    assert_allclose(abc[0] + 0.2 * abc[1] + 0.04 * abc[2], w, rtol=1e-9)
    assert_allclose(found["gamma_templates"], [x.sum() for x in abc], rtol=1e-12)
    with EventFile(path) as file, EventFile(source) as old:
        assert (file.runinfo.sum_w, file.runinfo.sum_w2) == (found["sum_w"], found["sum_w2"])
        assert file.runinfo.equivalent_exposure == old.runinfo.equivalent_exposure
        assert file.provenance["reweighted"] == old.rows[0].uuid
        assert file.provenance["card"]["model"]["gamma"] == 0.2
        assert file.provenance["generated_card"] == old.provenance["card"]
    with TableFile(path, "events") as table:
        assert table.branches["weight"]["dtype"] == "float64"


def test_weights_go_through_the_detector(files, tmp_path):
    """Contract: weights of true events, measured, are those of measured events, to the bit."""
    true, reco, direct = (tmp_path / f"{name}.root" for name in ("true", "reco", "direct"))
    found = answer("reweight", files / "generate.root", "--to", CARD, *CHI, "-o", true)
    assert found["p_value"] > 1e-3
    assert found["expected"] == pytest.approx(found["sum_w"], rel=0.01)
    measured = answer("detect", CARD, true, *CHI, *EXACT, "-o", reco)
    same = answer("reweight", files / "simulate.root", "--to", CARD, *CHI, "-o", direct)
    for name in ("expected", "p_value", "chi2"):
        assert measured.get(name) == pytest.approx(same[name], rel=1e-9), name
    a, b = columns(reco), columns(direct)
    assert set(a) == set(b)
    for name in a:
        assert_array_equal(a[name], b[name], err_msg=name)


def test_histogram_of_weighted_events(files, tmp_path):
    """Closed form: values Σw and variances Σw² per bin, flow bins too."""
    path = tmp_path / "w.root"
    answer("reweight", files / "simulate.root", "--to", CARD, *CHI, "-o", path)
    experiment = load_card(CARD).experiment
    table = columns(path)
    n = len(table["T"])
    h = histogram(Events(**table, cos_theta=np.zeros(n), n_generated=n), experiment)
    edges = [-np.inf, *experiment.detector.edges, np.inf]
    for power, found in ((1, h.values(flow=True)), (2, h.variances(flow=True))):
        expected = np.histogram(table["T_reco"], edges, weights=table["weight"] ** power)[0]
        assert_allclose(found, expected, rtol=1e-12)
    write_root(tmp_path / "h.root", {"data": h})
    with uproot.open(tmp_path / "h.root") as file:
        assert_allclose(file["data"].variances(), h.variances())


def test_pseudo_experiments(tmp_path):
    """Twin: K experiments expect K times the target's counts."""
    sample, path = tmp_path / "e.root", tmp_path / "w.root"
    answer("simulate", CARD, "-o", sample, "--seed", 2, "--experiments", 20)
    found = answer("reweight", sample, "--to", CARD, *CHI, "-o", path)
    assert found["expected"] == pytest.approx(20 * answer("expect", CARD, *CHI)["unbinned_total"], rel=1e-6)
    assert found["p_value"] > 1e-3
    before, after = (answer("fit", CARD, p, "--experiment", 3) for p in (sample, path))
    assert after["parameters"]["gamma"]["value"] - before["parameters"]["gamma"]["value"] == pytest.approx(
        0.2, abs=0.05
    )
    table = columns(path)
    edges = load_card(CARD).experiment.detector.edges
    T_reco, w = (table[name][table["experiment"] == 3] for name in ("T_reco", "weight"))
    W, V = (np.histogram(T_reco, edges, weights=w**power)[0] for power in (1, 2))
    assert after["effective_counts"] == pytest.approx((W**2 / V).tolist(), rel=1e-12)
    assert "weighted events" in refusal("toys", CARD, "--data", path, "-o", tmp_path / "toys.root")
    assert "nugauge toys" in refusal("fit", CARD, sample)
    assert "nugauge toys" not in refusal("fit", CARD, path)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (("--to", CARD, "--set", "source.activity=2 MCi"), "source.activity"),
        (("--to", "hellaz-cr51-realistic"), "was made with another card"),
        (("--to", CARD, "--set", "detector.threshold=300 keV"), "detector.threshold"),
        (("--to", CARD, "--set", "model.mu_nu=1e-10"), "diverges at T → 0: set generate_above"),
        (
            ("--to", CARD, "--gamma-templates", "--set", "model.phi=1 deg", "--set", "model.gamma=0.1"),
            "rho_mix",
        ),
        (("--to", "missing.toml"), "no such file"),
    ],
)
def test_refused(files, tmp_path, command, reason):
    """Contract: another experiment, or a target outside the support, is an error that names the key."""
    assert reason in refusal("reweight", files / "simulate.root", *command, "-o", tmp_path / "w.root")
    assert not list(tmp_path.iterdir())


def test_support(tmp_path):
    """Contract: `generate_above` may rise, never fall."""
    low, high = (("--set", f"model.generate_above={x} keV") for x in (20, 60))
    sample, path = tmp_path / "e.root", tmp_path / "w.root"
    answer("generate", CARD, "-o", sample, "--seed", 2, "--events", 20_000, *low)
    found = answer("reweight", sample, "--to", CARD, *high, "-o", path)
    assert 0.5 < found["sum_w"] / found["n_events"] < 0.98
    assert found["p_value"] > 1e-3
    reason = refusal("reweight", sample, "--to", CARD, "-o", tmp_path / "x.root")
    assert "no recoils below generate_above = 20 keV" in reason


@pytest.mark.parametrize("command", ["fit", "limit"])
def test_weighted_events_are_data(files, tmp_path, command):
    """Contract: a weighted file and its events in Python give one result, with the same warning."""
    path = tmp_path / "w.root"
    answer("reweight", files / "simulate.root", "--to", CARD, *CHI, "-o", path)
    table = columns(path)
    card, n = load_card(CARD), len(table["T"])
    with EventFile(path) as file:
        scale = file.runinfo.equivalent_exposure / card.experiment.exposure.duration
    experiment = replace(card.experiment, scale=scale)
    h = histogram(Events(**table, cos_theta=np.zeros(n), n_generated=n), experiment)
    document, result = {
        "fit": (fit_document, fit(h, experiment, card.model)),
        "limit": (limit_document, limit(h, experiment, card.model)),
    }[command]
    expected = plain(document(result))
    found = answer(command, CARD, path)
    assert found["weighted"] is True
    assert found["effective_counts"] == pytest.approx((h.values() ** 2 / h.variances()).tolist(), rel=1e-12)
    assert {key: found[key] for key in expected} == expected
    assert "effective counts" in invoke(command, CARD, path).stdout
    unweighted = answer(command, CARD, files / "simulate.root")
    assert (unweighted["weighted"], unweighted["effective_counts"]) == (False, None)


def test_weighted_histograms(tmp_path):
    """Closed form: TH1 and JSON of counts 4 times too large are worth a quarter of their sum."""
    experiment = load_card(CARD).experiment
    h = 4.0 * histogram(np.linspace(0.2, 0.6, 3000), experiment)
    write_root(tmp_path / "h.root", {"data": h})
    write_json(tmp_path / "h.json", h)
    found = [answer("fit", CARD, tmp_path / f"h.{kind}") for kind in ("root", "json")]
    for document in found:
        assert document.pop("data")
        assert document["effective_counts"] == pytest.approx((h.values() / 4).tolist(), rel=1e-12)
    assert found[0] == found[1]


def test_wrong_sums_in_a_file(tmp_path):
    """Contract: a TH1 without the Σw² of a bin is refused, by file and bin."""
    h = histogram(np.linspace(0.2, 0.6, 3000), load_card(CARD).experiment)
    h.view()["variance"][1] = 0
    write_root(tmp_path / "h.root", {"data": h})
    for command in ("fit", "limit"):
        reason = refusal(command, CARD, tmp_path / "h.root")
        assert "h.root" in reason
        assert "bin from 0.3 to 0.35 MeV: Σw = 375 and Σw² = 0" in reason


@pytest.mark.parametrize("wrong", [np.nan, -1.0])
def test_wrong_weights_in_a_file(files, tmp_path, wrong, monkeypatch):
    """Contract: an event file with an impossible weight is refused as damaged, whoever wrote it."""
    monkeypatch.setattr("detsim.event_files.event_writer._check_finite", lambda columns: None)
    good, path = tmp_path / "w.root", tmp_path / "wrong.root"
    answer("reweight", files / "simulate.root", "--to", CARD, *CHI, "-o", good)
    table = columns(good)
    n = len(table["T"])
    table["weight"][n // 2] = wrong
    with (
        EventFile(good) as file,
        EventWriter(
            path, columns=list(table), provenance={"card": file.provenance["card"]}, precision=file.precision
        ) as writer,
    ):
        writer.extend(Events(**table, cos_theta=np.zeros(n), n_generated=n))
        writer.finish(file.rows[0])
    reason = refusal("fit", CARD, path)
    assert "wrong.root" in reason
    assert f"weights must be finite and not negative, got {wrong:g}" in reason


def test_the_verdict(files, tmp_path):
    """Contract: equal weights of a given number say why there is no χ²; a sample without support fails."""
    same = invoke("reweight", files / "generate.root", "--to", CARD, "-o", tmp_path / "same.root")
    assert "no χ², as their number was given and all weigh the same" in same.stdout
    nothing = [
        word
        for key in ("corrections=tree", "sin2_theta_w=0.2312", "eps_L=-0.7312", "eps_R=-0.2311")
        for word in ("--set", f"model.{key}")
    ]
    sample = tmp_path / "nothing.root"
    answer("simulate", CARD, *nothing, "-o", sample, "--seed", 1, "--events", 500)
    for more in ((), ("--json",)):
        made = invoke("reweight", sample, "--to", CARD, "-o", tmp_path / "w.root", "--force", *more)
        assert made.exit_code == 1
        assert "error: " in made.stderr
        assert "w.root: kept, but it disagrees with quadrature" in made.stderr
        assert "too few events, or none, where the target has many" in made.stderr
    assert "warning" not in same.stderr


def test_no_weights_of_weights(files, tmp_path):
    """Contract: weighted events are not weighted again, and no file replaces its source."""
    path = tmp_path / "w.root"
    answer("reweight", files / "simulate.root", "--to", CARD, *CHI, "-o", path)
    assert "holds weights already" in refusal("reweight", path, "--to", CARD, "-o", tmp_path / "x.root")
    assert "the file that is read" in refusal("reweight", path, "--to", CARD, "-o", path)
