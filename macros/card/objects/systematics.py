"""From the table [systematics] of a card to the uncertainties of an experiment."""

from typing import TYPE_CHECKING

from macros.card.checks import FaultList
from macros.card.tables import SystematicsTable, SystematicTable

if TYPE_CHECKING:
    from detsim.detector import Detector
    from detsim.systematics import Systematic
    from simgen.interaction import Model

__all__ = ["build_systematics"]

_UNIT = 0.1
"""Unit of the fit of what is not constrained."""


def build_systematics(
    table: SystematicsTable, detector: "Detector", model: "Model", poi: str | None, faults: FaultList
) -> "tuple[Systematic, ...]":
    """Make the uncertainties.

    Parameters
    ----------
    table : SystematicsTable
    detector : Detector
        Whose resolution has to be one, if it is uncertain.
    model : Model
        Whose sin²θ_W has to stay in its range.
    poi : str or None
        Parameter of interest of the fit.
    faults : FaultList
    """
    from detsim.systematics import SHAPES, Systematic

    built = []
    for name, stated in table:
        path = f"systematics.{name}"
        if stated == 0:
            continue
        if stated == "free" and name in SHAPES:
            faults.add(
                path,
                "changes the shape, and needs the step at which it is folded again",
                'for example { uncertainty = 0.01, constraint = "free" }',
            )
            continue
        if isinstance(stated, SystematicTable):
            systematic = Systematic(name=name, uncertainty=stated.uncertainty, constraint=stated.constraint)
        elif stated == "free":
            systematic = Systematic(name=name, uncertainty=_UNIT, constraint="free")
        else:
            systematic = Systematic(name=name, uncertainty=stated)
        if name in SHAPES:
            _check_shape(systematic, path, detector, model, poi, faults)
        built.append(systematic)
    return tuple(built)


def _check_shape(
    systematic: "Systematic",
    path: str,
    detector: "Detector",
    model: "Model",
    poi: str | None,
    faults: FaultList,
) -> None:
    """Check that the quantity exists, and does one standard deviation up and down."""
    name, uncertainty = systematic.name, systematic.uncertainty
    if uncertainty >= 1:
        faults.add(
            path, f"must be below 1, got {uncertainty:g}", "a relative standard deviation such as 0.01"
        )
    elif name == "resolution" and detector.resolution.perfect:
        faults.add(
            path,
            f"is that of a smearing, and the resolution of {detector.name} is perfect",
            "leave it out, or state detector.resolution",
        )
    elif name == "sin2_theta_w" and poi == name:
        faults.add(path, "is of the parameter that is fitted", "leave it out, or choose another fit.poi")
    elif name == "sin2_theta_w":
        with faults.at(path):
            model.vary(sin2_theta_w=(1 + uncertainty) * model.sin2_theta_w)
