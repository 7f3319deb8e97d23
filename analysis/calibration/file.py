"""Calibration tables in ROOT files: one row for each true value."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.calibration.distribution import RESOLUTION, Distributions
from analysis.calibration.settings import Conditions
from analysis.calibration.table import Calibration
from detsim.event_files import Branch, Compression, TableFile, TableWriter
from detsim.files import Former

__all__ = ["StoredCalibration", "read_calibration", "write_calibration"]

_TREE = "calibration"
_SIGNED = "-2 Δln L of the true value against the best physical one, with a minus where that is above it"


@dataclass(frozen=True, kw_only=True)
class StoredCalibration:
    """A calibration with the provenance of its file."""

    calibration: Calibration
    provenance: dict[str, Any]


def write_calibration(
    path: str | Path,
    calibration: Calibration,
    *,
    provenance: Mapping[str, Any],
    compression: Compression = "zstd-1",
    former: Former | None = None,
) -> None:
    """Write a calibration to a file that is whole or absent.

    Parameters
    ----------
    path : str or Path
    calibration : Calibration
    provenance : mapping
        As for `detsim.event_files.writer.TableWriter`; ``seed``, ``conditions``, ``reference`` and ``keep``
        are added.
    compression : {"zstd-1", "lz4-4", "none"}
    former : mapping of Path to FileStamp, optional
        The file that may be replaced, as for `detsim.files.atomic.WholeFile`.
    """
    c = calibration
    branches = {
        c.parameter: Branch(dtype="float64", description=f"true value of {c.parameter}"),
        "n_failed": Branch(dtype="int64", description="toys whose fit failed; their statistic is infinite"),
        "expected": Branch(
            dtype="float64", shape=(c.expected.shape[1],), description="expected counts per bin"
        ),
    }
    columns: dict[str, NDArray[Any]] = {c.parameter: c.values, "n_failed": c.n_failed, "expected": c.expected}
    added: dict[str, Any] = {
        "seed": c.seed,
        "conditions": asdict(c.conditions),
        "reference": c.reference,
        "keep": "rows" if c.sums is None else "sums",
    }
    if c.sums is None:
        for name, statistics, text in (
            ("statistic", c.signed, f"{_SIGNED}; ascending"),
            ("reference_statistic", c.reference_statistic, f"{_one_sided(c)}; ascending"),
        ):
            branches[name] = Branch(dtype="float32", shape=(c.n_toys,), description=text)
            columns[name] = statistics
    else:
        added |= {"resolution": RESOLUTION, "largest_kept": c.sums[0].largest_kept}
        for prefix, one, text in (("", c.sums[0], _SIGNED), ("reference_", c.sums[1], _one_sided(c))):
            described, values = _of_sums(prefix, one, text)
            branches |= described
            columns |= values
    with TableWriter(
        path, _TREE, branches, provenance={**provenance, **added}, compression=compression, former=former
    ) as table:
        table.extend(columns)
        table.finish({"n_toys": c.n_toys, "first": c.first, "last": c.last})


def _one_sided(calibration: Calibration) -> str:
    return f"one-sided statistic of toys whose true {calibration.parameter} is {calibration.reference:g}"


def _of_sums(
    prefix: str, sums: Distributions, text: str
) -> tuple[dict[str, Branch], dict[str, NDArray[Any]]]:
    """Describe the branches of distributions of a statistic, and take their values, without empty bins."""
    used = np.flatnonzero(sums.counts.any(axis=0))
    used = used if len(used) else np.array([sums.counts.shape[1] // 2])
    numbers = (used - sums.counts.shape[1] // 2).astype(np.int32)
    values: dict[str, tuple[NDArray[Any], str]] = {
        "bin": (
            np.tile(numbers, (len(sums.counts), 1)),
            f"number of a bin of ±√|q|, 0 in the middle; q: {text}",
        ),
        "count": (sums.counts[:, used], "toys in this bin, with those that are kept one by one"),
        "farthest": (sums.farthest[:, used], "statistic in this bin farthest from 0; NaN if it is empty"),
        "highest": (sums.highest, "highest statistics, descending; NaN where there are fewer"),
        "lowest": (sums.lowest, "lowest statistics, ascending; NaN where there are fewer"),
        "n_failed": (sums.n_failed, "toys whose fit failed; their statistic is infinite"),
    }
    columns = {f"{prefix}{name}": column for name, (column, _) in values.items() if column.size}
    branches = {
        f"{prefix}{name}": Branch(dtype=str(column.dtype), shape=column.shape[1:], description=words)
        for name, (column, words) in values.items()
        if column.size
    }
    return branches, columns


def read_calibration(path: str | Path) -> StoredCalibration:
    """Read a calibration.

    Raises
    ------
    FileError
        If the file is missing, foreign, not whole, or joined by `hadd`.
    """
    with TableFile(path, _TREE) as table:
        (provenance, row), columns = table.only_run(), table.arrays()
    stored_conditions = _conditions(provenance["conditions"])
    settings: dict[str, Any] = {
        "values": columns[stored_conditions.parameter],
        "reference": float(provenance["reference"]),
        "expected": columns["expected"].reshape(len(columns["n_failed"]), -1),
        "conditions": stored_conditions,
        "seed": int(provenance["seed"]),
        "first": int(row.get("first", 0)),
    }
    if "statistic" in columns:
        made = Calibration(
            signed=columns["statistic"], reference_statistic=columns["reference_statistic"], **settings
        )
    else:
        kept = int(provenance["largest_kept"])
        made = Calibration.of_sums(
            (_read_sums("", columns, kept), _read_sums("reference_", columns, kept)), **settings
        )
    return StoredCalibration(calibration=made, provenance=provenance)


def _read_sums(prefix: str, columns: Mapping[str, NDArray[Any]], largest_kept: int) -> Distributions:
    """Read distributions of a statistic."""
    failed = columns[f"{prefix}n_failed"]
    made = Distributions.empty(len(failed), largest_kept)
    bins = columns[f"{prefix}bin"][0] + made.counts.shape[1] // 2
    made.counts[:, bins] = columns[f"{prefix}count"]
    made.farthest[:, bins] = columns[f"{prefix}farthest"]
    if largest_kept:
        made.highest[:] = columns[f"{prefix}highest"]
        made.lowest[:] = columns[f"{prefix}lowest"]
    made.n_failed[:] = failed
    return made


def _conditions(stored: Mapping[str, Any]) -> Conditions:
    rows = tuple((str(a), float(b), str(c)) for a, b, c in stored["constraints"])
    lists = {name: tuple(map(float, stored[name])) for name in ("errors", "data")}
    return Conditions(**{**stored, **lists, "constraints": rows})
