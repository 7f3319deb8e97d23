"""Names that were probably meant."""

import pytest
from support.invocation import CARD, invoke, refusal

from detsim.names import close_names, closest
from simgen.parameters import parameter_names


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("sin2thetaW", "sin2_theta_w"),
        ("SIN2_THETA_W", "sin2_theta_w"),
        ("sin²θ_W", "sin2_theta_w"),
        ("sin22theta", "sin2_2theta"),
        ("γ", "gamma"),
        ("μ_ν", "mu_nu"),
        ("munu", "mu_nu"),
        ("eps-L", "eps_L"),
        ("vector-Mass", "vector_mass"),
        ("gama", "gamma"),
    ],
)
def test_parameters_as_people_write_them(word, meant):
    """Contract. Finds a name that is rather similar preferred to the same name written otherwise."""
    assert closest(word, parameter_names()) == meant


def test_nothing_is_suggested_of_what_is_not_similar():
    assert closest("temperature of the sun", parameter_names()) is None
    assert close_names("xyz", ["gamma"], n=3) == []


def test_commands_suggest_it(tmp_path):
    """Contract: parameters, keys, presets, experiments, styles, pages."""
    hint = "did you mean 'sin2_theta_w'?"
    for command in (
        ("limit", CARD, "--poi", "sin2thetaW"),
        ("contour", CARD, "--x", "Sin2ThetaW=0.1:0.2:3", "--y", "mu_nu=0:1e-10:3"),
    ):
        assert hint in " ".join(refusal(*command).split()) or hint in invoke(*command).stderr
    assert "`sin2_theta_w`" in refusal("check", CARD, "--set", "model.sin2ThetaW=0.23")
    assert f"did you mean `{CARD}`?" in refusal("check", "Borexino_Cr51_Realistic")
    plain = ("expect", CARD, "--figure", tmp_path / "f.png")
    assert "did you mean 'CMS'?" in invoke(*plain, "--style", "c-m-s").stderr
