"""`nugauge export --format pyhf`: files, data, auxiliary measurements, and what is refused."""

import json

import numpy as np
import pyhf
import pytest
from support.invocation import CARD, answer, invoke, refusal

from macros import load_card

pytestmark = pytest.mark.filterwarnings("ignore:jsonschema.RefResolver is deprecated:DeprecationWarning")

COUNTS = [402, 360, 365, 390, 370, 305]


@pytest.fixture
def counts(tmp_path):
    """A histogram of counts in CSV."""
    edges = load_card(CARD).experiment.detector.edges
    path = tmp_path / "counts.csv"
    rows = zip(edges, edges[1:], COUNTS, strict=False)
    path.write_text("low,high,counts\n" + "".join(f"{a},{b},{n}\n" for a, b, n in rows))
    return path


def read(path):
    return pyhf.Workspace(json.loads(path.read_text()))


def test_without_data_the_counts_are_expected_and_called_so(tmp_path):
    """Contract. Finds expected counts that a reader would take for data."""
    path = tmp_path / "a.json"
    told = answer("export", CARD, "--format", "pyhf", "-o", path)
    workspace = read(path)
    assert told["observed"] == "expected counts"
    assert "observed: expected counts" in workspace.measurement_names[0]
    expected = answer("expect", CARD)["expected"]
    (observed,) = workspace.observations.values()
    assert observed == pytest.approx(expected, rel=1e-9)
    assert told["held"] == {"gamma": "gamma", "gamma_squared": "gamma²"}


def test_data_and_auxiliary_measurements_are_in_the_workspace(tmp_path, counts):
    """Contract. Finds data or measurements that are not written, and provenance that is not there."""
    path = tmp_path / "a.json"
    told = answer("export", CARD, counts, "--auxiliary", "activity=1.027", "--format", "pyhf", "-o", path)
    workspace = read(path)
    model = workspace.model()
    assert list(workspace.observations.values()) == [COUNTS]
    auxiliary = dict(zip(model.config.auxdata_order, model.config.auxdata, strict=True))
    assert auxiliary["activity"] == pytest.approx(1.5)  # 1.8 % are one standard deviation
    assert auxiliary["background_flat"] == 0
    (name,) = workspace.measurement_names
    for part in ("counts.csv", CARD, "sha256 ", "nugauge.export 0."):
        assert part in name
    assert told["observed"] in name


def test_a_patchset_stands_beside_its_workspace(tmp_path):
    """Contract. Finds a patchset that is not of the workspace, and files that --force does not know."""
    path = tmp_path / "scan.json"
    arguments = ("export", CARD, "--format", "pyhf", "-o", path, "--at", "0:0.2:3")
    told = answer(*arguments)
    assert told["files"] == [str(path), str(tmp_path / "scan-patchset.json")]
    patches = pyhf.PatchSet(json.loads((tmp_path / "scan-patchset.json").read_text()))
    assert [patch.name for patch in patches] == ["gamma_0p0", "gamma_0p1", "gamma_0p2"]
    assert patches.labels == ["gamma"]
    signal = {}
    for patch in patches:
        model = patches.apply(read(path), patch.name).model()
        signal[patch.values[0]] = model.expected_data(model.config.suggested_init(), include_auxdata=False)
    for gamma, mu in signal.items():
        assert mu == pytest.approx(answer("expect", CARD, "--set", f"model.gamma={gamma}")["expected"])
    assert "exists; --force replaces it" in refusal(*arguments)
    assert answer(*arguments, "--force")["files"] == told["files"]
    (tmp_path / "scan.json").write_text(json.dumps({"channels": []}))
    assert "no mark of `nugauge export`" in refusal(*arguments, "--force")


def test_the_text_says_what_the_reader_has_to_do(tmp_path):
    """Contract. Finds a workspace whose held parameters, unit or difference is not told."""

    def said(*arguments):
        done = invoke("export", *arguments, "--format", "pyhf", "-o", tmp_path / f"{len(arguments)}.json")
        assert done.exit_code == 0, done.stderr
        return done.stdout

    assert "hold gamma and gamma_squared, its square" in said(CARD)
    assert "equal those of the fit to rounding" in said(CARD, "--at", "0.1")
    moment = said(CARD, "--poi", "mu_nu", "--set", "model.generate_above='1 keV'")
    assert "mu_nu_in_1em11_squared, for mu_nu in units of 1e-11" in moment
    bent = said(CARD, "--set", "systematics.energy_scale=0.03", "--set", "fit.level=0.9", "--at", "0")
    assert "statistical errors of a bin" in bent


def test_counts_that_are_not_those_of_the_fit_are_refused(tmp_path):
    """Contract. Finds a workspace whose likelihood is another one, and a refusal that names no cause."""
    bent = ("export", CARD, "--format", "pyhf", "--at", "0", "-o", tmp_path / "a.json")
    told = " ".join(refusal(*bent, "--set", "systematics.energy_scale=0.3", status=1).split())
    assert "energy_scale at +2 standard deviations" in told
    assert "of BOREXINO Cr51 differs by" in told
    assert "energy_scale a smaller uncertainty" in told
    assert not list(tmp_path.iterdir())
    said = invoke(*bent, "--set", "systematics.energy_scale=0.03")
    assert said.exit_code == 0
    assert "warning: HistFactory's expected counts differ" in said.stderr


def test_two_experiments_are_two_channels(tmp_path):
    path = tmp_path / "a.json"
    answer("export", "borexino-hellaz-cr51", "--format", "pyhf", "-o", path)
    assert sorted(read(path).channels) == ["BOREXINO", "HELLAZ"]
    answer("export", "borexino-hellaz-cr51", "--of", "HELLAZ", "--format", "pyhf", "-o", path, "--force")
    assert len(read(path).channels) == 1


def test_what_is_refused_leaves_nothing_behind(tmp_path, counts):
    """Contract. Finds a wrong kind of input or option that is not told, or a file that is left of it."""
    path = tmp_path / "a.json"
    measured = tmp_path / "measured.json"
    measured.write_text('{"activity": 1.0}')
    before = sorted(tmp_path.iterdir())

    def message(*arguments, format="pyhf", output=path, status=2):
        return refusal("export", *arguments, "--format", format, "-o", output, status=status)

    assert "is a card: give files of `nugauge generate` or `simulate`" in message(CARD, format="csv")
    assert f"nugauge export CARD {counts}" in message(counts)
    assert "--dialect is for exports of events" in message(CARD, "--dialect", "glg4")
    assert "--at is for exports of cards" in message("events.root", "--at", "0", format="gst")
    assert "has to end in .json" in message(CARD, output=tmp_path / "a.root")
    assert "Poisson counts" in message("borexino-cr51-paper")
    assert "must lie from" in message("borexino-cr51-sterile", "--at", "7")
    assert "fix it with --at VALUE" in message("borexino-cr51-sterile", "--poi", "delta_m2")
    read_and_written = message(CARD, counts, "--auxiliary", measured, "--force", output=measured)
    assert "is the file that is read" in read_and_written
    assert sorted(tmp_path.iterdir()) == before


def test_a_toy_is_data(tmp_path):
    """Contract. Finds a toy whose counts or measurements are others in the workspace."""
    toys, path = tmp_path / "toys.root", tmp_path / "a.json"
    answer("toys", CARD, "-n", 3, "--seed", 1, "-o", toys)
    answer("export", CARD, toys, "--toy", 1, "--format", "pyhf", "-o", path)
    toy = load_card(CARD).toy(toys, 1).toy
    workspace = read(path)
    assert np.concatenate(list(workspace.observations.values())) == pytest.approx(toy.counts)
    assert any(abs(a) > 1e-6 for a in workspace.model().config.auxdata)
