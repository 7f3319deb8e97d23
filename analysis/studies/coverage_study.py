"""Coverage studies: pseudo-experiments at true values, and the share of intervals that contain them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.calibration import CALIBRATED, Calibration, conditions
from analysis.fits import SAMPLE, Audit, Fitter, audit_sample, make_fitter
from analysis.model import check_truths
from analysis.pseudo_experiments import (
    METHODS,
    Auditor,
    Thrower,
    WeightedThrower,
    WeightModel,
    at_truth,
    check_n_toys,
    check_part,
    check_weighted_methods,
    n_worst,
    thrown_series,
    toy_maker,
    weighted_toy_maker,
)
from analysis.quotation import exact_text
from analysis.representation import percent
from analysis.settings import Drawn, name_list, number_list
from analysis.studies.pictures import coverage_picture
from analysis.studies.tallies import CoveragePoint, MethodCoverage, Tally, clopper_pearson, summarise, tally
from analysis.studies.verdict import (
    StudyVerdict,
    can_contradict,
    judge,
    methods_without_meaning,
    over_by_design,
)
from detsim.experiment import Experiment
from detsim.simulation import RecordedSample, Sampling
from simgen.interaction import Model
from simgen.representation import html_table, text_table

__all__ = ["CoveragePoint", "CoverageStudy", "MethodCoverage", "clopper_pearson", "coverage", "summarise"]

Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageStudy:
    """Coverage of the intervals of one parameter.

    Parameters
    ----------
    parameter : str
    level : float
    points : tuple of CoveragePoint
        Complete true values; if the study was stopped, these are not all.
    audit : Audit or None
        Differences of the toys that were fitted again.
    audit_reached : int
        Number of toys chosen for the audit that had been thrown when the study ended.
    tallies : tuple of Tally
        The sums of the points, and of the true value at which the study was stopped.
    """

    parameter: str
    level: float
    points: tuple[CoveragePoint, ...]
    audit: Audit | None = None
    audit_reached: int = 0
    tallies: tuple[Tally, ...] = ()

    def __repr__(self) -> str:
        return text_table(f"Coverage of {self.parameter} at {percent(self.level)}", self._rows())

    def _repr_html_(self) -> str:
        title = f"Coverage of {self.parameter} at {percent(self.level)}"
        return html_table(title, self._rows(), coverage_picture(self))

    def _rows(self) -> list[tuple[str, str]]:
        shown = []
        for point in self.points:
            cells = [f"{name} {percent(result.fraction)}" for name, result in point.methods.items()]
            failed = [f"{point.n_failed} failed"] if point.n_failed else []
            toys = ", ".join([f"{point.n_toys} toys", *failed])
            value = exact_text(self.parameter, point.value)
            shown.append((f"{self.parameter} = {value}", f"{', '.join(cells)} ({toys})"))
        verdict = self.verdict
        text = "no true value is complete" if verdict is None else verdict.verdict
        if verdict is None and self.points:
            text = f"none: {', '.join(sorted(self.left_out))} has no meaning near 0"
        if verdict is not None and self.few_toys:
            text += ", as it would be whatever so few toys cover"
        return [*shown, ("verdict", text)]

    @property
    def left_out(self) -> frozenset[str]:
        """Methods of the study that its verdict leaves out, because nobody would quote them."""
        methods = {name for point in self.points for name in point.methods}
        return methods_without_meaning(self.parameter) & methods

    @property
    def few_toys(self) -> bool:
        """Whether the verdict is nominal for any outcome, because there are too few toys."""
        return not can_contradict(self.points, self.level, left_out=self.left_out)

    @property
    def verdict(self) -> StudyVerdict | None:
        """Verdict on all true values and methods together; None if no true value is complete."""
        return judge(self.points, self.level, left_out=self.left_out)


@np.errstate(under="ignore")
def coverage(
    experiments: Experiment | Sequence[Experiment],
    model: Model,
    at: Sequence[float] | float,
    n_toys: int,
    *,
    seed: int,
    first: int = 0,
    poi: str = "gamma",
    level: float = 0.95,
    methods: Sequence[str] | str = METHODS,
    likelihood: str = "poisson",
    error_per_bin: float | None = None,
    sampling: Sampling | RecordedSample | None = None,
    events: bool = False,
    drawn: Drawn = "auxiliary",
    calibration: Calibration | None = None,
    weights: WeightModel | None = None,
    on_toys: Callable[[Columns], None] | None = None,
    audit: int = SAMPLE,
    audit_of: int | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> CoverageStudy:
    """Measure the coverage of intervals with pseudo-experiments.

    Parameters
    ----------
    experiments, model, poi, likelihood, error_per_bin, sampling
        As for `analysis.fits.estimate.make_fitter`.
    at : sequence of float
        True values of the parameter of interest.
    n_toys : int
        Pseudo-experiments per value; one value's toys do not depend on the others.
    seed : int
    first : int
        Index of the first pseudo-experiment of each value.
    level : float
        Confidence level of the intervals.
    methods : sequence of {"hesse", "minos", "one-sided", "feldman-cousins", "calibrated", "cls"}
    events, drawn
        As for `analysis.pseudo_experiments.throw.Thrower`.
    calibration : Calibration, optional
        Thresholds of the last three methods. It must have another seed.
    weights : WeightModel, optional
        Weights of the events of weighted data: toys are then sums of such weights.
    on_toys : callable, optional
        Called with each chunk of toys, to store them or to show progress.
    audit : int
        Number of toys of the whole study that are fitted again: see `analysis.fits.audit`.
    audit_of : int, optional
        Number of toys of each value, from toy 0 on, of a study of which these are a part. Toys of its random
        sample are then fitted again, and one of the worst.
    stopped : callable
        Called after each chunk: if it returns true, the study ends, and an incomplete true value is left out.

    Returns
    -------
    CoverageStudy
    """
    check_n_toys(n_toys)
    at = number_list("at", at)
    methods = name_list("methods", methods)
    choices = (*METHODS, *CALIBRATED)
    if set(methods) - set(choices) or not methods:
        raise ValueError(f"methods must be among {', '.join(choices)}, got {', '.join(methods) or 'none'}")
    base = make_fitter(
        experiments, model, poi=poi, likelihood=likelihood, error_per_bin=error_per_bin, sampling=sampling
    )
    check_truths(base.templates.poi, base.physical, at)
    if weights is not None:
        check_weighted_methods(methods)
    _check_calibration(base, at, methods, calibration, seed=seed, drawn=drawn)
    check_part(n_toys, first, audit_of)
    study_first, study_toys = (first, n_toys) if audit_of is None else (0, audit_of)
    offset = len(at) * study_first
    turn = first // n_toys % len(at)  # parts take turns with the true value of their one toy
    sample = audit_sample(seed, len(at) * study_toys, audit, first=offset)
    throwers = [
        Thrower(fitter=at_truth(base, float(value)), seed=seed, events=events, drawn=drawn) for value in at
    ]
    by_design = [sorted(over_by_design(thrower.fitter, methods, level)) for thrower in throwers]
    n_table = None if calibration is None else calibration.n_toys
    makes, largest = _makers(throwers, weights, level=level, methods=methods, calibration=calibration)

    def summed(number: int, start: int, count: int) -> tuple[Columns, Tally]:
        columns = makes[number](start, count)
        return columns, tally(columns, poi, methods, None, by_design[number], n_table)

    auditors = [
        Auditor(
            fitter=thrower.fitter,
            level=level,
            methods=methods,
            sample=sample,
            worst=n_worst(audit, len(at)) if audit_of is None else int(audit > 0 and number == turn),
            most=None if audit_of is None else 1,
        )
        for number, thrower in enumerate(throwers)
    ]
    points: list[CoveragePoint] = []
    tallies: list[Tally] = []
    blocks = thrown_series(
        [partial(summed, number) for number in range(len(at))], n_toys, most=largest, first=first
    )
    for number, block, _, (columns, part) in blocks:
        if on_toys is not None:
            on_toys(columns)
        auditors[number].add(columns, offset + number * study_toys + block - study_first)
        if number == len(tallies):
            tallies.append(part)
        else:
            tallies[number] += part
        if tallies[number].n_toys == n_toys:
            points.append(tallies[number].point(level))
        if stopped():
            break
    audits = [auditor.result() for auditor in auditors[: len(tallies)]]
    total_audit, n_reached = sum(audits, Audit()), sum(auditor.reached for auditor in auditors)
    return CoverageStudy(
        parameter=poi,
        level=level,
        points=tuple(points),
        audit=total_audit if audit else None,
        audit_reached=n_reached,
        tallies=tuple(tallies),
    )


def _makers(
    throwers: Sequence[Thrower],
    weights: WeightModel | None,
    *,
    calibration: Calibration | None,
    **settings: Any,
) -> tuple[list[Callable[[int, int], Columns]], int]:
    """Return what throws and fits a block of toys of each true value, and the largest size of a block."""
    if weights is None:
        makes = [toy_maker(thrower, calibration=calibration, **settings) for thrower in throwers]
        return makes, throwers[0].largest_chunk
    throws = [WeightedThrower(thrower=thrower, weights=weights) for thrower in throwers]
    return [weighted_toy_maker(thrower, **settings) for thrower in throws], throws[0].largest_chunk


def _check_calibration(
    fitter: Fitter,
    at: Sequence[float],
    methods: Sequence[str],
    calibration: Calibration | None,
    *,
    seed: int,
    drawn: Drawn,
) -> None:
    """Refuse calibrated methods without thresholds, and thresholds that do not serve."""
    calibrated = [m for m in methods if m in CALIBRATED]
    if not calibrated:
        return
    if calibration is None:
        raise ValueError(
            f"{', '.join(calibrated)}: thresholds are needed, from a table of pseudo-experiments"
        )
    calibration.check(fitter, conditions(fitter, drawn=drawn))
    if seed == calibration.seed:
        raise ValueError(
            f"the table was made with seed {seed} too: its toys would be judged by thresholds that they "
            "made; take another one"
        )
    lowest, highest = calibration.values[[0, -1]]
    values_outside = [v for v in at if not lowest <= v <= highest]
    if values_outside:
        raise ValueError(
            f"{calibration.parameter} = {values_outside[0]:g} is outside the table, which goes from "
            f"{lowest:g} to {highest:g}"
        )
