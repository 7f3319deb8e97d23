"""Data of the experiments of a card, one set each, for one fit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.fitter import Fitter
from analysis.weighted import effective_counts, for_data
from detsim.experiment import Experiment
from macros.card import Card
from macros.data import Data, load_data

__all__ = ["DataSets", "load_data_sets"]


@dataclass(frozen=True, kw_only=True)
class DataSets:
    """Data sets, in the order of the card's experiments.

    Parameters
    ----------
    sets : tuple of Data
    """

    sets: tuple[Data, ...]

    @property
    def experiments(self) -> tuple[Experiment, ...]:
        """The experiments, with the exposures of their data."""
        return tuple(data.experiment for data in self.sets)

    @property
    def source(self) -> str | dict[str, str]:
        """What was read: of several experiments by their names."""
        if len(self.sets) == 1:
            return self.sets[0].source
        return {data.experiment.name: data.source for data in self.sets}

    def prepare(self, fitter: Fitter) -> tuple[Fitter, NDArray[np.float64]]:
        """Prepare the fit, weighted or not.

        Returns
        -------
        fitter : Fitter
            With templates scaled to effective counts where data are weighted.
        counts : ndarray, shape (n_bins,)
            Counts, or effective counts, one experiment after the other.
        """
        if len(self.sets) == 1:
            return for_data(fitter, self.sets[0].histogram)
        found = [effective_counts(data.histogram, data.experiment) for data in self.sets]
        counts = np.concatenate([n for n, _ in found])
        if all(scaling is None for _, scaling in found):
            return fitter, counts
        scaling = np.concatenate([np.ones(len(n)) if s is None else s for n, s in found])
        errors = fitter.errors * scaling if fitter.likelihood == "paper" else fitter.errors
        templates = replace(fitter.templates, scaling=scaling)
        return replace(fitter, templates=templates, errors=errors), counts


def load_data_sets(card: Card, specs: Sequence[str], *, number: int | None = None) -> DataSets:
    """Read the data of a card.

    Parameters
    ----------
    card : Card
    specs : sequence of str
        Of one experiment what `load_data` reads; of several NAME=FILE, each once, in any order.
    number : int, optional
        Which pseudo-experiment of event files that hold several.

    Raises
    ------
    ValueError
        If an experiment has no data, or two sets, or data do not belong to it.
    FileError
        If a file is incomplete, foreign or damaged.
    """
    if len(card.experiments) == 1:
        if len(specs) > 1:
            raise ValueError(f"{card.name} has one experiment, and takes one DATA; got {', '.join(specs)}")
        return DataSets(sets=(load_data(card, specs[0], number=number),))
    names = [experiment.name for experiment in card.experiments]
    files: dict[str, str] = {}
    for spec in specs:
        name, equals, file = spec.partition("=")
        if not (equals and file) or name not in names:
            raise ValueError(f"DATA {spec!r}: {card.name} has several experiments, write {_usage(names)}")
        if name in files:
            raise ValueError(f"DATA: two files for {name}, {files[name]} and {file}")
        files[name] = file
    missing = [name for name in names if name not in files]
    if missing:
        raise ValueError(
            f"DATA: none for {', '.join(missing)}; write {_usage(names)}, or choose one experiment with --of"
        )
    return DataSets(sets=tuple(load_data(card.of(name), files[name], number=number) for name in names))


def _usage(names: Sequence[str]) -> str:
    return " ".join(f"{name}=FILE" for name in names)
