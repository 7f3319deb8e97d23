"""Nuisance parameters of a fit: uncertainties of normalisations and shapes, with their constraints."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.csgraph import connected_components

from detsim.experiment import Experiment
from detsim.systematics import SHAPES, Constraint
from simgen.interaction import Model

__all__ = ["Nuisance", "collect", "null_groups", "null_rows"]

Array = NDArray[np.float64]

Target = tuple[int, int]
"""Indices of an experiment and of its component: 0 is the signal, 1 + j background j."""
_RANK, _SHARE = 1e-7, 1e-5
"""Smaller singular values, relative to the largest, and smaller components of a direction count as 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nuisance:
    """A nuisance parameter, fitted as a pull x that is measured as a ± 1.

    Parameters
    ----------
    name : str
    quantity : str
        ``background``, or one of `detsim.systematics`.
    uncertainty : float
        Relative standard deviation of the quantity.
    constraint : {"gaussian", "log-normal", "free"}
    targets : tuple of (experiment, component)
        Components on which it acts.
    nominal : float
        Reported value of the quantity at x = 0; 1 for a relative quantity.
    """

    name: str
    quantity: str
    uncertainty: float
    constraint: Constraint
    targets: tuple[Target, ...]
    nominal: float = 1.0

    @property
    def is_shape(self) -> bool:
        """Whether it changes the shape of the expected spectrum, not only its normalisation."""
        return self.quantity in SHAPES

    @property
    def lowest(self) -> float:
        """Smallest pull: a factor 1 + σx is 0 there."""
        return -math.inf if self.is_shape or self.constraint == "log-normal" else -1 / self.uncertainty

    def value(self, x: ArrayLike) -> Any:
        """Compute the quantity at pulls: a float, or an array of their shape."""
        if self.constraint == "log-normal":
            values = self.nominal * np.exp(math.log1p(self.uncertainty) * np.asarray(x))
        else:
            values = self.nominal * (1 + self.uncertainty * np.asarray(x))
        return values if np.ndim(x) else float(values)

    def slope(self, x: ArrayLike) -> Any:
        """Compute the derivative of the quantity with respect to the pull, in the shape of the pulls."""
        if self.constraint == "log-normal":
            return self.value(x) * math.log1p(self.uncertainty)
        return self.nominal * self.uncertainty * (np.ones(np.shape(x)) if np.ndim(x) else 1.0)

    def pull(self, value: float) -> float:
        """Compute the pull at which the quantity has a value."""
        if self.constraint == "log-normal":
            return math.log(value / self.nominal) / math.log1p(self.uncertainty)
        return (value / self.nominal - 1) / self.uncertainty


def collect(experiments: Sequence[Experiment], model: Model, poi: str) -> tuple[Nuisance, ...]:
    """List the nuisance parameters of experiments that are fitted together.

    Raises
    ------
    ValueError
        If two experiments have the same name, or share a quantity with different uncertainties, or the
        parameter of interest is a nuisance parameter, too.
    """
    names = [e.name for e in experiments]
    if len(set(names)) != len(names):
        raise ValueError(f"experiments that are fitted together need names of their own, got {names}")
    if poi == "sin2_theta_w" and any(s.name == poi for e in experiments for s in e.systematics):
        raise ValueError(
            "sin2_theta_w cannot be the parameter of interest and an uncertainty at once: leave "
            "systematics.sin2_theta_w out"
        )
    by_name: dict[str, Nuisance] = {}
    for number, experiment in enumerate(experiments):
        prefix = f"{experiment.name}." if len(experiments) > 1 else ""
        for nuisance in _of_experiment(number, experiment, model, prefix):
            earlier = by_name.get(nuisance.name)
            if earlier is None:
                by_name[nuisance.name] = nuisance
                continue
            if (earlier.uncertainty, earlier.constraint) != (nuisance.uncertainty, nuisance.constraint):
                raise ValueError(
                    f"{nuisance.name} is common to experiments, and they differ on its uncertainty "
                    "or constraint"
                )
            by_name[nuisance.name] = _joined(earlier, nuisance)
    _check_free(tuple(by_name.values()))
    return tuple(by_name.values())


def _check_free(nuisances: Sequence[Nuisance]) -> None:
    """Refuse free factors that cannot be distinguished, because they multiply the same components."""
    free = [n for n in nuisances if n.constraint == "free" and not n.is_shape]
    targets = sorted({target for n in free for target in n.targets})
    acts = np.array([[target in n.targets for n in free] for target in targets], np.float64)
    for group in null_groups(acts) if free else ():
        raise ValueError(
            f"{', '.join(free[i].name for i in group)} are free, and no data tell such factors apart: one of "
            "them may be free, the others need an uncertainty"
        )


def _joined(a: Nuisance, b: Nuisance) -> Nuisance:
    return Nuisance(
        name=a.name,
        quantity=a.quantity,
        uncertainty=a.uncertainty,
        constraint=a.constraint,
        targets=a.targets + b.targets,
        nominal=a.nominal,
    )


def _of_experiment(number: int, experiment: Experiment, model: Model, prefix: str) -> list[Nuisance]:
    """List the nuisance parameters of one experiment."""
    backgrounds = list(enumerate(experiment.backgrounds, start=1))
    everything = tuple((number, j) for j in range(1 + len(backgrounds)))
    detected = ((number, 0), *((number, j) for j, b in backgrounds if b.smeared))
    targets = {"activity": ((number, 0),), "mass": ((number, 0),), "efficiency": detected}
    nuisances = [
        Nuisance(
            name=s.name if s.common or s.name == "sin2_theta_w" else prefix + s.name,
            quantity=s.name,
            uncertainty=s.uncertainty,
            constraint=s.constraint,
            targets=targets.get(s.name, everything),
            nominal=model.sin2_theta_w if s.name == "sin2_theta_w" else 1.0,
        )
        for s in experiment.systematics
    ]
    nuisances += [
        Nuisance(
            name=f"{'' if b.common else prefix}background_{b.name}",
            quantity="background",
            uncertainty=b.uncertainty,
            constraint=b.constraint,
            targets=((number, j),),
        )
        for j, b in backgrounds
        if b.uncertainty > 0
    ]
    return nuisances


def null_groups(columns: Array) -> tuple[tuple[int, ...], ...]:
    """Group the columns that take part in a linear dependence.

    Parameters
    ----------
    columns : ndarray, shape (n, M)

    Returns
    -------
    tuple of tuple of int
        Indices of columns, ascending: a group for each set of dependent columns; a column of zeros is a group
        by itself.

    Examples
    --------
    >>> null_groups(np.array([[1.0, 2.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]))
    ((0, 1), (3,))
    """
    rows = null_rows(columns)
    projector = rows.T @ rows
    _, labels = connected_components(np.abs(projector) > _SHARE, directed=False)
    involved = np.flatnonzero(np.diag(projector) > _SHARE)
    groups = {label: tuple(int(i) for i in involved if labels[i] == label) for label in labels[involved]}
    return tuple(sorted(groups.values()))


def null_rows(columns: Array) -> Array:
    """Return orthonormal combinations of columns that are zero, shape (k, M)."""
    _, values, rows = np.linalg.svd(columns, full_matrices=True)
    rank = int(np.count_nonzero(values > _RANK * max(values.max(initial=0.0), 1.0)))
    return np.asarray(rows[rank:])
