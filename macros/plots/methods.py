"""Colours: one colour, marker and line for each statistical method, and one for each kind of content."""

from dataclasses import dataclass

__all__ = [
    "BAND_ONE",
    "BAND_TWO",
    "BLACK",
    "BLUE",
    "COLOURS",
    "GREEN",
    "GREY",
    "METHODS",
    "ORANGE",
    "PURPLE",
    "SKY",
    "VERMILION",
    "MethodStyle",
    "method_style",
]

BLACK, GREY = "#000000", "#6e6e6e"
BLUE, VERMILION, GREEN = "#0072b2", "#d55e00", "#009e73"
ORANGE, SKY, PURPLE = "#e69f00", "#56b4e9", "#cc79a7"
"""Colours of Okabe and Ito, which the colour-blind can tell apart."""
BAND_ONE, BAND_TWO = "#7fc97f", "#f5d76e"
"""Expected limits within one and two standard deviations: the second is lighter, also without colours."""

COLOURS = {
    "blue": BLUE,
    "vermilion": VERMILION,
    "green": GREEN,
    "orange": ORANGE,
    "sky": SKY,
    "purple": PURPLE,
    "grey": GREY,
    "band-one": BAND_ONE,
    "band-two": BAND_TWO,
}
"""All colours by name, but for the ink."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodStyle:
    """How a statistical method is drawn, in every picture.

    Parameters
    ----------
    label : str
        As a legend names the method.
    colour : str
    marker : str
    line : str or tuple
        Line style of matplotlib.
    """

    label: str
    colour: str
    marker: str
    line: str | tuple[float, tuple[float, ...]]


METHODS: dict[str, MethodStyle] = {
    "hesse": MethodStyle(label="Hesse", colour=SKY, marker="o", line=":"),
    "minos": MethodStyle(label="MINOS", colour=BLUE, marker="s", line="-"),
    "one-sided": MethodStyle(label="one-sided", colour=VERMILION, marker="D", line="--"),
    "two-sided": MethodStyle(label="two-sided", colour=ORANGE, marker="^", line="-."),
    "feldman-cousins": MethodStyle(label="Feldman–Cousins", colour=GREEN, marker="v", line=(0, (5, 1))),
    "calibrated": MethodStyle(label="calibrated", colour=PURPLE, marker="P", line=(0, (3, 1, 1, 1, 1, 1))),
    "cls": MethodStyle(label="CLs", colour=GREY, marker="X", line=(0, (1, 1))),
}
"""All methods of intervals and limits; no two share a colour, a marker or a line."""


def method_style(name: str) -> MethodStyle:
    """Return how a method is drawn.

    Examples
    --------
    >>> method_style("cls").label, method_style("minos").colour
    ('CLs', '#0072b2')
    """
    return METHODS[name]
