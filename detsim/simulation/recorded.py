"""Recorded events of a file, which serve as the sample of Monte Carlo templates."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from detsim.experiment import Experiment
from simgen.events import Events
from simgen.interaction import Model

__all__ = ["RecordedSample"]


@dataclass(frozen=True, kw_only=True)
class RecordedSample:
    """Recorded events, and what they were drawn from.

    Parameters
    ----------
    name : str
        What messages call it.
    experiment : Experiment
        That the true events were drawn for. Its response need not be that of the measured energies.
    model : Model
        From which they were drawn.
    exposures : float
        Exposures of the experiment in which as many events are expected as were drawn.
    read : callable
        Yields the events, part by part; each time from the first on.

    Raises
    ------
    ValueError
        If the sample has no exposure.
    """

    name: str
    experiment: Experiment
    model: Model
    exposures: float
    read: Callable[[], Iterable[Events]] = field(compare=False)

    def __post_init__(self) -> None:
        if not self.exposures > 0:
            raise ValueError(f"{self.name}: a sample needs an exposure above 0, got {self.exposures:g}")

    def check(self, experiments: Sequence[Experiment]) -> None:
        """Refuse several experiments, and uncertainties of a response that the recorded events do not have.

        Raises
        ------
        ValueError
        """
        if len(experiments) > 1:
            raise ValueError(f"{self.name} holds events of one experiment, and {len(experiments)} are fitted")
        varied = [s.name for s in experiments[0].systematics if s.name in {"energy_scale", "resolution"}]
        if varied:
            keys = ", ".join(f"systematics.{name}" for name in varied)
            raise ValueError(
                f"the uncertainty of {' and '.join(varied)} varies the response of the card, and the "
                f"energies in {self.name} have another one: leave {keys} out"
            )
