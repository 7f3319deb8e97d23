"""`nugauge attach`: energies of another program, joined by the index of the event, and what is refused."""

import gzip

import awkward as ak
import numpy as np
import pytest
import uproot
from numpy.testing import assert_allclose, assert_array_equal
from support.attached import EXACT, columns, write_csv
from support.invocation import CARD, answer, invoke, refusal

from detsim.event_files.event_reader import EventFile
from macros.card import load_card
from macros.runs.production import produce


def test_energies_come_to_their_events(true_runs, recorded, tmp_path):
    """Closed form: rows in any order give what `detect` wrote, to the bit; the exposure is the run's."""
    event, energy = recorded
    order = np.random.default_rng(1).permutation(len(event))
    table = write_csv(tmp_path / "reco.csv", event[order], energy[order])
    found = answer(
        "attach", true_runs / "true.root", table, "--column", "T_reco", "-o", tmp_path / "out.root"
    )
    ours, theirs = columns(tmp_path / "out.root"), columns(true_runs / "reco.root")
    assert list(ours) == list(theirs)
    exact = load_card(CARD, ["run.precision=float64"])
    for name, column in theirs.items():
        assert_array_equal(ours[name], column, err_msg=name)
    assert (found["n_true"], found["n_recorded"]) == (3000, len(event))
    assert found["n_recorded_backgrounds"] == np.count_nonzero(ours["component"] == 1) > 0
    with EventFile(tmp_path / "out.root") as out, EventFile(true_runs / "true.root") as true:
        row, made = out.rows[0], out.provenance
        assert row.equivalent_exposure == true.rows[0].equivalent_exposure
        assert (row.n_generated, row.first, row.last, row.sum_w) == (3000, 0, 2999, len(event))
        assert made["response"] == "attached"
        assert made["true_events"] == true.rows[0].uuid
        assert made["card"] == {**exact.document, **made["card"]} == true.provenance["card"]
        assert made["run"]["measured"]["column"] == "T_reco"
        assert (made["seed"], made["command"]) == (5, "attach")


@pytest.mark.parametrize(
    "kind", ["csv.gz", "semicolons", "blanks", "comment", "savetxt", "unit", "ttree", "rntuple"]
)
def test_tables_of_other_programs(true_runs, recorded, tmp_path, kind):
    """Twin: every form of the table, in keV, gives the same energies to rounding."""
    event, energy = recorded
    keV, more = 1e3 * energy, ()
    path = tmp_path / ("t.csv.gz" if kind == "csv.gz" else "t.csv")
    match kind:
        case "csv.gz":
            write_csv(path, event, keV, "event,T_reco [keV]")
        case "semicolons":
            write_csv(path, event, keV, '\ufeff# of a program\n"event";"T_reco [keV]"', ";")
        case "blanks":
            write_csv(path, event, keV, "# x\n\nevent T_reco [keV]", "  ")
        case "comment":
            write_csv(path, event, keV, "# units: E [MeV], T_reco [keV]\nevent,T_reco")
        case "savetxt":
            header = "made by NumPy\nx,event,T_reco [keV]"
            np.savetxt(path, np.column_stack([event, event, keV]), header=header, delimiter=",", fmt="%.17g")
        case "unit":
            write_csv(path, event, keV, "event,T_reco")
            more = ("--unit", "keV")
        case "ttree" | "rntuple":
            path = tmp_path / "t.root"
            rows = {"id": event.astype(np.int32), "E": keV, "x": keV.astype(np.float32)}
            with uproot.recreate(path) as file:
                if kind == "ttree":
                    file.mktree("hits", {name: x.dtype for name, x in rows.items()}).extend(rows)
                else:
                    file.mkrntuple("hits", {name: x.dtype for name, x in rows.items()}).extend(rows)
                file.mktree("other", {"id": "int32"}).extend({"id": event.astype(np.int32)})
            more = ("--unit", "keV", "--index", "id")
    column = "E" if path.suffix == ".root" else "T_reco"
    out = tmp_path / "out.root"
    answer("attach", true_runs / "true.root", path, "--column", column, *more, "-o", out)
    assert_allclose(columns(out)["T_reco"], energy, rtol=1e-14)
    assert_array_equal(columns(out)["event"], event)


def test_a_series_is_one_run(true_runs, recorded, tmp_path):
    """Twin: three files of a run are as one; without one of them it is incomplete."""
    table = write_csv(tmp_path / "reco.csv", *recorded)
    parts = [true_runs / f"part-{i:04d}.root" for i in (2, 0, 1)]
    answer("attach", *parts, table, "--column", "T_reco", "-o", tmp_path / "series.root")
    answer("attach", true_runs / "true.root", table, "--column", "T_reco", "-o", tmp_path / "one.root")
    one, series = columns(tmp_path / "one.root"), columns(tmp_path / "series.root")
    for name, column in one.items():
        assert_array_equal(series[name], column)
    with EventFile(tmp_path / "series.root") as file:
        (row,) = file.rows
        assert (row.first, row.last, row.n_generated) == (0, 2999, 3000)
    with EventFile(tmp_path / "one.root") as file:
        assert row.equivalent_exposure == pytest.approx(file.rows[0].equivalent_exposure, rel=1e-12)
    assert answer("rerun", tmp_path / "series.root")["identical"]
    some = ("attach", parts[0], parts[1], table, "--column", "T_reco", "-o", tmp_path / "x.root")
    assert "of which number 1 is not given" in refusal(*some)
    assert not (tmp_path / "x.root").exists()


def test_pseudo_experiments_are_carried_over(tmp_path):
    """Contract: an index names an event together with its experiment, and every experiment is kept."""
    card = load_card(CARD, ["exposure.duration=2 d", "run.precision=float64"])
    true, table = tmp_path / "true.root", tmp_path / "reco.csv"
    produce(card, true, seed=3, experiments=4, first=2, detected=False)
    events = columns(true)
    keep = events["T"] > 0.2
    rows = np.column_stack([events[name][keep] for name in ("event", "experiment", "T")])[::-1]
    np.savetxt(table, rows, fmt=["%d", "%d", "%.17g"], delimiter=",", header="event,toy,E [MeV]", comments="")
    call = ("attach", true, table, "--column", "E", "-o", tmp_path / "out.root")
    assert "--experiment NAME" in refusal(*call)
    answer(*call, "--experiment", "toy")
    out = columns(tmp_path / "out.root")
    assert_array_equal(out["T_reco"], events["T"][keep])
    assert_array_equal(out["experiment"], events["experiment"][keep])
    with EventFile(tmp_path / "out.root") as file:
        assert file.experiments.tolist() == [2, 3, 4, 5]
    assert answer("rerun", tmp_path / "out.root")["identical"]
    fit = answer("fit", CARD, tmp_path / "out.root", "--experiment", 3, "--set", "exposure.duration=2 d")
    assert fit["valid"]
    assert "holds no pseudo-experiments" in refusal(*_plain(tmp_path, card), "--experiment", "toy")


def _plain(path, card):
    produce(card, path / "plain.root", seed=3, n=10, detected=False)
    return "attach", path / "plain.root", path / "reco.csv", "--column", "E", "-o", path / "no.root"


WRONG = {
    "twice": ("event,T_reco [keV]\n1,300\n2,310\n1,320\n", "has event 1 more than once (1 rows too many)"),
    "foreign index": (
        "event,T_reco [keV]\n1,300\n3000,310\n",
        "has event 3000, which is not among the events",
    ),
    "negative index": ("event,T_reco [keV]\n-1,300\n", "event = -1: an index is a whole number from 0 on"),
    "no index": ("event,T_reco [keV]\n1.5,300\n", "event = 1.5: an index is a whole number"),
    "nan": ("event,T_reco [keV]\n1,300\n2,nan\n", "has T_reco = nan at event 2"),
    "negative": ("event,T_reco [keV]\n1,300\n2,-3\n", "has T_reco = -3 at event 2"),
    "infinite": ("event,T_reco [keV]\n1,inf\n", "has T_reco = inf at event 1"),
    "column": ("event,E [keV],x\n1,300,2\n", "has no column 'T_reco'; it has event, E, x"),
    "no unit": ("event,T_reco\n1,300\n", "does not state the unit of T_reco: give --unit"),
    "other unit": ("event,T_reco [pe]\n1,300\n", "states the unit [pe] of 'T_reco'"),
    "text": ("event,T_reco [keV]\n1,300\n\n# x\n2,abc\n", "line 5: T_reco must be a number, got 'abc'"),
    "short": ("event,T_reco [keV]\n1,300\n2\n", "line 3: has 1 cells, and the header 2"),
    "empty": ("event,T_reco [keV]\n", "has no rows of event, T_reco"),
    "nothing": ("", "holds no line of cells"),
    "no header": ("1,300\n2,310\n", "line 1: must be a header with the names of columns"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_tables(true_runs, tmp_path, wrong):
    """Contract: one message that names file, row and reason, and nothing left behind."""
    text, reason = WRONG[wrong]
    table, out = tmp_path / "reco.csv", tmp_path / "out.root"
    table.write_text(text)
    call = ("attach", true_runs / "true.root", table, "--column", "T_reco", "-o", out)
    result = invoke(*call)
    assert result.exit_code in {1, 2}
    assert result.stderr.lower().count("error: ") == 1
    assert reason in " ".join(result.stderr.split())
    assert "reco.csv" in result.stderr
    assert list(tmp_path.iterdir()) == [table]


def test_wrong_files(true_runs, recorded, tmp_path):
    """Contract: foreign and damaged tables, several trees, measured events, runs of two seeds."""
    table, out = write_csv(tmp_path / "reco.csv", *recorded), tmp_path / "out.root"

    def refused(*call, column="T_reco"):
        text = refusal("attach", *call, "--column", column, "-o", out)
        assert not out.exists()
        return " ".join(text.split())

    assert "holds measured events" in refused(true_runs / "reco.root", table)
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(gzip.compress(table.read_bytes())[:-300])
    assert "cannot be decompressed" in refused(true_runs / "true.root", cut)
    assert "has no TTree or RNTuple" in refused(true_runs / "true.root", _histogram(tmp_path))
    lists = tmp_path / "lists.root"
    with uproot.recreate(lists) as file:
        for name in ("a", "b"):
            tree = file.mktree(name, {"event": "int64", "E": "float64", "hits": "var * float64"})
            tree.extend({"event": np.arange(3), "E": np.ones(3), "hits": ak.Array([[1.0], [], [2.0]])})
    assert "in a, b: choose with --tree NAME" in refused(true_runs / "true.root", lists, column="E")
    call = (true_runs / "true.root", lists, "--tree", "b", "--unit", "keV")
    assert "one number in each row is needed" in refused(*call, column="hits")
    assert "has no TTree or RNTuple 'c'" in refused(*call[:2], "--tree", "c", column="E")
    assert "--tree b goes with a ROOT file" in refused(true_runs / "true.root", table, "--tree", "b")
    answer("generate", CARD, "--seed", 6, "--events", 3000, *EXACT, "-o", tmp_path / "other.root")
    assert "seed: 6, not 5" in refused(true_runs / "true.root", tmp_path / "other.root", table)
    assert "missing argument" in refused(table).lower()
    assert "the file that is read" in refusal(
        "attach",
        true_runs / "true.root",
        true_runs / "reco.root",
        "--column",
        "T_reco",
        "-o",
        true_runs / "true.root",
    )


def _histogram(path):
    with uproot.recreate(path / "h.root") as file:
        file["h"] = np.histogram([1.0, 2.0], 3)
    return path / "h.root"


def test_a_wrong_unit_and_missing_backgrounds_are_told(true_runs, recorded, tmp_path):
    """Contract: energies far off are refused if another unit fits; without backgrounds the signal is left."""
    event, energy = recorded
    table = write_csv(tmp_path / "keV.csv", event, 1e3 * energy)
    call = ("attach", true_runs / "true.root", "--column", "T_reco", "-o", tmp_path / "far.root")
    told = " ".join(refusal(*call, table).split())
    assert "is 1e+03 times the mean true energy" in told
    assert "1 times in keV: state keV as its unit, or give --trust-unit if it is MeV" in told
    assert not (tmp_path / "far.root").exists()
    said = invoke(*call, table, "--trust-unit")
    assert said.exit_code == 0
    assert "is its unit MeV?" in " ".join(said.stderr.split())
    small = write_csv(tmp_path / "light.csv", event, energy, header="event,T_reco [eV]")
    assert "1 times in MeV" in " ".join(refusal(*call, small, "--force").split())
    odd = write_csv(tmp_path / "odd.csv", event, 31.0 * energy)  # 0.031 times in keV
    said = invoke(*call, odd, "--force")
    assert said.exit_code == 0
    assert "is its unit MeV?" in " ".join(said.stderr.split())
    signal = np.isin(
        event, columns(true_runs / "true.root")["event"][columns(true_runs / "true.root")["component"] == 0]
    )
    table, out = write_csv(tmp_path / "signal.csv", event[signal], energy[signal]), tmp_path / "signal.root"
    said = invoke("attach", true_runs / "true.root", table, "--column", "T_reco", "-o", out)
    assert "the signal alone" in " ".join(said.stderr.split())
    with EventFile(out) as file:
        assert file.provenance["card"]["background"] == {}
        assert file.provenance["components"] == ["Cr51"]
    told = " ".join(refusal("fit", CARD, out).split())
    assert (
        "background: flat in this card, none in the file's; leave them out with --set 'background={}'" in told
    )
    assert answer("fit", CARD, out, "--set", "background={}")["valid"]
