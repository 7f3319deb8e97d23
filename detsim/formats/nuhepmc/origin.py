"""What a NuHepMC file of this program says of itself, compared with its events."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from detsim.formats import ELECTRON, MARK
from simgen.constants import M_E
from simgen.units import read_quantity

__all__ = ["N_EVENTS", "Origin"]

N_EVENTS = "nugauge.NEvents"
"""Attribute with the number of events in the file."""
_NEUTRINOS = (12, 14, 16)
_OF_ELECTRON_FLAVOUR = "700"
_IN_MEV = {"MEV": 1.0, "GEV": 1e3}
_IN_MM = {"MM": 1.0, "CM": 10.0}
_ROUNDING = 1e-6
"""Relative: places are stored in float32 if the card wants it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What the attributes of a run state.

    Parameters
    ----------
    provenance : tuple of mapping
        Of each run, as event files hold it.
    n_events : int or None
        Events in the file; None of files of earlier versions.
    size : float
        Radius of a sphere around the origin in which the target is [mm]; infinite if it is not known.
    """

    provenance: tuple[Mapping[str, Any], ...]
    n_events: int | None
    size: float

    @classmethod
    def of(cls, attributes: Mapping[str, str]) -> Self | None:
        """Read the attributes; None if another program wrote them."""
        if MARK not in attributes:
            return None
        runs: list[Mapping[str, Any]] = []
        with suppress(ValueError):
            document = json.loads(attributes.get("NuHepMC.Provenance.nugauge", ""))
            runs = document if isinstance(document, list) else [document]
        number = attributes.get(N_EVENTS, "")
        return cls(
            provenance=tuple(runs),
            n_events=int(number) if number.isdigit() else None,
            size=max((_size(run) for run in runs), default=math.inf),
        )

    def of_file(self, n_events: int) -> Iterator[str]:
        """Say what is wrong with the number of events."""
        if self.n_events is not None and n_events != self.n_events:
            yield f"there are {n_events} events, and {self.n_events} were written"

    def of_event(
        self,
        process: str | None,
        codes: Sequence[int],
        masses: Sequence[float],
        place: Sequence[float],
        units: Sequence[str],
    ) -> Iterator[str]:
        """Say what is wrong with an event.

        Parameters
        ----------
        process : str or None
            Its identifier.
        codes : sequence of int
            PDG codes of its particles.
        masses : sequence of float
            Of the particles, in the unit of the event.
        place : sequence of float
            `lab_pos`, x, y and z.
        units : sequence of str
            Of energy and length.
        """
        neutrinos = [code for code in codes if abs(code) in _NEUTRINOS]
        if len(set(neutrinos)) > 1:
            yield f"the neutrino is {neutrinos[0]} before and {neutrinos[1]} after elastic scattering"
        elif neutrinos and (abs(neutrinos[0]) == _NEUTRINOS[0]) != (process == _OF_ELECTRON_FLAVOUR):
            yield f"the neutrino is {neutrinos[0]}, and the process {process} is of another flavour"
        energy, length = (table.get(unit) for table, unit in zip((_IN_MEV, _IN_MM), units, strict=True))
        of_electrons = [m for code, m in zip(codes, masses, strict=True) if code == ELECTRON]
        if energy is not None and any(abs(m * energy - M_E) > _ROUNDING * M_E for m in of_electrons):
            yield f"an electron has a mass of {of_electrons[0]:g} {units[0]}"
        distance = math.hypot(*place) * (length or 1.0)
        if distance > self.size * (1 + _ROUNDING):
            yield f"lab_pos is {distance:g} mm from the centre of the target, which ends at {self.size:g} mm"


def _size(run: Mapping[str, Any]) -> float:
    """Return the radius of a sphere that holds the target of a run [mm]."""
    geometry = (run.get("card") or {}).get("geometry") or {}
    try:
        if geometry.get("shape") == "box":
            return 10 * math.hypot(*map(_length, geometry["size"])) / 2
        height = _length(geometry["height"]) if geometry.get("shape") == "cylinder" else 0.0
        return 10 * math.hypot(_length(geometry["radius"]), height / 2)
    except (KeyError, TypeError, ValueError):
        return math.inf


def _length(value: Any) -> float:
    """Read a length of a card [cm]."""
    return read_quantity(value, "length")
