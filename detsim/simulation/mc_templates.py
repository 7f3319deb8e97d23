"""Monte Carlo templates: shapes h_k folded with simulated events, the stochastic twin of `fold`.

Events are drawn once, from one model, or read from a file. An event adds h_k(T, ω)/(dσ/dT) to its bin of
shape k, where dσ/dT is that of this model. The sample can then be used for all models, parameter values and
masses of mediators.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from detsim.detector import bin_numbers
from detsim.expectation import Folded, diverging, fold_backgrounds
from detsim.experiment import Experiment
from detsim.simulation.monte_carlo import event_plan, stream
from detsim.simulation.recorded import RecordedSample
from detsim.simulation.reweighting import check_support, neutrino_energies
from detsim.simulation.vertices import Occurrence
from simgen.events import Events
from simgen.flavours import Flavour
from simgen.interaction import Basis, Model, T_max, coefficients, dsigma_dT
from simgen.random import Stage, generator, kernel_key
from simgen.rates import WAVE, flavours, oscillates, survival
from simgen.representation import html_table, text_table

__all__ = ["Sample", "Sampling"]

Array = NDArray[np.float64]

_BELOW_END = 1 - 1e-9
"""Largest T/T_max at which shapes are evaluated: the QED factors have a logarithm at T_max."""
_CHUNK = 100_000
"""Number of events whose shapes are evaluated at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """Settings of the sample for templates.

    Parameters
    ----------
    n_events : int
        Mean number of interactions drawn, before any cut.
    seed : int
    """

    n_events: int
    seed: int

    def __post_init__(self) -> None:
        if not 1 <= self.n_events <= 10**10:
            raise ValueError(f"template_events must be from 1 to 1e10, got {self.n_events}")


@dataclass(frozen=True, slots=True)
class _Recorded:
    """Recorded events of one flavour."""

    T: Array
    E_nu: Array
    bins: NDArray[np.int64]
    unit: Array
    """Counts per unit of a shape, 1/(dσ/dT) included."""
    phase: Array | None
    """Oscillation phase per Δm²; None for a flavour that does not oscillate."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A simulated sample of an experiment's signal.

    Parameters
    ----------
    experiment : Experiment
    model : Model
        Model from which events are drawn, without its oscillation.
    sampling : Sampling or RecordedSample
        How many events are drawn, or those that were recorded and are taken instead.
    number : int
        Distinguishes the samples of experiments that are fitted together.

    Notes
    -----
    The number of events is Poisson, so that bins are independent and Σw² is the variance of Σw. An experiment
    with another response uses the same true events. Of recorded events the response is in their energies: of
    the experiment's detector only threshold and bins apply to the signal.
    """

    experiment: Experiment
    model: Model
    sampling: Sampling | RecordedSample
    number: int = 0

    def __repr__(self) -> str:
        return text_table("Monte Carlo templates", self._rows())

    def _repr_html_(self) -> str:
        return html_table("Monte Carlo templates", self._rows())

    def _rows(self) -> list[tuple[str, str]]:
        """List the settings on which the events depend."""
        return [
            ("experiment", self.experiment.name),
            ("model", repr(self.model)),
            *(
                [("events", self.sampling.name)]
                if isinstance(self.sampling, RecordedSample)
                else [
                    ("mean number of events", str(self.sampling.n_events)),
                    ("seed", str(self.sampling.seed)),
                ]
            ),
        ]

    @cached_property
    def _seed(self) -> int:
        if isinstance(self.sampling, RecordedSample):
            raise TypeError("recorded events are not drawn")
        words = kernel_key(self.sampling.seed, Stage.TEMPLATES, self.number)
        return (int(words[0]) << 31) | (int(words[1]) >> 1)

    @cached_property
    def _recorded(self) -> dict[Flavour, _Recorded]:
        """Draw or read the events, and keep recorded ones."""
        source, components = self.sampling, self.experiment.source.components
        oscillating = [oscillates(c, self.model) for c in components]
        if isinstance(source, RecordedSample):
            chunks, scale = self._read(source)
            made_from, wanes = source.model, [oscillates(c, source.model) for c in components]
        else:
            chunks, made_from, scale = self._draw(source, needs_vertices=any(oscillating))
            wanes = [False] * len(components)
        events_by_flavour: dict[Flavour, list[_Recorded]] = {f: [] for f in flavours(self.experiment.source)}
        for events in chunks:
            if events.T_reco is None:
                continue
            bins = bin_numbers(self.experiment.detector, events.T_reco, events.L_reco)
            for i, component in enumerate(components):
                of_component = np.flatnonzero(events.component == i)
                E_nu = neutrino_energies(events, of_component, component)
                T = np.minimum(events.T[of_component], _BELOW_END * T_max(E_nu))
                density = dsigma_dT(T, E_nu, made_from, flavour=component.flavour)
                L = events.L[of_component].astype(np.float64) if events.L is not None else None
                if L is not None and wanes[i]:
                    density = density * survival(made_from, L, E_nu)
                phase = WAVE * L / E_nu if oscillating[i] and L is not None else None
                events_by_flavour[component.flavour].append(
                    _Recorded(T, E_nu, bins[of_component], scale / density, phase)
                )
        return {flavour: _joined(parts) for flavour, parts in events_by_flavour.items()}

    def _draw(self, sampling: Sampling, *, needs_vertices: bool) -> tuple[Iterable[Events], Model, float]:
        """Draw events: return them, the model they are of, and expected events per mean number drawn."""
        experiment = replace(self.experiment, backgrounds=())
        model = self.model
        if model.delta_m2 is not None:
            model = model.vary(sin2_2theta=0.0)
        mean = float(sampling.n_events)
        n = int(generator(self._seed, Stage.COUNT).poisson(mean))
        scale = event_plan(experiment, model).expected / mean
        columns: Sequence[Occurrence] = ("vertex",) if needs_vertices else ()
        return stream(experiment, model, seed=self._seed, n=n, columns=columns), model, scale

    def _read(self, source: RecordedSample) -> tuple[Iterable[Events], float]:
        """Read recorded events above threshold: return them, and expected events per mean number drawn."""
        ours, theirs = self.experiment, source.experiment
        if ours.source != theirs.source:
            raise ValueError(f"{source.name}: its events are of another source than the experiment's")
        if ours.detector.distance is not None:
            raise ValueError(f"{source.name}: recorded events have no distances; leave detector.distance out")
        lowest = max(ours.generate_above, theirs.generate_above)
        target = replace(theirs, generate_above=lowest)
        check_support(theirs, source.model, self.model.standard(), target_experiment=target)

        def chunks() -> Iterator[Events]:
            needs_ways = any(
                oscillates(c, m) for c in theirs.source.components for m in (self.model, source.model)
            )
            for events in source.read():
                if needs_ways and events.L is None:
                    raise ValueError(
                        f"{source.name}: an oscillation needs the neutrinos' ways, and these events have "
                        "none: generate them with --columns vertex"
                    )
                keep = np.asarray(events.T_reco) >= np.float64(ours.detector.threshold)
                if lowest > theirs.generate_above:
                    keep &= np.greater_equal(events.T, lowest)
                yield events.select(keep)

        return chunks(), ours.luminosity / (theirs.luminosity * source.exposures)

    def fold(self, model: Model) -> Folded:
        """Estimate every shape folded with source, response, exposure and bins.

        Parameters
        ----------
        model : Model
            As for `detsim.expectation.folding.fold`.

        Returns
        -------
        Folded
            Backgrounds are folded by quadrature.
        """
        experiment = self.experiment
        bases = tuple(Basis.of(model, flavour) for flavour in self._recorded)
        shapes = []
        for events, basis in zip(self._recorded.values(), bases, strict=True):
            rows = self._sums(events, basis, model.delta_m2)
            infinite = diverging(basis, experiment.detector, experiment.generate_above)
            repeated = np.tile(infinite, (len(rows) // basis.size, 1))
            shapes.append(np.where(self._spread(repeated), np.inf, rows))
        return Folded(
            edges=np.array(experiment.detector.edges),
            flavours=tuple(self._recorded),
            bases=bases,
            shapes=tuple(shapes),
            backgrounds=fold_backgrounds(experiment),
            delta_m2=model.delta_m2,
            source=experiment.source,
            T_low=experiment.generate_above,
        )

    def _spread(self, energies: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Repeat flags of energy bins in every bin of the distance."""
        distance = self.experiment.detector.distance
        if distance is None:
            return energies
        inner = np.tile(energies[:, 1:-1], (1, distance.n_bins))
        beyond = np.logical_or.reduce(energies[:, 1:], axis=1).reshape(-1, 1)
        return np.concatenate([energies[:, :1], inner, beyond], axis=1)

    def _weighted(
        self, events: _Recorded, basis: Basis, delta_m2: float | None
    ) -> Iterator[tuple[NDArray[np.int64], Array]]:
        """Yield bins, shape (n,), and weights of each shape, shape (K or 2K, n), chunk by chunk."""
        for start in range(0, len(events.T), _CHUNK):
            block = slice(start, start + _CHUNK)
            weights = basis.shapes(events.T[block], events.E_nu[block]) * events.unit[block]
            if delta_m2 is not None and events.phase is not None:
                lost = np.sin(delta_m2 * events.phase[block]) ** 2
                weights = np.concatenate([weights, weights * lost])
            yield events.bins[block], weights

    def _sums(self, events: _Recorded, basis: Basis, delta_m2: float | None) -> Array:
        """Sum the weights of each shape in the bins: shape (K or 2K, n_bins + 2)."""
        n_bins, n_shapes = self.experiment.detector.n_bins + 2, basis.size
        if delta_m2 is not None and events.phase is not None:
            n_shapes *= 2
        total = np.zeros(n_bins * n_shapes)
        for bins, weights in self._weighted(events, basis, delta_m2):
            cells = bins + n_bins * np.arange(n_shapes)[:, None]
            total += np.bincount(cells.ravel(), weights=weights.ravel(), minlength=len(total))
        return total.reshape(n_shapes, n_bins)

    def variances(self, model: Model) -> Array:
        """Estimate the variances of the sampled signal of a model, Σw²: shape (n_bins + 2,)."""
        total = np.zeros(self.experiment.detector.n_bins + 2)
        for flavour, events in self._recorded.items():
            c = coefficients(model, flavour)
            for bins, weights in self._weighted(events, Basis.of(model, flavour), model.delta_m2):
                coefficients_of_rows = (
                    c if len(weights) == len(c) else np.concatenate([c, -model.sin2_2theta * c])
                )
                used = np.flatnonzero(coefficients_of_rows)
                total += np.bincount(
                    bins, weights=(coefficients_of_rows[used] @ weights[used]) ** 2, minlength=len(total)
                )
        return total


def _joined(parts: list[_Recorded]) -> _Recorded:
    phases = [p.phase for p in parts if p.phase is not None]
    return _Recorded(
        T=np.concatenate([np.empty(0), *(p.T for p in parts)]),
        E_nu=np.concatenate([np.empty(0), *(p.E_nu for p in parts)]),
        bins=np.concatenate([np.empty(0, np.int64), *(p.bins for p in parts)]),
        unit=np.concatenate([np.empty(0), *(p.unit for p in parts)]),
        phase=np.concatenate(phases) if phases else None,
    )
