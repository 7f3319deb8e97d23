"""What a card answers in Python: events, expectations, limits, toys, coverage, comparisons.

Answers come from packages to the right, which are imported in the methods that need them, and nowhere else.
"""

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from macros.card.representation import ByExperiment, ShownCard

if TYPE_CHECKING:
    import hist
    import numpy as np
    from numpy.typing import NDArray

    from analysis.fits import LimitResult
    from analysis.studies import CoverageStudy, GoodnessOfFit, HypothesisComparison
    from detsim.expectation import Expectation
    from macros.card.card import Card
    from macros.studies import DataSets, Inference
    from simgen.events import Events

__all__ = ["AnsweringCard"]


class AnsweringCard(ShownCard):
    """The methods of a card that compute."""

    @property
    def _card(self) -> "Card":
        return cast("Card", self)

    def simulate(self, *, seed: int | None = None) -> "Events | dict[str, Events]":
        """Simulate the exposure of the card: a Poisson number of events, through the detector.

        Returns
        -------
        Events
            Recorded events: those of ``nugauge simulate``. Of several experiments a mapping of their names
            to events, independent of each other.

        Examples
        --------
        >>> from nugauge import load_card
        >>> load_card("borexino-cr51-realistic").simulate(seed=1).n_generated
        4469
        """
        from macros.setup import simulate_events

        return simulate_events(self._card.seeded(seed, draws=True))

    def expect(self) -> "Expectation | dict[str, Expectation]":
        """Compute the expected counts per bin by quadrature; of several experiments by their names.

        Examples
        --------
        >>> from nugauge import load_card
        >>> expected = load_card("borexino-cr51-realistic").expect()
        >>> len(expected.counts), float(expected.background[1:-1].sum().round())
        (6, 545.0)
        """
        from macros.setup import expectations

        return expectations(self._card)

    def measured(
        self, data: Any, auxiliary: "Mapping[str, float | str]", *, number: int | None = None
    ) -> "DataSets":
        """Join data with auxiliary measurements, by the names of nuisance parameters: ``--auxiliary``.

        A number is what the fit reports, relative to nominal; a text such as "1.7 MCi" has a unit.

        Examples
        --------
        >>> from nugauge import load_card
        >>> card = load_card("borexino-cr51-realistic")
        >>> data = card.measured(card.expect(), {"activity": 1.01})
        >>> card.fit(data).parameters["activity"].value > 1
        True
        """
        from macros.studies import data_sets

        return data_sets(self._card, data, number=number, auxiliary=auxiliary)

    def toy(self, path: str | PathLike[str], number: int, *, truth: float | None = None) -> "DataSets":
        """Read counts and auxiliary measurements of one toy of a file of ``nugauge toys``: ``--toy``.

        A file of ``nugauge coverage`` has several true values: `truth` is one of them.

        Examples
        --------
        ::

            card.fit(card.toy("toys.root", 7))
        """
        from macros.studies import toy_data
        from macros.terminal import ToyChoice

        return toy_data(self._card, Path(path), ToyChoice(number=number, truth=truth))

    def histogram(self, data: Any) -> "hist.Hist[Any] | dict[str, hist.Hist[Any]]":
        """Fill the histogram of data, as `fit` takes them; of several experiments by their names.

        Examples
        --------
        >>> from nugauge import load_card
        >>> card = load_card("borexino-cr51-realistic")
        >>> card.histogram([402, 360, 365, 390, 370, 305]).sum().value
        2192.0
        """
        from macros.studies import data_sets

        sets = data_sets(self._card, data).sets
        if len(self.experiments) == 1:
            return sets[0].histogram
        pairs = zip(self.experiments, sets, strict=True)
        return ByExperiment({e.name: data_set.histogram for e, data_set in pairs})

    def goodness_of_fit(
        self, data: Any, n_toys: int, *, seed: int | None = None, first: int = 0, poi: str | None = None
    ) -> "GoodnessOfFit":
        """Test by pseudo-experiments whether a fit to data is good: ``nugauge fit --gof``.

        Examples
        --------
        >>> from nugauge import load_card
        >>> card = load_card("borexino-cr51-realistic")
        >>> card.goodness_of_fit([402, 360, 365, 390, 370, 305], n_toys=50, seed=1).ndof
        5
        """
        from macros.terminal import interactive_progress

        case = self._card.seeded(seed, draws=True)._inference(data, poi=poi)
        return case.goodness(n_toys, first=first, progress=interactive_progress)

    def _inference(self, data: Any, **options: Any) -> "Inference":
        """Prepare the fit of the card to data."""
        from macros.studies import open_inference

        return open_inference(self._card, data, **options)

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

        Examples
        --------
        >>> from nugauge import load_card
        >>> card = load_card("borexino-cr51-realistic")
        >>> f"γ < {card.limit(n_toys=0).upper:.3f} expected"
        'γ < 0.159 expected'
        """
        from macros.studies import EXPECTED, LimitOptions
        from macros.terminal import interactive_progress

        path = None if table is None else Path(table)
        chosen: dict[str, Any] = {"n_calibration": n_calibration, "profiled": profiled, "first": first}
        options = LimitOptions(method=method, table=path, n_toys=n_toys, audit=audit, **chosen)
        card = self._card.seeded(seed, draws=options.draws(expected=data is None))
        data_or_expected = EXPECTED if data is None else data
        case = card._inference(data_or_expected, poi=poi, number=number)
        return case.limit(options, progress=interactive_progress).result

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

        Examples
        --------
        >>> from nugauge import load_card
        >>> columns = load_card("borexino-cr51-realistic").toys(20, seed=1)
        >>> columns["gamma"].shape, columns["toy"][:3].tolist()
        ((20,), [0, 1, 2])
        """
        from macros.studies import data_sets, throw_toys

        card, data = (
            self._card.seeded(seed, draws=True),
            None if weights is None else data_sets(self._card, weights),
        )
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

        Examples
        --------
        >>> from nugauge import load_card
        >>> study = load_card("borexino-cr51-realistic").coverage([0, 0.05], 50, seed=1, methods="minos")
        >>> [point.n_toys for point in study.points]
        [50, 50]
        """
        from macros.studies import data_sets, open_study
        from macros.terminal import interactive_progress

        card, path = self._card.seeded(seed, draws=True), None if table is None else Path(table)
        data = None if weights is None else data_sets(self._card, weights)
        chosen: dict[str, Any] = {"methods": methods, "level": level, "events": events, "first": first}
        study = open_study(card, at, n_toys, table=path, weights=data, **chosen)
        with interactive_progress("coverage", len(study.at) * study.n_toys, "toys") as advance:
            return study.run(audit=audit, on_toys=lambda columns: advance(len(columns["toy"])))

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

        Examples
        --------
        >>> from nugauge import load_card
        >>> card = load_card("borexino-cr51-realistic")
        >>> card.compare(card, card.expect(), n_toys=20, seed=1).delta
        0.0
        """
        from macros.studies import compare_cards
        from macros.terminal import interactive_progress

        card = self._card.seeded(seed, draws=True)
        chosen: dict[str, Any] = {"fixed": fixed, "bounded": bounded, "first": first}
        chosen["progress"] = interactive_progress
        return compare_cards(card, other, (data, data), n_toys, **chosen).result
