"""`nugauge check`: whether a card is valid, and what it describes."""

import math
from typing import TYPE_CHECKING, Any

from macros.card.exposure import UNIT_MASS, has_amount
from macros.console import emit_json, format_number, print_table, warn
from macros.description import describe_geometry, describe_source, describe_uncertainty
from macros.options import CardArgument, JsonOption, SetOption
from macros.response import describe_response

if TYPE_CHECKING:
    from analysis.results import LimitResult
    from detsim.backgrounds import Background, FlatBackground
    from detsim.systematics import Systematic
    from macros.card import Card
    from macros.outlook import Outlook

__all__ = ["check", "describe"]


def check(card: CardArgument, override: SetOption = None, as_json: JsonOption = False) -> None:
    """Check a card; show what it describes, and what a run of it would give and take."""
    from macros.card import load_card

    loaded = load_card(card, override or ())
    from macros.outlook import outlook

    found = outlook(loaded)
    if as_json:
        emit_json(
            {
                "card": loaded.name,
                "valid": True,
                **describe(loaded),
                "expected": {
                    "generated": found.generated,
                    "recorded": found.recorded,
                    "in_bins": found.in_bins,
                    "per_day": found.recorded / loaded.experiment.exposure.duration * 86400,
                },
                "limit": found.limit
                and {
                    "upper": found.limit.upper,
                    "M_Zprime_GeV": found.limit.M_Zprime_GeV,
                    "level": found.limit.level,
                    "method": found.limit.method,
                },
                "warnings": found.warnings,
                "run": {"seconds": found.seconds, "bytes": found.bytes},
                "document": loaded.document,
            }
        )
        return
    print_table(("card", loaded.name), [*_rows(loaded), *_prospects(loaded, found)])
    for text in found.warnings:
        warn(text)


def _prospects(card: "Card", found: "Outlook") -> list[tuple[str, str]]:
    days = card.experiment.exposure.duration / 86400
    rate = f"{found.recorded / days:.4g} recorded a day"
    generated = "not finite" if found.generated is None else f"{found.generated:.5g}"
    return [
        ("expected", f"{generated} drawn, {found.recorded:.5g} recorded, {found.in_bins:.5g} in the bins"),
        ("rate", f"{rate} and tonne" if has_amount(card.document) else rate),
        ("expected limit", _reach(found.limit)),
        ("time", "–" if found.seconds is None else f"about {found.seconds:.2g} s to simulate"),
        ("disk", f"at most {found.bytes / 1e6:.3g} MB of events"),
    ]


def _reach(limit: "LimitResult | None") -> str:
    if limit is None or limit.upper is None:
        return "none"
    mass = f", M_Z' > {limit.M_Zprime_GeV:.4g} GeV" if limit.M_Zprime_GeV else ""
    at = f"{100 * limit.level:g} % {limit.method}"
    return f"{limit.parameter} < {format_number(limit.upper)}{mass} at {at}"


def _exposure(card: "Card") -> tuple[str, str]:
    from simgen.units import write_quantity

    duration = card.experiment.exposure.duration
    if not has_amount(card.document):
        return "live time", write_quantity(duration, "d", digits=6)
    amount = write_quantity(UNIT_MASS * duration, "t*yr", digits=6)
    return "exposure", f"{amount}, as 1 t for {write_quantity(duration, 'yr', digits=6)}"


def _per_mass(rate: str, card: "Card") -> str:
    """Write a rate in the detector as the card states it: of 1 t where the exposure is mass × time."""
    return rate.replace("/d", "/t/d") if has_amount(card.document) else rate


def _rows(card: "Card") -> list[tuple[str, str]]:
    from simgen.units import write_quantity

    experiment, detector = card.experiment, card.experiment.detector
    edges, threshold = detector.edges, detector.threshold

    def keV(energy: float) -> str:
        return write_quantity(energy, "keV", digits=5)

    bins = f"{detector.n_energy_bins}, {keV(edges[0])} to {keV(edges[-1])}"
    if detector.distance is not None:
        near, far = (
            write_quantity(L, "m", digits=5) for L in detector.distance.edges[:: detector.distance.n_bins]
        )
        bins = f"{detector.distance.n_bins} distances, {near} to {far}, of {bins} each"
    backgrounds = [
        f"{b.name} {_per_mass(write_quantity(b.rate, '/d', digits=4), card)}, {describe_uncertainty(b)}"
        for b in experiment.backgrounds
    ]
    known = [f"{s.name} {describe_uncertainty(s)}" for s in experiment.systematics]
    parameters = [f"{name} = {value:g}" for name, value in card.model.parameters.items()]
    return [
        ("experiment", experiment.name),
        ("source", describe_source(experiment)),
        ("geometry", describe_geometry(experiment)),
        ("electrons", format_number(detector.target.n_electrons)),
        ("threshold", keV(threshold) if math.isfinite(threshold) else "none"),
        ("bins", bins),
        ("response", describe_response(detector)),
        _exposure(card),
        ("backgrounds", "; ".join(backgrounds) or "none"),
        ("known to", ", ".join(known) or "exact"),
        ("model", f"{card.model.label}, {card.model.corrections}"),
        ("parameters", ", ".join(parameters)),
        ("fit", f"{card.fit.poi}, {card.fit.likelihood}"),
    ]


def _uncertainty(of: "Systematic | Background | FlatBackground") -> dict[str, Any]:
    return {"uncertainty": of.uncertainty, "constraint": of.constraint, "common": of.common}


def describe(card: "Card") -> dict[str, Any]:
    """Collect the facts of a card that cost nothing; energies in MeV, times in s, mass × time in g s."""
    experiment, detector = card.experiment, card.experiment.detector
    return {
        "experiment": experiment.name,
        "n_electrons": detector.target.n_electrons,
        "threshold": detector.threshold,
        "edges": list(detector.edges),
        **({} if detector.distance is None else {"distance_edges": list(detector.distance.edges)}),
        "duration": experiment.exposure.duration,
        **({"amount": UNIT_MASS * experiment.exposure.duration} if has_amount(card.document) else {}),
        "source": experiment.source.name,
        "geometry": describe_geometry(experiment),
        "backgrounds": [b.name for b in experiment.backgrounds],
        "systematics": {
            **{s.name: _uncertainty(s) for s in experiment.systematics},
            **{f"background_{b.name}": _uncertainty(b) for b in experiment.backgrounds if b.uncertainty},
        },
        "model": card.model.label,
        "corrections": card.model.corrections,
        "parameters": card.model.parameters,
        "poi": card.fit.poi,
        "likelihood": card.fit.likelihood,
    }
