"""Plots of one analysis: spectrum, counts against the distance, profile likelihood, limits, coverage, toys.

Each function returns a figure that belongs to nobody else; `macros.style.render` makes bytes of it.
"""

from macros.plots.contours import contour_plot
from macros.plots.inference import coverage_plot, limit_plot, parameter_label
from macros.plots.profiles import profile_plot
from macros.plots.spectrum import distance_plot, spectrum_plot
from macros.plots.studies import coverage_data, toys_data, toys_plot

__all__ = [
    "contour_plot",
    "coverage_data",
    "coverage_plot",
    "distance_plot",
    "limit_plot",
    "parameter_label",
    "profile_plot",
    "spectrum_plot",
    "toys_data",
    "toys_plot",
]
