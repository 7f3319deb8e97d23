"""Events matched with measured energies by their indices."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detsim.files import FileError
from detsim.measured import Measurements

__all__ = ["Join"]


class Join:
    """Finds measured energies of events, and remembers which were found.

    Parameters
    ----------
    measurements : Measurements
    """

    def __init__(self, measurements: Measurements) -> None:
        self._measurements = measurements
        self._is_found = np.zeros(len(measurements.keys), np.bool_)

    def energies(self, columns: Mapping[str, NDArray[Any]]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Find the energies of some events.

        Returns
        -------
        positions : ndarray, shape (n,)
            Of the events that have one.
        energies : ndarray, shape (n,)
            [MeV]
        """
        of = self._measurements
        keys = of.key(columns["event"], columns.get("experiment"))
        places = np.searchsorted(of.keys, keys)
        inside = np.minimum(places, len(of.keys) - 1)
        positions = np.flatnonzero(of.keys[inside] == keys)
        rows = inside[positions]
        self._is_found[rows] = True
        return positions, of.energies[rows]

    def refuse(self, true: Path) -> None:
        """Refuse measured energies of events that the true events do not have.

        Raises
        ------
        FileError
        """
        left = np.flatnonzero(~self._is_found)
        if left.size:
            of = self._measurements
            reason = (
                f"has {of.describe(int(left[0]))}, which is not among the events of {true} ({left.size} such "
                "rows): it belongs to other events, or numbers them in another way"
            )
            raise FileError(of.path, "foreign", reason)
