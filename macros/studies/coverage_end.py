"""The end of a coverage study: its picture, and whether it is complete and good."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from detsim.files import Former
from macros.plots import write_figure
from macros.terminal import Interrupted
from macros.words import check_audit, check_failed

if TYPE_CHECKING:
    from analysis.studies import CoverageStudy
    from macros.card import Card

__all__ = ["draw_coverage", "judge_coverage"]


def draw_coverage(path: Path, study: "CoverageStudy", card: "Card", former: Former) -> list[str] | None:
    """Draw a coverage study; return the names of the files, or None where no true value is complete."""
    from macros.plots import coverage_data, coverage_plot

    if not study.points:
        return None
    note = (f"{card.name}: {card.model.label}",)
    data = coverage_data(study, note=note)
    return write_figure(path, coverage_plot(study, note=note), data, former=former)


def judge_coverage(
    study: "CoverageStudy",
    values: Sequence[float],
    n: int,
    seed: int,
    output: Path | None,
    max_failed: float,
) -> None:
    """Say how to go on with a study that was stopped, and end one of which too many toys failed.

    Parameters
    ----------
    study : CoverageStudy
    values : sequence of float
        True values that were asked for, with n toys each.
    n, seed : int
    output : Path or None
        The toy file.
    max_failed : float

    Raises
    ------
    Interrupted, RunError
    """
    complete = len(study.points)
    if complete < len(values):
        left = ",".join(f"{v!r}" for v in values[complete:])
        unwritten = f", and {output} was not written" if output else ""
        raise Interrupted(
            f"{complete} of {len(values)} true values are complete{unwritten}; for the others: --seed {seed} "
            f"--at {left}"
        )
    n_failed = sum(p.n_failed for p in study.points)
    where = "they count as not covered" + (f", and {output} holds them" if output else "")
    check_failed(n_failed, len(values) * n, max_failed, where=where)
    check_audit(study.audit, where=f"{output} holds all toys as they were fitted" if output else "")
