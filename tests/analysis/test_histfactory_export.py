"""Workspaces for pyhf, read and fitted by ROOT's HistFactory with our script for it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.crosschecks import RISE, TOLERANCE, difference
from support.pyhf_fits import CASES, fitter_of, ours, thrown
from support.root_process import NEEDS_ROOT, run_root

from analysis.exchange import pyhf_likelihood

pytestmark = NEEDS_ROOT

SCRIPT_FOR_ROOT = Path(__file__).parents[2] / "macros" / "root" / "histfactory.py"
MEASURED = {
    "sterile": 1.0,
    "two experiments": 0.5,
    "every kind": 0.0,
    "three factors": 1.0,
    "large log-normal": 0.0,
    "simulated templates": 0.0,
}
"""Auxiliary measurements of all nuisance parameters that are constrained, as pulls."""

SCRIPT = """
import importlib.util
ROOT.RooMsgService.instance().setGlobalKillBelow(ROOT.RooFit.ERROR)
spec = importlib.util.spec_from_file_location("histfactory", sys.argv[1])
script = importlib.util.module_from_spec(spec)
spec.loader.exec_module(script)
with open(sys.argv[2]) as stream:
    document = json.load(stream)

def interval(workspace):
    w = script.build(workspace)
    minimiser = script.minimiser(w)
    minimiser.setErrorLevel(document["rise"] / 2)
    interest = w.obj("ModelConfig").GetParametersOfInterest()
    status = [minimiser.minimize("Minuit2", "migrad"), minimiser.minos(interest)]
    if any(status):
        raise RuntimeError(f"Minuit2 failed: {status}")
    g = interest.first()
    return [g.getVal(), g.getVal() + g.getErrorLo(), g.getVal() + g.getErrorHi()]

def depth(workspace):
    w = script.build(workspace)
    minimiser = script.minimiser(w)
    if minimiser.minimize("Minuit2", "migrad"):
        raise RuntimeError("Minuit2 failed")
    config = w.obj("ModelConfig")
    nll = config.GetPdf().createNLL(
        w.data("obsData"), GlobalObservables=config.GetGlobalObservables(), Offset=False
    )
    return 2 * nll.getVal()

answer = {
    "intervals": [interval(workspace) for workspace in document["workspaces"]],
    "depths": [depth(workspace) for workspace in document["fixed"]],
}
"""


def case(name):
    card, overrides, poi = CASES[name]
    fitter = fitter_of(card, *overrides, poi=poi)
    free = [n.constraint == "free" for n in fitter.templates.nuisances]
    return fitter, thrown(fitter), np.where(free, 0.0, MEASURED[name])


def points(fitter):
    return [fitter.anchor, fitter.anchor + fitter.width, fitter.anchor + 2 * fitter.width]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Intervals by HistFactory, and -2 ln L at fixed values of the last case."""
    workspaces, fixed = [], []
    for name in MEASURED:
        fitter, counts, measured = case(name)
        workspaces.append(pyhf_likelihood(fitter, counts, measured).workspace)
        if name == "every kind":
            fixed = [pyhf_likelihood(fitter, counts, measured, at=[v]).workspace for v in points(fitter)]
    path = tmp_path_factory.mktemp("export") / "workspaces.json"
    path.write_text(json.dumps({"rise": RISE, "workspaces": workspaces, "fixed": fixed}))
    return run_root(SCRIPT, SCRIPT_FOR_ROOT, path)


@pytest.mark.parametrize("name", MEASURED)
def test_estimate_and_interval_of_root_are_ours(found, name):
    """Twin. Finds a modifier, a square, an error or an auxiliary measurement that ROOT takes for another."""
    fitter, counts, measured = case(name)
    theirs = dict(zip(MEASURED, found["intervals"], strict=True))[name]
    assert difference(theirs, ours(fitter, counts, measured)) < TOLERANCE


def test_a_workspace_at_a_fixed_value_has_no_parameter_of_interest_in_root(found):
    """Twin. Finds a likelihood at a fixed value that ROOT builds otherwise."""
    fitter, counts, measured = case("every kind")
    profile = fitter.data(counts, measured).profile(points(fitter))[0]
    assert np.diff(found["depths"]) == pytest.approx(np.diff(profile), abs=0.01)


def test_the_script_fits_a_file_and_writes_its_workspace(tmp_path):
    """Contract. Finds a script that does not run by itself, or whose workspace is lost."""
    fitter, counts, measured = case("two experiments")
    path, written = tmp_path / "likelihood.json", tmp_path / "workspace.root"
    path.write_text(json.dumps(pyhf_likelihood(fitter, counts, measured).workspace))
    command = [sys.executable, "-W", "ignore", SCRIPT_FOR_ROOT, path, written]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, cwd=tmp_path)
    (line,) = re.findall(r"^ +gamma +\S+ +(\S+) \((\S+),(\S+)\)", done.stdout, re.MULTILINE)
    value, above, below = map(float, line)
    estimate = ours(fitter, counts, measured)
    assert value == pytest.approx(estimate.value, abs=0.003 * estimate.error)
    assert above - below == pytest.approx(2 * estimate.error, rel=0.03)
    assert run_root("answer = ROOT.TFile(sys.argv[1]).Get('combined').ClassName()", written) == "RooWorkspace"
