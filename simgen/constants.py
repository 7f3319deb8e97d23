"""Physical constants in the internal units: MeV, cm, s, g."""

import math

__all__ = [
    "ALPHA",
    "AVOGADRO",
    "CHARGE_RADIUS_SCALE",
    "G_F",
    "HBARC2",
    "MAGNETIC_SCALE",
    "M_E",
    "M_Z",
    "SIGMA0",
    "YEAR",
]

G_F = 1.1663788e-11
"""Fermi constant [MeV⁻²] (PDG)."""
M_E = 0.51099895
"""Electron mass [MeV] (CODATA 2018)."""
M_Z = 91187.6
"""Z mass [MeV] (PDG)."""
ALPHA = 1 / 137.035999
"""Fine-structure constant (CODATA 2018)."""
HBARC2 = 3.8937937e-22
"""(ħc)² [MeV² cm²] (CODATA 2018)."""
AVOGADRO = 6.02214076e23
"""Avogadro's number [1/mol] (SI, exact)."""
YEAR = 365.25 * 86400.0
"""Julian year [s]."""
SIGMA0 = 2 * G_F**2 * M_E / math.pi * HBARC2
"""Scale of the weak cross section, 2 G_F² m_e/π [cm²/MeV]."""
_CHARGE_RADIUS = math.sqrt(2) * math.pi * ALPHA / (3 * G_F) / HBARC2
CHARGE_RADIUS_SCALE = {"form-factor": _CHARGE_RADIUS / 2, "texono": _CHARGE_RADIUS}
"""Shift of g_L and g_R per charge radius [cm⁻²], by convention: √2πα/(6G_F) with F = q²⟨r²⟩/6, or
√2πα/(3G_F) as TEXONO and LSND."""
MAGNETIC_SCALE = math.pi * ALPHA**2 / M_E**2 * HBARC2
"""Scale of the magnetic-moment cross section, πα²/m_e² [cm²]."""
