"""Commands with terms on top of the weak interaction: limits, scans of masses, lists."""

import pytest
from support.examples import every
from support.invocation import CARD, answer, invoke, refusal

from detsim.event_files.event_writer import EventFile
from macros.commands.list_ import TERMS
from simgen.interaction.models import Terms

SM = ("--set", "model={name='SM', sin2_theta_w=0.2312}")


def setting(*pairs):
    return [*SM, *(part for pair in pairs for part in ("--set", pair))]


def test_scan_of_a_mediators_mass():
    """Property: the limit on g_ν g_e grows from that of a light mediator to g ∝ M² of a heavy one."""
    scan = ("--scan", "model.vector_mass=1e-3 MeV:1e5 MeV:2", "--poi", "vector_coupling")
    options = setting("model.vector_mass='1 MeV'")
    light, heavy = answer("sensitivity", CARD, *options, *scan)["limit"]
    nsi = answer("sensitivity", CARD, *SM, "--scan", "model.eps_L=0:0:1", "--poi", "eps_R")["limit"]
    assert 1e-14 < light < 1e-11
    # at M = 1e5 MeV: ε = g/(2√2 G_F M²)
    assert 1e-3 < heavy / (2 * 2**0.5 * 1.1663788e-11 * 1e10) < 2 * nsi[0]


def test_constrained_models_end_where_they_do():
    """Contract: an open limit of a constrained model is null, a bounded one below its end point."""
    options = ("--set", "model={name='LR', constrained=true}", "--toys", 0)
    found = answer("limit", CARD, *options)
    assert found["upper"] is None or found["upper"] < 0.257
    beyond = invoke("expect", CARD, "--set", "model={name='LR', constrained=true, gamma=0.3}")
    assert beyond.exit_code == 2
    assert "beyond the end point 0.2568" in beyond.stderr


@pytest.mark.parametrize(
    ("poi", "pairs", "low", "high"),
    every(
        3,
        [
            ("charge_radius", ["model.charge_radius_convention=texono"], 1e-34, 1e-30),
            ("millicharge", [], 1e-15, 1e-10),
            ("scalar_mass", ["model.scalar_mass='1 MeV'", "model.scalar_coupling=1e-10"], 1.0, 10.0),
        ],
        unpack=True,
    ),
)
def test_limits_of_any_size(poi, pairs, low, high):
    """Property: limits are computed, printed and written to JSON for parameters of any size."""
    found = answer("limit", CARD, *setting(*pairs), "--poi", poi, "--toys", 0)
    assert found["parameter"] == poi
    assert low < found["upper"] < high


def test_every_term_is_listed():
    """Contract: `list models` names every key of a term, sin²θ_W aside."""
    listed = {key for keys, _ in TERMS for key in keys.split(", ")}
    assert listed == set(Terms.__annotations__) - {"sin2_theta_w"}
    printed = invoke("list", "models")
    assert all(keys in printed.output for keys, _ in TERMS)
    assert answer("list", "models") == {"models": ["SM", "E6", "LR"]}


def test_a_divergence_is_said_before_a_run():
    """Contract: without `generate_above` a millicharge has expected counts, and no events."""
    options = setting("model.millicharge=1e-13", "fit.poi=millicharge")
    assert answer("expect", CARD, *options)["total"] > 0
    assert answer("check", CARD, *options)["expected"]["generated"] is None
    stopped = invoke("simulate", CARD, *options, "-o", "events.root")
    assert stopped.exit_code == 2
    assert "generate_above" in stopped.stderr


def test_generate_above_can_be_found(tmp_path):
    """Contract: what `auto` stands for is stored and printed; a moment and a millicharge can be drawn."""
    auto = ("--set", "model.generate_above=auto")
    path = tmp_path / "events.root"
    for term in ("mu_nu=1e-10", "millicharge=1e-12"):
        found = answer("simulate", CARD, *auto, "--set", f"model.{term}", "-o", path, "--seed", 1, "--force")
        assert found["p_value"] > 1e-3
    plain, found = answer("check", CARD), answer("check", CARD, *auto)
    assert plain["generate_above"] == plain["lost_fraction"] == 0
    assert 0.13 < found["generate_above"] < 0.14
    assert 9e-10 < found["lost_fraction"] <= 1e-9
    assert found["warnings"] == []
    assert found["expected"]["generated"] < 0.8 * plain["expected"]["generated"]
    assert found["expected"]["recorded"] == pytest.approx(plain["expected"]["recorded"], rel=1e-6)
    said = invoke("simulate", CARD, *auto, "-o", path, "--seed", 1, "--force")
    assert "leaves out what is below 138 keV, 9.64e-10 of the recorded signal" in said.stderr
    assert "warning" not in said.stderr
    with EventFile(path) as file:
        assert file.provenance["card"]["model"]["generate_above"] == "auto"
        assert file.provenance["generate_above"] == found["generate_above"]
        assert file.provenance["lost_fraction"] == found["lost_fraction"]
    assert answer("fit", CARD, *auto, path)["valid"]


def test_generate_above_that_loses_something(tmp_path):
    """Contract: the part that is lost is always stored, and named in a warning."""
    path = tmp_path / "events.root"
    said = invoke("simulate", CARD, "--set", "model.generate_above=200 keV", "-o", path, "--seed", 1)
    assert "warning: model.generate_above leaves out what is below 200 keV" in said.stderr
    with EventFile(path) as file:
        lost = file.provenance["lost_fraction"]
    assert 1e-4 < lost < 1e-2
    assert f"{lost:.2e} of the recorded signal" in said.stderr
    assert "above 200 keV" in invoke("check", CARD, "--set", "model.generate_above=200 keV").stdout


def test_each_experiment_has_its_own():
    """Contract: of several experiments each leaves out recoils that it does not record."""
    found = answer("check", "borexino-hellaz-cr51", "--set", "model.generate_above=auto")["experiments"]
    assert 0.08 < found["HELLAZ"]["generate_above"] < 0.1 < found["BOREXINO"]["generate_above"] < 0.14
    refused = refusal(
        "check", CARD, "--set", "model.generate_above=auto", "--set", "detector.threshold=none",
        "--set", "model.mu_nu=1e-10",
    )  # fmt: skip
    assert 'model.generate_above: = "auto" finds nothing to leave out' in refused


def test_true_events_that_begin_too_high(tmp_path):
    """Contract: true events of one detector serve another only where it records nothing below them."""
    true, path, auto = tmp_path / "true.root", tmp_path / "reco.root", ("--set", "model.generate_above=auto")
    answer("generate", CARD, *auto, "-o", true, "--seed", 1)
    better = ("--set", "detector.resolution.at_1MeV='59 keV'", "--set", "detector.efficiency=0.9")
    other = ("--set", "detector.threshold='200 keV'")
    refused = refusal("detect", CARD, true, *auto, *other, "-o", path)
    assert "has recoils from 138 keV on, and model.generate_above of this card is 104 keV" in refused
    assert "e-05 of the recorded signal): give both the same one" in refused
    assert answer("detect", CARD, true, *auto, *better, "-o", path, "--force")["p_value"] > 1e-3
    with EventFile(path) as file:
        assert file.provenance["generate_above"] == 0.138
        assert 0 < file.provenance["lost_fraction"] < 1e-8
    weighted = ("reweight", true, "--to", CARD, *auto, "--set", "model.gamma=0.3", "-o", path, "--force")
    assert answer(*weighted)["p_value"] > 1e-3
    assert "has recoils from 138 keV on" in refusal(*weighted, *other)


@pytest.mark.parametrize("ours", every(3, ["auto", "130 keV", None]))
@pytest.mark.parametrize("theirs", every(3, ["auto", "0.1 MeV", None]))
def test_fits_compare_what_is_left_out(tmp_path, ours, theirs):
    """Contract: energies below which nothing is recorded may differ, whichever is lower."""
    path = tmp_path / "events.root"
    a, b = (() if x is None else ("--set", f"model.generate_above={x}") for x in (ours, theirs))
    answer("simulate", CARD, *b, "-o", path, "--seed", 1)
    assert answer("fit", CARD, *a, path)["valid"]
    refused = refusal("fit", CARD, "--set", "model.generate_above=270 keV", path)
    assert "model.generate_above of this card is 270 keV" in refused
    assert "give both the same one" in refused


@pytest.mark.parametrize(
    "command",
    every(
        2,
        [
            ("expect",),
            ("limit", "--toys", 0),
            ("toys", "-n", 2, "-o", "x.root"),
            ("coverage", "--at", 0, "-n", 2),
        ],
    ),
    ids=lambda c: c[0],
)
def test_every_command_says_what_is_left_out(tmp_path, monkeypatch, command):
    """Contract: one warning, and none for a card that leaves out nothing."""
    monkeypatch.chdir(tmp_path)
    name, *options = command
    seed = () if name == "expect" else ("--seed", 1)
    high = ("--set", "model.generate_above=300 keV")
    said = invoke(name, CARD, *options, *seed, *high).stderr
    assert said.count("warning: model.generate_above leaves out what is below 300 keV") == 1
    again = "--force" if "-o" in options else "--json"
    assert "generate_above" not in invoke(name, CARD, *options, *seed, again).stderr


@pytest.mark.parametrize(
    ("command", "drawn"),
    every(
        3,
        [
            (("expect",), False),
            (("limit", "--toys", 0), False),
            (("toys", "-n", 2, "-o", "x.root", "--seed", 1), False),
            (("toys", "-n", 2, "-o", "x.root", "--seed", 1, "--toys-at", "events"), True),
            (("coverage", "--at", 0, "-n", 2, "--seed", 1), False),
            (("coverage", "--at", 0, "-n", 2, "--seed", 1, "--toys-at", "events"), True),
            (("sensitivity", "--errors", "1:2:2"), False),
            (("generate", "-o", "y.root", "--seed", 1), True),
            (("toys", "-n", 2, "-o", "z.root", "--seed", 1, "--set", "fit.templates=simulation"), True),
        ],
        unpack=True,
    ),
    ids=lambda c: " ".join(map(str, c)) if isinstance(c, tuple) else "",
)
def test_what_is_negligible_is_told_where_events_are_drawn(tmp_path, monkeypatch, command, drawn):
    """Contract: a cutoff without an effect on results is reported only where events are drawn."""
    monkeypatch.chdir(tmp_path)
    name, *options = command
    said = invoke(name, CARD, *options, "--set", "model.generate_above=auto").stderr
    assert said.count("model.generate_above leaves out") == drawn
