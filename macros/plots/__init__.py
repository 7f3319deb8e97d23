"""Plots of one analysis: spectrum, counts against the distance, profile likelihood, limits, coverage, toys.

Each function returns a figure that belongs to nobody else; `macros.plots.style.render` makes bytes of it.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
