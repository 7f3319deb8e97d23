"""The figures of `nugauge fit`: data and fit, pulls and impacts, and the profile likelihood."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from macros.setup import FigurePlan, FilePlan, Output, plan_figures
from macros.terminal import read_values

if TYPE_CHECKING:
    from analysis.fits import FitResult, Impacts
    from detsim.files import Former
    from macros.studies import Inference

__all__ = ["FitFigures", "plan_fit_figures"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FitFigures:
    """Which figures of a fit are asked for.

    Parameters
    ----------
    counts, impacts, profile : FigurePlan
        Of data and fit, of pulls and impacts, of the profile likelihood.
    at : tuple of float, or None
        Values of the parameter of interest of the profile; None: chosen.
    """

    counts: FigurePlan
    impacts: FigurePlan
    profile: FigurePlan
    at: tuple[float, ...] | None

    def plan(self, reads: Iterable[Path], *, force: bool, part: tuple[Output, ...] = ()) -> FilePlan:
        """Plan the files, with that of the toys of a test."""
        figures = (self.counts, self.impacts, self.profile)
        writes = (*part, *(output for figure in figures for output in figure.outputs()))
        return FilePlan(reads=tuple(reads), writes=writes, force=force)

    def write(
        self,
        case: "Inference",
        result: "FitResult",
        impacts: "Impacts | None",
        *,
        former: "Former | None" = None,
    ) -> list[str]:
        """Draw and write them; return the names of all files.

        Raises
        ------
        ValueError
            If there are no impacts to be drawn.
        """
        from macros.studies import counts_picture, impacts_picture, profile_picture

        pictures = []
        if self.impacts and impacts is not None and not result.failed:
            try:
                pictures.append((self.impacts, impacts_picture(case, result, impacts)))
            except ValueError as error:
                raise ValueError(f"--impacts {self.impacts.paths[0]}: {error}") from None
        if self.counts:
            pictures.insert(0, (self.counts, counts_picture(case, result)))
        if self.profile and not result.failed:
            pictures.append((self.profile, profile_picture(case, result, self.at)))
        return [file for plan, picture in pictures for file in plan.write(picture, former=former)]


def plan_fit_figures(
    *,
    figure: list[Path] | None,
    impacts: list[Path] | None,
    profile: list[Path] | None,
    at: str | None,
    poi: str,
    style: str | None,
) -> FitFigures:
    """Read the options of figures.

    Parameters
    ----------
    figure, impacts, profile : list of Path, or None
        PDF, PNG or SVG; of the profile also CSV, whose picture is then a PDF.
    at : str or None
        As for `macros.terminal.options.points.read_values`.
    poi : str
        Parameter of interest.
    style : str or None

    Raises
    ------
    typer.BadParameter
        If a name is not that of a picture, there is no such directory, or an option has no picture.
    """
    profiles = [path.with_suffix(".pdf") if path.suffix == ".csv" else path for path in profile or ()]
    if style is not None and not (figure or impacts or profiles):
        raise typer.BadParameter("--style goes with --figure, --impacts or --profile")
    if at is not None and not profiles:
        raise typer.BadParameter(
            "--profile-at goes with --profile FILE: it says where the profile is scanned"
        )
    values = None if at is None else tuple(sorted(read_values("--profile-at", at, poi)))
    return FitFigures(
        counts=plan_figures(figure, style, alone=False),
        impacts=plan_figures(impacts, style, option="--impacts", alone=False),
        profile=plan_figures(profiles, style, option="--profile", alone=False),
        at=values,
    )
