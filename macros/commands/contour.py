"""`nugauge contour`: two parameters fitted at once, and the regions that are allowed."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from macros.terminal import (
    AuxiliaryOption,
    CardArgument,
    ExperimentOption,
    FigureOption,
    ForceOption,
    JsonOption,
    OfOption,
    SetOption,
    StyleOption,
    ThreadsOption,
    ToyOption,
    Unit,
    UnitOption,
    completed,
    emit_json,
    message,
    number_of,
    read_level,
    read_points,
    say,
    warn,
)

if TYPE_CHECKING:
    from analysis.contours import PlaneResult
    from macros.plots import FigureData, Picture

__all__ = ["contour"]

_LEVELS = (0.683, 0.95)
_MOST_LEVELS = 2
_MOST_POINTS = 1_000_000


def contour(
    card: CardArgument,
    data: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="DATA",
            help="Event files or histograms, as for `fit`. Without: exact data of the card's model (Asimov).",
        ),
    ] = None,
    x: Annotated[
        str,
        typer.Option(
            "--x",
            metavar="NAME=a:b:n",
            help="First parameter and its values, in internal units (MeV, cm², μ_B, eV²).",
            autocompletion=completed("values"),
        ),
    ] = ...,  # type: ignore[assignment]  # typer: required
    y: Annotated[
        str,
        typer.Option(
            "--y",
            metavar="NAME=a:b:n",
            help="Second parameter; a:b:n:log for equal ratios.",
            autocompletion=completed("values"),
        ),
    ] = ...,  # type: ignore[assignment]
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="As --figure, which other commands have, too.",
            show_default=False,
        ),
    ] = None,
    figure: FigureOption = None,
    style: StyleOption = None,
    level: Annotated[
        list[float] | None,
        typer.Option(
            "--level",
            parser=read_level,
            metavar="LEVEL",
            help="Confidence level of a contour, as 0.95 or 95%; twice for two; else 68.3 and 95 %.",
            show_default=False,
        ),
    ] = None,
    experiment: ExperimentOption = None,
    unit: UnitOption = Unit.MEV,
    auxiliary: AuxiliaryOption = None,
    toy: ToyOption = None,
    of: OfOption = None,
    override: SetOption = None,
    threads: ThreadsOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Fit two parameters at once, with contours of their regions."""
    from macros.setup import FilePlan, auxiliary_files, card_files, data_files, open_card, plan_figures

    figures = plan_figures([*([output] if output else []), *(figure or [])], style)
    (name_x, values_x), (name_y, values_y) = read_points("--x", x), read_points("--y", y)
    _check_first(name_x)
    levels = _levels(level)
    if len(values_x) * len(values_y) > _MOST_POINTS:
        raise typer.BadParameter(f"--x and --y: more than {_MOST_POINTS:.0e} pairs of values")
    loaded = open_card(card, override, threads=threads, draws=False, of=of, several=True)

    reads = (*card_files(card, loaded), *data_files(data), *auxiliary_files(auxiliary))
    plan = FilePlan(reads=reads, writes=figures.outputs(), force=force)
    checked = plan.check()

    from analysis.contours import Plane, fit_plane, plane_threshold
    from macros.merging import check_series
    from macros.studies import case_note, load_or_expect, open_inference
    from macros.words import plane_warnings, warn_poor_fit

    found = load_or_expect(
        loaded, data, number=experiment, unit=unit, auxiliary=auxiliary, toy=toy, check_series=check_series
    )
    case = open_inference(loaded, found, poi=name_x)
    result = fit_plane(Plane(fitter=case.fitter, y=name_y), case.exact, values_x, values_y, case.pulls)
    thresholds = {level: plane_threshold(level) for level in levels}
    warn_poor_fit(result)
    for text in plane_warnings(result, thresholds):
        warn(text)
    with plan.open(checked) as former:
        files = []
        if figures:
            note = case_note(case)
            files = figures.write(_picture(result, thresholds, loaded.model.label, note), former=former)
        if as_json:
            emit_json(
                {
                    **_document(result, thresholds),
                    "model": loaded.model.label,
                    "data": case.source,
                    "kind": case.kind,
                    "auxiliary": case.auxiliary,
                    "files": files,
                }
            )
            return
        _say(result, thresholds, expected=not data)
        for file in files:
            say(file)


def _levels(given: list[float] | None) -> tuple[float, ...]:
    """Return the confidence levels of the contours, ascending."""
    levels = tuple(sorted(set(given or _LEVELS)))
    if len(levels) > _MOST_LEVELS:
        raise typer.BadParameter(f"--level: at most {_MOST_LEVELS} contours are drawn, got {len(levels)}")
    return levels


def _check_first(name: str) -> None:
    """Refuse a first parameter that is none of the model."""
    from detsim.names import closest
    from simgen.parameters import parameter_names

    known = parameter_names()
    if name not in known:
        meant = closest(name, known)
        hint = f"did you mean {meant!r}?" if meant else f"they are {', '.join(known)}"
        raise typer.BadParameter(
            f"--x must be a numerical parameter of the model, and only --y may be a nuisance parameter; got "
            f"{name!r}: {hint}"
        )


def _document(result: "PlaneResult", thresholds: dict[float, float]) -> dict[str, Any]:
    from macros.words import plane_warnings, quality_document

    errors = result.errors or (None, None)
    (x, y), rise = result.lowest
    return {
        "parameters": {
            name: {"value": value, "error": error, "error_reason": reason}
            for name, value, error, reason in zip(
                result.names, result.best, errors, result.error_reasons, strict=True
            )
        },
        "correlation": result.correlation,
        "fval": result.fval,
        "quality": quality_document(result.quality),
        "outside": list(result.outside),
        "open_ends": list(result.open_ends),
        "converged": result.converged,
        "lowest": {"values": dict(zip(result.names, (x, y), strict=True)), "delta": rise},
        "warnings": plane_warnings(result, thresholds),
        "x": result.x,
        "y": result.y,
        "delta": result.delta,
        "contours": [
            {"level": level, "delta_chi2": t, "lines": result.contours(t)} for level, t in thresholds.items()
        ],
    }


def _say(result: "PlaneResult", thresholds: dict[float, float], *, expected: bool) -> None:
    from analysis.quotation import scale_of
    from simgen.parameters import parameter_names, parameter_range

    errors = result.errors or (None, None)
    if expected:
        say("expected (Asimov), of exact data of the model:")
    for name, value, error in zip(result.names, result.best, errors, strict=True):
        say(f"{name} = {scale_of(name, value, error).text(value, error, digits=4)}")
    for reason in dict.fromkeys(filter(None, result.error_reasons)):
        missing = [n for n, why in zip(result.names, result.error_reasons, strict=True) if why == reason]
        say(f"no error of {' and '.join(missing)}: {reason}")
    for name, value, error in zip(result.names, result.best, errors, strict=True):
        if value == 0 and error is None and name in parameter_names() and parameter_range(name)[0] == 0:
            say(f"{name} = 0 is in every region; `nugauge limit --poi {name}` gives an upper limit")
    if result.correlation is not None:
        say(f"correlation {result.correlation:.3f}")
    if result.lowest[1] > 1 and not result.outside:
        message(f"the points stay {result.lowest[1]:.3g} in -2 Δln L above the minimum: give more around it")
    for level, threshold in thresholds.items():
        lines = result.contours(threshold)
        share = float((result.delta <= threshold).mean())
        found = f"{number_of(len(lines), 'contour')}, {100 * share:.1f} % of the points inside"
        say(f"{100 * level:g} % (-2 Δln L = {threshold:.4f}, two parameters): {found}")


def _picture(result: "PlaneResult", thresholds: dict[float, float], model: str, note: str) -> "Picture":
    """Draw the regions, with their numbers."""
    from macros.plots import Picture, contour_plot

    draw = partial(contour_plot, result, thresholds, title=model, note=(note,))
    return Picture(draw=draw, data=_table(result, thresholds, model, note))


def _table(result: "PlaneResult", thresholds: dict[float, float], model: str, note: str) -> "FigureData":
    from macros.plots import PROFILED, FigureData
    from macros.words import plane_warnings

    rows = [
        (float(a), float(b), float(v))
        for b, row in zip(result.y, result.delta, strict=True)
        for a, v in zip(result.x, row, strict=True)
    ]
    levels = ", ".join(f"{100 * level:g} %: {value:.4f}" for level, value in thresholds.items())
    best = ", ".join(f"{name} = {value:.6g}" for name, value in zip(result.names, result.best, strict=True))
    warned = "".join(f". {text[0].upper()}{text[1:]}" for text in plane_warnings(result, thresholds))
    return FigureData(
        title=f"-2 ln L of {' and '.join(result.names)}",
        caption=f"delta_2lnL: -2 ln L above its minimum, which is at {best}; {PROFILED}. Contours of two "
        f"parameters, in delta_2lnL: {levels}{warned}",
        note=(model, note),
        columns=(*result.names, "delta_2lnL"),
        rows=tuple(rows),
    )
