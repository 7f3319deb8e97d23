"""Calibration: tables of test statistics of pseudo-experiments at true values of the parameter."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.batch import bounded_fit, one_sided, signed_statistic
from analysis.calibration import LARGEST, Calibration, Distributions, conditions, data_numbers
from analysis.fits import Fitter
from analysis.likelihood import Likelihood
from analysis.model import INSIDE, check_possible, check_truths
from analysis.pseudo_experiments import Pace, Thrower, at_truth, check_n_toys
from analysis.settings import Drawn, Keep
from simgen.threads import ahead

__all__ = ["calibrate", "true_values"]

Array = NDArray[np.float64]

_STEP, _FINE_STEP = 0.2, 0.05
"""Distances between true values, in standard deviations; the second within one standard deviation of a
boundary."""
_REACH = 6.0
"""Largest distance from the best value, in standard deviations."""
_PARTS = 5
"""Number of intervals into which those of the grid of fits are divided."""
_OPEN = 0.02
"""An unbounded range ends this many standard deviations before the likelihood stops rising."""

_ROUNDING = 1e-9
"""A true value closer than this to 0, in resolutions of the experiment, is set to 0."""


def true_values(fitter: Fitter, data: Likelihood | None = None, *, reach: float = _REACH) -> Array:
    """Choose true values at which to calibrate.

    Parameters
    ----------
    fitter : Fitter
    data : Likelihood, optional
        Data around whose best value the true values are chosen; by default exact data of the model.
    reach : float
        Largest distance from the best value, in standard deviations.

    Returns
    -------
    ndarray, shape (m,)
        In the physical range, ascending.

    Raises
    ------
    ValueError
        If the data cannot measure the parameter.

    Notes
    -----
    √q, the distance from the best value in standard deviations, changes by 0.2 from one value to the next,
    and by 0.05 near a boundary, where thresholds change. Values are chosen around a second minimum, too. An
    end of the range within reach is the first or last value.
    """
    if data is not None:
        check_possible(fitter.templates, data.counts)
    data = data or fitter.data(fitter.templates.expected(fitter.anchor))
    points = fitter.grid
    distance = _distance(data, points, reach)
    in_reach = distance < reach
    in_reach[1:] |= in_reach[:-1].copy()
    in_reach[:-1] |= distance[1:] < reach
    points, distance = points[in_reach], distance[in_reach]
    if fitter.templates.poi not in INSIDE:  # each point of these is a new folding
        inner = [a + (b - a) * np.arange(1, _PARTS) / _PARTS for a, b in pairwise(points)]
        points = np.unique(np.concatenate([points, *inner]))
        distance = _distance(data, points, reach)
    path = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(distance)))])
    if path[-1] < _STEP:
        raise ValueError(
            f"-2 ln L hardly changes over the physical range of {fitter.templates.poi}: these data cannot "
            "measure it, and there is nothing to calibrate"
        )
    low, high = fitter.physical
    start, stop = _OPEN, float(path[-1]) - _OPEN
    stops = []
    if points[0] == low:
        start = min(1.0, stop)
        stops.append(np.arange(0.0, start, _FINE_STEP))
    if points[-1] == high:
        stop = max(float(path[-1]) - 1.0, start)
        stops.append(float(path[-1]) - np.arange(0.0, float(path[-1]) - stop, _FINE_STEP))
    stops.append(np.linspace(start, stop, 1 + math.ceil((stop - start) / _STEP)))
    values = np.interp(np.unique(np.concatenate(stops)), path, points)
    if points[0] < 0:  # the sums in `path` are rounded
        values[np.abs(values) < _ROUNDING * fitter.width] = 0.0
    return np.unique(values)


def _distance(data: Likelihood, points: Array, reach: float) -> Array:
    """Compute √q at points, at most the reach."""
    values = data.profile(points)[0]
    return np.asarray(np.minimum(np.sqrt(np.maximum(values - values.min(), 0.0)), reach))


@np.errstate(under="ignore")
def calibrate(
    fitter: Fitter,
    at: Sequence[float] | Array,
    n_toys: int,
    *,
    seed: int,
    first: int = 0,
    drawn: Drawn = "auxiliary",
    data: Likelihood | None = None,
    reference: float = 0.0,
    keep: Keep = "rows",
    largest_kept: int = LARGEST,
    on_toys: Callable[[int], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Calibration:
    """Tabulate statistics of pseudo-experiments at true values of the parameter of interest.

    Parameters
    ----------
    fitter : Fitter
    at : sequence of float
        True values, in the physical range.
    n_toys : int
        Number of pseudo-experiments at each value, and at the reference.
    seed : int
    first : int
        Index of the first pseudo-experiment at each value, and at the reference.
    drawn : {"auxiliary", "counts", "nuisances"}
        As for `analysis.pseudo_experiments.throw.Thrower`.
    data : Likelihood, optional
        Data to which true nuisance parameters are fitted at each true value (profile construction); by
        default they are nominal.
    reference : float
        Reference value of CLs; 0 means no signal.
    keep : {"rows", "sums"}
        The statistic of every toy, or `analysis.calibration.Distributions` of them, whose size does not
        depend on the number of toys.
    largest_kept : int
        Number of statistics at each end of these distributions that are kept one by one.
    on_toys : callable, optional
        Called with the number of toys that were finished since the last call.
    stopped : callable
        Called after each block of toys of all values: if it returns true, the calibration has those so far.

    Returns
    -------
    Calibration

    Raises
    ------
    ValueError
        If a value is not physical, or there are no toys.
    """
    values = np.unique(np.asarray(at, np.float64))
    check_truths(fitter.templates.poi, fitter.physical, values.tolist())
    check_truths(fitter.templates.poi, fitter.physical, [reference])
    check_n_toys(n_toys)
    if data is not None:
        check_possible(fitter.templates, data.counts)
    throwers = [
        Thrower(
            fitter=at_truth(fitter, truth),
            seed=seed,
            drawn=drawn,
            pulls=() if data is None else tuple(map(float, fitter.profile(data).pulls(truth))),
        )
        for truth in (*map(float, values), float(reference))
    ]
    kept: _Rows | _Sums = _Rows(len(values), n_toys) if keep == "rows" else _Sums(len(values), largest_kept)

    def statistics(thrower: Thrower, start: int, n: int, points: Array) -> list[Array]:
        """Throw and fit n toys of a true value, and compute their statistics at some values."""
        toys, batch = thrower.block(start, n), thrower.fitter.batch
        fits = bounded_fit(batch, *toys)
        return [signed_statistic(batch, *toys, fits, value) for value in points]

    # the reference takes longest
    studies = [(throwers[-1], values), *((throwers[i], values[[i]]) for i in range(len(values)))]
    blocks = Pace(n_toys, most=throwers[0].largest_chunk, first=first, even=True).blocks()
    tasks = (
        partial(statistics, thrower, start, n, points) for start, n in blocks for thrower, points in studies
    )
    done, tell = 0, on_toys or (lambda n: None)
    statistics(throwers[-1], first, 1, values)  # prepares what the threads share
    found = ahead(tasks)
    while done < n_toys:
        compared = next(found)
        n = len(compared[0])
        for k, statistic in enumerate(compared):
            kept.add(1, k, done, one_sided(statistic))
        tell(n)
        for i, (signed,) in enumerate(islice(found, len(values))):
            kept.add(0, i, done, signed)
            tell(n)
        done += n
        if stopped():
            break
    return kept.calibration(
        done,
        values=values,
        reference=float(reference),
        expected=np.array([fitter.templates.expected(float(v)) for v in values]),
        conditions=conditions(
            fitter,
            drawn=drawn,
            nuisances="nominal" if data is None else "profiled",
            data=() if data is None else data_numbers(data.counts, data.auxiliary),
        ),
        seed=seed,
        first=first,
    )


class _Rows:
    """The statistics of all toys: the signed ones of each value, and those of the reference."""

    def __init__(self, n_values: int, n_toys: int) -> None:
        self._statistics = np.empty((2, n_values, n_toys), np.float32)

    def add(self, kind: int, i: int, start: int, statistics: Array) -> None:
        """Add those of one kind at the value of index i, from the toy number `start` on."""
        self._statistics[kind, i, start : start + len(statistics)] = statistics

    def calibration(self, n: int, **settings: Any) -> Calibration:
        """Make the table of the first n toys."""
        signed, compared = np.sort(self._statistics[..., :n], axis=-1)
        return Calibration(signed=signed, reference_statistic=compared, **settings)


class _Sums:
    """Distributions of the statistics of all toys."""

    def __init__(self, n_values: int, largest_kept: int) -> None:
        self._sums = tuple(Distributions.empty(n_values, largest_kept) for _ in range(2))

    def add(self, kind: int, i: int, _: int, statistics: Array) -> None:
        """Add those of one kind at the value of index i."""
        self._sums[kind].add(i, statistics)

    def calibration(self, _: int, **settings: Any) -> Calibration:
        """Make the table."""
        return Calibration.of_sums((self._sums[0], self._sums[1]), **settings)
