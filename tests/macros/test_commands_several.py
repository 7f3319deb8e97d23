"""Commands on cards of several experiments: one by --of, or all at once."""

import pytest
from support.invocation import answer, invoke, refusal

from detsim.event_files.event_writer import EventFile
from detsim.event_files.reader import TableFile
from macros.card import load_card

CARD = "borexino-hellaz-cr51"
NAMES = ("HELLAZ", "BOREXINO")
TWINS = """
[source]
isotope = "Cr51"
data = "modern"
flux = "1e12 /cm2/s"

[detector]
name = "X"
electrons = 1e31
threshold = "250 keV"
bins = { low = "250 keV", high = "550 keV", width = "50 keV" }
resolution = { at_1MeV = "57.7 keV" }
efficiency = 1.0
binding = "free"

[exposure]
start = "0 d"
duration = "20 d"

[background.flat]
shape = "flat"
low = "250 keV"
high = "1 MeV"
rate = "100 /d"
uncertainty = 0.05

[model]
name = "E6"
beta = "chi"
"""
"""Tables at the top: a plain card, and with two empty experiments one of twins."""
PAIR = f"{TWINS}\n[experiment.A]\n[experiment.B]\n"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Events of both experiments."""
    folder = tmp_path_factory.mktemp("several")
    for seed, name in enumerate(NAMES):
        answer("simulate", CARD, "--of", name, "-o", folder / f"{name}.root", "--seed", 10 + seed)
    return folder


@pytest.fixture(scope="module")
def twins(tmp_path_factory):
    """A card of one experiment, and one of two that are each like it."""
    folder = tmp_path_factory.mktemp("twins")
    (folder / "one.toml").write_text(TWINS)
    (folder / "pair.toml").write_text(PAIR)
    return folder


@pytest.mark.parametrize("command", [("expect",), ("simulate", "-o", "x.root"), ("run", "-o", "out")])
def test_one_has_to_be_chosen(command, tmp_path, monkeypatch):
    """Contract: a command for one experiment asks for its name, and refuses a name if there is only one."""
    monkeypatch.chdir(tmp_path)
    name, *rest = command
    assert "choose one of HELLAZ, BOREXINO with --of NAME" in refusal(name, CARD, *rest)
    assert "did you mean HELLAZ?" in refusal(name, CARD, *rest, "--of", "HELAZ")
    assert "leave --of HELLAZ out" in refusal(name, "hellaz-cr51-paper", *rest, "--of", "HELLAZ")
    assert not list(tmp_path.iterdir())


@pytest.mark.long
def test_one_of_them_is_a_plain_card(files, tmp_path):
    """Contract: files of one experiment hold its plain card, and all that reads them works."""
    card = load_card(CARD)
    for name in NAMES:
        with EventFile(files / f"{name}.root") as file:
            assert "experiment" not in file.provenance["card"]
            assert file.provenance["card"]["detector"] == card.document["experiment"][name]["detector"]
            assert file.provenance["card_name"] == f"{CARD} {name}"
    true, reco, weighted = (tmp_path / f"{name}.root" for name in ("true", "reco", "weighted"))
    answer("generate", CARD, "--of", "HELLAZ", "-o", true, "--seed", 10)
    made = answer("detect", CARD, true, "--of", "HELLAZ", "-o", reco)
    with EventFile(files / "HELLAZ.root") as file:
        assert made["n_written"] == file.runinfo.n_events
    assert answer(
        "reweight", reco, "--to", CARD, "--of", "HELLAZ", "-o", weighted, "--set", "model.gamma=0.1"
    )
    assert "detector.mass" in refusal("fit", CARD, "--of", "BOREXINO", reco)
    found = answer("expect", CARD, "--of", "HELLAZ", "--set", "experiment.HELLAZ.detector.mass=12 t")
    once = answer("expect", CARD, "--of", "HELLAZ")
    assert found["total"] == pytest.approx(2 * once["total"])


def test_check_shows_all():
    """Contract: `check` describes each experiment, and adds up what a run gives."""
    text = invoke("check", CARD).stdout
    for words in (
        "experiment   HELLAZ",
        "experiment   BOREXINO",
        "expected (Asimov) limit",
        "a cylinder of radius",
    ):
        assert words in text
    found = answer("check", CARD)
    parts = found["experiments"]
    assert list(parts) == list(NAMES)
    for key in ("generated", "recorded", "in_bins"):
        assert found["expected"][key] == pytest.approx(sum(p["expected"][key] for p in parts.values()))
    assert parts["HELLAZ"]["systematics"]["activity"]["common"]
    assert not parts["HELLAZ"]["systematics"]["mass"]["common"]
    alone = answer("check", CARD, "--of", "HELLAZ")
    assert alone["limit"]["upper"] > found["limit"]["upper"]
    assert alone["expected"]["in_bins"] == parts["HELLAZ"]["expected"]["in_bins"]


def test_fit_of_both(files):
    """Contract: one file an experiment, in any order; parameters of one bear its name, common ones do not."""
    data = [f"{name}={files / name}.root" for name in NAMES]
    found, turned = (answer("fit", CARD, *order) for order in (data, data[::-1]))
    assert found["parameters"] == turned["parameters"]
    assert set(found["parameters"]) == {
        "gamma", "activity", "HELLAZ.mass", "BOREXINO.mass", "BOREXINO.energy_scale",
        "BOREXINO.background_flat",
    }  # fmt: skip
    assert found["data"] == dict(part.split("=") for part in data)
    alone = answer("fit", CARD, "--of", "HELLAZ", data[0].split("=")[1])
    assert found["parameters"]["gamma"]["error"] < alone["parameters"]["gamma"]["error"]


@pytest.mark.long
def test_limit_and_plane_of_both(files):
    """Contract: other commands that take data take those of both experiments."""
    data = [f"{name}={files / name}.root" for name in NAMES]
    assert answer("limit", CARD, *data)["data"] == dict(part.split("=") for part in data)
    plane = answer("contour", CARD, *data, "--x", "gamma=-0.6:0.4:3", "--y", "eps_R=-0.4:0.4:4")
    assert len(plane["delta"]) == 4


def test_data_that_do_not_name_all(files):
    """Contract: every experiment has one file, by its name."""
    hellaz, borexino = (files / f"{name}.root" for name in NAMES)
    assert "write HELLAZ=FILE BOREXINO=FILE" in refusal("fit", CARD, hellaz)
    assert "write HELLAZ=FILE BOREXINO=FILE" in refusal("fit", CARD, f"HELAZ={hellaz}")
    assert "none for BOREXINO" in refusal("fit", CARD, f"HELLAZ={hellaz}")
    assert "two files for HELLAZ" in refusal("limit", CARD, f"HELLAZ={hellaz}", f"HELLAZ={borexino}")
    assert "was made with another card" in refusal("fit", CARD, f"HELLAZ={borexino}", f"BOREXINO={hellaz}")
    assert "was given twice" in refusal("fit", CARD, "--of", "HELLAZ", hellaz, hellaz)


def limit(card, *overrides):
    options = [part for o in overrides for part in ("--set", o)]
    return answer("limit", card, "--toys", 0, *options)["upper"]


def test_two_are_one_of_twice_the_exposure(twins):
    """Closed form: two equal experiments that share all they do not know are one of twice the time.

    Finds a common uncertainty that is taken for two, and one that is not in the fit.
    """
    one, pair = twins / "one.toml", twins / "pair.toml"
    common = ("background.flat.common=true", "systematics.activity=0.02", "systematics.energy_scale=0.01")
    double = limit(one, *common, "exposure.duration=40 d")
    assert limit(pair, *common) == pytest.approx(double, rel=1e-4)
    own = [f"experiment.{name}.systematics.activity=0.02" for name in "AB"]
    assert limit(pair, *own) < 0.9 * limit(pair, "systematics.activity=0.02")
    assert limit(pair) < limit(one)


@pytest.mark.long
def test_toys_and_coverage(twins, tmp_path):
    """Contract: pseudo-experiments are of all experiments at once; stored ones are of one."""
    path = tmp_path / "toys.root"
    made = answer("toys", twins / "pair.toml", "-n", 20, "-o", path, "--seed", 1)
    assert (made["n_toys"], made["n_failed"]) == (20, 0)
    with TableFile(path, "toys") as table:
        assert table.branches["counts"]["shape"] == [12]
        assert "measured_A_background_flat" in table.branches
        assert table.provenances[0]["components"] == ["A.Cr51", "A.flat", "B.Cr51", "B.flat"]
        assert set(table.provenances[0]["card"]["experiment"]) == {"A", "B"}
    study = answer("coverage", twins / "pair.toml", "--at", "0,0.05", "-n", 20, "--seed", 1)
    assert [p["n_failed"] for p in study["points"]] == [0, 0]
    text = refusal("toys", CARD, "--data", path, "-o", tmp_path / "x.root")
    assert "choose it with --of NAME" in text
    band = answer("limit", twins / "pair.toml", "--toys", 20, "--seed", 1)["band"]
    assert band["-2"] <= band["0"] <= band["2"]


def test_sensitivity(twins):
    """Closed form: n equal experiments in the paper's χ² are one whose error per bin is √n smaller."""
    two = answer("sensitivity", twins / "pair.toml", "--errors", "0.05:0.05:1", "--set", "background={}")
    one = answer(
        "sensitivity", twins / "one.toml", "--errors", f"{0.05 / 2**0.5}:1:1", "--set", "background={}"
    )
    assert two["limit"] == pytest.approx(one["limit"], rel=1e-6)
    scan = answer("sensitivity", CARD, "--scan", "experiment.BOREXINO.exposure.duration=10:60:2")
    assert scan["values"] == ["10 d", "60 d"]
    assert scan["limit"][0] > scan["limit"][1]
