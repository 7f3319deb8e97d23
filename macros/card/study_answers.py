"""What a card answers in Python about studies: toys, calibrations, coverage and its figure, comparisons.

As in `macros.card.answers`, what stands to the right is imported in the methods that need it.
"""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from macros.card.representation import ShownCard

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from analysis.calibration import Calibration
    from analysis.studies import CoverageStudy, HypothesisComparison
    from macros.card.card import Card
    from macros.studies import Inference

__all__ = ["StudyAnswers"]


class StudyAnswers(ShownCard):
    """The methods of a card that throw pseudo-experiments."""

    @property
    def _card(self) -> "Card":
        return cast("Card", self)

    def _inference(self, data: Any, **options: Any) -> "Inference":
        """Prepare the fit of the card to data."""
        from macros.studies import open_inference

        return open_inference(self._card, data, **options)

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

    def calibrate(
        self,
        n_toys: int,
        data: Any = None,
        *,
        at: Sequence[float] | float | None = None,
        seed: int | None = None,
        first: int = 0,
        poi: str | None = None,
        profiled: bool = False,
        reference: float | None = None,
    ) -> "Calibration":
        """Tabulate thresholds from `n_toys` pseudo-experiments at each true value: ``nugauge calibrate``.

        Parameters
        ----------
        data : optional
            As `fit` takes them: true values lie around them; else around what the card expects.
        at : float or sequence of float, optional
            True values; else chosen.
        profiled : bool
            Whether true nuisance parameters are fitted to the data.
        reference : float, optional
            What CLs compares with; else 0.

        Returns
        -------
        Calibration
            For the `table` of `limit`. ``nugauge calibrate`` writes the same to a file.

        Examples
        --------
        >>> from nugauge import load_card
        >>> card = load_card("borexino-cr51-realistic")
        >>> table = card.calibrate(400, at=[0, 0.1, 0.2, 0.3, 0.4], seed=1)
        >>> limit = card.limit(card.expect(), method="cls", table=table)
        >>> table.n_toys, 0.15 < limit.upper < 0.25
        (400, True)
        """
        from analysis.calibration import check_enough
        from analysis.settings import different_numbers
        from macros.setup import whole_number
        from macros.studies import EXPECTED
        from macros.terminal import LARGEST_STUDY, interactive_progress

        n_toys = whole_number("n_toys", n_toys, least=1, most=LARGEST_STUDY)
        check_enough(n_toys, self._card.fit.limit_level)
        case = self._card.seeded(seed, draws=True)._inference(EXPECTED if data is None else data, poi=poi)
        if profiled and data is None:
            raise ValueError("profiled nuisance parameters are those that are fitted to data: give them")
        return case.calibrate(
            n_toys,
            at=None if at is None else different_numbers("at", at),
            first=first,
            profiled=profiled,
            reference=reference,
            progress=interactive_progress,
        )

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
        >>> other = load_card("borexino-cr51-realistic", ["model.beta=psi"])
        >>> round(abs(card.compare(other, card.expect(), n_toys=20, seed=1).delta), 6)
        0.0
        """
        from macros.studies import compare_cards
        from macros.terminal import interactive_progress

        card = self._card.seeded(seed, draws=True)
        chosen: dict[str, Any] = {"fixed": fixed, "bounded": bounded, "first": first}
        chosen["progress"] = interactive_progress
        return compare_cards(card, other, (data, data), n_toys, **chosen).result

    def figure(
        self, study: "CoverageStudy", *paths: str | PathLike[str], style: str | None = None
    ) -> list[str]:
        """Draw a coverage study of the card, as ``nugauge coverage --figure``; return the names of the files.

        Parameters
        ----------
        study : CoverageStudy
            Of `coverage`, with one true value at least.
        *paths : str or path
            Pictures, PDF, PNG or SVG; the numbers are written beside them as CSV and JSON.
        style : str, optional
            A style file of matplotlib, or the name of a style of mplhep or matplotlib.

        Examples
        --------
        ::

            study = card.coverage([0, 0.05], 10_000, seed=1)
            card.figure(study, "coverage.pdf", "coverage.png", style="ATLAS")
        """
        from macros.studies import draw_coverage

        return draw_coverage(self._card, study, [Path(path) for path in paths], style)
