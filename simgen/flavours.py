"""Neutrino flavours and what each does to the cross section."""

from enum import StrEnum

__all__ = ["Flavour"]

_PDG = {"nu_e": 12, "nu_mu": 14, "nu_tau": 16}


class Flavour(StrEnum):
    """Flavour of a neutrino or antineutrino.

    Examples
    --------
    >>> Flavour("anti_nu_e").antineutrino
    True
    >>> Flavour.NU_MU.charged_current
    False
    """

    NU_E = "nu_e"
    NU_MU = "nu_mu"
    NU_TAU = "nu_tau"
    ANTI_NU_E = "anti_nu_e"
    ANTI_NU_MU = "anti_nu_mu"
    ANTI_NU_TAU = "anti_nu_tau"

    @property
    def antineutrino(self) -> bool:
        """Whether the roles of g_L + c_L and g_R are exchanged."""
        return self.value.startswith("anti_")

    @property
    def charged_current(self) -> bool:
        """Whether W exchange adds c_L = 1: electron flavour only."""
        return self.value.endswith("nu_e")

    @property
    def pdg(self) -> int:
        """PDG Monte Carlo number, negative for antineutrinos."""
        return -_PDG[self.value.removeprefix("anti_")] if self.antineutrino else _PDG[self.value]
