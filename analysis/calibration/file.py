"""Calibration tables in ROOT files: one row for each true value."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from analysis.calibration.settings import Conditions
from analysis.calibration.table import Calibration
from detsim.event_files import Branch, Compression, TableFile, TableWriter
from detsim.files import FileError, Former

__all__ = ["StoredCalibration", "read_calibration", "write_calibration"]

_TREE = "calibration"


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
        As for `detsim.event_files.writer.TableWriter`; ``seed``, ``conditions`` and ``reference`` are added.
    compression : {"zstd-1", "lz4-4", "none"}
    former : mapping of Path to FileStamp, optional
        The file that may be replaced, as for `detsim.files.atomic.WholeFile`.
    """
    c, n = calibration, calibration.n_toys
    branches = {
        c.parameter: Branch(dtype="float64", description=f"true value of {c.parameter}"),
        "n_failed": Branch(dtype="int64", description="toys whose fit failed; their statistic is infinite"),
        "expected": Branch(
            dtype="float64", shape=(c.expected.shape[1],), description="expected counts per bin"
        ),
        "statistic": Branch(
            dtype="float32",
            shape=(n,),
            description="-2 Δln L of the true value against the best physical one, with a minus where that "
            "is above it; ascending",
        ),
        "reference_statistic": Branch(
            dtype="float32",
            shape=(n,),
            description=f"one-sided statistic of toys whose true {c.parameter} is {c.reference:g}; ascending",
        ),
    }
    added = {"seed": c.seed, "conditions": asdict(c.conditions), "reference": c.reference}
    with TableWriter(
        path, _TREE, branches, provenance={**provenance, **added}, compression=compression, former=former
    ) as table:
        table.extend(
            {
                c.parameter: c.values,
                "n_failed": c.n_failed,
                "expected": c.expected,
                "statistic": c.signed,
                "reference_statistic": c.reference_statistic,
            }
        )
        table.finish({"n_toys": n})


def read_calibration(path: str | Path) -> StoredCalibration:
    """Read a calibration.

    Raises
    ------
    FileError
        If the file is missing, foreign, not whole, or merged from several.
    """
    with TableFile(path, _TREE) as table:
        if len(table.rows) != 1:
            raise FileError(path, "foreign", f"joins {len(table.rows)} tables: give one of them")
        provenance = table.provenances[0]
        stored_conditions = _conditions(provenance["conditions"])
        columns = table.arrays()
    calibration = Calibration(
        values=columns[stored_conditions.parameter],
        signed=columns["statistic"],
        reference=float(provenance["reference"]),
        reference_statistic=columns["reference_statistic"],
        expected=columns["expected"].reshape(len(columns["n_failed"]), -1),
        conditions=stored_conditions,
        seed=int(provenance["seed"]),
    )
    return StoredCalibration(calibration=calibration, provenance=provenance)


def _conditions(stored: Mapping[str, Any]) -> Conditions:
    rows = tuple((str(a), float(b), str(c)) for a, b, c in stored["constraints"])
    lists = {name: tuple(map(float, stored[name])) for name in ("errors", "data")}
    return Conditions(**{**stored, **lists, "constraints": rows})
