"""Small weighted data."""

import hist
import numpy as np

from analysis.histograms.histograms import axes
from simgen.interaction.models import E6
from support.experiments import borexino

__all__ = ["CENTRES", "CHI", "ONES", "sums"]


CHI = E6(beta="chi", gamma=0.1)


CENTRES = np.arange(0.275, 0.55, 0.05)


def sums(values, variances, flow=((0.0, 0.0), (0.0, 0.0))):
    """Make a weighted histogram from Σw and Σw² of the six bins."""
    h = hist.Hist(*axes(borexino()), storage=hist.storage.Weight())
    (under, over) = flow
    h.view(flow=True)["value"] = [under[0], *values, over[0]]
    h.view(flow=True)["variance"] = [under[1], *variances, over[1]]
    return h


ONES = np.ones(6)
