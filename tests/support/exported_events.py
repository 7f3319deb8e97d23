"""Events of all kinds for exports: lines and continua of three flavours, backgrounds, forward electrons."""

from dataclasses import replace

import numpy as np

from detsim.formats import EventSource, Scattering
from simgen.events import COLUMNS
from simgen.generator import add_directions, add_vertices
from simgen.geometry import Sphere
from simgen.interaction import T_max
from support.experiments import mixed_source
from support.true_vertices import blank

__all__ = ["GEOMETRY", "columns_of", "sample", "scattering", "source_of"]

GEOMETRY = Sphere(radius=300.0, source_position=(0.0, -50.0, 825.0), source_radius=20.0)


def sample(n=2000, *, seed=3):
    """Events in float64, every fourth a background, with times and weights."""
    rng = np.random.default_rng(seed)
    source = mixed_source()
    component = np.arange(n) % 4
    E_nu = np.where(component < 3, 10 ** rng.uniform(-2, 1, n), 0.0)
    share = rng.uniform(0, 1, n)
    share[:6] = 1.0
    T = np.where(component < 3, share * T_max(np.maximum(E_nu, 1e-9)), 0.4)
    events = replace(blank(n), component=component.astype(np.int32), E_nu=E_nu, T=T)
    events = add_vertices(events, GEOMETRY, n_source=3, seed=seed, emission=True)
    events = add_directions(events, source, seed=seed)
    return replace(events, time=rng.uniform(0, 8.64e6, n))


def columns_of(events, *, precision="float64"):
    """Columns as an event file gives them."""
    return {
        name: column.astype(precision) if column.dtype == np.float64 and not COLUMNS[name].exact else column
        for name, column in events.columns().items()
        if name != "cos_theta"
    }


def scattering(columns):
    return Scattering.of(columns)


def source_of(columns, **changes):
    return EventSource(
        **{
            "version": "1.2.3",
            "provenances": [{"seed": 3, "card": {"γ": 'a "quoted" \\ backslash\nand a line'}}],
            "columns": tuple(columns),
            "units": {name: COLUMNS[name].unit for name in columns},
            "descriptions": {name: COLUMNS[name].description for name in columns},
            "cross_section": 5.8e-45,
            "electrons_per_atom": 22 / 7,
            "live_time": 8.64e6,
            "n_generated": 2000,
            "n_events": len(columns["event"]),
            "n_interactions": int(np.count_nonzero(columns["nu_pdg"])),
            "detected": False,
            **changes,
        }
    )
