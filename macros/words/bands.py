"""Bands of expected limits as text."""

import math
from collections.abc import Sequence

from macros.terminal import format_number

__all__ = ["band_texts"]

_LEAST, _MOST = 1e-3, 1e4
"""Numbers between these are written without an exponent."""


def band_texts(band: Sequence[float | None], errors: Sequence[float | None] | None) -> list[str]:
    """Write the limits at -2 ... +2 σ, each with its statistical error where that is known.

    Parameters
    ----------
    band : sequence of float or None
    errors : sequence of float or None, or None
        As of `analysis.fits.results.LimitResult`.

    Examples
    --------
    >>> band_texts([0.0571, 3.31e-11, None], [0.00021, 2.2e-13, None])
    ['0.05710 ± 0.00021', '3.310e-11 ± 2.2e-13', '–']
    """
    known = errors or (None,) * len(band)
    return [_text(value, error) for value, error in zip(band, known, strict=True)]


def _text(value: float | None, error: float | None) -> str:
    """Write the error with two digits, and the value with as many decimals where neither is too small."""
    if value is None or error is None or not math.isfinite(value):
        return format_number(value)
    if _LEAST <= abs(value) < _MOST and _LEAST * abs(value) <= error < _MOST:
        decimals = max(0, 1 - math.floor(math.log10(error)))
        return f"{value:.{decimals}f} ± {error:.{decimals}f}"
    return f"{format_number(value)} ± {format_number(error, 2)}"
