"""From the table [exposure] of a card to the exposure: times, or mass × time."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from macros.card.checks import FaultList
from macros.card.tables import UNIT_MASS, AmountTable, ExposureTable, has_amount

if TYPE_CHECKING:
    from simgen.rates import Exposure

__all__ = ["build_exposure", "check_amount"]


def build_exposure(table: ExposureTable | AmountTable, faults: FaultList) -> "Exposure | None":
    """Make the exposure."""
    from simgen.rates import Exposure

    with faults.at("exposure"):
        if isinstance(table, AmountTable):
            return Exposure(duration=table.amount / UNIT_MASS)
        return Exposure(start=table.start, duration=table.duration)
    return None


def check_amount(tables: Mapping[str, Any], faults: FaultList) -> None:
    """Report what does not go with an exposure in mass × time.

    Parameters
    ----------
    tables : mapping of str to table
        Those that are valid in themselves.
    faults : FaultList
    """
    if not has_amount(faults.document):
        return
    source, detector, run = (tables.get(name) for name in ("source", "detector", "run"))
    for key in ("activity", "events"):
        if source is not None and getattr(source, key) is not None:
            reason = "does not go with an exposure in mass × time, which has neither a size nor a moment"
            faults.add(f"source.{key}", reason, "give a flux, or state exposure.start and exposure.duration")
    for key in ("mass", "electrons"):
        if detector is not None and getattr(detector, key) is not None:
            faults.add(f"detector.{key}", "stands in exposure.amount already, mass × time", "leave it out")
    if detector is not None and detector.target is None:
        faults.add("detector.target", "is missing", 'of the mass in exposure.amount, for example "C9H12"')
    for name, background in tables.get("background", {}).items():
        if background.half_life < float("inf"):
            reason = "counts from a moment in time, which an exposure in mass × time has not"
            faults.add(f"background.{name}.half_life", reason, 'leave it out, or write "none"')
    if run is not None and "time" in run.columns:
        faults.add("run.columns", "asks for times, and an exposure in mass × time has none", "leave them out")
