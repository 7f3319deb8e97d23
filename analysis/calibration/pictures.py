"""A small picture of a calibration: its thresholds beside those of Wilks."""

from typing import TYPE_CHECKING

from scipy.special import chdtri

from analysis.quotation import name_with_unit, scale_of
from analysis.representation import METHOD_COLOURS, percent
from simgen.pictures import Layer, Level, Points, picture

if TYPE_CHECKING:
    from analysis.calibration.table import Calibration

__all__ = ["threshold_picture"]

_LEVEL = 0.95


def threshold_picture(table: "Calibration") -> str:
    """Draw the thresholds of Feldman and Cousins at 95 % as SVG; empty if there are too few good toys."""
    try:
        found = table.thresholds("feldman-cousins", _LEVEL)
    except ValueError:
        return ""
    scale = scale_of(table.parameter, *map(float, found.values[[0, -1]]))
    wilks = float(chdtri(1, 1 - _LEVEL))
    layers: list[Layer] = [
        Level(y=wilks, label=f"Wilks {wilks:.4g}"),
        Points(
            x=(found.values * scale.factor).tolist(),
            y=found.centre.tolist(),
            low=found.low.tolist(),
            high=found.high.tolist(),
            colour=METHOD_COLOURS["feldman-cousins"],
        ),
    ]
    name = name_with_unit(f"true {table.parameter}", scale)
    about = f"Thresholds of {table.parameter} at {percent(_LEVEL)}"
    return picture(about, layers, x=name, y=f"threshold at {percent(_LEVEL)}")
