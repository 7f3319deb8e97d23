"""Which methods decide the verdict on the coverage of a parameter that is searched in its square."""

import pytest
from support.plotted import texts

from analysis.pseudo_experiments import Moments
from analysis.studies.coverage_study import CoverageStudy
from analysis.studies.tallies import Tally
from macros.plots import coverage_plot
from macros.words import verdict_lines
from macros.words.coverage_verdicts import verdict_document

N = 2000


def study(parameter, covered, level=0.9):
    """Make a study at one true value near 0, with numbers of toys that cover."""
    sums = Tally(
        value=1e-11, n_toys=N, n_failed=0, n_retried=0, residuals=Moments(), pulls=Moments(), covered=covered
    )
    return CoverageStudy(parameter=parameter, level=level, points=(sums.point(level),))


@pytest.mark.parametrize(
    ("parameter", "verdict"), [("mu_nu", "nominal"), ("scalar_coupling", "nominal"), ("gamma", "under")]
)
def test_hesse_does_not_decide_where_it_has_no_meaning(parameter, verdict):
    found = study(parameter, {"hesse": 158, "minos": 1805})
    assert found.verdict.verdict == verdict
    assert verdict_document(found)["verdict"] == verdict
    assert found.points[0].methods["hesse"].verdict == "under"  # the table still says what was counted
    assert any("hesse: left out of the verdict" in line for line in verdict_lines(found)) == (
        verdict == "nominal"
    )


def test_other_methods_do():
    found = study("mu_nu", {"hesse": 158, "minos": 1600})
    assert [test.method for test in found.verdict.under] == ["minos"]
    assert not study("mu_nu", {"hesse": 158}).verdict


def test_text_and_caption_name_method_and_true_value():
    found = study("mu_nu", {"hesse": 158, "minos": 1600})
    cell = "under-coverage: minos at mu_nu = 1 × 10⁻¹¹ μ_B 0.8000"
    assert any(line.startswith(cell) for line in verdict_lines(found))
    assert cell in texts(coverage_plot(found))
