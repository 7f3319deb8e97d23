"""Verdict on a coverage study: exact binomial tests, with a bound on the false alarms of all together."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.fits import delta_chi2
from analysis.model import EVEN
from analysis.studies.tails import binomial_tails, holm

if TYPE_CHECKING:
    from analysis.fits import Fitter
    from analysis.studies.tallies import CoveragePoint

__all__ = [
    "FALSE_ALARM",
    "CoverageTest",
    "StudyVerdict",
    "can_contradict",
    "judge",
    "methods_without_meaning",
    "over_by_design",
]

_Cell = tuple[float | None, str, int, int, int | None]

FALSE_ALARM = 0.003
"""Largest probability that a study whose intervals all cover exactly is not called nominal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageTest:
    """A test that found under- or over-coverage.

    Parameters
    ----------
    value : float or None
        True value of the parameter; None: all true values together.
    method : str
    covered, n_toys : int
    p_value : float
        One-sided binomial probability, adjusted for the number of tests (Holm).
    n_calibration : int or None
        Toys at each true value of the method's table, whose error the probability includes; None without one.
    """

    value: float | None
    method: str
    covered: int
    n_toys: int
    p_value: float
    n_calibration: int | None = None

    @property
    def fraction(self) -> float:
        """Share of the toys whose interval contains the true value."""
        return self.covered / self.n_toys


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyVerdict:
    """Verdict on the coverage of all true values and methods of a study together.

    Parameters
    ----------
    verdict : {"nominal", "under", "over", "under and over"}
    false_alarm : float
        Largest probability that a study of exact coverage is not called nominal; each side has half of it.
    n_under, n_over : int
        Numbers of tests of under-coverage and of over-coverage. Over-coverage is not tested where a method
        covers more than its level by construction.
    p_under, p_over : float or None
        Smallest adjusted p-value of each side; None without a test.
    under, over : tuple of CoverageTest
        Tests whose adjusted p-value is below half the false-alarm probability.
    """

    verdict: str
    false_alarm: float
    n_under: int
    n_over: int
    p_under: float | None
    p_over: float | None
    under: tuple[CoverageTest, ...]
    over: tuple[CoverageTest, ...]


def judge(
    points: Sequence["CoveragePoint"],
    level: float,
    *,
    false_alarm: float = FALSE_ALARM,
    left_out: Collection[str] = (),
) -> StudyVerdict | None:
    """Combine the coverage at all true values and of all methods into one verdict; None without points.

    Parameters
    ----------
    points : sequence of CoveragePoint
    level : float
        Confidence level of the intervals.
    false_alarm : float
        Half of it is the level of all tests of under-coverage together, half that of over-coverage.
    left_out : collection of str
        Methods that are not tested: see `methods_without_meaning`.

    Notes
    -----
    There is a test for each true value and method. With several true values there is one more for each method
    with all toys, which are independent. Methods share their toys, but `holm` is valid for any correlation.
    Thresholds of a table have an error: `binomial_tails` includes it. For all values together it is taken as
    if the thresholds of all values had the same error, which is the least favourable case.
    """
    points = _tested_points(points, left_out)
    if not points:
        return None
    tests_of_sides = (_tested(points, level, over=False), _tested(points, level, over=True))
    under, over = (tuple(t for t in tests if t.p_value <= false_alarm / 2) for tests in tests_of_sides)
    p_under, p_over = (min((t.p_value for t in tests), default=None) for tests in tests_of_sides)
    names = [name for name, tests in (("under", under), ("over", over)) if tests]
    return StudyVerdict(
        verdict=" and ".join(names) or "nominal",
        false_alarm=false_alarm,
        n_under=len(tests_of_sides[0]),
        n_over=len(tests_of_sides[1]),
        p_under=p_under,
        p_over=p_over,
        under=under,
        over=over,
    )


def can_contradict(
    points: Sequence["CoveragePoint"],
    level: float,
    *,
    false_alarm: float = FALSE_ALARM,
    left_out: Collection[str] = (),
) -> bool:
    """Tell whether there are toys enough for `judge` to call any outcome other than nominal.

    Parameters
    ----------
    points, level, false_alarm, left_out
        As for `judge`.

    Notes
    -----
    The outcomes are those of intervals that hold the true value in no toy, and in all.
    """
    points = _tested_points(points, left_out)
    for over in (False, True):
        cells = _cells(points, over=over)
        tails = [binomial_tails(n if over else 0, n, level, table)[over] for *_, n, table in cells]
        if tails and len(tails) * min(tails) <= false_alarm / 2:
            return True
    return False


def methods_without_meaning(parameter: str) -> frozenset[str]:
    """Return the methods that nobody would quote for a parameter, and that decide no verdict.

    Notes
    -----
    A parameter that is searched in its square has no parabola around 0, and Hesse's error no meaning near it.
    """
    return frozenset({"hesse"}) if parameter in EVEN else frozenset()


def _tested_points(points: Sequence["CoveragePoint"], left_out: Collection[str]) -> "list[CoveragePoint]":
    """Return the points with the methods that are tested; empty if none is left."""
    kept = [
        replace(p, methods={name: m for name, m in p.methods.items() if name not in left_out}) for p in points
    ]
    return [p for p in kept if p.methods]


def _cells(points: Sequence["CoveragePoint"], *, over: bool) -> list[_Cell]:
    """List the tests of one side: true value, method, toys that cover, toys, toys of the table."""
    cells: list[_Cell] = []
    for method in dict.fromkeys(name for point in points for name in point.methods):
        counted = [
            (p.value, p.methods[method].covered, p.n_toys, p.methods[method].n_calibration)
            for p in points
            if method in p.methods and not (over and p.methods[method].over_by_design)
        ]
        cells += [(value, method, k, n, table) for value, k, n, table in counted]
        if len(counted) > 1:
            covered, n_toys = (sum(column) for column in list(zip(*counted, strict=True))[1:3])
            cells.append((None, method, covered, n_toys, counted[0][3]))
    return cells


def _tested(points: Sequence["CoveragePoint"], level: float, *, over: bool) -> list[CoverageTest]:
    """Test one side, and adjust the p-values."""
    cells = _cells(points, over=over)
    adjusted = holm([binomial_tails(k, n, level, table)[over] for _, _, k, n, table in cells])
    return [
        CoverageTest(value=value, method=method, covered=k, n_toys=n, p_value=float(p), n_calibration=table)
        for (value, method, k, n, table), p in zip(cells, adjusted, strict=True)
    ]


def over_by_design(fitter: "Fitter", methods: Sequence[str], level: float) -> frozenset[str]:
    """Find the methods that cover more than their level at the fitter's true value, by construction.

    Parameters
    ----------
    fitter : Fitter
        Its model is the truth.
    methods : sequence of {"hesse", "minos", "one-sided", "feldman-cousins", "calibrated", "cls"}
    level : float

    Notes
    -----
    CLs covers more everywhere. A calibrated upper limit always contains the lowest physical value. A limit or
    interval from Δχ² covers more if an end of the range of its estimate is so near that exact data of the
    truth do not exclude it. Example: for a Gaussian bounded at 0 and the threshold z², a truth below z σ is
    excluded with the probability Φ(-(truth² + z²)/(2 truth)) only.
    """
    truth, low = fitter.truth, fitter.physical[0]
    over_covering = {"cls"} | ({"calibrated"} if truth == low else set())
    if "one-sided" in methods and _allows_end(fitter, (low,), delta_chi2(level, "one-sided")):
        over_covering.add("one-sided")
    two_sided = {"hesse", "minos"}
    if two_sided & set(methods) and _allows_end(fitter, fitter.range, delta_chi2(level, "two-sided")):
        over_covering |= two_sided
    return frozenset(over_covering & set(methods))


def _allows_end(fitter: "Fitter", ends: Sequence[float], threshold: float) -> bool:
    """Tell whether exact data of the truth allow one of the ends of a range."""
    truth = fitter.truth
    data = fitter.data(fitter.templates.expected(truth))
    floor = fitter.conditional(data, truth).fval
    return any(
        end == truth or fitter.conditional(data, end).fval - floor < threshold
        for end in ends
        if np.isfinite(end)
    )
