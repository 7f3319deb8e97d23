"""Tables of calibrations: kept, refused, and what they were made with."""

from dataclasses import replace

import numpy as np
import pytest
from support.physical_fit_cases import CHI, counting
from support.plain import with_nuisances

import analysis.studies.thresholds
from analysis.calibration.file import read_calibration, write_calibration
from analysis.calibration.settings import CALIBRATED, conditions
from analysis.fits.fitter import make_fitter
from analysis.pseudo_experiments.throw import Thrower
from analysis.studies.calibrated_limits import calibrated_limit, expected_calibrated_limit
from analysis.studies.thresholds import calibrate
from detsim.event_files.reader import TableFile
from detsim.files.atomic import FileError
from detsim.systematics import known_to


@pytest.fixture(scope="module")
def fitter():
    return make_fitter(with_nuisances(1e-2), CHI)


@pytest.fixture(scope="module")
def table(fitter):
    return calibrate(fitter, fitter.width * np.linspace(0, 12, 25), 500, seed=1)


def test_a_stored_table_gives_the_same_limits(fitter, table, tmp_path):
    path = tmp_path / "table.root"
    write_calibration(path, table, provenance={"card": {"a": 1}})
    stored = read_calibration(path)
    assert stored.provenance["card"] == {"a": 1}
    assert stored.calibration.conditions == table.conditions
    counts = np.round(1.03 * fitter.templates.expected(0.0))
    for method in CALIBRATED:
        found = calibrated_limit(fitter, counts, table, method=method)
        assert calibrated_limit(fitter, counts, stored.calibration, method=method) == found
    with pytest.raises(FileError, match="has no TTree or RNTuple 'toys'"):
        TableFile(path, "toys")


def pair():
    """Two experiments with nuisance parameters in common."""
    one = with_nuisances(1e-2)
    common = tuple(replace(s, common=True) for s in one.systematics)
    backgrounds = tuple(replace(b, common=True) for b in one.backgrounds)
    return tuple(replace(one, name=n, systematics=common, backgrounds=backgrounds) for n in "AB")


@pytest.mark.parametrize(
    ("other", "match"),
    [
        (lambda: make_fitter(with_nuisances(2e-2), CHI), "expected counts at gamma = 0"),
        (lambda: make_fitter(with_nuisances(1e-2, signal=0.02), CHI), "constraints"),
        (
            lambda: make_fitter(with_nuisances(1e-2), CHI, poi="eps_L"),
            "parameter: 'eps_L' here, 'gamma' there",
        ),
        (
            lambda: make_fitter(with_nuisances(1e-2), CHI, likelihood="paper", error_per_bin=0.05),
            "likelihood: 'paper' here, 'poisson' there",
        ),
        (lambda: make_fitter(pair(), CHI), "bins: 12 here, 6 there"),
        (lambda: make_fitter(with_nuisances(1e-2), CHI.vary(delta_c_L=0.1)), "model, exposure or detector"),
    ],
)
def test_a_table_of_another_fit_is_refused(table, other, match):
    foreign = other()
    with pytest.raises(ValueError, match=match):
        calibrated_limit(foreign, foreign.templates.expected(0.0), table, method="cls")


def test_weighted_data_are_refused(fitter, table):
    scaled_fitter = replace(fitter, templates=replace(fitter.templates, scaling=np.full(6, 2.0)))
    with pytest.raises(ValueError, match="weighted data"):
        calibrated_limit(scaled_fitter, np.ones(6), table, method="cls")


def test_profiled_nuisance_parameters(fitter, monkeypatch):
    """Toys' true ones are those that fit the data best at each true value; the table serves these data."""
    made = []

    def record(**settings):
        made.append(settings)
        return Thrower(**settings)

    monkeypatch.setattr(analysis.studies.thresholds, "Thrower", record)
    counts = np.round(1.05 * fitter.templates.expected(0.0))
    data = fitter.data(counts)
    found = calibrate(fitter, [0.0, 0.1], 200, seed=1, data=data)
    truths = [s["fitter"].truth for s in made]
    assert truths == [0.0, 0.1, 0.0]
    for settings, truth in zip(made, truths, strict=True):
        best = fitter.data(counts).profile(truth)[1][0]
        assert settings["pulls"] == pytest.approx(best, abs=1e-9)
        floor = data((truth, *settings["pulls"]))
        for step in np.eye(2):
            assert min(data((truth, *(settings["pulls"] + s * 0.01 * step))) for s in (-1, 1)) > floor
    assert abs(made[0]["pulls"][0]) > 1
    result = calibrated_limit(fitter, counts, found, method="feldman-cousins")
    assert result.asimov is None
    with pytest.raises(ValueError, match="data:"):
        calibrated_limit(fitter, counts + 1, found, method="feldman-cousins")
    with pytest.raises(ValueError, match="nuisances: 'nominal' here, 'profiled' there"):
        expected_calibrated_limit(fitter, found, method="feldman-cousins", n_toys=10, seed=1)


def test_what_toys_draw_is_part_of_a_table(fitter, table):
    with pytest.raises(ValueError, match="drawn: 'counts' here, 'auxiliary' there"):
        table.check(fitter, conditions(fitter, drawn="counts"))


def test_a_measured_normalisation_is_drawn():
    """With the auxiliary measurement drawn Wilks holds; with counts alone q is next to nothing.

    The estimate then scatters by the 0.1 % of 1e6 counts, where a common error of 5 % is believed in.
    """
    fitter = counting(1e6)
    experiment = known_to(fitter.templates.experiment, activity=0.05)
    known = make_fitter(experiment, CHI)
    values = [3.0, 3.5]
    drawn, alone = (calibrate(known, values, 4000, seed=2, drawn=d) for d in ("auxiliary", "counts"))
    assert drawn.thresholds("feldman-cousins", 0.95).centre == pytest.approx(3.84, abs=0.45)
    assert np.all(alone.thresholds("feldman-cousins", 0.95).centre < 0.05)


def test_weighted_toys_are_refused(fitter):
    weighted = replace(fitter, templates=replace(fitter.templates, scaling=np.full(6, 2.0)))
    with pytest.raises(ValueError, match="weighted"):
        calibrate(weighted, [0.1], 10, seed=1)


def test_unknown_methods(fitter, table):
    with pytest.raises(ValueError, match="method must be one of"):
        calibrated_limit(fitter, np.ones(6), table, method="minos")
    with pytest.raises(ValueError, match="thresholds are of"):
        table.thresholds("cls", 0.9)
    with pytest.raises(ValueError, match="outside the table"):
        table.holds("cls", 0.9, 99.0, [1.0])
    with pytest.raises(ValueError, match="level"):
        calibrated_limit(fitter, np.ones(6), table, method="cls", level=95)
