"""Numbers of fits that miss their minimum, added up over blocks of data sets."""

import math
from dataclasses import asdict, dataclass, field

__all__ = ["Minima", "summed"]


@dataclass(kw_only=True)
class Minima:
    """Numbers of a study, which add up.

    Parameters
    ----------
    n : int
    above : int
        Free fits whose -2 ln L is too high by more than 0.01, and whose status does not say so.
    deeper : int
        Of those the other way round: they ended where nothing physical leads.
    apart : int
        Those with another estimate.
    failed : int
        Without an estimate.
    worst : float
        Largest excess of them.
    claimed : float
        Largest difference between the -2 ln L of a fit and of the independent likelihood there.
    status : dict of str to [int, int]
        Number of each status, and those of it that are above.
    bounded_above, bounded_deeper : int
        Fits in the physical range that miss the minimum; and that are deeper than the scan.
    bounded_worst : float
    fit_seconds, scan_seconds : float
    misses : list of dict
    error : str
        Of a fitter that broke off.
    """

    n: int = 0
    above: int = 0
    deeper: int = 0
    apart: int = 0
    failed: int = 0
    worst: float = 0.0
    claimed: float = 0.0
    status: dict = field(default_factory=dict)
    bounded_above: int = 0
    bounded_deeper: int = 0
    bounded_worst: float = 0.0
    fit_seconds: float = 0.0
    scan_seconds: float = 0.0
    misses: list = field(default_factory=list)
    error: str = ""

    def plain(self):
        """As a dict for JSON."""
        return asdict(self)


def summed(parts):
    """Add up the `Minima` of blocks."""
    total = Minima()
    for part in parts:
        for name, value in part.plain().items():
            own = getattr(total, name)
            if name in {"worst", "claimed", "bounded_worst"}:
                setattr(total, name, max(own, value))
            elif name == "status":
                for key, (n, above) in value.items():
                    a, b = own.get(key, (0, 0))
                    own[key] = [a + n, b + above]
            elif name == "error":
                total.error = own or value
            else:
                setattr(total, name, own + value)
    total.misses = sorted(total.misses, key=lambda m: -_size(m))[:200]
    return total


def _size(miss):
    return max(
        (abs(miss[k]) for k in ("excess", "bounded_excess") if math.isfinite(miss[k])), default=math.inf
    )
