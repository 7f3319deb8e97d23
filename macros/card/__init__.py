"""Run cards: TOML documents, their check, and the objects they describe."""

from macros.card.document import (
    Card,
    RunSettings,
    card_from_document,
    json_schema,
    load_card,
    preset_text,
    presets,
)
from macros.card.faults import CardError, CardFault

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
]
