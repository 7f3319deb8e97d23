"""A card as an object: what it describes, and its answers.

Answers come from packages to the right, which are imported in the methods that need them, and nowhere else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from macros.card.experiments import choose_experiment, plain_document
from macros.card.representation import ShownCard
from macros.card.settings import FitField, RunSettings
from macros.card.toml import write_toml

if TYPE_CHECKING:
    import hist
    import numpy as np
    from numpy.typing import NDArray

    from analysis.fits import LimitResult
    from analysis.studies import CoverageStudy, GoodnessOfFit, HypothesisComparison
    from detsim.expectation import Expectation
    from detsim.experiment import Experiment
    from macros.studies import DataSets, Inference
    from simgen.events import Events
    from simgen.interaction import Model

__all__ = ["Card"]


@dataclass(frozen=True, kw_only=True, repr=False)
class Card(ShownCard):
    """A valid card, which answers with everything that it says: the numbers are those of the commands.

    Parameters
    ----------
    name : str
        The preset's name, or the file's without its suffix.
    document : dict
        The card as plain values, overrides applied.
    experiments : tuple of detsim.experiment.Experiment
        One, unless the card has several, which then have its names.
    model : simgen.interaction.Model
    fit : analysis.settings.FitSettings
        Called with data it fits them: ``card.fit(data)``, see `CardFit`.
    run : RunSettings
    warnings : tuple of str
        What is not plausible in it.

    Notes
    -----
    What the methods take in common:

    data
        As `CardFit` takes them: events, a histogram, exact expectations, a file, counts; of several
        experiments a mapping of their names to such; what `measured` and `toy` return.
    seed
        Else that of the card; needed where random numbers are drawn.
    poi, level
        Instead of the card's `fit.poi`, and for intervals of pseudo-experiments of its `fit.limit_level`.
    events
        Whether every event of pseudo-experiments is simulated, instead of throwing counts per bin.
    table
        File of ``nugauge calibrate``, with thresholds of intervals.
    first, audit
        Index of the first pseudo-experiment; how many are fitted again by MINUIT.
    """

    name: str
    document: dict[str, Any]
    experiments: "tuple[Experiment, ...]"
    model: "Model"
    fit: FitField = FitField()  # noqa: RUF009 (a descriptor, which dataclasses know)
    run: RunSettings
    warnings: tuple[str, ...] = ()

    @property
    def experiment(self) -> "Experiment":
        """The only experiment; if there are several, a ValueError."""
        if len(self.experiments) > 1:
            names = ", ".join(e.name for e in self.experiments)
            raise ValueError(f"{self.name} has several experiments: choose one of {names} with .of(NAME)")
        return self.experiments[0]

    @property
    def together(self) -> "Experiment | tuple[Experiment, ...]":
        """What a fit takes: the only experiment, or all of several."""
        return self.experiments[0] if len(self.experiments) == 1 else self.experiments

    def of(self, name: str | None) -> "Card":
        """Return the plain card of one experiment; without a name of the only one.

        If there is none of that name, or several and no name, a ValueError.
        """
        if "experiment" not in self.document:
            if name is not None:
                raise ValueError(f"{self.name} has one experiment without a name: leave --of {name} out")
            return self
        experiment = choose_experiment(self.name, self.experiments, name)
        document = plain_document(self.document, experiment.name)
        return replace(
            self, name=f"{self.name} {experiment.name}", document=document, experiments=(experiment,)
        )

    def text(self) -> str:
        """Write the card as TOML, as it is used: overrides applied, without comments."""
        return write_toml(self.document)

    def seeded(self, seed: int | None, *, draws: bool = False) -> "Card":
        """Return the card with a seed, or with its own.

        If random numbers are drawn (`draws`), or templates simulated, there has to be one: else a ValueError.
        """
        from simgen.random import check_seed

        chosen = self.run.seed if seed is None else check_seed(seed)
        if chosen is None:
            if draws or self.fit.templates == "simulation":
                raise ValueError("random numbers are drawn: give seed=..., or state run.seed in the card")
            return self
        document = {**self.document, "run": {**self.document.get("run", {}), "seed": chosen}}
        return replace(self, document=document, run=replace(self.run, seed=chosen))

    def simulate(self, *, seed: int | None = None) -> "Events | dict[str, Events]":
        """Simulate the exposure of the card: a Poisson number of events, through the detector.

        Returns
        -------
        Events
            Recorded events: those of ``nugauge simulate``. Of several experiments a mapping of their names
            to events, independent of each other.
        """
        from macros.setup import simulate_events

        return simulate_events(self.seeded(seed, draws=True))

    def expect(self) -> "Expectation | dict[str, Expectation]":
        """Compute the expected counts per bin by quadrature; of several experiments by their names."""
        from macros.setup import expectations

        return expectations(self)

    def measured(
        self, data: Any, auxiliary: "Mapping[str, float | str]", *, number: int | None = None
    ) -> "DataSets":
        """Join data with auxiliary measurements, by the names of nuisance parameters: ``--auxiliary``.

        A number is what the fit reports, relative to nominal; a text such as "1.7 MCi" has a unit.
        """
        from macros.studies import data_sets

        return data_sets(self, data, number=number, auxiliary=auxiliary)

    def toy(self, path: str | PathLike[str], number: int, *, truth: float | None = None) -> "DataSets":
        """Read counts and auxiliary measurements of one toy of a file of ``nugauge toys``: ``--toy``.

        A file of ``nugauge coverage`` has several true values: `truth` is one of them.
        """
        from macros.studies import toy_data
        from macros.terminal import ToyChoice

        return toy_data(self, Path(path), ToyChoice(number=number, truth=truth))

    def histogram(self, data: Any) -> "hist.Hist[Any] | dict[str, hist.Hist[Any]]":
        """Fill the histogram of data, as `fit` takes them; of several experiments by their names."""
        from macros.studies import data_sets

        sets = data_sets(self, data).sets
        if len(self.experiments) == 1:
            return sets[0].histogram
        return {e.name: data_set.histogram for e, data_set in zip(self.experiments, sets, strict=True)}

    def goodness_of_fit(
        self, data: Any, n_toys: int, *, seed: int | None = None, first: int = 0, poi: str | None = None
    ) -> "GoodnessOfFit":
        """Test by pseudo-experiments whether a fit to data is good: ``nugauge fit --gof``."""
        return self.seeded(seed, draws=True)._inference(data, poi=poi).goodness(n_toys, first=first)

    def _inference(self, data: Any, **options: Any) -> "Inference":
        """Prepare the fit of the card to data."""
        from macros.studies import open_inference

        return open_inference(self, data, **options)

    def limit(
        self,
        data: Any = None,
        *,
        method: str | None = None,
        poi: str | None = None,
        number: int | None = None,
        n_toys: int = 20_000,
        audit: int = 20,
        table: str | PathLike[str] | None = None,
        n_calibration: int | None = None,
        profiled: bool = False,
        seed: int | None = None,
        first: int = 0,
    ) -> "LimitResult":
        """Find the upper limit on a parameter, as ``nugauge limit``; without data the expected one.

        Parameters
        ----------
        method : {"one-sided", "two-sided", "feldman-cousins", "calibrated", "cls"}, optional
            Else the card's. The last three take their thresholds from `table`, or from `n_calibration`
            pseudo-experiments per true value, 20000 if not given.
        number : int, optional
            Which pseudo-experiment of an event file.
        n_toys : int
            Pseudo-experiments for the band of an expected limit; 0: no band.
        profiled : bool
            Whether those of a calibration have the nuisance parameters that are fitted to the data.
        """
        from macros.studies import EXPECTED, LimitOptions

        path = None if table is None else Path(table)
        chosen: dict[str, Any] = {"n_calibration": n_calibration, "profiled": profiled, "first": first}
        options = LimitOptions(method=method, table=path, n_toys=n_toys, audit=audit, **chosen)
        card = self.seeded(seed, draws=options.draws(expected=data is None))
        data_or_expected = EXPECTED if data is None else data
        return card._inference(data_or_expected, poi=poi, number=number).limit(options).result

    def toys(
        self,
        n: int,
        *,
        seed: int | None = None,
        first: int = 0,
        level: float | None = None,
        events: bool = False,
        fitted: bool = True,
        weights: Any = None,
    ) -> "dict[str, NDArray[np.generic]]":
        """Throw and fit pseudo-experiments first, first + 1, ...; not `fitted`: throw only.

        With `weights`, weighted data as `fit` takes them, they are sums of such weights. Returned are the
        columns of the file of ``nugauge toys``, one row a toy.
        """
        from macros.studies import data_sets, throw_toys

        card, data = self.seeded(seed, draws=True), None if weights is None else data_sets(self, weights)
        return throw_toys(card, n, first=first, level=level, events=events, fitted=fitted, weights=data)

    def coverage(
        self,
        at: Sequence[float] | float,
        n_toys: int,
        *,
        seed: int | None = None,
        first: int = 0,
        methods: Sequence[str] | str | None = None,
        level: float | None = None,
        events: bool = False,
        table: str | PathLike[str] | None = None,
        weights: Any = None,
        audit: int = 20,
    ) -> "CoverageStudy":
        """Measure with `n_toys` pseudo-experiments at each true value whether intervals cover it.

        `methods` are those of ``nugauge coverage --method``; all that can be had if not given. With
        `weights`, weighted data as `fit` takes them, the pseudo-experiments are sums of such weights.
        """
        from macros.studies import data_sets, open_study

        card, path = self.seeded(seed, draws=True), None if table is None else Path(table)
        data = None if weights is None else data_sets(self, weights)
        chosen: dict[str, Any] = {"methods": methods, "level": level, "events": events, "first": first}
        return open_study(card, at, n_toys, table=path, weights=data, **chosen).run(audit=audit)

    def compare(
        self,
        other: "Card",
        data: Any,
        n_toys: int = 10_000,
        *,
        seed: int | None = None,
        first: int = 0,
        fixed: tuple[bool, bool] = (False, False),
        bounded: bool = True,
    ) -> "HypothesisComparison":
        """Compare this model, A, with that of another card of the same experiment, as ``nugauge compare``.

        Parameters
        ----------
        n_toys : int
            Pseudo-experiments of each model.
        fixed : tuple of two bool
            Whether this and the other model stay at their cards' values.
        bounded : bool
            False lets the parameters leave their physical range.
        """
        from macros.studies import compare_cards

        card = self.seeded(seed, draws=True)
        chosen: dict[str, Any] = {"fixed": fixed, "bounded": bounded, "first": first}
        return compare_cards(card, other, (data, data), n_toys, **chosen).result
