"""Audits of pseudo-experiments and toys that failed, as JSON, as text, and as a verdict."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from macros.terminal import RunError, format_number, number_of, say, warn

if TYPE_CHECKING:
    from analysis.fits import Audit

__all__ = ["audit_document", "check_audit", "check_failed", "say_audit"]


def audit_document(audit: "Audit | None") -> dict[str, Any] | None:
    """Return the keys of an audit; None where none was asked for."""
    return None if audit is None else asdict(audit)


def say_audit(audit: "Audit | None", *, reached: int | None = None) -> None:
    """Write an audit for a person, if there was one.

    Parameters
    ----------
    audit : Audit or None
    reached : int, optional
        How many of the toys that were chosen for it had been thrown when the study ended; all, if not given.
    """
    if audit is None:
        return
    from analysis.fits import EDM

    if audit.n == 0:
        none = "none of the toys that were chosen for it is among these"
        say(f"audit: {none if reached == 0 else 'the fits of all toys that were chosen for it had failed'}")
        return
    bad = f" ({audit.n_worst} of them the worst)" if audit.n_worst else ""
    say(
        f"audit: {number_of(audit.n, 'toy')}{bad} fitted again by MINUIT (EDM < {EDM:g}) and a root "
        f"finder; largest differences: {format_number(audit.estimate, 2)} errors in the estimate, "
        f"{format_number(audit.fval, 2)} in -2 ln L, "
        f"{format_number(audit.limit, 2)} errors in the ends of intervals"
    )
    numbers = {
        "have a minimum that only the study found": audit.shallower,
        "have two minima that are equally deep": audit.equal,
        "could not be fitted so tightly": audit.unfitted,
    }
    for words, n in numbers.items():
        if n:
            warn(f"of the {audit.n} toys of the audit {n} {words}")
    if audit.one_ended:
        warn(f"audit: {audit.one_ended} ends of intervals were found by one of the two only")


def check_audit(audit: "Audit | None", *, where: str = "") -> None:
    """End a study whose audit found a deeper minimum than the study, after all is written and said.

    Raises
    ------
    RunError
    """
    if audit is not None and audit.deeper:
        raise RunError(
            f"{audit.deeper} of the {audit.n} toys of the audit have a deeper minimum, which the study "
            f"missed: its numbers are not to be quoted{f'; {where}' if where else ''}"
        )


def check_failed(n_failed: int, n_toys: int, most: float, *, where: str) -> None:
    """End a study of which too many toys failed.

    Parameters
    ----------
    n_failed, n_toys : int
    most : float
        Largest fraction.
    where : str
        Where to look at them.

    Raises
    ------
    RunError
    ValueError
        If the fraction is none.
    """
    if not 0 <= most <= 1:
        raise ValueError(f"--max-failed must lie between 0 and 1, got {most:g}")
    if n_failed > most * n_toys:
        raise RunError(
            f"{n_failed} of {n_toys} toys failed, {100 * n_failed / n_toys:.3g} %, and --max-failed {most:g} "
            f"allows {100 * most:.3g} %: {where}"
        )
