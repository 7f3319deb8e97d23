"""Source, geometry, uncertainties, response of a detector, and parameters of the models in words."""

import math
from typing import TYPE_CHECKING

from simgen.units import write_quantity

if TYPE_CHECKING:
    from detsim.backgrounds import Background, FlatBackground
    from detsim.detector import Detector, Smearing
    from detsim.experiment import Experiment
    from detsim.systematics import Systematic
    from simgen.geometry import Geometry

__all__ = [
    "describe_geometry",
    "describe_half_life",
    "describe_response",
    "describe_shape",
    "describe_source",
    "describe_uncertainty",
    "explain_parameter",
]

_HOUR, _YEARS = 3600.0, 1e8
"""Half-lives [s] above which they are given in days and in years."""
_MEANINGS = {
    "gamma": "γ = (M_Z/M_Z′)² is the strength of a heavy neutral boson Z′: 0 is the standard model, and an "
    "upper limit on γ is a lower limit on the mass of the Z′",
    "mu_nu": "μ_ν is the magnetic moment of the neutrino in Bohr magnetons μ_B: 0 is the standard model with "
    "massless neutrinos, and a moment adds recoils of low energy",
    "phi": "φ is the angle [rad] by which Z and Z′ mix: 0 is no mixing",
    "beta": "β is the angle [rad] that chooses the Z′ among those of the group E6",
    "delta_c_L": "δc_L shifts the charged-current coupling c_L = 1 + δc_L: 0 is the standard model",
    "sin2_theta_w": "sin²θ_W is the weak mixing angle, which sets the couplings of the Z to the electron",
    "eps_L": "ε_L is the strength of a new interaction of neutrinos with left-handed electrons, added to "
    "the coupling g_L: 0 is the standard model",
    "eps_R": "ε_R is the strength of a new interaction of neutrinos with right-handed electrons, added to "
    "the coupling g_R: 0 is the standard model",
    "charge_radius": "⟨r²⟩ is the charge radius of the neutrino [cm²] beside that of the standard model",
    "millicharge": "q_ν is the electric charge of the neutrino in units of e: 0 is the standard model",
    "vector_coupling": "the product of the couplings of a light vector mediator to neutrino and electron: 0 "
    "is the standard model",
    "vector_mass": "the mass [MeV] of a light vector mediator",
    "scalar_coupling": "the product of the couplings of a light scalar mediator to neutrino and electron: 0 "
    "is the standard model",
    "scalar_mass": "the mass [MeV] of a light scalar mediator",
    "sin2_2theta": "sin²2θ is the mixing of the electron neutrino with a sterile one: 0 is no oscillation",
    "delta_m2": "Δm² is the difference of the squared masses [eV²] of an active and a sterile neutrino: it "
    "sets the length of oscillation",
}
"""Sentences for a reader who meets a parameter for the first time."""


def describe_shape(geometry: "Geometry") -> str:
    """Describe the shape of a target.

    Examples
    --------
    >>> from simgen.geometry import Sphere
    >>> describe_shape(Sphere(radius=300.0))
    'a sphere of 300 cm'
    """
    from simgen.geometry import Box, Cylinder, Shell, Sphere

    match geometry:
        case Sphere():
            return f"a sphere of {geometry.radius:g} cm"
        case Shell():
            return f"a shell of radii {geometry.inner_radius:g} and {geometry.radius:g} cm"
        case Cylinder():
            return f"a cylinder of radius {geometry.radius:g} and height {geometry.height:g} cm"
        case Box():
            return f"a box of {' × '.join(f'{edge:g}' for edge in geometry.size)} cm"
        case _:
            return f"a {type(geometry).__name__}"


def describe_geometry(experiment: "Experiment") -> str:
    """Describe target and place of the source."""
    geometry: Geometry | None = getattr(experiment.normalisation, "geometry", None)
    if geometry is None:
        return "none: every electron is alike"
    distance, radius = math.hypot(*geometry.source_centre), geometry.source_radius
    kind = f"a source of {radius:g} cm radius" if radius else "a point source"
    position = f"{distance:g} cm from its centre" if distance else "at its centre"
    return f"{describe_shape(geometry)}, {kind} {position}"


def describe_source(experiment: "Experiment") -> str:
    """Describe the components of the source, its half-life and its normalisation."""
    source = experiment.source
    components = ", ".join(
        f"{c.name} {c.flavour} up to {write_quantity(c.spectrum.endpoint, 'keV', digits=5)}"
        for c in source.components
    )
    return f"{components}, {describe_half_life(source.half_life)}; {_normalisation(experiment)}"


def describe_half_life(half_life: float) -> str:
    """Describe a half-life [s].

    Examples
    --------
    >>> describe_half_life(432000.0), describe_half_life(20.0), describe_half_life(math.inf)
    ('half-life 5 d', 'half-life 20 s', 'constant')
    """
    if math.isinf(half_life):
        return "constant"
    unit = "y" if half_life > _YEARS else "d" if half_life > _HOUR else "s"
    return f"half-life {write_quantity(half_life, unit, digits=5)}"


def _normalisation(experiment: "Experiment") -> str:
    from simgen.rates import Activity, Flux, Interactions

    match experiment.normalisation:
        case Flux(value=value):
            return f"a constant flux of {write_quantity(value, '/cm2/s', digits=5)}"
        case Activity(value=value):
            start = experiment.exposure.start
            when = f"{write_quantity(start, 'd', digits=5)} before" if start else "at"
            return f"{write_quantity(value, 'MCi', digits=5)} {when} the start of the exposure"
        case Interactions(events=events):
            return f"{events:g} interactions of the standard model"
        case other:
            return type(other).__name__


def describe_uncertainty(of: "Systematic | Background | FlatBackground") -> str:
    """Describe how well a quantity is known.

    Examples
    --------
    >>> from detsim.systematics import Systematic
    >>> describe_uncertainty(Systematic(name="activity", uncertainty=0.018))
    '1.8 %'
    >>> describe_uncertainty(Systematic(name="mass", uncertainty=0.05, constraint="log-normal"))
    '5 % (log-normal)'
    """
    notes = ["log-normal"] if of.constraint == "log-normal" else []
    if of.common:
        notes.append("common")
    size = f"{100 * of.uncertainty:g} %" if of.uncertainty else "exact"
    return ("free" if of.constraint == "free" else size) + (f" ({', '.join(notes)})" if notes else "")


def describe_response(detector: "Detector") -> str:
    """Describe smearing and efficiency, and of the rest what is not trivial."""
    from detsim.detector import Birks, EfficiencyCurve

    efficiency, quenching = detector.efficiency, detector.quenching
    parts = [_smearing(detector.resolution)]
    if isinstance(efficiency, EfficiencyCurve):
        parts.append(f"efficiency tabulated in {efficiency.energy} energy")
    else:
        parts.append(f"efficiency {efficiency:g}")
    if isinstance(quenching, Birks):
        parts.append(f"kB = {quenching.kB:g} g/cm²/MeV")
    elif quenching is not None:
        parts.append("quenching tabulated")
    if detector.energy_scale != 1:
        parts.append(f"energy scale {detector.energy_scale:g}")
    if detector.fiducial != 1:
        parts.append(f"fiducial fraction {detector.fiducial:g}")
    if detector.wall_distance:
        parts.append(f"events at least {detector.wall_distance:g} cm inside the target")
    if detector.distance is not None:
        resolution = detector.distance.resolution
        parts.append(f"distance smeared by {resolution:g} cm" if resolution else "distance perfect")
    return ", ".join(parts)


def _smearing(resolution: "Smearing") -> str:
    from detsim.detector import PhotoElectrons, TabulatedResolution

    if resolution.perfect:
        return "perfect resolution"
    if isinstance(resolution, PhotoElectrons):
        return f"{resolution.light_yield:g} photo-electrons/MeV"
    if isinstance(resolution, TabulatedResolution):
        return "Gaussian resolution, σ tabulated"
    if resolution.constant == resolution.proportional == 0:
        return f"Gaussian resolution {resolution.stochastic * 1000:.4g} keV·√(T/MeV)"
    a, b, c = resolution.constant * 1000, resolution.stochastic * 1000, resolution.proportional
    return f"Gaussian resolution √({a:.4g}² + {b:.4g}² T/MeV + ({c:.4g} T/keV)²) keV"


def explain_parameter(name: str) -> str:
    """Say what a parameter means.

    Examples
    --------
    >>> explain_parameter("vector_mass")
    'vector_mass, the mass [MeV] of a light vector mediator'
    """
    meaning = _MEANINGS[name]
    return f"{name}, {meaning}" if meaning.startswith("the ") else meaning
