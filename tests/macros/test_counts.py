"""`nugauge counts`, and its section in docs/explanation/intervals-of-counts.md."""

import re

import pytest
from support.invocation import answer, invoke, refusal
from support.pages import read_page

from analysis.counting.intervals import FORMS, count_interval
from macros.commands.counts import CountForm

PAGE = read_page("explanation/intervals-of-counts.md")
TEXT = PAGE


def test_answer():
    """Contract: the interval of the library, the defaults being 90 % and exact."""
    found = answer("counts", 0, "--background", 3)
    low, high = count_interval(0, 3)
    assert found == {"n": 0, "background": 3, "level": 0.9, "form": "exact", "lower": low, "upper": high}
    found = answer("counts", 10, "--background", 3, "--level", 0.95, "--form", "monotone")
    expected = count_interval(10, 3, level=0.95, form="monotone")
    assert (found["lower"], found["upper"]) == expected
    assert "signal: 0.0000 to 0.9530 at 90 %" in invoke("counts", 0, "--background", 3).stdout


def test_forms_are_those_of_the_library():
    """Contract. Finds a form that the command does not offer."""
    assert tuple(CountForm) == FORMS


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((2.5, "--background", 1), "whole number, got 2.5"),
        (("--background", 1, "--", -1), "integer from 0"),
        ((3,), "Missing option '--background'"),
        ((3, "--background", -1), "background must be from 0"),
        ((3, "--background", "nan"), "got nan"),
        ((3, "--background", 1, "--level", 90), "level must lie between 0 and 1, got 90: 90 % is 0.9"),
        ((3, "--background", 1, "--form", "printed"), "'exact', 'monotone'"),
    ],
)
def test_refusal(arguments, words):
    """Contract: status 2, and what is correct."""
    assert words in refusal("counts", *arguments)


def test_table_of_the_document():
    """Contract. Finds a number of the table that the program does not give."""
    rows = re.findall(r"^\| ([\d.]+) \| (.*) \|$", TEXT, re.MULTILINE)
    assert len(rows) == 8
    for b, cells in rows:
        ours = [f"{count_interval(n, float(b), form=form)[1]:.2f}" for n in (0, 1, 2) for form in FORMS]
        assert cells.split(" | ") == ours


def test_examples_of_the_document():
    """Contract: the commands and the Python run; commands give the numbers beside them."""
    (shell,) = re.findall(r"```sh\n(nugauge counts .*?)```", TEXT, re.DOTALL)
    for line in shell.splitlines():
        command, _, number = line.partition("#")
        found = invoke(*command.split()[1:])
        assert found.exit_code == 0
        assert number.strip() in found.stdout
    (code,) = re.findall(r"```python\n(from analysis import count_belt.*?)```", TEXT, re.DOTALL)
    found = {}
    exec(code, found)  # noqa: S102 (the document's own example)
    assert found["low"] < found["high"]
    assert found["belt"].high[10] == found["high"]
    assert found["below"] == 0
