"""The likelihood of a fit as a workspace of HistFactory's JSON, which pyhf reads."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.exchange.modifiers import translate
from analysis.exchange.translation import Difference, Part, Signal, Translation, plain_name
from analysis.model import EVEN, INSIDE, FitModel

__all__ = ["PyhfLikelihood", "pyhf_likelihood"]

Array = NDArray[np.float64]

_VERSION = "1.0.0"
"""Of the schema."""
_NO_RECORD = "ins0000000"
"""In the place of the HEPData record that the schema of a patchset demands."""
_STRENGTH = "signal_strength"
"""Factor of a signal that is fixed: it is held at 1, and there because pyhf wants at least one parameter."""
_REACH = 20.0
"""A free parameter of interest may move this many resolutions from the model's value."""
_NEGLIGIBLE = 1e-9
"""A coefficient whose part of the counts is smaller than this everywhere is 0."""
_FAR = 3.0
"""Counts with free factors are compared at the model's value, and this many resolutions above."""
_LARGE, _SMALL = 1e3, 1e-3
"""Resolutions outside this range are written in units of a power of ten."""


@dataclass(frozen=True, kw_only=True)
class PyhfLikelihood:
    """A likelihood in HistFactory's JSON.

    Parameters
    ----------
    workspace : dict
    patchset : dict or None
        Patches for other values of the parameter of interest.
    difference : Difference
        From the expected counts of the fit.
    held : mapping of str to str
        Parameters that the reader has to hold together, with the value of each as a formula.
    poi : str or None
        Parameter of the workspace that is the one of interest, or its square; None where it is fixed or held.
    unit : float
        A value of 1 of the parameter of interest in the workspace means this.
    kinds : mapping of str to str
        Modifier of each nuisance parameter.
    """

    workspace: dict[str, Any]
    patchset: dict[str, Any] | None
    difference: Difference
    held: dict[str, str]
    poi: str | None
    unit: float
    kinds: dict[str, str]


def pyhf_likelihood(
    model: FitModel,
    counts: ArrayLike,
    auxiliary: ArrayLike,
    *,
    at: Sequence[float] | None = None,
    observed: str = "data",
    origin: Mapping[str, str] | None = None,
) -> PyhfLikelihood:
    """Write the likelihood of a data set for pyhf.

    Parameters
    ----------
    model : FitModel
    counts : array_like, shape (n_bins,)
        Data, or expected counts.
    auxiliary : array_like, shape (n_nuisances,)
        Measured pulls.
    at : sequence of float, optional
        Values at which the parameter of interest is fixed: with one there is a workspace, with several one of
        the first value, and a patchset. Without it, the parameter is a factor of samples.
    observed : str
        What the counts are.
    origin : mapping of str to str, optional
        Provenance, which stands in the name of the measurement: the schema has no other place for it.

    Returns
    -------
    PyhfLikelihood

    Raises
    ------
    ValueError
        If HistFactory cannot hold the likelihood, or values are not in the range of the parameter.

    Notes
    -----
    Expected counts are compared with those of the fit; the largest difference is part of the name, too. The
    interpolation is that which pyhf and ROOT use unless told otherwise (codes 4p and 4).
    """
    _check(model)
    signals, parameters, poi, held, unit = _fixed(model, at) if at is not None else _free(model)
    few = [signals[i] for i in sorted({0, len(signals) // 2, len(signals) - 1})]
    translation = translate(model.templates, model.errors, few)
    _check_channels(translation, {str(p["name"]) for p in parameters})
    difference = translation.difference(signals)
    measured = "; ".join(
        [
            _about_poi(model, at, held, poi, unit),
            f"observed: {observed}",
            f"within {difference.errors:.2g} statistical errors of a bin",
            *(f"{key} {value}" for key, value in (origin or {}).items()),
        ]
    )
    workspace = {
        "channels": translation.channels(signals[0][1]),
        "observations": _observations(translation, np.asarray(counts, np.float64)),
        "measurements": [
            {
                "name": measured,
                "config": {
                    "poi": poi or "",
                    "parameters": [*parameters, *translation.parameters(auxiliary)],
                },
            }
        ],
        "version": _VERSION,
    }
    names = (n.name for n in model.templates.nuisances)
    return PyhfLikelihood(
        workspace=workspace,
        patchset=_patchset(model, translation, signals, workspace, origin or {})
        if len(at or ()) > 1
        else None,
        difference=difference,
        held=held,
        poi=poi,
        unit=unit,
        kinds=dict(zip(names, map(_modifier, translation.kinds), strict=True)),
    )


def _modifier(kind: str) -> str:
    return "histosys" if kind == "shape" else kind


def _check(model: FitModel) -> None:
    if model.likelihood == "paper":
        raise ValueError(
            "likelihood = 'paper' is a χ² with errors of its own, and HistFactory has Poisson counts: take a "
            "card with likelihood = 'poisson'"
        )
    if model.templates.scaling is not None:
        raise ValueError(
            "the data are weighted, and HistFactory has Poisson counts: export the likelihood of counts"
        )


def _check_channels(translation: Translation, factors: set[str]) -> None:
    channels = [plain_name(e.name) for e in translation.templates.experiments]
    twice = next((name for name in channels if channels.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"two experiments are called {twice} in HistFactory: rename one in the card")
    taken = factors & set(translation.names)
    if taken:
        raise ValueError(f"{taken.pop()} is a parameter of interest and a nuisance parameter in HistFactory")


Signals = list[Signal]
Form = tuple[Signals, list[dict[str, Any]], str | None, dict[str, str], float]


def _fixed(model: FitModel, at: Sequence[float]) -> Form:
    """Make the signal at fixed values."""
    low, high = model.range
    outside = [value for value in at if not low <= value <= high]
    if outside or not len(at):
        which = f"got {outside[0]:g}" if outside else "got none"
        raise ValueError(f"values of {model.templates.poi} must lie from {low:g} to {high:g}, {which}")
    layers, factor = model.templates.layers, {_STRENGTH: 1.0}
    signals: Signals = [
        (float(v), [Part(name="signal", layers=layers(float(v)), factor=_STRENGTH)], factor) for v in at
    ]
    strength = {"name": _STRENGTH, "inits": [1.0], "bounds": [[0.0, 10.0]], "fixed": True}
    return signals, [strength], None, {}, 1.0


def _free(model: FitModel) -> Form:
    """Make the signal as a polynomial in the parameter of interest."""
    t = model.templates
    if t.coefficients is None:
        why = "is inside the shapes" if t.poi in INSIDE else "is in the counts in another way"
        raise ValueError(
            f"{t.poi} {why}, and HistFactory has only factors, for counts that are a polynomial of second "
            f"degree: fix it with --at VALUE, or at several values with --at a:b:n"
        )
    decade = math.floor(math.log10(model.width))
    unit = 1.0 if _SMALL <= model.width <= _LARGE else float(f"1e{decade}")
    name = plain_name(t.poi if unit == 1 else f"{t.poi}_in_1e{decade}".replace("-", "m"))
    a, b, c = (t.coefficients[k] * unit**k for k in range(3))
    size, width = np.abs(a[0]).max(), model.width / unit
    linear = t.poi not in EVEN and bool(np.abs(b[0]).max() * width > _NEGLIGIBLE * size)
    square = bool(np.abs(c[0]).max() * width**2 > _NEGLIGIBLE * size)
    parts = [Part(name="signal_A", layers=a)]
    parts += [Part(name="signal_B", layers=b, factor=name)] if linear else []
    parts += [Part(name="signal_C", layers=c, factor=f"{name}_squared")] if square else []
    both = linear and square
    start = model.anchor / unit
    low, high = (end / unit for end in model.range)
    low, high = max(low, start - _REACH * width), min(high, start + _REACH * width)
    settings = []
    if linear:
        settings.append({"name": name, "inits": [start], "bounds": [[low, high]], "fixed": both})
    if square:
        most = max(low**2, high**2)
        settings.append(
            {"name": f"{name}_squared", "inits": [start**2], "bounds": [[0.0, most]], "fixed": both}
        )
    values = dict.fromkeys((start, min(start + _FAR * width, high)))
    signals: Signals = [(v * unit, parts, {name: v, f"{name}_squared": v**2}) for v in values]
    poi = None if both or not settings else str(settings[0]["name"])
    return signals, settings, poi, {name: name, f"{name}_squared": f"{name}²"} if both else {}, unit


def _about_poi(
    model: FitModel, at: Sequence[float] | None, held: Mapping[str, str], poi: str | None, unit: float
) -> str:
    """Say how the workspace contains the parameter of interest."""
    name = model.templates.poi
    if at is not None:
        return f"{name} = {at[0]:g}" if len(at) == 1 else f"{name} by a patchset"
    scale = "" if unit == 1 else f", in units of {unit:g}"
    if held:
        factor, square = held
        return f"{name}{scale}: hold {factor} and {square}"
    return f"{name}{scale}: {poi or 'without effect'}"


def _observations(translation: Translation, counts: Array) -> list[dict[str, Any]]:
    t = translation.templates
    return [
        {"name": plain_name(e.name), "data": counts[bins].tolist()}
        for e, bins in zip(t.experiments, t.bins, strict=True)
    ]


def _patchset(
    model: FitModel,
    translation: Translation,
    signals: Signals,
    workspace: dict[str, Any],
    origin: Mapping[str, str],
) -> dict[str, Any]:
    """Make patches that replace the signal of each channel, for pyhf's `PatchSet`."""
    poi = model.templates.poi
    patches = []
    for value, parts, _ in signals:
        operations = [
            {"op": "replace", "path": f"/channels/{e}/samples/0", "value": channel["samples"][0]}
            for e, channel in enumerate(translation.channels(parts))
        ]
        name = plain_name(f"{poi}_{value!r}".replace("-", "m").replace(".", "p").replace("+", ""))
        patches.append({"metadata": {"name": name, "values": [value]}, "patch": operations})
    text = json.dumps(workspace, sort_keys=True, ensure_ascii=False)
    return {
        "metadata": {
            "references": {"hepdata": _NO_RECORD},
            "description": f"The signal at values of {poi}; {_NO_RECORD} stands for no record of HEPData",
            "digests": {"sha256": hashlib.sha256(text.encode()).hexdigest()},
            "labels": [plain_name(poi)],
            **origin,
        },
        "patches": patches,
        "version": _VERSION,
    }
