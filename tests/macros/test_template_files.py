"""Templates of a file (`fit.templates = "file"`): sums over the sample, and quadrature within the error."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from support.chunked import Inline
from support.invocation import CARD, answer, invoke, refusal

import nugauge
from analysis.fits.fitter import make_fitter
from detsim.event_files.event_reader import EventFile
from detsim.expectation.folding import fold
from detsim.simulation.mc_templates import Sample
from detsim.systematics import known_to
from macros.card import CardError, load_card
from macros.setup.card import template_sampling
from simgen.interaction.models import E6, LR, SM

EXACT = ("--set", "run.precision=float64")
N = 60_000
MODELS = {
    "SM": SM(),
    "E6": E6(beta="chi", gamma=0.3),
    "LR": LR(gamma=-0.2),
    "mu_nu": SM(mu_nu=8e-11),
    "vector": SM(vector_mass=0.1, vector_coupling=1e-6),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Our own `detect`, attached as if another program had measured."""
    path = tmp_path_factory.mktemp("templates")
    card = (CARD, "--set", "model.generate_above=1 keV")
    answer("generate", *card, "--seed", 11, "--events", N, "-o", path / "true.root")
    answer("detect", *card, path / "true.root", *EXACT, "-o", path / "reco.root")
    call = ("attach", path / "true.root", path / "reco.root", "--column", "T_reco")
    answer(*call, "-o", path / "attached.root")
    return path


def settings(path, **more):
    """Overrides of a card with templates of a file."""
    return ["fit.templates=file", f"fit.template_file={path}", *(f"{k}={v}" for k, v in more.items())]


def options(path, **more):
    return [x for text in settings(path, **more) for x in ("--set", text)]


def card_of(path, *more):
    return load_card(CARD, [*settings(path), "model.generate_above=1 keV", *more])


def sample_of(card, model=None):
    return Sample(experiment=card.experiment, model=model or card.model, sampling=template_sampling(card))


def test_templates_are_the_sums_over_the_sample(files):
    """Closed form: for the model that was drawn every event weighs exposure over exposure, in its bin."""
    card = card_of(files / "attached.root")
    sample = sample_of(card)
    with EventFile(files / "reco.root") as file:
        events, row = file.arrays(), file.rows[0]
    weight = card.experiment.exposure.duration / row.equivalent_exposure
    energies = events["T_reco"][events["component"] == 0]
    counts = np.histogram(energies, card.experiment.detector.edges)[0]
    assert sample.fold(card.model).signal(card.model)[1:-1] == pytest.approx(weight * counts, rel=1e-6)
    assert sample.variances(card.model)[1:-1] == pytest.approx(weight**2 * counts, rel=1e-6)
    assert "attached.root" in repr(sample)


@pytest.mark.parametrize("name", MODELS)
def test_every_model_from_one_file(files, name):
    """Twin, α = 1e-3: against quadrature within the error. Finds 2 % in all bins."""
    model = MODELS[name]
    card = card_of(files / "attached.root")
    sample = sample_of(card, model)
    exact = fold(card.experiment, model).signal(model)[1:-1]
    z = (sample.fold(model).signal(model)[1:-1] - exact) / np.sqrt(sample.variances(model)[1:-1])
    assert stats.chi2.sf(z @ z, len(z)) > 1e-3
    assert np.abs(z).max() < 5


def test_exposure_and_activity_of_the_card(files):
    """Closed form: twice the exposure, or twice the activity, doubles the templates, not the true events."""
    one = card_of(files / "attached.root")
    reference = sample_of(one).fold(one.model).signal(one.model)
    for change in ("exposure.duration=200 d", "source.activity=3.34 MCi"):
        if change.startswith("exposure"):
            two = card_of(files / "attached.root", change)
            factor = two.experiment.luminosity / one.experiment.luminosity
        else:
            two, factor = card_of(files / "attached.root", change), 2.0
        found = sample_of(two).fold(two.model).signal(two.model)
        assert found == pytest.approx(factor * reference, rel=1e-9)


def test_fits_and_limits_are_those_of_simulated_templates(files):
    """Twin: estimates agree within the templates' own error, errors and limits within a few per cent."""
    by_file = options(files / "attached.root")
    simulated = ["--set", "fit.templates=simulation", "--set", f"fit.template_events={N}", "--seed", 3]
    data = ("simulate", CARD, "--seed", 77, "-o", files / "data.root")
    answer(*data)
    common = (CARD, files / "data.root", "--set", "model.generate_above=1 keV")
    common = (CARD, files / "data.root")
    a = answer("fit", *common, *by_file)["parameters"]["gamma"]
    b = answer("fit", *common, "--set", simulated[1], "--set", simulated[3], "--set", "run.seed=3")
    b = b["parameters"]["gamma"]
    exact = answer("fit", *common)["parameters"]["gamma"]
    # 60 000 true events give about 0.4 % a bin: a third of the error of the data, each
    for one in (a, b):
        assert (
            abs(one["value"] - exact["value"]) < 1.5 * np.sqrt(one["error"] ** 2 - exact["error"] ** 2) + 0.02
        )
    assert a["error"] == pytest.approx(b["error"], rel=0.05)
    limits = [
        answer("limit", *common, "--toys", 0, *more)["upper"]
        for more in (by_file, ["--set", simulated[1], "--set", simulated[3], "--set", "run.seed=3"])
    ]
    assert limits[0] == pytest.approx(limits[1], abs=0.5 * a["error"])


def test_threshold_and_bins_of_the_card_are_cuts(files):
    """Closed form: they act on measured energies; resolution and efficiency of the card do not."""
    changes = ("detector.threshold=320 keV", "detector.efficiency=0.5", "detector.resolution.at_1MeV=99 keV")
    card = card_of(files / "attached.root", *changes)
    plain = card_of(files / "attached.root")
    found = sample_of(card).fold(card.model).signal(card.model)
    reference = sample_of(plain).fold(plain.model).signal(plain.model)
    assert found[3:] == pytest.approx(reference[3:], rel=1e-12)
    assert 0 < found[2] < reference[2]
    assert found[1] == 0


@pytest.mark.parametrize("quantity", ["energy_scale", "resolution"])
def test_uncertainties_of_the_response_are_refused(files, quantity):
    """Contract: one message that names them."""
    card = (CARD, *options(files / "attached.root", **{f"systematics.{quantity}": "0.01"}))
    for command in ("fit", "check"):
        text = " ".join(refusal(command, *card).split())
        assert f"systematics.{quantity}: varies the response of the card" in text
    plain = card_of(files / "attached.root")
    varied = known_to(plain.experiment, **{quantity: 0.01})
    with pytest.raises(ValueError, match=f"leave systematics.{quantity} out"):
        make_fitter(varied, plain.model, sampling=template_sampling(plain))


def test_other_files_are_refused(files, tmp_path):
    """Contract: true events, weights, another target, several experiments, settings that contradict."""
    target = ("--to", CARD, "--set", "model.generate_above=1 keV", "--set", "model.gamma=0.1")
    answer("reweight", files / "attached.root", *target, "-o", tmp_path / "w.root")
    for path, more, reason in (
        (files / "true.root", {}, "holds true events"),
        (tmp_path / "w.root", {}, "holds weights"),
        (files / "attached.root", {"detector.mass": "98 t"}, "detector.mass"),
        (files / "attached.root", {"geometry.source_distance": "900 cm"}, "geometry.source_distance"),
        (files / "reco.root", {"detector.efficiency": "0.9"}, "detector.efficiency"),
        (files / "attached.root", {"fit.likelihood": "paper", "fit.error_per_bin": "0.05"}, "likelihood"),
        (tmp_path / "none.root", {}, "there is no such file"),
        (files / "attached.root", {"fit.template_sha256": "0" * 64}, "has changed"),
    ):
        text = " ".join(refusal("fit", CARD, *options(path, **more)).split())
        assert reason in text, text
    assert "template_file goes with" in refusal("fit", CARD, "--set", f"fit.template_file={files}/true.root")
    with pytest.raises(CardError, match="template_file goes with"):
        load_card(CARD, ["fit.templates=file"])


def test_data_that_are_their_own_templates_are_told(files):
    """Contract: a warning; and `check` names the file, and refuses a wrong one."""
    path = files / "attached.root"
    said = invoke("fit", CARD, path, *options(path), "--set", "model.generate_above=1 keV")
    assert "is data and templates of one fit" in " ".join(said.stderr.split())
    assert f"templates of {path}" in " ".join(invoke("check", CARD, *options(path)).stdout.split())
    assert "holds true events" in refusal("check", CARD, *options(files / "true.root"))


def test_events_do_not_need_the_templates_of_their_card(files, tmp_path):
    """Contract: what was made with a card of templates is attached and reweighted after these have gone."""
    gone = tmp_path / "gone.root"
    gone.write_bytes((files / "attached.root").read_bytes())
    card = (CARD, *options(gone), "--set", "model.generate_above=1 keV")
    answer("generate", *card, "--seed", 2, "--events", 500, "-o", tmp_path / "t.root")
    answer("simulate", *card, "--seed", 2, "--events", 500, "-o", tmp_path / "s.root")
    gone.unlink()
    call = ("attach", tmp_path / "t.root", tmp_path / "s.root", "--column", "T_reco")
    answer(*call, "-o", tmp_path / "a.root")
    target = ("--to", CARD, "--set", "model.generate_above=1 keV", "--set", "model.gamma=0.1")
    answer("reweight", tmp_path / "a.root", *target, "-o", tmp_path / "w.root")
    answer("fit", CARD, tmp_path / "a.root", "--set", "model.generate_above=1 keV")


def test_a_file_of_our_own_detector_serves_as_well(files):
    """Contract: measured events of `simulate` or `detect` are templates of their own detector."""
    own, attached = (card_of(files / name) for name in ("reco.root", "attached.root"))
    a, b = (sample_of(card).fold(card.model).signal(card.model) for card in (own, attached))
    np.testing.assert_allclose(a, b, rtol=1e-12)


def test_oscillations_need_the_ways(files, tmp_path):
    """Twin, α = 1e-3: a file with vertices serves every oscillation; one without is refused."""
    wave = ("--set", "model.delta_m2=1 eV2", "--set", "model.sin2_2theta=0.4")
    card = ("borexino-cr51-sterile", "--set", "model.generate_above=1 keV")
    no_distance = load_card("borexino-cr51-sterile").document["detector"].get("distance")
    assert no_distance is not None  # its bins of the distance are left out by `attach`
    answer(
        "generate", *card, *wave, "--seed", 4, "--events", N, "--columns", "vertex", "-o", tmp_path / "t.root"
    )
    answer("detect", *card, *wave, tmp_path / "t.root", *EXACT, "-o", tmp_path / "r.root")
    call = (
        "attach",
        tmp_path / "t.root",
        tmp_path / "r.root",
        "--column",
        "T_reco",
        "-o",
        tmp_path / "a.root",
    )
    answer(*call)
    with EventFile(tmp_path / "a.root") as file:
        document = {**file.provenance["card"]}
    from macros.card import card_from_document

    document["fit"] = {"poi": "sin2_2theta", "templates": "file", "template_file": str(tmp_path / "a.root")}
    plain = card_from_document(document, name="plain")
    for model in (plain.model, replace(plain.model, sin2_2theta=0.9), replace(plain.model, delta_m2=3.0)):
        sample = sample_of(plain, model)
        exact = fold(plain.experiment, model).signal(model)[1:-1]
        z = (sample.fold(model).signal(model)[1:-1] - exact) / np.sqrt(sample.variances(model)[1:-1])
        assert stats.chi2.sf(z @ z, len(z)) > 1e-3
    oscillating = card_of(files / "attached.root", "model.delta_m2=1 eV2", "model.sin2_2theta=0.4")
    with pytest.raises(ValueError, match="an oscillation needs the neutrinos' ways"):
        sample_of(oscillating).fold(oscillating.model)


def test_the_file_is_found_beside_the_card_and_copied(short_trial, files, tmp_path):
    """Contract: a relative name starts at the card; provenance has the SHA-256, a campaign a copy."""
    (tmp_path / "a.root").write_bytes((files / "attached.root").read_bytes())
    text = load_card(CARD, ["fit.poi=gamma"]).text()
    named = '[fit]\ntemplates = "file"\ntemplate_file = "a.root"'
    text = text.replace("[fit]", named, 1)
    (tmp_path / "card.toml").write_text(text)
    card = load_card(tmp_path / "card.toml")
    assert card.document["fit"]["template_file"] == str(tmp_path / "a.root")
    assert len(card.document["fit"]["template_sha256"]) == 64
    assert answer("fit", tmp_path / "card.toml")["valid"]
    answer("toys", tmp_path / "card.toml", "-n", 20, "--seed", 1, "--audit", 0, "-o", tmp_path / "toys.root")
    found = answer("inspect", tmp_path / "toys.root")["provenance"][0]["inputs"]
    assert found[str(tmp_path / "a.root")] == card.document["fit"]["template_sha256"]
    few = ("-n", 40, "--seed", 1, "--audit", 0, "--chunk-size", 20)
    answer("campaign", "new", tmp_path / "c", "toys", tmp_path / "card.toml", *few)
    assert any(path.name == "a.root" for path in (tmp_path / "c").rglob("*"))
    assert nugauge.run_campaign(tmp_path / "c", Inline()).complete
