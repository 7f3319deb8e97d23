"""Faults of cards with overrides, and documents of presets."""

import tomllib
from pathlib import Path

import pytest

from macros.card import CardError, load_card, preset_text

__all__ = ["EDGES", "REALISTIC", "ROOT", "WRONG", "document", "faults_of"]


ROOT = Path(__file__).parents[2]


REALISTIC = "borexino-cr51-realistic"


WRONG = """
[source]
isotope = "Cr51"
data = "modern"
activity = "1.67"
[geometry]
shape = "sphere"
radius = "300 cm"
source_distance = "-200 cm"
[detector]
name = "X"
target = "C9H12"
mass = "-5 t"
treshold = "250 keV"
bins = { low = "250 keV", high = "550 keV", width = "20 d" }
resolution = { at_1MeV = nan }
efficiency = 1.5
binding = "shell"
[exposure]
start = "0 d"
duration = "20 d"
[background.flat]
shape = "flat"
low = "1 MeV"
high = "0 MeV"
rate = "3 /d"
uncertainty = 0.1
[model]
name = "E7"
"""


EDGES = "edges=['5 m', '8 m', '11 m']"


def faults_of(*overrides: str, card: str = REALISTIC) -> dict[str, str]:
    """Load a card that is wrong; its faults by key."""
    with pytest.raises(CardError) as error:
        load_card(card, overrides)
    return {fault.key: f"{fault.reason}: {fault.suggestion}" for fault in error.value.faults}


def document(card: str = REALISTIC) -> dict:
    return tomllib.loads(preset_text(card))
