"""Whether a file belongs to a card: its own card, compared key by key."""

from collections.abc import Mapping, Sequence, Set
from contextlib import suppress
from pathlib import Path
from typing import Any, get_args

from macros.card import FILE_KEYS, Card, card_from_document
from macros.card.checks import legal_names
from macros.terminal import printable
from macros.words import begin_with
from simgen.events import Events
from simgen.units import Kind, read_quantity

__all__ = [
    "ATTACHED",
    "card_differences",
    "card_for_events",
    "card_of_events",
    "check_card",
    "check_same_experiment",
    "is_attached",
    "lacks_backgrounds",
]

ATTACHED = "attached"
"""Response, as a provenance states it, of energies that another program measured."""

_ALWAYS = {"model.generate_above", "detector.target", "detector.mass", "detector.electrons"}
"""What shapes or counts the true events may never differ."""
_BEGINS = "model.generate_above"
"""Of these, what `macros.words.recoil_cutoff.begin_with` compares as energies."""
_MAY_DIFFER = {"model", "systematics", "fit", "run"}
"""Tables in which a card may differ from that of its events."""
_NORMALISATION = {"source.activity", "source.flux", "source.events"}
"""Keys that events with weights may have been weighted to."""


def check_card(
    card: Card,
    other: Mapping[str, Any],
    path: Path | str,
    *,
    may_differ: Set[str],
    begins: bool = True,
    owner: str = "the file's",
) -> None:
    """Compare a card with the one a file, or a set of events, was made with.

    Parameters
    ----------
    card : Card
    other : mapping
        Tables of the file's card.
    path : Path or str
        Of the file, or what the events are called, for the message.
    may_differ : set of str
        Tables and single keys that are not compared, but for what shapes or counts the true events.
    begins : bool
        Whether `generate_above` is compared, too; not, where `macros.words.recoil_cutoff.begin_with` does it.
    owner : str
        Whose card the other one is, for the message.

    Raises
    ------
    ValueError
        Naming every key that differs.
    """
    document = _unnamed(card.document)
    lacking: list[str] = []
    if lacks_backgrounds(card, other) and "background" not in may_differ:
        named = ", ".join(document.pop("background"))
        lacking = [
            f"background: {named} in this card, none in {owner}; leave them out with --set 'background={{}}'"
        ]
    differences = lacking + [
        f"{key}: {_show(ours)} in this card, {_show(theirs)} in {owner}"
        for key, ours, theirs in _differences(document, _unnamed(legal_names(other)))
        if (key in _ALWAYS or not {key, key.split(".")[0]} & may_differ) and (begins or key != _BEGINS)
    ]
    _refuse(f"{path} was made with another card", differences)


def lacks_backgrounds(card: Card, other: Mapping[str, Any]) -> bool:
    """Tell whether a card has backgrounds, and the one that a file was made with has none."""
    return bool(card.document.get("background")) and not other.get("background")


def card_for_events(card: Card, events: Events) -> Card:
    """Return the card of one experiment that fits events, if they know their card and it is not another.

    Parameters
    ----------
    card : Card
    events : Events
        Without `provenance` nothing is checked.

    Returns
    -------
    Card
        Its recoils begin where those of the events do, see `macros.words.recoil_cutoff.begin_with`.

    Raises
    ------
    ValueError
        Naming every key that differs; or if more recoils are left out of one of them than may be forgotten.
    """
    made_of = events.provenance or {}
    if "card" not in made_of:
        return card
    weighted = events.weight is not None
    check_card(
        card,
        made_of["card"],
        "this set of events",
        may_differ=_MAY_DIFFER | (_NORMALISATION if weighted else set()),
        begins=False,
        owner="that of the events",
    )
    lowest = float(made_of.get("generate_above") or 0.0)
    return card if weighted else begin_with(card, lowest, "this set of events")


def card_of_events(provenance: Mapping[str, Any], path: Path) -> Card:
    """Return the card that events were made with, without its templates, whose file may be gone.

    Parameters
    ----------
    provenance : mapping
        Of their run.
    path : Path
        Their file, which names a card without a name.
    """
    document = legal_names(provenance["card"])
    fit = {key: value for key, value in document.get("fit", {}).items() if not key.startswith("template")}
    return card_from_document({**document, "fit": fit}, name=str(provenance.get("card_name", path.stem)))


def is_attached(provenance: Mapping[str, Any]) -> bool:
    """Tell whether another program measured the energies: no card has their response."""
    return provenance.get("response") == ATTACHED


def card_differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Compare two cards key by key.

    Parameters
    ----------
    a, b : mapping
        Tables of the cards.

    Returns
    -------
    list of (str, value, value)
        Keys in which they differ, and what each says; None where it says nothing.
    """
    return _differences(_unnamed(a), _unnamed(b))


def check_same_experiment(a: Card, b: Card) -> None:
    """Refuse two cards whose data are not the same, or not fitted with the same likelihood.

    Raises
    ------
    ValueError
        Naming every key that differs, but for those of the model, of its fit's results and of the run.
    """
    differences = [
        f"{key}: {_show(ours)} in A, {_show(theirs)} in B"
        for key, ours, theirs in _differences(_unnamed(a.document), _unnamed(b.document))
        if key in _ALWAYS or key.split(".")[0] not in {"model", "fit", "run"}
    ]
    differences += [
        f"fit.{key}: {getattr(a.fit, key)!r} in A, {getattr(b.fit, key)!r} in B"
        for key in ("likelihood", "error_per_bin", "templates", "template_events", "template_file", "drawn")
        if getattr(a.fit, key) != getattr(b.fit, key)
    ]
    _refuse("A and B are not models of the same data", differences)


def _refuse(what: str, differences: Sequence[str]) -> None:
    differences = [printable(text) for text in differences]
    if differences:
        lines = f" {differences[0]}" if len(differences) == 1 else "\n  ".join(["", *differences])
        raise ValueError(f"{what}:{lines}")


def _show(value: Any) -> str:
    return "missing" if value is None else repr(value)


def _unnamed(value: Any) -> Any:
    """Leave out where a table lies if its checksum says what it holds."""
    if isinstance(value, list):
        return [_unnamed(item) for item in value]
    if isinstance(value, Mapping):
        named = {key for key, checksum in FILE_KEYS.items() if checksum in value}
        return {key: _unnamed(item) for key, item in value.items() if key not in named}
    return value


def _differences(a: Any, b: Any, key: str = "") -> list[tuple[str, Any, Any]]:
    if isinstance(a, Mapping) or isinstance(b, Mapping):
        a, b = (x if isinstance(x, Mapping) else {} for x in (a, b))
        differences = []
        for name in sorted({*a, *b}):
            differences += _differences(a.get(name), b.get(name), f"{key}.{name}" if key else name)
        return differences
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return [d for i, pair in enumerate(zip(a, b, strict=True)) for d in _differences(*pair, f"{key}.{i}")]
    return [] if a == b or _same_quantity(a, b) else [(key, a, b)]


def _same_quantity(a: Any, b: Any) -> bool:
    """Tell whether two texts are one quantity in different units."""
    if not (isinstance(a, str) and isinstance(b, str)):
        return False
    for kind in get_args(Kind):
        with suppress(ValueError):
            return read_quantity(a, kind) == read_quantity(b, kind)
    return False
