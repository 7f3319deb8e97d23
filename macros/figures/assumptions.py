"""Put into words what a number was computed with."""

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from macros.figures.models import in_bins
from macros.plots import SUPERSCRIPTS, scientific
from macros.words import describe_response, describe_shape

if TYPE_CHECKING:
    from detsim.detector import Detector
    from detsim.experiment import Experiment
    from detsim.systematics import Systematic
    from simgen.interaction import Model
    from simgen.sources import Continuum, Source

__all__ = [
    "LEVEL",
    "describe_bins",
    "describe_experiment",
    "describe_experiments",
    "describe_model",
    "describe_statistics",
    "energies",
    "short_experiment",
    "short_model",
    "short_statistics",
]

LEVEL = 0.95
"""Confidence level of the paper's limits."""

_CORRECTIONS = {
    "tree": "tree level, without radiative corrections",
    "electroweak": "electroweak corrections of Bahcall, Kamionkowski and Sirlin, without QED",
    "full": "electroweak and QED corrections of Bahcall, Kamionkowski and Sirlin",
}
_FLAVOURS = {
    "nu_e": "ν_e",
    "nu_mu": "ν_μ",
    "nu_tau": "ν_τ",
    "anti_nu_e": "ν̄_e",
    "anti_nu_mu": "ν̄_μ",
    "anti_nu_tau": "ν̄_τ",
}
_DAY = 86400.0
_MCI = 3.7e16


def energies(values: "list[float] | tuple[float, ...]") -> str:
    """Write energies in keV.

    Examples
    --------
    >>> energies((0.25, 0.55))
    '250, 550 keV'
    """
    return ", ".join(f"{v * 1000:.4g}" for v in values) + " keV"


def describe_bins(detector: "Detector") -> str:
    """Describe the bins of the measured energy."""
    widths = [round((b - a) * 1000, 6) for a, b in zip(detector.edges, detector.edges[1:], strict=False)]
    reach = f"{detector.edges[0] * 1000:g}–{detector.edges[-1] * 1000:g} keV"
    if len(set(widths)) == 1:
        return f"{len(widths)} bins of {widths[0]:g} keV, {reach}"
    if len(set(widths[:-1])) == 1:
        return f"{len(widths)} bins, {reach}: {widths[0]:g} keV each, the last {widths[-1]:g} keV"
    return f"{len(widths)} bins of unequal width, {reach}"


def describe_model(model: "Model") -> str:
    """Describe what the models of a figure share."""
    return (
        f"{_CORRECTIONS[model.corrections]}; sin²θ_W = {model.sin2_theta_w:g}; Z–Z' mixing angle φ = "
        f"{model.phi:g}"
    )


def short_model(model: "Model") -> str:
    """Describe what the models of a figure share in a few words."""
    names = {
        "tree": "tree level",
        "electroweak": "electroweak corrections",
        "full": "electroweak and QED corrections",
    }
    return f"{names[model.corrections]}, sin²θ_W = {model.sin2_theta_w:g}, φ = {model.phi:g}"


def describe_statistics(threshold: float, method: str, *, common: bool = False) -> str:
    """Describe the limits of a figure, with a normalisation error common to all bins or without."""
    if common:
        chi2 = (
            "χ²(θ) = min_η Σ_i [(η N_i(θ) − N_i^SM)/(σ N_i^SM)]² + [(η − 1)/δ]², one relative error σ in all "
            "bins, uncorrelated, and a normalisation η common to all bins and known to δ; δ = 0: η = 1, the "
            "paper's"
        )
    else:
        chi2 = "χ²(θ) = Σ_i [(N_i(θ) − N_i^SM)/(σ N_i^SM)]², one relative error σ in all bins, uncorrelated"
    return (
        f"Limits at {LEVEL * 100:g} % C.L. {method}, Δχ² = {threshold:.4f}, on {chi2}, the measurement taken "
        "to be exactly the standard model's; the limit is the first crossing above θ = 0."
    )


def short_statistics(threshold: float, method: str, *, common: bool = False) -> str:
    """Describe the limits of a figure in a few words."""
    return (
        f"{LEVEL * 100:g} % C.L. {method}, Δχ² = {threshold:.4f}; data = standard model; error σ "
        f"uncorrelated between bins{'; normalisation error δ common to all bins' if common else ''}"
    )


def short_experiment(experiment: "Experiment") -> str:
    """Describe an experiment in a few words."""
    detector = experiment.detector
    return (
        f"{detector.name}: {_isotope(experiment.source.name)}, {_short_normalisation(experiment)}, "
        f"{scientific(detector.target.n_electrons)} electrons, {describe_bins(detector)}"
    )


def describe_experiments(
    experiments: "Mapping[str, Experiment]", model: "Model", *, common: bool = False
) -> str:
    """Describe experiments, one that only has other bins than one before it by these.

    With `common` the figure varies the normalisation error.
    """
    texts: list[str] = []
    described: dict[str, Experiment] = {}
    for label, experiment in experiments.items():
        n_expected = in_bins(experiment, model)
        twin = next(
            (name for name, earlier in described.items() if _differ_in_bins_only(experiment, earlier)), None
        )
        described[label] = experiment
        if twin is None:
            texts.append(describe_experiment(experiment, n_expected, common=common))
        else:
            texts.append(
                f"{label}: as {twin}, in {describe_bins(experiment.detector)}; {scientific(n_expected, 4)} "
                "events expected in the standard model."
            )
    return " ".join(texts)


def _differ_in_bins_only(a: "Experiment", b: "Experiment") -> bool:
    return replace(a, detector=replace(a.detector, edges=b.detector.edges)) == b


def describe_experiment(experiment: "Experiment", n_expected: float, *, common: bool = False) -> str:
    """Describe source, normalisation, electrons, exposure, detector and backgrounds.

    Parameters
    ----------
    experiment : Experiment
    n_expected : float
        Counts that the standard model gives in the bins.
    common : bool
        The figure varies the normalisation error, δ.
    """
    detector = experiment.detector
    target = detector.target
    kind = f" in {target.material}" if target.material else ""
    binding = "free electrons" if detector.binding == "free" else "electrons bound by less than T only"
    names = ", ".join(b.name for b in experiment.backgrounds)
    backgrounds = f"backgrounds: {names}" if names else "no background"
    systematics = ", ".join(map(_known, experiment.systematics)) or "no systematic errors"
    if common:
        systematics = "no systematic errors but δ"
    return (
        f"{detector.name}: {_describe_source(experiment.source)}; {_normalisation(experiment)}; "
        f"{scientific(target.n_electrons, 5)} electrons{kind} ({binding}); measured energy in "
        f"{describe_bins(detector)}, threshold {energies((detector.threshold,))}, "
        f"{describe_response(detector)}; {backgrounds}; "
        f"{systematics}; {scientific(n_expected, 4)} events expected in the standard model."
    )


def _known(systematic: "Systematic") -> str:
    match systematic.constraint:
        case "free":
            return f"{systematic.name} free"
        case "log-normal":
            return f"{systematic.name} known to {systematic.uncertainty:.2g}, log-normal"
        case _:
            return f"{systematic.name} known to {systematic.uncertainty:.2g}"


def _describe_source(source: "Source") -> str:
    from simgen.sources import Lines

    parts = []
    for component in source.components:
        spectrum = component.spectrum
        flavour = _FLAVOURS[component.flavour]
        if isinstance(spectrum, Lines):
            share = [i / spectrum.intensity for i in spectrum.intensities]
            lines = ", ".join(
                f"{e * 1000:g} ({s:.3g})" for e, s in zip(spectrum.energies, share, strict=True)
            )
            parts.append(f"{_isotope(component.name)} {flavour} lines at {lines} keV, shares in brackets")
        else:
            parts.append(f"{_isotope(component.name)} {flavour} {_describe_continuum(spectrum)}")
    return " and ".join(parts)


def _describe_continuum(spectrum: "Continuum") -> str:
    from simgen.sources import BetaSpectrum

    if not isinstance(spectrum, BetaSpectrum):
        return f"from a table up to {spectrum.endpoint * 1000:g} keV"
    fermi = "with" if spectrum.coulomb else "without"
    shape = "allowed" if spectrum.shape == "allowed" else "unique first-forbidden"
    return f"of end point {spectrum.endpoint * 1000:g} keV, {shape} shape {fermi} Fermi function"


def _isotope(name: str) -> str:
    """Write a name such as Cr51 as ⁵¹Cr."""
    return re.sub(r"\b([A-Z][a-z]?)(\d+)\b", lambda m: m[2].translate(SUPERSCRIPTS) + m[1], name)


def _short_normalisation(experiment: "Experiment") -> str:
    from simgen.rates import Activity, Flux, Interactions

    days = f"{experiment.exposure.duration / _DAY:g} d"
    match experiment.normalisation:
        case Flux(value=value):
            return f"flux {scientific(value)} cm⁻² s⁻¹, {days}"
        case Activity(value=value):
            return f"{value / _MCI:g} MCi, {days}"
        case Interactions(events=events):
            return f"{scientific(events)} interactions"
        case _:
            return days


def _normalisation(experiment: "Experiment") -> str:
    from simgen.rates import Activity, Flux, Interactions

    normalisation, exposure = experiment.normalisation, experiment.exposure
    days = f"{exposure.duration / _DAY:g} d"
    match normalisation:
        case Flux():
            return (
                f"a constant flux of {scientific(normalisation.value)} cm⁻² s⁻¹ at every electron, {days}, "
                "no decay"
            )
        case Interactions():
            return f"{scientific(normalisation.events)} interactions in all"
        case Activity():
            geometry = normalisation.geometry
        case _:
            return f"{type(normalisation).__name__}, {days}"
    shape = describe_shape(geometry)
    distance, a = math.hypot(*geometry.source_centre), geometry.source_radius
    position = f"{distance:g} cm from" if distance else "at"
    kind = f"source of {a:g} cm radius and" if a else "point source of"
    start = f" from {exposure.start / _DAY:g} d on" if exposure.start else ""
    strength = f"{normalisation.value / _MCI:g} MCi"
    return f"a {kind} {strength} {position} the centre of {shape}, {days}{start}, its decay included"
