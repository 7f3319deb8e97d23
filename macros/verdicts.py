"""The verdict on a whole coverage study, as JSON and as text."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from macros.console import format_number

if TYPE_CHECKING:
    from analysis.coverage_study import CoverageStudy
    from analysis.verdict import CoverageTest

__all__ = ["verdict_document", "verdict_lines"]


def verdict_document(study: "CoverageStudy") -> dict[str, Any] | None:
    """Return the keys of the verdict on a study; None where no true value is complete."""
    found = study.verdict
    if found is None:
        return None
    failed = {
        side: [{**asdict(test), "fraction": test.fraction} for test in tests]
        for side, tests in (("under", found.under), ("over", found.over))
    }
    return {**asdict(found), **failed}


def verdict_lines(study: "CoverageStudy") -> list[str]:
    """Write the verdict on a study for a person: in one line, then with its tests."""
    found = study.verdict
    if found is None:
        return []
    head = (
        f"the study as a whole: {_words(found.verdict)} (false alarm at most {100 * found.false_alarm:g} %)"
    )
    tests = [
        f"{n} tests of {side}-coverage, smallest p = {format_number(p, 2)}"
        for side, n, p in (("under", found.n_under, found.p_under), ("over", found.n_over, found.p_over))
        if n
    ]
    lines = [head, f"{' and '.join(tests)}, adjusted for their number"]
    for side, failed in (("under", found.under), ("over", found.over)):
        lines += [f"{side}-coverage: {_cell(study.parameter, test)}" for test in failed]
    return lines


def _words(verdict: str) -> str:
    return verdict if verdict == "nominal" else f"{verdict}-coverage".replace("under and", "under- and")


def _cell(parameter: str, test: "CoverageTest") -> str:
    where = "all true values together" if test.value is None else f"{parameter} = {test.value:g}"
    return f"{test.method} at {where} {test.fraction:.4f}, adjusted p = {format_number(test.p_value, 2)}"
