"""Plots of profiles, limits and coverage: they show the numbers that they are given."""

import math
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PolyCollection
from support.plotted import FIT, LIMIT, PROFILE, VALUES, texts

from analysis.fits.results import Estimate
from analysis.studies.coverage_study import CoveragePoint, CoverageStudy, MethodCoverage
from macros.plots import (
    LimitFigure,
    coverage_data,
    coverage_plot,
    limit_plot,
    parameter_axis,
    profile_plot,
)
from macros.plots.style import render
from macros.words.coverage_verdicts import verdict_lines

BLIND = replace(
    FIT,
    parameters={"gamma": Estimate(value=None, error=None, lower=None, upper=None)},
    valid=False,
    reason="these data cannot measure it",
)


def vertical_lines(ax):
    return [line.get_xdata()[0] for line in ax.lines if line.get_xdata()[0] == line.get_xdata()[-1]]


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
    assert parameter_axis("mu_nu", 1e-12)[0] == r"$\mu_\nu$ [$10^{-11}$ $\mu_B$]"
    assert vertical_lines(figure.axes[0]) == pytest.approx([0.1])


def test_captions_have_the_unit_of_the_axis_and_of_the_text():
    """Limits of a magnetic moment: 10⁻¹¹ μ_B on the axis, in the lines below, and in the text of `limit`."""
    moment = replace(
        LIMIT,
        parameter="mu_nu",
        upper=3.791e-11,
        asimov=2.3e-11,
        regions=((0.0, 3.791e-11),),
        band=(1.1e-11, 1.6e-11, 2.267e-11, 3.1e-11, 4.0e-11),
        band_errors=(1e-13, 1e-13, 2.6e-13, 1e-13, 1e-13),
    )
    estimate = Estimate(value=1e-11, error=1e-11, lower=None, upper=2e-11)
    fit = replace(FIT, poi="mu_nu", parameters={"mu_nu": estimate})
    profile = texts(profile_plot(VALUES * 1e-10 + 1e-11, PROFILE, fit=fit, limit=moment))
    assert "upper limit 3.79 × 10⁻¹¹ μ_B" in profile
    assert r"[$10^{-11}$ $\mu_B$]" in profile
    band = texts(limit_plot(moment))
    assert "observed: 3.79 × 10⁻¹¹ μ_B" in band
    assert "expected median: (2.267 ± 0.026) × 10⁻¹¹ μ_B" in band
    figure = LimitFigure(limit=moment, points=VALUES * 1e-10, delta=PROFILE, physical=(0.0, math.inf)).draw()
    assert "upper limit 3.79 × 10⁻¹¹ μ_B" in texts(figure)
    assert r"[$10^{-11}$ $\mu_B$]" in texts(figure)


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
    assert [line.get_label() for line in ax.lines[1:]] == ["MINOS", "one-sided"]
    render(figure, "png")
    (legend,) = figure.legends  # above the axes, where it hides no error bar
    assert legend.get_window_extent().y0 >= ax.get_window_extent().y1
    bands = [c for c in ax.collections if isinstance(c, PolyCollection)]
    bars = [c for c in ax.collections if isinstance(c, LineCollection)]
    for band, bar, ends in zip(bands, bars, ([0.86, 0.99], [0.94, 1.0]), strict=True):
        assert np.unique(band.get_paths()[0].vertices[:, 1]) == pytest.approx(ends)
        assert np.array([s[:, 1] for s in bar.get_segments()]) == pytest.approx(np.array([ends] * 2))
    six = {**points[0].methods, **dict.fromkeys(("hesse", "cls", "calibrated"), points[0].methods["minos"])}
    crowd = coverage_plot(replace(study, points=tuple(replace(p, methods=six) for p in points)))
    assert not [c for c in crowd.axes[0].collections if isinstance(c, PolyCollection)]
    places = {float(line.get_xdata()[0]) for line in crowd.axes[0].lines[1:]}
    assert len(places) == len(six)  # no marker hides another
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
