"""Cards: overrides, round trips, lazy imports."""

import json
import math
import os
import subprocess
import sys
import tomllib

import pytest
from hypothesis import given, settings, strategies as st
from support.card_faults import REALISTIC, ROOT, WRONG, document, faults_of
from support.examples import every
from support.texts import texts

from macros.card import CardError, card_from_document, json_schema, load_card, presets
from macros.card.overrides import apply_overrides
from macros.card.toml import write_toml
from simgen.geometry import Sphere
from simgen.parameters import NAMED_BETA, gamma_from_mass
from simgen.rates.exposure import Interactions


def test_overrides():
    """Contract: the value is TOML, else a string; an alternative replaces what the card has."""
    card = load_card(
        REALISTIC, ["model.gamma=0.05", "model.beta=psi", "background.flat.rate=3 /d", "run={seed = 7}"]
    )
    assert card.model.gamma == 0.05
    assert card.model.beta == NAMED_BETA["psi"]
    assert card.experiment.backgrounds[0].rate == pytest.approx(3 / 86400)
    assert card.run.seed == 7
    card = load_card(REALISTIC, ["model.mass=330 GeV", "source.events=1000", "model.mu_nu=2.5e-12 mu_B"])
    assert card.model.gamma == gamma_from_mass(330e3)
    assert card.experiment.normalisation == Interactions(
        events=1000,
        reference=card.model.standard(),
        geometry=Sphere(radius=300.0, source_distance=825.0),
    )
    assert card.model.mu_nu == 2.5e-12
    assert "gamma" not in card.document["model"]
    assert load_card(REALISTIC, ["model.name=LR", "model.gamma=0.1"]).model.label == "LR"
    paper = load_card("borexino-cr51-paper", ["fit.likelihood=poisson", "model.beta=30 deg"])
    assert paper.fit.error_per_bin is None
    assert paper.model.beta == pytest.approx(math.pi / 6)
    assert load_card(REALISTIC, ["model.mu_nu=3e-11"]).model.mu_nu == 3e-11


def test_terms_of_the_model():
    """Contract: every key of a term reaches the model, in internal units."""
    terms = {
        "delta_c_L": (0.1, 0.1),
        "delta_c_L_order": ("first", "first"),
        "eps_L": (0.02, 0.02),
        "eps_R": (-0.03, -0.03),
        "charge_radius": ("-1e-36 m2", -1e-32),
        "charge_radius_convention": ("texono", "texono"),
        "millicharge": (1e-13, 1e-13),
        "vector_coupling": (-1e-11, -1e-11),
        "vector_mass": ("100 keV", 0.1),
        "scalar_coupling": (1e-12, 1e-12),
        "scalar_mass": ("2 MeV", 2.0),
        "sin2_2theta": (0.1, 0.1),
        "delta_m2": ("1.75e-6 keV2", 1.75),
    }
    loaded = load_card(REALISTIC, [f"model.{key}={value}" for key, (value, _) in terms.items()])
    assert {key: getattr(loaded.model, key) for key in terms} == {k: value for k, (_, value) in terms.items()}
    constrained = load_card(REALISTIC, ["model.beta=eta", "model.gamma=0.1", "model.constrained.tau=2"])
    assert (constrained.model.constrained, constrained.model.tau) == (True, 2.0)
    assert "phi" not in constrained.document["model"]
    plain = load_card(REALISTIC, ["model.constrained=false", "model.phi=1 deg", "model.gamma=0.1"])
    assert (plain.model.constrained, plain.model.phi) == (False, pytest.approx(math.pi / 180))


def test_overrides_leave_the_card_alone():
    """Contract: the document that is given is not changed."""
    before = document()
    after = document()
    apply_overrides(after, ["model.gamma=0.3", "detector.bins.low=0 keV"])
    assert before == after


def test_own_components():
    """Contract: a source of own lines, decaying or constant."""
    lines = "{name='sun', flavour='nu_e', lines=[{energy='861.8 keV', intensity=1.0}]}"
    for half_life, value in (("'none'", math.inf), ("'1 d'", 86400.0)):
        source = f"source={{components=[{lines}], half_life={half_life}, flux='3e9 /cm2/s'}}"
        loaded = load_card("borexino-cr51-paper", [source]).experiment.source
        assert loaded.half_life == value
        assert loaded.endpoint == 0.8618
    found = faults_of(
        "source={components=[{name='x', flavour='nu_x', lines=[{energy='1'}]}], flux='1 /cm2/s'}"
    )
    assert {
        "source.components.0.flavour",
        "source.components.0.lines.0.energy",
        "source.components.0.lines.0.intensity",
    } <= set(found)


def test_no_threshold_and_perfect_resolution():
    """Contract: either can be chosen, and only explicitly."""
    card = load_card(REALISTIC, ["detector.threshold=none", "detector.resolution=perfect"])
    assert card.experiment.detector.threshold == -math.inf
    assert card.experiment.detector.resolution.perfect


@pytest.mark.parametrize("preset", presets())
def test_round_trip(tmp_path, preset):
    """Property: the text of a card loads to the same card."""
    card = load_card(
        preset, ["model.sin2_theta_w=0.2305", "model.gamma=0.1"][: 1 + ("sterile" not in preset)]
    )
    path = tmp_path / "again.toml"
    path.write_text(card.text())
    again = load_card(path)
    assert again.name == "again"
    for part in ("document", "experiments", "model", "fit", "run"):
        assert getattr(again, part) == getattr(card, part)


TEXTS = texts(max_size=8)


SCALARS = (
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | TEXTS
    | st.floats(allow_nan=False, allow_infinity=False)
)


VALUES = st.recursive(
    SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(TEXTS, v, max_size=3), max_leaves=8
)


@settings(derandomize=True, deadline=None)
@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_toml_round_trip(written):
    """Property: any document that is written is read back."""
    assert tomllib.loads(write_toml(written)) == written


@settings(derandomize=True, deadline=None, max_examples=200)
@given(
    st.sampled_from([f"{t}.{k}" for t, keys in document().items() for k in keys] + list(document())),
    VALUES | st.sampled_from(["250 keV", "1 t", "-1 d", "perfect", "none", math.nan, -math.inf]),
)
def test_any_value_is_taken_or_refused(key, value):
    """Property: any value of any key gives a card or a CardError with a message."""
    changed = document()
    table, _, inner = key.partition(".")
    if inner:
        changed[table][inner] = value
    else:
        changed[table] = value
    fault = None
    try:
        card_from_document(changed, name="changed")
    except CardError as error:
        fault = error
    assert fault is None or all(f.reason for f in fault.faults)
    assert fault is None or fault.faults


def test_imports_stay_light(tmp_path):
    """Contract: checking a card loads neither numba, uproot, scipy nor the X-ray data base."""
    path = tmp_path / "wrong.toml"
    path.write_text(WRONG)
    code = f"""
import sys
from macros.card import CardError, load_card, presets
for preset in presets():
    load_card(preset)
try:
    load_card({str(path)!r})
except CardError:
    pass
heavy = ("numba", "uproot", "scipy", "xraydb", "matplotlib", "iminuit", "hist")
print([module for module in heavy if module in sys.modules])
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "command",
    every(15, [
        ("check", "CARD"), ("expect", "CARD"), ("fit", "CARD", "data.root"), ("limit", "CARD"),
        ("run", "CARD", "-o", "out"), ("simulate", "CARD", "-o", "x.root"),
        ("generate", "CARD", "-o", "x.root"), ("detect", "CARD", "true.root", "-o", "x.root"),
        ("toys", "CARD", "-n", "3", "-o", "x.root"), ("coverage", "CARD", "-n", "3", "--at", "0"),
        ("sensitivity", "CARD", "--errors", "0.01:0.1:2"), ("calibrate", "CARD", "-n", "3", "-o", "x.root"),
        ("reweight", "x.root", "--to", "CARD", "-o", "y.root"), ("compare", "CARD", "CARD", "data.root"),
        ("contour", "CARD", "--x", "gamma=0:0.2:3", "--y", "phi=-0.1:0.1:3"),
    ]),
    ids=lambda command: command[0],
)  # fmt: skip
def test_a_wrong_card_is_told_at_once(tmp_path, command):
    """Contract: commands check the card before they import slow libraries."""
    path = tmp_path / "wrong.toml"
    path.write_text(WRONG)
    arguments = ["nugauge", *(str(path) if word == "CARD" else word for word in command)]
    code = f"""
import sys
sys.argv = {arguments!r}
from macros.cli import main
try:
    main()
finally:
    print([module for module in ("numba", "uproot", "scipy", "iminuit") if module in sys.modules])
"""
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert run.returncode == 2
    assert "wrong.toml" in run.stderr
    assert run.stdout.strip() == "[]"


def test_schema_is_current():
    """Contract: the published schema is that of the code."""
    published = json.loads((ROOT / "docs" / "reference" / "card.schema.json").read_text())
    assert published == json_schema()
