"""Figures of the paper: their cards and rows, and checks of text and picture of each."""

from importlib import import_module

import pytest

from macros.card import load_card
from macros.plots.style import add_note, new_figure, render, styled

__all__ = ["ONE_SIDED", "cards", "check_caption", "check_picture", "check_threshold", "drawn", "rows"]

ONE_SIDED = 2.7055


def cards(module):
    """Load the cards of a figure by their labels."""
    return {label: load_card(name) for label, name in module.CARDS.items()}


def rows(data, **where):
    """List the rows of a figure with these values, as dictionaries."""
    named = [dict(zip(data.columns, row, strict=True)) for row in data.rows]
    return [row for row in named if all(row[key] == value for key, value in where.items())]


def check_caption(data):
    """Check that caption and note state the assumptions."""
    caption, note = data.caption, " ".join(data.note)
    for words in (
        "tree level", "sin²θ_W = 0.2312", "φ = 0", "electrons", "bins", "threshold", "resolution",
        "no background", "events expected in the standard model",
    ):  # fmt: skip
        assert words in caption, words
    assert "20 d" in caption or "365.25 d" in caption
    assert "flux of 2×10¹² cm⁻² s⁻¹" in caption or "10 MCi" in caption
    assert "tree level" in note
    assert "0.2312" in note
    assert "electrons" in note


def check_threshold(data):
    """Check that caption and note state the threshold of the limits, and that the limits have it."""
    for text in (data.caption, data.note[0]):
        assert "95 % C.L. one-sided" in text
        assert f"{ONE_SIDED:.4f}" in text
    assert all(row["delta_chi2"] == pytest.approx(ONE_SIDED, abs=5e-5) for row in rows(data))


def check_picture(name, data):
    """Draw a figure. A warning (missing glyph, legend without entries, bad layout) is an error."""
    assert render(drawn(name, data), "png").startswith(b"\x89PNG")


def drawn(name, data):
    """Draw a figure by its name in the present look."""
    module = import_module(f"macros.figures.{'figure' * name[0].isdigit()}{name.partition('-')[0]}")
    normalisation = "-" in name
    options = {"normalisation": True} if normalisation else {}
    with styled():
        figure = new_figure(*(module.SIZE_NORMALISATION if normalisation else module.SIZE))
        module.draw(figure, data, **options)
        add_note(figure, data.note)
    return figure
