"""The verdict on a whole coverage study, as JSON and as text."""

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from analysis.calibration import coverage_error
from analysis.quotation import exact_text
from macros.terminal import format_number
from macros.words.calibrations import few_toys_warnings
from simgen.parameters import parameter_range

if TYPE_CHECKING:
    from analysis.studies import CoverageStudy, CoverageTest

__all__ = ["deviation_lines", "level_line", "table_warnings", "verdict_document", "verdict_lines"]

_SHOWN = 6
"""Most tests of either side that are written."""
_LEAST = 1e-99
"""Smaller probabilities are not written."""


def verdict_document(study: "CoverageStudy") -> dict[str, Any] | None:
    """Return the keys of the verdict on a study; None where no true value is complete."""
    verdict = study.verdict
    if verdict is None:
        return None
    failed = {
        side: [{**asdict(test), "fraction": test.fraction} for test in tests]
        for side, tests in (("under", verdict.under), ("over", verdict.over))
    }
    return {**asdict(verdict), **failed}


def level_line(study: "CoverageStudy") -> str:
    """Write the level of a study, and that one-sided limits cover the lowest value, if there is one."""
    line = f"intervals at {100 * study.level:g} %"
    lowest, _ = parameter_range(study.parameter)
    if math.isinf(lowest) or not any("one-sided" in p.methods for p in study.points):
        return line
    return f"{line}; a one-sided limit always holds the lowest physical value"


def verdict_lines(study: "CoverageStudy") -> list[str]:
    """Write the verdict on a study for a person: in one line, then with its tests."""
    verdict = study.verdict
    if verdict is None:
        return []
    false_alarm = f"false alarm at most {100 * verdict.false_alarm:g} %"
    head = f"the study as a whole: {_words(verdict.verdict)} ({false_alarm})"
    tests = [
        f"{_number(p).removeprefix('= ')} for {side}-coverage ({n} test{'s' * (n > 1)})"
        for side, n, p in (
            ("under", verdict.n_under, verdict.p_under),
            ("over", verdict.n_over, verdict.p_over),
        )
        if n
    ]
    if study.few_toys:
        head += ", as it would be whatever so few toys cover"
    lines = [head, f"smallest p-value, corrected for the number of tests: {', '.join(tests)}"]
    n_table = _toys_of_table(study)
    if n_table is not None:
        error = coverage_error(n_table, study.level)
        methods = ", ".join(_calibrated(study))
        lines.append(
            f"{methods}: the table's error of ± {error:.2g} is included ({n_table} toys at each true value)"
        )
    if study.left_out:
        names = ", ".join(sorted(study.left_out))
        lines.append(
            f"{names}: left out of the verdict, because {study.parameter} is searched in its square and has "
            "no Hesse error near 0"
        )
    return lines + deviation_lines(study)


def deviation_lines(study: "CoverageStudy", most: int = _SHOWN) -> list[str]:
    """Write which methods deviate at which true values, of either side at most so many."""
    verdict, lines = study.verdict, list[str]()
    if verdict is None:
        return lines
    for side, failed in (("under", verdict.under), ("over", verdict.over)):
        worst = sorted(failed, key=lambda test: test.p_value)[:most]
        lines += [f"{side}-coverage: {_cell(study.parameter, test)}" for test in worst]
        if len(failed) > most:
            lines.append(f"{side}-coverage in {len(failed) - most} more tests; --json lists all")
    return lines


def table_warnings(study: "CoverageStudy") -> list[str]:
    """Warn of a small table of thresholds, whose error a study has."""
    return few_toys_warnings(_toys_of_table(study), study.level)


def _calibrated(study: "CoverageStudy") -> dict[str, int]:
    """Return the methods whose thresholds come from a table, and its toys at each true value."""
    methods = ((name, m.n_calibration) for p in study.points for name, m in p.methods.items())
    return {name: n for name, n in methods if n is not None}


def _toys_of_table(study: "CoverageStudy") -> int | None:
    return next(iter(_calibrated(study).values()), None)


def _words(verdict: str) -> str:
    return verdict if verdict == "nominal" else f"{verdict}-coverage".replace("under and", "under- and")


def _cell(parameter: str, test: "CoverageTest") -> str:
    where = (
        "all true values together"
        if test.value is None
        else f"{parameter} = {exact_text(parameter, test.value)}"
    )
    return f"{test.method} at {where} {test.fraction:.4f}, corrected p {_number(test.p_value)}"


def _number(p: float | None) -> str:
    return f"< {_LEAST:g}" if p is not None and p < _LEAST else f"= {format_number(p, 2)}"
