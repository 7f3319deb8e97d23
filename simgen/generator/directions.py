"""Directions of neutrinos and electrons in the frame of the target."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from simgen._kernels.directions import fill_directions
from simgen.events import Events
from simgen.random import Stage, kernel_key
from simgen.sources import Source
from simgen.threads import in_parts

__all__ = ["add_directions"]


def add_directions(events: Events, source: Source, *, seed: int, identity: Sequence[int] = ()) -> Events:
    """Compute the neutrinos' directions, and draw those of the electrons.

    Parameters
    ----------
    events : Events
        With vertices and the points of the source where neutrinos were emitted.
    source : Source
        Its components are counted from 0 in `events.component`; all others are backgrounds.
    seed : int
    identity : sequence of int
        Distinguishes the members of a study.

    Returns
    -------
    Events
        Events with `nu_pdg`, with `nu_dir_x`, `nu_dir_y`, `nu_dir_z` from the emission point to the vertex,
        and with `e_dir_x`, `e_dir_y`, `e_dir_z`; all are 0 for backgrounds.

    Raises
    ------
    ValueError
        If the events have no vertices or emission points.

    Notes
    -----
    The polar angle of the electron about the neutrino follows from energy and momentum, see
    `simgen.interaction.kinematics.cos_theta`; the azimuth is uniform, because neither the neutrinos nor the
    electrons of the target prefer a direction of spin. Flavours are those of emission: neutrinos that
    oscillate become sterile and do not scatter.
    """
    names = ("vertex_x", "vertex_y", "vertex_z", "emission_x", "emission_y", "emission_z")
    columns = [getattr(events, name) for name in names]
    if any(column is None for column in columns):
        raise ValueError("directions need vertices and emission points: draw them with emission=True")
    vertex, emission = (np.stack(columns[k : k + 3]).astype(np.float64) for k in (0, 3))
    k0, k1 = kernel_key(seed, Stage.AZIMUTH, *identity).astype(np.uint64)
    n_source = len(source.components)
    nu, electron = np.empty((3, len(events))), np.empty((3, len(events)))
    E_nu = np.where(events.component < n_source, events.E_nu, 0.0)
    T = np.asarray(events.T, np.float64)

    def draw(a: int, b: int) -> None:
        places = vertex[:, a:b].copy(), emission[:, a:b].copy()  # contiguous for any part: compiled once
        parts = np.empty((2, 3, b - a))
        fill_directions(events.event[a:b], E_nu[a:b], T[a:b], *places, k0, k1, *parts)
        nu[:, a:b], electron[:, a:b] = parts

    in_parts(draw, 0, len(events))
    codes = np.array([*(component.flavour.pdg for component in source.components), 0], np.int32)
    directions: dict[str, Any] = {f"nu_dir_{axis}": row for axis, row in zip("xyz", nu, strict=True)}
    directions |= {f"e_dir_{axis}": row for axis, row in zip("xyz", electron, strict=True)}
    return replace(events, nu_pdg=codes[np.minimum(events.component, n_source)], **directions)
