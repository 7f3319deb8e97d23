"""Colours of methods, looks of pictures, and what stands below them."""

from itertools import combinations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from support.examples import every
from support.plotted import FIT, LIMIT, PROFILE, VALUES, texts

from macros.plots import METHODS, LimitFigure, Look, PlaneFigure, ScanFigure, look, profile_plot, read_style
from macros.plots.methods import BAND_ONE, BAND_TWO
from macros.plots.style import add_note, new_figure, note_of, render, render_svg, styled

PROTANOPIA = np.array([[152286, 1052583, -204868], [114503, 786281, 99216], [-3882, -48116, 1051998]]) / 1e6
DEUTERANOPIA = np.array([[367322, 860646, -227968], [280085, 672501, 47413], [-11820, 42940, 968881]]) / 1e6
TRITANOPIA = np.array([[1255528, -76749, -178779], [-78411, 930809, 147602], [4733, 691367, 303900]]) / 1e6
CONES = {
    "normal": np.eye(3),
    "protanopia": PROTANOPIA,
    "deuteranopia": DEUTERANOPIA,
    "tritanopia": TRITANOPIA,
}
"""Machado, Oliveira and Fernandes, IEEE Trans. Vis. Comput. Graph. 15 (2009) 1291, severity 1, linear RGB."""
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
"""Of linear sRGB, IEC 61966-2-1."""


def seen(colour, matrix):
    """Return a colour in CIELAB, as somebody with these cones sees it."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = XYZ @ np.clip(np.asarray(matrix) @ linear, 0, 1) / XYZ.sum(axis=1)
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("who", CONES)
def test_colours_of_methods_can_be_told_apart(who):
    """Contract. Finds two methods closer than 10 in CIELAB, four times what is just noticed (2.3)."""
    points = {name: seen(style.colour, CONES[who]) for name, style in METHODS.items()}
    distances = {(a, b): np.linalg.norm(points[a] - points[b]) for a, b in combinations(points, 2)}
    assert min(distances.values()) > 10, min(distances, key=distances.get)
    assert np.linalg.norm(seen(BAND_ONE, CONES[who]) - seen(BAND_TWO, CONES[who])) > 10


def test_methods_differ_without_colours_too():
    """Contract. Marker, line and label are of one method only."""
    for field in ("colour", "marker", "line", "label"):
        values = [getattr(style, field) for style in METHODS.values()]
        assert len(set(values)) == len(values)
    assert {"hesse", "minos", "one-sided", "two-sided", "feldman-cousins", "calibrated", "cls"} == set(
        METHODS
    )


def limit_figure(limit=LIMIT, **changes):
    x = np.linspace(0, 0.1, 51)
    settings = {"limit": limit, "points": x, "delta": (x / 0.0425) ** 2, "physical": (0.0, np.inf), **changes}
    return LimitFigure(**settings)


def test_a_region_that_the_picture_cuts_is_named():
    """Contract. Finds a region that ends outside of the picture without a word."""
    from dataclasses import replace

    assert "cut by" not in texts(limit_figure().draw())
    cut = replace(LIMIT, regions=((0.0, 0.07), (0.3, None)), upper=None)
    said = texts(limit_figure(cut).draw())
    assert "cut by the range of the picture: allowed [0.3, open]" in said
    fit = replace(FIT, parameters={"gamma": replace(FIT.estimate, lower=-0.5)})
    said = texts(profile_plot(VALUES, PROFILE, fit=fit))
    assert "cut by the picture: [-0.5, 0.05]" in said.replace("0.0500", "0.05").replace("-0.500", "-0.5")


def test_the_threshold_has_the_colour_of_the_method():
    from dataclasses import replace

    for method in ("one-sided", "two-sided"):
        (ax,) = limit_figure(replace(LIMIT, method=method)).draw().axes
        (line,) = [x for x in ax.lines if str(x.get_label()).startswith("threshold")]
        assert line.get_color() == METHODS[method].colour


def test_a_scan_marks_where_there_is_no_limit():
    """Contract. Finds a point without limit that is left out silently."""
    figure = ScanFigure(
        parameter="mu_nu", head="detector.mass [kg]", points=[1.0, 2.0, 5.0], limits=[2e-11, None, 1e-11],
        level=0.9, method="two-sided",
    )  # fmt: skip
    said = texts(figure.draw())
    assert "at 1 of 3 points nothing is excluded" in said
    assert "90 % C.L., two-sided" in said
    assert figure.numbers().column("limit on mu_nu") == pytest.approx([2e-11, np.nan, 1e-11], nan_ok=True)


def test_a_plane():
    """Contract. Limits stand at their places; where nothing is excluded the picture says so."""
    limits = np.array([[1.0, 2.0, 4.0], [3.0, np.nan, 5.0]])
    figure = PlaneFigure(
        parameter="gamma", head_x="x [d]", head_y="y", x=[1, 2, 3], y=[10, 20], limits=limits,
        level=0.95, method="one-sided",
    )  # fmt: skip
    drawn = figure.draw()
    assert "at 1 of 6 points nothing is excluded" in texts(drawn)
    assert figure.numbers().rows[3:5] == ((1.0, 20.0, 3.0), (2.0, 20.0, None))
    assert render(drawn, "png")


def test_a_long_note_is_broken_and_the_figure_grows():
    with styled():
        short, long = new_figure(4, 3), new_figure(4, 3)
        for figure, text in ((short, "a line"), (long, "many words of a line " * 20)):
            figure.subplots()
            add_note(figure, [text])
    assert short.get_figheight() == 3
    assert long.get_figheight() > 3.2
    long.draw_without_rendering()
    width = long.get_figwidth() * long.dpi
    assert max(t.get_window_extent().x1 for t in long.texts) <= width


def test_a_page_has_the_note_in_the_caption():
    """Contract. Larger texts, no white box, and the note is kept for the caption."""
    with look(Look(page=True)):
        figure = profile_plot(VALUES, PROFILE, fit=FIT, note=("E6 χ",))
        svg = render_svg(figure)
    assert "E6 χ" in note_of(figure)
    assert figure.texts == []
    assert "#ffffff" not in svg
    assert mpl.rcParams["font.size"] == 10.0


def test_styles_that_state_their_figures_are_scaled():
    """Contract. ATLAS has 14 points on 8 inches: the text keeps its share of our smaller pictures."""
    assert read_style("ATLAS")["font.size"] == pytest.approx(8.5)
    assert read_style("ATLAS")["lines.linewidth"] == pytest.approx(2 * 8.5 / 14)
    assert "figure.figsize" not in read_style("CMS")
    assert read_style("CMS")["font.family"][-1] == "DejaVu Sans"


@pytest.mark.parametrize(
    "parameters", every(2, [{}, {"figure.autolayout": True}, {"figure.constrained_layout.use": True}])
)
def test_a_figure_is_drawn_once_for_each_kind_of_picture(monkeypatch, parameters):
    """Contract. Finds a layout that is made anew, by drawing, for each kind; it took a third of the time."""
    drawn = []
    draw = Figure.draw
    monkeypatch.setattr(Figure, "draw", lambda figure, renderer: drawn.append(1) or draw(figure, renderer))
    with look(Look(parameters=parameters)):
        figure = limit_figure().draw()
        kinds = ("pdf", "png", "svg")
        assert all(render(figure, kind) for kind in kinds)
    assert len(drawn) == len(kinds)
