"""Commands with unusual but legal input: seeds that are drawn, warnings, fractional counts."""

import pytest
from support.invocation import CARD, answer, invoke, refusal


@pytest.mark.long
def test_run_stores_the_seed_it_drew(unrendered, tmp_path):
    """Contract. Finds a stored card that does not repeat its run."""
    found = answer("run", CARD, "-o", tmp_path / "out")
    assert f"seed = {found['simulation']['seed']}" in (tmp_path / "out" / "card.toml").read_text()


def test_check_warns_of_what_generate_above_leaves_out():
    """Contract. Finds an energy that quietly cuts the expectation."""
    high = answer("check", CARD, "--set", "model.generate_above=300 keV")
    low = answer("check", CARD, "--set", "model.generate_above=1 keV")
    assert any("leaves out" in text for text in high["warnings"])
    assert low["warnings"] == []


@pytest.mark.parametrize("command", ["fit", "limit"])
def test_fractional_counts(command, tmp_path):
    """Contract: counts of a CSV without variances are whole; file, line and value are named."""
    data = tmp_path / "data.csv"
    rows = [f"{0.25 + 0.05 * i:.2f},{0.3 + 0.05 * i:.2f},{300 - 20 * i}" for i in range(6)]
    data.write_text("\n".join(["# a comment", "low,high,counts", *rows]))
    assert invoke(command, CARD, data).exit_code == 0
    rows[3] += ".5"
    data.write_text("\n".join(["# a comment", "low,high,counts", *rows]))
    text = refusal(command, CARD, data)
    assert f"{data}: line 6, the bin from 0.4 to 0.45 MeV: 240.5 is no number of counts" in text
    assert "weighted contents need their variances" in text
    data.write_text("\n".join(["low,high,counts", *rows[:3]]))
    assert "are not those of detector.bins" in refusal(command, CARD, data)
