"""From the table [source] of a card to the source."""

from typing import TYPE_CHECKING

from detsim.names import closest
from macros.card.checks import FaultList
from macros.card.objects.number_tables import read_file_spectrum
from macros.card.tables import ComponentTable, SourceTable

if TYPE_CHECKING:
    from simgen.sources import Component, Source, Spectrum

__all__ = ["build_source"]


def build_source(table: SourceTable, faults: FaultList) -> "Source | None":
    """Make the source."""
    if (table.isotope is None) == (table.components is None):
        faults.add("source", "needs either an isotope or components", 'for example isotope = "Cr51"')
        return None
    if table.isotope is not None:
        return _isotope(table, table.isotope, faults)
    return _own(table, faults)


def _isotope(table: SourceTable, isotope: str, faults: FaultList) -> "Source | None":
    from simgen.sources import SOURCES, source

    if table.data is None:
        faults.add("source.data", "is missing", '"modern" or "paper"')
    if table.half_life is not None:
        faults.add("source.half_life", "belongs to components; an isotope has its own", "leave it out")
    if isotope not in SOURCES:
        meant = closest(isotope, SOURCES)
        all_isotopes = f"known are {', '.join(SOURCES)}"
        faults.add(
            "source.isotope",
            f"unknown isotope {isotope!r}",
            f"did you mean {meant!r}? {all_isotopes}" if meant else all_isotopes,
        )
        return None
    if isotope == "Be7" and table.activity is not None:
        faults.add("source.activity", "of the Sun is no key", "give the flux at the Earth, or events")
    with faults.at("source"):
        return source(isotope, table.data or "modern", p_ee=table.p_ee, pr144_shape=table.pr144_shape)
    return None


def _own(table: SourceTable, faults: FaultList) -> "Source | None":
    from simgen.sources import Source

    for key in ("data", "p_ee", "pr144_shape"):
        if getattr(table, key) is not None:
            faults.add(f"source.{key}", "belongs to an isotope", "leave it out")
    if table.half_life is None:
        faults.add("source.half_life", "is missing", 'for example "27.7 d"; "none" for a constant source')
        return None
    components = [
        _component(c, f"source.components.{i}", faults) for i, c in enumerate(table.components or ())
    ]
    built = tuple(c for c in components if c is not None)
    if len(built) < len(components):
        return None
    with faults.at("source"):
        return Source(name="+".join(c.name for c in built), components=built, half_life=table.half_life)
    return None


def _component(table: ComponentTable, path: str, faults: FaultList) -> "Component | None":
    from simgen.flavours import Flavour
    from simgen.sources import Component

    if (table.lines is None) == (table.table is None):
        faults.add(path, "needs either lines or a table", 'for example table = "spectrum.csv"')
        return None
    spectrum = _lines(table, path, faults) if table.lines is not None else _table(table, path, faults)
    if spectrum is None:
        return None
    return Component(name=table.name, flavour=Flavour(table.flavour), spectrum=spectrum)


def _lines(table: ComponentTable, path: str, faults: FaultList) -> "Spectrum | None":
    from simgen.sources import Lines

    wrong = [key for key in ("unit", "intensity", "sha256") if getattr(table, key) is not None]
    for key in wrong:
        faults.add(f"{path}.{key}", "belongs to a table", "leave it out")
    if wrong:
        return None
    rows = table.lines or ()
    with faults.at(path):
        return Lines(
            energies=tuple(line.energy for line in rows), intensities=tuple(line.intensity for line in rows)
        )
    return None


def _table(table: ComponentTable, path: str, faults: FaultList) -> "Spectrum | None":
    spectrum = read_file_spectrum(table, path, faults)
    return spectrum if spectrum is None or table.intensity is None else spectrum.scaled(table.intensity)
