"""`nugauge list`: what can be named in a card."""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, Any

import typer

from macros.terminal import JsonOption, emit_json, number_of, print_table, say

__all__ = ["TERMS", "list_"]

_LONG = 1e8
"""Half-life [s] above which it is given in years."""
TERMS = [
    ("corrections", 'radiative corrections: "tree", "electroweak" or "full"'),
    ("delta_c_L, delta_c_L_order", "shift of the charged current, eqs. (4) and (5)"),
    ("mu_nu", "magnetic moment"),
    ("eps_L, eps_R", "non-standard neutral currents"),
    ("charge_radius, charge_radius_convention", 'charge radius, as "form-factor" or "texono"'),
    ("millicharge", "charge of the neutrino in e"),
    ("vector_coupling, vector_mass", "light vector mediator"),
    ("scalar_coupling, scalar_mass", "light scalar mediator"),
    ("sin2_2theta, delta_m2", "oscillation of ν_e into a sterile neutrino, over the distance to the source"),
]
"""Keys of a card's model, and what they switch on."""


class Kind(StrEnum):
    """What to list."""

    PRESETS = "presets"
    SOURCES = "sources"
    MODELS = "models"
    DETECTORS = "detectors"
    RESPONSES = "responses"
    BACKGROUNDS = "backgrounds"
    GEOMETRIES = "geometries"
    REFERENCES = "references"


_SHAPES = ("shape", "keys, [optional]", "what it is")
_HEADS = {
    Kind.RESPONSES: ("key", "value, { keys of a table }", "what it is"),
    Kind.BACKGROUNDS: _SHAPES,
    Kind.GEOMETRIES: _SHAPES,
}


def list_(
    kind: Annotated[
        Kind | None,
        typer.Argument(metavar="KIND", help="Only these.", show_default=False),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List what a card can name, or where numbers come from.

    These are presets, sources, models, detectors, responses, backgrounds and geometries; and, if named, the
    references of constants, isotopes and cross sections.
    """
    makers: dict[Kind, Callable[[], Sequence[tuple[str, ...]]]] = {
        Kind.PRESETS: _presets,
        Kind.SOURCES: _sources,
        Kind.MODELS: _models,
        Kind.DETECTORS: _detectors,
        Kind.RESPONSES: _responses,
        Kind.BACKGROUNDS: lambda: _shapes("background"),
        Kind.GEOMETRIES: lambda: _shapes("geometry"),
    }
    if kind is Kind.REFERENCES:
        _list_references(as_json)
        return
    chosen = [kind] if kind else list(makers)
    entries = {k: makers[k]() for k in chosen}
    if as_json:
        emit_json({str(k): [entry[0] for entry in entries[k] if entry[0]] for k in chosen})
        return
    for k in chosen:
        if len(chosen) > 1:
            say(k, bold=True)
        print_table(_HEADS.get(k, ("name", "what it is")), entries[k])
        if k is Kind.MODELS:
            say()
            say("terms on top of any of them, alone or together:")
            print_table(("keys", "what it is"), TERMS)
        if k != chosen[-1]:
            say()
    if kind is None:
        say()
        say("where the numbers come from: nugauge list references")


def _list_references(as_json: bool) -> None:
    """Write each number with what the source has, and the source."""
    from macros.reference import references

    found = references()
    if as_json:
        emit_json({"references": [asdict(each) for each in found]})
        return
    rows = [(each.what, each.ours, each.theirs or "the same", each.source) for each in found]
    print_table(("what", "used or computed", "source has", "source"), rows)


def _presets() -> list[tuple[str, str]]:
    from macros.card import preset_text, presets

    return [(name, preset_text(name).splitlines()[0].lstrip("# ")) for name in presets()]


def _sources() -> list[tuple[str, str]]:
    from simgen.sources import SOURCES
    from simgen.units import write_quantity

    rows = []
    for name, sets in SOURCES.items():
        source = sets["modern"]()
        parts = [f"{component.flavour}, {_spectrum(component.spectrum)}" for component in source.components]
        constant = math.isinf(source.half_life)
        unit = "y" if source.half_life > _LONG else "d"
        life = "constant" if constant else f"half-life {write_quantity(source.half_life, unit, digits=5)}"
        data = " or ".join(f'"{each}"' for each in sets)
        rows.append((name, f"{'; '.join(parts)}; {life} (data = {data})"))
    return rows


def _spectrum(spectrum: Any) -> str:
    from simgen.sources import Lines
    from simgen.units import write_quantity

    kind = number_of(len(spectrum.energies), "line") if isinstance(spectrum, Lines) else "beta spectrum"
    return f"{kind} up to {write_quantity(spectrum.endpoint, 'keV', digits=5)}"


def _models() -> list[tuple[str, str]]:
    return [
        ("SM", "standard model"),
        (
            "E6",
            'extra U(1) of E6, eqs. (6)-(8): beta = "chi", "psi", "eta" or an angle; gamma or mass; phi, or '
            "constrained = { tau = 2.0 }",
        ),
        ("LR", "left-right symmetric, eqs. (10)-(11): gamma or mass; phi, or constrained = true"),
    ]


def _detectors() -> list[tuple[str, str]]:
    from macros.card import load_card, presets

    found: dict[str, list[Any]] = {}
    for preset in presets():
        for experiment in load_card(preset).experiments:
            found.setdefault(experiment.detector.name, []).append(preset)
    return [(name, f"in {', '.join(names)}") for name, names in found.items()]


def _responses() -> list[tuple[str, str, str]]:
    from macros.card import responses

    return responses()


def _shapes(table: str) -> list[tuple[str, str, str]]:
    from macros.card import shapes

    return shapes(table)
