"""Audit of a study: the choice of toys that MINUIT fits again, and the comparison of both fits."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.batch import FAILED, NO_HESSE
from analysis.fits.audited_toy import EDM, Audit, End, FittedToy, fitted_again
from analysis.fits.fitter import Fitter
from analysis.fits.limits import delta_chi2
from simgen.random import Stage, generator

__all__ = [
    "EDM",
    "SAMPLE",
    "Audit",
    "End",
    "FittedToy",
    "audit_columns",
    "audit_sample",
    "audit_toys",
    "chosen",
]

Columns = dict[str, NDArray[Any]]

SAMPLE = 20
"""Default number of toys of a study that are fitted again."""


def audit_sample(seed: int, total: int, n: int, *, first: int = 0) -> NDArray[np.int64]:
    """Choose the toys that are fitted again. The choice does not depend on chunks.

    Parameters
    ----------
    seed : int
    total : int
        Number of toys of the study.
    n : int
        Number of toys to choose; all if there are fewer.
    first : int
        Index of the study's first toy.

    Returns
    -------
    ndarray of int, shape (min(n, total),)
        Indices, ascending.

    Examples
    --------
    >>> audit_sample(1, 3, 20, first=7)
    array([7, 8, 9])
    """
    if n < 0:
        raise ValueError(f"the number of toys that are audited must be at least 0, got {n}")
    offsets = generator(seed, Stage.AUDIT, first, total).choice(total, min(n, total), replace=False)
    return np.sort(first + offsets.astype(np.int64))


def chosen(sample: NDArray[np.int64], start: int, n: int) -> NDArray[np.int64]:
    """Return the positions of the sample's toys among the toys start, start + 1, ... start + n - 1."""
    return sample[(sample >= start) & (sample < start + n)] - start


def audit_columns(
    fitter: Fitter, columns: Columns, rows: Iterable[int], *, level: float, methods: Sequence[str]
) -> Audit:
    """Fit some rows of a toy file again.

    Parameters
    ----------
    fitter : Fitter
    columns : dict of str to ndarray
        Columns from `analysis.pseudo_experiments.fitted_toys.toys`.
    rows : iterable of int
        Indices of the toys; failed ones are skipped.
    level, methods
        Level and methods of the intervals.
    """
    templates = fitter.templates
    poi, two_sided = templates.poi, delta_chi2(level, "two-sided")
    measured = [(n, columns["measured_" + n.name.replace(".", "_")]) for n in templates.nuisances]
    toys = []
    for i in rows:
        if columns["status"][i] & FAILED:
            continue
        ends = []
        if "minos" in methods:
            bounds = [float(columns[f"minos_{name}"][i]) for name in ("lower", "upper")]
            if not any(map(math.isnan, bounds)):  # the file has both ends or none
                ends += [
                    End(value=x, sign=s, threshold=two_sided) for x, s in zip(bounds, (-1, 1), strict=True)
                ]
        if "one-sided" in methods:
            limit, threshold = float(columns["one_sided_upper"][i]), delta_chi2(level, "one-sided")
            ends.append(End(value=limit, sign=1, threshold=threshold, bounded=True))
        no_error = columns["status"][i] & NO_HESSE
        toy = FittedToy(
            counts=columns["counts"][i],
            auxiliary=np.array([n.pull(float(x[i])) for n, x in measured]),
            estimate=float(columns[poi][i]),
            error=math.nan if no_error else float(columns[f"{poi}_error"][i]),
            fval=float(columns["fval"][i]),
            ends=tuple(ends),
        )
        toys.append(toy)
    return audit_toys(fitter, toys)


def audit_toys(fitter: Fitter, toys: Iterable[FittedToy]) -> Audit:
    """Fit toys again, and compare with the study."""
    total = Audit()
    for toy in toys:
        total += fitted_again(fitter, toy)
    return total
