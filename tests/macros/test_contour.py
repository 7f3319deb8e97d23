"""`nugauge contour`: its results, its files, and what it refuses."""

import json
from dataclasses import replace

import numpy as np
import pytest
from support.invocation import answer, invoke, refusal

from analysis.contours.plane import PlaneResult
from analysis.contours.result import plane_threshold
from macros.plots.profiles import contour_plot
from macros.words.contour_notes import plane_warnings

CARD = "borexino-cr51-realistic"
X, Y = "eps_L=-0.1:0.1:5", "eps_R=-0.3:0.3:7"


def test_picture_and_table(seldom_rendered, tmp_path):
    """Contract. The table holds the numbers of the document, point by point; the picture is one."""
    picture = tmp_path / "c.png"
    found = answer("contour", CARD, "--x", X, "--y", Y, "-o", picture)
    assert picture.read_bytes()[:4] == b"\x89PNG"
    table = np.loadtxt(tmp_path / "c.csv", delimiter=",", skiprows=1)
    assert (tmp_path / "c.csv").read_text().splitlines()[0] == "eps_L,eps_R,delta_2lnL"
    np.testing.assert_allclose(table[:, 2].reshape(7, 5), found["delta"], rtol=1e-6, atol=1e-9)
    assert abs(found["parameters"]["eps_L"]["value"]) < 1e-3
    assert found["files"] == [str(picture.with_suffix(s)) for s in (".png", ".csv", ".json")]
    document = json.loads((tmp_path / "c.json").read_text())
    assert document["columns"] == ["eps_L", "eps_R", "delta_2lnL"]
    np.testing.assert_allclose([row[2] for row in document["rows"]], table[:, 2], rtol=1e-7, atol=1e-12)
    assert "all nuisance parameters are fitted anew at each point" in document["caption"]
    assert [c["level"] for c in found["contours"]] == [0.683, 0.95]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--x", "eps_L=0:1", "--y", Y), "write NAME=a:b:n"),
        (("--x", "eps_L=1:0:5", "--y", Y), "needs a name, a < b and at least 2 points"),
        (("--x", "eps_L=0:1:5:log", "--y", Y), "equal ratios start above 0"),
        (("--x", "eps_L=0:1:5", "--y", "eps_L=0:1:5"), "must differ"),
        (("--x", "eps_Q=0:1:5", "--y", Y), "got 'eps_Q'"),
        (("--x", "activity=0.5:2:5", "--y", Y), "only --y may be a nuisance parameter"),
        (("--x", X, "--y", Y, "-o", "c.gif"), "must end in .pdf, .png or .svg"),
    ],
)
def test_wrong_options(options, message):
    """Contract. Finds wrong options that are accepted, or refused without a reason."""
    assert message in refusal("contour", CARD, *options)


@pytest.mark.long
def test_a_minimum_outside_the_values(tmp_path):
    """Contract. Exact data of 0 and values from 2 on: text, caption and document warn of it."""
    picture = tmp_path / "far.png"
    values = ("--x", "eps_L=2:3:5", "--y", "eps_R=-0.3:0.3:7")
    found = answer("contour", CARD, *values, "-o", picture)
    assert found["outside"] == ["eps_L"]
    assert found["parameters"]["eps_L"]["value"] == pytest.approx(0, abs=1e-3)
    assert found["fval"] == pytest.approx(0, abs=1e-6)
    assert found["lowest"]["delta"] == np.min(found["delta"]) > 5.9915
    assert not any(contour["lines"] for contour in found["contours"])
    (said,) = found["warnings"]
    assert "the minimum lies outside the values of --x: at eps_L = " in said
    assert "no value drawn is allowed at 95 %" in said
    assert said[1:] in json.loads((tmp_path / "far.json").read_text())["caption"]
    run = invoke("contour", CARD, *values)
    assert "the minimum lies outside the values of --x" in run.stderr


def test_a_minimum_on_the_frame_is_not_clipped():
    """Contract. Finds a marker that is cut at the frame; one outside the values is not drawn."""
    thresholds = {0.683: 2.2977, 0.95: 5.9915}
    x, y = np.linspace(0, 1, 5), np.linspace(0, 2, 5)
    delta = 10 * (x - 0.5) ** 2 + y[:, None] ** 2
    result = PlaneResult(
        names=("eps_L", "mu_nu"),
        x=x,
        y=y,
        delta=delta,
        best=(0.5, 0.0),
        errors=None,
        correlation=None,
        fval=0.0,
    )
    (marker,) = _markers(contour_plot(result, thresholds))
    assert not marker.get_clip_on()
    assert marker.get_zorder() > 2.5
    far = replace(result, best=(0.5, -1.0), delta=delta + 100, outside=("mu_nu",))
    figure = contour_plot(far, thresholds)
    assert not _markers(figure)
    assert any("the minimum lies outside the values of --y" in text.get_text() for text in figure.texts)


def test_a_minimum_that_is_none():
    """Contract. Finds an open end, a valley and values below the minimum of which nothing is said."""
    x, y = np.linspace(0, 1, 3), np.linspace(0, 2, 3)
    result = PlaneResult(
        names=("vector_mass", "gamma"),
        x=x,
        y=y,
        delta=np.zeros((3, 3)),
        best=(1.0, 0.0),
        errors=None,
        correlation=None,
        fval=0.0,
    )
    thresholds = {0.683: 2.2977, 0.95: 5.9915}
    assert plane_warnings(result, thresholds) == []
    (said,) = plane_warnings(replace(result, open_ends=("vector_mass",)), thresholds)
    assert "does not rise in vector_mass as far as it was searched, to 1" in said
    (said,) = plane_warnings(replace(result, converged=False), thresholds)
    assert "ended in a valley" in said
    (said,) = plane_warnings(replace(result, delta=result.delta - 1), thresholds)
    assert "below 0 at values outside the physical range" in said


def _markers(figure):
    return [line for line in figure.axes[0].lines if line.get_marker() == "+"]


@pytest.mark.parametrize(
    ("reach", "named"), [(4.0, ""), (2.0, "the region of 95 %"), (1.0, "the region of 68.3 % and 95 %")]
)
def test_regions_that_the_values_cut_are_named(reach, named):
    """Closed form: circles of -2 ln L = x² + y² with radii of 1.52 and 2.45, on squares of several sizes."""
    x = np.linspace(-reach, reach, 41)
    plane = {
        "names": ("eps_L", "eps_R"),
        "best": (0.0, 0.0),
        "fval": 0.0,
        "errors": None,
        "correlation": None,
    }
    delta = x[None] ** 2 + x[:, None] ** 2
    result = PlaneResult(x=x, y=x, delta=delta, **plane)
    levels = {level: plane_threshold(level) for level in (0.683, 0.95)}
    said = " ".join(t.get_text() for t in contour_plot(result, levels).texts)
    assert ("cut by the range of the picture: " + named in said) is bool(named)
    assert ("cut by" in said) is bool(named)


def test_an_estimate_of_zero_leads_to_a_limit():
    """Contract. Finds a moment of 0 that is told to have no error, and not what to quote instead."""
    plane = ("--x", "mu_nu=0:1e-10:5", "--y", "eps_R=-0.2:0.2:3")
    said = invoke("contour", CARD, *plane).stdout
    assert "mu_nu = 0 is in every region; `nugauge limit --poi mu_nu` gives an upper limit" in said
    assert "eps_R = 0 is in every region" not in said
    assert "1 contour, " in said
