"""Checks of several values together: uncertainty and constraint, mass and volume, time and half-life."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from macros.card.checks.faults import CardFault
from macros.card.tables import SystematicTable
from simgen.units import write_quantity

if TYPE_CHECKING:
    from detsim.experiment import Experiment
    from simgen.geometry import Geometry

__all__ = ["COMBINATIONS", "check_combinations", "check_uncertainties"]

_AVOGADRO = 6.02214076e23
_LIMITS = {
    "gaussian": (1e-9, 0.5, 1.0, "a Gaussian factor reaches below 0"),
    "log-normal": (1e-9, 3.0, 100.0, "a factor known to less than its order of magnitude"),
    "free": (1e-9, 10.0, 1e3, "the step of the fit"),
}
"""Smallest uncertainty that is one, the largest plausible one, the largest possible one, and why."""
_DENSITY = (1e-5, 12.0, 1e3)
"""Of the target [g/cm³]: gases at low pressure, heavy metals, and more than in the centre of the sun."""
_ELECTRON_DENSITY = (3e18, 3.6e24, 3e26)
"""The same as electrons per cm³."""
_ISOTOPE = 1e6
"""Plausible mass [g] of the isotope in a source."""
_FLUX = 1e17
"""Plausible flux of an activity [/cm2/s], as of `source.flux`."""
_HALF_LIVES = (20.0, 1000.0)
"""Half-lives between the stated moment and the exposure: plausible and possible."""

COMBINATIONS = (
    ("uncertainty, Gaussian", "up to 1", "up to 0.5", "a larger one is `log-normal` or `free`"),
    ("uncertainty, log-normal", "up to 100", "up to 3", "a factor (1 + σ)^x"),
    ("`detector.mass` in the volume of [geometry]", "up to 1000 g/cm3", "1e-05 to 12 g/cm3", "densities"),
    ("`detector.electrons` in that volume", "up to 3e26 /cm3", "3e18 to 3.6e24 /cm3", "densities"),
    ("`source.activity` × half-life", "any", "up to 1 t of the isotope", "sources that can be made"),
    ("`source.activity` seen in [geometry]", "any", "up to 1e17 /cm2/s", "as `source.flux`"),
    ("`exposure.start` in half-lives", "up to 1000", "up to 20", "of source and backgrounds"),
)
"""Rows of the table in the documentation."""

Found = tuple[list[CardFault], list[CardFault]]


def check_uncertainties(tables: Mapping[str, Any]) -> Found:
    """Compare uncertainties with what their constraints can mean.

    Parameters
    ----------
    tables : mapping of str to table
        Those that are valid in themselves.

    Returns
    -------
    errors, warnings : list of CardFault
    """
    errors, warnings = [], []
    for key, value, constraint in _uncertainties(tables):
        low, plausible, high, why = _LIMITS[constraint]
        if value and not low <= value <= high:
            alternative = (
                'constraint = "log-normal", or "free" if nothing is known' if value > high else "0 is exact"
            )
            reason = f"must be {low:g} to {high:g} of a {constraint} constraint, got {value:g}"
            errors.append(CardFault(key=key, reason=reason, suggestion=f"{why}; {alternative}"))
        elif value > plausible:
            reason = f"{value:g} is not plausible of a {constraint} constraint, up to {plausible:g} is"
            advice = '; write constraint = "log-normal"' if constraint == "gaussian" else ""
            warnings.append(CardFault(key=key, reason=reason, suggestion=why + advice))
    return errors, warnings


def _uncertainties(tables: Mapping[str, Any]) -> Iterator[tuple[str, float, str]]:
    for name, stated in tables.get("systematics", ()):
        if isinstance(stated, SystematicTable):
            yield f"systematics.{name}", stated.uncertainty, stated.constraint
        elif not isinstance(stated, str):
            yield f"systematics.{name}", float(stated), "gaussian"
    for name, table in tables.get("background", {}).items():
        yield f"background.{name}.uncertainty", table.uncertainty, table.constraint


def check_combinations(experiment: "Experiment", tables: Mapping[str, Any]) -> Found:
    """Compare what several keys say together.

    Parameters
    ----------
    experiment : Experiment
    tables : mapping of str to table

    Returns
    -------
    errors, warnings : list of CardFault
    """
    errors: list[CardFault] = []
    warnings: list[CardFault] = []
    geometry: Geometry | None = getattr(experiment.normalisation, "geometry", None)
    if geometry is not None:
        _check_density(experiment, geometry, tables, errors, warnings)
        warnings += _place_of_source(geometry)
    if tables["source"].activity is not None and geometry is not None:
        warnings += _source(experiment, geometry, tables)
    _check_decays(experiment, errors, warnings)
    fit = tables.get("fit")
    if fit is not None and fit.templates == "file":
        errors += _response_of_file(experiment)
    return errors, warnings


def _response_of_file(experiment: "Experiment") -> Iterator[CardFault]:
    """Find what the energies of `fit.template_file` cannot have: another response, or distances."""
    for systematic in experiment.systematics:
        if systematic.name in {"energy_scale", "resolution"}:
            yield CardFault(
                key=f"systematics.{systematic.name}",
                reason="varies the response of the card, which is not that of the energies in "
                "fit.template_file",
                suggestion='leave it out, or take fit.templates = "simulation"',
            )
    if experiment.detector.distance is not None:
        yield CardFault(
            key="detector.distance",
            reason="needs measured distances, and the events of fit.template_file have energies only",
            suggestion="leave it out",
        )


def _check_density(
    experiment: "Experiment",
    geometry: "Geometry",
    tables: Mapping[str, Any],
    errors: list[CardFault],
    warnings: list[CardFault],
) -> None:
    """Compare the target with the volume that holds it."""
    mass = tables["detector"].mass
    key, amount, unit, limits = "detector.mass", mass, "g/cm3", _DENSITY
    if mass is None:
        key, amount, unit, limits = (
            "detector.electrons",
            tables["detector"].electrons,
            "/cm3",
            _ELECTRON_DENSITY,
        )
    if amount is None:
        return
    low, high, most = limits
    density = amount / geometry.volume
    reason = f"makes {density:.3g} {unit} in the {geometry.volume:.3g} cm3 of [geometry]"
    if density > most:
        advice = "check the target's mass or electrons, and its size"
        errors.append(CardFault(key=key, reason=f"{reason}, which no matter has", suggestion=advice))
    elif not low <= density <= high:
        reason = f"{reason}: {low:g} to {high:g} is plausible"
        warnings.append(CardFault(key=key, reason=reason))


def _place_of_source(geometry: "Geometry") -> Iterator[CardFault]:
    """Warn of a source that is where the target is; one at its centre is a usual idealisation."""
    if any(geometry.source_centre) and geometry.holds(geometry.source_centre):
        place = "geometry.source_distance" if getattr(geometry, "source_distance", 0.0) else "geometry"
        yield CardFault(
            key=place,
            reason="the centre of the source is inside the target, which leaves no room for it: events are "
            "expected in its place, too",
            suggestion='give source_distance or source_position outside, or shape = "shell" around it',
        )


def _source(experiment: "Experiment", geometry: "Geometry", tables: Mapping[str, Any]) -> Iterator[CardFault]:
    """Compare an activity with the isotope that it takes, and with the flux that it makes."""
    source, activity = experiment.source, tables["source"].activity
    number = re.search(r"\d+$", tables["source"].isotope or "")
    if number is not None and math.isfinite(source.half_life):
        mass = activity * source.half_life / math.log(2) * int(number[0]) / _AVOGADRO
        if mass > _ISOTOPE:
            reason = f"takes {write_quantity(mass, 't', digits=3)} of {tables['source'].isotope} alone"
            yield CardFault(key="source.activity", reason=f"{reason}: up to 1 t is plausible")
    flux = activity * geometry.mean_inverse_square() * source.intensity
    if flux > _FLUX:
        reason = f"makes a mean flux of {flux:.3g} /cm2/s in the target: up to {_FLUX:g} is plausible"
        yield CardFault(key="source.activity", reason=reason)


def _check_decays(experiment: "Experiment", errors: list[CardFault], warnings: list[CardFault]) -> None:
    """Compare the time from the stated moment to the exposure with half-lives."""
    start = experiment.exposure.start
    decaying = {"the source": experiment.source.half_life}
    decaying |= {
        f"the background {b.name}": getattr(b, "half_life", math.inf) for b in experiment.backgrounds
    }
    for name, half_life in decaying.items():
        lives = start / half_life
        if abs(lives) > _HALF_LIVES[0]:
            left = f"{write_quantity(start, 'd', digits=4)} is {lives:.4g} half-lives of {name}"
            what = CardFault(
                key="exposure.start", reason=left, suggestion=f"up to {_HALF_LIVES[0]:g} are plausible"
            )
            (errors if abs(lives) > _HALF_LIVES[1] else warnings).append(what)
