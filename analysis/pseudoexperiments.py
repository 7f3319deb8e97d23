"""Pseudo-experiments: thrown as counts or event by event, and fitted one by one."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from analysis.fitter import Fitter
from analysis.intervals import delta_chi2, interval, upper_limit
from detsim.experiment import Experiment
from detsim.rootfile import Branch
from detsim.simulation import count_events, event_plan, number_of_events
from simgen.plan import Plan
from simgen.random import Stage, float_bits, generator

__all__ = ["FAILED", "METHODS", "NO_HESSE", "NO_LIMIT", "NO_MINOS", "Thrower", "toy_branches", "toys"]

Array = NDArray[np.float64]
Columns = dict[str, NDArray[Any]]

FAILED, NO_MINOS, NO_LIMIT, NO_HESSE = 1, 2, 4, 8
_MOST = 1e15
"""Counts that float64 still holds exactly; well below what the Poisson generator takes."""
METHODS = ("hesse", "minos", "one-sided")
"""Intervals of a toy: two-sided Hesse and MINOS, and the one-sided limit of the profile likelihood."""


@dataclass(frozen=True, kw_only=True)
class Thrower:
    """Throws pseudo-experiments of one true model.

    Parameters
    ----------
    experiment : Experiment
    fitter : Fitter
        Its model is the truth; normalisations are nominal in truth.
    seed : int
    events : bool
        Draw, smear and bin every event instead of drawing the counts.

    Raises
    ------
    ValueError
        If the fitter was prepared for weighted data.

    Notes
    -----
    Counts are Poisson, auxiliary measurements normal. For the paper's χ², whose error per bin
    holds more than counting, each bin is displaced by a Gaussian so that the total variance is (σN^SM)²;
    where counting alone has more there is no displacement, and the χ² believes in too small an error.
    Toy k depends on the seed, the true parameters and k only.
    """

    experiment: Experiment
    fitter: Fitter
    seed: int
    events: bool = False

    def __post_init__(self) -> None:
        if self.fitter.templates.scaling is not None:
            raise ValueError("toys of weighted data are not offered: throw them with an unscaled fitter")

    @cached_property
    def _identity(self) -> tuple[int, ...]:
        parameters = self.fitter.templates.model.parameters
        return float_bits(*(parameters[name] for name in sorted(parameters)))

    @cached_property
    def _expected(self) -> Array:
        expected = self.fitter.templates.expected(self.fitter.truth)
        if expected.max() > _MOST:
            raise ValueError(
                f"{expected.max():.2g} counts are expected in a bin, too many to be thrown (at most "
                f"{_MOST:.0g}): check the true {self.fitter.templates.poi} of {self.fitter.truth:g}"
            )
        return expected

    @cached_property
    def _plan(self) -> Plan:
        return event_plan(self.experiment, self.fitter.templates.model)

    @cached_property
    def _displacement(self) -> Array:
        variance = self.fitter.errors**2 - self._expected
        return np.sqrt(np.maximum(variance, 0.0))

    def __call__(self, index: int) -> tuple[Array, Array]:
        """Throw one pseudo-experiment.

        Returns
        -------
        counts : ndarray, shape (n_bins,)
        auxiliary : ndarray, shape (n_nuisances,)
            In standard deviations.
        """
        identity = (*self._identity, index)
        counts = self._counts(identity)
        auxiliary = self.fitter.nominal
        if len(auxiliary):
            measured = np.array([n.constraint != "free" for n in self.fitter.templates.nuisances])
            stream = generator(self.seed, Stage.TOY_AUXILIARY, *identity)
            auxiliary = measured * stream.standard_normal(len(auxiliary))
        if len(self.fitter.errors):
            stream = generator(self.seed, Stage.TOY_DISPLACEMENT, *identity)
            counts = counts + self._displacement * stream.standard_normal(len(counts))
        return counts, auxiliary

    def _counts(self, identity: tuple[int, ...]) -> Array:
        if not self.events:
            return (
                generator(self.seed, Stage.TOY_COUNTS, *identity).poisson(self._expected).astype(np.float64)
            )
        n = number_of_events(self._plan, seed=self.seed, identity=identity)
        counts = count_events(
            self._plan, self.experiment, self.fitter.templates.model, n, seed=self.seed, identity=identity
        )
        return counts[1:-1].astype(np.float64)


def toy_branches(fitter: Fitter, *, level: float, fitted: bool = True) -> dict[str, Branch]:
    """Describe the columns of `toys`, for a toy file.

    Parameters
    ----------
    fitter : Fitter
    level : float
        Confidence level of the intervals.
    fitted : bool
        Whether the toys are fitted.
    """
    templates = fitter.templates
    poi = templates.poi
    branches = {
        "toy": Branch(dtype="int64", description="index; with seed and true parameters it fixes the toy"),
        f"true_{poi}": Branch(dtype="float64", description=f"true value of {poi}"),
        "counts": Branch(dtype="float64", shape=(templates.n_bins,), description="counts per bin"),
    }
    for nuisance in templates.nuisances:
        branches[f"measured_{nuisance.name}"] = Branch(
            dtype="float64",
            description=f"auxiliary measurement of {nuisance.name}, nominal {nuisance.nominal:g}",
        )
    if not fitted:
        return branches
    for name in templates.names:
        branches[name] = Branch(dtype="float64", description=f"estimate of {name}")
        branches[f"{name}_error"] = Branch(dtype="float64", description=f"Hesse error of {name}")
    branches |= {
        "fval": Branch(dtype="float64", description="-2 ln L at the minimum, against the saturated model"),
        "q_true": Branch(dtype="float64", description=f"-2 Δln L of the true {poi}, profiled"),
        "hesse_lower": Branch(dtype="float64", description=f"Hesse interval at {level}, lower end"),
        "hesse_upper": Branch(dtype="float64", description=f"Hesse interval at {level}, upper end"),
        "minos_lower": Branch(dtype="float64", description=f"MINOS interval at {level}, lower end"),
        "minos_upper": Branch(dtype="float64", description=f"MINOS interval at {level}, upper end"),
        "one_sided_upper": Branch(dtype="float64", description=f"one-sided profile limit at {level}"),
        "status": Branch(
            dtype="int32",
            description="0 good; else the sum of 1 fit failed, 2 no MINOS interval, 4 no one-sided limit, "
            "8 no Hesse error; "
            "undefined cells are NaN",
        ),
    }
    return branches


def fit_toy(
    fitter: Fitter,
    counts: Array,
    auxiliary: Array,
    *,
    level: float,
    methods: Sequence[str] = METHODS,
) -> dict[str, float]:
    """Fit one pseudo-experiment and find its intervals; never raises, never redraws.

    Returns
    -------
    dict
        The cells of a row of the toy file; what is not asked for or not found is NaN.
    """
    names = fitter.templates.names
    data = fitter.data(counts, auxiliary)
    minimum = fitter.minimise(data)
    cells = dict.fromkeys(
        ["hesse_lower", "hesse_upper", "minos_lower", "minos_upper", "one_sided_upper", "q_true"], math.nan
    )
    if not minimum.valid:
        cells |= dict.fromkeys([*names, *(f"{n}_error" for n in names)], math.nan)
        return {**cells, "fval": math.nan, "status": FAILED}
    errors = fitter.hesse(data, minimum)
    status = NO_HESSE if errors is None else 0
    cells[names[0]] = minimum.values[0]
    cells[f"{names[0]}_error"] = math.nan if errors is None else float(errors[0])
    for i, nuisance in enumerate(fitter.templates.nuisances, start=1):
        x = minimum.values[i]
        cells[nuisance.name] = nuisance.value(x)
        width = math.nan if errors is None else nuisance.slope(x) * float(errors[i])
        cells[f"{nuisance.name}_error"] = width
    best, profile = cells[names[0]], fitter.profile(data)
    cells["fval"] = minimum.fval
    cells["q_true"] = profile(fitter.truth) - profile(best)
    sigmas = float(ndtri((1 + level) / 2))
    width = sigmas * cells[f"{names[0]}_error"]
    cells["hesse_lower"], cells["hesse_upper"] = best - width, best + width
    if "one-sided" in methods:
        found = upper_limit(fitter, data, minimum, delta_chi2(level, "one-sided"))
        cells["one_sided_upper"] = math.nan if found is None else found
        status |= NO_LIMIT if found is None else 0
    if "minos" in methods:
        lower, upper = interval(fitter, data, minimum, sigmas**2)
        if lower is None or upper is None:
            status |= NO_MINOS
        else:
            cells["minos_lower"], cells["minos_upper"] = lower, upper
    return {**cells, "status": status}


def toys(
    thrower: Thrower,
    n: int,
    *,
    first: int = 0,
    level: float = 0.95,
    methods: Sequence[str] = METHODS,
    fitted: bool = True,
    chunk: int = 500,
) -> Iterator[Columns]:
    """Throw and fit pseudo-experiments.

    Parameters
    ----------
    thrower : Thrower
    n : int
        How many.
    first : int
        Index of the first.
    level : float
        Confidence level of the intervals.
    methods : sequence of {"hesse", "minos", "one-sided"}
    fitted : bool
        False throws only.
    chunk : int
        Toys per yield; it changes nothing else.

    Yields
    ------
    dict of str to ndarray
        Columns as `toy_branches` describes them.
    """
    fitter = thrower.fitter
    branches = toy_branches(fitter, level=level, fitted=fitted)
    for start in range(first, first + n, chunk):
        rows = []
        for index in range(start, min(start + chunk, first + n)):
            counts, auxiliary = thrower(index)
            row = _row(fitter, index, counts, auxiliary)
            if fitted:
                row |= fit_toy(fitter, counts, auxiliary, level=level, methods=methods)
            rows.append(row)
        yield {name: np.array([r[name] for r in rows], b.numpy) for name, b in branches.items()}


def fit_stored(
    fitter: Fitter, counts: ArrayLike, *, level: float = 0.95, methods: Sequence[str] = METHODS
) -> Columns:
    """Fit the counts of stored pseudo-experiments.

    Parameters
    ----------
    fitter : Fitter
        Its model is taken as the truth; auxiliary measurements are nominal.
    counts : ndarray, shape (n_toys, n_bins)

    Returns
    -------
    dict of str to ndarray
        Columns as `toy_branches` describes them.
    """
    rows = []
    for index, row in enumerate(np.asarray(counts, np.float64)):
        cells = fit_toy(fitter, row, fitter.nominal, level=level, methods=methods)
        rows.append(_row(fitter, index, row, fitter.nominal) | cells)
    branches = toy_branches(fitter, level=level)
    return {name: np.array([r[name] for r in rows], b.numpy) for name, b in branches.items()}


def _row(fitter: Fitter, index: int, counts: Array, auxiliary: Array) -> dict[str, Any]:
    templates = fitter.templates
    row: dict[str, Any] = {"toy": index, f"true_{templates.poi}": fitter.truth, "counts": counts}
    for nuisance, x in zip(templates.nuisances, auxiliary, strict=True):
        row[f"measured_{nuisance.name}"] = nuisance.value(float(x))
    return row


def at_truth(fitter: Fitter, value: float) -> Fitter:
    """Return the fitter with another true value of the parameter of interest; nothing is folded again."""
    templates = fitter.templates
    return replace(fitter, templates=replace(templates, model=templates.model.vary(**{templates.poi: value})))
