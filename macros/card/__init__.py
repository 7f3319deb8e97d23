"""Run cards: TOML documents, their check, and the objects they describe."""

from macros.card.card import Card
from macros.card.catalogue import responses, shapes
from macros.card.checks import CardError, CardFault
from macros.card.document import card_from_document, json_schema, load_card, preset_text, presets, read_card
from macros.card.files import FILE_KEYS, used_files
from macros.card.overrides import choose_specific, plain_key
from macros.card.representation import ByExperiment, ToyColumns
from macros.card.settings import RunSettings
from macros.card.toml import write_toml

__all__ = [
    "FILE_KEYS",
    "ByExperiment",
    "Card",
    "CardError",
    "CardFault",
    "RunSettings",
    "ToyColumns",
    "card_from_document",
    "choose_specific",
    "json_schema",
    "load_card",
    "plain_key",
    "preset_text",
    "presets",
    "read_card",
    "responses",
    "shapes",
    "used_files",
    "write_toml",
]
