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
from analysis.fits import Estimate, FitQuality, LocalMinimum, ProfileScan, Pull, make_fitter
from analysis.pseudo_experiments import no_toys
from analysis.representation import METHOD_COLOURS
from analysis.studies import CoverageStudy, HypothesisComparison, HypothesisResult
from analysis.studies.coverage_study import CoveragePoint, MethodCoverage
from macros.words import poor_fit
from simgen.interaction.models import E6
from simgen.pictures import VERMILION

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
    assert shown["gamma"] == "0.150 ± 0.050, 0.100 and more"
    assert shown[HOSTILE] == "1.000"
    assert shown["intervals"] == "minos, 68.3 %"
    assert "not valid" not in shown
    assert rows(replace(FIT, valid=False, reason="blind"))["not valid"] == "blind"


def test_a_limit_shows_its_region_and_band():
    shown = rows(LIMIT)
    assert shown["upper limit at 95 %"] == "0.250"
    assert shown["allowed"] == "0 to 0.250"
    open_ = rows(replace(LIMIT, upper=None, regions=((None, None),), band=(0.1, 0.2, 0.3, 0.4, np.inf)))
    assert open_["upper limit at 95 %"] == "nothing is excluded"
    assert open_["allowed"] == "everything"
    assert open_["expected at -2 ... +2 σ"] == "0.100, 0.200, 0.300, 0.400, inf"


def test_a_coverage_study_shows_each_true_value():
    shown = rows(CoverageStudy(parameter="gamma", level=0.95, points=(POINT,)))
    assert shown["gamma = 0.1"] == "minos 95 % (1000 toys, 2 failed)"
    assert shown["verdict"] == "nominal"
    none = rows(CoverageStudy(parameter="gamma", level=0.95, points=()))
    assert none == {"verdict": "no true value is complete"}


def test_a_contour_shows_the_minimum_and_not_the_plane():
    shown = rows(PLANE)
    assert shown["gamma"] == "0.50 ± 0.10"
    assert shown["phi [rad]"] == "0"
    assert shown["values of phi"] == "5 from -1 rad to 1 rad"
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
    assert shown["p of B"] == "0.500 ± 0.010"


def test_goodness_of_fit_without_toys_that_fit():
    good = GoodnessOfFit(
        statistic=3.0, ndof=5, p_asymptotic=0.7, p_value=0.6, p_error=0.02, n_toys=10, n_failed=0
    )
    assert rows(good)["p from toys"] == "0.600 ± 0.020"
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
    assert shown["error per bin 0.01"] == "0.100"
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


def pictures(shown):
    return Table(shown._repr_html_()).pictures


def test_a_fit_is_drawn_with_its_other_minima_and_pulls():
    """Contract: rows for the interval and for each other minimum, and the pulls of constrained parameters."""
    pull = {
        "prefit_value": 1.0,
        "prefit_error": 0.1,
        "prefit_lower": 0.9,
        "prefit_upper": 1.1,
        "prefit_x": 0.0,
    }
    known = Pull(
        name=HOSTILE,
        constraint="gaussian",
        value=1.1,
        error=0.05,
        lower=1.05,
        upper=1.15,
        x=1.0,
        x_error=0.5,
        **pull,
    )
    minima = (
        LocalMinimum(value=0.02, rise=0.0, physical=True, allowed=True, lower=-0.01, upper=0.05),
        LocalMinimum(value=-1.4, rise=0.1, physical=False, allowed=True, lower=-1.5, upper=None),
    )
    shown, pulls = pictures(replace(plotted.FIT, minima=minima, pulls=(known,)))
    assert {"minos 68.3 %", "± Hesse", "allowed too", "gamma"} <= set(shown.texts)
    assert shown.count("circle") == 3
    assert shown.count("path", fill=VERMILION) == 1
    assert "pull [σ]" in pulls.texts
    assert pulls.count("circle") == 1


@pytest.mark.parametrize(
    ("name", "factor", "unit"),
    [
        ("mu_nu", 1e-11, "mu_nu [10⁻¹¹ μ_B]"),
        ("delta_m2", 1.0, "delta_m2 [eV²]"),
        ("vector_mass", 1e-3, "vector_mass [keV]"),
    ],
)
def test_units_of_the_table_and_of_the_picture_are_those_in_which_one_quotes(name, factor, unit):
    found = Estimate(value=2.457 * factor, error=0.183 * factor, lower=2.28 * factor, upper=2.64 * factor)
    fit = replace(plotted.FIT, parameters={name: found}, poi=name)
    assert rows(fit)[unit] == "2.46 ± 0.18, 2.28 to 2.64"
    (shown,) = pictures(fit)
    assert unit in shown.texts
    limit = replace(
        plotted.LIMIT, parameter=name, upper=2.5 * factor, regions=((None, 2.5 * factor),), band=None
    )
    assert unit in pictures(limit)[0].texts
    assert rows(limit)["upper limit at 95 %"].startswith("2.50 ")


def test_a_fit_without_estimate_and_a_limit_without_end_have_no_picture():
    nothing = Estimate(value=None, error=None, lower=None, upper=None)
    failed = replace(plotted.FIT, parameters={"gamma": nothing}, valid=False, reason="no minimum found")
    assert pictures(failed) == []
    assert rows(failed)["gamma"] == "not measured"
    assert pictures(replace(LIMIT, upper=None, regions=((None, None),), asimov=None)) == []


def test_studies_are_drawn_with_what_they_found():
    """Contract: a point with its error for each true value, and the level; nothing of nothing."""
    (shown,) = pictures(
        CoverageStudy(parameter="gamma", level=0.95, points=(POINT, replace(POINT, value=0.2)))
    )
    assert shown.count("circle", fill=METHOD_COLOURS["minos"]) == 2
    assert {"minos", "true gamma", "coverage"} <= set(shown.texts)
    assert pictures(CoverageStudy(parameter="gamma", level=0.95, points=())) == []
    good = GoodnessOfFit(
        statistic=3.0, ndof=5, p_asymptotic=0.7, p_value=0.6, p_error=0.02, n_toys=10, n_failed=0
    )
    assert {"data", "χ², 5 d.o.f."} <= set(pictures(good)[0].texts)
    assert pictures(replace(good, ndof=0)) == []
    drawn = replace(HYPOTHESIS, quantiles=(-4.0, -2.0, 0.0, 2.0, 4.0))
    (both,) = pictures(HypothesisComparison(a=drawn, b=drawn, delta=1.0, n_toys=10))
    assert {"if A is true", "if B is true"} <= set(both.texts)
    assert pictures(HypothesisComparison(a=HYPOTHESIS, b=HYPOTHESIS, delta=1.0, n_toys=10)) == []
    x = np.linspace(-0.1, 0.2, 7)
    scan = ProfileScan(
        parameter="gamma", nuisances=(), points=x, delta=x**2, values=x**2, pulls=np.ones((7, 0))
    )
    assert {"gamma", "-2 Δln L"} <= set(pictures(scan)[0].texts)
    plane = replace(PLANE, delta=100 * ((PLANE.x - 0.5) ** 2 + PLANE.y[:, None] ** 2))
    (regions,) = pictures(plane)
    assert {"95 %", "68.3 %", "phi [rad]"} <= set(regions.texts)


def test_a_calibration_is_drawn_where_there_are_enough_toys():
    few = calibration()
    assert pictures(few) == []
    signed = np.sort(np.random.default_rng(1).normal(size=(2, 400)).astype(np.float32), axis=1)
    (shown,) = pictures(replace(few, signed=signed, reference_statistic=signed))
    assert shown.count("circle") == 2
    assert "Wilks 3.841" in shown.texts


def test_a_fit_rounds_as_the_command_does():
    estimate = Estimate(value=-0.0560767, error=0.0975997, lower=-0.154108, upper=0.0412)
    shown = rows(replace(FIT, parameters={"gamma": estimate}, fval=4.99233))
    assert shown["gamma"] == "-0.056 ± 0.098, -0.154 to 0.041"
    assert shown["minimum of -2 ln L (poisson)"] == "4.992"
