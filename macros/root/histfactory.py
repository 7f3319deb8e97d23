"""Fit a workspace of `nugauge export --format pyhf` with ROOT's HistFactory.

    python histfactory.py likelihood.json [workspace.root]

It needs ROOT with its Python, and nothing else. Interpolation is ROOT's default, which is pyhf's, too. A pair
NAME and NAME_squared that is to be held becomes NAME and a function of it.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

import ROOT

__all__ = ["build", "minimiser"]

_SQUARED = "_squared"
_WIDE = 100.0
"""Standard deviations around an auxiliary measurement that its range has."""


def _histogram(name: str, contents: list[float]) -> Any:
    """Fill a TH1D, which HistFactory is going to own."""
    h = ROOT.TH1D(name, name, len(contents), 0, len(contents))
    h.SetDirectory(ROOT.nullptr)
    ROOT.SetOwnership(h, False)
    for i, content in enumerate(contents, start=1):
        h.SetBinContent(i, content)
    return h


def _squares(settings: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """List the parameters whose squares are parameters, too."""
    return [name for name in settings if f"{name}{_SQUARED}" in settings]


def _sample(document: Mapping[str, Any], settings: Mapping[str, Mapping[str, Any]], channel: str) -> Any:
    """Make a sample with its modifiers."""
    name, contents = document["name"], document["data"]
    sample = ROOT.RooStats.HistFactory.Sample(name)
    sample.SetHisto(_histogram(f"{channel}_{name}", contents))
    sample.SetNormalizeByTheory(any(m["type"] == "lumi" for m in document["modifiers"]))
    for modifier in document["modifiers"]:
        kind, parameter, data = modifier["type"], modifier["name"], modifier["data"]
        unique = f"{channel}_{name}_{parameter}"
        if kind == "normsys":
            sample.AddOverallSys(parameter, data["lo"], data["hi"])
        elif kind == "histosys":
            change = ROOT.RooStats.HistFactory.HistoSys()
            change.SetName(parameter)
            change.SetHistoLow(_histogram(f"{unique}_low", data["lo_data"]))
            change.SetHistoHigh(_histogram(f"{unique}_high", data["hi_data"]))
            sample.AddHistoSys(change)
        elif kind == "normfactor":
            known = settings.get(parameter, {})
            low, high = known.get("bounds", [[0.0, 10.0]])[0]
            sample.AddNormFactor(parameter, known.get("inits", [1.0])[0], low, high)
        elif kind == "staterror":
            relative = [e / n if n else 0.0 for e, n in zip(data, contents, strict=True)]
            sample.ActivateStatError()
            sample.GetStatError().SetErrorHist(_histogram(f"{unique}_error", relative))
        elif kind != "lumi":
            raise ValueError(f"{name} of {channel} has a modifier of type {kind}, which is none of nugauge's")
    return sample


def build(document: Mapping[str, Any]) -> Any:
    """Build the RooWorkspace of a workspace in JSON.

    Parameters
    ----------
    document : mapping
        Its first measurement is taken.

    Returns
    -------
    RooWorkspace
        With its `ModelConfig` and `obsData`.

    Notes
    -----
    What the JSON fixes is constant; auxiliary measurements are the values of the global observables.
    """
    config = document["measurements"][0]["config"]
    settings = {parameter["name"]: parameter for parameter in config["parameters"]}
    observed = {o["name"]: o["data"] for o in document["observations"]}
    measurement = ROOT.RooStats.HistFactory.Measurement("nugauge", document["measurements"][0]["name"])
    lumi = settings.get("lumi", {"auxdata": [1.0], "sigmas": [0.1]})
    measurement.SetLumi(lumi["auxdata"][0])
    measurement.SetLumiRelErr(lumi["sigmas"][0] / lumi["auxdata"][0])
    if "lumi" not in settings:
        measurement.AddConstantParam("Lumi")
    squares = _squares(settings)
    for name in squares:
        (start,), ((low, high),) = settings[name]["inits"], settings[name]["bounds"]
        measurement.AddPreprocessFunction(
            f"{name}{_SQUARED}", f"{name}*{name}", f"{name}[{start!r},{low!r},{high!r}]"
        )
    for name in [config["poi"]] if config["poi"] else squares:
        measurement.SetPOI(name)
    for part in document["channels"]:
        channel = ROOT.RooStats.HistFactory.Channel(part["name"])
        channel.SetStatErrorConfig(0.0, "Gaussian")
        channel.SetData(_histogram(f"{part['name']}_data", observed[part["name"]]))
        for sample in part["samples"]:
            channel.AddSample(_sample(sample, settings, part["name"]))
        measurement.AddChannel(channel)
    workspace = ROOT.RooStats.HistFactory.HistoToWorkspaceFactoryFast.MakeCombinedModel(measurement)
    for function in workspace.allFunctions():
        if function.InheritsFrom("PiecewiseInterpolation"):
            function.setPositiveDefinite(False)  # a part of a polynomial may be negative, the sum is not
    _set(workspace, settings, squares)
    return workspace


def _set(workspace: Any, settings: Mapping[str, Mapping[str, Any]], squares: list[str]) -> None:
    """Set ranges, starts, constants and auxiliary measurements."""
    for name, known in settings.items():
        names = {"lumi": "Lumi"}.get(name, name)
        variable = workspace.var(names) or workspace.var(f"alpha_{name}")
        if not variable:  # the square of a parameter
            continue
        variable.setRange(*known["bounds"][0])
        variable.setVal(known["inits"][0])
        variable.setConstant(bool(known.get("fixed")) and name not in squares)
        nominal = workspace.var(f"nom_alpha_{name}")
        if nominal:
            (measured,) = known["auxdata"]
            nominal.setRange(measured - _WIDE, measured + _WIDE)  # the constraint is normalised over it
            nominal.setVal(measured)


def minimiser(workspace: Any) -> Any:
    """Return a RooMinimizer of the likelihood of a workspace, precise enough for intervals."""
    config = workspace.obj("ModelConfig")
    nll = config.GetPdf().createNLL(
        workspace.data("obsData"), GlobalObservables=config.GetGlobalObservables(), Offset="initial"
    )
    ROOT.SetOwnership(nll, False)
    found = ROOT.RooMinimizer(nll)
    found.setPrintLevel(-1)
    found.setStrategy(2)
    found.setEps(1e-3)
    return found


def main() -> None:
    """Fit, and print the result with MINOS errors."""
    with open(sys.argv[1], encoding="utf-8") as stream:  # noqa: PTH123 (it is read without our packages)
        workspace = build(json.load(stream))
    if len(sys.argv) > 2:
        workspace.writeToFile(sys.argv[2])
    fit = minimiser(workspace)
    fit.minimize("Minuit2", "migrad")
    interest = workspace.obj("ModelConfig").GetParametersOfInterest()
    if interest and len(interest):
        fit.minos(interest)
    fit.save().Print("v")


if __name__ == "__main__":
    main()
