"""Calibrations of the fits of a card: made, stored with the card, and read for the same card only."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from analysis.calibration import (
    CALIBRATED,
    Calibration,
    check_enough,
    conditions,
    data_numbers,
    read_calibration,
)
from analysis.fits import Fitter
from analysis.studies import calibrate, check_counts, true_values
from detsim.files import checksum
from macros.card import Card
from macros.setup import check_card
from macros.studies.limit_options import N_CALIBRATION, LimitOptions
from macros.terminal import Progress, progress

__all__ = [
    "limit_calibration",
    "make_calibration",
    "open_calibration",
    "reference_value",
    "thresholds_of_origin",
]


_MARGIN = 1.5
"""True values go this many standard deviations beyond where a χ² would put the end of the interval."""
_NOT_COMPARED = {"fit", "run"}
"""Tables of a card that may differ from the file's; what a fit does is compared by itself."""


def reference_value(fitter: Fitter, stated: float | None) -> float:
    """Choose what CLs compares with: 0, where a parameter can be 0.

    Raises
    ------
    ValueError
        If it cannot, and no other value is stated.
    """
    low, high = fitter.physical
    if stated is None and not low <= 0 <= high:
        raise ValueError(
            f"{fitter.templates.poi} cannot be 0: state with --reference which value means no signal"
        )
    return 0.0 if stated is None else stated


def make_calibration(
    card: Card,
    fitter: Fitter,
    n_toys: int,
    *,
    at: Sequence[float] | None = None,
    counts: NDArray[np.float64] | None = None,
    auxiliary: NDArray[np.float64] | None = None,
    reach: float | None = None,
    profiled: bool = False,
    reference: float | None = None,
    progress: Progress = progress,
    **settings: Any,
) -> Calibration:
    """Calibrate the fits of a card.

    Parameters
    ----------
    card : Card
        With a seed.
    fitter : Fitter
    n_toys : int
        Pseudo-experiments at each true value.
    at : sequence of float, optional
        True values; chosen around the data, or around exact data of the model, if not given.
    counts : ndarray, shape (n_bins,), optional
        Data.
    auxiliary : ndarray, shape (n_nuisances,), optional
        Measured pulls of the data; nominal without.
    reach : float, optional
        See `analysis.studies.thresholds.true_values`.
    profiled : bool
        Whether true nuisance parameters are fitted to the data.
    reference : float, optional
        See `reference_value`.
    progress : callable
        Shows how far it is, as `macros.terminal.pace.progress` does.
    **settings
        `first`, `keep`, `largest_kept` and `stopped` of `analysis.studies.calibrate`.
    """
    check_counts(fitter)
    data = None if counts is None else fitter.data(counts, auxiliary)
    if at is None:
        at = list(true_values(fitter, data, **({} if reach is None else {"reach": reach})))
    compared = reference_value(fitter, reference)
    with progress("calibration", n_toys * (len(set(at)) + 1), "toys") as advance:
        return calibrate(
            fitter,
            at,
            n_toys,
            seed=int(card.run.seed or 0),
            drawn=card.fit.drawn,
            data=data if profiled else None,
            reference=compared,
            on_toys=advance,
            **settings,
        )


def limit_calibration(
    card: Card,
    fitter: Fitter,
    options: LimitOptions,
    *,
    counts: NDArray[np.float64] | None,
    auxiliary: NDArray[np.float64] | None,
    shared: bool = False,
    progress: Progress = progress,
) -> Calibration:
    """Read the table of a limit, or make thresholds for it.

    Parameters
    ----------
    card, fitter
        As for `make_calibration`.
    options : LimitOptions
    counts, auxiliary : ndarray or None
        Data around which true values are chosen; None: around exact data of the model.
    shared : bool
        Whether the thresholds are for the expected limit and its band, too: true values are those of the
        expected limit, and those around the data that lie beyond.
    progress : callable
    """
    if options.profiled and counts is None:
        raise ValueError("nuisance parameters can be fitted to data only: give the data")
    if options.table is not None:
        return open_calibration(card, fitter, options.table, counts=counts, auxiliary=auxiliary)
    n_toys = options.n_calibration or N_CALIBRATION
    if options.method != "cls":
        check_enough(n_toys, card.fit.limit_level)
    reach = None if counts is None else float(ndtri((1 + card.fit.limit_level) / 2)) + _MARGIN
    at = None
    if shared and counts is not None and reach is not None:
        check_counts(fitter)
        expected = true_values(fitter)
        around = true_values(fitter, fitter.data(counts, auxiliary), reach=reach)
        beyond = around[(around < expected[0]) | (around > expected[-1])]
        at = np.union1d(expected, beyond).tolist()
    return make_calibration(
        card,
        fitter,
        n_toys,
        at=at,
        counts=counts,
        auxiliary=auxiliary,
        reach=reach,
        profiled=options.profiled,
        progress=progress,
    )


def open_calibration(
    card: Card,
    fitter: Fitter,
    path: Path,
    *,
    counts: NDArray[np.float64] | None = None,
    auxiliary: NDArray[np.float64] | None = None,
) -> Calibration:
    """Read the calibration of a card.

    Parameters
    ----------
    card : Card
    fitter : Fitter
        Of the card.
    path : Path
    counts, auxiliary : ndarray, shapes (n_bins,) and (n_nuisances,), optional
        The data that it is for, and their measured pulls: they matter to a calibration with nuisance
        parameters fitted to data.

    Raises
    ------
    ValueError
        If it was made for another card, fit or data, naming what differs.
    FileError
        If the file is incomplete, foreign or damaged.
    """
    stored = read_calibration(path)
    check_card(card, stored.provenance.get("card", {}), path, may_differ=_NOT_COMPARED)
    profiled = stored.calibration.conditions.nuisances == "profiled"
    if profiled and counts is None:
        raise ValueError(
            f"{path}: its nuisance parameters are those that were fitted to data, and it serves only these"
        )
    used = conditions(
        fitter,
        drawn=card.fit.drawn,
        nuisances="profiled" if profiled else "nominal",
        data=data_numbers(counts, auxiliary) if profiled and counts is not None else (),
    )
    try:
        stored.calibration.check(fitter, used)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return stored.calibration


def thresholds_of_origin(
    path: Path | None, calibration: Calibration | None, methods: Sequence[str]
) -> dict[str, Any]:
    """Return what files of toys must have in common to be joined: the table that judged them.

    Parameters
    ----------
    path : Path or None
        Of the table.
    calibration : Calibration or None
        What was read from it.
    methods : sequence of str
        Methods of the toys; the thresholds are those of the calibrated ones.
    """
    if path is None or calibration is None or not set(methods) & set(CALIBRATED):
        return {}
    found = {"seed": calibration.seed, "n_toys": calibration.n_toys, "sha256": checksum(path)}
    return {"thresholds": found}
