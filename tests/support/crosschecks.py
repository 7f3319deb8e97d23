"""Data sets on which other programs have to find what our fit finds.

BOREXINO beside a ⁵¹Cr source, as its realistic preset has it: the signal is a + bγ + cγ², its normalisation
known to 1.8 % and that of the one background to 10 %.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.stats import chi2

from analysis import fit
from analysis.histograms.histograms import from_counts
from detsim import predict
from macros import load_card

PRESET = "borexino-cr51-realistic"
LEVEL = 0.683
RISE = float(chi2.ppf(LEVEL, 1))
"""Of -2 ln L from its minimum to the ends of the interval."""

TOLERANCE = 0.003
"""Of estimate and ends, in units of the error: what fits that stop at an EDM of 2e-6 may differ by."""

CONSTRAINTS = ("gaussian", "log-normal")
"""Of the normalisations: 1 + σx with x standard normal; "log-normal" is (1 + σ)^x."""


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """Counts of one pseudo-experiment, thrown once."""

    days: float
    counts: tuple[int, ...]
    constraint: str = "gaussian"

    @cached_property
    def card(self):
        return load_card(PRESET, [f'exposure.duration="{self.days} d"'])

    @property
    def experiment(self):
        known = self.card.experiment
        return replace(
            known,
            systematics=tuple(replace(s, constraint=self.constraint) for s in known.systematics),
            backgrounds=tuple(replace(b, constraint=self.constraint) for b in known.backgrounds),
        )

    @property
    def uncertainties(self):
        """Relative, as the preset's text has them."""
        return {"signal": 0.018, "background": 0.1}

    @cached_property
    def samples(self):
        """Expected counts of a, b, c and the background in the bins, from predictions at three γ."""
        model = self.card.model
        predicted = [predict(self.card.experiment, model.vary(gamma=g)) for g in (0.0, 0.5, 1.0)]
        a, half, one = (p.signal[1:-1] for p in predicted)
        c = 2 * (one - 2 * half + a)
        return {"a": a, "b": one - a - c, "c": c, "background": predicted[0].background[1:-1]}

    @cached_property
    def range(self):
        """Of γ: beyond the vertex of the parabola the likelihood has a second minimum, the mirrored one."""
        return float(np.max(-self.samples["b"] / (2 * self.samples["c"]))), 20.0

    def ours(self):
        found = fit(from_counts(self.counts, self.experiment), self.experiment, self.card.model, level=LEVEL)
        assert found.valid
        return found.estimate


DATA = {
    # name: thrown at γ = 0.1, -0.15, 3, 0 and 0
    "100 d": DataSet(days=100, counts=(418, 389, 413, 387, 382, 294)),
    "100 d, γ below 0": DataSet(days=100, counts=(366, 384, 362, 331, 323, 281)),
    "100 d, γ large": DataSet(days=100, counts=(970, 1001, 899, 923, 898, 684)),
    "0.3 d, a bin empty": DataSet(days=0.3, counts=(4, 2, 0, 3, 6, 2)),
    "0.1 d, three bins empty": DataSet(days=0.1, counts=(0, 2, 0, 1, 1, 0)),
}


def difference(theirs, ours):
    """Largest difference of estimate and ends (value, lower, upper) in units of our error."""
    mine = np.array([ours.value, ours.lower, ours.upper])
    return float(np.max(np.abs(np.array(theirs) - mine)) / ours.error)
