"""The HTML report: its contents, and that it needs no other files."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from support import plotted
from support.examples import every

from analysis.fits.fit_quality import FitQuality
from analysis.fits.local_minima import LocalMinimum
from analysis.fits.results import UNBOUNDED, Estimate
from analysis.histograms.goodness_of_bins import Comparison
from macros.plots import limit_plot
from macros.plots.style import render_svg
from macros.report.html import Report, ReportFigure, Spectrum, write_report

FIT = replace(
    plotted.FIT,
    parameters={"gamma": Estimate(value=0.0213, error=0.031, lower=-0.011, upper=0.052)},
    fval=4.25,
)
NEAR = LocalMinimum(value=0.0213, rise=0.0, physical=True, allowed=True, lower=-0.011, upper=0.052)
LIMIT = replace(
    plotted.LIMIT,
    delta_chi2=2.7055434,
    upper=0.0704,
    regions=((0.0, 0.0704),),
    asimov=0.0655,
    band=(0.02, 0.03, 0.0777, 0.08, 0.1),
    band_errors=(0.001, 0.001, 0.00123, 0.002, None),
)


@pytest.fixture
def report():
    return Report(
        title="BOREXINO <Cr51> & more",
        card_name="borexino-cr51-paper",
        card_text='[model]\nbeta = "chi"  # <b>\n',
        model="E6 χ",
        seed=17,
        spectrum=Spectrum(
            edges=[0.25, 0.3, 0.35],
            counts=np.array([402, 360]),
            expected=[400.25, 361.0],
            fitted=[401.5, 360.5],
        ),
        comparison=Comparison(chi2=3.75, ndof=2, p_value=0.153),
        fit=FIT,
        limit=LIMIT,
        figures=(
            ReportFigure(svg=render_svg(limit_plot(LIMIT)), title="Limit", caption="Observed < expected."),
        ),
        provenance={"versions": {"nugauge": "0.1.0", "numpy": None}, "cpu": {"features": ["avx", "fma"]}},
    )


class Checker(HTMLParser):
    """Counts elements, and notes those that are not closed in order."""

    VOID = frozenset({"meta", "link", "br", "hr", "img", "input"})

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.wrong, self.links = [], [], [], []

    def handle_starttag(self, tag, attributes):
        self.seen.append(tag)
        self.links += [v for k, v in attributes if k in {"href", "src", "xlink:href", "action", "data"}]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.seen.append(tag)
        self.links += [v for k, v in attributes if k in {"href", "src", "xlink:href"}]

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def written(path, report):
    write_report(path / "report.html", report)
    return (path / "report.html").read_text(encoding="utf-8")


def plain(html):
    body = re.sub(r"<svg.*?</svg>|<style>.*?</style>", "", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body))


def test_report_is_well_formed_and_stands_alone(tmp_path, report):
    html = written(tmp_path, report)
    checker = Checker()
    checker.feed(html)
    checker.close()
    assert checker.wrong == []
    assert checker.open == []
    assert checker.seen.count("svg") == 1
    assert not {"script", "link", "img", "iframe", "object"} & set(checker.seen)
    assert all(link.startswith("#") for link in checker.links)
    without_namespaces = re.sub(r'xmlns(:\w+)?="[^"]*"', "", html)
    assert not re.search(r"https?:|//[a-z]|url\((?!#)|@import", without_namespaces)


def test_report_tells_the_results(tmp_path, report):
    text = plain(written(tmp_path, report))
    for words in (
        "seed 17", "E6 χ", "0.0213", "-0.011", "0.052", "0.0704", "343.7 GeV",
        "0.0777 ± 0.0012, 0.0800 ± 0.0020, 0.1",
        "95 % C.L., one-sided, Δχ² = 2.7055", "68.3 % by minos",
        "χ² = 3.75 for 2 degrees of freedom, p = 0.153", "402", "400.25", "401.50",
        "versions.nugauge", "0.1.0", "avx, fma",
    ):  # fmt: skip
        assert words in text, words
    assert "Warning" not in text


def test_report_escapes_what_it_is_given(tmp_path, report):
    html = written(tmp_path, report)
    assert "BOREXINO &lt;Cr51&gt; &amp; more" in html
    assert "# &lt;b&gt;" in html
    assert "Observed &lt; expected." in html


def test_report_without_results(tmp_path):
    html = written(tmp_path, Report(title="t", card_name="c", card_text="", model="SM"))
    assert "seed none" in plain(html)
    assert "Limit" not in plain(html)


@pytest.mark.parametrize(
    ("change", "warning"),
    every(
        3,
        [
            ({"warnings": ("The disk is old.",)}, "The disk is old."),
            (
                {"fit": replace(FIT, valid=False, reason="no minimum found")},
                "The fit is not valid: no minimum found.",
            ),
            (
                {"fit": replace(FIT, parameters={"gamma": replace(FIT.estimate, lower=None)})},
                "The interval of gamma is open at its lower end.",
            ),
            (
                {
                    "fit": replace(
                        FIT, parameters={"gamma": replace(FIT.estimate, lower=None, lower_reason=UNBOUNDED)}
                    )
                },
                "The interval of gamma is open at its lower end: the data do not bound it.",
            ),
            (
                {"fit": replace(FIT, minima=(NEAR, replace(NEAR, value=-2.0, rise=0.3)))},
                "Another minimum at gamma = -2, higher by 0.3, is allowed at 68.3 % too, outside of this",
            ),
            (
                {"fit": replace(FIT, quality=FitQuality(fval=105.8, pearson=90.0, ndof=5))},
                "The model does not describe the data: deviance 105.8 for 5 degrees of freedom, p = 6.7e-18",
            ),
            (
                {"limit": replace(LIMIT, upper=None, regions=((0.0, None),))},
                "There is no upper limit on gamma",
            ),
            (
                {"limit": replace(LIMIT, regions=((0.0, 0.0704), (1.0, 2.0)))},
                "More than one region is allowed",
            ),
            ({"comparison": Comparison(chi2=40.0, ndof=2, p_value=2e-9)}, "disagree: p = 2e-09"),
        ],
        unpack=True,
    ),
)
def test_report_warns(tmp_path, report, change, warning):
    text = plain(written(tmp_path, replace(report, **change)))
    assert text.count("Warning.") == 1
    assert warning in text


def test_report_without_values_shows_dashes(tmp_path, report):
    nothing = Estimate(value=None, error=None, lower=None, upper=None)
    blind = replace(FIT, parameters={"gamma": nothing}, valid=False, reason="blind")
    no_limit = replace(LIMIT, upper=None, regions=((0.0, None),), asimov=None, band=None)
    html = written(tmp_path, replace(report, fit=blind, limit=no_limit))
    assert html.count('<td class="n">–</td>') == 4
    assert "[0, ∞]" in plain(html)
    assert "None" not in plain(html)


def test_report_is_reproducible(tmp_path, report):
    first = written(tmp_path, report)
    figures = (replace(report.figures[0], svg=render_svg(limit_plot(LIMIT))),)
    assert written(tmp_path, replace(report, figures=figures)) == first


def test_report_is_whole_or_absent(tmp_path, report):
    wrong = replace(report, spectrum=replace(report.spectrum, counts=[1]))
    with pytest.raises(ValueError, match="shorter"):
        write_report(tmp_path / "report.html", wrong)
    assert list(tmp_path.iterdir()) == []


def test_report_of_distances(tmp_path, report):
    """Contract: one row a bin, distance by distance, with both ranges."""
    counts = np.arange(4.0) + 10
    spectrum = Spectrum(
        edges=[0.25, 0.3, 0.35], counts=counts, expected=counts + 0.5, distance_edges=[500.0, 600.0, 750.0]
    )
    assert [row[0] for row in spectrum.rows()] == [
        pytest.approx((500, 600, 250, 300)),
        pytest.approx((500, 600, 300, 350)),
        pytest.approx((600, 750, 250, 300)),
        pytest.approx((600, 750, 300, 350)),
    ]
    text = plain(written(tmp_path, replace(report, spectrum=spectrum)))
    assert "From [cm] To [cm] From [keV] To [keV] Counts Expected" in text
    assert "600 750 250 300 12 12.50" in text
