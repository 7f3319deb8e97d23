"""Results of fits and studies as text and as HTML."""

from dataclasses import replace

import numpy as np
import pytest
from support import plotted
from support.experiments import borexino
from support.html_tables import HOSTILE, TAGS, Table

from analysis import GoodnessOfFit, Sensitivity
from analysis.calibration import Calibration, conditions
from analysis.contours.result import PlaneResult
from analysis.fits import Estimate, FitQuality, make_fitter
from analysis.pseudo_experiments import no_toys
from analysis.studies import CoverageStudy, HypothesisComparison, HypothesisResult
from analysis.studies.coverage_study import CoveragePoint, MethodCoverage
from macros.words import poor_fit
from simgen.interaction.models import E6

FIT = replace(
    plotted.FIT,
    parameters={
        "gamma": Estimate(value=0.15, error=0.05, lower=0.1, upper=None),
        HOSTILE: Estimate(value=1.0, error=None, lower=None, upper=None),
    },
    fval=3.25,
)
LIMIT = replace(plotted.LIMIT, upper=0.25, regions=((0.0, 0.25),), asimov=0.2, band=None)
POINT = CoveragePoint(
    value=0.1,
    n_toys=1000,
    n_failed=2,
    bias=0.0,
    bias_error=0.1,
    pull_mean=0.0,
    pull_width=1.0,
    methods={"minos": MethodCoverage(covered=950, fraction=0.95, low=0.93, high=0.97, verdict="nominal")},
)
HYPOTHESIS = HypothesisResult(
    model=HOSTILE,
    poi="gamma",
    value=0.1,
    fval=3.0,
    n_free=1,
    p_value=0.5,
    p_error=0.01,
    quantiles=None,
    separation=None,
    separation_open=False,
    n_failed=0,
)
PLANE = PlaneResult(
    names=("gamma", "phi"),
    x=np.linspace(0, 1, 3),
    y=np.linspace(-1, 1, 5),
    delta=np.ones((5, 3)),
    best=(0.5, 0.0),
    errors=(0.1, None),
    correlation=0.25,
    fval=4.0,
)


def calibration():
    fitter = make_fitter(borexino(), E6(beta="chi"))
    table = np.zeros((2, 4), np.float32)
    return Calibration(
        values=np.array([0.0, 0.1]),
        signed=table,
        reference=0.0,
        reference_statistic=table,
        expected=np.ones((2, fitter.templates.n_bins)),
        conditions=conditions(fitter),
        seed=7,
    )


def rows(shown):
    """Read the HTML back, and compare the text with it."""
    table = Table(shown._repr_html_())
    assert set(table.tags) == TAGS
    pairs = list(zip(table.cells["th"], table.cells["td"], strict=True))
    title, *lines = repr(shown).splitlines()
    assert [title] == table.cells["caption"]
    assert [" ".join(line.split()) for line in lines] == [" ".join(f"{k} {v}".split()) for k, v in pairs]
    return dict(pairs)


def test_a_fit_shows_estimates_and_why_it_is_not_valid():
    shown = rows(FIT)
    assert shown["gamma"] == "0.150 ± 0.050, 0.1 and more"
    assert shown[HOSTILE] == "1"
    assert shown["intervals"] == "minos, 68.3 %"
    assert "not valid" not in shown
    assert rows(replace(FIT, valid=False, reason="blind"))["not valid"] == "blind"


def test_a_limit_shows_its_region_and_band():
    shown = rows(LIMIT)
    assert shown["upper limit at 95 %"] == "0.25"
    assert shown["allowed"] == "0 to 0.25"
    open_ = rows(replace(LIMIT, upper=None, regions=((None, None),), band=(0.1, 0.2, 0.3, 0.4, np.inf)))
    assert open_["upper limit at 95 %"] == "nothing is excluded"
    assert open_["allowed"] == "everything"
    assert open_["expected at -2 ... +2 σ"] == "0.1, 0.2, 0.3, 0.4, inf"


def test_a_coverage_study_shows_each_true_value():
    shown = rows(CoverageStudy(parameter="gamma", level=0.95, points=(POINT,)))
    assert shown["gamma = 0.1"] == "minos 95 % (1000 toys, 2 failed)"
    assert shown["verdict"] == "nominal"
    none = rows(CoverageStudy(parameter="gamma", level=0.95, points=()))
    assert none == {"verdict": "no true value is complete"}


def test_a_contour_shows_the_minimum_and_not_the_plane():
    shown = rows(PLANE)
    assert shown["gamma"] == "0.50 ± 0.10"
    assert shown["phi"] == "0"
    assert shown["values of phi"] == "5 from -1 to 1"
    assert "not converged" in rows(replace(PLANE, converged=False))


def test_a_calibration_shows_its_size_and_not_its_table():
    shown = rows(calibration())
    assert shown["true values"] == "2 from 0 to 0.1"
    assert shown["toys at each"] == "4"


@pytest.mark.parametrize(("delta", "favoured"), [(1.5, "B"), (-1.5, "A"), (0.0, "neither")])
def test_a_comparison_says_which_model_the_data_favour(delta, favoured):
    shown = rows(HypothesisComparison(a=HYPOTHESIS, b=HYPOTHESIS, delta=delta, n_toys=10))
    assert shown["-2 ln L_A + 2 ln L_B"].endswith(favoured)
    assert shown["A"] == HOSTILE
    assert shown["p of B"] == "0.5 ± 0.01"


def test_goodness_of_fit_without_toys_that_fit():
    good = GoodnessOfFit(
        statistic=3.0, ndof=5, p_asymptotic=0.7, p_value=0.6, p_error=0.02, n_toys=10, n_failed=0
    )
    assert rows(good)["p from toys"] == "0.6 ± 0.02"
    failed = rows(replace(good, p_asymptotic=None, p_value=None, p_error=None, n_failed=10))
    assert failed["toys"] == "10, of which 10 failed"
    assert "p from toys" not in failed


def test_expected_limits_show_where_nothing_is_excluded():
    shown = rows(
        Sensitivity(
            model="E6",
            parameter="gamma",
            delta_chi2=2.7,
            errors=(0.01, 0.5),
            limit=(0.1, None),
            global_fit=None,
        )
    )
    assert shown["error per bin 0.01"] == "0.1"
    assert shown["error per bin 0.5"] == "nothing is excluded"


def test_distributions_without_toys_have_an_open_band():
    shown = rows(no_toys(make_fitter(borexino(), E6(beta="chi", gamma=0.1)), level=0.95))
    assert shown["toys"] == "0, of which 0 failed"
    assert shown["limits at 95 %, -2 ... +2 σ"] == "open, open, open, open, open"


POOR = FitQuality(fval=105.8, pearson=98.0, ndof=5)
WARNING = (
    "the model does not describe the data: deviance 105.8 for 5 degrees of freedom, p = 1.4e-19; errors and "
    "limits take for granted that it does"
)


@pytest.mark.parametrize("result", [FIT, LIMIT, PLANE], ids=["fit", "limit", "contour"])
def test_a_result_of_a_model_that_does_not_describe_the_data_warns(result):
    """Contract: with the sentence of the commands; a good fit does not warn."""
    assert poor_fit(POOR) == WARNING
    assert rows(replace(result, quality=POOR))["warning"] == WARNING
    good = FitQuality(fval=4.0, pearson=4.0, ndof=5)
    assert "warning" not in rows(result).keys() | rows(replace(result, quality=good)).keys()


def test_a_fit_rounds_as_the_command_does():
    estimate = Estimate(value=-0.0560767, error=0.0975997, lower=-0.154108, upper=12345.6)
    shown = rows(replace(FIT, parameters={"gamma": estimate}, fval=4.99233))
    assert shown["gamma"] == "-0.056 ± 0.098, -0.1541 to 1.235e+04"
    assert shown["minimum of -2 ln L (poisson)"] == "4.992"
