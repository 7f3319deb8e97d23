"""Spectra of an experiment whose detector is one standard deviation away from its card."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from analysis.model.nuisances import Nuisance
from detsim.expectation import Folded, fold
from detsim.experiment import Experiment
from detsim.simulation import Sample
from detsim.systematics import vary, without_steps
from simgen.interaction import Model

__all__ = ["Variations"]

Array = NDArray[np.float64]
Folder = Callable[[Model], Folded]


@dataclass(frozen=True, kw_only=True)
class Variations:
    """Experiments folded with a quantity of their detectors changed; each is folded once for a model.

    Parameters
    ----------
    experiments : tuple of Experiment
    samples : tuple of Sample
        One for each experiment, if the signal is folded with simulated samples; empty for quadrature.

    Notes
    -----
    Photo-electrons are whole numbers: counts jump where an edge of a bin passes one. A parabola through two
    jumps has a slope that means nothing. Quadrature therefore takes the change of an experiment whose numbers
    of photo-electrons are spread evenly over ±½, which has no steps, and adds it to the spectrum.
    """

    experiments: tuple[Experiment, ...]
    samples: tuple[Sample, ...] = ()
    _folders: dict[tuple[str, int], list[Folder]] = field(default_factory=dict, init=False, repr=False)
    _folded: dict[tuple[str, int], list[Folded]] = field(default_factory=dict, init=False, repr=False)

    def spectra(
        self, shape: Nuisance, e: int, model: Model, nominal: Array, read: Callable[[Folded], Array]
    ) -> list[Array]:
        """Return the spectra one standard deviation up and down.

        Parameters
        ----------
        shape : Nuisance
        e : int
            Number of the experiment.
        model : Model
        nominal : ndarray
            The spectrum of the experiment as it is.
        read : callable
            Reads a spectrum, of the same shape, from a folded experiment.
        """
        up, down, *centre = map(read, self._refolds(shape, e, model))
        return [nominal + (varied - centre[0]) for varied in (up, down)] if centre else [up, down]

    def fold(self, e: int, model: Model) -> Folded:
        """Fold an experiment as its card describes it, for a model."""
        return self.folder(e, self.experiments[e])(model)

    def folder(self, e: int, experiment: Experiment) -> Folder:
        """Return the function that folds an experiment; a varied detector gets the same simulated events."""
        if not self.samples:
            return partial(fold, experiment)
        sample = self.samples[e]
        return (sample if experiment is sample.experiment else replace(sample, experiment=experiment)).fold

    def _refolds(self, shape: Nuisance, e: int, model: Model) -> list[Folded]:
        """Fold an experiment with a quantity up and down, and without steps if it has some."""
        key = (shape.name, e)
        if key not in self._folded or not all(f.serves(model) for f in self._folded[key]):
            if key not in self._folders:
                plain = self.experiments[e]
                smooth = plain if self.samples else without_steps(plain)
                changed = [vary(smooth, shape.quantity, shape.value(x)) for x in (1.0, -1.0)]
                if smooth is not plain:
                    changed.append(smooth)
                self._folders[key] = [self.folder(e, experiment) for experiment in changed]
            self._folded[key] = [folder(model) for folder in self._folders[key]]
        return self._folded[key]
