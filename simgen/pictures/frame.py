"""Colours of pictures, and where values lie in one."""

from dataclasses import dataclass

__all__ = [
    "BLUE",
    "GREEN",
    "GREY",
    "HEIGHT",
    "INK",
    "ORANGE",
    "PURPLE",
    "SKY",
    "TOP",
    "VERMILION",
    "WIDTH",
    "End",
    "Frame",
    "coordinate",
]

BLUE, VERMILION, GREEN = "#0072b2", "#d55e00", "#009e73"
ORANGE, SKY, PURPLE = "#e69f00", "#56b4e9", "#cc79a7"
"""Colours of Okabe and Ito, which the colour-blind can tell apart."""
GREY = "#6e6e6e"
INK = "currentColor"
"""Colour of the text of a page."""

WIDTH, HEIGHT, TOP = 340, 150, 24
"""Width and height of the plotted area, and the margin above it [px]."""
_BEYOND = 0.01
"""How far beyond the frame is drawn what lies outside, as a part of its size."""

End = float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Ranges of both axes, and where they lie.

    Parameters
    ----------
    x, y : tuple of float
        First and last value.
    left : float
        Margin to the left [px].
    height : float
        Of the plotted area [px].
    """

    x: tuple[float, float]
    y: tuple[float, float]
    left: float
    height: float

    @property
    def right(self) -> float:
        """Right end of the plotted area [px]."""
        return self.left + WIDTH

    @property
    def bottom(self) -> float:
        """Lower end of the plotted area [px]."""
        return TOP + self.height

    def column(self, x: float) -> str:
        """Return the horizontal coordinate of a value."""
        return coordinate(self.left + _part(x, self.x) * WIDTH)

    def line(self, y: float) -> str:
        """Return the vertical coordinate of a value."""
        return coordinate(TOP + (1 - _part(y, self.y)) * self.height)

    def point(self, x: float, y: float) -> str:
        """Return both coordinates of a point."""
        return f"{self.column(x)},{self.line(y)}"


def _part(value: float, ends: tuple[float, float]) -> float:
    """Return where a value lies between two ends, as a part of their distance; at most little outside."""
    return min(max((value - ends[0]) / (ends[1] - ends[0]), -_BEYOND), 1 + _BEYOND)


def coordinate(value: float) -> str:
    """Write a coordinate, precise to a tenth of a pixel.

    Examples
    --------
    >>> coordinate(12.0), coordinate(3.14159)
    ('12', '3.1')
    """
    return f"{value:.1f}".removesuffix(".0")
