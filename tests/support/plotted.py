"""A fit, a limit and a profile that tests draw and write as text."""

import numpy as np

from analysis.fits.results import Estimate, FitResult, LimitResult
from analysis.histograms.histograms import from_counts
from support.experiments import borexino

__all__ = ["COUNTS", "FIT", "LIMIT", "PROFILE", "VALUES", "data", "points", "texts"]


COUNTS = np.array([402.0, 360.0, 365.0, 390.0, 0.0, 305.0])


FIT = FitResult(
    parameters={
        "gamma": Estimate(value=0.02, error=0.03, lower=-0.01, upper=0.05),
        "activity": Estimate(value=1.0, error=0.02, lower=0.98, upper=1.02),
    },
    poi="gamma",
    level=0.683,
    method="minos",
    likelihood="poisson",
    valid=True,
    reason="",
    fval=4.2,
    ndof=5,
)


LIMIT = LimitResult(
    parameter="gamma",
    level=0.95,
    method="one-sided",
    delta_chi2=2.7055,
    upper=0.07,
    regions=((0.0, 0.07),),
    asimov=0.05,
    band=(0.02, 0.03, 0.05, 0.07, 0.1),
)


VALUES = np.linspace(-0.1, 0.2, 61)


PROFILE = ((VALUES - 0.02) / 0.03) ** 2


def data():
    """Return the counts as a histogram."""
    return from_counts(COUNTS, borexino())


def texts(figure):
    """Join all texts of a figure: labels, legends, notes."""
    words = [t.get_text() for t in figure.texts]
    for ax in figure.axes:
        words += [ax.get_xlabel(), ax.get_ylabel(), *(t.get_text() for t in ax.texts)]
        if ax.get_legend() is not None:
            words += [t.get_text() for t in ax.get_legend().get_texts()]
    for legend in figure.legends:
        words += [t.get_text() for t in legend.get_texts()]
    return " | ".join(words)


def points(ax):
    """Return x and y of the only points with error bars."""
    (bars,) = ax.containers
    return bars.lines[0].get_data()
