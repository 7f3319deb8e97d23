"""Small pictures of studies: coverage, expected limits, goodness of fit, comparisons."""

import math
from typing import TYPE_CHECKING

import numpy as np

from analysis.quotation import name_with_unit, scale_of
from analysis.representation import METHOD_COLOURS, percent
from simgen.pictures import BLUE, GREY, INK, VERMILION, Curve, Layer, Level, Points, Row, intervals, picture

if TYPE_CHECKING:
    from analysis.studies.compared_models import HypothesisComparison
    from analysis.studies.coverage_study import CoverageStudy
    from analysis.studies.expected_limits import Sensitivity
    from analysis.studies.goodness import GoodnessOfFit

__all__ = ["comparison_picture", "coverage_picture", "goodness_picture", "sensitivity_picture"]

_N_POINTS = 121
_TAIL = 5.0
"""Standard deviations of χ² that are shown."""


def coverage_picture(study: "CoverageStudy") -> str:
    """Draw the coverage of each method with its errors, beside the level; empty without a true value."""
    scale = scale_of(study.parameter, *(point.value for point in study.points))
    names = dict.fromkeys(name for point in study.points for name in point.methods)
    layers: list[Layer] = [Level(y=study.level)] if study.points else []
    for name in names:
        found = [(point.value * scale.factor, point.methods[name]) for point in study.points]
        layers.append(
            Points(
                x=[value for value, _ in found],
                y=[method.fraction for _, method in found],
                low=[method.low for _, method in found],
                high=[method.high for _, method in found],
                label=name,
                colour=METHOD_COLOURS.get(name, INK),
            )
        )
    about = f"Coverage of {study.parameter} at {percent(study.level)}"
    return picture(about, layers, x=name_with_unit(f"true {study.parameter}", scale), y="coverage")


def sensitivity_picture(found: "Sensitivity") -> str:
    """Draw the expected limit over the error per bin; empty where nothing is excluded."""
    pairs = [(e, x) for e, x in zip(found.errors, found.limit, strict=True) if x is not None]
    scale = scale_of(found.parameter, *(x for _, x in pairs))
    errors, limits = [e for e, _ in pairs], [x * scale.factor for _, x in pairs]
    colour = METHOD_COLOURS.get(found.method or "", BLUE)
    layers: list[Layer] = [
        Curve(x=errors, y=limits, colour=colour),
        Points(x=errors, y=limits, colour=colour),
    ]
    about = f"Expected limits on {found.parameter}"
    return picture(about, layers, x="error per bin", y=name_with_unit(found.parameter, scale))


def goodness_picture(found: "GoodnessOfFit") -> str:
    """Draw the density of χ² with the statistic of the data; empty without a degree of freedom."""
    if found.ndof < 1 or not math.isfinite(found.statistic):
        return ""
    n, half = found.ndof, found.ndof / 2
    low = 0.05 if n < 3 else 0.0
    high = max(n + _TAIL * math.sqrt(2 * n), found.statistic)
    x = np.linspace(low, high, _N_POINTS)[0 if low else 1 :]
    density = np.exp((half - 1) * np.log(x) - x / 2 - half * math.log(2) - math.lgamma(half))
    layers: list[Layer] = [
        Curve(x=x.tolist(), y=density.tolist(), label=f"χ², {n} d.o.f.", colour=BLUE),
        Level(x=found.statistic, label="data", colour=VERMILION),
    ]
    return picture(
        "Goodness of fit",
        layers,
        x="-2 ln L/L_saturated",
        y="density",
        x_range=(0.0, None),
        y_range=(0.0, None),
    )


def comparison_picture(found: "HypothesisComparison") -> str:
    """Draw the difference of the data within one and two standard deviations of both models."""
    rows = []
    for letter, result, colour in (("A", found.a, BLUE), ("B", found.b, GREY)):
        if result.quantiles is not None:
            lowest, low, middle, high, highest = result.quantiles
            rows.append(
                Row(
                    name=f"if {letter} is true",
                    spans=[(lowest, highest)],
                    inner=(low, high),
                    value=middle,
                    colour=colour,
                )
            )
    levels = [Level(x=found.delta, label="data", colour=VERMILION)] if rows else []
    return intervals("Difference of both models", rows, x="-2 ln L_A + 2 ln L_B", levels=levels)
