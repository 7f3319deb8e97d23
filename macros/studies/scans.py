"""Expected limits against one key of a card, or against two at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from macros.card import choose_specific, plain_key, read_card
from macros.setup import load_chosen, open_card, open_fitter
from macros.terminal import ScanValue

if TYPE_CHECKING:
    from analysis.studies import Sensitivity

__all__ = ["CardScan", "ScanKey", "scan_key", "scan_limits"]

_MOST_KEYS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanKey:
    """A key of a card, and its values.

    Parameters
    ----------
    key : str
        With its tables.
    values : tuple of float or str
        As the card has them: numbers, words, or texts with units.
    """

    key: str
    values: tuple[float | str, ...]

    @property
    def labels(self) -> list[str]:
        """The values with four digits."""
        return [_label(value) for value in self.values]

    def override(self, value: float | str) -> str:
        """Write the override with a value."""
        return f"{self.key}={_toml(value)}"


def _label(value: float | str) -> str:
    number, blank, unit = str(value).partition(" ")
    try:
        return f"{float(number):.4g}{blank}{unit}"
    except ValueError:
        return str(value)


def _toml(value: float | str) -> str:
    if not isinstance(value, str):
        return repr(value)
    return value if value in {"true", "false"} else f'"{value}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class CardScan:
    """Expected limits against one key, or two.

    Parameters
    ----------
    keys : tuple of ScanKey
        One or two.
    limits : tuple of float or None
        Upper limits, None where there is none; of two keys those of the first key's first value come first.
    sensitivity : Sensitivity
        The same limits, with what they are.
    """

    keys: tuple[ScanKey, ...]
    limits: tuple[float | None, ...]
    sensitivity: "Sensitivity"

    @property
    def rows(self) -> list[list[float | None]]:
        """Limits of a plane: a row for each value of the second key, in it one of each value of the first."""
        first, second = self.keys
        return [
            [self.limits[i * len(second.values) + j] for i in range(len(first.values))]
            for j in range(len(second.values))
        ]


def scan_key(card: str, overrides: Sequence[str] | None, key: str, values: Sequence[ScanValue]) -> ScanKey:
    """Turn values into those of a key, in the units that were given, or else in that which the card has.

    Parameters
    ----------
    card : str
        Preset or path.
    overrides : sequence of str or None
    key : str
    values : sequence of ScanValue
    """
    present: Any = read_card(card, overrides or ()).document
    for part in plain_key(key).split("."):
        if isinstance(present, list) and part.isdecimal() and int(part) < len(present):
            present = present[int(part)]
        else:
            present = present.get(part) if isinstance(present, Mapping) else None
    unit = present.strip().partition(" ")[2] if isinstance(present, str) else ""
    return ScanKey(key=plain_key(key), values=tuple(_card_value(value, unit) for value in values))


def _card_value(value: ScanValue, unit: str) -> float | str:
    if value.number is None:
        return value.unit
    stated = value.unit or unit
    return f"{value.number:.12g} {stated}" if stated else value.number


def scan_limits(
    card: str,
    overrides: Sequence[str] | None,
    keys: Sequence[ScanKey],
    *,
    of: str | None = None,
    method: str | None = None,
    poi: str | None = None,
    advance: Callable[[float], None] = lambda _: None,
) -> CardScan:
    """Compute the expected (Asimov) limit at each value of a key, or at each pair of values of two.

    Parameters
    ----------
    card : str
        Preset or path.
    overrides : sequence of str or None
        Of all points; a key that is scanned comes before them.
    keys : sequence of ScanKey
        One or two.
    of : str, optional
        One experiment of several.
    method, poi : str, optional
        Instead of the card's.
    advance : callable
        Called with the number of points done.

    Raises
    ------
    CardError, ValueError
        If a point is no card, or has no fit; the message names the point.
    """
    from analysis.fits import delta_chi2, limit_of_counts
    from analysis.studies import Sensitivity, global_fit

    if not 1 <= len(keys) <= _MOST_KEYS or len({each.key for each in keys}) < len(keys):
        raise ValueError(f"one key is scanned, or two that differ, got {', '.join(k.key for k in keys)}")
    seed = open_card(card, overrides, draws=False, of=of, several=True).run.seed
    if seed is not None:  # simulated templates of all points have one, also if nobody gave it
        overrides = choose_specific(overrides or (), [f"run.seed={seed}"])
    limits, truth = [], []
    for values in product(*(each.values for each in keys)):
        point = [each.override(value) for each, value in zip(keys, values, strict=True)]
        loaded = load_chosen(card, choose_specific(overrides or (), point), of, several=True, says=False)
        try:
            fitter = open_fitter(loaded, poi=poi)
        except ValueError as error:
            where = ", ".join(f"{each.key} = {value}" for each, value in zip(keys, values, strict=True))
            raise ValueError(f"at {where}: {error}") from None
        how = method or loaded.fit.limit_method
        exact = fitter.templates.expected(fitter.truth)
        limits.append(limit_of_counts(fitter, exact, level=loaded.fit.limit_level, method=how).upper)
        truth.append(float(fitter.truth))
        advance(1)
    names = {each.key for each in keys}
    scanned = any(
        name.startswith("model.") for name in names
    )  # one label, one global fit do not hold for all
    parameter = poi or loaded.fit.poi
    return CardScan(
        keys=tuple(keys),
        limits=tuple(limits),
        sensitivity=Sensitivity(
            model=loaded.model.name if scanned else loaded.model.label,
            parameter=parameter,
            delta_chi2=delta_chi2(loaded.fit.limit_level, how),
            errors=(),
            limit=tuple(limits),
            global_fit=global_fit(loaded.model) if parameter == "gamma" and not scanned else None,
            level=None if "fit.limit_level" in names else loaded.fit.limit_level,
            method=None if "fit.limit_method" in names and method is None else how,
            truth=tuple(truth),
        ),
    )
