"""Colours: one colour, marker and line for each statistical method, and one for each kind of content."""

from dataclasses import dataclass

from analysis.representation import METHOD_COLOURS
from simgen.pictures import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION

__all__ = [
    "BAND_ONE",
    "BAND_TWO",
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
    "hesse": MethodStyle(label="Hesse", colour=METHOD_COLOURS["hesse"], marker="o", line=":"),
    "minos": MethodStyle(label="MINOS", colour=METHOD_COLOURS["minos"], marker="s", line="-"),
    "one-sided": MethodStyle(label="one-sided", colour=METHOD_COLOURS["one-sided"], marker="D", line="--"),
    "two-sided": MethodStyle(label="two-sided", colour=METHOD_COLOURS["two-sided"], marker="^", line="-."),
    "feldman-cousins": MethodStyle(
        label="Feldman–Cousins", colour=METHOD_COLOURS["feldman-cousins"], marker="v", line=(0, (5, 1))
    ),
    "calibrated": MethodStyle(
        label="calibrated", colour=METHOD_COLOURS["calibrated"], marker="P", line=(0, (3, 1, 1, 1, 1, 1))
    ),
    "cls": MethodStyle(label="CLs", colour=METHOD_COLOURS["cls"], marker="X", line=(0, (1, 1))),
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
