"""Plots of one analysis: they show the numbers that they are given."""

from dataclasses import replace

import hist
import matplotlib as mpl
import numpy as np
import pytest
from scipy.special import gammaincc
from scipy.stats import chi2
from support.experiments import borexino, borexino_distances
from support.plotted import COUNTS, FIT, LIMIT, PROFILE, VALUES, data, points, texts

from analysis.histograms.histograms import from_counts
from detsim.expectation.prediction import Expectation
from macros.plots import (
    CountsFigure,
    limit_plot,
    panels_of,
    profile_plot,
)
from macros.plots.style import render, render_svg, scientific, styled

EDGES = np.linspace(0.25, 0.55, 7)


STANDARD = Expectation(
    edges=EDGES,
    signal=np.array([0, 310, 290, 280, 270, 255, 200, 40], np.float64),
    background=np.array([0, 90, 90, 90, 90, 90, 90, 450], np.float64),
    integral=lambda: 2635.0,
)


PLANE = np.arange(24.0).reshape(4, 6) ** 2
"""Counts at four distances of six energies."""


FLAT = Expectation(
    edges=EDGES,
    signal=np.array([0, *np.full(24, 100.0), 7]),
    background=np.array([0, *np.full(24, 20.0), 9]),
    integral=lambda: 2896.0,
)


def plane():
    return from_counts(PLANE.ravel(), borexino_distances())


def spectrum_plot(data, expected, *, label="fitted model", note=(), **settings):
    """Draw the counts along the energy."""
    distance = data.axes[0].edges if data.ndim > 1 else None
    panels = panels_of("X", data, expected, distance_edges=distance, **settings)[:1]
    return CountsFigure(panels=panels, title="", expected="standard model", fitted=label, note=note).draw()


def distance_plot(data, expected, *, label="fitted model", **settings):
    """Draw the counts along the distance."""
    panels = panels_of("X", data, expected, distance_edges=data.axes[0].edges, **settings)[1:]
    return CountsFigure(panels=panels, title="", expected="no oscillation", fitted=label).draw()


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
