"""Drawings inside a page: the colours follow the page, light or dark, and no two drawings share a name."""

import re

from macros.plots import COLOURS

__all__ = ["DARK", "inline_svg", "style_variables"]

_METADATA = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)
_SIZE = re.compile(r'<svg [^>]*?width="([\d.]+)pt"[^>]*>')
_NAMES = re.compile(r'(\bid="|href="#|url\(#)')

DARK = {
    "blue": "#58b4ef",
    "vermilion": "#ff8f45",
    "green": "#35c795",
    "orange": "#efb02e",
    "sky": "#7cc7f2",
    "purple": "#e3a8c8",
    "grey": "#a6a6a6",
    "band-one": "#4f8f4f",
    "band-two": "#8c7a2a",
}
"""Colours on a dark page, by their names in `macros.plots.COLOURS`."""


def inline_svg(svg: str, number: int) -> str:
    """Prepare a drawing for a page.

    Parameters
    ----------
    svg : str
        As `macros.plots.render_svg` gives it, drawn without a background.
    number : int
        Of the drawing in the page.

    Returns
    -------
    str
        Black is the colour of the page's text, white that of the page; other colours are variables of it.
    """
    text = _METADATA.sub("", svg)
    text = _NAMES.sub(rf"\g<1>d{number}-", text)
    text = text.replace("#000000", "currentColor").replace("#ffffff", "var(--back)")
    for name, colour in COLOURS.items():
        text = text.replace(colour, f"var(--{name})")
    return text.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)


def style_variables(*, dark: bool) -> str:
    """Write the colours of drawings as variables of a style sheet."""
    colours = DARK if dark else COLOURS
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())
