"""Fits of many data sets with many minima each."""

import numpy as np
import pytest
from support.plain import with_nuisances

from analysis.batch.fitter import BatchFitter
from analysis.batch.physical_fit import bounded_fit
from analysis.fits.fitter import make_fitter
from analysis.pseudo_experiments.throw import Thrower
from simgen.interaction.models import E6


@pytest.mark.long
@pytest.mark.parametrize(
    ("poi", "factor"),
    [
        ("phi", 1e-4),
        pytest.param("beta", 1e-4, marks=pytest.mark.long),
        pytest.param("beta", 1e-2, marks=pytest.mark.long),
    ],
)
def test_the_minimum_is_the_deepest(poi, factor):
    """Against a fine scan of each profile. Starts from exact data alone missed 5 to 33 of 100."""
    fitter = make_fitter(with_nuisances(factor), E6(beta="chi", gamma=0.3 if factor < 1e-3 else 0.1), poi=poi)
    batch = BatchFitter(fitter=fitter)
    counts, measured = Thrower(fitter=fitter, seed=3).block(0, 60)
    points = np.linspace(*fitter.physical, 301)
    lowest = np.array(
        [fitter.data(*toy).profile(points)[0].min() for toy in zip(counts, measured, strict=True)]
    )
    for values in (batch.fit(counts, measured).values, bounded_fit(batch, counts, measured).values):
        assert np.mean(values > lowest + 1e-4) <= 0.02
