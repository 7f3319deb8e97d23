"""The table of plausible values of a card: complete, in order, and equal to that in docs: cards.md."""

import re

import pytest
from hypothesis import given, settings
from support.examples import every
from support.invocation import answer
from support.pages import read_page
from support.random_documents import SLOW, documents

from macros import load_card
from macros.card import card_from_document, json_schema, presets
from macros.card.checks.consistency import COMBINATIONS
from macros.card.checks.ranges import RANGES

CARDS = read_page("reference/cards.md")


def test_rows_are_in_order():
    """Contract: plausible values are possible, and every row has a reason and a known unit."""
    for row in RANGES:
        assert row.possible[0] <= row.plausible[0] < row.plausible[1] <= row.possible[1], row.key
        assert row.why
        assert row.scale > 0
    assert len({row.key for row in RANGES}) == len(RANGES)


TYPED = {"p_ee", "seed", "threads", "events_per_file", "uncertainty", "contents", "values"} | {"sin2_2theta"}
"""Keys whose type or constraint says all that can be said."""


def numbers(schema, place, path=""):
    """List the paths of numbers and quantities in the JSON schema; a list is ``*``."""
    if "$ref" in place:
        yield from numbers(schema, schema["$defs"][place["$ref"].rpartition("/")[2]], path)
    for part in (*place.get("anyOf", ()), *place.get("oneOf", ())):
        yield from numbers(schema, part, path)
    if place.get("type") in {"number", "integer"} or "examples" in place:
        yield path
    for name, inner in place.get("properties", {}).items():
        yield from numbers(schema, inner, f"{path}.{name}" if path else name)
    for key in ("items", "additionalProperties"):
        if isinstance(place.get(key), dict):
            yield from numbers(schema, place[key], f"{path}.*")


def test_every_number_has_a_row():
    """Contract. Finds a new key of the card that nobody gave a plausible range."""
    schema = json_schema()
    patterns = [re.compile(re.escape(r.key).replace(r"\*", "[^.]+") + "$") for r in RANGES]
    found = {p for p in numbers(schema, schema) if p.split(".")[0] not in {"experiment", "systematics"}}
    assert len(found) > 60
    missing = {p for p in found if not any(r.match(p) for r in patterns) and not TYPED & set(p.split("."))}
    assert not missing


@pytest.mark.parametrize("name", every(3, presets()))
def test_presets_are_plausible(name):
    """Contract: no preset is warned of, loaded or checked, and what it rests on is stated."""
    assert load_card(name).warnings == ()
    known = ["fit.error_per_bin is smaller"] if name == "lama-pm147-paper" else []  # 1 % of this bin
    facts = answer("check", name)
    for text, start in zip(facts["warnings"], known, strict=True):
        assert text.startswith(start)
    for one in facts.get("experiments", {"": facts}).values():
        assert {"binding", "target", "start", "data", "response"} <= one.keys()


@settings(max_examples=30, **SLOW)
@given(document=documents())
def test_random_cards_stay_valid(document):
    """Property: valid cards of all kinds have no value that is refused."""
    card_from_document(document, name="random")


@pytest.mark.parametrize("row", RANGES, ids=lambda r: r.key)
def test_document_shows_the_table(row):
    """Contract: docs/reference/cards.md shows each row unchanged."""
    assert table_row(row) in CARDS


def table_row(row):
    """Write a row as the document does."""
    return f"| `{row.key}` | {row.between(row.possible)} | {row.between(row.plausible)} | {row.why} |"


def test_document_shows_what_goes_together():
    """Contract: the same for rows that concern several keys."""
    for row in COMBINATIONS:
        assert f"| {' | '.join(row)} |" in CARDS
