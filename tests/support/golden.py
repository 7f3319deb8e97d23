"""Numbers from outside the project, in golden.toml: value, unit, tolerance with its reason, source."""

import tomllib
from functools import cache
from pathlib import Path

import pytest

__all__ = ["check", "entries", "golden"]

_FILE = Path(__file__).parents[1] / "golden.toml"
_REQUIRED = {"value", "unit", "tolerance", "reason", "source"}


@cache
def golden():
    """Read the whole table."""
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def entries(group):
    """List the entries of a group as parameters of a test."""
    rows = golden()[group]
    shared = rows.get("all", {})
    cases = [shared | row for row in rows["case"]]
    for row in cases:
        missing = _REQUIRED - row.keys()
        if missing:
            raise ValueError(f"golden.toml, {group}: an entry lacks {', '.join(sorted(missing))}: {row}")
    names = [" ".join(str(v) for k, v in row.items() if k not in {*_REQUIRED, *shared}) for row in cases]
    return [pytest.param(row, id=name or group) for row, name in zip(cases, names, strict=True)]


def check(found, row):
    """Compare a number, in the unit of the entry, with its value."""
    assert found == pytest.approx(row["value"], abs=row["tolerance"], rel=0), row["source"]
