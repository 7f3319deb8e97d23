"""Calibrations, as JSON and as text."""

import math
from pathlib import Path
from typing import Any

from analysis.calibration import Calibration, coverage_error, toys_for_error
from macros.terminal import print_table, say

__all__ = ["calibration_document", "few_toys_warnings", "say_calibration", "thresholds_table"]

_SHOWN = ("feldman-cousins", "calibrated")

_LARGEST_SHIFT = 0.005
"""Shift of the coverage, of one standard deviation of a threshold, above which a table is called small."""


def few_toys_warnings(n_toys: int | None, level: float) -> list[str]:
    """Warn of a table that has too few toys; an empty list where it has enough, or where there is none.

    Parameters
    ----------
    n_toys : int or None
        Pseudo-experiments at each true value of the table.
    level : float
    """
    if n_toys is None or (error := coverage_error(n_toys, level)) <= _LARGEST_SHIFT:
        return []
    enough = 100 * math.ceil(toys_for_error(_LARGEST_SHIFT, level) / 100)
    return [
        f"the thresholds come from {n_toys} toys at each true value: their statistical error shifts the "
        f"coverage by ± {error:.2g} around {level:g}; {enough} toys at each value shift it by at most "
        f"{_LARGEST_SHIFT:g}"
    ]


def calibration_document(made: Calibration, file: Path, level: float) -> dict[str, Any]:
    """Return the keys of a calibration, with its thresholds at a confidence level."""
    return {
        "file": str(file),
        "parameter": made.parameter,
        "values": made.values,
        "first": made.first,
        "n_toys": made.n_toys,
        "n_failed": int(made.n_failed.sum()),
        "keep": "rows" if made.sums is None else "sums",
        "level": level,
        "thresholds": _thresholds(made, level),
        "reference": made.reference,
        "seed": made.seed,
    }


def say_calibration(document: dict[str, Any]) -> None:
    """Write the document of a calibration for a person."""
    if document["thresholds"] is None:
        say(f"{document['n_toys']} toys are too few for a threshold at {100 * document['level']:g} %")
    else:
        print_table(*thresholds_table(document))
        level, n_toys = f"{100 * document['level']:g} %", document["n_toys"]
        say(
            f"thresholds in -2 Δln L at {level}, ± from {n_toys} toys each; "
            f"CLs compares with {document['reference']:g}"
        )
    say(
        f"{document['file']}: {len(document['values'])} true values, {document['n_failed']} failed, "
        f"seed {document['seed']}"
    )


def thresholds_table(document: dict[str, Any]) -> tuple[list[str], list[list[Any]]]:
    """Return head and rows of the table of thresholds; no rows if there are too few toys."""
    head = [document["parameter"], *(text for method in _SHOWN for text in (method, "±"))]
    rows = [
        [r["value"], *(r[m][k] for m in _SHOWN for k in ("threshold", "error"))]
        for r in document["thresholds"] or ()
    ]
    return head, rows


def _thresholds(made: Calibration, level: float) -> list[dict[str, Any]] | None:
    """Return the thresholds of every true value; None if there are too few toys."""
    if not made.enough(level):
        return None
    curves = {method: made.thresholds(method, level) for method in _SHOWN}
    return [
        {
            "value": float(value),
            **{
                method: {"threshold": float(c.centre[i]), "error": float(c.high[i] - c.low[i]) / 2}
                for method, c in curves.items()
            },
        }
        for i, value in enumerate(made.values)
    ]
