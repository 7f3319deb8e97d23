"""`--figure` of every command that has something to show: pictures, numbers beside them, styles."""

import csv
import json
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from support.invocation import CARD, answer, refusal

from macros.card import load_card

HEADS = {".png": b"\x89PNG", ".pdf": b"%PDF-", ".svg": b"<?xml"}
FEW = ("--seed", 1, "--toys", 200, "--audit", 0)


@pytest.fixture(scope="module")
def events(tmp_path_factory):
    path = tmp_path_factory.mktemp("figures") / "events.root"
    answer("simulate", CARD, "-o", path, "--seed", 1)
    return path


def table(path):
    with path.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def column(rows, name):
    return np.array([float(row[name]) for row in rows])


def texts(path):
    """Join what a figure says of itself: title, caption and note of the document beside it."""
    document = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return " | ".join([document["title"], document["caption"], *document["note"]])


def test_three_kinds_of_pictures_share_their_numbers(tmp_path):
    """Contract. The ending chooses the kind; CSV and JSON are written once; all are known again."""
    names = [tmp_path / f"f{suffix}" for suffix in HEADS]
    command = ("expect", CARD, *(x for name in names for x in ("--figure", name)))
    found = answer(*command)
    assert found["files"] == [str(n) for n in (*names, tmp_path / "f.csv", tmp_path / "f.json")]
    for name in names:
        assert name.read_bytes().startswith(HEADS[name.suffix])
    ET.parse(tmp_path / "f.svg")
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert "exists; --force replaces it" in refusal(*command)
    answer(*command, "--force")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first


def test_fit_shows_data_and_fit(seldom_rendered, events, tmp_path):
    """Contract. The numbers are the data and the counts of the fit, whose deviance they give."""
    found = answer("fit", CARD, events, "--figure", tmp_path / "f.png")
    rows = table(tmp_path / "f.csv")
    card = load_card(CARD)
    data = card.histogram(events).values()
    assert column(rows, "data") == pytest.approx(data)
    mu = column(rows, "fitted")
    pulled = sum(p["pull"] ** 2 for p in found["pulls"].values())
    deviance = 2 * float(np.sum(mu - data + data * np.log(data / mu))) + pulled
    assert deviance == pytest.approx(found["fval"], rel=1e-5)
    assert column(rows, "pull") == pytest.approx((data - mu) / np.sqrt(mu), rel=1e-5)
    assert "simulated data" in texts(tmp_path / "f.png")


def test_a_csv_of_the_user_is_measured(seldom_rendered, tmp_path):
    """Contract. Counts of which nothing is known are called measured."""
    edges = np.linspace(250, 550, 7)
    lines = [
        f"{a:g},{b:g},{n}" for a, b, n in zip(edges, edges[1:], (402, 360, 365, 390, 361, 305), strict=False)
    ]
    (tmp_path / "mine.csv").write_text("\n".join(["low,high,counts", *lines, ""]))
    answer("fit", CARD, tmp_path / "mine.csv", "--unit", "keV", "--figure", tmp_path / "f.svg")
    assert "measured data" in texts(tmp_path / "f.svg")


@pytest.mark.parametrize("method", ["one-sided", "two-sided"])
def test_limit_of_data(seldom_rendered, events, tmp_path, method):
    """Contract. The curve crosses the threshold at the limit; level, method and kind stand there."""
    found = answer("limit", CARD, events, "--method", method, "--figure", tmp_path / "l.png")
    rows = [row for row in table(tmp_path / "l.csv") if row["quantity"] == "curve"]
    x, y = column(rows, "gamma"), column(rows, "statistic")
    assert np.interp(found["upper"], x, y) == pytest.approx(found["delta_chi2"], rel=1e-3)
    words = texts(tmp_path / "l.png")
    assert f"95 % C.L., {method}" in words
    assert "simulated data" in words


def test_limit_of_pseudo_experiments(seldom_rendered, events, tmp_path):
    """Contract. Every true value with its statistic and threshold; CLs with CLs."""
    for method, name in (("feldman-cousins", "threshold"), ("cls", "cls")):
        picture = tmp_path / f"{method}.svg"
        options = ("--method", method, "-n", 500, "--seed", 1)
        found = answer("limit", CARD, events, *options, "--figure", picture)
        rows = [row for row in table(picture.with_suffix(".csv")) if row["quantity"] == "true value"]
        expected = [t[name] for t in found["thresholds"]]
        assert column(rows, name) == pytest.approx(expected, rel=1e-6)


def test_expected_limit(seldom_rendered, tmp_path):
    """Contract. Without data the band, whose numbers are those of the document."""
    found = answer("limit", CARD, *FEW, "--figure", tmp_path / "band.pdf")
    rows = {row["limit"]: row for row in table(tmp_path / "band.csv")}
    assert "observed" not in rows
    assert float(rows["expected (Asimov)"]["gamma"]) == pytest.approx(found["asimov"], rel=1e-6)
    for sigma, value in found["band"].items():
        assert float(rows[f"expected at {sigma} sigma"]["gamma"]) == pytest.approx(value, rel=1e-6)
    assert "expected (Asimov) data" in texts(tmp_path / "band.pdf")


def test_sensitivity(seldom_rendered, tmp_path):
    """Contract. One row a point, in the unit of the scan."""
    found = answer("sensitivity", CARD, "--scan", "exposure.duration=10:90:5", "--figure", tmp_path / "s.png")
    rows = table(tmp_path / "s.csv")
    assert column(rows, "exposure.duration [d]").tolist() == [10, 30, 50, 70, 90]
    assert column(rows, "limit on gamma") == pytest.approx(found["limit"], rel=1e-6)
    assert "95 % C.L., one-sided" in texts(tmp_path / "s.png")


def test_expect(seldom_rendered, tmp_path):
    found = answer("expect", CARD, "--figure", tmp_path / "e.svg")
    rows = table(tmp_path / "e.csv")
    assert column(rows, "expected") == pytest.approx(np.ravel(found["expected"]), rel=1e-6)
    assert {row["data"] for row in rows} == {""}
    assert "expected (Asimov)" in texts(tmp_path / "e.svg")


def test_compare(seldom_rendered, events, tmp_path):
    """Contract. All toys of both models are in the bins, or counted outside."""
    options = ("-n", 300, "--seed", 1, "--set-b", "model.beta=psi")
    answer("compare", CARD, CARD, events, *options, "--figure", tmp_path / "c.png")
    rows = table(tmp_path / "c.csv")
    n = column(rows, "toys of A").sum(), column(rows, "toys of B").sum()
    assert all(290 <= k <= 300 for k in n)
    assert f"outside of the bins are {300 - n[0]:.0f} of A and {300 - n[1]:.0f} of B" in texts(
        tmp_path / "c.png"
    )


def test_calibrate(seldom_rendered, tmp_path):
    options = ("-n", 500, "--at", "0,0.1", "--seed", 1, "-o", tmp_path / "t.root")
    found = answer("calibrate", CARD, *options, "--figure", tmp_path / "t.png")
    rows = table(tmp_path / "t.csv")
    assert len(rows) == 4
    of_fc = [row for row in rows if row["method"] == "feldman-cousins"]
    expected = [t["feldman-cousins"]["threshold"] for t in found["thresholds"]]
    assert column(of_fc, "threshold") == pytest.approx(expected, rel=1e-6)


def test_events_that_are_made_and_inspected(seldom_rendered, events, tmp_path):
    """Contract. `simulate` and `inspect` draw the same numbers: those of the histogram of the file."""
    path = tmp_path / "e.root"
    answer("simulate", CARD, "-o", path, "--seed", 1, "--figure", tmp_path / "made.png")
    answer("inspect", path, "--figure", tmp_path / "seen.png")
    made, seen = table(tmp_path / "made.csv"), table(tmp_path / "seen.csv")
    assert made == seen
    assert column(made, "data") == pytest.approx(load_card(CARD).histogram(path).values())
    assert column(made, "expected") == pytest.approx(load_card(CARD).expect().counts, rel=1e-6)


def test_a_series_is_drawn_whole(unrendered, tmp_path):
    options = ("--seed", 1, "--events", 400, "--events-per-file", 150)
    answer("simulate", CARD, "-o", tmp_path / "x.root", *options, "--figure", tmp_path / "x.png")
    assert len(list(tmp_path.glob("x-*.root"))) == 3
    answer("simulate", CARD, "-o", tmp_path / "y.root", *options[:4], "--figure", tmp_path / "y.png")
    x, y = (column(table(tmp_path / f"{n}.csv"), "data") for n in "xy")
    assert x.tolist() == y.tolist()


def test_true_events(seldom_rendered, tmp_path):
    answer(
        "generate",
        CARD,
        "-o",
        tmp_path / "t.root",
        "--seed",
        1,
        "--events",
        500,
        "--figure",
        tmp_path / "t.svg",
    )
    assert column(table(tmp_path / "t.csv"), "events").sum() == 500
    assert "true events" in texts(tmp_path / "t.svg")


def test_inspect_of_another_file(events, tmp_path):
    answer("toys", CARD, "-n", 3, "--audit", 0, "--seed", 1, "-o", tmp_path / "t.root")
    assert "--figure shows events" in refusal("inspect", tmp_path / "t.root", "--figure", tmp_path / "x.png")


def test_contour_takes_both_names(unrendered, tmp_path):
    """Contract. `-o` is the former name of `--figure`."""
    at = ("--x", "gamma=-0.1:0.1:3", "--y", "activity=0.9:1.1:3")
    first = answer("contour", CARD, *at, "-o", tmp_path / "a.png")
    second = answer("contour", CARD, *at, "--figure", tmp_path / "b.png")
    assert len(first["files"]) == len(second["files"]) == 3
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


@pytest.mark.parametrize(
    ("style", "message"),
    [
        ("ATLES", "did you mean 'ATLAS'?"),
        ("none.mplstyle", "No such file"),
        ("bad.mplstyle", "Bad key font.siez in file bad.mplstyle, line 2"),
        ("value.mplstyle", "font.size"),
        ("empty.mplstyle", "states nothing"),
        ("tex.mplstyle", "text.usetex"),
    ],
)
def test_wrong_styles(tmp_path, monkeypatch, style, message):
    """Contract. The message names the style and what is wrong; nothing is written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.mplstyle").write_text("font.size: 9\nfont.siez: 9\n")
    (tmp_path / "value.mplstyle").write_text("font.size: large or small\n")
    (tmp_path / "empty.mplstyle").write_text("# nothing\n")
    (tmp_path / "tex.mplstyle").write_text("text.usetex: True\n")
    said = refusal("expect", CARD, "--figure", "f.png", "--style", style)
    assert f"--style {style}: " in said
    assert message in " ".join(said.split())
    assert not list(tmp_path.glob("f.*"))


def test_a_style_without_a_figure():
    assert "--style goes with --figure FILE" in refusal("expect", CARD, "--style", "CMS")


def test_styles_change_the_picture_and_not_the_numbers(tmp_path):
    """Contract. A file, and names of mplhep and matplotlib; the same style gives the same bytes."""
    (tmp_path / "mine.mplstyle").write_text("axes.grid: True\nfont.size: 11\n")
    seen = {}
    for style in (None, "ATLAS", "dark_background", tmp_path / "mine.mplstyle"):
        options = () if style is None else ("--style", style)
        seen[style] = tmp_path / f"{len(seen)}.svg"
        answer("expect", CARD, "--figure", seen[style], *options)
    answer("expect", CARD, "--figure", tmp_path / "again.svg", *options)
    assert (tmp_path / "again.svg").read_bytes() == seen[style].read_bytes()
    pictures = {path.read_bytes() for path in seen.values()}
    assert len(pictures) == len(seen)
    assert len({path.with_suffix(".csv").read_bytes() for path in seen.values()}) == 1
