"""What studies of pseudo-experiments share: options, the verdict on failed toys, audits, figures."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from detsim.files import real_path
from macros.console import RunError, format_number, json_text, say, warn
from macros.options import count
from macros.outputs import FilePlan, Output, picture_outputs
from macros.pictures import picture_kind, write_picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.fits import Audit
    from detsim.files import Former
    from macros.figures.data import FigureData

__all__ = [
    "BESIDE",
    "AuditOption",
    "FigureOption",
    "MaxFailedOption",
    "audit_document",
    "check_audit",
    "check_failed",
    "say_audit",
    "study_plan",
    "write_figure",
]

BESIDE = (".csv", ".json")
"""Suffixes of the files beside the picture of a study."""

AuditOption = Annotated[
    int,
    typer.Option(
        "--audit",
        parser=count(0),
        metavar="N",
        help="Toys that are fitted again, at random, and with them some of the worst; 0: none.",
    ),
]
MaxFailedOption = Annotated[
    float,
    typer.Option(
        "--max-failed", min=0.0, max=1.0, help="Fraction of failed toys above which the study has failed."
    ),
]
FigureOption = Annotated[
    Path | None,
    typer.Option(
        "--figure",
        metavar="FILE",
        help="Picture to draw, PDF or PNG; its numbers beside it as CSV and JSON.",
        show_default=False,
    ),
]


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
        none = "the study was stopped before any of the toys that were chosen for it"
        say(f"audit: {none if reached == 0 else 'the fits of all toys that were chosen for it had failed'}")
        return
    bad = f" ({audit.n_worst} of them the worst)" if audit.n_worst else ""
    say(
        f"audit: {audit.n} toys{bad} fitted again by MINUIT (EDM < {EDM:g}) and a root finder; largest "
        f"differences: {format_number(audit.estimate, 2)} errors in the estimate, "
        f"{format_number(audit.fval, 2)} in -2 ln L, "
        f"{format_number(audit.limit, 2)} errors in the ends of intervals"
    )
    found = {
        "have a minimum that only the study found": audit.shallower,
        "have two minima that are equally deep": audit.equal,
        "could not be fitted so tightly": audit.unfitted,
    }
    for words, n in found.items():
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


def study_plan(
    reads: Iterable[Path | None], output: Path | None, figure: Path | None, *, force: bool
) -> FilePlan:
    """Plan the files of a study: toys, and a picture with its numbers.

    Parameters
    ----------
    reads : iterable of Path
        Files of the card and of options; None are left out.
    output, figure : Path or None
        Toy file and picture.
    force : bool
        Whether files that this program wrote as the same kind may be replaced.

    Raises
    ------
    typer.BadParameter
        If the picture is neither PDF nor PNG, or its directory does not exist.
    """
    if figure is not None and picture_kind(figure) not in {"pdf", "png"}:
        raise typer.BadParameter(f"--figure {figure}: the name must end in .pdf or .png")
    if figure is not None and not real_path(figure).parent.is_dir():
        raise typer.BadParameter(f"--figure {figure}: there is no directory {figure.parent}")
    toys = () if output is None else (Output(path=output, kind="toys"),)
    writes = (*toys, *picture_outputs(figure, *BESIDE))
    return FilePlan(reads=tuple(path for path in reads if path), writes=writes, force=force)


def write_figure(
    path: Path, figure: "Figure", data: "FigureData", *, former: "Former | None" = None
) -> list[str]:
    """Write a picture, and its numbers beside it; return the names of the files."""
    document = json_text(data.document()) + "\n"
    contents = dict(zip(BESIDE, (data.csv().encode(), document.encode()), strict=True))
    return [str(file) for file in write_picture(path, figure, contents, former=former)]
