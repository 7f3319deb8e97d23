"""Pictures put together: axes, legends, layers over each other, and rows of intervals."""

import math
from collections.abc import Iterable, Sequence
from html import escape

from simgen.pictures.frame import HEIGHT, INK, TOP, WIDTH, End, Frame, coordinate
from simgen.pictures.layers import Layer, Level, Row, Steps

__all__ = ["intervals", "picture"]

_LEFT, _RIGHT, _BOTTOM, _ROW = 50, 16, 36, 20
"""Margins around the plotted area, and height of a row [px]."""
_LETTER = 6.4
"""Width of a letter, generously [px]."""
_SAMPLE = 14
"""Length of a line in the legend, with the room around it [px]."""
_LONGEST = 30
"""Letters of a name beside a row, or in the legend; longer ones are cut."""
_ROOM = 0.06
"""Room between what is drawn and the frame, as a part of the range."""


def picture(
    about: str,
    layers: Iterable[Layer],
    *,
    x: str,
    y: str,
    x_range: tuple[End, End] = (None, None),
    y_range: tuple[End, End] = (None, None),
) -> str:
    """Draw layers over each other as SVG.

    Parameters
    ----------
    about : str
        What is shown, for those who cannot see it.
    layers : iterable of Steps, Curve, Points, Stems or Level
    x, y : str
        Names of the axes, with units.
    x_range, y_range : tuple of float or None
        Ends of the axes; None: as what is drawn needs it.

    Returns
    -------
    str
        Empty if nothing that is finite is to be drawn.

    Examples
    --------
    >>> svg = picture("Counts", [Steps(edges=[0, 1, 2], heights=[3, 5])], x="T [MeV]", y="counts")
    >>> svg.startswith("<svg "), "T [MeV]" in svg, picture("Nothing", [], x="T", y="counts")
    (True, True, '')
    """
    shown = list(layers)
    pairs = [layer.values() for layer in shown]
    is_histogram = any(isinstance(layer, Steps) for layer in shown)
    xs = _ends([v for a, _ in pairs for v in a], x_range, room=0.0 if is_histogram else _ROOM)
    ys = _ends([v for _, b in pairs for v in b], y_range, room=_ROOM)
    if xs is None or ys is None:
        return ""
    frame = Frame(x=xs, y=ys, left=_LEFT, height=HEIGHT)
    texts = [
        _text(frame.left - 4, frame.bottom, f"{_inside(ys[0], ys):.3g}", "end"),
        _text(frame.left - 4, TOP + 8, f"{_inside(ys[1], ys):.3g}", "end"),
        _text(4, TOP - 10, y, "start"),
    ]
    return _whole(about, frame, [*(layer.draw(frame) for layer in shown), *texts, _legend(shown, frame)], x)


def intervals(about: str, rows: Iterable[Row], *, x: str, levels: Iterable[Level] = ()) -> str:
    """Draw intervals below each other as SVG.

    Parameters
    ----------
    about : str
        What is shown, for those who cannot see it.
    rows : iterable of Row
    x : str
        Name of the axis, with its unit.
    levels : iterable of Level
        Dashed lines at values of x.

    Returns
    -------
    str
        Empty if no row has a value or a finite end.
    """
    shown, lines = list(rows), list(levels)
    values = [v for row in shown for v in row.values()]
    xs = _ends([*values, *(v for line in lines for v in line.values()[0])] if values else [], (None, None))
    if xs is None:
        return ""
    names = [_short(row.name) for row in shown]
    left = 10 + _LETTER * max(map(len, names))
    frame = Frame(x=xs, y=(float(len(shown)), 0.0), left=left, height=float(_ROW * len(shown)))
    parts = [line.draw(frame) for line in lines]
    for i, (row, name) in enumerate(zip(shown, names, strict=True)):
        parts += [row.draw(frame, i + 0.5), _text(left - 6, TOP + _ROW * (i + 0.5) + 4, name, "end")]
    return _whole(about, frame, [*parts, _legend(lines, frame)], x)


def _ends(
    values: Sequence[float], asked: tuple[End, End], *, room: float = _ROOM
) -> tuple[float, float] | None:
    """Choose the ends of an axis: those asked for, else of the values with some room; None without any."""
    finite = [v for v in values if math.isfinite(v)]
    if not finite:
        return None
    low, high = min(finite), max(finite)
    first, last = low if asked[0] is None else asked[0], high if asked[1] is None else asked[1]
    if not last > first:
        size = abs(first) or 1.0
        return first - size / 2, first + size / 2
    extra = room * (last - first)
    below = 0.0 if asked[0] is not None or low == 0 else extra
    return first - below, last + (extra if asked[1] is None else 0.0)


def _inside(value: float, ends: tuple[float, float]) -> float:
    """Return 0 for what is next to nothing on an axis."""
    return 0.0 if abs(value) < 1e-12 * (ends[1] - ends[0]) else value


def _whole(about: str, frame: Frame, parts: Iterable[str], x: str) -> str:
    """Put a picture together, with its axis of x."""
    base, width = frame.bottom + 14, frame.right + _RIGHT
    axes = f"M{coordinate(frame.left)},{TOP}V{coordinate(frame.bottom)}H{coordinate(frame.right)}"
    texts = [
        _text(frame.left, base, f"{_inside(frame.x[0], frame.x):.3g}", "start"),
        _text(frame.right, base, f"{_inside(frame.x[1], frame.x):.3g}", "end"),
        _text(frame.left + WIDTH / 2, base + 12, x, "middle"),
    ]
    box = f"0 0 {coordinate(width)} {coordinate(frame.bottom + _BOTTOM)}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" width="{coordinate(width)}" role="img" '
        'style="max-width:100%;height:auto" font-family="sans-serif" font-size="11" fill="none">'
        f"<title>{escape(about)}</title>"
        f'<path d="{axes}" stroke="{INK}"/>{"".join(parts)}{"".join(texts)}</svg>'
    )


def _legend(layers: Sequence[Layer], frame: Frame) -> str:
    """Write the labels above the plotted area, each behind a line in the colour of its layer."""
    place, parts = frame.right, []
    for layer in reversed([layer for layer in layers if layer.label]):
        label = _short(layer.label)
        parts.append(_text(place, TOP - 10, label, "end"))
        place -= _LETTER * len(label) + _SAMPLE
        line = f"M{coordinate(place)},{TOP - 14}h{_SAMPLE - 4}"
        parts.append(f'<path d="{line}" stroke="{layer.colour}" stroke-width="3"/>')
        place -= _SAMPLE
    return "".join(parts)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def _text(x: float, y: float, text: str, anchor: str) -> str:
    place = f'x="{coordinate(x)}" y="{coordinate(y)}" text-anchor="{anchor}"'
    return f'<text {place} fill="{INK}">{escape(text)}</text>'
