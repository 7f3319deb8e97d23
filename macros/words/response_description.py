"""The response of a detector in words."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detsim.detector import Detector, Smearing

__all__ = ["describe_response"]


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
