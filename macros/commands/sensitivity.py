"""`nugauge sensitivity`: limits against the error per bin, or against any key of the card."""

import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from macros.commands.fit import LimitMethod, PoiOption
from macros.terminal import (
    MOST_POINTS,
    CardArgument,
    JsonOption,
    LimitLevelOption,
    OfOption,
    SetOption,
    completed,
    emit_json,
    level_override,
    progress,
    read_scan,
)

if TYPE_CHECKING:
    from analysis.studies import Sensitivity
    from macros.studies import CardScan, ScanKey

__all__ = ["sensitivity"]

_ERRORS = (1e-9, 100.0)
"""Relative errors per bin, as `fit.error_per_bin`."""
_MOST_SCANS = 2


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
    as_json: JsonOption = False,
) -> None:
    """Compute expected limits against errors, or any key.

    Against the error per bin, or against one or two keys of the card; of exact data of the model (Asimov).
    """
    if (errors is None) == (not scan):
        raise typer.BadParameter("give either --errors a:b:n or --scan KEY=a:b:n")
    override = level_override(override, "fit.limit_level", level)
    chosen = str(method) if method else None
    if errors is not None:
        _sensitivity_to_errors(card, override, of, errors, chosen, poi, as_json=as_json)
        return
    keys = _keys(card, override, scan or [])

    from macros.studies import scan_limits
    from macros.words import say_plane, say_sensitivity, sensitivity_document

    n_points = math.prod(len(each.values) for each in keys)
    with progress("scanning", n_points, "points") as advance:
        found = scan_limits(card, override, keys, of=of, method=chosen, poi=poi, advance=advance)
    if as_json:
        document = sensitivity_document(found.sensitivity)
        emit_json({**document, **_scan_document(found, document)})
    elif len(keys) == 1:
        say_sensitivity(found.sensitivity, head=keys[0].key, points=keys[0].labels)
    else:
        first, second = ((each.key, each.labels) for each in keys)
        say_plane(found.sensitivity, first, second, found.rows)


def _scan_document(found: "CardScan", document: dict[str, Any]) -> dict[str, Any]:
    """Return the keys of a scan: of two, lists of rows, one for each value of the second key."""
    if len(found.keys) == 1:
        [only] = found.keys
        return {"errors": [], "key": only.key, "values": list(only.values)}
    n = len(found.keys[1].values)
    masses = document["M_Zprime_GeV"]
    return {
        "errors": [],
        "keys": [each.key for each in found.keys],
        "values": [list(each.values) for each in found.keys],
        "limit": found.rows,
        "M_Zprime_GeV": [[masses[i] for i in range(j, len(masses), n)] for j in range(n)],
    }


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


def _sensitivity_to_errors(
    card: str,
    override: list[str] | None,
    of: str | None,
    text: str,
    method: str | None,
    poi: str | None,
    *,
    as_json: bool,
) -> None:
    values = read_scan("--errors", text)
    if any(value.unit for value in values):
        raise typer.BadParameter(f"--errors {text!r}: relative errors are numbers, and have no unit")
    points = [float(value.number or 0.0) for value in values]
    if not all(_ERRORS[0] <= p <= _ERRORS[1] for p in points):
        raise typer.BadParameter(f"--errors {text!r}: must be above 0, from {_ERRORS[0]:g} to {_ERRORS[1]:g}")
    result = _against_errors(card, override, of, points, method, poi)

    from macros.words import say_sensitivity, sensitivity_document

    if as_json:
        emit_json(sensitivity_document(result))
        return
    say_sensitivity(result, head="error per bin", points=[f"{p:.4g}" for p in points])


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
