"""Histograms of other programs: their values, weights, units and edges."""

from dataclasses import replace
from itertools import pairwise

import hist
import numpy as np
import pytest
from support.experiments import borexino
from support.histogram_files import COUNTS, EDGES, document, write_document, write_th1

from analysis.fits.estimate import fit
from analysis.fits.weighted import effective_counts
from analysis.histograms.histograms import axes, binned
from analysis.histograms.read import read_histogram
from analysis.histograms.write import write_csv, write_json, write_root
from detsim.files.atomic import FileError
from detsim.formats.binned import Binned, unequal
from detsim.formats.user_tables import read_spectrum
from simgen.interaction.models import SM


def test_no_counts_are_data(tmp_path):
    """Contract: bins that were set to 0 one by one, which ROOT takes for entries, are an empty data set."""
    path = write_th1(tmp_path / "h.root", np.zeros(5), fEntries=3.0)
    assert read_histogram(path).sum() == 0


def test_fractions_need_variances(tmp_path):
    """Contract: data other than whole counts need Σw² in every format; spectra may have any contents."""
    scaled = 0.37 * COUNTS
    how = r"1\.48 is no number of counts, which are whole; .*Sumw2\(\).*column variance"
    (tmp_path / "h.csv").write_text("low,high,counts\n0.25,0.3,1.48\n")
    (tmp_path / "c.csv").write_text("low,high,content\n0.25,0.3,1.48\n")
    write_th1(tmp_path / "h.root", scaled, fTsumw=0.0, fTsumw2=0.0)
    write_document(tmp_path / "h.json", document(scaled))
    for name in ("h.csv", "h.root", "h.json"):
        with pytest.raises(FileError, match=f"the bin from 0.25 to 0.3 MeV: {how}"):
            read_histogram(tmp_path / name)
    for name in ("c.csv", "h.root", "h.json"):
        assert read_spectrum(tmp_path / name, unit=1.0).contents[0] == pytest.approx(1.48, rel=1e-15)
    detector = replace(borexino().detector, edges=tuple(EDGES))
    experiment = replace(borexino(), detector=detector)
    h = hist.Hist(*axes(experiment), storage=hist.storage.Double())
    h[...] = scaled
    for fitted in (h, 0.37 * hist.Hist(h.axes[0], storage=hist.storage.Int64(), data=COUNTS.astype(int))):
        with pytest.raises(ValueError, match=how):
            fit(fitted, experiment, SM(), poi="sin2_theta_w")


def test_weighted_data_in_every_format(tmp_path):
    """Twin: Σw and Σw² of one histogram from a TH1, JSON and a CSV; effective counts (Σw)²/Σw² by hand."""
    experiment = replace(borexino(), detector=replace(borexino().detector, edges=tuple(EDGES)))
    h = hist.Hist(*axes(experiment), storage=hist.storage.Weight())
    h.fill([0.26, 0.26, 0.35, 0.5], weight=[0.5, 1.5, 0.25, 3.0])
    write_root(tmp_path / "h.root", {"h": h})
    write_json(tmp_path / "h.json", h)
    write_csv(tmp_path / "h.csv", h)
    assert (tmp_path / "h.csv").read_text().splitlines()[:2] == ["low,high,counts,variance", "0.25,0.3,2,2.5"]
    for name in ("h.root", "h.json", "h.csv"):
        found = read_histogram(tmp_path / name)
        assert found.variances().tolist() == [2.5, 0.0625, 9]
        counts, scaling = effective_counts(found, experiment)
        assert counts.tolist() == [1.6, 1, 1]
        np.testing.assert_allclose(scaling, [0.8, 4, 1 / 3], rtol=1e-15)


@pytest.mark.parametrize(
    ("h", "message"),
    [
        (hist.Hist.new.Var(EDGES).Mean(), "counts or weights is needed"),
        (hist.Hist.new.Var(EDGES).WeightedMean(), "counts or weights is needed"),
        (hist.Hist.new.Var(EDGES, circular=True).Double(), "is circular"),
        (hist.Hist.new.StrCat(["a", "b", "c"]).Double(), "is one of categories"),
        (hist.Hist.new.IntCat([1, 2, 3]).Double(), "is one of categories"),
    ],
)
def test_wrong_histograms_in_python(h, message):
    """Contract: the objects of hist are checked as files are."""
    with pytest.raises(ValueError, match=message):
        binned(h)


def test_growing_axes_and_missing_flow():
    """Contract: an axis that grew has the bins that it has; flow bins that are not there are empty."""
    grown = hist.Hist(hist.axis.Regular(2, 0, 1, growth=True), storage=hist.storage.Int64()).fill([0.2, 1.4])
    assert binned(grown).edges[0].tolist() == [0, 0.5, 1, 1.5]
    assert binned(grown).values.tolist() == [0, 1, 0, 1, 0]
    bare = hist.Hist(hist.axis.Regular(2, 0, 1, flow=False)).fill([0.2])
    assert binned(bare).values.tolist() == [0, 1, 0, 0]


def test_units_of_energy(tmp_path):
    """Contract: edges in keV become MeV in every format; with two dimensions only those of the energy."""
    (tmp_path / "h.csv").write_text("low,high,counts\n250,300,4\n")
    write_document(tmp_path / "h.json", document(axes__0__edges=[250, 300, 400, 550]))
    for name in ("h.csv", "h.json"):
        h = read_histogram(tmp_path / name, unit="keV")
        np.testing.assert_allclose(h.axes[0].edges[:2], [0.25, 0.3], rtol=1e-15)
    (tmp_path / "p.csv").write_text("L_low,L_high,low,high,counts\n500,700,250,300,4\n")
    h = read_histogram(tmp_path / "p.csv", unit="keV")
    assert h.axes[0].edges.tolist() == [500, 700]
    np.testing.assert_allclose(h.axes[1].edges, [0.25, 0.3], rtol=1e-15)
    with pytest.raises(ValueError, match="not an energy but a length"):
        read_histogram(tmp_path / "p.csv", unit="cm")


def test_rounded_edges_are_edges(tmp_path):
    """Contract: low and high of neighbours, computed each, differ by rounding; in a plane as well."""
    low = 0.25 + 0.05 * np.arange(6)
    rows = [f"{a!r},{a + 0.05!r},1" for a in low.tolist()]
    assert any(float(b.split(",")[0]) != float(a.split(",")[1]) for a, b in pairwise(rows))
    (tmp_path / "h.csv").write_text("\n".join(["low,high,counts", *rows]))
    np.testing.assert_allclose(read_histogram(tmp_path / "h.csv").axes[0].edges, borexino().detector.edges)
    plane = [f"{a},{b},{row}" for a, b in ((0, 100), (100, 200.00000001)) for row in reversed(rows)]
    (tmp_path / "p.csv").write_text("\n".join(["L_low,L_high,low,high,counts", *plane]))
    assert read_histogram(tmp_path / "p.csv").values().tolist() == np.ones((2, 6)).tolist()


def test_why_bins_differ():
    """Contract: a message on nearly equal edges shows the digits in which they differ."""
    edges = [0.25, 0.3, 0.35]
    assert unequal([0.25, 0.30000001, 0.35], edges) == ""
    assert unequal([0.25, 0.300001, 0.35], edges, ("MeV", "MeV")) == "edge 2 is 0.300001 MeV and not 0.3 MeV"
    assert unequal([0.25, 0.3], edges) == "1 bins from 0.25 to 0.3, not 2 bins from 0.25 to 0.35"
    assert unequal([-1e-17, 1], [0, 1]) == ""


def test_bins_and_contents_fit_together():
    """Contract: as many contents as bins and flow bins."""
    with pytest.raises(ValueError, match="has 3 contents, and its axes have 4 bins"):
        Binned(edges=(np.array([0.0, 1, 2]),), values=np.zeros(3))
    with pytest.raises(ValueError, match="has 4 × 1 variances"):
        Binned(edges=(np.array([0.0, 1, 2]),), values=np.zeros(4), variances=np.zeros((4, 1)))
