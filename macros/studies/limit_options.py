"""Options of a limit: method, thresholds, number of pseudo-experiments."""

from dataclasses import dataclass
from pathlib import Path

from analysis.calibration import CALIBRATED, Calibration
from analysis.fits import (
    LimitResult,
)
from macros.setup import whole_number
from macros.terminal import LARGEST_STUDY, N_BAND

__all__ = ["N_CALIBRATION", "CardLimit", "LimitOptions"]

N_CALIBRATION = 20_000
"""Pseudo-experiments per true value of a calibration that no table holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitOptions:
    """How a limit is found.

    Parameters
    ----------
    method : str or None
        None: the card's.
    table : Path or None
        Thresholds of a calibrated one.
    n_calibration : int or None
        Without a table: pseudo-experiments per true value; None: `N_CALIBRATION`.
    profiled : bool
        Whether these have the nuisance parameters that are fitted to the data.
    n_toys, audit : int
        Pseudo-experiments for the band of an expected limit, and how many of them are fitted again.
    first : int
        Index of the first pseudo-experiment of the band.

    Raises
    ------
    ValueError
        If there is no such method, or options do not go together.
    """

    method: str | None = None
    table: Path | None = None
    n_calibration: int | None = None
    profiled: bool = False
    n_toys: int = N_BAND
    audit: int = 20
    first: int = 0

    def __post_init__(self) -> None:
        known = ("one-sided", "two-sided", *CALIBRATED)
        if self.method is not None and self.method not in known:
            raise ValueError(f"method must be one of {', '.join(known)}, got {self.method!r}")
        if not self.calibrates and (self.table or self.n_calibration is not None or self.profiled):
            raise ValueError(
                "thresholds of pseudo-experiments (a table, their number, profiled nuisance parameters) go "
                f"with the methods {', '.join(CALIBRATED)}"
            )
        if self.table and (self.n_calibration is not None or self.profiled):
            raise ValueError("a table has its pseudo-experiments: give no other number and no profiling")
        whole_number("n_toys", self.n_toys, most=LARGEST_STUDY)
        whole_number("audit", self.audit)
        whole_number("first", self.first)
        if self.n_calibration is not None:
            whole_number("n_calibration", self.n_calibration, least=1, most=LARGEST_STUDY)

    @property
    def calibrates(self) -> bool:
        """Whether thresholds come from pseudo-experiments."""
        return self.method in CALIBRATED

    def draws(self, *, expected: bool) -> bool:
        """Tell whether random numbers are drawn, for an expected limit or for one of data."""
        return (expected and self.n_toys > 0) or (self.calibrates and self.table is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLimit:
    """A limit, and the thresholds that it was found with, if they come from pseudo-experiments."""

    result: LimitResult
    calibration: Calibration | None
