"""Differences between two records, in words."""

import math
import re
from dataclasses import dataclass

__all__ = ["Difference", "differences", "moves", "summary", "tell"]

_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?(?![\w.])", re.IGNORECASE)
_LONGEST = 160
_ZERO = 1e-9
"""Largest number that may be a zero with rounding errors, where numbers need be close only."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A difference of two records.

    Parameters
    ----------
    path : tuple of str
        Group, command, and keys below it.
    kind : str
        "changed", "lost" or "new".
    before, after : object
        None where there is nothing.
    """

    path: tuple
    kind: str
    before: object = None
    after: object = None

    @property
    def relative(self):
        """Largest relative change of a number, None where there is none to compare."""
        pairs = _numbers(self.before, self.after)
        changes = [abs(b - a) / max(abs(a), abs(b)) for a, b in pairs if a != b]
        return max(changes, default=None)


def _numbers(before, after):
    """Pair the numbers of two values, or of two texts that are the same but for numbers."""
    if _is_number(before) and _is_number(after):
        return [(before, after)]
    if not (isinstance(before, str) and isinstance(after, str)):
        return []
    if _NUMBER.sub("#", before) != _NUMBER.sub("#", after):
        return []
    return [(float(a), float(b)) for a, b in zip(*map(_NUMBER.findall, (before, after)), strict=True)]


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)


def differences(before, after, path=(), *, close=None):
    """List where two records differ.

    Parameters
    ----------
    before, after : object
        As JSON is read.
    path : tuple of str
        Where they stand.
    close : float, optional
        Relative difference up to which numbers are the same; without it they must be equal.

    Yields
    ------
    Difference
    """
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _of_dicts(before, after, path, close)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _of_lists(before, after, path, close)
    elif not _same(before, after, close):
        yield Difference(path=path, kind="changed", before=before, after=after)


def _of_dicts(before, after, path, close):
    for key in before:
        if key in after:
            yield from differences(before[key], after[key], (*path, key), close=close)
        else:
            yield Difference(path=(*path, key), kind="lost", before=before[key])
    for key in after:
        if key not in before:
            yield Difference(path=(*path, key), kind="new", after=after[key])


def _of_lists(before, after, path, close):
    if len(before) != len(after):
        gone = [v for v in before if v not in after]
        come = [v for v in after if v not in before]
        shown = (gone[:5], come[:5]) if gone or come else (f"{len(before)} entries", f"{len(after)} entries")
        yield Difference(path=path, kind="changed", before=shown[0], after=shown[1])
        return
    for i, (a, b) in enumerate(zip(before, after, strict=True)):
        yield from differences(a, b, (*path, str(i)), close=close)


def _same(before, after, close):
    if isinstance(before, bool) != isinstance(after, bool):
        return False
    if close is not None and (pairs := _numbers(before, after)):
        return all(math.isclose(a, b, rel_tol=close, abs_tol=_ZERO) for a, b in pairs)
    if isinstance(before, float) and isinstance(after, float) and math.isnan(before):
        return math.isnan(after)
    return type(before) is type(after) and before == after


def tell(difference):
    """Say a difference in a few lines: group, command and key, then both values and the relative change."""
    group, command, *keys = (*difference.path, "")
    where = f"[{group}] {command}" + (f"\n    at {' > '.join(k for k in keys if k)}" if any(keys) else "")
    if difference.kind == "lost":
        return f"{where}\n    lost: {_short(difference.before)}"
    if difference.kind == "new":
        return f"{where}\n    new: {_short(difference.after)}"
    change = difference.relative
    ratio = "" if change is None else f"\n    relative change {change:.2e}"
    return f"{where}\n    before: {_short(difference.before)}\n    after:  {_short(difference.after)}{ratio}"


def _short(value):
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 4]} ..."


def summary(found):
    """Sum up the differences of each command in a line: how many, and the largest relative change.

    Parameters
    ----------
    found : list of Difference

    Returns
    -------
    list of str
    """
    commands = {}
    for difference in found:
        commands.setdefault(difference.path[:2], []).append(difference)
    lines = []
    for (group, *command), members in commands.items():
        largest = max((d.relative for d in members if d.relative is not None), default=None)
        change = "" if largest is None else f", largest relative change {largest:.1e}"
        lines.append(f"[{group}] {' '.join(command)}: {len(members)} different{change}")
    return lines


def moves(before, after):
    """Tell to which modules public names moved.

    Parameters
    ----------
    before, after : dict of str to list of str
        By module, its public names.

    Returns
    -------
    list of str
        One line for each module that lost names.
    """
    lines = []
    for module, names in before.items():
        gone = [n for n in names if n not in after.get(module, ())]
        new = {n: [m for m in after if n in after[m] and n not in before.get(m, ())] for n in gone}
        places = sorted({m for modules in new.values() for m in modules})
        lost = [n for n in gone if not new[n]]
        if gone:
            to = f" to {', '.join(places)}" if places else ""
            nowhere = f"; nowhere else now: {', '.join(lost)}" if lost else ""
            lines.append(f"{module}: {len(gone)} of {len(names)} public names moved{to}{nowhere}")
    return lines
