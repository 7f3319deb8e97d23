"""A minimum of -2 ln L, as found by MIGRAD in a scaled parameter of interest."""

from dataclasses import dataclass

from iminuit import Minuit

__all__ = ["Minimum"]

Ends = tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class Minimum:
    """A minimum of -2 ln L.

    Parameters
    ----------
    minuit : Minuit
        At the minimum. Its first parameter is the parameter of interest in units of `unit`: the steps of its
        derivatives have an absolute floor of about 1e-14, above a charge radius of 1e-32 cm².
    unit : float
    """

    minuit: Minuit
    unit: float

    @property
    def values(self) -> tuple[float, ...]:
        """Parameters at the minimum."""
        first, *others = self.minuit.values
        return (float(first) * self.unit, *map(float, others))

    @property
    def errors(self) -> tuple[float, ...]:
        """Estimates of their errors."""
        first, *others = self.minuit.errors
        return (float(first) * self.unit, *map(float, others))

    @property
    def fixed(self) -> tuple[bool, ...]:
        """Which parameters were fixed."""
        return tuple(self.minuit.fixed)

    @property
    def valid(self) -> bool:
        """Whether this is a minimum."""
        return bool(self.minuit.valid)

    @property
    def fval(self) -> float:
        """-2 ln L at the minimum."""
        m = self.minuit
        return float(m.fval if m.fval is not None else m.fcn(tuple(m.values)))

    def profiled(self, names: list[str], level: float) -> dict[str, Ends]:
        """Find MINOS intervals of normalisations; None for an end that is open."""
        if names:
            self.minuit.minos(*names, cl=level)
        ends: dict[str, Ends] = {}
        for name in names:
            value, found = float(self.minuit.values[name]), self.minuit.merrors[name]
            ends[name] = (
                value + float(found.lower) if found.lower_valid else None,
                value + float(found.upper) if found.upper_valid else None,
            )
        return ends
