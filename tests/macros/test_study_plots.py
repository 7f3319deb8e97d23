"""Pictures of pseudo-experiments, and their numbers."""

import numpy as np
import pytest
from support.examples import every
from support.plain import with_nuisances
from support.plotted import texts

from analysis.fits.fitter import make_fitter
from analysis.pseudo_experiments.distributions import no_toys
from macros.plots import toys_data, toys_plot
from macros.plots.style import render
from simgen.interaction.models import E6


def vertical_lines(ax):
    return [line.get_xdata()[0] for line in ax.lines if line.get_xdata()[0] == line.get_xdata()[-1]]


def distributions(n=2000, limits=None):
    """Toys whose pulls are standard normal, and whose limits are even between 0.1 and 0.3."""
    fitter = make_fitter(with_nuisances(0.05), E6(beta="chi", gamma=0.1))
    rng = np.random.default_rng(1)
    columns = {
        "gamma": 0.1 + 0.02 * rng.standard_normal(n),
        "gamma_error": np.full(n, 0.02),
        "one_sided_upper": rng.uniform(0.1, 0.3, n) if limits is None else limits,
        "status": np.zeros(n, np.int32),
    }
    return no_toys(fitter, level=0.9).with_toys(columns), columns


def test_toys_shows_pulls_and_limits():
    found, columns = distributions()
    figure = toys_plot(found, note=("a line",))
    pulls, limits = figure.axes
    counts, edges, _ = pulls.patches[0].get_data()
    assert np.array_equal(counts, np.histogram((columns["gamma"] - 0.1) / 0.02, edges)[0])
    x, gaussian = pulls.lines[0].get_data()
    assert np.trapezoid(gaussian, x) == pytest.approx(2000 * np.diff(edges)[0], rel=1e-5)
    counts, edges, _ = limits.patches[-1].get_data()
    assert np.array_equal(counts, np.histogram(columns["one_sided_upper"], edges)[0])
    assert 0.99 * 2000 < counts.sum() <= 2000
    assert vertical_lines(limits) == pytest.approx([0.2], abs=0.01)
    for words in ("a line", "2000 pseudo-experiments, 0 failed", "one-sided, 90 %"):
        assert words in texts(figure)
    data = toys_data(found)
    assert data.column("toys", quantity="pull").sum() == 2000
    assert data.column("unit Gaussian", quantity="pull").sum() == pytest.approx(2000, rel=1e-5)
    assert data.column("low", quantity="limit at 0 sigma") == pytest.approx([0.2], abs=0.01)
    assert data.column("low", quantity="limit at -1 sigma") == pytest.approx([0.1 + 0.2 * 0.1587], abs=0.01)
    error = data.column("error", quantity="limit at 0 sigma")
    assert error == pytest.approx([0.2 * 0.5 / 2000**0.5], rel=0.3)  # of flat limits, width 0.2


def test_pulls_beyond_the_axis_are_counted_and_not_in_the_gaussian():
    """Contract: the Gaussian has as many toys as the axis shows; how many are beyond either end is stated."""
    _, columns = distributions()
    far = {**columns, "gamma": np.where(np.arange(2000) < 300, -5.0, columns["gamma"])}
    far["gamma"][1990:] = 9.0
    found = no_toys(make_fitter(with_nuisances(0.05), E6(beta="chi", gamma=0.1)), level=0.9).with_toys(far)
    figure = toys_plot(found)
    pulls, limits = figure.axes
    counts, edges, _ = pulls.patches[0].get_data()
    x, gaussian = pulls.lines[0].get_data()
    assert counts.sum() == 1690
    assert np.trapezoid(gaussian, x) == pytest.approx(1690 * np.diff(edges)[0], rel=1e-5)
    for words in ("← 300", "10 →", "300 below -5, 10 above 5", "unit Gaussian of the toys shown"):
        assert words in texts(figure)
    data = toys_data(found)
    assert data.column("toys", quantity="pull outside") == pytest.approx([300, 10])
    assert data.column("unit Gaussian", quantity="pull").sum() == pytest.approx(1690, rel=1e-5)
    render(figure, "png")
    for ax in (pulls, limits):
        box = ax.get_legend().get_window_extent()
        assert box.y0 >= ax.get_window_extent().y1 - 1  # nothing is covered


@pytest.mark.parametrize("limits", every(2, [np.full(3, np.inf), np.array([0.2, np.inf, np.inf])]))
def test_toys_without_limits(limits):
    found, _ = distributions(3, limits)
    assert render(toys_plot(found), "png")
    assert toys_data(found).csv().endswith("limit at 2 sigma,,,,,\n")
