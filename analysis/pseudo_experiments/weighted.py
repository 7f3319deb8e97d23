"""Toys of weighted data: compound Poisson sums, each fitted with the scaling of its own weights."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
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
    "weighted_toys",
]

Array = NDArray[np.float64]
Columns = dict[str, NDArray[Any]]

_BITS = 40
"""Of the scaling: sums of equal weights differ by rounding, and their toys are fitted together."""
_KEPT = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedToys:
    """Toys of weighted data.

    Parameters
    ----------
    sums : ndarray, shape (n, n_bins)
        Σw.
    scaling : ndarray, shape (n, n_bins)
        s = Σw/Σw²; of all events of the experiment, where a bin has none.
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
        Of counts: its truth, seed, and what it draws beside counts.
    weights : WeightModel

    Raises
    ------
    ValueError
        If it draws event by event, or the weights are of other bins.

    Notes
    -----
    Where Σw = μ is expected in a bin, the numbers of events of each weight are independent Poisson numbers:
    see `WeightModel`. What is outside the bins is thrown too, with the Σw of the data as its mean, because
    bins without events take the scaling of all. The scaling is made of the weights of each toy, as that of
    data is. For the paper's χ² Σw is displaced as `Thrower` displaces counts, by what its error per bin has
    more than the sum of weights.
    """

    thrower: Thrower
    weights: WeightModel

    def __post_init__(self) -> None:
        if self.thrower.events:
            raise ValueError(
                "events that are drawn one by one have weights of 1: throw toys of weighted data as sums of "
                "weights (--level histogram)"
            )
        templates = self.thrower.fitter.templates
        n_bins = len(self.weights.first) - len(self.weights.outside)
        if n_bins != templates.n_bins or len(self.weights.outside) != len(templates.experiments):
            raise ValueError(f"weights of {templates.n_bins} bins are needed, got those of {n_bins}")

    @property
    def fitter(self) -> Fitter:
        """Fitter of counts, whose model is the truth."""
        return self.thrower.fitter

    @property
    def largest_chunk(self) -> int:
        """Most toys that are thrown at once."""
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
        """Compute s of each bin; 1 in an experiment without events, whose weights are not known."""
        bins = self.fitter.templates.bins
        n_bins = bins[-1].stop
        found = np.ones((len(sums), n_bins))
        for e, own in enumerate(bins):
            w, v = (a[:, [*range(own.start, own.stop), n_bins + e]] for a in (sums, squares))
            total = np.divide(w.sum(axis=1), v.sum(axis=1), out=np.ones(len(w)), where=v.sum(axis=1) > 0)
            found[:, own] = total[:, None]
            np.divide(w[:, :-1], v[:, :-1], out=found[:, own], where=w[:, :-1] > 0)
        fraction, exponent = np.frexp(found)
        return np.asarray(np.ldexp(np.rint(fraction * 2.0**_BITS) / 2.0**_BITS, exponent))


@dataclass(frozen=True, kw_only=True)
class ScaledFits:
    """Fits of toys of weighted data: those of the same scaling side by side.

    Parameters
    ----------
    fitter : Fitter
        Of counts.
    careful : bool
        As of `analysis.batch.search.Search`: where nearly every toy has a scaling of its own.
    """

    fitter: Fitter
    careful: bool = False
    _known: OrderedDict[bytes, BatchFitter] = field(default_factory=OrderedDict, init=False, repr=False)

    def batch(self, scaling: Array) -> BatchFitter:
        """Prepare the fits of data of one scaling, shape (n_bins,)."""
        key = scaling.tobytes()
        if key not in self._known:
            if len(self._known) >= _KEPT:
                self._known.popitem(last=False)
            self._known[key] = BatchFitter(fitter=scaled(self.fitter, scaling), careful=self.careful)
        return self._known[key]

    def groups(self, toys: WeightedToys) -> Iterator[tuple[NDArray[np.intp], BatchFitter]]:
        """Yield toys that have the same scaling, and what fits them."""
        scaling = toys.scaling
        if self.fitter.likelihood == "paper":  # a function of Σw alone
            scaling = np.ones_like(scaling)
        different, group = np.unique(scaling, axis=0, return_inverse=True)
        order = np.argsort(group.ravel(), kind="stable")
        ends = np.cumsum(np.bincount(group.ravel(), minlength=len(different)))[:-1]
        for row, which in zip(different, np.split(order, ends), strict=True):
            yield which, self.batch(row)

    def minima(self, toys: WeightedToys) -> Array:
        """Fit toys: -2 ln L at the minimum, shape (n,); NaN where a fit failed."""
        values = np.empty(len(toys.sums))
        for which, batch in self.groups(toys):
            fits = batch.fit(self._counts(toys, which, batch), toys.auxiliary[which], errors=False)
            values[which] = np.where(fits.good, fits.values, np.nan)
        return values

    def columns(self, toys: WeightedToys, *, level: float, methods: Sequence[str] = METHODS) -> Columns:
        """Fit toys, and find their intervals: `analysis.pseudo_experiments.fitted_toys.fit_toys` of each."""
        found: Columns = {}
        for which, batch in self.groups(toys):
            own = fit_toys(
                batch, self._counts(toys, which, batch), toys.auxiliary[which], level=level, methods=methods
            )
            for name, column in own.items():
                found.setdefault(name, np.empty(len(toys.sums), column.dtype))[which] = column
        return found

    @staticmethod
    def _counts(toys: WeightedToys, which: NDArray[np.intp], batch: BatchFitter) -> Array:
        scaling = batch.fitter.templates.scaling
        return toys.sums[which] if scaling is None else toys.sums[which] * scaling


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
    fitter = thrower.fitter
    branches = toy_branches(fitter, level=level, fitted=fitted, methods=methods, weighted=True)
    fits = ScaledFits(fitter=fitter, careful=thrower.weights.differ)
    for start, made in thrown_blocks(thrower.block, n, most=thrower.largest_chunk, first=first):
        columns = thrown_columns(fitter, start, made.sums, made.auxiliary) | {"scaling": made.scaling}
        if fitted:
            columns |= fits.columns(made, level=level, methods=methods)
        yield {name: columns[name] for name in branches}


def check_weighted_methods(methods: Sequence[str]) -> None:
    """Refuse intervals that weighted data cannot have.

    Raises
    ------
    ValueError
        If thresholds from pseudo-experiments are asked for.
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
