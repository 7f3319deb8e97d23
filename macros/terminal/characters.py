"""Characters that a terminal or an encoding does not take, written so that a person can read them."""

import codecs
import re
import unicodedata

__all__ = ["encodable", "escape_unsafe", "is_unicode", "printable", "readable_ascii"]

_ASCII = {
    "\u2013": "-",
    "\u2212": "-",
    "\u00b7": "*",
    "\u00d7": "x",
    "\u00f7": "/",
    "\u00b1": "+-",
    "\u00b0": " deg",
    "\u2192": "->",
    "\u2190": "<-",
    "\u2194": "<->",
    "\u2260": "!=",
    "\u2264": "<=",
    "\u2265": ">=",
    "\u226a": "<<",
    "\u226b": ">>",
    "\u2248": "~",
    "\u221d": "~",
    "\u221a": "sqrt",
    "\u221e": "inf",
    "\u222b": "int ",
    "\u2202": "d",
    "\u2207": "grad ",
    "\u2208": "in",
    "\u2211": "sum",
    "\u220f": "prod",
    "\u27e8": "<",
    "\u27e9": ">",
    "\u2032": "'",
    "\u2033": "''",
    "\u2018": "'",
    "\u2019": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\u2022": "*",
    "\u2026": "...",
    "\u0127": "hbar",
    "\u210f": "hbar",
    "\u0304": "bar",
    "\u0305": "bar",
    "\u0302": "hat",
    "\u0303": "tilde",
    "\u2044": "/",
    "\u2500": "-",
}
"""What Unicode's own decompositions do not give."""
_UNSAFE = re.compile("[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]")
"""What JSON leaves as it is: controls, marks of the writing direction, separators, halves of characters."""
_BOX = {"HORIZONTAL": "-", "VERTICAL": "|"}


def printable(text: str) -> str:
    r"""Write control, format and undecodable characters as escapes: no text can steer a terminal.

    Parameters
    ----------
    text : str
        One line that comes from a card, a file or the command line.

    Notes
    -----
    Escaped is what `str.isprintable` refuses, spaces of other widths excepted: the control characters C0 and
    C1 with line feed and tabulator, marks of the writing direction, characters without width, line
    separators, and the bytes of a file name that are not UTF-8.

    Examples
    --------
    >>> printable("\x1b[31mred\x9b0m\u202egnp.exe")
    '\\x1b[31mred\\x9b0m\\u202egnp.exe'
    """
    if text.isprintable():
        return text
    return "".join(c if _is_shown(c) else c.encode("unicode_escape").decode("ascii") for c in text)


def _is_shown(character: str) -> bool:
    return character.isprintable() or unicodedata.category(character) == "Zs"


def escape_unsafe(text: str) -> str:
    r"""Escape in JSON or TOML what a terminal would obey or could not show, and what is not UTF-8.

    Parameters
    ----------
    text : str
        A document, in which such characters stand in strings only.

    Examples
    --------
    >>> escape_unsafe('{"name": "\u202egnp"}')
    '{"name": "\\u202egnp"}'
    """
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def is_unicode(encoding: str | None) -> bool:
    """Tell whether an encoding has every character: it is one of UTF.

    Examples
    --------
    >>> is_unicode("UTF-8"), is_unicode("latin-1"), is_unicode(None)
    (True, False, False)
    """
    try:
        return codecs.lookup(encoding or "ascii").name.startswith("utf")
    except LookupError:
        return False


def encodable(text: str, encoding: str | None) -> str:
    """Replace the characters that an encoding lacks by readable ASCII.

    Parameters
    ----------
    text : str
    encoding : str or None
        Of a stream; None: ASCII.

    Examples
    --------
    >>> encodable("γ = 0.1 ± 0.02, χ² = 3", "latin-1")
    'gamma = 0.1 ± 0.02, chi² = 3'
    """
    encoding = encoding or "ascii"
    try:
        text.encode(encoding)
    except LookupError:
        return readable_ascii(text)
    except UnicodeEncodeError:
        return "".join(run if _has(run, encoding) else readable_ascii(run) for run in re.findall(_RUNS, text))
    return text


def _has(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


_SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁱⁿʳ"
_SUBSCRIPT = "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₒₓₕₖₗₘₙₚₛₜ"
_RUNS = re.compile(f"[{_SUPERSCRIPT}]+|[{_SUBSCRIPT}]+|.", re.DOTALL)
"""Superscripts that stand together share one sign of raising, and so do subscripts."""


def readable_ascii(text: str) -> str:
    r"""Write a text in ASCII.

    Notes
    -----
    Greek letters become their names, superscripts follow ``^``, subscripts ``_``, letters lose their accents,
    lines of boxes become ``-``, ``|`` and ``+``; what has no such form is written as an escape.

    Examples
    --------
    >>> readable_ascii("ν̄_e: 10⁻⁴⁵ cm², Δχ² ≥ 3, ⟨r²⟩ → ∞, Fréjus, ½")
    'nubar_e: 10^-45 cm^2, Deltachi^2 >= 3, <r^2> -> inf, Frejus, 1/2'
    >>> readable_ascii("┌─┐ 中")
    '+-+ \\u4e2d'
    """
    return "".join(_run(run) for run in re.findall(_RUNS, text))


def _run(run: str) -> str:
    if run.isascii():
        return run
    if run[0] in _SUPERSCRIPT or run[0] in _SUBSCRIPT:
        sign = "^" if run[0] in _SUPERSCRIPT else "_"
        return sign + "".join(map(_character, unicodedata.normalize("NFKD", run)))
    if run in _ASCII:
        return _ASCII[run]
    base = unicodedata.normalize("NFKD", run)
    if len(base) > 1:  # a letter with its accent, a ligature, a fraction
        base = "".join(c for c in base if not unicodedata.combining(c))
    return "".join(map(_character, base))


def _character(character: str) -> str:
    if character.isascii():
        return character
    if character in _ASCII:
        return _ASCII[character]
    name = unicodedata.name(character, "")
    letter = re.fullmatch(r"(?:MATHEMATICAL .*|GREEK )(SMALL|CAPITAL)(?: LETTER)?(?: FINAL)? (\w+)", name)
    if letter:
        word = letter[2].lower().replace("lamda", "lambda")
        return word.capitalize() if letter[1] == "CAPITAL" else word
    if name.startswith("BOX DRAWINGS"):
        signs = [sign for word, sign in _BOX.items() if word in name.split()]
        return signs[0] if len(signs) == 1 and " AND " not in name else "+"
    return _unnamed(character)


def _unnamed(character: str) -> str:
    """Drop an accent, keep a space, escape the rest."""
    if unicodedata.combining(character):
        return ""
    space = unicodedata.category(character) == "Zs"
    return " " if space else character.encode("unicode_escape").decode("ascii")
