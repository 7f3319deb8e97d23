"""Which events of a run are in none of the files that are read as one data set, in words."""

from collections.abc import Sequence
from pathlib import Path

from detsim.event_files import EventFile
from detsim.files import series_file
from macros.merging.joined_files import check_events

__all__ = ["check_series", "missing_events"]


def check_series(paths: Sequence[Path]) -> tuple[str, ...]:
    """Check as `merge` that event files are parts of one run, and say which of its events they lack.

    Parameters
    ----------
    paths : sequence of Path
        One file, or several in any order.

    Returns
    -------
    tuple of str
        A sentence for a warning, or nothing.

    Raises
    ------
    FileError
        As `check_events`.
    """
    return missing_events(paths, check_events(paths) if len(paths) > 1 else ())


def missing_events(paths: Sequence[Path], gaps: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    """Say which events of a run files lack: between them, and before and after them in their series.

    Parameters
    ----------
    paths : sequence of Path
    gaps : sequence of (int, int)
        First and last event of what is missing between them.

    Notes
    -----
    No file says how many follow it. A file of a series is missing at the end if it lies beside the others.
    """
    ranges: list[tuple[int, int]] = []
    numbers: dict[int, Path] = {}
    what = "events"
    for path in paths:
        with EventFile(path) as file:
            for row, provenance in zip(file.rows, file.provenances, strict=True):
                series = (provenance.get("run") or {}).get("series")
                if series is not None:
                    numbers[int(series["number"])] = path.with_name(str(series["name"]))
                if row.n_experiments:
                    what = "pseudo-experiments"
                    ranges.append((row.first_experiment, row.first_experiment + row.n_experiments - 1))
                else:
                    ranges.append((row.first, row.last))
    missing = [f"{first} to {last}" for first, last in gaps]
    if numbers and min(numbers) > 0:
        missing.insert(0, f"before {min(first for first, _ in ranges)}")
    last_number = max(numbers, default=0)
    if numbers and series_file(numbers[last_number], last_number + 1).exists():
        missing.append(f"after {max(last for _, last in ranges)}")
    if not missing:
        return ()
    absent = " and ".join(filter(None, (", ".join(missing[:-1]), missing[-1])))
    where = f"{what} {absent} are in none of the files"
    if len(paths) == 1:
        where = f"{paths[0]} is a part of a run, and {what} {absent} are not in it"
    return (f"{where}; the exposure is that of those that are",)
