"""`nugauge sensitivity`: limits against the error per bin, or against any key of the card."""

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from macros.commands.fit import LimitMethod, PoiOption
from macros.terminal import (
    MOST_POINTS,
    CardArgument,
    FigureOption,
    ForceOption,
    JsonOption,
    LimitLevelOption,
    OfOption,
    SetOption,
    StyleOption,
    completed,
    emit_json,
    even_values,
    level_override,
    say,
)

if TYPE_CHECKING:
    from analysis.studies import Sensitivity
    from macros.plots import Picture

__all__ = ["sensitivity"]

_ERRORS = (1e-9, 100.0)
"""Relative errors per bin, as `fit.error_per_bin`."""
_NUMBER = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*)")


def sensitivity(
    card: CardArgument,
    errors: Annotated[
        str | None,
        typer.Option(
            "--errors",
            metavar="a:b:n",
            help="Relative errors per bin, in the paper's χ².",
            show_default=False,
        ),
    ] = None,
    scan: Annotated[
        str | None,
        typer.Option(
            "--scan",
            metavar="KEY=a:b:n",
            help="Expected limits against a key, such as exposure.duration=10:100:10; comes before --set.",
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

    Against the error per bin, or against any key of the card.
    """
    from macros.setup import FilePlan, plan_figures

    figures = plan_figures(figure, style)
    plan = FilePlan(reads=(Path(card),), writes=figures.outputs(), force=force)
    checked = plan.check()
    if (errors is None) == (scan is None):
        raise typer.BadParameter("give either --errors a:b:n or --scan KEY=a:b:n")
    override = level_override(override, "fit.limit_level", level)
    chosen = str(method) if method else None
    if errors is not None:
        points, unit = _points("--errors", errors)
        if unit:
            raise typer.BadParameter(f"--errors {errors!r}: relative errors have no unit")
        if not all(_ERRORS[0] <= p <= _ERRORS[1] for p in points):
            raise typer.BadParameter(
                f"--errors {errors!r}: must be above 0, from {_ERRORS[0]:g} to {_ERRORS[1]:g}"
            )
        result = _against_errors(card, override, of, points, chosen, poi)
        head, labels = "error per bin", [f"{p:.4g}" for p in points]
        at: list[float | str] = [*points]
        extra: dict[str, Any] = {}
    else:
        key, _, text = str(scan).partition("=")
        if not (key.strip() and text):
            raise typer.BadParameter(f"--scan {scan!r}: write KEY=a:b:n")
        values = _scan_values(card, override, key.strip(), text)
        result = _against_key(card, override, of, key.strip(), values, chosen, poi)
        head, labels = key.strip(), [str(v) for v in values]
        at = values
        extra = {"errors": [], "key": key.strip(), "values": values}

    from macros.words import say_sensitivity, sensitivity_document

    files = []
    if figures:
        with plan.open(checked) as former:
            files = figures.write(_picture(card, result, head, at), former=former)
    if as_json:
        emit_json({**sensitivity_document(result), **extra, "files": files})
        return
    say_sensitivity(result, head=head, points=labels)
    for file in files:
        say(file)


def _picture(card: str, result: "Sensitivity", head: str, points: list[float | str]) -> "Picture":
    """Draw the limits against their points."""
    from macros.plots import Picture, ScanFigure, common_unit

    numbers, unit = common_unit(points)
    figure = ScanFigure(
        parameter=result.parameter,
        head=f"{head} [{unit}]" if unit else head,
        points=numbers,
        limits=result.limit,
        level=result.level,
        method=result.method,
        global_fit=result.global_fit,
        note=(f"{Path(card).stem}: {result.model}",),
    )
    return Picture(draw=figure.draw, data=figure.numbers())


def _points(option: str, text: str) -> tuple[list[float], str]:
    """Read a:b:n, where a and b may carry one unit."""
    parts = text.split(":")
    matches = [_NUMBER.fullmatch(p) for p in parts[:2]]
    if len(parts) != 3 or not all(matches) or not parts[2].strip().isdigit() or int(parts[2]) < 1:
        raise typer.BadParameter(
            f"{option} {text!r}: write a:b:n, n points from a to b, such as 0.01:0.15:15"
        )
    (a, unit_a), (b, unit_b) = (m.groups() for m in matches if m)
    if unit_a and unit_b and unit_a != unit_b:
        raise typer.BadParameter(f"{option} {text!r}: {unit_a!r} and {unit_b!r} differ")
    low, high, n = float(a), float(b), min(int(parts[2]), MOST_POINTS + 1)
    if not (math.isfinite(low) and math.isfinite(high)):
        raise typer.BadParameter(f"{option} {text!r}: the ends must be finite")
    if n > MOST_POINTS:
        raise typer.BadParameter(f"{option} {text!r}: more than {MOST_POINTS} points")
    return even_values(low, high, n), unit_a or unit_b


def _against_errors(
    card: str,
    override: list[str] | None,
    of: str | None,
    points: list[float],
    method: str | None,
    poi: str | None,
) -> "Sensitivity":
    from macros.setup import load_chosen, say_left_out

    loaded = load_chosen(card, override, of, several=True)
    say_left_out(loaded)

    from analysis.studies import sensitivity as compute
    from macros.setup import expected_counts

    for experiment in loaded.experiments:
        expected_counts(experiment, loaded.model)
    return compute(
        loaded.together,
        loaded.model,
        points,
        poi=poi or loaded.fit.poi,
        level=loaded.fit.limit_level,
        method=method or loaded.fit.limit_method,
    )


def _scan_values(card: str, override: list[str] | None, key: str, text: str) -> list[float | str]:
    """Turn the points into values of the key, in the unit that was given or that the card has."""
    from macros.card import read_card

    points, unit = _points("--scan", text)
    present: Any = read_card(card, override or ()).document
    for part in key.split("."):
        present = present.get(part) if isinstance(present, dict) else None
    if not unit and isinstance(present, str):
        match = _NUMBER.fullmatch(present)
        unit = match.group(2) if match else ""
    return [f"{p:.12g} {unit}" for p in points] if unit else list(points)


def _against_key(
    card: str,
    override: list[str] | None,
    of: str | None,
    key: str,
    values: list[float | str],
    method: str | None,
    poi: str | None,
) -> "Sensitivity":
    from macros.card import choose_specific
    from macros.setup import load_chosen, open_card, open_fitter

    seed = open_card(card, override, draws=False, of=of, several=True).run.seed

    from analysis.fits import delta_chi2, limit_of_counts
    from analysis.studies import Sensitivity, global_fit

    if seed is not None:  # simulated templates of all points have one, also if nobody gave it
        override = choose_specific(override or (), [f"run.seed={seed}"])
    limits = []
    for value in values:
        text = f'"{value}"' if isinstance(value, str) else repr(value)
        at = choose_specific(override or (), [f"{key}={text}"])
        loaded = load_chosen(card, at, of, several=True, says=False)
        try:
            fitter = open_fitter(loaded, poi=poi)
        except ValueError as error:
            raise ValueError(f"at {key} = {value}: {error}") from None
        how = method or loaded.fit.limit_method
        exact = fitter.templates.expected(fitter.truth)
        limits.append(limit_of_counts(fitter, exact, level=loaded.fit.limit_level, method=how).upper)
    scanned = key.startswith("model.")  # one label, one global fit do not hold for all points then
    parameter = poi or loaded.fit.poi
    return Sensitivity(
        model=loaded.model.name if scanned else loaded.model.label,
        parameter=parameter,
        delta_chi2=delta_chi2(loaded.fit.limit_level, how),
        errors=(),
        limit=tuple(limits),
        global_fit=global_fit(loaded.model) if parameter == "gamma" and not scanned else None,
        level=None if key == "fit.limit_level" else loaded.fit.limit_level,
        method=None if key == "fit.limit_method" and method is None else how,
    )
