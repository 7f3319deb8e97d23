"""Detector stage: smearing, acceptance, threshold and fiducial cut of single events."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from detsim._kernels.response import ResponseArrays, fill_measured, fill_shifts
from detsim.detector import Curve, PhotoElectrons, Resolution, TabulatedResolution
from detsim.experiment import Experiment
from simgen.events import Events
from simgen.generator import contains
from simgen.random import Stage, kernel_key
from simgen.threads import in_parts

__all__ = ["detect", "locate", "response_arrays"]


@np.errstate(under="ignore")
def detect(events: Events, experiment: Experiment, *, seed: int, identity: Sequence[int] = ()) -> Events:
    """Measure true events: smearing, acceptance, threshold.

    Parameters
    ----------
    events : Events
        True events with their original indices, and with vertices if the detector depends on them.
    experiment : Experiment
    seed : int
    identity : sequence of int
        Distinguishes the members of a study.

    Returns
    -------
    Events
        Recorded events only, with `T_reco`, and with `L_reco` if the detector measures the distance.

    Raises
    ------
    ValueError
        If the events have no vertices, and the detector needs them.
    """
    k0, k1 = kernel_key(seed, Stage.DETECTOR, *identity).astype(np.uint64)
    T_reco, keep = np.empty(len(events)), np.empty(len(events), np.bool_)
    response = response_arrays(experiment)

    def measure(a: int, b: int) -> None:
        columns = (events.event[a:b], events.component[a:b], events.T[a:b])
        fill_measured(*columns, response, k0, k1, T_reco[a:b], keep[a:b])

    in_parts(measure, 0, len(events))
    measured = replace(events, T_reco=T_reco).select(keep)
    return (
        locate(measured, experiment, seed=seed, identity=identity)
        if experiment.detector.spatial
        else measured
    )


def locate(events: Events, experiment: Experiment, *, seed: int, identity: Sequence[int] = ()) -> Events:
    """Apply the fiducial cut to recorded events, and measure their distance from the source.

    Parameters
    ----------
    events, experiment, seed, identity
        As for `detect`.

    Raises
    ------
    ValueError
        If the events have no vertices.
    """
    x, y, z = events.vertex_x, events.vertex_y, events.vertex_z
    if x is None or y is None or z is None:
        raise ValueError(
            "the detector looks at the places of events, and these events have none: "
            "generate them with vertices"
        )
    distance = experiment.detector.distance
    if distance is not None:
        X, Y, Z = experiment.geometry.source_centre
        offsets = [np.asarray(a, np.float64) - A for a, A in ((x, X), (y, Y), (z, Z))]
        L_reco = np.sqrt(offsets[0] ** 2 + offsets[1] ** 2 + offsets[2] ** 2)
        if distance.resolution > 0:
            k0, k1 = kernel_key(seed, Stage.DISTANCE, *identity).astype(np.uint64)
            shift = np.empty(len(events))
            fill_shifts(events.event, k0, k1, shift)
            L_reco = L_reco + distance.resolution * shift
        events = replace(events, L_reco=L_reco)
    region = experiment.baselines.region
    return events if region is None else events.select(contains(region, x, y, z))


def response_arrays(experiment: Experiment) -> ResponseArrays:
    """Write the detector into arrays for the kernels."""
    detector = experiment.detector
    energies, values = detector.acceptance_steps
    smearing, visible = detector.resolution, detector.visible
    gaussian = smearing if isinstance(smearing, Resolution) else Resolution()
    sigma = smearing.curve if isinstance(smearing, TabulatedResolution) else None
    steps = np.append(values, detector.constant_efficiency)
    curves = (detector.true_efficiency, detector.measured_efficiency)
    return ResponseArrays(
        constant2=gaussian.constant**2,
        stochastic2=gaussian.stochastic**2,
        proportional2=gaussian.proportional**2,
        sigma_energy=_points(sigma)[0],
        sigma_value=_points(sigma)[1],
        light_yield=smearing.light_yield if isinstance(smearing, PhotoElectrons) else None,
        visible_break=np.empty(0) if visible is None else visible.breaks,
        visible_power=np.empty((0, 4)) if visible is None else np.ascontiguousarray(visible.powers),
        scale=detector.energy_scale,
        threshold=detector.threshold,
        step_energy=energies,
        step_value=values,
        efficiency=detector.constant_efficiency,
        true_energy=_points(detector.true_efficiency)[0],
        true_value=_points(detector.true_efficiency)[1],
        measured_energy=_points(detector.measured_efficiency)[0],
        measured_value=_points(detector.measured_efficiency)[1],
        partial=bool(np.any(steps < 1)) or any(curve is not None for curve in curves),
        edges=np.array(detector.edges),
        smeared=np.array([b.smeared for b in experiment.backgrounds], np.bool_),
        n_source=len(experiment.source.components),
    )


def _points(curve: Curve | None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return energies and values of a table; both empty if there is none."""
    if curve is None:
        return np.empty(0), np.empty(0)
    return np.array(curve.energies, np.float64), np.array(curve.values, np.float64)
