"""What happens at the vertex: models, cross sections, sources, geometry, true events.

Takes arrays, reads no files. Internal units are MeV, cm, s, g; cross sections are in cm².

Glossary, the same in all packages:

=================  ==================================================================================
``E_nu``           neutrino energy [MeV], ω in the formulas
``T``              true kinetic energy of the recoil electron [MeV]
``T_reco``         measured recoil energy [MeV]
``T_max``          largest recoil energy at a neutrino energy [MeV]
``cos_theta``      cosine of the angle between electron and neutrino
``g_L``, ``g_R``   neutral-current couplings of the electron; c_L is the charged-current one
``gamma``          γ = (M_Z/M_Z')²
``phi``            Z-Z' mixing angle [rad]
``beta``           angle of the extra U(1) in E6 [rad]
``mu_nu``          magnetic moment of the neutrino [μ_B]
``L``              way of the neutrino from its point in the source to the event [cm]
``luminosity``     electrons × decays of the source per cm² [cm⁻²]
``component``      neutrinos of one flavour with one spectrum; backgrounds are numbered behind them
``n_...``          a count; ``mu`` an expectation
=================  ==================================================================================
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from simgen.former import install

if TYPE_CHECKING:
    from simgen.events import Events
    from simgen.flavours import Flavour
    from simgen.geometry import Box, Cylinder, Shell, Sphere
    from simgen.interaction import E6, LR, SM, E_nu_min, Model, T_max, cos_theta, dsigma_dT, sigma
    from simgen.parameters import gamma_from_mass, mass_from_gamma
    from simgen.rates import Activity, Exposure, Flux, Interactions, mean_sigma, recoil_spectrum
    from simgen.sources import (
        BetaSpectrum,
        Component,
        FunctionSpectrum,
        HistogramSpectrum,
        Lines,
        Source,
        TableSpectrum,
        be7,
        cr51,
        pm147,
        source,
    )

__all__ = [
    "E6",
    "LR",
    "SM",
    "Activity",
    "BetaSpectrum",
    "Box",
    "Component",
    "Cylinder",
    "E_nu_min",
    "Events",
    "Exposure",
    "Flavour",
    "Flux",
    "FunctionSpectrum",
    "HistogramSpectrum",
    "Interactions",
    "Lines",
    "Model",
    "Shell",
    "Source",
    "Sphere",
    "T_max",
    "TableSpectrum",
    "be7",
    "cos_theta",
    "cr51",
    "dsigma_dT",
    "gamma_from_mass",
    "mass_from_gamma",
    "mean_sigma",
    "pm147",
    "recoil_spectrum",
    "sigma",
    "source",
]

install()

_HOME = {
    "Activity": "simgen.rates.exposure",
    "BetaSpectrum": "simgen.sources.spectra",
    "Box": "simgen.geometry",
    "Component": "simgen.sources.isotopes",
    "Cylinder": "simgen.geometry",
    "E6": "simgen.interaction.models",
    "E_nu_min": "simgen.interaction.kinematics",
    "Events": "simgen.events",
    "Exposure": "simgen.rates.exposure",
    "Flavour": "simgen.flavours",
    "Flux": "simgen.rates.exposure",
    "FunctionSpectrum": "simgen.sources.spectra",
    "HistogramSpectrum": "simgen.sources.spectra",
    "Interactions": "simgen.rates.exposure",
    "LR": "simgen.interaction.models",
    "Lines": "simgen.sources.spectra",
    "Model": "simgen.interaction.models",
    "SM": "simgen.interaction.models",
    "Shell": "simgen.geometry",
    "Source": "simgen.sources.isotopes",
    "Sphere": "simgen.geometry",
    "T_max": "simgen.interaction.kinematics",
    "TableSpectrum": "simgen.sources.spectra",
    "be7": "simgen.sources.isotopes",
    "cos_theta": "simgen.interaction.kinematics",
    "cr51": "simgen.sources.isotopes",
    "dsigma_dT": "simgen.interaction.crosssection",
    "gamma_from_mass": "simgen.parameters",
    "mass_from_gamma": "simgen.parameters",
    "mean_sigma": "simgen.rates.rate",
    "pm147": "simgen.sources.isotopes",
    "recoil_spectrum": "simgen.rates.rate",
    "sigma": "simgen.interaction.crosssection",
    "source": "simgen.sources.isotopes",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that nothing heavy is loaded in vain."""
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names."""
    return sorted({*globals(), *__all__})
