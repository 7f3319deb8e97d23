"""Workspaces for pyhf: read and fitted by pyhf itself, with its default interpolation."""

import json
from dataclasses import replace

import numpy as np
import pyhf
import pytest
from support.crosschecks import TOLERANCE, difference
from support.examples import every, few
from support.pyhf_fits import CASES, EVERY, REALISTIC, Scan, fitter_of, interval, ours, thrown

from analysis.exchange import expected_counts, pyhf_likelihood
from analysis.fits import make_fitter
from macros import load_card

pytestmark = pytest.mark.filterwarnings("ignore:jsonschema.RefResolver is deprecated:DeprecationWarning")


@pytest.fixture(autouse=True)
def _tight_minuit():
    """Let pyhf's profiles be exact to about 1e-7."""
    _, before = pyhf.get_backend()
    pyhf.set_backend("numpy", pyhf.optimize.minuit_optimizer(tolerance=1e-4))
    yield
    pyhf.set_backend("numpy", before)


def expected_by_pyhf(likelihood, poi, pulls):
    """Expected counts at a value of the parameter of interest and at pulls, by pyhf's own model."""
    scan = Scan(likelihood)
    config = scan.model.config
    start = np.array(config.suggested_init())
    for name, x in (scan.held(poi) | pulls).items():
        start[config.par_slice(name)] = x
    return np.asarray(scan.model.expected_data(list(start), include_auxdata=False))


@pytest.mark.parametrize(
    ("card", "overrides"),
    every(
        2,
        [("borexino-hellaz-cr51", ()), (REALISTIC, ()), (REALISTIC, EVERY), ("borexino-cr51-sterile", ())],
        unpack=True,
    ),
)
def test_the_difference_is_taken_from_what_pyhf_computes(card, overrides):
    """Twin. Finds an interpolation, an order of factors or a sum that is not pyhf's."""
    fitter = fitter_of(card, *overrides)
    found = pyhf_likelihood(fitter, fitter.templates.expected(0.0), fitter.nominal)
    model = Scan(found).model
    rng = np.random.default_rng(3)
    for _ in range(10):
        start = np.array(model.config.suggested_init()) + rng.uniform(-2, 2, model.config.npars)
        theirs = model.expected_data(list(start), include_auxdata=False)
        values = {name: [start[model.config.par_slice(name).start]] for name in model.config.par_order}
        channels = {channel["name"]: channel for channel in found.workspace["channels"]}
        ordered = [channels[name] for name in model.config.channels]
        assert expected_counts(ordered, values)[0] == pytest.approx(theirs, rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("card", [REALISTIC, "hellaz-cr51-realistic", "lama-pm147-realistic"])
def test_expected_counts_are_ours(card):
    """Twin. Finds a factor, a coefficient or a background that is another in the workspace."""
    fitter = fitter_of(card)
    found = pyhf_likelihood(fitter, fitter.templates.expected(0.0), fitter.nominal)
    assert found.difference.errors < 1e-12
    rng = np.random.default_rng(4)
    for gamma, x in zip(rng.uniform(0, 1, 5), rng.uniform(-3, 3, (5, len(fitter.nominal))), strict=True):
        pulls = dict(zip(fitter.templates.names[1:], x, strict=True))
        expected = fitter.templates.expected(gamma, x)
        assert expected_by_pyhf(found, gamma, pulls) == pytest.approx(expected, rel=1e-10)


def test_the_stated_difference_is_reached():
    """Closed form. The pulls that are named give the difference, and it is the bent part of a shape."""
    fitter = fitter_of(REALISTIC, "systematics.energy_scale=0.03")
    found = pyhf_likelihood(fitter, fitter.templates.expected(0.0), fitter.nominal)
    assert 0.01 < found.difference.errors < 1
    pulls = np.array([found.difference.pulls.get(n.name, 0.0) for n in fitter.templates.nuisances])
    assert found.kinds["energy_scale"] == "histosys"
    apart = []
    for gamma in (fitter.anchor, fitter.anchor + 3 * fitter.width):
        names = zip(fitter.templates.names[1:], pulls, strict=True)
        values = {"lumi" if found.kinds[n] == "lumi" else n: x for n, x in names}
        lumi = next((n for n, kind in found.kinds.items() if kind == "lumi"), None)
        if lumi is not None:
            m = fitter.templates.names[1:].index(lumi)
            values["lumi"] = fitter.templates.nuisances[m].value(pulls[m])
        theirs = expected_by_pyhf(found, gamma, values)
        nominal = fitter.templates.expected(gamma)
        apart.append(np.max(np.abs(theirs - fitter.templates.expected(gamma, pulls)) / np.sqrt(nominal)))
    assert max(apart) == pytest.approx(found.difference.errors, rel=1e-6)


@pytest.mark.parametrize("name", few(CASES, "every kind"))
def test_fits_of_pyhf_are_ours(name):
    """Twin. Finds an estimate or an end of an interval by pyhf's fits that is off by 0.003 of the error."""
    card, overrides, poi = CASES[name]
    fitter = fitter_of(card, *overrides, poi=poi)
    counts = thrown(fitter)
    found = pyhf_likelihood(fitter, counts, fitter.nominal)
    estimate = ours(fitter, counts)
    assert difference(interval(Scan(found), estimate), estimate) < TOLERANCE


def test_auxiliary_measurements_are_pyhfs():
    """Twin. Finds auxiliary data that are nominal, or of another parameter; lumi has its own."""
    fitter = fitter_of(*CASES["three factors"][:1], *CASES["three factors"][1])
    counts = thrown(fitter)
    measured = np.full(len(fitter.nominal), 1.5)
    found = pyhf_likelihood(fitter, counts, measured)
    assert "lumi" in found.kinds.values()
    estimate, nominal = ours(fitter, counts, measured), ours(fitter, counts)
    assert abs(estimate.value - nominal.value) > 0.3 * estimate.error
    assert difference(interval(Scan(found), estimate), estimate) < TOLERANCE


@pytest.mark.parametrize("name", few(["realistic", "every kind", "simulated templates"], "realistic"))
def test_patches_are_the_likelihood_at_their_values(name):
    """Twin. Finds a patch that leaves a histogram or an error of the workspace's own value."""
    card, overrides, _ = CASES[name]
    fitter = fitter_of(card, *overrides)
    counts, nominal = thrown(fitter), fitter.nominal
    values = [fitter.anchor, fitter.anchor + fitter.width, fitter.anchor + 2 * fitter.width]
    found = pyhf_likelihood(fitter, counts, nominal, at=values)
    document = json.loads(json.dumps(found.workspace))
    pyhf.schema.validate(found.patchset, "patchset.json")
    patches = pyhf.PatchSet(json.loads(json.dumps(found.patchset)))
    assert [patch.values for patch in patches] == [(v,) for v in values]
    theirs = []
    for value, patch in zip(values, patches, strict=True):
        workspace = patches.apply(pyhf.Workspace(document), patch.name)
        theirs.append(Scan(found, workspace)(value))
        alone = pyhf_likelihood(fitter, counts, nominal, at=[value])
        assert alone.patchset is None
        assert Scan(alone)(value) == pytest.approx(theirs[-1], abs=1e-4)
    profile = fitter.data(counts).profile(values)[0]
    # 0.003 of the error moves -2 ln L by 0.012 at two errors from its minimum
    assert np.diff(theirs) == pytest.approx(np.diff(profile), abs=0.01)


def test_a_naive_fit_is_at_a_fixed_value():
    """Contract. Finds γ free beside a γ² that is not its square, in a fit that holds nothing itself."""
    fitter = fitter_of(REALISTIC, "model.gamma=0.1")
    found = pyhf_likelihood(fitter, thrown(fitter), fitter.nominal)
    scan = Scan(found)
    best = pyhf.infer.mle.fit(scan.data, scan.model)
    names = scan.model.config.par_names
    assert (best[names.index("gamma")], best[names.index("gamma_squared")]) == pytest.approx((0.1, 0.01))
    assert scan.model.config.poi_name is None


def test_no_sample_has_two_modifiers_of_one_name_and_type():
    """Contract. pyhf takes such for one, silently."""
    for card, overrides, poi in CASES.values():
        fitter = fitter_of(card, *overrides, poi=poi)
        found = pyhf_likelihood(fitter, thrown(fitter), fitter.nominal)
        pyhf.schema.validate(found.workspace, "workspace.json")
        for channel in found.workspace["channels"]:
            for sample in channel["samples"]:
                kinds = [(m["name"], m["type"]) for m in sample["modifiers"]]
                assert len(set(kinds)) == len(kinds)


def test_what_histfactory_cannot_hold():
    """Contract. Finds a likelihood that is written although the file would be another."""
    fitter = fitter_of(REALISTIC)
    counts = thrown(fitter)

    def refused(fitter, message, **options):
        with pytest.raises(ValueError, match=message):
            pyhf_likelihood(fitter, counts, fitter.nominal, **options)

    card = load_card(REALISTIC)
    paper = make_fitter(card.experiment, card.model, likelihood="paper", error_per_bin=0.05)
    refused(paper, "Poisson counts")
    scaled = replace(fitter, templates=replace(fitter.templates, scaling=np.ones(len(counts))))
    refused(scaled, "weighted")
    refused(fitter_of(REALISTIC, 'systematics.resolution={uncertainty=0.1,constraint="free"}'), "is free")
    refused(fitter_of("borexino-cr51-sterile", poi="delta_m2"), "--at")
    refused(fitter_of(REALISTIC, "model.gamma=0.1", poi="beta"), "--at")
    refused(fitter, "must lie from", at=[np.nan])
    twins = fitter_of(
        REALISTIC,
        'background.a-b={shape="flat",low="250 keV",high="400 keV",rate="1 /d",uncertainty=0.2}',
        'background.a_b={shape="flat",low="250 keV",high="400 keV",rate="1 /d",uncertainty=0.2}',
    )
    refused(twins, "two nuisance parameters")


@pytest.mark.parametrize("poi", ["beta", "sin2_theta_w"])
def test_what_is_no_polynomial_is_exported_at_a_value(poi):
    """Twin. Finds expected counts at a fixed value that are another value's."""
    fitter = fitter_of(REALISTIC, "model.gamma=0.1", poi=poi)
    value = fitter.anchor + 0.5 * fitter.width
    found = pyhf_likelihood(fitter, thrown(fitter), fitter.nominal, at=[value])
    assert expected_by_pyhf(found, value, {}) == pytest.approx(fitter.templates.expected(value), rel=1e-12)
