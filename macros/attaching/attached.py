"""What was attached: events with a measured energy, and how the energies compare with the true ones."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detsim.measured import Measurements

__all__ = ["Attachment", "is_near"]

_FAR = 30.0
"""Ratio of the mean measured to the mean true energy that no detector has, and a wrong unit has."""


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """What was attached.

    Parameters
    ----------
    file : Path
    n_generated : int
        Interactions and background events drawn.
    n_true, n_recorded : int
        True events in the files, and those that have a measured energy.
    n_backgrounds, n_recorded_backgrounds : int
        Background events of both.
    exposure : float
        Equivalent exposure of the true events [s].
    mean_ratio : float
        Mean measured over mean true energy of the recorded events; 0 without any.
    measurements : Measurements
    notes : tuple of str
        What the files of true events lack of their run, in words.
    seconds : float
    """

    file: Path
    n_generated: int
    n_true: int
    n_recorded: int
    n_backgrounds: int
    n_recorded_backgrounds: int
    exposure: float
    mean_ratio: float
    measurements: Measurements
    notes: tuple[str, ...]
    seconds: float

    @property
    def lacks_backgrounds(self) -> bool:
        """Whether the table has none of the background events, so that the file is of the signal alone."""
        return self.n_backgrounds > 0 and self.n_recorded_backgrounds == 0

    @property
    def unit_is_doubtful(self) -> bool:
        """Whether the energies are so far from the true ones that their unit may be wrong."""
        return self.n_recorded > 0 and not is_near(self.mean_ratio)

    def document(self) -> dict[str, Any]:
        """Return the keys of the JSON output."""
        record = self.measurements.record()
        return {
            "file": str(self.file),
            "n_generated": self.n_generated,
            "n_true": self.n_true,
            "n_recorded": self.n_recorded,
            "n_backgrounds": self.n_backgrounds,
            "n_recorded_backgrounds": self.n_recorded_backgrounds,
            "exposure_s": self.exposure,
            "mean_ratio": self.mean_ratio,
            "measured": record,
            "events_per_second": self.n_true / self.seconds,
        }


def is_near(mean_ratio: float) -> bool:
    """Tell whether measured energies can be those of the true ones, by the ratio of their means."""
    return 1 / _FAR < mean_ratio < _FAR
