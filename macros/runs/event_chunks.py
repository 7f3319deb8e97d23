"""Events of a run or of pseudo-experiments, drawn chunk by chunk."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TypeVar

import numpy as np

from detsim.simulation import number_of_events
from macros.runs.file_series import EventSeries, Slice
from macros.terminal import command_line
from simgen.events import Events
from simgen.generator import Plan
from simgen.threads import PART, ahead

__all__ = ["Draws"]

R = TypeVar("R")

_LIMITS = "--events-per-file N or --file-size SIZE"


@dataclass(frozen=True, kw_only=True)
class Draws:
    """Events to be drawn.

    Parameters
    ----------
    prepared : Plan
    seed : int
    n : int or None
        Exactly so many; None for a Poisson number.
    experiments : int
        Number of pseudo-experiments; 0 for a plain run.
    first : int
        Index of the first event, or of the first pseudo-experiment.

    Raises
    ------
    ValueError
        If the Poisson number is smaller than `first`.
    """

    prepared: Plan
    seed: int
    n: int | None
    experiments: int
    first: int

    def __post_init__(self) -> None:
        if self.poisson and self.first > self.total:
            raise ValueError(
                f"--first {self.first}: the run of seed {self.seed} has {self.total} events; give --events N "
                "for a slice of a run of any length"
            )

    @property
    def poisson(self) -> bool:
        """Whether it is a plain run for the card's exposure, or the rest of one."""
        return self.n is None and not self.experiments

    @cached_property
    def total(self) -> int:
        """Number of events of the Poisson run, from index 0 on."""
        return number_of_events(self.prepared, seed=self.seed)

    @property
    def mean(self) -> float:
        """Number of events to be drawn, of pseudo-experiments its mean."""
        if self.experiments:
            return self.experiments * self.prepared.expected
        return float(self.total - self.first if self.n is None else self.n)

    def exposures(self, part: Slice) -> float:
        """Say how many exposures of the card a part of the run is worth; parts add up to the run."""
        if self.experiments:
            return part.n_experiments
        if self.n is not None:
            return part.n_drawn / self.prepared.expected
        return part.n_drawn / self.total if self.total else 1.0

    def events(
        self, draw: Callable[..., Events], prepare: Callable[[Events], R], series: EventSeries, chunk: int
    ) -> Iterator[R]:
        """Draw chunk by chunk, as the files of a series take them; for a single file some chunks ahead.

        Parameters
        ----------
        draw : callable
            Takes the number, the index of the first, and what keeps pseudo-experiments apart.
        prepare : callable
            What else is done with events, on any thread.
        series : EventSeries
            Where they are going to be written.
        chunk : int
            Most events to draw at a time.

        Yields
        ------
        object
            What `prepare` makes of the events.
        """
        if not self.experiments:
            left = self.total - self.first if self.n is None else self.n
            begin = self.first
            if not series.split:
                begins = range(begin, begin + left, PART)

                def task(start: int) -> tuple[int, R]:
                    size = min(PART, begin + left - start)
                    return size, prepare(draw(size, first=start, identity=()))

                # two that draw beside the one that compresses take 1.2 times as long as one on two cores
                for size, prepared in ahead((partial(task, start) for start in begins), busy=1):
                    series.begin(size)
                    yield prepared
                return
            while left:
                size = series.begin(min(chunk, left))
                yield prepare(draw(size, first=begin, identity=()))
                begin, left = begin + size, left - size
            return
        for number in range(self.first, self.first + self.experiments):
            total = number_of_events(self.prepared, seed=self.seed, identity=(number,))
            series.begin(total, whole=True)
            for offset in range(0, total, chunk):
                events = draw(min(chunk, total - offset), first=offset, identity=(number,))
                yield prepare(replace(events, experiment=np.full(len(events), number, np.int64)))
            series.end_experiment()

    def nothing(self, series: EventSeries) -> str:
        """Say that a stopped run has made nothing, and how to begin it again."""
        line = command_line({"--seed": self.seed}, of=("generate", "simulate", "run"))
        can_split = not series.split and not line.startswith("nugauge run ")
        hint = f"; with {_LIMITS} a long run keeps its finished files" if can_split else ""
        return f"no file was finished, and none is left: nothing was made; begin again with {line}{hint}"

    def kept(self, series: EventSeries) -> str:
        """Say which files of a stopped run are whole, and how to make the others."""
        files = [file.name for file in series.files]
        names = f"{files[0]} is" if len(files) == 1 else f"{files[0]} to {files[-1]} are"
        kind = "pseudo-experiments" if self.experiments else "events"
        if series.next >= self.first + round(self.experiments or self.mean):
            return f"{names} whole, with all {kind} of the run"
        changes: dict[str, object] = {"--seed": self.seed, "--first": series.next}
        if not self.poisson:
            option = "--experiments" if self.experiments else "--events"
            changes[option] = self.first + (self.experiments or self.n or 0) - series.next
        path, split = series.path, series.split
        if split.events is not None:
            changes["--events-per-file"] = split.events
        if split.size is not None:
            changes["--file-size"] = f"{split.size / 1e6:.12g} MB"
        changes["-o"] = path.with_name(f"{path.stem}-from-{series.next}{path.suffix}")
        line = command_line(changes, of=("generate", "simulate"))
        return f"{names} whole, with {kind} {self.first} to {series.next - 1}; make the others with {line}"
