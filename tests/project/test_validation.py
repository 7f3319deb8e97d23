"""docs/explanation/validation.md is what its script writes, and every row of it agrees."""

import re
import tomllib

from support.evaluations import EVALUATIONS
from support.golden import golden
from support.matrix import ALPHA, FLAT_ALPHA, RECORD, N
from support.matrix_cases import CASES
from support.validation import DOCUMENT, document, rows


def cells(text):
    """Split a page into cells, without the differences, which may be rounding."""
    lines = [re.split(r" \| ", line) for line in text.splitlines()]
    return [line[:3] + line[4:] for line in lines]


def test_every_group_has_its_evaluation():
    """Contract: every number in golden.toml is compared with one of ours."""
    assert set(golden()) == set(EVALUATIONS)


def test_the_document_is_current():
    """Contract: every row within its tolerance, and on the page as `support.validation` writes it."""
    found = rows()
    wrong = [(group, row, ours) for group, row, ours in found if abs(ours - row["value"]) > row["tolerance"]]
    assert not wrong
    assert cells(DOCUMENT.read_text(encoding="utf-8")) == cells(document(found))


def test_the_record_of_the_matrix():
    """Contract: the recorded run is of these cases, with nothing below its limit."""
    record = tomllib.loads(RECORD.read_text(encoding="utf-8"))
    assert (record["cases"], record["events"]) == (len(CASES), N)
    assert (record["alpha"], record["flat_alpha"]) == (ALPHA, FLAT_ALPHA)
    for row in record["kind"]:
        assert row["case"] in CASES
        assert row["smallest"] > ALPHA
        assert row["flat"] > FLAT_ALPHA
