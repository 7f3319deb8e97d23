"""A minimum of -2 ln L found by MINUIT, whose parameter of interest is scaled."""

from dataclasses import dataclass, field

from iminuit import Minuit

__all__ = ["Minimum"]


@dataclass(frozen=True, slots=True)
class Minimum:
    """A minimum of -2 ln L.

    Parameters
    ----------
    minuit : Minuit
        At the minimum. Its first parameter is the parameter of interest in units of `unit`: the steps of its
        derivatives have an absolute floor of about 1e-14, above a charge radius of 1e-32 cm².
    unit : float
    deeper : tuple of float, or None
        Parameters of the same minimum as the compiled search has it, where it is deeper there.
    """

    minuit: Minuit
    unit: float
    deeper: tuple[float, ...] | None = field(default=None, kw_only=True)

    @property
    def values(self) -> tuple[float, ...]:
        """Parameters at the minimum."""
        if self.deeper is not None:
            return self.deeper
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
        if self.deeper is not None:
            first, *others = self.deeper
            return float(m.fcn((first / self.unit, *others)))
        return float(m.fval if m.fval is not None else m.fcn(tuple(m.values)))
