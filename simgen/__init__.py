"""Interaction vertex: models, cross sections, sources, geometry, true events.

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
``L``              baseline, from the point of emission in the source to the event [cm]
``luminosity``     electrons × decays of the source per cm² [cm⁻²]
``component``      neutrinos of one flavour with one spectrum; backgrounds are numbered behind them
``n_...``          a count; ``mu`` an expectation
=================  ==================================================================================
"""

import lazy_loader

from simgen.former import install

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

install()
