"""Small pictures: well-formed, in their frame, with the colour of the page, whatever is drawn."""

import math
import re
from xml.etree import ElementTree as ET

import pytest
from support.html_tables import HOSTILE, Picture, Table

from simgen import E6, SM, cr51, pm147
from simgen.pictures import Curve, Level, Points, Row, Stems, Steps, intervals, picture

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def read(text):
    return Picture(ET.fromstring(text))


def box(shown):
    return [float(x) for x in shown.elements[0][1]["viewBox"].split()]


def test_a_histogram_has_the_heights_of_its_bins():
    """Closed form: the outline rises as the counts do, and begins and ends at zero."""
    shown = read(picture("x", [Steps(edges=[0.0, 1.0, 3.0], heights=[5.0, 10.0])], x="T [MeV]", y="counts"))
    (outline,) = [a["d"] for t, a in shown.elements if t == "path" and a["stroke"] != "currentColor"]
    x0, zero, first, x1, second, x2, end = map(float, NUMBER.findall(outline))
    assert end == zero
    assert (zero - second) == pytest.approx(2 * (zero - first), abs=0.2)
    assert (x2 - x1) == pytest.approx(2 * (x1 - x0), abs=0.2)
    assert {"T [MeV]", "counts", "0", "3"} <= set(shown.texts)


@pytest.mark.parametrize(
    "layer",
    [
        Curve(x=[0.0, 1.0, 2.0], y=[1.0, math.nan, 3.0]),
        Points(x=[0.0], y=[0.5], low=[-math.inf], high=[math.inf]),
        Points(x=[1.0], y=[0.0]),
        Stems(x=[0.7473], y=[0.8]),
        Level(y=0.0),
        Level(x=math.inf),
        Steps(edges=[0.0, 1.0], heights=[0.0]),
        Steps(edges=[0.0, 1e-300], heights=[1e300]),
    ],
    ids=repr,
)
def test_everything_lies_in_the_picture(layer):
    """Property. Finds coordinates that are not finite, or far outside; nothing finite gives no picture."""
    text = picture("x", [layer, Points(x=[0.1], y=[0.2])], x="x", y="y")
    shown = read(text)
    _, _, width, height = box(shown)
    for tag, attributes in shown.elements:
        if tag == "path":
            points = re.findall(r"([\d.-]+),([\d.-]+)", attributes["d"])
            assert all(-1 <= float(x) <= width + 1 and -1 <= float(y) <= height + 1 for x, y in points)


def test_nothing_finite_is_no_picture():
    assert picture("x", [Curve(x=[math.nan], y=[1.0])], x="x", y="y") == ""
    assert intervals("x", [Row(name="everything", spans=[(None, None)])], x="x") == ""
    assert intervals("x", [], x="x") == ""


def test_names_are_escaped_and_long_ones_cut():
    shown = read(intervals(HOSTILE, [Row(name=HOSTILE, value=1.0)], x=HOSTILE))
    assert shown.title == HOSTILE
    assert HOSTILE in shown.texts
    assert HOSTILE[:29] + "…" in shown.texts
    assert shown.count("circle") == 1


@pytest.mark.parametrize(("span", "heads"), [((0.1, 0.2), 0), ((None, 0.2), 1), ((0.1, math.inf), 1)])
def test_open_ends_have_arrows(span, heads):
    shown = read(intervals("x", [Row(name="allowed", spans=[span], colour="#123456")], x="gamma"))
    assert shown.count("path", fill="#123456") == heads
    assert shown.count("path", stroke="#123456") == 1


def test_lines_and_continua_of_sources_are_drawn():
    (lines,) = Table(cr51()._repr_html_()).pictures
    (continuum,) = Table(pm147()._repr_html_()).pictures
    assert "lines" in lines.texts
    assert "continuous, per MeV" not in lines.texts
    assert "continuous, per MeV" in continuum.texts
    assert "E_ν [MeV]" in continuum.texts


def curves(shown):
    """Return the different lines of many points."""
    return {a["d"] for tag, a in shown.elements if tag == "path" and a["d"].count("L") > 10}


def test_a_model_is_drawn_beside_the_standard_model():
    (shown,) = Table(E6(beta="chi", gamma=0.1, mu_nu=1e-11)._repr_html_()).pictures
    assert {"E6 χ", "standard model", "dσ/dT [10⁻⁴⁵ cm²/MeV]"} <= set(shown.texts)
    assert len(curves(shown)) == 2
    (same,) = Table(SM()._repr_html_()).pictures
    assert len(curves(same)) == 1
