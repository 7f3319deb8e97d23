"""Neutrino-electron scattering as four-momenta, from the columns of event files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from simgen.constants import M_E
from simgen.interaction import T_max

__all__ = ["ELECTRON", "LARGEST_EVENT", "Scattering", "missing_columns"]

Array = NDArray[np.float64]

ELECTRON = 11
"""PDG code of the electron."""
LARGEST_EVENT = 2**31 - 1
"""Largest number of an event where a format has 32 bits."""
_DIRECTION = ("nu_pdg", *(f"{name}_{axis}" for name in ("nu_dir", "e_dir") for axis in "xyz"))
_VERTEX = ("vertex_x", "vertex_y", "vertex_z")


def missing_columns(columns: Mapping[str, Any] | tuple[str, ...], *, vertex: bool) -> list[str]:
    """List what of `run.columns` a file lacks whose events are to become four-momenta.

    Examples
    --------
    >>> missing_columns(("event", "E_nu", "T", *_DIRECTION), vertex=True)
    ['vertex']
    """
    needed = {"direction": _DIRECTION, **({"vertex": _VERTEX} if vertex else {})}
    return [name for name, branches in needed.items() if not set(branches) <= set(columns)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scattering:
    """Interactions as four-momenta in the frame of the target, whose electrons are free and at rest.

    Parameters
    ----------
    event : ndarray of int64, shape (n,)
        Index of each event in its run.
    nu_pdg : ndarray of int32, shape (n,)
        PDG code of the neutrino, before and after.
    E_nu, T : ndarray, shape (n,)
        Neutrino energy and kinetic energy of the electron [MeV].
    nu, electron, nu_out : ndarray, shape (3, n)
        Momenta of the neutrino, of the electron and of the scattered neutrino [MeV].
    vertex : ndarray, shape (3, n), or None
        [cm].
    time : ndarray, shape (n,), or None
        Since the start of the exposure [s].
    weights : dict of str to ndarray, shape (n,)
        ``weight``, ``weight_A``, ... where the events have them.
    n_left_out : int
        Backgrounds among the columns, which are no interactions.

    Notes
    -----
    Energy and momentum are conserved to the rounding of float64 for float32 columns, too. The polar angle of
    the electron is that of its energies, as in `simgen.interaction.kinematics.cos_theta`; only the azimuth is
    taken from the stored direction. A recoil that was rounded above T_max is lowered to it.
    """

    event: NDArray[np.int64]
    nu_pdg: NDArray[np.int32]
    E_nu: Array
    T: Array
    nu: Array
    electron: Array
    nu_out: Array
    vertex: Array | None
    time: Array | None
    weights: dict[str, Array]
    n_left_out: int

    @classmethod
    def of(cls, columns: Mapping[str, NDArray[Any]]) -> Self:
        """Compute four-momenta.

        Parameters
        ----------
        columns : mapping of str to ndarray, shape (n,)
            Of an event file with `run.columns = ["direction"]`.

        Raises
        ------
        ValueError
            If columns of directions are missing, or a direction is no unit vector.
        """
        if missing_columns(tuple(columns), vertex=False):
            raise ValueError(
                "the events have no directions: `nugauge generate --columns vertex,direction` writes them"
            )
        interacts = np.flatnonzero(columns["nu_pdg"])
        kept = {name: column[interacts] for name, column in columns.items()}
        n_hat, e_hat = (_unit(np.stack([kept[f"{name}_{x}"] for x in "xyz"])) for name in ("nu_dir", "e_dir"))
        E_nu = kept["E_nu"].astype(np.float64)
        T = np.minimum(kept["T"].astype(np.float64), T_max(E_nu))
        electron = np.sqrt(T * (T + 2 * M_E)) * _direction(n_hat, e_hat, E_nu, T)
        nu = E_nu * n_hat
        has_vertex = set(_VERTEX) <= set(kept)
        return cls(
            event=kept["event"],
            nu_pdg=kept["nu_pdg"],
            E_nu=E_nu,
            T=T,
            nu=nu,
            electron=electron,
            nu_out=nu - electron,
            vertex=np.stack([kept[name] for name in _VERTEX]).astype(np.float64) if has_vertex else None,
            time=kept.get("time"),
            weights={name: column for name, column in kept.items() if name.startswith("weight")},
            n_left_out=len(columns["nu_pdg"]) - len(interacts),
        )

    def __len__(self) -> int:
        return len(self.event)

    @property
    def E_electron(self) -> Array:
        """Total energy of the electron, shape (n,) [MeV]."""
        return self.T + M_E

    @property
    def E_nu_out(self) -> Array:
        """Energy of the scattered neutrino, shape (n,) [MeV]: the length of its momentum."""
        return np.asarray(np.sqrt(np.sum(self.nu_out**2, axis=0)))

    def parts(self, size: int) -> list[slice]:
        """Divide the events into parts of a size at most."""
        return [slice(start, start + size) for start in range(0, len(self), size)]


def _unit(vectors: Array) -> Array:
    """Normalise directions, shape (3, n), that were rounded to float32."""
    vectors = vectors.astype(np.float64)
    length = np.sqrt(np.sum(vectors**2, axis=0))
    wrong = np.flatnonzero(np.abs(length - 1) > 1e-5)
    if wrong.size:
        raise ValueError(f"the direction of row {wrong[0]} has the length {length[wrong[0]]:g}, not 1")
    return np.asarray(vectors / length)


def _direction(n_hat: Array, e_hat: Array, E_nu: Array, T: Array) -> Array:
    """Turn the electron to the polar angle of its energies, about the neutrino, shape (3, n)."""
    cosine = np.minimum((1 + M_E / E_nu) * np.sqrt(T / (T + 2 * M_E)), 1.0)
    rest = np.maximum(1 - T * (1 / E_nu + M_E / (2 * E_nu**2)), 0.0)
    sine = np.sqrt(2 * M_E * rest / (T + 2 * M_E))
    across = e_hat - np.sum(e_hat * n_hat, axis=0) * n_hat
    across -= np.sum(across * n_hat, axis=0) * n_hat  # once more: the first difference may cancel
    straight = ~np.any(across, axis=0)  # rounded to float32, both directions are the same: any azimuth
    if np.any(straight):
        axes = np.identity(3)[np.argmin(np.abs(n_hat[:, straight]), axis=0)]
        across[:, straight] = np.cross(n_hat[:, straight].T, axes).T
    across /= np.sqrt(np.sum(across**2, axis=0))
    return np.asarray(cosine * n_hat + sine * across)
