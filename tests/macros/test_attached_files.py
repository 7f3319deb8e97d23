"""Files of attached energies: fitted, reweighted, merged, made again."""

import json
import shutil

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from support.attached import EXACT, RUN, columns, write_csv, write_runs
from support.invocation import CARD, answer, invoke, refusal
from support.joining import merge

from detsim.event_files.event_reader import EventFile
from macros.card import load_card
from macros.setup.data import load_data


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """True events, in one file and in three, and what our own detector measures of them."""
    return write_runs(tmp_path_factory.mktemp("attach"))


@pytest.fixture(scope="module")
def measured(files):
    """Indices and energies that our own detector recorded."""
    table = columns(files / "reco.root")
    return table["event"], table["T_reco"]


def test_what_is_done_with_the_file(files, measured, unrendered, tmp_path):
    """Contract: fits of another response, weights, pictures; nothing is compared with quadrature."""
    event, energy = measured
    half = [write_csv(tmp_path / f"{i}.csv", *(x[i::2] for x in measured)) for i in (0, 1)]
    out = tmp_path / "out.root"
    table = write_csv(tmp_path / "reco.csv", *measured)
    answer("attach", files / "true.root", table, "--column", "T_reco", "-o", out)
    same = answer("fit", CARD, files / "reco.root")["parameters"]["gamma"]
    assert answer("fit", CARD, out)["parameters"]["gamma"] == same
    other = ("--set", "detector.resolution.at_1MeV=70 keV", "--set", "detector.efficiency=0.9")
    assert answer("fit", CARD, out, *other)["valid"]
    assert "detector.mass" in refusal("fit", CARD, out, "--set", "detector.mass=98 t")
    cut = load_card(CARD, ["detector.threshold=275 keV"])
    assert answer("fit", CARD, out, "--set", "detector.threshold=300 keV")["valid"]  # a bin without counts
    counts = load_data(cut, str(out)).histogram.values()
    assert_array_equal(counts, np.histogram(energy[energy >= 0.275], cut.experiment.detector.edges)[0])
    weighted = answer("reweight", out, "--to", CARD, "--set", "model.gamma=0.3", "-o", tmp_path / "w.root")
    assert weighted["verdict"] is weighted["expected"] is weighted["p_value"] is None
    with EventFile(tmp_path / "w.root") as file:
        assert file.provenance["response"] == "attached"
    direct = answer("reweight", files / "reco.root", "--to", CARD, "--set", "model.gamma=0.3", "-o",
                    tmp_path / "d.root")  # fmt: skip
    assert weighted["sum_w"] == direct["sum_w"]
    assert (
        "no expectation"
        in invoke("reweight", out, "--to", CARD, "--set", "model.gamma=0.3", "-o", tmp_path / "v.root").stdout
    )
    picture = tmp_path / "f.png"
    assert invoke("inspect", out, "--figure", picture).exit_code == 0
    assert "expected" not in picture.with_suffix(".csv").read_text()
    for i, (path, csv) in enumerate(zip(("a", "b"), half, strict=True)):
        answer("attach", files / "true.root", csv, "--column", "T_reco", "-o", tmp_path / f"{path}.root")
        assert columns(tmp_path / f"{path}.root")["T_reco"].size == len(event[i::2])
    assert "holds events" in refusal("merge", tmp_path / "m.root", tmp_path / "a.root", tmp_path / "b.root")


def test_parts_of_a_run_attached_one_by_one_are_merged(files, measured, tmp_path):
    """Contract: files with a table each are the run; other responses are not joined with ours."""
    event, energy = measured
    paths = []
    for i in range(3):
        inside = event // 1000 == i
        table = write_csv(tmp_path / f"{i}.csv", event[inside], energy[inside])
        paths.append(tmp_path / f"o-{i:04d}.root")
        answer("attach", files / f"part-{i:04d}.root", table, "--column", "T_reco", "-o", paths[-1])
    answer("merge", tmp_path / "all.root", *paths)
    assert_array_equal(columns(tmp_path / "all.root")["T_reco"], energy)
    one = answer("fit", CARD, tmp_path / "all.root")["parameters"]["gamma"]["value"]
    assert answer("fit", CARD, *paths)["parameters"]["gamma"]["value"] == pytest.approx(one, rel=1e-9)
    answer("simulate", *RUN, *EXACT, "--first", 3000, "-o", tmp_path / "more.root")
    assert "response" in refusal("merge", tmp_path / "x.root", paths[0], tmp_path / "more.root")


def test_making_it_again_needs_both_files(files, measured, tmp_path):
    """Contract: `rerun` compares the true events and the table with what was attached."""
    true, table, out = tmp_path / "true.root", tmp_path / "reco.csv", tmp_path / "out.root"
    shutil.copy(files / "true.root", true)
    write_csv(table, *measured)
    answer("attach", true, table, "--column", "T_reco", "-o", out)
    assert answer("rerun", out)["identical"]
    true.rename(tmp_path / "moved.root")
    assert "say where it is with --input FILE" in refusal("rerun", out)
    assert answer("rerun", out, "--input", tmp_path / "moved.root")["identical"]
    table.write_text(table.read_text() + "2999,0.3\n")
    text = refusal("rerun", out, "--input", tmp_path / "moved.root")
    assert "has changed since its energies were attached" in " ".join(text.split())
    assert json.loads(invoke("inspect", out, "--json").stdout)["complete"]


def test_runs_that_hadd_joined(files, measured, tmp_path):
    """Contract: parts of one run in one file are one run; other cards and seeds are refused."""
    table = write_csv(tmp_path / "reco.csv", *measured)
    joined = merge(tmp_path / "hadd.root", *(files / f"part-{i:04d}.root" for i in range(3)))
    call = ("--column", "T_reco", "-o", tmp_path / "out.root")
    answer("attach", joined, table, *call)
    assert_array_equal(columns(tmp_path / "out.root")["T_reco"], measured[1])
    with EventFile(tmp_path / "out.root") as file:
        assert len(file.rows) == 1
        assert len(file.provenance["true_events"]) == 3
    more = ("--seed", 5, "--first", 3000, "--events", 10, *EXACT)
    answer("generate", CARD, *more, "--set", "model.gamma=0.1", "-o", tmp_path / "card.root")
    answer("generate", CARD, "--seed", 6, "--events", 10, *EXACT, "-o", tmp_path / "seed.root")
    for other, reason in (("card", "model.gamma"), ("seed", "seed: 6, not 5")):
        both = merge(tmp_path / f"both-{other}.root", files / "true.root", tmp_path / f"{other}.root")
        assert reason in refusal("attach", both, table, "--column", "T_reco", "-o", tmp_path / "x.root")
    assert not (tmp_path / "x.root").exists()
