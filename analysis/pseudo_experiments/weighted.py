"""Toys of weighted data: compound Poisson sums, each fitted with the scaling of its own weights."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.batch import BatchFitter
from analysis.calibration import CALIBRATED
from analysis.fits import Audit, Fitter, audit_columns, scaled
from analysis.pseudo_experiments.counts import (
    CountTable,
    count_table,
    throw_counts,
    throw_normals,
    throw_varied,
)
from analysis.pseudo_experiments.event_weights import WeightModel
from analysis.pseudo_experiments.fitted_toys import METHODS, fit_toys, thrown_columns, toy_branches
from analysis.pseudo_experiments.loop import largest_chunk, thrown_blocks
from analysis.pseudo_experiments.throw import Thrower
from simgen.random import Stage

__all__ = [
    "ScaledFits",
    "WeightedThrower",
    "WeightedToys",
    "audit_weighted",
    "check_weighted_methods",
    "weighted_toy_maker",
    "weighted_toys",
]

Array = NDArray[np.float64]
Columns = dict[str, NDArray[Any]]

_BITS = 40
"""Bits of the scaling that are used: toys whose scalings differ by rounding only are fitted together."""
_MAX_BATCHES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedToys:
    """Toys of weighted data.

    Parameters
    ----------
    sums : ndarray, shape (n, n_bins)
        Σw.
    scaling : ndarray, shape (n, n_bins)
        s = Σw/Σw² of the bin; of all events of the experiment if the bin has none.
    auxiliary : ndarray, shape (n, n_nuisances)
        Measured pulls.
    """

    sums: Array
    scaling: Array
    auxiliary: Array

    @property
    def counts(self) -> Array:
        """Effective counts, shape (n, n_bins)."""
        return self.scaling * self.sums


@dataclass(frozen=True, kw_only=True)
class WeightedThrower:
    """Throws toys of weighted data.

    Parameters
    ----------
    thrower : Thrower
        Thrower of counts. Truth, seed and nuisance parameters are taken from it.
    weights : WeightModel

    Raises
    ------
    ValueError
        If the thrower draws event by event, or the weights have other bins.

    Notes
    -----
    The numbers of events of each weight are independent Poisson numbers: see `WeightModel`. Events outside
    the bins are thrown, too, with the Σw of the data as their mean, because a bin without events gets the
    scaling of all events. As for data, the scaling is computed from the weights of each toy. For the paper's
    χ² a Gaussian is added to Σw, as `Thrower` does for counts, if the error per bin is larger than that of
    Σw.
    """

    thrower: Thrower
    weights: WeightModel

    def __post_init__(self) -> None:
        if self.thrower.events:
            raise ValueError(
                "events that are drawn one by one have weights of 1: throw toys of weighted data as sums of "
                "weights (--toys-at counts)"
            )
        templates = self.thrower.fitter.templates
        n_bins = len(self.weights.first) - len(self.weights.outside)
        if n_bins != templates.n_bins or len(self.weights.outside) != len(templates.experiments):
            raise ValueError(f"weights of {templates.n_bins} bins are needed, got those of {n_bins}")

    @property
    def fitter(self) -> Fitter:
        """Fitter for counts, whose model is the truth."""
        return self.thrower.fitter

    @property
    def largest_chunk(self) -> int:
        """Largest number of toys that are thrown at once."""
        return largest_chunk(self.fitter, len(self.weights.values))

    @cached_property
    def _table(self) -> CountTable:
        return count_table(self.weights.means(self.thrower.expected))

    def block(self, first: int, n: int) -> WeightedToys:
        """Throw toys first, first + 1, ...; toy k depends on the seed, the truth, the weights and k only."""
        thrower, key = self.thrower, self.thrower.key(Stage.TOY_WEIGHTS)
        pulls, auxiliary = thrower.pulls_of(first, n)
        if thrower.varies:
            means = self.weights.means(thrower.expectations(first, pulls))
            numbers = throw_varied(means, key=key, first=first)
        else:
            numbers = throw_counts(self._table, n, key=key, first=first)
        sums, squares = self.weights.sums(numbers)
        scaling = self._scaling(sums, squares)
        sums = sums[:, : scaling.shape[1]]
        if self.fitter.likelihood == "paper":
            key = thrower.key(Stage.TOY_DISPLACEMENT)
            sums = sums + self._displacement * throw_normals(*sums.shape, key=key, first=first)
        return WeightedToys(sums=sums, scaling=scaling, auxiliary=auxiliary)

    @cached_property
    def _displacement(self) -> Array:
        variance = self.thrower.expected * self.weights.relative_variance()
        return np.sqrt(np.maximum(self.fitter.errors**2 - variance, 0.0))

    def _scaling(self, sums: Array, squares: Array) -> Array:
        """Compute s of each bin; 1 if the experiment has no events and its weights are not known."""
        bins = self.fitter.templates.bins
        n_bins = bins[-1].stop
        scaling = np.ones((len(sums), n_bins))
        for e, columns in enumerate(bins):
            w, v = (a[:, [*range(columns.start, columns.stop), n_bins + e]] for a in (sums, squares))
            total = np.divide(w.sum(axis=1), v.sum(axis=1), out=np.ones(len(w)), where=v.sum(axis=1) > 0)
            scaling[:, columns] = total[:, None]
            np.divide(w[:, :-1], v[:, :-1], out=scaling[:, columns], where=w[:, :-1] > 0)
        fraction, exponent = np.frexp(scaling)
        return np.asarray(np.ldexp(np.rint(fraction * 2.0**_BITS) / 2.0**_BITS, exponent))


@dataclass(frozen=True, kw_only=True)
class ScaledFits:
    """Fits of toys of weighted data; toys with the same scaling are fitted together.

    Parameters
    ----------
    fitter : Fitter
        Fitter for counts.
    careful : bool
        As for `analysis.batch.search.Search`; to be set if nearly every toy has another scaling.
    """

    fitter: Fitter
    careful: bool = False
    _batches: OrderedDict[bytes, BatchFitter] = field(default_factory=OrderedDict, init=False, repr=False)

    def batch(self, scaling: Array) -> BatchFitter:
        """Prepare the fits of data with a scaling, shape (n_bins,)."""
        key = scaling.tobytes()
        if key not in self._batches:
            if len(self._batches) >= _MAX_BATCHES:
                self._batches.popitem(last=False)
            self._batches[key] = BatchFitter(fitter=scaled(self.fitter, scaling), careful=self.careful)
        return self._batches[key]

    def groups(self, toys: WeightedToys) -> Iterator[tuple[NDArray[np.intp], BatchFitter]]:
        """Yield the indices of toys that have the same scaling, and their fitter."""
        scaling = toys.scaling
        if self.fitter.likelihood == "paper":  # a function of Σw alone
            scaling = np.ones_like(scaling)
        different, group = np.unique(scaling, axis=0, return_inverse=True)
        order = np.argsort(group.ravel(), kind="stable")
        ends = np.cumsum(np.bincount(group.ravel(), minlength=len(different)))[:-1]
        for row, indices in zip(different, np.split(order, ends), strict=True):
            yield indices, self.batch(row)

    def minima(self, toys: WeightedToys) -> Array:
        """Fit toys; return -2 ln L at the minimum, shape (n,), NaN where a fit failed."""
        values = np.empty(len(toys.sums))
        for indices, batch in self.groups(toys):
            fits = batch.fit(self._counts(toys, indices, batch), toys.auxiliary[indices], errors=False)
            values[indices] = np.where(fits.good, fits.values, np.nan)
        return values

    def columns(self, toys: WeightedToys, *, level: float, methods: Sequence[str] = METHODS) -> Columns:
        """Fit toys, and find their intervals, by `analysis.pseudo_experiments.fitted_toys.fit_toys`."""
        columns: Columns = {}
        for indices, batch in self.groups(toys):
            group_columns = fit_toys(
                batch,
                self._counts(toys, indices, batch),
                toys.auxiliary[indices],
                level=level,
                methods=methods,
            )
            for name, column in group_columns.items():
                columns.setdefault(name, np.empty(len(toys.sums), column.dtype))[indices] = column
        return columns

    @staticmethod
    def _counts(toys: WeightedToys, indices: NDArray[np.intp], batch: BatchFitter) -> Array:
        scaling = batch.fitter.templates.scaling
        return toys.sums[indices] if scaling is None else toys.sums[indices] * scaling


def weighted_toys(
    thrower: WeightedThrower,
    n: int,
    *,
    first: int = 0,
    level: float = 0.95,
    methods: Sequence[str] = METHODS,
    fitted: bool = True,
) -> Iterator[Columns]:
    """Throw and fit toys of weighted data, as `analysis.pseudo_experiments.fitted_toys.toys` does of counts.

    Yields
    ------
    dict of str to ndarray
        Columns as `toy_branches` describes them for weighted data.
    """
    make = weighted_toy_maker(thrower, level=level, methods=methods, fitted=fitted)
    for _, columns in thrown_blocks(make, n, most=thrower.largest_chunk, first=first):
        yield columns


def weighted_toy_maker(
    thrower: WeightedThrower, *, level: float = 0.95, methods: Sequence[str] = METHODS, fitted: bool = True
) -> Callable[[int, int], Columns]:
    """Return what throws and fits a block of toys of weighted data, as `toy_maker` does of counts."""
    fitter = thrower.fitter
    branches = toy_branches(fitter, level=level, fitted=fitted, methods=methods, weighted=True)
    fits = ScaledFits(fitter=fitter, careful=thrower.weights.differ)

    def make(start: int, count: int) -> Columns:
        thrown = thrower.block(start, count)
        columns = thrown_columns(fitter, start, thrown.sums, thrown.auxiliary) | {"scaling": thrown.scaling}
        if fitted:
            columns |= fits.columns(thrown, level=level, methods=methods)
        return {name: columns[name] for name in branches}

    return make


def check_weighted_methods(methods: Sequence[str]) -> None:
    """Refuse intervals that weighted data cannot have.

    Raises
    ------
    ValueError
        If a method needs thresholds from pseudo-experiments.
    """
    calibrated = [method for method in methods if method in CALIBRATED]
    if calibrated:
        raise ValueError(
            f"{', '.join(calibrated)}: thresholds are made for counts, and not for weighted data; take "
            f"{', '.join(METHODS)}"
        )


def audit_weighted(
    fitter: Fitter, columns: Columns, rows: Iterable[int], *, level: float, methods: Sequence[str]
) -> Audit:
    """Fit some rows of a toy file again, counts or weighted: see `analysis.fits.audit.audit_columns`."""
    if "scaling" not in columns:
        return audit_columns(fitter, columns, rows, level=level, methods=methods)
    total = Audit()
    for i in rows:
        scaling = columns["scaling"][i]
        row = {name: column[i : i + 1] for name, column in columns.items()}
        row["counts"] = row["counts"] * scaling
        total += audit_columns(scaled(fitter, scaling), row, [0], level=level, methods=methods)
    return total
