"""Commands with terms on top of the weak interaction: limits, scans of masses, lists."""

import pytest
from invocation import CARD, answer, invoke

from macros.commands.list_ import _TERMS
from simgen.models import Terms

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
    [
        ("charge_radius", ["model.charge_radius_convention=texono"], 1e-34, 1e-30),
        ("millicharge", [], 1e-15, 1e-10),
        ("scalar_mass", ["model.scalar_mass='1 MeV'", "model.scalar_coupling=1e-10"], 1.0, 10.0),
    ],
)
def test_limits_of_any_size(poi, pairs, low, high):
    """Property: limits are found, printed and emitted whatever the size of the parameter."""
    found = answer("limit", CARD, *setting(*pairs), "--poi", poi, "--toys", 0)
    assert found["parameter"] == poi
    assert low < found["upper"] < high


def test_every_term_is_listed():
    """Contract: `list models` names every key of a term, sin²θ_W aside."""
    listed = {key for keys, _ in _TERMS for key in keys.split(", ")}
    assert listed == set(Terms.__annotations__) - {"sin2_theta_w"}
    printed = invoke("list", "models")
    assert all(keys in printed.output for keys, _ in _TERMS)
    assert answer("list", "models") == {"models": ["SM", "E6", "LR"]}


def test_a_divergence_is_said_before_a_run():
    """Contract: without `generate_above` a millicharge has expected counts, and no events."""
    options = setting("model.millicharge=1e-13", "fit.poi=millicharge")
    assert answer("expect", CARD, *options)["total"] > 0
    assert answer("check", CARD, *options)["expected"]["generated"] is None
    stopped = invoke("simulate", CARD, *options, "-o", "events.root")
    assert stopped.exit_code == 2
    assert "generate_above" in stopped.stderr
