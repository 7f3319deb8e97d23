"""Reweighting of events from one model to another, exact in E_nu and T.

Events are drawn with the density luminosity · f(ω) · dσ/dT. Source and detector do not depend on the model.
The weight of an event is therefore the ratio of two dσ/dT at its ω and T, times the ratio of the
luminosities.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from detsim.experiment import Experiment
from simgen.events import Events
from simgen.flavours import Flavour
from simgen.interaction import Basis, E_nu_min, Model, T_max, check_positive, coefficients, dsigma_dT
from simgen.rates import oscillates, survival
from simgen.sources import Component, Lines

__all__ = ["check_support", "gamma_templates", "neutrino_energies", "weights"]

Array = NDArray[np.float64]

_BELOW_END = 1 - 1e-9
"""Largest T/T_max at which dσ/dT is evaluated: files round T, and QED factors have a logarithm at T_max."""
_OUTSIDE = 1e-9
"""Ratio of generated and target density below which a sample lacks events of the target."""
_N_OMEGA, _N_RECOIL = 33, 65


@np.errstate(under="ignore", over="ignore", invalid="ignore")
def weights(
    events: Events,
    experiment: Experiment,
    generated: Model,
    target: Model,
    *,
    target_experiment: Experiment | None = None,
) -> Array:
    """Compute the weights that turn a sample of one model into one of another.

    Parameters
    ----------
    events : Events
        True or measured, as drawn from `experiment` and `generated`; the detector does not matter.
    experiment : Experiment
    generated : Model
        The model from which the events were drawn.
    target : Model
        The model to which they are reweighted.
    target_experiment : Experiment, optional
        Experiment with another normalisation or `generate_above` for the target; by default `experiment`.

    Returns
    -------
    ndarray, shape (n,)
        The mean of their sum is the expected number of events of the target. 1 for a background, 0 for a
        recoil below the target's `generate_above`.

    Raises
    ------
    ValueError
        If the target has events where the sample cannot have events, if its source, exposure or backgrounds
        differ, or if its dσ/dT is negative.

    Notes
    -----
    w = (L_target/L_generated) · (P dσ/dT)_target / (P dσ/dT)_generated, where P is the survival probability
    of oscillating neutrinos. The energy of a line is taken from the source, not from the event. With float32
    columns weights are precise to about 1e-6.
    """
    target_setup = target_experiment or experiment
    check_support(experiment, generated, target, target_experiment=target_setup)
    (weights_of_target,) = _weights(events, experiment, generated, [target], target_setup)
    return weights_of_target


@np.errstate(under="ignore", over="ignore", invalid="ignore")
def gamma_templates(
    events: Events,
    experiment: Experiment,
    generated: Model,
    target: Model,
    *,
    target_experiment: Experiment | None = None,
) -> tuple[Array, Array, Array]:
    """Compute A, B, C of every event: its weight is A + Bγ + Cγ² for every γ of the target model.

    Parameters
    ----------
    events, experiment, generated, target_experiment
        As for `weights`.
    target : Model
        The target model; its value of γ is ignored.

    Returns
    -------
    A, B, C : ndarray, shape (n,)
        (1, 0, 0) for a background.

    Raises
    ------
    ValueError
        If the target's counts are not quadratic in γ, or as for `weights`.
    """
    _check_quadratic(target)
    target_setup = target_experiment or experiment
    models = [replace(target, gamma=gamma) for gamma in (0.0, 1.0, -1.0)]
    check_support(experiment, generated, models[0], target_experiment=target_setup)
    zero, plus, minus = _weights(events, experiment, generated, models, target_setup, signed=True)
    return zero, (plus - minus) / 2, (plus + minus) / 2 - zero


def _check_quadratic(model: Model) -> None:
    if "gamma" not in model.parameters:
        raise ValueError(f"templates in gamma: the {model.label} has no Z'; choose E6 or LR")
    if model.constrained:
        raise ValueError(
            "templates in gamma: in a constrained model phi follows from gamma, and the weights are not "
            "quadratic in it; reweight to each gamma, or set constrained = false and phi = 0"
        )
    if model.phi and model.rho_mix:
        raise ValueError(
            f"templates in gamma: with phi = {model.phi:g} rad and rho_mix the weights hold 1/gamma and are "
            "not quadratic in it; set phi = 0 or rho_mix = false, or reweight to each gamma"
        )


def check_support(
    experiment: Experiment, generated: Model, target: Model, *, target_experiment: Experiment
) -> None:
    """Refuse a target with events where the sample cannot have events.

    Parameters
    ----------
    experiment, generated
        The model from which the sample was drawn.
    target, target_experiment
        The model to which it is reweighted.

    Raises
    ------
    ValueError
        If source, exposure or backgrounds differ, the target's `generate_above` is lower, its dσ/dT is above
        zero where the generated one is not, or below (`simgen.interaction.positivity.check_positive`).
    """
    for name in ("source", "exposure", "backgrounds"):
        if getattr(experiment, name) != getattr(target_experiment, name):
            raise ValueError(f"the {name} of the target's experiment differs: weights change the model only")
    low = target_experiment.generate_above
    if low < experiment.generate_above:
        raise ValueError(
            f"the sample has no recoils below generate_above = {1e3 * experiment.generate_above:g} keV, the "
            f"target has from {1e3 * low:g} keV on: raise the target's, or generate the sample anew"
        )
    if target.diverges and low <= 0:
        raise ValueError(
            "with mu_nu or millicharge ≠ 0 the target's dσ/dT diverges at T → 0: set generate_above, "
            "a true recoil energy such as '1 keV'"
        )
    check_positive(experiment.source, target, low)
    for component in experiment.source.components:
        E_nu, T = _grid(component, low)
        ours, theirs = (dsigma_dT(T, E_nu, m, flavour=component.flavour) for m in (generated, target))
        missing = (theirs > 0) & (ours <= _OUTSIDE * theirs)
        if np.any(missing):
            omega, recoil = E_nu[missing][0], T[missing][0]
            raise ValueError(
                f"the sample has no events of component {component.name!r} at E_nu = {1e3 * omega:.4g} keV, "
                f"T = {1e3 * recoil:.4g} keV, where the target has: generate it anew"
            )


def _grid(component: Component, T_low: float) -> tuple[Array, Array]:
    """Place points over the neutrino energies and the recoils of a component, shape (n,) each."""
    spectrum = component.spectrum
    low = float(E_nu_min(T_low))
    if isinstance(spectrum, Lines):
        energies = np.array([e for e in spectrum.energies if e > low])
    else:
        energies = low + (spectrum.endpoint - low) * (np.arange(_N_OMEGA) + 0.5) / _N_OMEGA
        energies = energies[energies > low]
    share = (np.arange(_N_RECOIL) + 0.5) / _N_RECOIL
    T = T_low + (T_max(energies)[:, None] - T_low) * share
    return np.broadcast_to(energies[:, None], T.shape).ravel(), T.ravel()


def _weights(
    events: Events,
    experiment: Experiment,
    generated: Model,
    targets: Sequence[Model],
    target_setup: Experiment,
    *,
    signed: bool = False,
) -> list[Array]:
    """Compute the weights of several targets, shape (n,) each."""
    weights_of_targets = [np.ones(len(events)) for _ in targets]
    scale = target_setup.luminosity / experiment.luminosity
    for number, component in enumerate(experiment.source.components):
        indices = np.flatnonzero(events.component == number)
        E_nu = neutrino_energies(events, indices, component)
        recoils = events.T[indices].astype(np.float64)
        T = np.minimum(recoils, _BELOW_END * T_max(E_nu))
        densities = _densities(T, E_nu, component.flavour, [generated, *targets])
        survivals = _survivals(events, indices, E_nu, component, [generated, *targets])
        ours, *theirs = (d * p for d, p in zip(densities, survivals, strict=True))
        impossible = np.flatnonzero(~((ours > 0) & np.isfinite(ours)))
        if len(impossible):
            bad = int(impossible[0])
            raise ValueError(
                f"event {events.event[indices[bad]]} (component {component.name!r}, E_nu = "
                f"{1e3 * E_nu[bad]:.6g} keV, T = {1e3 * T[bad]:.6g} keV) cannot come from the model "
                "that the sample is said to be made with"
            )
        # all events of the sample are above its generate_above, although older files are rounded
        higher = target_setup.generate_above > experiment.generate_above
        is_above = recoils >= target_setup.generate_above if higher else np.ones(len(indices), np.bool_)
        for row, density in zip(weights_of_targets, theirs, strict=True):
            # no event of the target is drawn where QED factors make dσ/dT negative
            possible = density if signed else np.maximum(density, 0.0)
            row[indices] = np.where(is_above, scale * possible / ours, 0.0)
    return weights_of_targets


def _survivals(
    events: Events, indices: NDArray[np.intp], E_nu: Array, component: Component, models: Sequence[Model]
) -> list[Array]:
    """Compute the survival probability of the neutrinos of events under each model."""
    if not any(m.sin2_2theta and oscillates(component, m) for m in models):
        return [np.ones(len(indices)) for _ in models]
    if events.L is None:
        raise ValueError(
            "weights of an oscillation need the neutrinos' ways, and these events have none: draw them with "
            "vertices (run.columns = ['vertex'])"
        )
    return [survival(m, events.L[indices].astype(np.float64), E_nu) for m in models]


def neutrino_energies(events: Events, indices: NDArray[np.intp], component: Component) -> Array:
    """Return the neutrino energies of events of a component [MeV]; those of lines without rounding."""
    spectrum = component.spectrum
    if not isinstance(spectrum, Lines):
        return events.E_nu[indices].astype(np.float64)
    lines = events.line[indices]
    if lines.size and not (lines.min() >= 0 and lines.max() < len(spectrum.energies)):
        raise ValueError(f"component {component.name!r} has not the lines that the events name")
    return np.array(spectrum.energies)[lines]


def _densities(T: Array, E_nu: Array, flavour: Flavour, models: Sequence[Model]) -> list[Array]:
    """Evaluate dσ/dT [cm²/MeV] of several models, the shapes once for each basis."""
    shapes: dict[Basis, Array] = {}
    densities = []
    for model in models:
        basis = Basis.of(model, flavour)
        if basis not in shapes:
            shapes[basis] = basis.shapes(T, E_nu)
        c = coefficients(model, flavour)
        used = np.flatnonzero(c)  # an unused 1/T must not turn T = 0 into 0·∞
        densities.append(c[used] @ shapes[basis][used])
    return densities
