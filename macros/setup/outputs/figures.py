"""Pictures that a command is asked for: their names, their style, and how they are written."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from detsim.files import real_path
from macros.plots import BESIDE, KINDS, Look, look, picture_kind, write_figure
from macros.setup.outputs.plans import Output, picture_outputs

if TYPE_CHECKING:
    from detsim.files import Former
    from macros.plots import Picture

__all__ = ["FigurePlan", "check_picture", "plan_figures", "read_look"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FigurePlan:
    """Pictures of one figure, in a style.

    Parameters
    ----------
    paths : tuple of Path
        None: nothing is drawn.
    look : Look
    """

    paths: tuple[Path, ...] = ()
    look: Look = Look()  # noqa: RUF009 (it is frozen)

    def __bool__(self) -> bool:
        return bool(self.paths)

    def outputs(self) -> tuple[Output, ...]:
        """Name the pictures and the files beside them, each once."""
        planned = {output.path: output for path in self.paths for output in picture_outputs(path, BESIDE)}
        return tuple(planned.values())

    def write(self, picture: "Picture", *, former: "Former | None" = None) -> list[str]:
        """Draw a picture, write it with its numbers, and return the names of the files.

        Parameters
        ----------
        picture : Picture
        former : mapping of Path to FileStamp, optional
            What may be replaced, as for `detsim.files.atomic.WholeFile`.
        """
        if not self.paths:
            return []
        with look(self.look):
            return write_figure(self.paths, picture.draw(), picture.data, former=former)


def plan_figures(
    paths: Path | Iterable[Path] | None,
    style: str | None = None,
    *,
    option: str = "--figure",
    alone: bool = True,
) -> FigurePlan:
    """Read the options of a figure.

    Parameters
    ----------
    paths : Path or iterable of Path, optional
        Of the pictures; none: no figure.
    style : str, optional
        As `macros.plots.read_style` takes it.
    option : str
        What messages call it.
    alone : bool
        Whether the command has no other figure that could have the style.

    Raises
    ------
    typer.BadParameter
        If a name is not that of a picture, its directory does not exist, or the style cannot be read.
    """
    chosen: Sequence[Path] = [paths] if isinstance(paths, Path) else list(paths or ())
    for path in chosen:
        check_picture(option, path)
    if style is not None and alone and not chosen:
        raise typer.BadParameter(f"--style goes with {option} FILE: it says how the picture looks")
    return FigurePlan(paths=tuple(dict.fromkeys(chosen)), look=read_look(style))


def read_look(style: str | None) -> Look:
    """Read the style of pictures, as `--style` names it.

    Raises
    ------
    typer.BadParameter
        If there is no such style, or it is wrong.
    """
    from macros.plots import StyleError, read_style

    try:
        return Look(parameters=read_style(style) if style is not None else {})
    except StyleError as error:
        raise typer.BadParameter(f"--style {error}") from None


def check_picture(option: str, path: Path | None) -> None:
    """Refuse the name of a picture that cannot be written.

    Raises
    ------
    typer.BadParameter
        If it is neither PDF, PNG nor SVG, or its directory does not exist.
    """
    if path is not None and picture_kind(path) not in KINDS:
        raise typer.BadParameter(f"{option} {path}: the name must end in .pdf, .png or .svg")
    if path is not None and not real_path(path).parent.is_dir():
        raise typer.BadParameter(f"{option} {path}: there is no directory {path.parent}")
