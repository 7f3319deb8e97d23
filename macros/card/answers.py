"""What a card answers in Python: events, expectations, data, goodness of fit, limits.

Answers come from packages to the right, which are imported in the methods that need them, and nowhere else.
"""

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from macros.card.representation import ByExperiment
from macros.card.study_answers import StudyAnswers

if TYPE_CHECKING:
    import hist

    from analysis.calibration import Calibration
    from analysis.fits import LimitResult
    from analysis.studies import GoodnessOfFit
    from detsim.expectation import Expectation
    from macros.studies import DataSets
    from simgen.events import Events

__all__ = ["AnsweringCard"]


class AnsweringCard(StudyAnswers):
    """The methods of a card that compute."""

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

    def limit(
        self,
        data: Any = None,
        *,
        method: str | None = None,
        poi: str | None = None,
        number: int | None = None,
        n_toys: int = 20_000,
        audit: int = 20,
        table: "str | PathLike[str] | Calibration | None" = None,
        n_calibration: int | None = None,
        profiled: bool = False,
        seed: int | None = None,
        first: int = 0,
    ) -> "LimitResult":
        """Find the upper limit on a parameter, as ``nugauge limit``; without data the expected one.

        Parameters
        ----------
        method : {"one-sided", "two-sided", "feldman-cousins", "calibrated", "cls"}, optional
            Else the card's. The last three take their thresholds from `table`, a file or what `calibrate`
            returned, or from `n_calibration` pseudo-experiments per true value, 20000 if not given.
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
        from analysis.calibration import Calibration
        from macros.studies import EXPECTED, LimitOptions
        from macros.terminal import interactive_progress

        given = table if isinstance(table, Calibration) else None
        path = None if table is None or isinstance(table, Calibration) else Path(table)
        chosen: dict[str, Any] = {"n_calibration": n_calibration, "profiled": profiled, "first": first}
        options = LimitOptions(method=method, table=path, n_toys=n_toys, audit=audit, **chosen)
        if given is not None and not options.calibrates:
            raise ValueError("table: thresholds go with the methods feldman-cousins, calibrated and cls")
        draws = options.draws(expected=data is None) if given is None else data is None and n_toys > 0
        card = self._card.seeded(seed, draws=draws)
        data_or_expected = EXPECTED if data is None else data
        case = card._inference(data_or_expected, poi=poi, number=number)
        return case.limit(options, calibration=given, progress=interactive_progress).result
