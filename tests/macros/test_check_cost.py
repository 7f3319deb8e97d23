"""`check --events N` and `--toys N`: what a run of that size would take."""

import pytest
from support.invocation import CARD, answer, invoke, refusal


def test_the_size_is_that_of_the_file(tmp_path):
    """Twin. The file that the run makes, within 20 %: a trial of 20 000 events is part of the compression."""
    n = 20_000
    found = answer("check", CARD, "--events", n)["cost"]["events"]
    answer("simulate", CARD, "--events", n, "--seed", 1, "-o", tmp_path / "e.root")
    assert found["n"] == n
    assert found["bytes"] == pytest.approx((tmp_path / "e.root").stat().st_size, rel=0.2)
    assert found["seconds"] > 0


def test_toys_and_events_grow_with_their_number(tmp_path):
    """Contract. Finds a cost that does not depend on the number, or a trial that is left."""
    few, many = (answer("check", CARD, "--toys", n)["cost"]["toys"] for n in (2000, 10**7))
    assert many["bytes"] > 1000 * few["bytes"]
    assert many["seconds"] > few["seconds"]
    answer("toys", CARD, "-n", 2000, "--seed", 1, "--audit", 0, "-o", tmp_path / "t.root")
    assert few["bytes"] == pytest.approx((tmp_path / "t.root").stat().st_size, rel=0.2)


def test_the_text_has_a_line_for_each():
    said = invoke("check", CARD, "--events", "1e4", "--toys", 300).stdout.splitlines()
    assert said[-2].startswith(f"{CARD}: 10000 events: about ")
    assert said[-1].startswith("300 toys: about ")
    assert answer("check", CARD)["cost"] == {"events": None, "toys": None}
    assert "--events" in refusal("check", CARD, "--events", 0)


def test_each_experiment_has_its_events():
    """Contract: of a card with two experiments events are simulated one by one, toys of both together."""
    said = invoke("check", "borexino-hellaz-cr51", "--events", 1000, "--toys", 50).stdout.splitlines()
    assert sum("1000 events: about" in line for line in said) == 2
    assert sum("50 toys: about" in line for line in said) == 1
