"""Files of attached energies: fitted, reweighted, merged, made again."""

import json
import shutil

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from support.attached import EXACT, RUN, columns, write_csv
from support.invocation import CARD, answer, invoke, refusal
from support.joining import merge

from detsim.event_files.event_reader import EventFile
from macros.card import load_card
from macros.setup.data import load_data


def test_what_is_done_with_the_file(true_runs, recorded, unrendered, tmp_path):
    """Contract: fits of another response, weights, pictures; nothing is compared with quadrature."""
    event, energy = recorded
    half = [write_csv(tmp_path / f"{i}.csv", *(x[i::2] for x in recorded)) for i in (0, 1)]
    out = tmp_path / "out.root"
    table = write_csv(tmp_path / "reco.csv", *recorded)
    answer("attach", true_runs / "true.root", table, "--column", "T_reco", "-o", out)
    same = answer("fit", CARD, true_runs / "reco.root")["parameters"]["gamma"]
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
    direct = answer("reweight", true_runs / "reco.root", "--to", CARD, "--set", "model.gamma=0.3", "-o",
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
        answer("attach", true_runs / "true.root", csv, "--column", "T_reco", "-o", tmp_path / f"{path}.root")
        assert columns(tmp_path / f"{path}.root")["T_reco"].size == len(event[i::2])
    assert "holds events" in refusal("merge", tmp_path / "m.root", tmp_path / "a.root", tmp_path / "b.root")


def test_parts_of_a_run_attached_one_by_one_are_merged(true_runs, recorded, tmp_path):
    """Contract: files with a table each are the run; other responses are not joined with ours."""
    event, energy = recorded
    paths = []
    for i in range(3):
        inside = event // 1000 == i
        table = write_csv(tmp_path / f"{i}.csv", event[inside], energy[inside])
        paths.append(tmp_path / f"o-{i:04d}.root")
        answer("attach", true_runs / f"part-{i:04d}.root", table, "--column", "T_reco", "-o", paths[-1])
    answer("merge", tmp_path / "all.root", *paths)
    assert_array_equal(columns(tmp_path / "all.root")["T_reco"], energy)
    one = answer("fit", CARD, tmp_path / "all.root")["parameters"]["gamma"]["value"]
    assert answer("fit", CARD, *paths)["parameters"]["gamma"]["value"] == pytest.approx(one, rel=1e-9)
    answer("simulate", *RUN, *EXACT, "--first", 3000, "-o", tmp_path / "more.root")
    assert "response" in refusal("merge", tmp_path / "x.root", paths[0], tmp_path / "more.root")


def test_making_it_again_needs_both_files(true_runs, recorded, tmp_path):
    """Contract: `rerun` compares the true events and the table with what was attached."""
    true, table, out = tmp_path / "true.root", tmp_path / "reco.csv", tmp_path / "out.root"
    shutil.copy(true_runs / "true.root", true)
    write_csv(table, *recorded)
    answer("attach", true, table, "--column", "T_reco", "-o", out)
    assert answer("rerun", out)["identical"]
    true.rename(tmp_path / "moved.root")
    assert "say where it is with --input FILE" in refusal("rerun", out)
    assert answer("rerun", out, "--input", tmp_path / "moved.root")["identical"]
    table.write_text(table.read_text() + "2999,0.3\n")
    text = refusal("rerun", out, "--input", tmp_path / "moved.root")
    assert "has changed since its energies were attached" in " ".join(text.split())
    assert json.loads(invoke("inspect", out, "--json").stdout)["complete"]


def test_runs_that_hadd_joined(true_runs, recorded, tmp_path):
    """Contract: parts of one run in one file are one run; other cards and seeds are refused."""
    table = write_csv(tmp_path / "reco.csv", *recorded)
    joined = merge(tmp_path / "hadd.root", *(true_runs / f"part-{i:04d}.root" for i in range(3)))
    call = ("--column", "T_reco", "-o", tmp_path / "out.root")
    answer("attach", joined, table, *call)
    assert_array_equal(columns(tmp_path / "out.root")["T_reco"], recorded[1])
    with EventFile(tmp_path / "out.root") as file:
        assert len(file.rows) == 1
        assert len(file.provenance["true_events"]) == 3
    more = ("--seed", 5, "--first", 3000, "--events", 10, *EXACT)
    answer("generate", CARD, *more, "--set", "model.gamma=0.1", "-o", tmp_path / "card.root")
    answer("generate", CARD, "--seed", 6, "--events", 10, *EXACT, "-o", tmp_path / "seed.root")
    for other, reason in (("card", "model.gamma"), ("seed", "seed: 6, not 5")):
        both = merge(tmp_path / f"both-{other}.root", true_runs / "true.root", tmp_path / f"{other}.root")
        assert reason in refusal("attach", both, table, "--column", "T_reco", "-o", tmp_path / "x.root")
    assert not (tmp_path / "x.root").exists()


def test_events_without_backgrounds_get_the_weights_of_a_card_with_them(true_runs, recorded, tmp_path):
    """Twin: weights are those of the same card without backgrounds, which is that of the new file."""
    components = columns(true_runs / "true.root")
    signal = np.isin(recorded[0], components["event"][components["component"] == 0])
    table = write_csv(tmp_path / "signal.csv", recorded[0][signal], recorded[1][signal])
    answer("attach", true_runs / "true.root", table, "--column", "T_reco", "-o", tmp_path / "signal.root")
    target = ("--to", CARD, "--set", "model.gamma=0.1")
    said = invoke("reweight", tmp_path / "signal.root", *target, "-o", tmp_path / "a.root")
    assert said.exit_code == 0, said.stderr
    assert f"has no backgrounds: those of {CARD} are left out" in " ".join(said.stderr.split())
    answer("reweight", tmp_path / "signal.root", *target, "--set", "background={}", "-o", tmp_path / "b.root")
    a, b = (columns(tmp_path / f"{name}.root")["weight"] for name in "ab")
    assert_array_equal(a, b)
    with EventFile(tmp_path / "a.root") as file:
        assert file.provenance["card"]["background"] == {}
    assert answer("fit", CARD, tmp_path / "a.root", "--set", "background={}")["valid"]
