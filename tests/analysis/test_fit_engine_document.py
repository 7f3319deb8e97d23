"""The example of docs/explanation/fit-engine.md: its output, and listings of every kind of model."""

import doctest

import numpy as np
import pytest
from support.batch_cases import CASES, fitter_of
from support.pages import DOCS

from analysis.batch.engine import describe_program
from analysis.model import layouts

PAGE = DOCS / "explanation" / "fit-engine.md"


def test_the_page_prints_what_its_lines_print():
    """Contract. Finds a listing, a step or a fit of the page that is no longer what the code gives."""
    text = PAGE.read_text(encoding="utf-8")
    test = doctest.DocTestParser().get_doctest(text, {}, PAGE.name, str(PAGE), 0)
    result = doctest.DocTestRunner().run(test)
    assert result.failed == 0
    assert result.attempted > 20


@pytest.mark.parametrize("case", CASES)
def test_every_model_is_listed(case):
    """Contract. Finds an instruction that the listing does not know, or a component that it leaves out."""
    layout = fitter_of(case).polynomial
    lines = describe_program(layout).splitlines()
    n = len(layout.ranges)
    assert sum(line.startswith("  d/d") for line in lines) == n
    assert sum(line.startswith("  H[") for line in lines) == n * (n + 1) // 2
    assert sum(" += " in line and line.startswith("  counts") for line in lines) == len(layout.components)


def test_a_parameter_that_is_held_is_not_in_the_hessian():
    layout = fitter_of("normalisations").polynomial
    held = np.zeros(len(layout.ranges), np.bool_)
    held[0] = True
    assert "H[theta" not in describe_program(layout, held=held)
    assert "  H[x1,x1]" in describe_program(layout, held=held)


def test_a_tabulated_signal_is_listed():
    fitter = fitter_of("shapes")
    points = np.array([0.0, 0.1])
    layers = np.array([fitter.templates.layers(p) for p in points])
    layout = layouts.at_points(fitter.templates, "poisson", fitter.errors, points, layers)
    assert "  spline  piece of theta in r" in describe_program(layout)
