"""Notes on a fit of two parameters: where its minimum is, and what of that is drawn."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from macros.terminal import format_number

if TYPE_CHECKING:
    from analysis.contours import PlaneResult

__all__ = ["plane_warnings"]

_OPTIONS = "--x", "--y"


def plane_warnings(result: "PlaneResult", thresholds: Mapping[float, float]) -> list[str]:
    """Say in sentences what a plane does not show, and where -2 ln L has no minimum.

    Parameters
    ----------
    result : PlaneResult
    thresholds : mapping of float to float
        Confidence levels and their -2 Δln L.
    """
    texts = []
    rise = result.lowest[1]
    if result.outside:
        options = " and ".join(
            option for option, name in zip(_OPTIONS, result.names, strict=True) if name in result.outside
        )
        best = ", ".join(f"{n} = {format_number(v)}" for n, v in zip(result.names, result.best, strict=True))
        level = max((p for p, value in thresholds.items() if rise > value), default=None)
        allowed = "" if level is None else f"; no value drawn is allowed at {100 * level:g} %"
        texts.append(
            f"the minimum lies outside the values of {options}: at {best}; -2 Δln L of all values drawn is "
            f"{format_number(rise)} or more{allowed}"
        )
    texts += [
        f"-2 ln L does not rise in {name} as far as it was searched, to {format_number(result.best[k])}, and "
        "the physical range has no end there: regions count from there"
        for k, name in enumerate(result.names)
        if name in result.open_ends
    ]
    if not (result.converged or result.open_ends):
        texts.append(
            f"the search for the minimum in {' and '.join(result.names)} ended in a valley of -2 ln L: a "
            "deeper point may exist, and the regions would then be smaller"
        )
    if result.delta.min() < 0:
        texts.append("-2 Δln L is below 0 at values outside the physical range, where no minimum is sought")
    return texts
