"""The modifiers of HistFactory that come closest to the nuisance parameters of a fit."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analysis.exchange.translation import Kind, Signal, Translation
from analysis.model import Nuisance, Templates

__all__ = ["translate"]

Array = NDArray[np.float64]

_EXACT = 1e-9
"""Differences in statistical errors below this are rounding."""


def translate(
    templates: Templates,
    errors: Array,
    signals: Sequence[Signal],
) -> Translation:
    """Choose the modifier of each nuisance parameter that comes closest to the fit.

    Parameters
    ----------
    templates : Templates
    errors : ndarray, shape (n_bins,) or (0,)
        Relative statistical errors of simulated templates.
    signals : sequence of Signal
        As for `Translation.difference`.

    Raises
    ------
    ValueError
        If a shape is free, or two names are one in HistFactory.

    Notes
    -----
    (1 + σ)^x is a normsys, a free factor a normfactor, a shape a histosys. A factor 1 + σx can be three: a
    histosys is linear, but is added to other changes and not multiplied; a normsys is multiplied, but not
    linear; `lumi` is both, but there is only one in a workspace, and ROOT multiplies all samples by it,
    whichever name it. They are tried in turn, those of large uncertainties first.
    """
    for n in templates.nuisances:
        if n.is_shape and n.constraint == "free":
            raise ValueError(
                f"{n.name} is free, and HistFactory has no change of shape without a constraint: give "
                f'systematics.{n.quantity} of the card a constraint, "gaussian" or "log-normal"'
            )
    chosen = Translation(
        templates=templates, kinds=tuple(map(_first_kind, templates.nuisances)), errors=errors
    )
    _check_names(chosen.names)
    linear = [m for m, n in enumerate(templates.nuisances) if not n.is_shape and n.constraint == "gaussian"]
    linear.sort(key=lambda m: -templates.nuisances[m].uncertainty)
    distance = chosen.difference(signals).errors
    for kind in ("histosys", "lumi", "histosys", "normsys"):
        if distance < _EXACT:
            break
        if kind == "lumi":
            trials = [_with_kind(chosen, m, kind) for m in linear if _is_everywhere(templates, m)]
            pairs = [(trial.difference(signals).errors, i) for i, trial in enumerate(trials)]
            least, which = min(pairs, default=(distance, 0))
            if least < distance:
                chosen, distance = trials[which], least
            continue
        for m in linear:
            n = templates.nuisances[m]
            if chosen.kinds[m] in {"lumi", kind} or (kind == "normsys" and n.uncertainty >= 1):
                continue
            trial = _with_kind(chosen, m, kind)
            found = trial.difference(signals).errors
            if found < distance:
                chosen, distance = trial, found
    return chosen


def _first_kind(n: Nuisance) -> Kind:
    if n.is_shape:
        return "shape"
    if n.constraint == "free":
        return "normfactor"
    return "histosys" if n.constraint == "gaussian" and n.uncertainty >= 1 else "normsys"


def _is_everywhere(templates: Templates, m: int) -> bool:
    """Tell whether a nuisance parameter multiplies all signals and backgrounds."""
    components = sum(1 + len(experiment.backgrounds) for experiment in templates.experiments)
    return len(set(templates.nuisances[m].targets)) == components


def _with_kind(translation: Translation, m: int, kind: Kind) -> Translation:
    kinds = list(translation.kinds)
    kinds[m] = kind
    return replace(translation, kinds=tuple(kinds))


def _check_names(names: Sequence[str]) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"two nuisance parameters are called {twice} in HistFactory: rename one in the card")
