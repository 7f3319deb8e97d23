"""What a picture can show: steps, curves, points, stems, levels, and rows of intervals."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from simgen.pictures.frame import BLUE, INK, End, Frame

__all__ = ["Curve", "Layer", "Level", "Points", "Row", "Stems", "Steps"]

_DASHES = ' stroke-dasharray="5 3"'
_ARROW = 6
"""Length of the head of an arrow [px]."""


class Layer(Protocol):
    """One of the things that are drawn over each other in a picture."""

    @property
    def label(self) -> str:
        """Text in the legend; empty for none."""
        ...

    @property
    def colour(self) -> str:
        """Colour in the picture and in the legend."""
        ...

    def values(self) -> tuple[Sequence[float], Sequence[float]]:
        """Return the values of x and of y that the axes have to show."""
        ...

    def draw(self, frame: Frame) -> str:
        """Write it as SVG."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """A histogram.

    Parameters
    ----------
    edges : sequence of float, length n + 1
    heights : sequence of float, length n
    label, colour : str
    filled : bool
    """

    edges: Sequence[float]
    heights: Sequence[float]
    label: str = ""
    colour: str = BLUE
    filled: bool = False

    def values(self) -> tuple[Sequence[float], Sequence[float]]:
        """Return edges, and heights with zero."""
        return self.edges, [0.0, *self.heights]

    def draw(self, frame: Frame) -> str:
        """Write the outline; it is filled in a lighter colour."""
        steps = "".join(
            f"V{frame.line(height)}H{frame.column(high)}"
            for height, (_, high) in zip(self.heights, pairwise(self.edges), strict=True)
        )
        outline = f"M{frame.point(self.edges[0], 0.0)}{steps}V{frame.line(0.0)}"
        fill = f' fill="{self.colour}" fill-opacity="0.35"' if self.filled else ""
        return _stroke(outline, self.colour, more=fill)


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A line through points, broken where a value is not finite.

    Parameters
    ----------
    x, y : sequence of float, length n
    label, colour : str
    dashed : bool
    """

    x: Sequence[float]
    y: Sequence[float]
    label: str = ""
    colour: str = BLUE
    dashed: bool = False

    def values(self) -> tuple[Sequence[float], Sequence[float]]:
        """Return the points."""
        return self.x, self.y

    def draw(self, frame: Frame) -> str:
        """Write a line for each run of finite points."""
        path, begun = [], False
        for a, b in zip(self.x, self.y, strict=True):
            finite = math.isfinite(a) and math.isfinite(b)
            if finite:
                path.append(f"{'L' if begun else 'M'}{frame.point(a, b)}")
            begun = finite
        return _stroke("".join(path), self.colour, more=_DASHES if self.dashed else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """Points with vertical errors.

    Parameters
    ----------
    x, y : sequence of float, length n
    low, high : sequence of float, length n or 0
        Ends of the errors.
    label, colour : str
    """

    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    label: str = ""
    colour: str = BLUE

    def values(self) -> tuple[Sequence[float], Sequence[float]]:
        """Return the points, and the ends of their errors."""
        return self.x, [*self.y, *self.low, *self.high]

    def draw(self, frame: Frame) -> str:
        """Write the errors, and the points above them."""
        bars = "".join(
            f"M{frame.point(a, low)}V{frame.line(high)}"
            for a, low, high in zip(self.x, self.low, self.high, strict=False)
        )
        errors = _stroke(bars, self.colour) if bars else ""
        return errors + "".join(
            _disc(frame.column(a), frame.line(b), self.colour) for a, b in zip(self.x, self.y, strict=True)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stems:
    """Vertical lines from zero, such as the lines of a spectrum.

    Parameters
    ----------
    x, y : sequence of float, length n
    label, colour : str
    """

    x: Sequence[float]
    y: Sequence[float]
    label: str = ""
    colour: str = BLUE

    def values(self) -> tuple[Sequence[float], Sequence[float]]:
        """Return the upper ends, and zero."""
        return self.x, [0.0, *self.y]

    def draw(self, frame: Frame) -> str:
        """Write the lines."""
        stems = "".join(
            f"M{frame.point(a, 0.0)}V{frame.line(b)}" for a, b in zip(self.x, self.y, strict=True)
        )
        return _stroke(stems, self.colour, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A dashed line at one value of x, from top to bottom, or of y, from left to right.

    Parameters
    ----------
    x, y : float or None
        One of them.
    label, colour : str
    """

    x: End = None
    y: End = None
    label: str = ""
    colour: str = INK

    def values(self) -> tuple[Sequence[float], Sequence[float]]:
        """Return the value."""
        return [v for v in [self.x] if v is not None], [v for v in [self.y] if v is not None]

    def draw(self, frame: Frame) -> str:
        """Write the line."""
        if self.x is not None:
            path = f"M{frame.point(self.x, frame.y[0])}V{frame.line(frame.y[1])}"
        else:
            path = f"M{frame.point(frame.x[0], self.y or 0.0)}H{frame.column(frame.x[1])}"
        return _stroke(path, self.colour, 1, more=_DASHES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Intervals in a row of its own, with a name at the left.

    Parameters
    ----------
    name : str
    spans : sequence of (low, high)
        None for an open end, which has an arrow.
    value : float or None
        A point.
    inner : (low, high) or None
        A part that is drawn thicker.
    colour : str
    """

    name: str
    spans: Sequence[tuple[End, End]] = ()
    value: End = None
    inner: tuple[End, End] | None = None
    colour: str = BLUE

    def values(self) -> Sequence[float]:
        """Return all ends and the point."""
        ends = [end for span in (*self.spans, self.inner or (None, None)) for end in span]
        return [v for v in (*ends, self.value) if v is not None and math.isfinite(v)]

    def draw(self, frame: Frame, y: float) -> str:
        """Write it at a height y."""
        drawn = [self._line(frame, span, y, 3) for span in self.spans]
        drawn += [self._line(frame, self.inner, y, 8)] if self.inner else []
        if self.value is not None and math.isfinite(self.value):
            drawn.append(_disc(frame.column(self.value), frame.line(y), self.colour))
        return "".join(drawn)

    def _line(self, frame: Frame, span: tuple[End, End], y: float, width: float) -> str:
        low, high = (end if end is not None and math.isfinite(end) else None for end in span)
        first, last = (b if a is None else a for a, b in zip((low, high), frame.x, strict=True))
        path = f"M{frame.point(first, y)}H{frame.column(last)}"
        line = _stroke(path, self.colour, width)
        heads = [_head(frame, end, y, side) for end, v, side in _open(frame, low, high) if v is None]
        return line + "".join(f'<path d="{head}" fill="{self.colour}"/>' for head in heads)


def _open(frame: Frame, low: End, high: End) -> Iterator[tuple[float, End, int]]:
    yield frame.x[0], low, -1
    yield frame.x[1], high, 1


def _head(frame: Frame, x: float, y: float, side: int) -> str:
    """Outline the head of an arrow to the left (-1) or right (1)."""
    return f"M{frame.point(x, y)}m{side * _ARROW},0l{-side * _ARROW},-{_ARROW}v{2 * _ARROW}z"


def _stroke(path: str, colour: str, width: float = 1.5, *, more: str = "") -> str:
    """Write a line along a path; `more` are other attributes."""
    thickness = "" if width == 1 else f' stroke-width="{width}"'
    return f'<path d="{path}" stroke="{colour}"{thickness}{more}/>'


def _disc(x: str, y: str, colour: str) -> str:
    return f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>'
