"""Tables of names and values that objects show of themselves, as text and as HTML.

A class lists its rows once; `__repr__` shows them in a terminal, `_repr_html_` in a notebook.
"""

from collections.abc import Iterable
from html import escape
from math import isfinite

from simgen.units import unit_value

__all__ = ["format_number", "html_table", "readable", "text_table"]

_DIGITS = 6
"""Significant digits that are shown."""
_BESIDE = '<div style="display:flex;flex-wrap:wrap;align-items:center;gap:1em">'


def text_table(title: str, rows: Iterable[tuple[str, str]]) -> str:
    """Write a table of two columns as text.

    Parameters
    ----------
    title : str
        First line.
    rows : iterable of (str, str)
        Name, and value with its unit.

    Examples
    --------
    >>> print(text_table("Exposure", [("duration", "100 d"), ("start", "0 d")]))
    Exposure
      duration  100 d
      start     0 d
    """
    rows = list(rows)
    width = max((len(name) for name, _ in rows), default=0)
    return "\n".join([title, *(f"  {name:<{width}}  {value}".rstrip() for name, value in rows)])


def html_table(title: str, rows: Iterable[tuple[str, str]], picture: str = "") -> str:
    """Write a table of two columns as HTML; title, names and values are escaped.

    Parameters
    ----------
    title, rows
        As for `text_table`.
    picture : str
        SVG that stands beside the table, or below it where there is no room; see `simgen.pictures`.

    Examples
    --------
    >>> html_table("a < b", [("T", "1 MeV")])
    '<table><caption>a &lt; b</caption><tbody><tr><th>T</th><td>1 MeV</td></tr></tbody></table>'
    """
    body = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
    table = f"<table><caption>{escape(title)}</caption><tbody>{body}</tbody></table>"
    return f"{_BESIDE}{table}{picture}</div>" if picture else table


def readable(value: float, *units: str) -> str:
    """Write a value in internal units with six digits, in the largest unit in which it is at least 1.

    Parameters
    ----------
    value : float
        In internal units: MeV, cm, s, g.
    *units : str
        Units to choose from, as in `simgen.units`, the smallest first; none for a pure number.

    Examples
    --------
    >>> readable(0.25, "eV", "keV", "MeV"), readable(8640.0, "s", "h", "d"), readable(1 / 3)
    ('250 keV', '2.4 h', '0.333333')
    >>> readable(float("inf"), "keV"), readable(0.0, "cm", "m")
    ('inf keV', '0 cm')
    """
    if not units:
        return f"{value:.{_DIGITS}g}"
    fitting = [unit for unit in units if abs(value) >= unit_value(unit)]
    unit = fitting[-1] if fitting and abs(value) < float("inf") else units[0]
    return f"{value / unit_value(unit):.{_DIGITS}g} {unit}"


def format_number(value: float | None, digits: int = 4) -> str:
    """Write a number for a person; a dash where there is none.

    Examples
    --------
    >>> format_number(374012.3), format_number(0.0704231), format_number(None)
    ('3.740e+05', '0.07042', '–')
    """
    if value is None or not isfinite(value):
        return "–"
    if value == 0 or 1e-3 <= abs(value) < 10**digits:
        return f"{value:.{digits}g}"
    return f"{value:.{digits - 1}e}"
