"""Studies made in parts: joined, they are bit by bit what one run makes, rows and sums."""

import json
import shlex
import signal

import numpy as np
import pytest
from support.examples import few
from support.invocation import CARD, answer, invoke, refusal

from detsim.event_files import TableFile, table_name
from macros.card import load_card

AT = ("--at", "0,0.1,0.3")
QUICK = ("--audit", 0)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Counts of the card's bins, as CSV."""
    path = tmp_path_factory.mktemp("data") / "data.csv"
    expected = answer("expect", CARD)
    rows = zip(expected["edges"][:-1], expected["edges"][1:], expected["expected"], strict=True)
    path.write_text("low,high,counts\n" + "".join(f"{a},{b},{round(n)}\n" for a, b, n in rows))
    return path


def command(kind, data):
    """The arguments of a study, and the option that takes the number of toys."""
    return {
        "goodness": (("fit", CARD, data), "--gof"),
        "goodness sums": (("fit", CARD, data, "--keep", "sums"), "--gof"),
        "comparison": (("compare", CARD, CARD, data, "--set-b", "model.beta=psi"), "-n"),
        "limit": (("limit", CARD, "--audit", 0), "--toys"),
        "coverage": (("coverage", CARD, *AT, *QUICK), "-n"),
        "coverage sums": (("coverage", CARD, *AT, *QUICK, "--keep", "sums"), "-n"),
        "toys sums": (("toys", CARD, *QUICK, "--keep", "sums"), "-n"),
        "calibration": (("calibrate", CARD, *AT), "-n"),
        "calibration sums": (("calibrate", CARD, *AT, "--keep", "sums", "--largest", "20"), "-n"),
    }[kind]


KINDS = (
    "goodness",
    "goodness sums",
    "comparison",
    "limit",
    "coverage",
    "coverage sums",
    "toys sums",
    "calibration",
    "calibration sums",
)
ADDED = {"auxiliary", "data", "file", "first"}


def made(tmp_path, kind, data, name, n, first=0, seed=7):
    """Make toys of a study; return the file and the document."""
    arguments, option = command(kind, data)
    part = ("--part",) if kind.startswith("calibration") else ()
    path = tmp_path / f"{name}.root"
    start_at = ("--first", first) if first else ()
    document = answer(*arguments, option, n, *start_at, *part, "-o", path, "--seed", seed)
    return path, document


def origin(path):
    with TableFile(path, table_name(path)) as table:
        return table.provenances[0]


def digests(path):
    return {name: branch["sha256"] for name, branch in origin(path)["branches"].items()}


@pytest.mark.parametrize("kind", few(KINDS, "limit", "coverage sums"))
def test_parts_are_the_whole(tmp_path, data, kind):
    """Three parts in another order: the same bits, the same result, and what is made again is the same."""
    whole, document = made(tmp_path, kind, data, "whole", 60)
    parts = [made(tmp_path, kind, data, f"part-{f}", n, f)[0] for f, n in ((40, 20), (0, 25), (25, 15))]
    joined = tmp_path / "joined.root"
    told = answer("merge", joined, *parts)
    assert digests(joined) == digests(whole)
    assert (told["first"], told["last"], told["gaps"]) == (0, 59, [])
    result = told["result"]
    if kind.startswith("goodness"):
        document = document["goodness_of_fit"]
    if kind == "limit":
        assert result["band"] == document["band"]
        assert result["band_errors"] == document["band_errors"]
        assert result["upper"] == document["upper"]
    elif kind == "toys sums":
        (point,) = result["points"]
        assert (point["n_toys"], point["n_failed"]) == (60, document["n_failed"])
    else:
        for key in set(result) - {"file", "audit"}:
            assert result[key] == document[key], key
    more, _ = made(tmp_path, kind, data, "more", 5, 60)
    assert invoke("merge", tmp_path / "again.root", joined, more).exit_code == 0
    if kind.split()[0] in {"coverage", "toys", "calibration"}:
        assert answer("rerun", joined)["identical"]


@pytest.mark.parametrize("kind", few(KINDS, "comparison"))
def test_parts_that_do_not_belong_together(tmp_path, data, kind):
    """Another seed, toys that overlap, a file given twice, toys that are missing."""
    first, _ = made(tmp_path, kind, data, "first", 10)
    other, _ = made(tmp_path, kind, data, "other", 10, 10, seed=8)
    overlapping, _ = made(tmp_path, kind, data, "overlapping", 10, 5)
    later, _ = made(tmp_path, kind, data, "later", 5, 15)
    out = tmp_path / "out.root"
    assert "run.seed: 8, not 7" in refusal("merge", out, first, other)
    assert "5 to 9, which" in refusal("merge", out, first, overlapping)
    assert "was given twice" in refusal("merge", out, first, first)
    assert "10 to 14 are in none of the files" in refusal("merge", "--complete", out, first, later)
    assert "0 to 4 are in none of the files" in refusal("merge", "--complete", out, overlapping)
    assert not out.exists()


def test_rows_and_sums_do_not_mix(tmp_path, data):
    for kind in ("calibration", "coverage", "goodness"):
        rows, _ = made(tmp_path, kind, data, f"{kind} rows", 10)
        sums, _ = made(tmp_path, f"{kind} sums", data, f"{kind} sums", 10, 10)
        assert refusal("merge", tmp_path / "out.root", rows, sums)


def test_other_data_do_not_join(tmp_path, data):
    """The statistic of the data is another one."""
    others = tmp_path / "others.csv"
    lines = data.read_text().splitlines()
    cells = lines[1].split(",")
    others.write_text("\n".join([lines[0], ",".join([*cells[:2], str(int(cells[2]) + 9)]), *lines[2:]]))
    first, _ = made(tmp_path, "goodness", data, "first", 10)
    other, _ = made(tmp_path, "goodness", others, "other", 10, 10)
    assert "observed" in refusal("merge", tmp_path / "out.root", first, other)


@pytest.mark.long
def test_true_values_of_several_files(tmp_path):
    """One file for each true value, and one that holds some toys of all: a rectangle has to come out."""
    whole, parts = tmp_path / "whole.root", []
    answer("coverage", CARD, *QUICK, *AT, "-n", 20, "-o", whole, "--seed", 7)
    for value in ("0", "0.1"):
        parts.append(tmp_path / f"at-{value}.root")
        answer("coverage", CARD, *QUICK, "--at", value, "-n", 20, "-o", parts[-1], "--seed", 7)
    halves = [tmp_path / f"half-{first}.root" for first in (0, 8)]
    for path, first, n in zip(halves, (0, 8), (8, 12), strict=True):
        answer("coverage", CARD, *QUICK, "--at", "0.3", "-n", n, "--first", first, "-o", path, "--seed", 7)
    joined = tmp_path / "joined.root"
    answer("merge", joined, *parts, *halves)
    assert digests(joined) == digests(whole)
    words = refusal("merge", tmp_path / "out.root", *parts, halves[0])
    assert "ends at 7: toys of the true value 0.3 8 to 19 are in none of the files" in words


def test_true_values_in_another_order(tmp_path):
    """Rows are put in one order, and their SHA-256 is compared all the same."""
    paths = [tmp_path / f"{name}.root" for name in "ab"]
    answer("coverage", CARD, *QUICK, "--at", "0,0.1", "-n", 10, "-o", paths[0], "--seed", 7)
    answer("coverage", CARD, *QUICK, "--at", "0.1,0", "-n", 10, "--first", 10, "-o", paths[1], "--seed", 7)
    joined, whole = tmp_path / "joined.root", tmp_path / "whole.root"
    answer("merge", joined, *paths)
    answer("coverage", CARD, *QUICK, "--at", "0,0.1", "-n", 20, "-o", whole, "--seed", 7)
    assert digests(joined) == digests(whole)


def test_options_that_do_not_go_together(tmp_path, data):
    out = tmp_path / "out.root"
    assert "give --gof N, too" in refusal("fit", CARD, data, "-o", out)
    assert "give -o FILE, too" in refusal("fit", CARD, data, "--gof", 10, "--keep", "sums")
    assert "give -o FILE, too" in refusal("coverage", CARD, "--at", 0, "-n", 10, "--keep", "sums")
    assert "without DATA" in refusal("limit", CARD, data, "-o", out)
    assert "--largest goes with --keep sums" in refusal(
        "calibrate", CARD, "-n", 100, "-o", out, "--largest", 5
    )
    assert "too few for a level" in refusal("calibrate", CARD, "-n", 5, "-o", out, "--at", "0,0.1")
    assert "leave --no-fit" in refusal("toys", CARD, "-n", 5, "-o", out, "--no-fit", "--keep", "sums")
    assert not out.exists()


def test_an_existing_file_stays(tmp_path, data):
    """As of all outputs: it is replaced with --force, and only by its own kind."""
    path, _ = made(tmp_path, "goodness", data, "file", 10)
    arguments = ("fit", CARD, data, "--gof", 10, "-o", path, "--seed", 7)
    assert "--force replaces it" in refusal(*arguments)
    assert "it is a file of statistics of toys" in refusal(*arguments, "--keep", "sums", "--force")
    answer(*arguments, "--force")


@pytest.mark.long
def test_a_table_of_sums_serves_as_one_of_rows(tmp_path):
    """Limits from both agree to the resolution of the sums."""
    limits = []
    for keep in ("rows", "sums"):
        table = tmp_path / f"{keep}.root"
        answer("calibrate", CARD, "-n", 2000, "--seed", 3, "--keep", keep, "-o", table)
        method = ("--method", "feldman-cousins", "--table", table)
        limits.append(answer("limit", CARD, *method, "--toys", 0)["upper"])
    assert limits[0] > 0
    assert limits[1] == pytest.approx(limits[0], rel=2e-3)


def interrupting(calls, seen):
    """What shows progress, and presses Ctrl-C at a call."""

    def advance(n):
        seen.append(n)
        if len(seen) == calls:
            signal.raise_signal(signal.SIGINT)

    return advance


STOPPED = ("goodness", "comparison", "limit", "calibration sums", "toys sums")


@pytest.mark.parametrize("kind", few(STOPPED, "toys sums"))
def test_a_study_that_is_stopped(tmp_path, data, kind, monkeypatch):
    """SIGTERM or Ctrl-C after a block: the file holds the toys so far, and the message says how to go on."""
    blocks = 6 if kind.startswith("calibration") else 3  # of which each value is a part
    monkeypatch.setattr("macros.terminal.pace.progress_lines", lambda *_: interrupting(blocks, []))
    arguments, option = command(kind, data)
    path = tmp_path / "part.root"
    n = 10**8
    result = invoke(*arguments, option, n, "-o", path, "--seed", 7, "--json")
    assert result.exit_code == 130, result.stderr
    with TableFile(path, table_name(path)) as table:
        last = int(table.rows[0]["last"])
    assert 0 < last < n - 1
    typed = " ".join(map(str, arguments))
    rest = (
        f"nugauge {typed} --json --seed 7 --first {last + 1} {option} {n - last - 1} "
        f"-o {tmp_path}/part-from-{last + 1}.root"
    )
    assert f"{path} holds toys 0 to {last}; for the others: {rest}" in result.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["part.root"]
    document = json.loads(result.stdout)
    assert document["file"] == str(path)


def test_a_study_without_a_file_that_is_stopped(data, monkeypatch):
    """The command prints the result of the toys that were finished."""
    monkeypatch.setattr("macros.terminal.pace.progress_lines", lambda *_: interrupting(3, []))
    result = invoke("fit", CARD, data, "--gof", 10**8, "--seed", 7, "--json")
    assert result.exit_code == 130, result.stderr
    n = json.loads(result.stdout)["goodness_of_fit"]["n_toys"]
    assert 0 < n < 10**8
    rest = f"nugauge fit {CARD} {data} --json --seed 7 --first {n} --gof {10**8 - n}"
    assert f"the result is that of toys 0 to {n - 1}; for the others: {rest}, and -o FILE" in result.stderr


@pytest.mark.long
def test_coverage_that_is_stopped_in_a_true_value(tmp_path, monkeypatch):
    """Its toys so far are kept; both commands of the message, pasted, make the others."""
    seen = []
    monkeypatch.setattr("macros.terminal.pace.progress_lines", lambda *_: interrupting(3, seen))
    path, n = tmp_path / "part.root", 3000
    setting = ("--set", "exposure.duration=90 d")
    study = ("coverage", CARD, *QUICK, *setting)
    result = invoke(*study, "--at", "0,0.1", "-n", n, "-o", path, "--seed", 7, "--json")
    assert result.exit_code == 130
    done = sum(seen)
    assert 0 < done < n
    assert f"--at 0.0 --first {done} -n {n - done} -o {tmp_path}/part-part-2.root" in result.stderr
    assert f"--at 0.1 -n {n} -o {tmp_path}/part-part-3.root" in result.stderr
    monkeypatch.undo()
    second, third = tmp_path / "part-part-2.root", tmp_path / "part-part-3.root"
    told = result.stderr.partition("for the others: ")[2].partition(", which")[0]
    for line in told.split("; and "):
        program, *words = shlex.split(line)
        assert program == "nugauge"
        assert invoke(*words).exit_code == 0
    answer("merge", tmp_path / "joined.root", path, second, third)
    answer(*study, "--at", "0,0.1", "-n", n, "-o", tmp_path / "whole.root", "--seed", 7)
    assert digests(tmp_path / "joined.root") == digests(tmp_path / "whole.root")


def test_branches_in_root_units(tmp_path, data):
    """Files of sums can be read without this program: numbers as they are said."""
    path, document = made(tmp_path, "coverage sums", data, "sums", 40)
    with TableFile(path, "sums") as table:
        columns = table.arrays()
    for i, point in enumerate(document["points"]):
        assert columns["n_toys"][i] == 40
        assert columns["covered_one_sided"][i] == point["methods"]["one-sided"]["covered"]
        assert columns["bias"][i] == point["bias"]
        assert np.isclose(columns["residual_deviation"][i] / 40**0.5, point["bias_error"])


def test_parts_in_python(data):
    """The same first toys as on the command line, of every study of a card."""
    card = load_card(CARD).seeded(7)
    whole = card.coverage([0.0], 30, audit=0).tallies[0]
    parts = [card.coverage([0.0], n, first=k, audit=0).tallies[0] for k, n in ((0, 20), (20, 10))]
    assert parts[0] + parts[1] == whole
    n_above = [card.goodness_of_fit(str(data), n, first=k).n_above for k, n in ((0, 20), (20, 10), (0, 30))]
    assert n_above[0] + n_above[1] == n_above[2]
    bands = [card.limit(n_toys=30, first=k, audit=0).band for k in (0, 30, 0)]
    assert bands[0] == bands[2] != bands[1]
