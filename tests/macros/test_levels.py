"""The confidence level at the command line: --level everywhere, its former spellings, and --toys-at."""

import pytest
import typer
from support.campaigns import digests
from support.chunked import Inline
from support.examples import every, few
from support.invocation import CARD, answer, invoke, refusal

import nugauge
from detsim.event_files import TableFile
from macros.terminal import ToysAt, read_level, study_level

STORED = "lama-pm147-paper"
BINS = ("--x", "gamma=-0.2:0.2:2", "--y", "activity=0.9:1.1:2")


@pytest.mark.parametrize("text", ["0.9", "90%", "90 %", "9e-1", ".9"])
def test_a_level_is_read(text):
    assert read_level(text) == 0.9


@pytest.mark.parametrize("text", ["", "%", "1", "0", "100%", "0 %", "nan", "-0.5", "0.9 5", "90%%", "95"])
def test_what_is_no_level(text):
    with pytest.raises(typer.BadParameter, match=r"lies? between 0 and 1|is no confidence level"):
        read_level(text)


@pytest.mark.parametrize(
    ("command", "levels"),
    [
        (("counts", 3, "--background", 1), lambda d: [d["level"]]),
        (("limit", CARD, "--toys", 0), lambda d: [d["level"]]),
        (("sensitivity", CARD, "--errors", "0.05:0.1:2"), lambda d: [d["level"]]),
        (("contour", CARD, *BINS), lambda d: [c["level"] for c in d["contours"]]),
        (("coverage", CARD, "--at", 0, "-n", 4, "--seed", 1, "--audit", 0), lambda d: [d["level"]]),
    ],
)
def test_one_spelling_everywhere(command, levels):
    """Contract. Finds a command that does not take --level, or takes it for something else."""
    assert levels(answer(*command, "--level", "0.9")) == levels(answer(*command, "--level", "90%")) == [0.9]


def test_the_level_of_a_fit(tmp_path):
    path = tmp_path / "toys.root"
    answer("toys", CARD, "-n", 1, "-o", path, "--seed", 3)
    narrow, wide = (answer("fit", CARD, path, "--toy", 0, "--level", x) for x in ("68.3%", "90%"))
    assert (narrow["level"], wide["level"]) == (0.683, 0.9)
    assert wide["parameters"]["gamma"]["upper"] > narrow["parameters"]["gamma"]["upper"]
    said = refusal("fit", CARD, path, "--toy", 0, "--level", 0.9, "--set", "fit.level=0.8")
    assert "fit.level: is given 2 times" in said


@pytest.mark.parametrize("level", few([("--level", "90%"), ("--cl", "0.9")], ("--cl", "0.9")))
def test_spellings_give_the_same_files(short_trial, tmp_path, level):
    """Contract. Toys, campaigns of them and files made again know both spellings."""
    path, directory = tmp_path / "toys.root", tmp_path / "campaign"
    task = ("toys", CARD, "-n", 6, "--seed", 4, "--audit", 0)
    answer(*task, *level, "-o", path)
    with TableFile(path, "toys") as table:
        assert table.provenances[0]["level"] == 0.9
    assert answer("rerun", path)["identical"]
    answer("campaign", "new", directory, *task, *level, "--chunk-size", 2)
    nugauge.run_campaign(directory, Inline())
    answer("campaign", "merge", directory, "-o", tmp_path / "merged.root")
    assert digests(tmp_path / "merged.root") == digests(path)


@pytest.mark.parametrize(
    ("former", "name"), every(2, [("histogram", "counts"), ("events", "events")], unpack=True)
)
def test_the_former_meaning_of_level(short_trial, tmp_path, former, name):
    """Contract. It goes on working, with a confidence level by --cl, and says what is to be written."""
    files = tmp_path / "former.root", tmp_path / "now.root"
    task = ("toys", STORED, "-n", 3, "--seed", 4, "--audit", 0, "--set", "exposure.duration=1 d")
    said = invoke(*task, "--level", former, "--cl", 0.9, "-o", files[0])
    assert said.exit_code == 0
    assert said.stderr.count(f"--level {former} is deprecated: write --toys-at {name}") == 1
    now = invoke(*task, "--toys-at", name, "--level", 0.9, "-o", files[1])
    assert "deprecated" not in now.stderr
    assert digests(files[0]) == digests(files[1])
    directory = tmp_path / "campaign"
    answer("campaign", "new", directory, *task, "--level", former, "--cl", 0.9, "--chunk-size", 1)
    nugauge.run_campaign(directory, Inline())
    answer("campaign", "merge", directory, "-o", tmp_path / "merged.root")
    assert digests(tmp_path / "merged.root") == digests(files[0])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--level", 0.9, "--cl", 0.9), "two names of one option"),
        (("--level", "events", "--toys-at", "counts"), "--level events is a former name of --toys-at"),
        (("--level", "histograms"), "'--level': 'histograms' is no confidence level: write 0.95, or 95%"),
        (("--level", "101%"), "a level lies between 0 and 1"),
        (("--toys-at", "histogram"), "is not one of 'counts', 'events'"),
    ],
)
def test_what_contradicts_itself(tmp_path, options, words):
    said = refusal("toys", CARD, "-n", 2, "-o", tmp_path / "x.root", "--seed", 1, *options)
    assert words in " ".join(said.split())
    assert not (tmp_path / "x.root").exists()


def test_toys_are_thrown_as_counts_if_nobody_says(capsys):
    assert study_level(None, None, None) == (None, ToysAt.COUNTS)
    assert study_level(None, 0.9, ToysAt.EVENTS) == (0.9, ToysAt.EVENTS)
    assert capsys.readouterr().err == ""


def test_the_former_names_are_not_in_the_help():
    for command in ("toys", "coverage", "calibrate"):
        text = invoke(command, "--help").stdout
        assert "--level LEVEL" in text
        assert "--cl" not in text
