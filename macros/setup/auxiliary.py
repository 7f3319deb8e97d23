"""Auxiliary measurements of nuisance parameters, as a command line, a file or Python gives them."""

import csv
import json
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from numpy.typing import NDArray

from detsim.files import FileError, read_text
from detsim.names import closest
from macros.card import Card
from simgen.units import Kind, read_quantity

if TYPE_CHECKING:
    from analysis.model import Nuisance, Templates

__all__ = [
    "auxiliary_files",
    "auxiliary_pulls",
    "check_measured",
    "measured_values",
    "read_auxiliary",
    "unusual_measurements",
]

Measured = float | str
"""A number, or a quantity with its unit."""

_KEYS = {"activity": ("source", ("activity", "flux")), "mass": ("detector", ("mass",))}
"""Where a card states the nominal value of a quantity that has a unit."""
_UNUSUAL = 5.0
"""Standard deviations from nominal from which on a measurement is warned of."""


def auxiliary_files(specs: Sequence[str] | None) -> tuple[Path, ...]:
    """List the files among the values of ``--auxiliary``."""
    return tuple(Path(spec) for spec in specs or () if _is_file(spec))


def _is_file(spec: str) -> bool:
    return "=" not in spec or Path(spec).is_file()


def read_auxiliary(specs: Sequence[str] | None) -> dict[str, Measured]:
    """Read values of ``--auxiliary``: NAME=VALUE, or a file in CSV or JSON.

    Raises
    ------
    ValueError
        If a name is given twice, or there is no value.
    FileError
        If a file is missing or something else.
    """
    measured: dict[str, Measured] = {}
    for spec in specs or ():
        if _is_file(spec):
            pairs = list(_read_file(Path(spec)).items())
        else:
            name, _, value = (part.strip() for part in spec.partition("="))
            if not (name and value):
                raise ValueError(f"--auxiliary {spec!r}: write NAME=VALUE, or the name of a file")
            pairs = [(name, value)]
        for name, measurement in pairs:
            if name in measured:
                raise ValueError(f"--auxiliary: {name} is given twice, {measured[name]} and {measurement}")
            measured[name] = measurement
    return measured


def _read_file(path: Path) -> dict[str, Measured]:
    text = read_text(path)
    return _read_json(path, text) if text.lstrip().startswith("{") else _read_csv(path, text)


def _read_json(path: Path, text: str) -> dict[str, Measured]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        twice = [name for name, _ in pairs if [n for n, _ in pairs].count(name) > 1]
        if twice:
            raise FileError(path, "foreign", f"has {twice[0]!r} twice")
        return dict(pairs)

    try:
        document: dict[str, Measured] = json.loads(text, object_pairs_hook=once)
    except ValueError as error:
        raise FileError(path, "foreign", f"is no JSON: {error}") from None
    for name, value in document.items():
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            reason = f"{name} must be a number, or a text such as '1.7 MCi', got {value!r}"
            raise FileError(path, "foreign", reason)
    return document


def _read_csv(path: Path, text: str) -> dict[str, Measured]:
    """Read lines of name, value and, where there is one, unit."""
    lines = [line for line in text.splitlines() if line.strip(" \t,;") and not line.lstrip().startswith("#")]
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, skipinitialspace=True)]
    if not rows or rows[0] not in (["name", "value"], ["name", "value", "unit"]):
        start = repr(lines[0])[:120] if lines else "nothing"
        raise FileError(
            path,
            "foreign",
            f"must be JSON, or CSV that begins with name,value or name,value,unit; it begins with {start}",
        )
    measured: dict[str, Measured] = {}
    for row in rows[1:]:
        if len(row) != len(rows[0]) or not row[0] or not row[1]:
            raise FileError(path, "foreign", f"must have a {', a '.join(rows[0])} in each line, got {row}")
        name, value, *unit = row
        if name in measured:
            raise FileError(path, "foreign", f"has {name!r} twice")
        measured[name] = f"{value} {unit[0]}".strip() if unit and unit[0] != "1" else value
    return measured


def check_measured(card: Card, measured: Mapping[str, Measured]) -> None:
    """Refuse measurements of what the fits of a card have no parameter of.

    Raises
    ------
    ValueError
        Naming the parameter that was probably meant.
    """
    from analysis.model import collect

    poi = card.fit.poi
    names = [n.name for n in collect(card.experiments, card.model, poi)]
    for name in measured:
        if name not in (poi, *names):
            raise ValueError(_unknown(name, poi, names))


def auxiliary_pulls(
    card: Card, templates: "Templates", measured: Mapping[str, Measured]
) -> NDArray[np.float64]:
    """Turn measurements into pulls of the nuisance parameters; nominal where there is none.

    Parameters
    ----------
    card : Card
        States the nominal values of quantities.
    templates : Templates
    measured : mapping of str to float or str
        A number is in the units in which a fit reports the parameter: relative to nominal, or sin²θ_W itself.
        A text may have a unit where the card states a quantity: source strength, flux, mass, rate.

    Returns
    -------
    ndarray, shape (n_nuisances,)

    Raises
    ------
    ValueError
        If there is no such nuisance parameter, it is free, or the value can be none of it.
    """
    nuisances = {n.name: n for n in templates.nuisances}
    for name in measured:
        if name not in nuisances:
            raise ValueError(_unknown(name, templates.poi, templates.names[1:]))
        if nuisances[name].constraint == "free":
            raise ValueError(
                f"auxiliary measurement of {name}: it is free in this card, and a free parameter has no "
                'auxiliary measurement; first give it a constraint in the card, "gaussian" or "log-normal"'
            )
    pulls = np.zeros(len(nuisances))
    for i, (name, nuisance) in enumerate(nuisances.items()):
        if name in measured:
            pulls[i] = _pull(card, templates, nuisance, measured[name])
    return pulls


def _unknown(name: str, poi: str, names: Sequence[str]) -> str:
    if name == poi:
        return f"auxiliary measurement of {name}: it is the parameter of interest, which the data measure"
    meant = closest(name, names)
    advice = f"did you mean {meant}? " if meant else ""
    return (
        f"auxiliary measurement of {name}: the fit has no such nuisance parameter; {advice}they are "
        f"{', '.join(names) or 'none'}, as far as the card states uncertainties"
    )


def _pull(card: Card, templates: "Templates", nuisance: "Nuisance", measured: Measured) -> float:
    value = _value(card, templates, nuisance, measured)
    lowest = nuisance.constraint == "log-normal" and value <= 0
    if not math.isfinite(value) or lowest:
        condition = "above 0, because it is log-normal" if lowest else "finite"
        raise ValueError(f"auxiliary measurement of {nuisance.name} must be {condition}, got {measured}")
    return float(nuisance.pull(value))


def _value(card: Card, templates: "Templates", nuisance: "Nuisance", measured: Measured) -> float:
    """Read a value in the units in which the fit reports the parameter."""
    if not isinstance(measured, str):
        return float(measured)
    with suppress(ValueError):
        return float(measured)
    nominal = _nominal_quantity(card, templates, nuisance)
    for kind in get_args(Kind) if nominal else ():
        with suppress(ValueError):
            return nuisance.nominal * read_quantity(measured, kind) / read_quantity(str(nominal), kind)
    unit = f"{nuisance.nominal:.6g}" if nuisance.nominal != 1 else "1"
    also = f", or a quantity such as {nominal!r}, the nominal one" if nominal else ""
    raise ValueError(
        f"auxiliary measurement of {nuisance.name}: {measured!r} is no number in the units of the fit, in "
        f"which the nominal value is {unit}{also}"
    )


def _nominal_quantity(card: Card, templates: "Templates", nuisance: "Nuisance") -> str | None:
    """Find the quantity that the card states of a nuisance parameter; None if there is none, or several."""
    quantities = set()
    for e, component in nuisance.targets:
        experiment = templates.experiments[e]
        document = (card.of(experiment.name) if len(templates.experiments) > 1 else card).document
        if nuisance.quantity == "background":
            table = document.get("background", {}).get(experiment.backgrounds[component - 1].name, {})
            quantities.add(table.get("rate"))
        else:
            name, keys = _KEYS.get(nuisance.quantity, ("", ()))
            table = document.get(name, {})
            quantities.add(next((table[key] for key in keys if key in table), None))
    return (
        next(iter(quantities))
        if len(quantities) == 1 and all(isinstance(x, str) for x in quantities)
        else None
    )


def measured_values(templates: "Templates", pulls: NDArray[np.float64]) -> dict[str, float]:
    """Return the measurements of pulls, in the units of the fit, of all that are not free."""
    pairs = zip(templates.nuisances, pulls, strict=True)
    return {n.name: n.value(float(x)) for n, x in pairs if n.constraint != "free"}


def unusual_measurements(templates: "Templates", pulls: NDArray[np.float64]) -> list[str]:
    """Say which measurements are more than five standard deviations from nominal."""
    return [
        f"the auxiliary measurement of {n.name}, {n.value(float(x)):.6g}, is {abs(x):.3g} standard "
        f"deviations from nominal ({n.nominal:.6g}): a number is in the units in which a fit reports it"
        for n, x in zip(templates.nuisances, pulls, strict=True)
        if abs(x) > _UNUSUAL
    ]
