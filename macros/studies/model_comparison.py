"""Two models of two cards, compared on one data set."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from analysis.studies import Hypothesis, HypothesisComparison, compare_hypotheses
from macros.card import Card
from macros.setup import check_same_experiment, measured_values, open_fitter, using_threads, whole_number
from macros.studies.datasets import DataSets, data_sets
from macros.studies.inference import OnStatistics
from macros.terminal import LARGEST_STUDY, Progress, silent

__all__ = ["CardComparison", "compare_cards"]

_OF_A_Z_PRIME = {"gamma", "phi", "beta"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CardComparison:
    """Two models compared, what the data were read from, and auxiliary measurements."""

    result: HypothesisComparison
    source: str | dict[str, str]
    auxiliary: dict[str, float]


def compare_cards(
    a: Card,
    b: Card,
    data: Sequence[Any],
    n_toys: int,
    *,
    fixed: tuple[bool, bool] = (False, False),
    bounded: bool = True,
    first: int = 0,
    progress: Progress = silent,
    on_statistics: OnStatistics | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> CardComparison:
    """Compare the models of two cards, with one seed, on one data set, read for each; see `Card.compare`."""
    if not isinstance(b, Card):
        raise TypeError(f"other must be a card, as load_card(NAME) returns it, got {b!r}")
    b = b.seeded(a.run.seed)
    n = whole_number("n_toys", n_toys, least=1, most=LARGEST_STUDY)
    check_same_experiment(a, b)
    sets = [data_sets(card, one) for card, one in zip((a, b), data, strict=True)]
    hypotheses = [
        _hypothesis(card, found, fixed=fix, bounded=bounded)
        for card, found, fix in zip((a, b), sets, fixed, strict=True)
    ]
    scaled, counts = sets[0].prepare(hypotheses[0].fitter)
    if scaled.templates.scaling is not None:
        raise ValueError(
            f"{sets[0].source} holds weighted events, and models are compared on counts: look with "
            "`nugauge fit CARD DATA --gof N` how well each of them describes these"
        )
    _check_different(*hypotheses)
    pulls = sets[0].pulls(a, scaled)
    with progress("toys", 2 * n, "toys") as advance, using_threads(a.run.threads):
        result = compare_hypotheses(
            hypotheses[0],
            hypotheses[1],
            counts,
            pulls,
            n_toys=n,
            seed=int(a.run.seed or 0),
            first=whole_number("first", first),
            drawn=a.fit.drawn,
            on_toys=advance,
            on_statistics=on_statistics,
            stopped=stopped,
        )
    measured = measured_values(scaled.templates, pulls)
    return CardComparison(result=result, source=sets[0].source, auxiliary=measured)


def _check_different(a: Hypothesis, b: Hypothesis) -> None:
    """Refuse two hypotheses that are one: the same model, or the same family of models with one parameter."""
    (ours, theirs), poi = (h.fitter.templates for h in (a, b)), a.fitter.templates.poi
    if a.free != b.free:
        return
    if not a.free:
        if ours.model == theirs.model:
            raise ValueError(
                f"A and B are the same model, {ours.model.label}, and nothing is fitted in either"
            )
        return
    if theirs.poi != poi:
        return
    value, other = getattr(ours.model, poi), getattr(theirs.model, poi)
    if ours.model != theirs.model.vary(**{poi: value}):
        return
    values = "" if value == other else f": their cards differ in its value only ({value:g} and {other:g})"
    raise ValueError(
        f"A and B are the same family of models, {ours.model.label}, and {poi} is fitted in both{values}; "
        "--fix-a or --fix-b takes the value of the card; `nugauge fit` says which values describe the data"
    )


def _hypothesis(card: Card, found: DataSets, *, fixed: bool, bounded: bool) -> Hypothesis:
    if card.model.name == "SM" and card.fit.poi in _OF_A_Z_PRIME:
        fixed = True  # the standard model has no Z' whose parameter could be fitted
    fitter = open_fitter(card, poi="delta_c_L" if fixed else None, experiments=found.experiments)
    return Hypothesis(fitter=replace(fitter, bounded=bounded), free=not fixed)
