"""What studies of pseudo-experiments share: options, the verdict on failed toys, audits, figures."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast, get_args

import typer

from macros.console import RunError, format_number, plain, say, warn
from macros.options import count

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.audit import Audit
    from macros.figures.data import FigureData

__all__ = [
    "AuditOption",
    "FigureOption",
    "MaxFailedOption",
    "audit_document",
    "check_failed",
    "check_figure",
    "say_audit",
    "write_figure",
]

Kind = Literal["pdf", "png"]

AuditOption = Annotated[
    int,
    typer.Option(
        "--audit",
        parser=count(0),
        metavar="N",
        help="Toys that are fitted again by MINUIT, at random; 0: none.",
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


def say_audit(audit: "Audit | None") -> None:
    """Write an audit for a person, if there was one."""
    if audit is None:
        return
    from analysis.audit import EDM

    if audit.n == 0:
        say("audit: there was no fitted toy to be fitted again")
        return
    say(
        f"audit: {audit.n} toys fitted again by MINUIT (EDM < {EDM:g}) and a root finder; largest "
        f"differences: {format_number(audit.estimate, 2)} errors in the estimate, "
        f"{format_number(audit.fval, 2)} in -2 ln L, "
        f"{format_number(audit.limit, 2)} errors in the ends of intervals"
    )
    found = {
        "have a deeper minimum, which the study missed": audit.deeper,
        "have a minimum that only the study found": audit.shallower,
        "have two minima that are equally deep": audit.equal,
        "could not be fitted so tightly": audit.unfitted,
    }
    for words, n in found.items():
        if n:
            warn(f"of the {audit.n} toys of the audit {n} {words}")
    if audit.one_ended:
        warn(f"audit: {audit.one_ended} ends of intervals were found by one of the two only")


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
    """
    if n_failed > most * n_toys:
        raise RunError(
            f"{n_failed} of {n_toys} toys failed, {100 * n_failed / n_toys:.3g} %, and --max-failed {most:g} "
            f"allows {100 * most:.3g} %: {where}"
        )


def check_figure(path: Path | None, *others: Path | None) -> None:
    """Refuse, before the work, a picture that cannot be written after it.

    Raises
    ------
    typer.BadParameter
        If it is neither PDF nor PNG, or would be written over another file of the same command.
    """
    if path is None:
        return
    if _kind(path) not in get_args(Kind):
        raise typer.BadParameter(f"--figure {path}: the name must end in .pdf or .png")
    if not path.resolve().parent.is_dir():
        raise typer.BadParameter(f"--figure {path}: there is no directory {path.parent}")
    taken = {other.resolve() for other in others if other is not None}
    for file in _files(path):
        if file.resolve() in taken:
            raise typer.BadParameter(f"--figure {path}: {file} is written by this command already")


def write_figure(path: Path, figure: "Figure", data: "FigureData") -> list[str]:
    """Write a picture, and its numbers beside it; return the names of the files."""
    from detsim.files import whole_file
    from macros.style import render

    picture, table, document = _files(path)
    contents: Mapping[Path, bytes] = {
        picture: render(figure, cast("Kind", _kind(path))),
        table: data.csv().encode(),
        document: (json.dumps(plain(data.document()), indent=2, ensure_ascii=False) + "\n").encode(),
    }
    for file, content in contents.items():
        with whole_file(file) as stream:
            stream.write(content)
    return [str(file) for file in contents]


def _kind(path: Path) -> str:
    return path.suffix.lower().removeprefix(".")


def _files(path: Path) -> tuple[Path, Path, Path]:
    return path, path.with_suffix(".csv"), path.with_suffix(".json")
