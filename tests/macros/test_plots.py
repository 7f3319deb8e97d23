"""Plots of one analysis: what they show is what they were given."""

from dataclasses import replace

import hist
import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.collections import LineCollection, PolyCollection
from scipy.special import gammaincc
from scipy.stats import chi2
from support.experiments import borexino, borexino_distances

from analysis.fits.results import Estimate, FitResult, LimitResult
from analysis.histograms.histograms import from_counts
from analysis.studies.coverage_study import CoveragePoint, CoverageStudy, MethodCoverage
from detsim.expectation.prediction import Expectation
from macros.plots import (
    coverage_data,
    coverage_plot,
    distance_plot,
    limit_plot,
    parameter_label,
    profile_plot,
    spectrum_plot,
)
from macros.plots.style import render, render_svg, scientific, styled
from macros.words.coverage_verdicts import verdict_lines

EDGES = np.linspace(0.25, 0.55, 7)
COUNTS = np.array([402.0, 360.0, 365.0, 390.0, 0.0, 305.0])
STANDARD = Expectation(
    edges=EDGES,
    signal=np.array([0, 310, 290, 280, 270, 255, 200, 40], np.float64),
    background=np.array([0, 90, 90, 90, 90, 90, 90, 450], np.float64),
    unbinned_total=2635.0,
)
FIT = FitResult(
    parameters={
        "gamma": Estimate(value=0.02, error=0.03, lower=-0.01, upper=0.05),
        "activity": Estimate(value=1.0, error=0.02, lower=0.98, upper=1.02),
    },
    poi="gamma",
    level=0.683,
    method="minos",
    likelihood="poisson",
    valid=True,
    reason="",
    fval=4.2,
    ndof=5,
)
BLIND = replace(
    FIT,
    parameters={"gamma": Estimate(value=None, error=None, lower=None, upper=None)},
    valid=False,
    reason="these data cannot measure it",
)
LIMIT = LimitResult(
    parameter="gamma",
    level=0.95,
    method="one-sided",
    delta_chi2=2.7055,
    upper=0.07,
    regions=((0.0, 0.07),),
    asimov=0.05,
    band=(0.02, 0.03, 0.05, 0.07, 0.1),
)
VALUES = np.linspace(-0.1, 0.2, 61)
PROFILE = ((VALUES - 0.02) / 0.03) ** 2


def data():
    return from_counts(COUNTS, borexino())


PLANE = np.arange(24.0).reshape(4, 6) ** 2
"""Counts at four distances of six energies."""
FLAT = Expectation(
    edges=EDGES,
    signal=np.array([0, *np.full(24, 100.0), 7]),
    background=np.array([0, *np.full(24, 20.0), 9]),
    unbinned_total=2896.0,
)


def plane():
    return from_counts(PLANE.ravel(), borexino_distances())


def texts(figure):
    found = [t.get_text() for t in figure.texts]
    for ax in figure.axes:
        found += [ax.get_xlabel(), ax.get_ylabel(), *(t.get_text() for t in ax.texts)]
        if ax.get_legend() is not None:
            found += [t.get_text() for t in ax.get_legend().get_texts()]
    for legend in figure.legends:
        found += [t.get_text() for t in legend.get_texts()]
    return " | ".join(found)


def vertical_lines(ax):
    return [line.get_xdata()[0] for line in ax.lines if line.get_xdata()[0] == line.get_xdata()[-1]]


def test_spectrum_shows_data_in_keV_with_poisson_intervals():
    figure = spectrum_plot(data(), STANDARD, fitted=STANDARD.counts * 1.02, label="fit of E6 χ")
    top = figure.axes[0]
    (bars,) = top.containers
    x, y = bars.lines[0].get_data()
    assert x == pytest.approx([275, 325, 375, 425, 475, 525])
    assert y == pytest.approx(COUNTS)
    low, high = np.array([segment[:, 1] for segment in bars.lines[2][1].get_segments()]).T
    tail = (1 - 0.6827) / 2
    assert gammaincc(COUNTS + 1, high) == pytest.approx(np.full(6, tail))
    assert low[4] == 0
    some = COUNTS > 0
    assert chi2.ppf(tail, 2 * COUNTS[some]) / 2 == pytest.approx(low[some])
    shown = texts(figure)
    for words in ("keV", "standard model, signal", "background", "fit of E6 χ", "data", "Poisson"):
        assert words in shown
    assert render(figure, "pdf").startswith(b"%PDF-")


def test_spectrum_pulls_are_against_the_fitted_model():
    fitted = STANDARD.counts * 1.02
    for errors, sigma in ((None, np.sqrt(fitted)), (0.05 * STANDARD.counts, 0.05 * STANDARD.counts)):
        figure = spectrum_plot(data(), STANDARD, fitted=fitted, errors=errors)
        (bars,) = figure.axes[1].containers
        assert bars.lines[0].get_ydata() == pytest.approx((COUNTS - fitted) / sigma)


def test_spectrum_without_background_and_fit():
    bare = replace(STANDARD, background=np.zeros(8))
    figure = spectrum_plot(data(), bare, note=("BOREXINO",))
    assert "background" not in texts(figure)
    assert "model: standard model" in texts(figure)
    assert "BOREXINO" in texts(figure)
    (bars,) = figure.axes[1].containers
    assert bars.lines[0].get_ydata() == pytest.approx((COUNTS - bare.counts) / np.sqrt(bare.counts))


def test_spectrum_of_weighted_events_has_the_root_of_the_variance():
    h = data()
    h.view()["variance"] = 4 * COUNTS
    figure = spectrum_plot(h, STANDARD)
    segments = figure.axes[0].containers[0].lines[2][1].get_segments()
    assert [s[1, 1] - s[0, 1] for s in segments] == pytest.approx(4 * np.sqrt(COUNTS))
    assert "squared weights" in texts(figure)


def test_spectrum_of_high_energies_is_in_MeV():
    edges = EDGES * 10
    h = hist.Hist(hist.axis.Variable(edges), storage=hist.storage.Double())
    h[...] = COUNTS
    figure = spectrum_plot(h, replace(STANDARD, edges=edges))
    assert "[MeV]" in texts(figure)
    assert figure.axes[0].get_xlim() == pytest.approx((2.5, 5.5))


def test_spectrum_of_empty_bins():
    empty = replace(STANDARD, signal=np.zeros(8), background=np.zeros(8))
    assert render(spectrum_plot(from_counts(np.zeros(6), borexino()), empty), "png")


def points(ax):
    (bars,) = ax.containers
    return bars.lines[0].get_data()


def test_spectrum_of_two_dimensions_is_summed_over_the_distance():
    """Closed form: sums over rows and columns; flow bins, which hold nothing of the data, stay out."""
    figure = spectrum_plot(plane(), FLAT, fitted=np.full(24, 121.0))
    x, y = points(figure.axes[0])
    assert x == pytest.approx([275, 325, 375, 425, 475, 525])
    assert y == pytest.approx(PLANE.sum(axis=0))
    assert points(figure.axes[1])[1] == pytest.approx((PLANE.sum(axis=0) - 4 * 121) / np.sqrt(4 * 121))
    assert "summed over the bins of the distance" in texts(figure)
    errors = np.linspace(1, 3, 24)
    figure = spectrum_plot(plane(), FLAT, errors=errors)
    total = np.sqrt((errors.reshape(4, 6) ** 2).sum(axis=0))
    assert points(figure.axes[1])[1] == pytest.approx((PLANE.sum(axis=0) - 480) / total)


def test_distance_shows_the_ratio_to_no_oscillation():
    """Closed form: 6 × 120 are expected at every distance; error bars scale with the points."""
    figure = distance_plot(plane(), FLAT, fitted=np.full(24, 90.0), label="fit of SM")
    top, bottom = figure.axes
    x, y = points(top)
    assert x == pytest.approx([5.75, 7.25, 8.75, 10.25])
    assert y == pytest.approx(PLANE.sum(axis=1))
    assert points(bottom)[1] == pytest.approx(PLANE.sum(axis=1) / 720)
    _, high = np.array([s[:, 1] for s in bottom.containers[0].lines[2][1].get_segments()]).T
    tail = (1 - 0.6827) / 2
    assert gammaincc(PLANE.sum(axis=1) + 1, high * 720) == pytest.approx(np.full(4, tail))
    (fitted,) = [p for p in bottom.patches if hasattr(p, "get_data")]
    assert fitted.get_data().values == pytest.approx(np.full(4, 540 / 720))
    shown = texts(figure)
    for words in ("[m]", "events per 1.5 m", "no oscillation", "fit of SM", "ratio", "background included"):
        assert words in shown
    assert render(figure, "png")


def test_distance_where_nothing_is_expected():
    """Contract: bins without expectation have no ratio, and make no infinity."""
    signal = FLAT.signal.copy()
    signal[1:7] = 0
    empty = replace(FLAT, signal=signal, background=np.zeros(26))
    figure = distance_plot(plane(), empty)
    assert points(figure.axes[1])[0] == pytest.approx([7.25, 8.75, 10.25])
    assert render(distance_plot(plane(), replace(empty, signal=np.zeros(26))), "pdf")


def test_profile_marks_estimate_limit_and_thresholds():
    figure = profile_plot(VALUES, PROFILE, fit=FIT, limit=LIMIT)
    (ax,) = figure.axes
    assert vertical_lines(ax) == pytest.approx([0.02, 0.07])
    x, y = ax.lines[0].get_data()
    assert x == pytest.approx(VALUES)
    assert y == pytest.approx(PROFILE)
    shown = texts(figure)
    for words in ("2.7055", "95 % C.L. one-sided", "upper limit 0.07", "68.3 % by MINOS", r"\gamma"):
        assert words in shown
    assert render(figure, "png")


def test_profile_of_a_fit_that_is_not_valid_says_why():
    figure = profile_plot(
        VALUES, 0 * VALUES, fit=BLIND, limit=replace(LIMIT, upper=None, regions=((0, None),))
    )
    assert vertical_lines(figure.axes[0]) == []
    assert "these data cannot measure it" in texts(figure)
    assert "no limit at 95 % C.L." in texts(figure)


def test_profile_of_a_magnetic_moment_has_its_unit():
    estimate = Estimate(value=1e-12, error=1e-12, lower=None, upper=2e-12)
    fit = replace(FIT, poi="mu_nu", parameters={"mu_nu": estimate})
    figure = profile_plot(VALUES * 1e-11 + 1e-12, PROFILE, fit=fit)
    assert parameter_label("mu_nu") == (r"$\mu_\nu$ [$10^{-12}\,\mu_B$]", 1e12)
    assert vertical_lines(figure.axes[0]) == pytest.approx([1.0])


@pytest.mark.parametrize(
    ("name", "words"), [("delta_m2", r"\mathrm{eV}^2"), ("sin2_2theta", r"\sin^2 2\theta")]
)
def test_profile_of_an_oscillation_has_its_unit(name, words):
    estimate = Estimate(value=0.5, error=0.1, lower=None, upper=0.6)
    figure = profile_plot(VALUES + 0.5, PROFILE, fit=replace(FIT, poi=name, parameters={name: estimate}))
    assert words in texts(figure)
    assert vertical_lines(figure.axes[0]) == pytest.approx([0.5])


def test_limit_marks_observed_and_expected():
    figure = limit_plot(LIMIT)
    assert vertical_lines(figure.axes[0]) == pytest.approx([0.05, 0.05, 0.07])
    for words in ("2.7055", "95 % C.L. one-sided", "observed", "expected median"):
        assert words in texts(figure)
    bare = limit_plot(replace(LIMIT, band=None, upper=None))
    assert vertical_lines(bare.axes[0]) == pytest.approx([0.05])
    assert "no limit" in texts(bare)
    open_band = limit_plot(replace(LIMIT, band=(0.02, 0.03, 0.05, np.inf, np.inf)))
    assert render(open_band, "png")


def test_coverage_shows_fractions_and_their_intervals():
    points = tuple(
        CoveragePoint(
            value=value, n_toys=100, n_failed=1, bias=0.0, bias_error=0.01, pull_mean=0.0, pull_width=1.0,
            methods={
                "minos": MethodCoverage(covered=95, fraction=0.95, low=0.86, high=0.99, verdict="nominal"),
                "one-sided": MethodCoverage(covered=100, fraction=1.0, low=0.94, high=1.0, verdict="over"),
            },
        )
        for value in (0.0, 0.02)
    )  # fmt: skip
    study = CoverageStudy(parameter="gamma", level=0.95, points=points)
    figure = coverage_plot(study)
    (ax,) = figure.axes
    assert ax.lines[0].get_ydata() == pytest.approx([0.95, 0.95])
    minos, one_sided = ax.lines[1:]
    assert minos.get_ydata() == pytest.approx([0.95, 0.95])
    assert one_sided.get_ydata() == pytest.approx([1, 1])
    assert [line.get_label() for line in ax.lines[1:]] == ["minos", "one-sided"]
    render(figure, "png")
    (legend,) = figure.legends  # above the axes, where it hides no error bar
    assert legend.get_window_extent().y0 >= ax.get_window_extent().y1
    bands = [c for c in ax.collections if isinstance(c, PolyCollection)]
    bars = [c for c in ax.collections if isinstance(c, LineCollection)]
    for band, bar, ends in zip(bands, bars, ([0.86, 0.99], [0.94, 1.0]), strict=True):
        assert np.unique(band.get_paths()[0].vertices[:, 1]) == pytest.approx(ends)
        assert np.array([s[:, 1] for s in bar.get_segments()]) == pytest.approx(np.array([ends] * 2))
    data = coverage_data(study)
    assert data.column("coverage", method="minos") == pytest.approx([0.95, 0.95])
    assert data.column("high", method="one-sided") == pytest.approx([1, 1])
    assert data.rows[1][5] == "over"
    assert "100 pseudo-experiments per point, 2 failed" in texts(figure)
    assert "the study as a whole: over-coverage (false alarm at most 0.3 %)" in texts(figure)
    assert "one-sided at all true values together 1.0000, corrected p = " in "\n".join(data.note)
    assert render(figure, "png")
    many = replace(study, points=tuple(replace(points[0], value=float(i), n_toys=10**5) for i in range(9)))
    lines = verdict_lines(many)
    assert lines[0].startswith("the study as a whole: under-coverage (")
    assert "< 1e-99 for under-coverage" in lines[1]
    assert lines[-1] == "under-coverage in 14 more tests; --json lists all"
    assert len(lines) == 2 + 6 + 1


def test_coverage_of_one_point():
    method = MethodCoverage(covered=9, fraction=0.9, low=0.4, high=1.0, verdict="nominal")
    point = CoveragePoint(
        value=0.0,
        n_toys=10,
        n_failed=0,
        bias=None,
        bias_error=None,
        pull_mean=None,
        pull_width=None,
        methods={"hesse": method},
    )
    assert render(coverage_plot(CoverageStudy(parameter="gamma", level=0.95, points=(point,))), "png")


def test_style_leaves_no_state_behind():
    before = dict(mpl.rcParams)
    with styled():
        assert mpl.rcParams["svg.hashsalt"] == "nugauge"
    render(profile_plot(VALUES, PROFILE, fit=FIT), "png")
    assert dict(mpl.rcParams) == before


def test_style_does_not_depend_on_the_user():
    first = render_svg(profile_plot(VALUES, PROFILE, fit=FIT))
    with mpl.rc_context({"font.size": 20, "lines.linewidth": 9, "svg.fonttype": "none"}):
        assert render_svg(profile_plot(VALUES, PROFILE, fit=FIT)) == first


def test_svg_is_one_element():
    text = render_svg(limit_plot(LIMIT))
    assert text.startswith("<svg ")
    assert text.rstrip().endswith("</svg>")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (3.74006e5, "3.74×10⁵"), (-2e-7, "-2×10⁻⁷"), (9999.6, "1e+04"), (0.07036, "0.0704")],
)
def test_scientific(value, text):
    assert scientific(value) == text
