"""Tables of numbers that a card names, or states in itself: spectra and curves."""

from typing import TYPE_CHECKING, Protocol

from macros.card.checks import FaultList
from macros.card.tables import CurveTable, EfficiencyTable

if TYPE_CHECKING:
    from detsim.detector import Curve
    from detsim.formats import Columns
    from simgen.sources import HistogramSpectrum, TableSpectrum

__all__ = ["build_curve", "read_file_spectrum"]


class _FileTable(Protocol):
    """A table of a card that names a file, with the unit of the energies in it."""

    @property
    def table(self) -> str | None: ...
    @property
    def unit(self) -> str | None: ...


def read_file_spectrum(
    table: _FileTable, path: str, faults: FaultList
) -> "TableSpectrum | HistogramSpectrum | None":
    """Read the spectrum in a file: energies, densities or contents; None, with a fault, if it has none."""
    from detsim.files import FileError
    from detsim.formats import read_spectrum

    unit = _file_unit(table, path, faults)
    if unit is None:
        return None
    try:
        return read_spectrum(str(table.table), unit=unit)
    except FileError as error:
        faults.add(f"{path}.table", str(error))
    return None


def _file_unit(table: _FileTable, path: str, faults: FaultList) -> float | None:
    """Return the unit of the energies in a file [MeV]; None if it is not stated, or the file not readable."""
    from simgen.units import read_quantity

    if table.unit is None:
        faults.add(f"{path}.unit", "is missing", 'of the energies in the table: "eV", "keV", "MeV" or "GeV"')
        return None
    if any(fault.key == f"{path}.table" for fault in faults.faults):
        return None
    return read_quantity(f"1 {table.unit}", "energy")


def build_curve(
    table: CurveTable, name: str, values: list[float] | None, faults: FaultList, path: str
) -> "Curve | None":
    """Read a table: a file with the columns energy and the quantity's name, or two lists."""
    from detsim.detector import Curve

    if (table.table is None) == (table.energies is None):
        faults.add(path, f"needs either a table or energies and {name}", 'for example table = "table.csv"')
        return None
    if table.energies is not None:
        if table.unit is not None:
            faults.add(f"{path}.unit", "belongs to a table", "leave it out")
        if values is None:
            faults.add(f"{path}.{name}", "is missing", "one value for each of the energies")
            return None
        return Curve(energies=tuple(table.energies), values=tuple(values))
    if values is not None:
        faults.add(f"{path}.{name}", "is a column of the table", "leave it out")
        return None
    return _curve_of_file(table, name, faults, path)


def _check_rows(columns: "Columns", column: str, table: CurveTable) -> None:
    """Check single rows, which the objects made of them would report without file and line."""
    energies, values = columns.column("energy"), columns.column(column)
    if not (isinstance(table, EfficiencyTable) and table.energy == "measured"):
        columns.require(energies >= 0, "energy", "must be at least 0")
    match column:
        case "efficiency":
            columns.require((values >= 0) & (values <= 1), column, "must be from 0 to 1")
        case "ratio":
            columns.require(values > 0, column, "must be above 0")
        case _:
            columns.require(values >= 0, column, "must be at least 0")


def _curve_of_file(table: CurveTable, name: str, faults: FaultList, path: str) -> "Curve | None":
    from detsim.detector import Curve
    from detsim.files import FileError
    from detsim.formats import read_columns

    unit = _file_unit(table, path, faults)
    if unit is None:
        return None
    column = "efficiency" if name == "values" else name
    try:
        columns = read_columns(str(table.table), ("energy", column), at_least=2)
        columns.require_ascending("energy")
        _check_rows(columns, column, table)
    except FileError as error:
        faults.add(f"{path}.table", str(error))
        return None
    factor = unit if name == "sigma" else 1.0
    return Curve(
        energies=tuple((columns.column("energy") * unit).tolist()),
        values=tuple((columns.column(column) * factor).tolist()),
    )
