"""Pseudo-experiments: thrown as counts or event by event."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from analysis.fitter import Fitter
from analysis.settings import Drawn
from analysis.throwing import LARGEST_MEAN, CountTable, count_table, throw_counts, throw_normals, throw_varied
from detsim.experiment import Experiment
from detsim.simulation import count_events, event_plan, number_of_events
from simgen.plan import Plan
from simgen.random import Stage, float_bits, kernel_key

__all__ = ["Thrower"]

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Thrower:
    """Throws pseudo-experiments of one true model.

    Parameters
    ----------
    fitter : Fitter
        Its model is the truth, its experiments are thrown.
    seed : int
    events : bool
        Draw, smear and bin every event instead of drawing the counts.
    drawn : {"auxiliary", "counts", "nuisances"}
        ``auxiliary``: nuisance parameters are nominal in truth, and each is measured anew, with its
        error; ``counts``: they are nominal in truth and in every measurement; ``nuisances``: their true
        values are drawn from their constraints, and every measurement is nominal.
    pulls : tuple of float
        True nuisance parameters instead of the nominal ones, in standard deviations; empty: nominal.

    Raises
    ------
    ValueError
        If the fitter was prepared for weighted data, events are to be drawn where expectations vary, or pulls
        do not fit the nuisance parameters or what is drawn.

    Notes
    -----
    Counts are Poisson. For the paper's χ², whose error per bin holds more than counting, each bin is
    displaced by a Gaussian so that the total variance is (σN^SM)²; where counting alone has more there is no
    displacement, and the χ² believes in too small an error. With templates that are known to a relative error
    each bin's expectation is multiplied by a factor 1 ± δ. Toy k depends on the seed, the true parameters and
    k only.
    """

    fitter: Fitter
    seed: int
    events: bool = False
    drawn: Drawn = "auxiliary"
    pulls: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.fitter.templates.scaling is not None:
            raise ValueError("toys of weighted data are not offered: throw them with an unscaled fitter")
        if self.drawn not in get_args(Drawn):
            raise ValueError(f"drawn must be one of {', '.join(get_args(Drawn))}, got {self.drawn!r}")
        if self.pulls and len(self.pulls) != len(self.fitter.templates.nuisances):
            names = ", ".join(self.fitter.templates.names[1:]) or "none"
            raise ValueError(f"one pull is needed of each of {names}, got {len(self.pulls)}")
        varied = self.drawn == "nuisances" or self.fitter.likelihood == "templates" or any(self.pulls)
        if self.events and varied:
            raise ValueError(
                "event by event, expectations are nominal: throw counts where nuisance parameters or "
                "templates vary"
            )

    @cached_property
    def _identity(self) -> tuple[int, ...]:
        parameters = self.fitter.templates.model.parameters
        return float_bits(*(parameters[name] for name in sorted(parameters)), *self.pulls)

    @cached_property
    def _centre(self) -> Array:
        """True pulls, or the centre of those that are drawn."""
        return np.array(self.pulls) if self.pulls else self.fitter.nominal

    def _key(self, stage: Stage) -> NDArray[np.uint32]:
        return kernel_key(self.seed, stage, *self._identity)

    @cached_property
    def expected(self) -> Array:
        """Expected counts in the bins, nuisance parameters nominal or at their pulls."""
        expected = np.maximum(self.fitter.templates.expected(self.fitter.truth, self._centre), 0.0)
        if expected.max() > LARGEST_MEAN:
            raise ValueError(
                f"{expected.max():.2g} counts are expected in a bin, too many to be thrown (at most "
                f"{LARGEST_MEAN:.0g}): check the true {self.fitter.templates.poi} of {self.fitter.truth:g}"
            )
        return expected

    @cached_property
    def _table(self) -> CountTable:
        return count_table(self.expected)

    @cached_property
    def _plans(self) -> tuple[Plan, ...]:
        templates = self.fitter.templates
        return tuple(event_plan(e, templates.model) for e in templates.experiments)

    @cached_property
    def _displacement(self) -> Array:
        variance = self.fitter.errors**2 - self.expected
        return np.sqrt(np.maximum(variance, 0.0))

    def __call__(self, index: int) -> tuple[Array, Array]:
        """Throw one pseudo-experiment: counts, shape (n_bins,), and measured pulls, shape (n_nuisances,)."""
        counts, auxiliary = self.block(index, 1)
        return counts[0], auxiliary[0]

    def block(self, first: int, n: int) -> tuple[Array, Array]:
        """Throw pseudo-experiments first, first + 1, ...

        Returns
        -------
        counts : ndarray, shape (n, n_bins)
        auxiliary : ndarray, shape (n, n_nuisances)
            Measured pulls.
        """
        templates = self.fitter.templates
        pulls = np.zeros((n, len(templates.nuisances)))
        if self.drawn != "counts" and pulls.size:
            constrained = np.array([nuisance.constraint != "free" for nuisance in templates.nuisances])
            normals = throw_normals(n, pulls.shape[1], key=self._key(Stage.TOY_AUXILIARY), first=first)
            pulls = np.where(constrained, normals, 0.0)
        if self.events:
            counts = np.array([self._simulated(k) for k in range(first, first + n)])
        elif self.drawn == "nuisances" or self.fitter.likelihood == "templates":
            shifts = pulls if self.drawn == "nuisances" else np.zeros_like(pulls)
            counts = self._varied(first, self._centre + shifts)
        else:
            counts = throw_counts(self._table, n, key=self._key(Stage.TOY_COUNTS), first=first)
        if self.fitter.likelihood == "paper":
            key = self._key(Stage.TOY_DISPLACEMENT)
            counts += self._displacement * throw_normals(n, templates.n_bins, key=key, first=first)
        return counts, self._centre + (np.zeros_like(pulls) if self.drawn == "nuisances" else pulls)

    def _varied(self, first: int, pulls: Array) -> Array:
        """Throw counts around expectations of their own."""
        templates, truth = self.fitter.templates, self.fitter.truth
        if self.drawn == "nuisances":
            lowest = np.array([nuisance.lowest for nuisance in templates.nuisances])
            expected = np.array([templates.expected(truth, np.maximum(x, lowest)) for x in pulls])
        else:
            expected = np.tile(self.expected, (len(pulls), 1))
        if self.fitter.likelihood == "templates":
            key = self._key(Stage.TOY_DISPLACEMENT)
            factors = 1 + self.fitter.errors * throw_normals(*expected.shape, key=key, first=first)
            expected = expected * np.maximum(factors, 0.0)
        return throw_varied(np.maximum(expected, 0.0), key=self._key(Stage.TOY_COUNTS), first=first)

    def _simulated(self, index: int) -> Array:
        """Simulate every event of one pseudo-experiment, and count."""
        templates = self.fitter.templates
        found = [
            self._count(number, experiment, plan, index)
            for number, (experiment, plan) in enumerate(zip(templates.experiments, self._plans, strict=True))
        ]
        return np.concatenate(found)

    def _count(self, number: int, experiment: Experiment, plan: Plan, index: int) -> Array:
        identity: Sequence[int] = (*self._identity, *([number] if number else []), index)
        n = number_of_events(plan, seed=self.seed, identity=tuple(identity))
        counts = count_events(
            plan, experiment, self.fitter.templates.model, n, seed=self.seed, identity=tuple(identity)
        )
        return counts[1:-1].astype(np.float64)
