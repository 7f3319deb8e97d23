"""Counts where nothing can be expected: an error that names the bins, and where none is due."""

from dataclasses import replace

import numpy as np
import pytest
from support.examples import few
from support.experiments import DAY, borexino, borexino_distances

from analysis.batch.fitter import FAILED, BatchFitter
from analysis.contours.plane import Plane, fit_plane
from analysis.fits.estimate import fit, fit_counts
from analysis.fits.fitter import make_fitter
from analysis.fits.limits import limit, limit_of_counts
from analysis.histograms.histograms import from_counts
from analysis.model.empty_bins import are_impossible, check_possible
from analysis.pseudo_experiments.fitted_toys import fit_stored, fit_toys
from analysis.studies.calibrated_limits import calibrated_limit
from analysis.studies.goodness import goodness_of_fit
from analysis.studies.model_comparison import Hypothesis, compare_hypotheses
from analysis.studies.thresholds import calibrate, true_values
from detsim.detector.detector import Resolution
from detsim.experiment import FlatBackground
from detsim.simulation.mc_templates import Sampling
from detsim.systematics import known_to
from simgen.interaction.kinematics import T_max
from simgen.interaction.models import E6, SM
from simgen.rates.exposure import Flux

CHI = E6(beta="chi", gamma=0.1)
EDGES = (0.25, 0.35, 0.45, 0.55, 0.65, 0.75)
COUNTS = np.array([2000.0, 1900, 1500, 40, 1])


def sharp(**changes):
    """⁵¹Cr without smearing: recoils end at 560 keV, so nothing is in the last bin."""
    detector = replace(borexino().detector, edges=EDGES, resolution=Resolution())
    return replace(borexino(), normalisation=Flux(value=2e10), detector=detector, **changes)


def test_recoils_end_where_the_bins_are_empty():
    """Closed form: T_max = 2E²/(2E + m) of the highest line lies in the last bin but one."""
    assert 0.55 < T_max(0.751) < 0.65
    fitter = make_fitter(sharp(), CHI)
    assert are_impossible(fitter.templates, COUNTS)
    assert are_impossible(fitter.templates, [COUNTS, [1, 2, 3, 4, 0]]).tolist() == [True, False]


WHERE = r"counts where E6 χ and the backgrounds give exactly nothing, for any gamma: 1 from 0.65 to 0.75 MeV"


def test_everything_that_takes_data_refuses_them():
    """Contract: a fit, a limit, a region, a comparison, a test, a calibration, and the fit of stored toys."""
    fitter = make_fitter(sharp(), CHI)
    table = calibrate(fitter, [0.0, 0.1], 10, seed=1)
    h = from_counts(COUNTS, sharp())
    plane = Plane(fitter=fitter, y="sin2_theta_w")
    hypotheses = Hypothesis(fitter=fitter), Hypothesis(fitter=fitter, free=False)
    for call in (
        lambda: fit(h, sharp(), CHI),
        lambda: limit(h, sharp(), CHI),
        lambda: fit_counts(fitter, COUNTS),
        lambda: limit_of_counts(fitter, COUNTS),
        lambda: fit_plane(plane, COUNTS, [0.0, 0.1], [0.22, 0.24]),
        lambda: compare_hypotheses(*hypotheses, COUNTS, n_toys=2, seed=1),
        lambda: goodness_of_fit(fitter, COUNTS, n_toys=2, seed=1),
        lambda: calibrated_limit(fitter, COUNTS, table, method="calibrated"),
        lambda: calibrate(fitter, [0.0], 2, seed=1, data=fitter.data(COUNTS)),
        lambda: true_values(fitter, fitter.data(COUNTS)),
        lambda: fit_stored(fitter, np.array([[1.0, 2, 3, 4, 0], COUNTS])),
    ):
        with pytest.raises(ValueError, match=WHERE):
            call()


def test_a_toy_with_such_counts_failed():
    """Contract: one row among the toys says that it failed, the others are as without it."""
    fitter = make_fitter(sharp(), CHI)
    good = np.array([2000.0, 1900, 1500, 40, 0])
    batch, auxiliary = BatchFitter(fitter=fitter), np.zeros((2, 0))
    columns = fit_toys(batch, np.array([good, COUNTS]), auxiliary, level=0.95)
    alone = fit_toys(batch, good[None], auxiliary[:1], level=0.95)
    assert columns["status"].tolist() == [0, FAILED]
    for name, values in columns.items():
        assert values[0] == alone[name][0]
    assert np.isnan([columns[name][1] for name in ("gamma", "fval", "q_true", "minos_upper")]).all()


def test_below_a_threshold_and_in_several_bins():
    """Contract: every bin is named, up to four; of several experiments with the name."""
    low = sharp()
    low = replace(low, detector=replace(low.detector, threshold=0.45))
    templates = make_fitter(low, CHI).templates
    with pytest.raises(
        ValueError, match=r"2000 from 0.25 to 0.35 MeV, 1900 from 0.35 to 0.45 MeV, 1 from 0.65"
    ):
        check_possible(templates, COUNTS)
    other = replace(low, name="other")
    templates = make_fitter([borexino(), other], CHI).templates
    with pytest.raises(
        ValueError, match=r"1900 from 0.35 to 0.45 MeV in other, 1 from 0.65 to 0.75 MeV in other"
    ):
        check_possible(templates, [*np.ones(6), 0, *COUNTS[1:]])
    fine = replace(low, detector=replace(low.detector, edges=tuple(np.linspace(0.2, 0.8, 31))))
    with pytest.raises(ValueError, match=r"from 0.26 to 0.28 MeV and in 19 more bins"):
        check_possible(make_fitter(fine, CHI).templates, np.ones(30))


def test_bins_of_the_distance():
    """Contract: bins at a distance that the target does not have are named with their energy."""
    experiment = borexino_distances(resolution=0.0)
    distance = replace(experiment.detector.distance, edges=(100.0, 300.0, 800.0, 1200.0))
    experiment = replace(experiment, detector=replace(experiment.detector, distance=distance))
    counts = np.zeros(18)
    counts[2] = 3
    with pytest.raises(ValueError, match=r"3 from 0.35 to 0.4 MeV at 100 to 300 cm"):
        check_possible(make_fitter(experiment, CHI).templates, counts)


def background(constraint):
    """Return one that may be in the last bin."""
    flat = FlatBackground(name="flat", rate=1e-3 / DAY, low=0.6, high=0.8, uncertainty=0.1)
    return sharp(backgrounds=(replace(flat, constraint=constraint),))


def reaching():
    """Return an experiment with an energy scale that reaches the last bin."""
    detector = replace(sharp().detector, edges=(0.25, 0.5, 0.562, 0.75))
    return known_to(replace(sharp(), detector=detector), energy_scale=0.02)


TAIL = replace(sharp(), detector=replace(sharp().detector, resolution=Resolution(stochastic=0.01)))
POSSIBLE = {
    "gaussian background": background("gaussian"),
    "free background": background("free"),
    "log-normal background": background("log-normal"),
    "energy scale": reaching(),
    "tail": TAIL,
}


@pytest.mark.parametrize("name", few(POSSIBLE, "gaussian background", "tail"))
def test_what_makes_counts_possible(name):
    """Contract: a background that may be there, an energy scale that reaches, a tail however small."""
    experiment = POSSIBLE[name]
    fitter = make_fitter(experiment, CHI)
    data = np.ones(experiment.detector.n_bins)
    assert not are_impossible(fitter.templates, data)
    assert fit_counts(fitter, data).fval > 0


def test_a_tail_however_small():
    assert make_fitter(TAIL, CHI).templates.expected(0.0)[-1] < 1e-20


def test_a_background_of_rate_0_makes_none():
    """Contract: 0 times any factor is nothing."""
    background = FlatBackground(name="flat", rate=0.0, low=0.6, high=0.8, uncertainty=0.1)
    with pytest.raises(ValueError, match=r"for any gamma and nuisance parameters: 1 from 0\.65"):
        check_possible(make_fitter(sharp(backgrounds=(background,)), CHI).templates, COUNTS)


@pytest.mark.parametrize(
    ("model", "poi"),
    [
        (CHI, "beta"),
        (CHI, "sin2_theta_w"),
        (SM(), "eps_R"),
        (SM(), "mu_nu"),
        (E6(beta="chi", vector_coupling=1e-11, vector_mass=1.0), "vector_mass"),
    ],
)
def test_every_parameter(model, poi):
    """Contract: where no parameter value gives counts, this is known without a scan."""
    templates = make_fitter(sharp(), model, poi=poi).templates
    with pytest.raises(ValueError, match=f"for any {poi}: 1 from 0.65 to 0.75 MeV"):
        check_possible(templates, COUNTS)
    check_possible(templates, [*COUNTS[:-1], 0])


def test_simulated_templates_without_an_event():
    """Contract: the advice is about the size of the sample."""
    fitter = make_fitter(sharp(), CHI, sampling=Sampling(n_events=20_000, seed=1))
    with pytest.raises(ValueError, match=r"no event of the simulated templates .* raise fit.template_events"):
        fit_counts(fitter, COUNTS)
