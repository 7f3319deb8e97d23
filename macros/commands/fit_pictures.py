"""The pictures of `nugauge fit`: pulls with impacts, and the profile likelihood."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from macros.plots import write_figure
from macros.setup import FilePlan, Output, check_picture, picture_outputs
from macros.terminal import read_values

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.fits import FitResult, Impacts
    from detsim.files import Former
    from macros.plots import FigureData
    from macros.studies import Inference

__all__ = ["FitPictures", "plan_pictures"]

_LEVELS = (0.683, 0.95)
"""Confidence levels that a picture of the profile shows beside that of the fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitPictures:
    """Which pictures of a fit are asked for.

    Parameters
    ----------
    figure : Path or None
        Of pulls and impacts.
    profile : Path or None
        Of the profile likelihood.
    at : tuple of float, or None
        Values of the parameter of interest; None: chosen.
    """

    figure: Path | None
    profile: Path | None
    at: tuple[float, ...] | None

    def plan(self, reads: Iterable[Path], *, force: bool, part: tuple[Output, ...] = ()) -> FilePlan:
        """Plan the files, with that of the toys of a test."""
        writes = (*part, *picture_outputs(self.figure), *picture_outputs(self.profile))
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
        note = (f"{case.card.name}, {case.card.model.label}",)
        pictures: list[tuple[Path, Figure, FigureData]] = []
        if result.failed:
            return []
        if self.figure is not None and impacts is not None:
            from macros.plots import impacts_data, impacts_plot

            if not impacts.impacts:
                raise ValueError(
                    f"--figure {self.figure}: {impacts.reason or 'the card has no nuisance parameters'}, and "
                    "there are no impacts to be drawn"
                )
            drawn = impacts_plot(impacts, result, note=note)
            pictures.append((self.figure, drawn, impacts_data(impacts, result, note=note)))
        if self.profile is not None:
            from macros.plots import profile_plot, scan_data

            scan = case.profile(result, self.at)
            drawn = profile_plot(scan.points, scan.delta, fit=result, note=note, levels=_LEVELS)
            pictures.append((self.profile, drawn, scan_data(scan, result, note=note)))
        return [
            file for path, drawn, data in pictures for file in write_figure(path, drawn, data, former=former)
        ]


def plan_pictures(*, figure: Path | None, profile: Path | None, at: str | None, poi: str) -> FitPictures:
    """Read the options of pictures.

    Parameters
    ----------
    figure, profile : Path or None
        PDF or PNG; of the profile also CSV, whose picture is then a PDF.
    at : str or None
        As for `macros.terminal.points.read_values`.
    poi : str
        Parameter of interest.

    Raises
    ------
    typer.BadParameter
        If a name is not that of a picture, there is no such directory, or values have no picture.
    """
    if profile is not None and profile.suffix == ".csv":
        profile = profile.with_suffix(".pdf")
    for option, path in (("--figure", figure), ("--profile", profile)):
        check_picture(option, path)
    if at is not None and profile is None:
        raise typer.BadParameter(
            "--profile-at goes with --profile FILE: it says where the profile is scanned"
        )
    values = None if at is None else tuple(sorted(read_values("--profile-at", at, poi)))
    return FitPictures(figure=figure, profile=profile, at=values)
