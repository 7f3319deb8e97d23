"""Figures of the paper as files: captions, notes, pictures and tables."""

import csv
import os
import subprocess
import sys

import pytest
from matplotlib.colors import to_hex
from support.examples import every, few
from support.figures import check_caption, check_picture, check_threshold, drawn
from support.invocation import answer, refusal

from macros.figures import FIGURES, figure3, make_figure
from macros.plots import Look, look, read_style

NAMES = [name for name in FIGURES if name != "mixing"]
"""That of mixing takes longer: `test_figure_of_mixing` has its texts and picture too."""


@pytest.mark.parametrize("name", every(3, NAMES))
def test_captions_state_the_assumptions(figure_named, name):
    check_caption(figure_named(name))


@pytest.mark.parametrize("name", every(3, [name for name in NAMES if name != "3"]))
def test_limits_state_their_threshold(figure_named, name):
    check_threshold(figure_named(name))


@pytest.mark.parametrize("kind", few(["pdf", "png", "svg"], "svg"))
def test_files_of_a_figure(seldom_rendered, tmp_path, monkeypatch, figure_3, kind):
    monkeypatch.setattr(figure3, "compute", lambda *_, **__: figure_3)
    files = make_figure("3", tmp_path / "new", format=kind)
    assert [f.name for f in files] == [f"figure3.{kind}", "figure3.csv", "figure3.txt"]
    assert sorted(tmp_path.glob("new/*")) == sorted(files)
    picture = files[0].read_bytes()
    if kind == "pdf":
        assert picture.startswith(b"%PDF-")
        assert picture.rstrip().endswith(b"%%EOF")
    elif kind == "svg":
        assert b"<dc:title>nugauge</dc:title>" in picture
        assert picture.rstrip().endswith(b"</svg>")
    else:
        assert picture.startswith(b"\x89PNG\r\n\x1a\n")
        assert b"IEND" in picture[-16:]
    with files[1].open(encoding="utf-8", newline="") as stream:
        table = list(csv.DictReader(stream))
    assert float(table[0]["mu_nu_over_SM"]) == pytest.approx(1.0572, abs=5e-5)
    assert files[2].read_text(encoding="utf-8").startswith("Fig. 3. ")


@pytest.mark.long
def test_pictures_are_reproducible(tmp_path, monkeypatch, figure_3):
    monkeypatch.setattr(figure3, "compute", lambda *_, **__: figure_3)
    one, other = (make_figure("3", tmp_path / name)[0].read_bytes() for name in ("a", "b"))
    assert one == other


@pytest.mark.long
@pytest.mark.parametrize("name", few([name for name in NAMES if name != "3"], "1-normalisation"))
def test_pictures_are_drawn_without_warnings(figure_named, name):
    check_picture(name, figure_named(name))


def test_figures_of_the_command_have_a_style(tmp_path, monkeypatch, figure_3):
    """Contract. Finds --style refused or ignored, and a wrong style that is noticed after the work."""
    monkeypatch.setattr(figure3, "compute", lambda *_, **__: figure_3)
    svg = ("figure", "3", "--format", "svg")
    answer(*svg, "-o", tmp_path / "plain")
    found = answer(*svg, "-o", tmp_path / "dark", "--style", "dark_background")
    assert found["files"][0] == str(tmp_path / "dark" / "figure3.svg")
    plain, dark = ((tmp_path / name / "figure3.svg").read_text() for name in ("plain", "dark"))
    assert "fill: #ffffff" in plain.partition("</g>")[0]
    assert "fill: #ffffff" not in dark.partition("</g>")[0]
    assert "stroke: #ffffff" in dark
    assert "did you mean 'ATLAS'?" in refusal(*svg, "-o", tmp_path / "none", "--style", "ATLASS")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("name", few(["1", "2", "3", "1-normalisation", "beta"], "1", "3"))
def test_nothing_is_black_on_a_dark_background(figure_named, name):
    """Contract. Finds lines and marks in the colour of the paper."""
    with look(Look(parameters=read_style("dark_background"))):
        figure = drawn(name, figure_named(name))
    colours = [line.get_color() for ax in figure.axes for line in ax.lines if line.get_visible()]
    assert colours
    assert "#000000" not in {to_hex(colour) for colour in colours}


def test_nothing_is_left_of_a_picture_that_fails(tmp_path, monkeypatch, figure_3):
    monkeypatch.setattr(figure3, "compute", lambda *_, **__: figure_3)

    def fail(*_):
        raise RuntimeError("no ink")

    monkeypatch.setattr(figure3, "draw", fail)
    with pytest.raises(RuntimeError, match="no ink"):
        make_figure("3", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("7",), "no figure '7'"), (("3",), "format must be"), (("1",), "method must be")],
)
def test_wrong_arguments(tmp_path, arguments, message):
    wrong = {"format must be": {"format": "gif"}, "method must be": {"method": "both"}}.get(message, {})
    with pytest.raises(ValueError, match=message):
        make_figure(*arguments, tmp_path, **wrong)


def test_importing_the_figures_loads_nothing_heavy():
    code = (
        "import sys, macros.figures, macros.plots, macros.report.html; "
        "print(*({'matplotlib', 'numpy', 'scipy', 'numba', 'hist', 'jinja2'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p or "." for p in sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.strip() == ""
