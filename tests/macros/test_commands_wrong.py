"""Wrong input: one message that says what is correct, the exit status, and no files left behind."""

from pathlib import Path

import numpy as np
import pytest
import uproot
from support.invocation import CARD, answer, invoke, refusal

BEYOND = (
    "--set", "detector.threshold=1.5 MeV", "--set", "background={}",
    "--set", "detector.bins={low = '1.5 MeV', high = '2 MeV', width = '50 keV'}",
)  # fmt: skip
"""Above every recoil energy of the source."""


MOMENT = ("--set", "model.mu_nu=1e-11 mu_B")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Files of wrong kinds, and a folder that must stay unchanged."""
    folder = tmp_path_factory.mktemp("wrong")
    answer("simulate", CARD, "-o", folder / "reco.root", "--seed", 1, "--events", 30_000)
    answer("generate", CARD, "-o", folder / "true.root", "--seed", 1, "--events", 1000)
    answer("simulate", CARD, "-o", folder / "set.root", "--seed", 1, "--experiments", 2)
    whole = (folder / "reco.root").read_bytes()
    (folder / "truncated.root").write_bytes(whole[: len(whole) // 2])
    (folder / "header.root").write_bytes(whole[:10])
    for name in ("empty.root", "empty.json", "empty.csv", "empty.toml"):
        (folder / name).touch()
    for name in ("png.root", "png.json", "png.csv", "png.toml"):
        (folder / name).write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)))
    for name in ("text.root", "text.json", "text.csv", "text.txt"):
        (folder / name).write_text("hello\n")
    (folder / "object.json").write_text('{"a": 1}')
    (folder / "nan.csv").write_text("low,high,counts\n0.25,0.3,nan\n")
    (folder / "bins.csv").write_text("low,high,counts\n250,300,10\n")
    for name in ("ntuple", "events"):
        with uproot.recreate(folder / f"other_{name}.root") as file:
            file.mktree(name, {"x": "f8"}).extend({"x": np.arange(3.0)})
    (folder / "folder.root").mkdir()
    return folder


@pytest.fixture
def untouched(files):
    """Check that a test leaves no file behind, under any name."""
    before = {path: path.stat().st_mtime_ns for path in files.iterdir()}
    yield files
    assert {path: path.stat().st_mtime_ns for path in files.iterdir()} == before


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["detector.treshold=1"], "did you mean `threshold`?"),
        (["detector.threshold=250"], "'250' has no unit: write for example '250 keV'"),
        (["detector.threshold=20 d"], "not an energy but a time"),
        (["detector.mass=-5 t"], "detector.mass: must be above 0, got '-5 t'"),
        (["detector.threshold=5 MeV"], "leaves nothing"),
        (["model.name=E7"], "must be 'SM', 'E6' or 'LR', got 'E7'"),
        (["model.gamma=nan"], "must be finite, got nan"),
        (["model.phi=0.1 deg"], "a Z' without a mass cannot mix"),
        (["nothing"], "is not key=value"),
        (["detector.treshold=1", "source.activity=1.67", "model.gamma=nan"], "3 faults"),
    ],
)
@pytest.mark.parametrize("command", [("expect",), ("simulate", "-o", "x.root")])
def test_wrong_card(command, overrides, words, untouched, monkeypatch):
    """Contract: a wrong card stops a command before it does anything."""
    monkeypatch.chdir(untouched)
    options = [part for override in overrides for part in ("--set", override)]
    assert words in refusal(command[0], CARD, *command[1:], *options)


@pytest.mark.parametrize(
    ("card", "words"),
    [
        ("borexino-cr51-realistik", "did you mean `borexino-cr51-realistic`?"),
        ("no/card.toml", "no such file"),
        ("png.toml", "is not a text file"),
        ("empty.toml", "5 faults"),
        ("reco.root", "card"),
        ("folder.root", "Is a directory"),
    ],
)
def test_what_is_no_card(card, words, untouched, monkeypatch):
    """Contract: the message on a file that is no card says so."""
    monkeypatch.chdir(untouched)
    assert words in refusal("expect", card)


@pytest.mark.parametrize(
    "command",
    [
        ("expect",),
        ("check",),
        ("simulate", "-o", "x.root"),
        ("toys", "-n", 2, "-o", "x.root"),
        ("coverage", "--at", 0, "-n", 2, "-o", "x.root"),
        ("limit", "--toys", 2),
        ("sensitivity", "--errors", "0.01:0.1:2"),
        ("sensitivity", "--scan", "model.gamma=0:0.1:2"),
    ],
)
def test_nothing_expected(command, untouched, monkeypatch):
    """Contract: fewer than 1e-6 expected counts are an error everywhere, naming the threshold."""
    monkeypatch.chdir(untouched)
    found = refusal(command[0], CARD, *command[1:], *BEYOND)
    assert "counts are expected in the bins" in found
    assert "threshold of 1500 keV" in found


def test_bins_of_the_distance_that_see_nothing_are_named():
    card = Path(__file__).parent.parent / "hard" / "delta_m2.toml"
    beyond = {"low": "20 m", "high": "30 m", "width": "1 m"}
    found = refusal(
        "check", card, *(f"--set=detector.distance.{k}={v}" for k, v in beyond.items()), "--set=background={}"
    )
    assert "from 2000 to 3000 cm of the distance" in found
    assert "detector.distance" in found


def test_magnetic_moment(untouched, monkeypatch):
    """Contract: generating needs a true energy to begin at where dσ/dT diverges; quadrature does not."""
    monkeypatch.chdir(untouched)
    for command in ("generate", "simulate"):
        assert "needs model.generate_above" in refusal(command, CARD, "-o", "x.root", *MOMENT)
    assert answer("expect", CARD, *MOMENT)["total"] > answer("expect", CARD)["total"]


@pytest.mark.parametrize(
    ("command", "output", "words"),
    [
        (command, output, words)
        for output, words in [
            ("nodir/x.root", "nodir does not exist"),
            ("folder.root", "is a directory"),
            ("reco.root/x.root", "does not exist"),
        ]
        for command in [
            ("generate", CARD),
            ("simulate", CARD),
            ("detect", CARD, "true.root"),
            ("toys", CARD, "-n", 2),
            ("coverage", CARD, "--at", 0, "-n", 2),
            ("init", CARD, "--force"),
        ]
    ],
)
def test_output_that_cannot_be(command, output, words, untouched, monkeypatch):
    """Contract: an output that cannot be written is a wrong argument, said at once."""
    monkeypatch.chdir(untouched)
    assert words in refusal(*command, "-o", output)


def test_input_is_never_output(untouched, monkeypatch):
    """Contract: a command does not write over what it reads."""
    monkeypatch.chdir(untouched)
    assert "write to another" in refusal("detect", CARD, "true.root", "-o", "true.root")
    assert "write to another" in refusal("toys", CARD, "--data", "set.root", "-o", "./set.root")


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("missing.root", "there is no such file"),
        ("empty.root", "is empty"),
        ("png.root", "is not a ROOT file"),
        ("text.root", "is not a ROOT file"),
        ("truncated.root", "is truncated"),
        ("header.root", "is truncated"),
        ("other_ntuple.root", "it holds"),
        ("other_events.root", "is incomplete"),
        ("folder.root", "is a directory, and a regular file is needed"),
    ],
)
@pytest.mark.parametrize("command", ["fit", "limit", "detect", "inspect", "toys"])
def test_wrong_root_file(command, file, words, untouched, monkeypatch):
    """Contract: a file that cannot be used is named, with what is wrong; inspect says so in its status."""
    monkeypatch.chdir(untouched)
    arguments = {
        "fit": (CARD, file),
        "limit": (CARD, file),
        "detect": (CARD, file, "-o", "x.root"),
        "inspect": (file,),
        "toys": (CARD, "--data", file, "-o", "x.root"),
    }[command]
    result = invoke(command, *arguments)
    assert result.exit_code == 2
    assert result.stderr.count("error: ") == 1
    assert f"{file}: " in result.stderr
    assert words in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("true.root", "run `nugauge detect` on it first"),
        ("set.root", "choose one with --experiment"),
        ("reco.root:T", "'T' is not there"),
        ("missing", "no such file"),
        ("text.txt", "file.root:name, file.json or file.csv"),
        ("png.json", "is not a text file in UTF-8"),
        ("text.json", "is not a histogram"),
        ("empty.json", "is not a histogram"),
        ("object.json", "is not a histogram"),
        ("png.csv", "is not a text file in UTF-8"),
        ("text.csv", "low,high,counts"),
        ("empty.csv", "low,high,counts"),
        ("nan.csv", "finite"),
        ("bins.csv", "MeV"),
    ],
)
def test_wrong_data(data, words, untouched, monkeypatch):
    """Contract: the message on data of other bins names them."""
    monkeypatch.chdir(untouched)
    found = refusal("fit", CARD, data)
    assert words in found
    assert data.partition(":")[0] in found


def test_another_card(untouched, monkeypatch):
    """Contract: every key that differs is named; the same value in another unit does not differ."""
    monkeypatch.chdir(untouched)
    for key, value in [("detector.threshold", "260 keV"), ("source.data", "paper"), ("detector.mass", "9 t")]:
        assert f"{key}: '{value}' in this card" in refusal(
            "fit", CARD, "reco.root", "--set", f"{key}={value}"
        )
    found = refusal("fit", "hellaz-cr51-realistic", "reco.root")
    for key in ("detector.target", "detector.bins.width", "background.flat.rate: missing in this card"):
        assert key in found
    answer("fit", CARD, "reco.root", "--set", "detector.threshold=0.25 MeV")
    gamma = ("--set", "model.gamma=0.1")
    answer("fit", CARD, "reco.root", *gamma)
    assert "model.gamma" in refusal("detect", CARD, "true.root", "-o", "x.root", *gamma)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("coverage", CARD, "-n", 3, "--at", "zero"), "'zero' is not a number"),
        (("coverage", CARD, "-n", 3, "--at", ""), "is not a number"),
        (("coverage", CARD, "-n", 3, "--at", "0,nan"), "finite"),
        (("coverage", CARD, "-n", 3, "--at", "0,0.1,0"), "0 stands there twice"),
        (
            ("coverage", CARD, "-n", 3, "--at", "0,-0.1", "--seed", 1),
            "gamma must be finite and from 0 to inf, got -0.1",
        ),
        (("coverage", CARD, "-n", "1.5", "--at", 0), "1.5 is no whole number"),
        (("coverage", CARD, "-n", "many", "--at", 0), "write for example 50000 or 5e4"),
        (("simulate", CARD, "-o", "x.root", "--first", "1e20"), "does not lie between 0 and 1e18"),
        (("simulate", CARD, "-o", "x.root", "--file-size", "5"), "--file-size"),
        (("simulate", CARD, "-o", "x.txt", "--seed", 1), "has to end in .root"),
        (("toys", CARD, "-n", 3, "-o", "x"), "has to end in .root"),
        (("coverage", CARD, "-n", 3, "--at", 0, "-o", "x.csv"), "has to end in .root"),
        (("calibrate", CARD, "-n", 3, "-o", "x.json"), "has to end in .root"),
        (("coverage", CARD, "-n", 3, "--at", "0,,1"), "is not a number"),
        (("coverage", CARD, "-n", 0, "--at", 0), "'-n'"),
        (("coverage", CARD, "-n", 3, "--at", "1e9", "--seed", 1), "too many to be thrown"),
        (("toys", CARD, "-n", 0, "-o", "x.root"), "'-n'"),
        (("toys", CARD, "-o", "x.root"), "-n"),
        (("toys", CARD, "-n", 3, "-o", "x.root", "--level", 1.5, "--seed", 1), "--level"),
        (("toys", CARD, "--data", "set.root", "-o", "x.root", "--no-fit"), "--data"),
        (("simulate", CARD, "-o", "x.root", "--events", 0), "'--events'"),
        (("simulate", CARD, "-o", "x.root", "--events", 5, "--experiments", 5), "exclude"),
        (("simulate", CARD, "-o", "x.root", "--threads", 0), "'--threads'"),
        (("simulate", CARD, "-o", "x.root", "--threads", -2), "'--threads'"),
        (("simulate", CARD, "-o", "x.root", "--seed", -1), "'--seed'"),
        (("simulate", CARD), "'--output'"),
        (("fit", CARD, "reco.root", "--poi", "gama"), "'gama'"),
        (("fit", CARD, "reco.root", "--set", "model.name=SM"), "choose from sin2_theta_w"),
        (("limit", CARD, "--method", "both"), "one-sided"),
        (("sensitivity", CARD), "--errors"),
        (("sensitivity", CARD, "--errors", "0.01"), "a:b:n"),
        (("sensitivity", CARD, "--errors", "0:0.1:3"), "above 0"),
        (("sensitivity", CARD, "--errors", "1 keV:2 keV:3"), "no unit"),
        (("sensitivity", CARD, "--scan", "exposure.duration"), "KEY=a:b:n"),
        (("sensitivity", CARD, "--scan", "exposure.duratoin=1:2:2"), "did you mean `duration`?"),
        (("sensitivity", CARD, "--scan", "exposure.duration=1 keV:2 keV:2"), "not a time"),
        (("inspect", "object.json"), "uhi_schema"),
    ],
)
def test_wrong_argument(arguments, words, untouched, monkeypatch):
    """Contract: a wrong argument is named, with what it may be."""
    monkeypatch.chdir(untouched)
    assert words in refusal(*arguments)


@pytest.mark.parametrize("command", ["simulate", "generate"])
def test_a_card_is_not_its_own_output(command, tmp_path):
    """Contract. Finds a card overwritten by the events that it describes."""
    card = tmp_path / "card.toml"
    invoke("init", "borexino-cr51-realistic", "-o", card)
    text = card.read_text()
    assert "write to another one" in refusal(command, card, "-o", card, "--seed", 1)
    assert card.read_text() == text
