"""`nugauge sensitivity`: limits against the error per bin, or against any key of the card."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from macros.terminal import (
    MOST_POINTS,
    CardArgument,
    FigureOption,
    ForceOption,
    JsonOption,
    LimitLevelOption,
    LimitMethod,
    OfOption,
    PoiOption,
    SetOption,
    StyleOption,
    completed,
    emit_json,
    level_override,
    progress,
    read_scan,
    say,
)

if TYPE_CHECKING:
    from macros.plots import Picture
    from macros.studies import CardScan, ScanKey

__all__ = ["sensitivity"]

_ERRORS = (1e-9, 100.0)
"""Relative errors per bin, as `fit.error_per_bin`."""
_MOST_SCANS = 2
_PER_BIN = "error per bin"


def sensitivity(
    card: CardArgument,
    errors: Annotated[
        str | None,
        typer.Option(
            "--errors",
            metavar="a:b:n",
            help="Relative errors per bin, in the paper's χ²; n from a to b, a:b:n:log, or v,v,...",
            show_default=False,
        ),
    ] = None,
    scan: Annotated[
        list[str] | None,
        typer.Option(
            "--scan",
            metavar="KEY=a:b:n",
            help="Expected limits against a key, such as exposure.duration=10:100:10, a:b:n:log for equal "
            "ratios, or KEY=v,v,...; twice for two keys at once. Comes before --set.",
            show_default=False,
            autocompletion=completed("override"),
        ),
    ] = None,
    method: Annotated[
        LimitMethod | None, typer.Option("--method", help="Else the card's.", show_default=False)
    ] = None,
    level: LimitLevelOption = None,
    poi: PoiOption = None,
    of: OfOption = None,
    override: SetOption = None,
    figure: FigureOption = None,
    style: StyleOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Compute expected limits against errors, or any key.

    Against the error per bin, or against one or two keys of the card; of exact data of the model (Asimov).
    """
    from macros.setup import FilePlan, plan_figures

    figures = plan_figures(figure, style)
    plan = FilePlan(reads=(Path(card),), writes=figures.outputs(), force=force)
    checked = plan.check()
    if (errors is None) == (not scan):
        raise typer.BadParameter("give either --errors a:b:n or --scan KEY=a:b:n")
    override = level_override(override, "fit.limit_level", level)
    chosen = str(method) if method else None
    if errors is not None:
        found = _against_errors(card, override, of, _errors(errors), chosen, poi)
    else:
        found = _against_keys(card, override, of, scan or [], chosen, poi, drawn=bool(figures))
    files = []
    if figures:
        with plan.open(checked) as former:
            files = figures.write(_picture(card, found), former=former)
    if as_json:
        emit_json({**_document(found), "files": files})
        return
    _say(found)
    for file in files:
        say(file)


def _say(found: "CardScan") -> None:
    from macros.words import say_plane, say_sensitivity

    if len(found.keys) == 1:
        say_sensitivity(found.sensitivity, head=found.keys[0].key, points=found.keys[0].labels)
    else:
        first, second = ((each.key, each.labels) for each in found.keys)
        say_plane(found.sensitivity, first, second, found.rows)


def _document(found: "CardScan") -> dict[str, Any]:
    """Return the keys of the output: of two keys, lists of rows, one for each value of the second key."""
    from macros.words import sensitivity_document

    document = sensitivity_document(found.sensitivity)
    if len(found.keys) == 1:
        [only] = found.keys
        if only.key == _PER_BIN:
            return document
        return {**document, "errors": [], "key": only.key, "values": list(only.values)}
    n = len(found.keys[1].values)

    def rows(flat: list[Any]) -> list[list[Any]]:
        return [[flat[i] for i in range(j, len(flat), n)] for j in range(n)]

    return {
        **document,
        "errors": [],
        "keys": [each.key for each in found.keys],
        "values": [list(each.values) for each in found.keys],
        "limit": found.rows,
        "M_Zprime_GeV": rows(document["M_Zprime_GeV"]),
        "truth": rows(document["truth"]),
    }


def _picture(card: str, found: "CardScan") -> "Picture":
    """Draw the limits against their points, or as colours in a plane."""
    import numpy as np

    from macros.plots import Picture, PlaneFigure, ScanFigure, common_unit

    result, axes = found.sensitivity, []
    for key in found.keys:
        numbers, unit = common_unit(key.values)
        axes.append((f"{key.key} [{unit}]" if unit else key.key, numbers))
    note = (f"{Path(card).stem}: {result.model}",)
    figure: ScanFigure | PlaneFigure
    if len(axes) == 1:
        ((head, points),) = axes
        figure = ScanFigure(
            parameter=result.parameter,
            head=head,
            points=points,
            limits=result.limit,
            level=result.level,
            method=result.method,
            global_fit=result.global_fit,
            note=note,
        )
    else:
        (head_x, x), (head_y, y) = axes
        figure = PlaneFigure(
            parameter=result.parameter,
            head_x=head_x,
            head_y=head_y,
            x=np.array(x, np.float64),
            y=np.array(y, np.float64),
            limits=np.array(found.rows, np.float64),
            level=result.level,
            method=result.method,
            note=note,
        )
    return Picture(draw=figure.draw, data=figure.numbers())


def _check_drawable(keys: "list[ScanKey]") -> None:
    """Refuse a plane whose values have no place on an axis."""
    from macros.plots import common_unit

    for key in keys:
        numbers, _ = common_unit(key.values)
        if not all(isinstance(number, float) for number in numbers):
            raise typer.BadParameter(
                f"--figure: values of {key.key} must be numbers of one unit to be drawn in a plane"
            )
        if list(numbers) != sorted(numbers):
            raise typer.BadParameter(f"--figure: values of {key.key} must ascend to be drawn in a plane")


def _keys(card: str, override: list[str] | None, scans: list[str]) -> "list[ScanKey]":
    """Read what is scanned."""
    from macros.studies import scan_key

    if len(scans) > _MOST_SCANS:
        raise typer.BadParameter(f"--scan is given {len(scans)} times; two keys make a plane")
    keys = []
    for text in scans:
        key, _, values = (part.strip() for part in text.partition("="))
        if not (key and values):
            raise typer.BadParameter(f"--scan {text!r}: write KEY=a:b:n, KEY=a:b:n:log or KEY=v,v,...")
        keys.append(scan_key(card, override, key, read_scan("--scan", values)))
    if len({each.key for each in keys}) < len(keys):
        raise typer.BadParameter(f"--scan: {keys[0].key} is scanned twice; a plane has two keys")
    if math.prod(len(each.values) for each in keys) > MOST_POINTS:
        raise typer.BadParameter(f"--scan: more than {MOST_POINTS} points")
    return keys


def _errors(text: str) -> list[float]:
    values = read_scan("--errors", text)
    if any(value.unit for value in values):
        raise typer.BadParameter(f"--errors {text!r}: relative errors are numbers, and have no unit")
    points = [float(value.number or 0.0) for value in values]
    if not all(_ERRORS[0] <= p <= _ERRORS[1] for p in points):
        raise typer.BadParameter(f"--errors {text!r}: must be above 0, from {_ERRORS[0]:g} to {_ERRORS[1]:g}")
    return points


def _against_keys(
    card: str,
    override: list[str] | None,
    of: str | None,
    scans: list[str],
    method: str | None,
    poi: str | None,
    *,
    drawn: bool,
) -> "CardScan":
    keys = _keys(card, override, scans)
    if drawn and len(keys) == _MOST_SCANS:
        _check_drawable(keys)

    from macros.studies import scan_limits

    n_points = math.prod(len(each.values) for each in keys)
    with progress("scanning", n_points, "points") as advance:
        return scan_limits(card, override, keys, of=of, method=method, poi=poi, advance=advance)


def _against_errors(
    card: str,
    override: list[str] | None,
    of: str | None,
    points: list[float],
    method: str | None,
    poi: str | None,
) -> "CardScan":
    from macros.setup import load_chosen, say_left_out

    loaded = load_chosen(card, override, of, several=True)
    say_left_out(loaded)

    from analysis.studies import sensitivity as compute
    from macros.setup import expected_counts
    from macros.studies import CardScan, ScanKey

    for experiment in loaded.experiments:
        expected_counts(experiment, loaded.model)
    result = compute(
        loaded.together,
        loaded.model,
        points,
        poi=poi or loaded.fit.poi,
        level=loaded.fit.limit_level,
        method=method or loaded.fit.limit_method,
    )
    return CardScan(
        keys=(ScanKey(key=_PER_BIN, values=tuple(points)),), limits=result.limit, sensitivity=result
    )
