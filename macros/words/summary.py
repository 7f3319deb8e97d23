"""Summary of a card, as rows for a person and as keys for a program."""

import math
from typing import TYPE_CHECKING, Any

from macros.card import Card
from macros.card.tables import UNIT_MASS, has_amount
from macros.terminal import format_number
from macros.words.card_notes import note_facts, note_rows
from macros.words.description import (
    describe_geometry,
    describe_half_life,
    describe_response,
    describe_source,
    describe_uncertainty,
)
from macros.words.recoil_cutoff import cutoff
from simgen.units import write_quantity

if TYPE_CHECKING:
    from detsim.backgrounds import Background, FlatBackground
    from detsim.detector import Detector
    from detsim.systematics import Systematic

__all__ = ["analysis_facts", "analysis_rows", "experiment_facts", "experiment_rows"]

_BINDING = {
    "free": "free: every electron takes part",
    "shells": "shells: electrons bound by more than the recoil energy do not take part",
}


def experiment_rows(card: Card) -> list[tuple[str, str]]:
    """Describe the experiment of a plain card."""
    experiment, detector = card.experiment, card.experiment.detector
    backgrounds = [_background(b, card) for b in experiment.backgrounds]
    spectra = [f"{b.name} {_shape(b, card)}" for b in experiment.backgrounds]
    uncertainties = [f"{s.name} {describe_uncertainty(s)}" for s in experiment.systematics]
    threshold = _keV(detector.threshold) if math.isfinite(detector.threshold) else "none"
    return [
        ("experiment", experiment.name),
        ("source", f"{describe_source(experiment)}{_data_set(card)}"),
        ("geometry", describe_geometry(experiment)),
        ("electrons", _electrons(card)),
        ("binding", _BINDING[detector.binding]),
        ("threshold", threshold),
        ("bins", _bins(detector)),
        ("response", describe_response(detector)),
        _exposure(card),
        ("backgrounds", "; ".join(backgrounds) or "none"),
        *([("spectra", "; ".join(spectra))] if spectra else []),
        ("known to", ", ".join(uncertainties) or "exact"),
        *_left_out(card),
        *note_rows(card),
    ]


def analysis_rows(card: Card) -> list[tuple[str, str]]:
    """Describe model and fit."""
    parameters = [f"{name} = {value:g}" for name, value in card.model.parameters.items()]
    return [
        ("model", f"{card.model.label}, {card.model.corrections}"),
        ("parameters", ", ".join(parameters)),
        ("fit", f"{card.fit.poi}, {card.fit.likelihood}{_templates(card)}"),
    ]


def _templates(card: Card) -> str:
    """Say how the expected signal is folded, if not by quadrature."""
    of = {"simulation": f"{card.fit.template_events} simulated events", "file": card.fit.template_file}
    return f", templates of {of[card.fit.templates]}" if card.fit.templates in of else ""


def experiment_facts(card: Card) -> dict[str, Any]:
    """Return the keys of the experiment of a plain card; MeV, s, and g s of mass × time."""
    experiment, detector = card.experiment, card.experiment.detector
    duration = experiment.exposure.duration
    return {
        "experiment": experiment.name,
        "n_electrons": detector.target.n_electrons,
        "target": detector.target.material,
        "binding": detector.binding,
        "threshold": detector.threshold,
        "edges": list(detector.edges),
        **({} if detector.distance is None else {"distance_edges": list(detector.distance.edges)}),
        "response": describe_response(detector),
        "start": experiment.exposure.start,
        "duration": duration,
        **({"amount": UNIT_MASS * duration} if has_amount(card.document) else {}),
        "source": experiment.source.name,
        "data": card.document.get("source", {}).get("data"),
        "geometry": describe_geometry(experiment),
        "backgrounds": [b.name for b in experiment.backgrounds],
        "background_half_lives": {b.name: b.half_life for b in experiment.backgrounds},
        **cutoff(experiment, card.model).facts(),
        **note_facts(card),
        "systematics": {
            **{s.name: _uncertainty(s) for s in experiment.systematics},
            **{f"background_{b.name}": _uncertainty(b) for b in experiment.backgrounds if b.uncertainty},
        },
    }


def analysis_facts(card: Card) -> dict[str, Any]:
    """Return the keys of model and fit."""
    return {
        "model": card.model.label,
        "corrections": card.model.corrections,
        "parameters": card.model.parameters,
        "poi": card.fit.poi,
        "likelihood": card.fit.likelihood,
    }


def _keV(energy: float) -> str:
    return write_quantity(energy, "keV", digits=5)


def _bins(detector: "Detector") -> str:
    edges, distance = detector.edges, detector.distance
    bins = f"{detector.n_energy_bins}, {_keV(edges[0])} to {_keV(edges[-1])}"
    if distance is None:
        return bins
    near, far = (write_quantity(L, "m", digits=5) for L in (distance.edges[0], distance.edges[-1]))
    return f"{distance.n_bins} distances, {near} to {far}, of {bins} each"


def _left_out(card: Card) -> list[tuple[str, str]]:
    result = cutoff(card.experiment, card.model)
    if not result.energy:
        return []
    lost = "an unknown part" if result.fraction is None else format_number(result.fraction, 3)
    return [("recoils", f"above {_keV(result.energy)}; {lost} of the recorded signal is left out")]


def _exposure(card: Card) -> tuple[str, str]:
    duration = card.experiment.exposure.duration
    if not has_amount(card.document):
        start = write_quantity(card.experiment.exposure.start, "d", digits=6)
        scale = card.experiment.scale
        part = "" if scale == 1 else f"; the data stand for {format_number(scale, 4)} times as much"
        return "live time", f"{write_quantity(duration, 'd', digits=6)}, from {start} on{part}"
    amount = write_quantity(UNIT_MASS * duration, "t*yr", digits=6)
    return "exposure", f"{amount}, as 1 t for {write_quantity(duration, 'yr', digits=6)}"


def _per_mass(rate: str, card: Card) -> str:
    """Write a rate in the detector as the card states it: of 1 t where the exposure is mass × time."""
    return rate.replace("/d", "/t/d") if has_amount(card.document) else rate


def _background(background: "Background | FlatBackground", card: Card) -> str:
    """Describe rate, half-life and uncertainty of a background; a decaying one has its rate at t = 0."""
    rate = _per_mass(write_quantity(background.rate, "/d", digits=4), card)
    life = describe_half_life(background.half_life)
    at = [rate] if math.isinf(background.half_life) else [f"{rate} at t = 0", life]
    return f"{background.name} {', '.join([*at, describe_uncertainty(background)])}"


def _shape(background: "Background | FlatBackground", card: Card) -> str:
    """Describe the spectrum of a background by its shape and its range."""
    shape = card.document["background"][background.name]["shape"]
    low, high = (_keV(float(background.spectrum.knots[i])) for i in (0, -1))
    return f"{shape} at {low}" if low == high else f"{shape} from {low} to {high}"


def _data_set(card: Card) -> str:
    """Say which data of the isotope are used; nothing for spectra of the user's own."""
    source = card.document.get("source", {})
    stated = f"; {source['data']} data" if source.get("data") else ""
    if source.get("isotope") == "Ce144":
        stated += f", {source.get('pr144_shape', 'measured')} shape of 144Pr"
    return stated


def _electrons(card: Card) -> str:
    """Describe the target: its electrons, its mass if it is stated, what it is made of."""
    target = card.experiment.detector.target
    mass = card.document["detector"].get("mass")
    parts = [mass and f"in {mass}", target.material and f"of {target.material}"]
    return " ".join([format_number(target.n_electrons), *filter(None, parts)])


def _uncertainty(of: "Systematic | Background | FlatBackground") -> dict[str, Any]:
    return {"uncertainty": of.uncertainty, "constraint": of.constraint, "common": of.common}
