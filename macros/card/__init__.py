"""Run cards: TOML documents, their check, and the objects they describe."""

from macros.card.card import Card
from macros.card.document import (
    card_from_document,
    json_schema,
    load_card,
    preset_text,
    presets,
    read_card,
)
from macros.card.faults import CardError, CardFault
from macros.card.run import RunSettings

__all__ = [
    "Card",
    "CardError",
    "CardFault",
    "RunSettings",
    "card_from_document",
    "json_schema",
    "load_card",
    "preset_text",
    "presets",
    "read_card",
]
