"""`nugauge check`: whether a card is valid, and what it describes."""

import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from macros.terminal import (
    LARGEST_STUDY,
    CardArgument,
    JsonOption,
    OfOption,
    SetOption,
    count,
    duration_text,
    emit_json,
    number_of,
    print_table,
    say,
    size_text,
    warn,
)

if TYPE_CHECKING:
    from analysis.fits import LimitResult
    from macros.card import Card
    from macros.commands.check_cost import RunCost
    from macros.studies import Outlook

__all__ = ["check"]


def check(
    card: CardArgument,
    events: Annotated[
        int | None,
        typer.Option(
            "--events",
            parser=count(1),
            metavar="N",
            help="Also time and file of `simulate --events N`, from a trial of some seconds.",
            show_default=False,
        ),
    ] = None,
    toys: Annotated[
        int | None,
        typer.Option(
            "--toys",
            parser=count(1, LARGEST_STUDY),
            metavar="N",
            help="Also time and file of `toys -n N`, without its audit.",
            show_default=False,
        ),
    ] = None,
    of: OfOption = None,
    override: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a card, and show what it describes.

    With what a run of it would give and take: events, limit, time, space on the disk.
    """
    from macros.commands.check_cost import events_cost, toys_cost
    from macros.setup import load_chosen, template_sampling

    loaded = load_chosen(card, override, of, several=True, says=False)

    from macros.studies import expected_reach, outlook

    if loaded.fit.templates == "file":
        template_sampling(loaded)  # refuses a file that does not belong to the card
    names = [e.name for e in loaded.experiments] if len(loaded.experiments) > 1 else [None]
    plain = [loaded.of(name) for name in names]
    found = [outlook(each) for each in plain]
    limit = expected_reach(loaded)
    drawn = [] if events is None else [events_cost(one, events) for one in plain]
    thrown = None if toys is None else toys_cost(loaded, toys)
    if as_json:
        emit_json({**_document(loaded, plain, found, limit), "cost": _cost_document(drawn, thrown)})
        return
    _say(loaded, plain, found, limit)
    _say_cost(plain, drawn, thrown)
    for text in _warnings(loaded, found):
        warn(text)


def _document(
    card: "Card", plain: "list[Card]", found: "list[Outlook]", limit: "LimitResult | None"
) -> dict[str, Any]:
    """Collect the facts; of several experiments each has its own, and numbers are sums."""
    from macros.words import analysis_facts, experiment_facts

    expected = [_expected(one, each) for one, each in zip(plain, found, strict=True)]
    facts = [experiment_facts(one) for one in plain]
    described = facts[0]
    if len(plain) > 1:
        each_with = [{**f, "expected": e} for f, e in zip(facts, expected, strict=True)]
        described = {"experiments": {f["experiment"]: f for f in each_with}}
    return {
        "card": card.name,
        "valid": True,
        **described,
        **analysis_facts(card),
        "expected": {key: _sum([e[key] for e in expected]) for key in expected[0]},
        "limit": limit
        and {
            "upper": limit.upper,
            "M_Zprime_GeV": limit.M_Zprime_GeV,
            "level": limit.level,
            "method": limit.method,
        },
        "warnings": _warnings(card, found),
        "run": {"seconds": _sum([f.seconds for f in found]), "bytes": _sum([f.bytes for f in found])},
        "document": card.document,
    }


def _cost_document(drawn: "list[RunCost]", thrown: "RunCost | None") -> dict[str, Any]:
    """Return the cost of events, the sum of all experiments, and of toys; null where not asked for."""
    sums = {"seconds": sum(c.seconds for c in drawn), "bytes": sum(c.bytes for c in drawn)}
    return {
        "events": {"n": drawn[0].n, **sums} if drawn else None,
        "toys": None if thrown is None else thrown.document(),
    }


def _say_cost(plain: "list[Card]", drawn: "list[RunCost]", thrown: "RunCost | None") -> None:
    """Write what was asked for: time and file of events of each experiment, and of toys."""
    costs = [(f"{one.name}: {c.n:g} events", c) for one, c in zip(plain, drawn, strict=bool(drawn))]
    costs += [] if thrown is None else [(number_of(thrown.n, "toy"), thrown)]
    for what, cost in costs:
        say(f"{what}: about {duration_text(cost.seconds)}, a file of {size_text(cost.bytes)}")


def _warnings(card: "Card", found: "list[Outlook]") -> list[str]:
    """List what is not plausible in the card, and what a run would stumble over."""
    from macros.studies import shape_warnings

    of_parts = [text for each in found for text in each.warnings]
    return list(dict.fromkeys([*card.warnings, *of_parts, *shape_warnings(card)]))


def _expected(card: "Card", found: "Outlook") -> dict[str, float | None]:
    return {
        "generated": found.generated,
        "recorded": found.recorded,
        "in_bins": found.in_bins,
        "per_day": found.recorded / card.experiment.exposure.duration * 86400,
    }


def _sum(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _say(card: "Card", plain: "list[Card]", found: "list[Outlook]", limit: "LimitResult | None") -> None:
    from macros.words import analysis_rows, experiment_rows

    reach = ("expected (Asimov) limit", _reach(limit))
    if len(plain) == 1:
        numbers, cost = _prospects(plain[0], found[0])
        rows = [*experiment_rows(plain[0]), *analysis_rows(card), *numbers, reach, *cost]
        print_table(("card", card.name), rows)
        return
    print_table(("card", card.name), [*analysis_rows(card), reach])
    for one, each in zip(plain, found, strict=True):
        numbers, cost = _prospects(one, each)
        head, *rows = experiment_rows(one)
        say()
        print_table(head, [*rows, *numbers, *cost])


def _prospects(card: "Card", found: "Outlook") -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Say what a run would give, and what it would take."""
    from macros.card.tables import has_amount

    days = card.experiment.exposure.duration / 86400
    generated, recorded = _finite(found.generated), _finite(found.recorded)
    rate = f"{_finite(found.recorded / days, 4)} recorded a day"
    return [
        (
            "expected",
            f"{generated} drawn, {recorded} recorded, {found.in_bins:.5g} in the bins",
        ),
        ("rate", f"{rate} and tonne" if has_amount(card.document) else rate),
    ], [
        ("time", "–" if found.seconds is None else f"about {found.seconds:.2g} s to simulate"),
        ("disk", f"at most {_finite(found.bytes / 1e6, 3)} MB of events"),
    ]


def _finite(number: float | None, digits: int = 5) -> str:
    return "not finite" if number is None or not math.isfinite(number) else f"{number:.{digits}g}"


def _reach(limit: "LimitResult | None") -> str:
    from analysis.quotation import mass_text, scale_of

    if limit is None or limit.upper is None:
        return "none"
    mass = f", M_Z' > {mass_text(limit.M_Zprime_GeV)}" if limit.M_Zprime_GeV else ""
    at = f"{100 * limit.level:g} % {limit.method}"
    return f"{limit.parameter} < {scale_of(limit.parameter, limit.upper).text(limit.upper)}{mass} at {at}"
