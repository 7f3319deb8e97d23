"""`nugauge list`: what can be named in a card."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from macros.console import emit_json, print_table, say
from macros.options import JsonOption

__all__ = ["list_"]


class Kind(StrEnum):
    """What to list."""

    PRESETS = "presets"
    SOURCES = "sources"
    MODELS = "models"
    DETECTORS = "detectors"


def list_(
    kind: Annotated[Kind | None, typer.Argument(help="Only these.", show_default=False)] = None,
    as_json: JsonOption = False,
) -> None:
    """List presets, sources, models and detectors."""
    makers = {
        Kind.PRESETS: _presets,
        Kind.SOURCES: _sources,
        Kind.MODELS: _models,
        Kind.DETECTORS: _detectors,
    }
    chosen = [kind] if kind else list(Kind)
    entries = {k: makers[k]() for k in chosen}
    if as_json:
        emit_json({str(k): [entry[0] for entry in entries[k]] for k in chosen})
        return
    for k in chosen:
        if len(chosen) > 1:
            say(f"{typer.style(k, bold=True)}")
        print_table(("name", "what it is"), entries[k])
        if k != chosen[-1]:
            say()


def _presets() -> list[tuple[str, str]]:
    from macros.card import preset_text, presets

    return [(name, preset_text(name).splitlines()[0].lstrip("# ")) for name in presets()]


def _sources() -> list[tuple[str, str]]:
    from simgen.sources import SOURCES, Lines
    from simgen.units import write_quantity

    rows = []
    for name, make in SOURCES.items():
        source = make("modern")
        parts = []
        for component in source.components:
            spectrum = component.spectrum
            kind = f"{len(spectrum.energies)} lines" if isinstance(spectrum, Lines) else "beta spectrum"
            parts.append(
                f"{component.flavour}, {kind} up to {write_quantity(spectrum.endpoint, 'keV', digits=5)}"
            )
        life = write_quantity(source.half_life, "d", digits=5)
        rows.append((name, f'{"; ".join(parts)}; half-life {life} (data = "modern"; also "paper")'))
    return rows


def _models() -> list[tuple[str, str]]:
    return [
        ("SM", "standard model"),
        ("E6", 'extra U(1) of E6, eqs. (6)-(8): beta = "chi", "psi", "eta" or an angle; gamma or mass; phi'),
        ("LR", "left-right symmetric, eqs. (10)-(11): gamma or mass; phi"),
    ]


def _detectors() -> list[tuple[str, str]]:
    from macros.card import load_card, presets

    found: dict[str, list[Any]] = {}
    for preset in presets():
        found.setdefault(load_card(preset).experiment.detector.name, []).append(preset)
    return [(name, f"in {', '.join(names)}") for name, names in found.items()]
