"""What a NuHepMC file holds, and what is wrong with it."""

from dataclasses import dataclass, field

from detsim.formats.nuhepmc.origin import Origin

__all__ = ["NuHepMCContents", "Violation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A requirement that a file does not meet.

    Parameters
    ----------
    id : str
        Of the specification, such as "G.R.7".
    line : int
        Line of the file, from 1 on; of the run, its last line.
    reason : str
    """

    id: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.id}, line {self.line}: {self.reason}"


@dataclass(slots=True, kw_only=True)
class NuHepMCContents:
    """What a file holds, and what is wrong with it.

    Parameters
    ----------
    violations : list of Violation
        Of requirements, of HepMC3 itself, and of what a file of this program says of itself.
    version : str or None
        Of NuHepMC.
    tools : list of str
        Programs that wrote it, with their versions.
    conventions : list of str
        That are signalled.
    n_events : int
    units : list of str
        Of energy and length, of the first event.
    origin : Origin or None
        Of a file that this program wrote.
    """

    violations: list[Violation] = field(default_factory=list)
    version: str | None = None
    tools: list[str] = field(default_factory=list)
    conventions: list[str] = field(default_factory=list)
    n_events: int = 0
    units: list[str] = field(default_factory=list)
    origin: Origin | None = None
