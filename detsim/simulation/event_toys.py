"""Event-level toys: pseudo-experiments drawn, measured and counted event by event."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from detsim._kernels.event_toys import count_experiments, experiment_keys, fill_numbers
from detsim.experiment import Experiment
from detsim.simulation.detection import response_arrays
from detsim.simulation.fused import count_parts
from detsim.simulation.monte_carlo import count_events, event_plan
from simgen.deposits import Deposit
from simgen.generator import Plan, make_plan
from simgen.interaction import SM, Model, T_max
from simgen.random import Stage, kernel_key
from simgen.threads import PART, in_parts

__all__ = ["Ensemble"]

Array = NDArray[np.float64]
Counts = NDArray[np.int64]

_LONG = 16 * PART
"""Mean number of events above which threads share an experiment."""


@dataclass(frozen=True, kw_only=True)
class Ensemble:
    """Experiments that differ by statistical fluctuations, and by factors of signal and backgrounds if given.

    Parameters
    ----------
    experiment : Experiment
    model : Model
        The truth.

    Raises
    ------
    ValueError
        In `count`, for the reasons of `detsim.simulation.monte_carlo.event_plan`.

    Notes
    -----
    The number of events before any cut is Poisson. Experiment k depends on seed, identity and k only: see
    `simgen.random`. Its events differ from those of `detsim.simulation.monte_carlo.simulate` for any
    identity.
    """

    experiment: Experiment
    model: Model

    @cached_property
    def _plan(self) -> Plan:
        return event_plan(self.experiment, self.model)

    @property
    def expected(self) -> float:
        """Mean number of events of an experiment, before any cut."""
        return self._plan.expected

    @cached_property
    def _plans(self) -> tuple[Plan | None, ...]:
        """Plans of the signal alone, and of each background alone; None if nothing is expected."""
        experiment = self.experiment
        largest_recoil = float(max(T_max(c.spectrum.endpoint) for c in experiment.source.components))
        has_signal = largest_recoil > experiment.generate_above
        signal = event_plan(replace(experiment, backgrounds=()), self.model) if has_signal else None
        return (signal, *(self._background_plan(i) for i in range(len(experiment.backgrounds))))

    def _background_plan(self, number: int) -> Plan | None:
        """Prepare one background alone, with its component number in the experiment."""
        experiment = self.experiment
        means = [experiment.background_counts(i) * (i == number) for i in range(len(experiment.backgrounds))]
        if not means[number]:
            return None
        pairs = zip(experiment.backgrounds, means, strict=True)
        deposits = [Deposit(spectrum=b.spectrum, mean=mean) for b, mean in pairs]
        return make_plan(experiment.source, SM(), luminosity=0.0, deposits=deposits)

    def count(
        self,
        n: int,
        *,
        seed: int,
        first: int = 0,
        identity: Sequence[int] = (),
        factors: ArrayLike | None = None,
    ) -> tuple[Counts, Counts]:
        """Draw, measure and count every event of the experiments first, first + 1, ...

        Parameters
        ----------
        n : int
            Number of experiments.
        seed : int
        first : int
            Index of the first experiment.
        identity : sequence of int
            Distinguishes sets of experiments.
        factors : array_like, shape (n, 1 + n_backgrounds), optional
            Factors of the mean numbers of the signal and of each background in each experiment. Signal and
            backgrounds then have separate streams, and events differ from those without factors.

        Returns
        -------
        counts : ndarray of int64, shape (n, n_bins + 2)
            As `detsim.simulation.monte_carlo.simulate_counts`.
        numbers : ndarray of int64, shape (n,)
            Events drawn, before any cut.
        """
        if n < 0 or first < 0:
            raise ValueError(f"n and first must be ≥ 0, got {n} and {first}")
        k0, k1 = kernel_key(seed, Stage.TOY_EVENTS, *identity).astype(np.uint64)
        counts = np.zeros((n, self.experiment.detector.n_bins + 2), np.int64)
        numbers, total = np.empty(n, np.int64), np.zeros(n, np.int64)
        for group, plan, means in self._groups(n, factors):
            fill_numbers(first, means, group, k0, k1, numbers)
            if self.experiment.detector.spatial:
                for t, number in enumerate(numbers):
                    group_identity = (*identity, group, first + t)
                    counts[t] += count_events(
                        plan, self.experiment, self.model, int(number), seed=seed, identity=group_identity
                    )
            else:
                self._count(first, numbers, plan, (group, k0, k1), counts)
            total += numbers
        return counts, total

    def _count(
        self,
        first: int,
        numbers: Counts,
        plan: Plan,
        group_and_key: tuple[int, np.uint64, np.uint64],
        counts: Counts,
    ) -> None:
        """Add the counts of one group: threads take whole experiments, or parts of long ones."""
        response, mean = response_arrays(self.experiment), max(float(np.mean(numbers)), 1.0)
        if mean < _LONG:

            def count(a: int, b: int) -> None:
                columns = numbers[a:b], *plan.kernel
                count_experiments(first + a, *columns, response, *group_and_key, counts[a:b])

            in_parts(count, 0, len(numbers), size=max(round(PART / mean), 1))
            return
        for t, number in enumerate(numbers):
            counts[t] += count_parts(plan, response, experiment_keys(first + t, *group_and_key), int(number))

    def _groups(self, n: int, factors: ArrayLike | None) -> list[tuple[int, Plan, Array]]:
        """List groups that are drawn together: number, plan, and mean in each experiment."""
        if factors is None:
            return [(0, self._plan, np.full(n, self._plan.expected))]
        scales = np.asarray(factors, np.float64)
        if scales.shape != (n, len(self._plans)) or not np.all(np.isfinite(scales) & (scales >= 0)):
            raise ValueError(
                f"factors must be finite and ≥ 0, of the shape ({n}, {len(self._plans)}), "
                f"got the shape {scales.shape}"
            )
        plans = enumerate(self._plans, start=1)
        return [(g, plan, plan.expected * scales[:, g - 1]) for g, plan in plans if plan is not None]
