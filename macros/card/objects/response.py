"""From the table [detector] of a card to the response: smearing, efficiency, quenching."""

from typing import TYPE_CHECKING, Literal

from macros.card.checks import FaultList
from macros.card.objects.number_tables import build_curve
from macros.card.tables import CurveTable, EfficiencyTable, QuenchingTable, ResolutionTable

if TYPE_CHECKING:
    from detsim.detector import EfficiencyCurve, Quenching, Smearing

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
                curve = build_curve(table, "sigma", table.sigma, faults, path)
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
        curve = build_curve(table, "values", table.values, faults, path)
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
            curve = build_curve(table, "ratio", table.ratio, faults, path)
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
