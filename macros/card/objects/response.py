"""From the table [detector] of a card to the response: smearing, efficiency, quenching."""

from typing import TYPE_CHECKING, Literal

from macros.card.checks import FaultList
from macros.card.tables import CurveTable, EfficiencyTable, QuenchingTable, ResolutionTable

if TYPE_CHECKING:
    from detsim.detector import Curve, EfficiencyCurve, Quenching, Smearing
    from detsim.formats import Columns

__all__ = ["build_efficiency", "build_quenching", "build_resolution"]


def build_resolution(
    table: Literal["perfect"] | ResolutionTable, faults: FaultList, path: str = "detector.resolution"
) -> "Smearing | None":
    """Make the smearing."""
    from detsim.detector import PhotoElectrons, Resolution, TabulatedResolution

    if isinstance(table, str):
        return Resolution()
    kind = _one_kind(table, faults, path, 'write "perfect" if the energy is not smeared')
    with faults.at(path):
        match kind:
            case "photoelectrons":
                return PhotoElectrons(light_yield=table.photoelectrons or 0.0)
            case "a table":
                curve = _curve(table, "sigma", table.sigma, faults, path)
                return None if curve is None else TabulatedResolution(curve=curve)
            case "a Gaussian":
                gaussian = Resolution(
                    constant=table.constant or 0.0,
                    stochastic=table.at_1MeV or 0.0,
                    proportional=table.proportional or 0.0,
                )
                if not gaussian.perfect:
                    return gaussian
                faults.add(path, "says nothing", 'write "perfect" if the energy is not smeared')
    return None


def build_efficiency(
    table: float | EfficiencyTable, faults: FaultList, path: str = "detector.efficiency"
) -> "float | EfficiencyCurve | None":
    """Make the efficiency."""
    from detsim.detector import EfficiencyCurve

    if not isinstance(table, EfficiencyTable):
        return table
    with faults.at(path):
        curve = _curve(table, "values", table.values, faults, path)
        return None if curve is None else EfficiencyCurve(curve=curve, energy=table.energy)
    return None


def build_quenching(
    table: Literal["none"] | QuenchingTable, faults: FaultList, path: str = "detector.quenching"
) -> "Quenching | None":
    """Make the quenching; None if there is none, or a fault."""
    from detsim.detector import quenching

    if isinstance(table, str):
        return None
    kind = _one_kind(table, faults, path, 'write "none" if the visible energy is the true one')
    with faults.at(path):
        if kind == "a table":
            curve = _curve(table, "ratio", table.ratio, faults, path)
            return None if curve is None else quenching.QuenchingTable(curve=curve)
        if kind == "kB":
            missing = [key for key in ("kB", "mean_excitation") if getattr(table, key) is None]
            for key in missing:
                faults.add_missing(f"{path}.{key}")
            if not missing:
                return quenching.Birks(kB=table.kB or 0.0, mean_excitation=table.mean_excitation or 0.0)
    return None


def _one_kind(table: CurveTable, faults: FaultList, path: str, nothing: str) -> str | None:
    """Tell which of several kinds of statement a table makes; more than one, or none, is a fault."""
    stated = [k.name for k in table.kinds if any(getattr(table, key) is not None for key in k.keys)]
    if len(stated) == 1:
        return stated[0]
    if stated:
        faults.add(path, f"states {' and '.join(stated)}", "give one of them")
    else:
        faults.add(path, "says nothing", nothing)
    return None


def _curve(
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
    if table.unit is None:
        faults.add(f"{path}.unit", "is missing", 'of the energies in the table: "eV", "keV", "MeV" or "GeV"')
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
    from simgen.units import read_quantity

    if any(fault.key == f"{path}.table" for fault in faults.faults):
        return None
    column = "efficiency" if name == "values" else name
    try:
        columns = read_columns(str(table.table), ("energy", column), at_least=2)
        columns.require_ascending("energy")
        _check_rows(columns, column, table)
    except FileError as error:
        faults.add(f"{path}.table", str(error))
        return None
    unit = read_quantity(f"1 {table.unit}", "energy")
    factor = unit if name == "sigma" else 1.0
    return Curve(
        energies=tuple((columns.column("energy") * unit).tolist()),
        values=tuple((columns.column(column) * factor).tolist()),
    )
