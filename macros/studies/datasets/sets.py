"""Data of the experiments of a card, one set each, for one fit."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import hist
import numpy as np
from numpy.typing import NDArray

from analysis.fits import Fitter, effective_counts, for_data, scaled
from analysis.histograms import bin_counts, binned, from_counts, histogram
from analysis.pseudo_experiments import WeightModel, experiment_weights, weight_model
from detsim.expectation import Expectation
from detsim.experiment import Experiment
from macros.card import Card
from macros.setup import (
    EXPECTED_KIND,
    MEASURED,
    SIMULATED,
    Data,
    Toy,
    auxiliary_pulls,
    card_for_events,
    check_measured,
    kind_of_histogram,
    load_data,
)
from simgen.events import Events
from simgen.representation import format_number, html_table, text_table

__all__ = ["EXPECTED", "DataSets", "data_sets"]

EXPECTED = object()
"""In the place of data: exact data of the card's model."""


@dataclass(frozen=True, kw_only=True, repr=False)
class DataSets:
    """Data sets, in the order of the card's experiments.

    Parameters
    ----------
    sets : tuple of Data
    auxiliary : mapping of str to float or str
        Auxiliary measurements of nuisance parameters, as `macros.setup.auxiliary.auxiliary_pulls` takes them.
    toy : Toy or None
        Counts and auxiliary measurements of a toy, which the sets then hold as histograms.
    """

    sets: tuple[Data, ...]
    auxiliary: Mapping[str, float | str] = field(default_factory=dict)
    toy: Toy | None = None

    def __repr__(self) -> str:
        return text_table("Data", self._rows())

    def _repr_html_(self) -> str:
        return html_table("Data", self._rows())

    def _rows(self) -> list[tuple[str, str]]:
        shown = []
        for data in self.sets:
            total = format_number(float(data.histogram.values().sum()))
            what = "sum of weights" if binned(data.histogram).is_weighted else "counts"
            shown.append((data.experiment.name, f"{data.source}: {what} in the bins {total}"))
        measured = self.auxiliary if self.toy is None else self.toy.measured
        return [*shown, *((name, f"measured {value}") for name, value in measured.items())]

    @property
    def experiments(self) -> tuple[Experiment, ...]:
        """The experiments, with the exposures of their data."""
        return tuple(data.experiment for data in self.sets)

    def exposed(self, card: Card) -> Card:
        """Return the card with the exposures of these data."""
        document, exposure = card.document, self.sets[0].exposure
        if len(self.sets) == 1 and exposure is not None:
            document = {**document, "exposure": dict(exposure)}
        return replace(card, document=document, experiments=self.experiments)

    @property
    def source(self) -> str | dict[str, str]:
        """What was read: of several experiments by their names."""
        if self.toy is not None:
            return self.toy.source
        if len(self.sets) == 1:
            return self.sets[0].source
        return {data.experiment.name: data.source for data in self.sets}

    @property
    def kind(self) -> str:
        """Kind of the data, such as "simulated"; of several experiments all that occur."""
        return " and ".join(dict.fromkeys(data.kind for data in self.sets))

    def prepare(self, fitter: Fitter) -> tuple[Fitter, NDArray[np.float64]]:
        """Prepare the fit, weighted or not.

        Returns
        -------
        fitter : Fitter
            With templates scaled to effective counts where data are weighted.
        counts : ndarray, shape (n_bins,)
            Counts, or effective counts, one experiment after the other.
        """
        if self.toy is not None:
            return fitter, self.toy.counts
        if len(self.sets) == 1:
            return for_data(fitter, self.sets[0].histogram)
        found = [effective_counts(data.histogram, data.experiment) for data in self.sets]
        counts = np.concatenate([n for n, _ in found])
        if all(scaling is None for _, scaling in found):
            return fitter, counts
        scaling = np.concatenate([np.ones(len(n)) if s is None else s for n, s in found])
        return scaled(fitter, scaling), counts

    def weights(self) -> WeightModel:
        """Find the weights that the events of each bin can have; counts have weights of 1."""
        return weight_model(
            [
                experiment_weights(data.histogram, data.experiment, data.events and data.events())
                for data in self.sets
            ]
        )

    @property
    def weighted(self) -> bool:
        """Whether data of one experiment at least are weighted."""
        return any(binned(data.histogram).is_weighted for data in self.sets)

    def pulls(self, card: Card, fitter: Fitter) -> NDArray[np.float64]:
        """Return the auxiliary measurements as pulls, shape (n_nuisances,)."""
        if self.toy is not None:
            return self.toy.pulls(fitter.templates.nuisances)
        return auxiliary_pulls(card, fitter.templates, self.auxiliary)


def data_sets(
    card: Card,
    data: Any,
    *,
    number: int | None = None,
    unit: str = "MeV",
    auxiliary: Mapping[str, float | str] | None = None,
) -> DataSets:
    """Take the data of a card, as Python has them.

    Parameters
    ----------
    card : Card
    data : Events, hist.Hist, Expectation, str, path or array_like
        Events that were simulated in the exposure of the card, not with another card; a histogram in its
        bins; exact expectations; a file that `load_data` reads; counts per bin, with or without both flow
        bins. Of several experiments a mapping of their names to such. What is a `DataSets` already is
        returned.
    number : int, optional
        Which pseudo-experiment of event files that hold several.
    unit : str
        What the energies of histograms in files are in, as for `load_data`.
    auxiliary : mapping of str to float or str, optional
        Auxiliary measurements of nuisance parameters, by name; nominal without.

    Raises
    ------
    ValueError
        If an experiment has no data, or data do not belong to it.
    FileError
        If a file is incomplete, foreign or damaged.
    """
    found = data if isinstance(data, DataSets) else _sets(card, data, number, unit)
    if not auxiliary:
        return found
    if found.toy is not None or found.auxiliary:
        raise ValueError("these data have auxiliary measurements already")
    check_measured(card, auxiliary)
    return replace(found, auxiliary=dict(auxiliary))


def _sets(card: Card, data: Any, number: int | None, unit: str) -> DataSets:
    if len(card.experiments) == 1:
        if isinstance(data, Mapping):
            raise ValueError(f"{card.name} has one experiment: give its data, not a mapping of names to data")
        return DataSets(sets=(_one_set(card, data, number, unit),))
    names = [experiment.name for experiment in card.experiments]
    if not isinstance(data, Mapping) or set(data) != set(names):
        got = f"of {', '.join(map(str, data))}" if isinstance(data, Mapping) else "no mapping"
        raise ValueError(
            f"{card.name} has several experiments: data are a mapping of {', '.join(names)} to data of each, "
            f"got {got}"
        )
    return DataSets(sets=tuple(_one_set(card.of(name), data[name], number, unit) for name in names))


def _one_set(card: Card, data: Any, number: int | None, unit: str) -> Data:
    if isinstance(data, str | os.PathLike):
        return load_data(card, os.fspath(data), number=number, unit=unit)
    if number is not None:
        raise ValueError(f"number = {number} chooses among the pseudo-experiments of an event file")
    experiment = (card_for_events(card, data) if isinstance(data, Events) else card).experiment
    events: Callable[[], list[Mapping[str, Any]]] | None = None
    kind = MEASURED
    if isinstance(data, Events):
        h, source, kind = histogram(data, experiment), "events", SIMULATED
        if data.weight is not None:
            columns = {"T_reco": data.T_reco, "L_reco": data.L_reco, "weight": data.weight}
            events = partial(list, [{name: c for name, c in columns.items() if c is not None}])
    elif isinstance(data, hist.Hist):
        h, source, kind = data, "histogram", kind_of_histogram(data)
    elif isinstance(data, Expectation):
        h, source, kind = from_counts(data.with_flow, experiment), "expectation", EXPECTED_KIND
    else:
        h, source = from_counts(_whole_counts(data, experiment), experiment), "counts"
    bin_counts(h, experiment)
    effective_counts(h, experiment)
    return Data(histogram=h, experiment=experiment, source=source, kind=kind, events=events)


def _whole_counts(data: Any, experiment: Experiment) -> NDArray[np.float64]:
    """Read counts per bin, of two dimensions distance by distance."""
    detector = experiment.detector
    try:
        counts = np.asarray([] if data is None else data, np.float64)
    except (TypeError, ValueError):
        counts = np.empty(0)
    if not counts.size:
        raise ValueError("data must be events, a histogram, an expectation, a file's name or counts per bin")
    if counts.shape == (detector.n_bins // detector.n_energy_bins, detector.n_energy_bins):
        counts = counts.ravel()
    wrong = np.flatnonzero(~np.isfinite(counts) | (counts < 0) | (counts != np.rint(counts)))
    if wrong.size:
        raise ValueError(
            f"counts must be whole and not negative, and entry {wrong[0]} (from 0) is "
            f"{counts.flat[wrong[0]]:g}; weighted data come as a histogram of Weight storage, the "
            "expectation of a card as card.expect()"
        )
    return counts
