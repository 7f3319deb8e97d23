"""The fit against pyhf's likelihood of the same data, scanned in γ.

A normalisation with a Gaussian constraint is a factor 1 + σα with α standard normal. pyhf's `histosys` gives
exactly that with (1 ± σ) times the template, interpolated linearly (code0), and scaled by γ or γ² afterwards.
Its `normsys` with (1 + σ)^±1 and code1 is the log-normal (1 + σ)^α.

γ and γ² are factors of two names that the scan holds: two of one name on one sample pyhf takes for one.
"""

from dataclasses import replace

import numpy as np
import pyhf
import pytest
from scipy.optimize import brentq, minimize_scalar
from support.crosschecks import CONSTRAINTS, DATA, RISE, TOLERANCE, difference
from support.examples import every, few
from support.pages import read_page

FACTORS = {"a": None, "b": "gamma", "c": "gamma2", "background": None}
SETTINGS = {"histosys": {"interpcode": "code0"}, "normsys": {"interpcode": "code1"}}
TEXT = read_page("explanation/comparisons.md")

pytestmark = pytest.mark.filterwarnings("ignore:jsonschema.RefResolver is deprecated:DeprecationWarning")


@pytest.fixture(autouse=True)
def _tight_minuit():
    """Let pyhf's profiles be exact to about 1e-7."""
    _, before = pyhf.get_backend()
    pyhf.set_backend("numpy", pyhf.optimize.minuit_optimizer(tolerance=1e-4))
    yield
    pyhf.set_backend("numpy", before)


def normalisation(name, contents, uncertainty, constraint):
    above = 1 + uncertainty
    if constraint == "gaussian":
        data = {"hi_data": list(above * contents), "lo_data": list((2 - above) * contents)}
        return {"name": name, "type": "histosys", "data": data}
    return {"name": name, "type": "normsys", "data": {"hi": above, "lo": 1 / above}}


def model_of(data):
    samples = []
    for name, contents in data.samples.items():
        source = "background" if name == "background" else "signal"
        modifiers = [normalisation(source, contents, data.uncertainties[source], data.constraint)]
        if FACTORS[name]:
            modifiers.append({"name": FACTORS[name], "type": "normfactor", "data": None})
        samples.append({"name": name, "data": list(contents), "modifiers": modifiers})
    channels = [{"name": "bins", "samples": samples}]
    return pyhf.Model({"channels": channels}, poi_name=None, modifier_settings=SETTINGS)


class Scan:
    """-2 ln L of pyhf, minimised over the normalisations at each γ."""

    def __init__(self, data):
        self.data, self.model = data, model_of(data)
        self.observed = [*data.counts, *self.model.config.auxdata]

    def at(self, gamma):
        """All parameters in pyhf's order with γ and γ² set, and the others at pyhf's start values."""
        parameters = self.model.config.suggested_init()
        for name, value in (("gamma", gamma), ("gamma2", gamma**2)):
            parameters[self.model.config.par_map[name]["slice"].start] = value
        return parameters

    def __call__(self, gamma):
        held = [name.startswith("gamma") for name in self.model.config.par_names]
        suggested = self.model.config.suggested_bounds()
        bounds = [(-1e3, 1e3) if h else b for h, b in zip(held, suggested, strict=True)]
        _, value = pyhf.infer.mle.fit(
            self.observed,
            self.model,
            init_pars=self.at(gamma),
            par_bounds=bounds,
            fixed_params=held,
            return_fitted_val=True,
        )
        return float(value)

    def interval(self):
        low, high = self.data.range
        found = minimize_scalar(self, bounds=(low, high), method="bounded", options={"xatol": 1e-6})
        ends = [
            brentq(lambda g: self(g) - found.fun - RISE, found.x, end, xtol=1e-7, rtol=1e-7)
            for end in (low, high)
        ]
        return found.x, *ends


@pytest.mark.parametrize("constraint", ["gaussian", "log-normal"])
def test_the_model_in_pyhf_is_the_one_that_is_meant(constraint):
    """Closed form. Finds another law of the factors, or γ and γ² that are not those held."""
    data = replace(DATA["100 d"], constraint=constraint)
    scan = Scan(data)
    names = scan.model.config.par_names
    for x, y in ((0.0, 0.0), (1.7, -0.4), (-2.6, 3.1)):
        parameters = np.array(scan.at(0.3))
        parameters[names.index("signal")], parameters[names.index("background")] = x, y
        eta, beta = (
            1 + sigma * z if constraint == "gaussian" else (1 + sigma) ** z
            for sigma, z in ((0.018, x), (0.1, y))
        )
        s = data.samples
        mu = eta * (s["a"] + 0.3 * s["b"] + 0.09 * s["c"]) + beta * s["background"]
        expected = scan.model.expected_data(list(parameters), include_auxdata=False)
        assert expected == pytest.approx(mu, rel=1e-12)
        moved, nominal = (
            float(np.squeeze(scan.model.constraint_logpdf(np.zeros(2), p)))
            for p in (parameters, np.array(scan.at(0.3)))
        )
        rise = -2 * (moved - nominal)
        assert rise == pytest.approx(x**2 + y**2, abs=1e-12)


def printed():
    """Cells of the table in the documents, by the data set and its constraint."""
    lines = TEXT[TEXT.index("| data | constraint | counts") :].split("\n\n")[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {(name, constraint): cells for name, constraint, *cells in rows}


@pytest.mark.parametrize("constraint", every(3, CONSTRAINTS))
@pytest.mark.parametrize("name", few(DATA, *list(DATA)[:1]))
def test_estimate_and_interval_are_pyhfs(name, constraint):
    """Twin. Finds an estimate or an end, of ours or printed, that is off by 0.003 of the error."""
    data = replace(DATA[name], constraint=constraint)
    found, ours = Scan(data).interval(), data.ours()
    assert difference(found, ours) < TOLERANCE
    counts, *numbers = printed()[name, constraint]
    assert tuple(map(int, counts.split())) == data.counts
    value, error, lower, upper, *differences = map(float, numbers)
    assert np.array([value, lower, upper]) == pytest.approx(np.array(found), abs=TOLERANCE * error)
    assert error == pytest.approx(ours.error, rel=0.01)
    assert max(differences) < TOLERANCE


def test_every_data_set_is_printed():
    """Contract. Finds a row of the table that is missing or of data that are not compared."""
    assert list(printed()) == [(name, constraint) for constraint in CONSTRAINTS for name in DATA]
