"""From the tables [background.NAME] of a card to the backgrounds."""

from typing import TYPE_CHECKING

from macros.card.checks import FaultList
from macros.card.objects.number_tables import read_file_spectrum
from macros.card.tables import (
    UNIT_MASS,
    FlatTable,
    LineBackgroundTable,
    PowerTable,
    SpectrumTable,
    has_amount,
)

if TYPE_CHECKING:
    from detsim.backgrounds import Background, FlatBackground
    from simgen.deposits import Spectrum

__all__ = ["build_background"]


def build_background(
    name: str, table: FlatTable | PowerTable | LineBackgroundTable | SpectrumTable, faults: FaultList
) -> "Background | FlatBackground | None":
    """Make a background."""
    from detsim.backgrounds import Background

    path = f"background.{name}"
    if table.constraint == "free" and table.uncertainty == 0:
        faults.add(
            f"{path}.uncertainty",
            'fixes the rate at 0, and constraint = "free" frees it',
            "give the step of the fit, for example 0.1",
        )
    with faults.at(path):
        spectrum = _spectrum(table, path, faults)
        if spectrum is None:
            return None
        return Background(
            name=name,
            spectrum=spectrum,
            rate=table.rate * (UNIT_MASS if has_amount(faults.document) else 1.0),
            smeared=isinstance(table, LineBackgroundTable) or table.smeared,
            half_life=table.half_life,
            uncertainty=table.uncertainty,
            constraint=table.constraint,
            common=table.common,
        )
    return None


def _spectrum(
    table: FlatTable | PowerTable | LineBackgroundTable | SpectrumTable, path: str, faults: FaultList
) -> "Spectrum | None":
    from simgen.deposits import Line, PowerLaw, Uniform

    match table:
        case FlatTable():
            return Uniform(low=table.low, high=table.high)
        case PowerTable():
            return PowerLaw(index=table.index, low=table.low, high=table.high)
        case LineBackgroundTable():
            return Line(energy=table.energy)
        case _:
            return _tabulated(table, path, faults)


def _tabulated(table: SpectrumTable, path: str, faults: FaultList) -> "Spectrum | None":
    from simgen.deposits import Tabulated

    inline = table.edges is not None or table.contents is not None
    if inline == (table.table is not None):
        faults.add(path, "needs either a table or edges and contents", 'for example table = "histogram.csv"')
        return None
    if table.table is not None:
        return _from_file(table, path, faults)
    if table.unit is not None:
        faults.add(f"{path}.unit", "belongs to a table", "leave it out")
    missing = [key for key in ("edges", "contents") if getattr(table, key) is None]
    for key in missing:
        faults.add(f"{path}.{key}", "is missing", "a histogram has both, and one edge more than contents")
    if missing or table.unit is not None:
        return None
    return Tabulated.histogram(table.edges or (), table.contents or ())


def _from_file(table: SpectrumTable, path: str, faults: FaultList) -> "Spectrum | None":
    from simgen.deposits import Tabulated
    from simgen.sources import HistogramSpectrum

    spectrum = read_file_spectrum(table, path, faults)
    if spectrum is None:
        return None
    if isinstance(spectrum, HistogramSpectrum):
        return Tabulated.histogram(spectrum.edges, spectrum.contents)
    return Tabulated(energies=spectrum.energies, densities=spectrum.densities)
