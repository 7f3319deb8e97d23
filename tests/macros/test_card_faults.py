"""Cards that are wrong: every fault at once, each with its key and what is correct."""

import pickle

import pytest
from support.card_faults import EDGES, WRONG, document, faults_of

from macros.card import CardError, card_from_document, load_card


def without(path: str) -> dict[str, str]:
    """Faults of a preset from which one key is taken away."""
    changed = document()
    *parents, last = path.split(".")
    table = changed
    for part in parents:
        table = table[part]
    del table[last]
    with pytest.raises(CardError) as error:
        card_from_document(changed, name="changed")
    return {fault.key: f"{fault.reason}: {fault.suggestion}" for fault in error.value.faults}


def test_all_faults_at_once(tmp_path):
    """Contract: every fault is reported, with file, key, reason and suggestion."""
    path = tmp_path / "wrong.toml"
    path.write_text(WRONG)
    with pytest.raises(CardError) as error:
        load_card(path)
    found = {fault.key: str(fault) for fault in error.value.faults}
    assert set(found) == {
        "source.activity",
        "geometry.source_distance",
        "detector.mass",
        "detector.treshold",
        "detector.bins.width",
        "detector.resolution.at_1MeV",
        "detector.efficiency",
        "detector.binding",
        "background.flat",
        "model.name",
    }
    assert "did you mean `threshold`?" in found["detector.treshold"]
    assert "'1.67' has no unit" in found["source.activity"]
    assert "not an energy but a time" in found["detector.bins.width"]
    assert "-5 t" in found["detector.mass"]
    assert "did you mean 'shells'" in found["detector.binding"]
    assert error.value.file == str(path)
    text = str(error.value)
    assert text.startswith(f"{path}: 10 faults")
    assert all(line in text for line in found.values())
    assert str(pickle.loads(pickle.dumps(error.value))) == text


@pytest.mark.parametrize(
    ("override", "key", "words"),
    [
        ("detector.treshold=1", "detector.treshold", "did you mean `threshold`?"),
        ("detecter.x=1", "detecter", "did you mean `detector`?"),
        ("source.duration=1", "source.duration", "it belongs in [exposure]"),
        ("duration=1", "duration", "it belongs in [exposure]"),
        ("geometry.height=1 m", "geometry.height", "does not go with the keys beside it"),
        ("detector.threshold=250", "detector.threshold", "'250' has no unit: write for example '250 keV'"),
        ("detector.threshold=250 kev", "detector.threshold", "did you mean 'keV'"),
        ("detector.threshold=20 d", "detector.threshold", "not an energy but a time"),
        ("detector.threshold=true", "detector.threshold", "must be an energy in quotes"),
        ("detector.threshold=2 MeV", "detector.threshold", "leaves nothing"),
        ("detector.mass=-5 t", "detector.mass", "above 0, got '-5 t'"),
        ("detector.target=C9H12x", "detector.target", "chemical formula"),
        ("detector.target=Qq", "detector.target", "no element"),
        ("detector.efficiency=nan", "detector.efficiency", "must be finite, got nan"),
        ("detector.efficiency=1.5", "detector.efficiency", "at most 1"),
        ("detector.efficiency=0", "detector.efficiency", "above 0"),
        ("detector.efficiency='1'", "detector.efficiency", "a pure number, no quotes"),
        ("detector.efficiency=true", "detector.efficiency", "must be a number"),
        ("detector.resolution=fine", "detector.resolution", 'must be "perfect" or a table'),
        ("detector.resolution={}", "detector.resolution", 'write "perfect"'),
        ("detector.resolution={at_1MeV=inf}", "detector.resolution.at_1MeV", "must be finite"),
        ("detector.edges=['1 MeV', '0.5 MeV']", "detector.edges", "must ascend"),
        ("detector.bins.low=1 MeV", "detector.bins", "low must be below high"),
        ("detector.bins.width=1e-6 eV", "detector.bins.width", "more than 100000 bins"),
        ("detector=3", "detector", "must be a table"),
        ("detector.fiducial=0", "detector.fiducial", "above 0, got 0"),
        ("detector.fiducial=50 cm", "detector.fiducial", "must be a number, got '50 cm'"),
        ("detector.fiducial={}", "detector.fiducial.wall_distance", "is missing"),
        ("detector.fiducial={wall_distance='0 m'}", "detector.fiducial.wall_distance", "above 0"),
        (
            "detector.fiducial={wall_distance='3 m'}",
            "detector.fiducial.wall_distance",
            "nothing of the target",
        ),
        ("detector.distance=3", "detector.distance", "must be a table"),
        (
            f"detector.distance={{{EDGES}}}",
            "detector.distance.resolution",
            '"perfect", or the standard deviation',
        ),
        (f"detector.distance={{{EDGES}, resolution='3'}}", "detector.distance.resolution", "or 'perfect'"),
        ("detector.distance={resolution='1 cm'}", "detector.distance", "either low, high and width or edges"),
        (f"detector.distance={{{EDGES}, low='1 m', resolution='1 cm'}}", "detector.distance", "either low,"),
        (
            "detector.distance={low='5 m', high='9 m', resolution='1 cm'}",
            "detector.distance.width",
            'is missing: of the bins, for example "50 cm"',
        ),
        (
            "detector.distance={low='9 m', high='9 m', width='1 m', resolution='1 cm'}",
            "detector.distance",
            "low must be below high",
        ),
        (
            "detector.distance={low='5 m', high='9 m', width='1 um', resolution='1 cm'}",
            "detector.distance.width",
            "unknown unit 'um'",
        ),
        (
            "detector.distance={low='5 m', high='9 m', width='1e-3 mm', resolution='1 cm'}",
            "detector.distance.width",
            "more than 10000 bins",
        ),
        (
            "detector.distance={edges=['5 m', '4 m'], resolution='1 cm'}",
            "detector.distance.edges",
            "must ascend, got 400.0 cm after 500.0 cm",
        ),
        ("geometry.shape=cube", "geometry.shape", "'sphere', 'shell', 'cylinder' or 'box'"),
        ("geometry.source_distance=-1 m", "geometry.source_distance", "must be at least 0"),
        ("geometry.source_position=['1 m', '0 m']", "geometry.source_position", "needs at least 3 entries"),
        ("geometry.source_position=['1 m', '0 m', 2]", "geometry.source_position.2", "has no unit"),
        ("geometry.source_radius=-1 m", "geometry.source_radius", "must be at least 0"),
        ("geometry.source_radius=1 kg", "geometry.source_radius", "not a length but a mass"),
        ("run.columns=['vertx']", "run.columns.0", "did you mean 'vertex'"),
        ("source.isotope=Cr52", "source.isotope", "known are Cr51"),
        ("source.data=old", "source.data", "'modern' or 'paper', got 'old'"),
        ("source.components=[]", "source.components", "at least 1"),
        ("source.half_life=3 d", "source.half_life", "an isotope has its own"),
        ("exposure.duration=0 d", "exposure.duration", "above 0"),
        ("background.flat.rate=3", "background.flat.rate", "'10 /d'"),
        ("background.flat.uncertainty=inf", "background.flat.uncertainty", "must be finite"),
        ("model.name=E7", "model.name", "must be 'SM', 'E6' or 'LR', got 'E7'"),
        ("model.name=e6", "model.name", "did you mean 'E6'?"),
        ("model.beta=chj", "model.beta", "'chi', 'psi', 'eta'"),
        ("model.beta=30", "model.beta", "has no unit"),
        ("model.gamma=inf", "model.gamma", "must be finite"),
        ("model.gamma=-0.1", "model.gamma", "at least 0"),
        ("model.gamma='0.1'", "model.gamma", "no quotes"),
        ("model.phi=1 deg", "model.gamma", "cannot mix"),
        ("model.sin2_theta_w=0.7", "model.sin2_theta_w", "below 0.5"),
        ("model.mu_nu=1 keV", "model.mu_nu", "not a magnetic moment"),
        ("model.constrained=3", "model.constrained", "true, or { tau = 2.0 }"),
        ("model.constrained={}", "model.constrained.tau", "is missing"),
        ("model.constrained.tau=-1", "model.constrained.tau", "at least 0"),
        ("model.charge_radius=1e-32 cm2", "model.charge_radius_convention", "factor of 2"),
        ("model.charge_radius=1e-32 cm", "model.charge_radius", "not an area but a length"),
        ("model.charge_radius_convention=texno", "model.charge_radius_convention", "did you mean 'texono'?"),
        ("model.millicharge=1 keV", "model.millicharge", "must be a number"),
        ("model.vector_coupling=1e-11", "model.vector_mass", "is missing"),
        ("model.scalar_coupling=1e-11", "model.scalar_mass", "is missing"),
        ("model.scalar_mass=0 keV", "model.scalar_mass", "above 0"),
        ("model.scalar_mass=1", "model.scalar_mass", "has no unit"),
        ("model.sin2_2theta=0.1", "model.delta_m2", 'for example "1 eV2"'),
        ("model.sin2_2theta=1.5", "model.sin2_2theta", "at most 1"),
        ("model.sin2_2theta=-0.1", "model.sin2_2theta", "at least 0"),
        ("model.delta_m2=1", "model.delta_m2", "has no unit: write for example '1 eV2'"),
        ("model.delta_m2=1 eV", "model.delta_m2", "not a mass squared but an energy"),
        ("model.delta_m2=-1 eV2", "model.delta_m2", "at least 0"),
        ("model.delta_c_L_order=second", "model.delta_c_L_order", "'exact' or 'first'"),
        ("systematics.activity=-1", "systematics.activity", "at least 0"),
        ("systematics.electrons=0.1", "systematics.electrons", "it belongs in [detector]"),
        ("fit.poi=gama", "fit.poi", "gama"),
        ("fit.likelihood=paper", "fit.likelihood", "error_per_bin is needed"),
        ("fit.level=68", "fit.level", "below 1"),
        ("run.seed=-1", "run.seed", "at least 0"),
        ("run.threads=0", "run.threads", "at least 1"),
        ("run.compression=gzip", "run.compression", "'zstd-1', 'lz4-4' or 'none'"),
        ("nothing", "--set nothing", "not key=value"),
        ("model.name.x=1", "--set model.name.x", "not a table"),
    ],
)
def test_one_fault(override, key, words):
    """Contract: one wrong value makes one fault, at its key, with what is correct."""
    found = faults_of(override)
    assert list(found) == [key]
    assert words in found[key]


@pytest.mark.parametrize(
    "path",
    [
        "source",
        "detector",
        "exposure",
        "background",
        "model",
        "source.data",
        "geometry",
        "detector.name",
        "detector.threshold",
        "detector.resolution",
        "detector.efficiency",
        "detector.binding",
        "exposure.start",
        "exposure.duration",
        "background.flat.uncertainty",
        "model.name",
        "model.beta",
    ],
)
def test_missing_means_error(path):
    """Contract: nothing that changes the physics is assumed."""
    found = without(path)
    assert list(found) == [path]
    assert "is missing" in found[path]


@pytest.mark.parametrize("path", ["detector.bins", "detector.mass", "source.isotope", "source.activity"])
def test_missing_alternative(path):
    """Contract: one of several keys is asked for at their table."""
    assert path.split(".")[0] in without(path)


def test_alternatives_exclude_each_other():
    """Contract: two statements of one quantity are a fault of the file."""
    changed = document()
    changed["source"]["flux"] = "1e12 /cm2/s"
    changed["detector"]["electrons"] = 1e31
    changed["detector"]["edges"] = ["1 keV", "600 keV"]
    changed["model"]["mass"] = "1 TeV"
    with pytest.raises(CardError) as error:
        card_from_document(changed, name="changed")
    assert {fault.key for fault in error.value.faults} == {
        "source",
        "detector",
        "model.mass",
    }


@pytest.mark.parametrize(
    ("overrides", "key", "words"),
    [
        (["beta=eta", "constrained=true"], "model.constrained", "constrained = { tau = 2.0 }"),
        (["gamma=0.5", "constrained=true"], "model.gamma", "beyond the end point 0.4644 (133.8 GeV)"),
        (["mass=100 GeV", "constrained=true"], "model.mass", "beyond the end point 0.4644 (133.8 GeV)"),
        (["name=LR", "constrained.tau=2"], "model.constrained", "it takes no tau"),
        (["name=SM", "constrained=true"], "model.constrained", "which the SM has not"),
        (["constrained=true", "phi=0.1 deg", "gamma=0.1"], "model.phi", "follows from gamma"),
    ],
)
def test_faults_of_constrained_models(overrides, key, words):
    """Contract: what a constrained model lacks, or cannot have, is a fault at the key concerned."""
    found = faults_of(*(f"model.{o}" for o in overrides))
    assert list(found) == [key]
    assert words in found[key]
