"""Counts that a card expects, whether there are any, and events simulated in memory."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detsim.expectation import Expectation, fold, fold_backgrounds, predict
from detsim.experiment import Experiment
from macros.card import ByExperiment, Card
from macros.setup.card import using_threads
from macros.terminal import interactive_progress
from simgen.events import Events
from simgen.interaction import Model

__all__ = [
    "check_counts",
    "check_signal",
    "expectation",
    "expectations",
    "expected_counts",
    "faint_signal",
    "mean_cross_section",
    "simulate_events",
]

_NOTHING = 1e-6
"""Counts in the bins."""
_NO_SIGNAL = (1e-9, 1e-14)
"""Signal that no parameter of a fit makes visible: counts, and part of the background."""
_FAINT = 1e-3
"""Signal in units of the counting error of the background."""


def check_counts(expected: NDArray[np.float64], experiment: Experiment) -> None:
    """Refuse an experiment that sees nothing, or of which nobody can say what it sees.

    Parameters
    ----------
    expected : ndarray, shape (n_bins,)
        Without flow bins.
    experiment : Experiment

    Raises
    ------
    ValueError
        If fewer than 1e-6 counts are expected in the bins, or a number that is not finite.
    """
    detector = experiment.detector
    total = float(np.sum(expected))
    low, high = 1000 * detector.edges[0], 1000 * detector.edges[-1]
    if not math.isfinite(total):
        raise ValueError(
            "the expected counts are not finite: values of [model], [source] or [detector] are too large"
        )
    if total < _NOTHING:
        bins, keys = f"the bins from {low:g} to {high:g} keV", "detector.threshold, detector.bins"
        if detector.distance is not None:
            near, far = detector.distance.edges[0], detector.distance.edges[-1]
            bins += f" and from {near:g} to {far:g} cm of the distance"
            keys += ", detector.distance, geometry"
        raise ValueError(
            f"only {total:.2g} counts are expected in the bins: the threshold of "
            f"{1000 * detector.threshold:g} keV and {bins} leave nothing of this source, or it is too weak; "
            f"check {keys}, the number of electrons, source and exposure"
        )


def check_signal(expected: NDArray[np.float64], experiment: Experiment) -> None:
    """Refuse to fit an experiment of which the backgrounds alone are seen.

    Parameters
    ----------
    expected : ndarray, shape (n_bins,)
        Signal and background.
    experiment : Experiment

    Raises
    ------
    ValueError
        If the signal in the bins is below 1e-9 counts, or 1e-14 of the background.
    """
    background = _background(experiment)
    signal = float(np.sum(expected)) - background
    if abs(signal) < max(_NO_SIGNAL[0], _NO_SIGNAL[1] * background):
        raise ValueError(
            f"no signal is expected in the bins, beside {background:.4g} counts of background: there is "
            "nothing to fit; check source, detector.threshold, detector.bins, target and exposure"
        )


def faint_signal(signal: float, experiment: Experiment) -> str | None:
    """Say that a signal is lost in the counting error of the backgrounds; None if it is not.

    Parameters
    ----------
    signal : float
        Counts in the bins.
    experiment : Experiment
    """
    background = _background(experiment)
    if abs(signal) >= _FAINT * math.sqrt(background):
        return None
    return (
        f"the signal, {signal:.3g} counts in the bins, is less than a thousandth of the counting error of "
        f"the {background:.4g} counts of background"
    )


def _background(experiment: Experiment) -> float:
    return float(fold_backgrounds(experiment)[:, 1:-1].sum()) if experiment.backgrounds else 0.0


def expected_counts(experiment: Experiment, model: Model) -> NDArray[np.float64]:
    """Compute the expected counts with both flow bins, shape (n_bins + 2,).

    Raises
    ------
    ValueError
        If fewer than 1e-6 counts are expected in the bins, or a number that is not finite.
    """
    folded = fold(experiment, model)
    counts = folded.signal(model) + folded.backgrounds.sum(axis=0)
    check_counts(counts[1:-1] if np.all(np.isfinite(counts)) else counts, experiment)
    return np.asarray(counts)


def expectations(card: Card) -> Expectation | dict[str, Expectation]:
    """Compute the expected counts of a card; see `Card.expect`."""
    if len(card.experiments) == 1:
        return expectation(card)
    return ByExperiment({e.name: expectation(card.of(e.name)) for e in card.experiments})


def expectation(card: Card) -> Expectation:
    """Compute the expected counts of a card of one experiment."""
    expected_counts(card.experiment, card.model)
    return predict(card.experiment, card.model)


def simulate_events(card: Card) -> Events | dict[str, Events]:
    """Simulate the exposure of a card that has a seed; see `Card.simulate`."""
    from detsim.simulation import draw_measured, drawn_columns, event_plan, number_of_events

    columns = drawn_columns(card.run.columns)
    simulated = {}
    with using_threads(card.run.threads):
        for number, experiment in enumerate(card.experiments):
            identity = (number,) if number else ()  # as of toys that are drawn event by event
            expected_counts(experiment, card.model)
            draws: dict[str, Any] = {"seed": int(card.run.seed or 0), "identity": identity}
            plan = event_plan(experiment, card.model)
            n = number_of_events(plan, **draws)
            with interactive_progress("simulation", n, "events") as advance:
                events = draw_measured(
                    plan, experiment, card.model, n, **draws, columns=columns, on_events=advance
                )
            document = card.document if len(card.experiments) == 1 else card.of(experiment.name).document
            provenance = {"card": document, "generate_above": experiment.generate_above}
            simulated[experiment.name] = replace(events, provenance=provenance)
    return ByExperiment(simulated) if len(simulated) > 1 else next(iter(simulated.values()))


def mean_cross_section(card: Card) -> float:
    """Compute the cross section per neutrino, averaged over the source, above generate_above [cm²]."""
    from simgen.rates import mean_sigma

    experiment = card.experiment
    total = sum(
        mean_sigma(c, card.model, T_low=experiment.generate_above) for c in experiment.source.components
    )
    return total / experiment.source.intensity
