"""Sums over toys, and calibrations, of several files added into one."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.calibration import Calibration, Distributions, read_calibration, write_calibration
from analysis.studies import GoodnessTally, Tally
from detsim.files import FileError, Former
from macros.merging.joined_parts import joined_provenance
from macros.merging.stored_runs import Part, Run
from macros.studies import read_sums, write_coverage_sums, write_goodness_sums

__all__ = ["join_calibrations", "join_sums"]

Sample = NDArray[np.float32]

_OF_CALIBRATIONS = ("seed", "conditions", "reference", "keep", "resolution", "largest_kept")
"""What the file of a calibration says of itself."""


def join_sums(
    output: Path,
    runs: Sequence[Run],
    parts: Sequence[Part],
    *,
    whole: bool,
    advance: Callable[[float], None] | None,
    former: Former | None,
) -> int:
    """Add the sums of all files, and write them; return the number of rows. See `join_rows`."""
    origin = joined_provenance(runs, parts, whole=whole)
    first = min(part.first for part in parts)
    order = [part.value for part in parts if part.value is not None]
    tallies: dict[float, Tally] = {}
    goodness: GoodnessTally | None = None
    for path in dict.fromkeys(run.path for run in runs):
        stored = read_sums(path)
        if stored.goodness is not None:
            goodness = stored.goodness if goodness is None else goodness + stored.goodness
        for tally in stored.tallies:
            before = tallies.get(tally.value)
            tallies[tally.value] = tally if before is None else before + tally
        if advance is not None:
            advance(1)
    compression = runs[0].origin.get("card", {}).get("run", {}).get("compression", "zstd-1")
    if goodness is not None:
        write_goodness_sums(output, goodness, origin, first=first, compression=compression, former=former)
        return 1
    write_coverage_sums(
        output,
        [tallies[value] for value in dict.fromkeys(order)],
        origin,
        parameter=origin["parameter"],
        first=first,
        compression=compression,
        former=former,
    )
    return len(tallies)


def join_calibrations(
    output: Path,
    runs: Sequence[Run],
    parts: Sequence[Part],
    *,
    whole: bool,
    advance: Callable[[float], None] | None,
    former: Former | None,
) -> int:
    """Join the toys of all calibrations, and write the table; return the number of rows. See `join_rows`."""
    pairs: list[tuple[Sample, Sample]] = []
    sums: tuple[Distributions, Distributions] | None = None
    table: Calibration | None = None
    for path in dict.fromkeys(part.run.path for part in parts):
        one = read_calibration(path).calibration
        table = table or one
        if not (np.array_equal(one.values, table.values) and np.array_equal(one.expected, table.expected)):
            reason = f"has other true values, or expects other counts, than {parts[0].run.path}"
            raise FileError(path, "foreign", reason)
        if one.sums is None:
            pairs.append((one.signed, one.reference_statistic))
        else:
            sums = one.sums if sums is None else (sums[0] + one.sums[0], sums[1] + one.sums[1])
        if advance is not None:
            advance(1)
    if table is None:
        raise ValueError("there is no calibration to be joined")
    settings: dict[str, Any] = {
        "values": table.values,
        "reference": table.reference,
        "expected": table.expected,
        "conditions": table.conditions,
        "seed": table.seed,
        "first": min(part.first for part in parts),
    }
    if sums is not None:
        made = Calibration.of_sums(sums, **settings)
    else:
        signed, compared = (np.sort(np.concatenate(c, axis=1), axis=1) for c in zip(*pairs, strict=True))
        made = Calibration(signed=signed, reference_statistic=compared, **settings)
    origin = joined_provenance(runs, parts, whole=whole)
    write_calibration(
        output,
        made,
        provenance={key: value for key, value in origin.items() if key not in _OF_CALIBRATIONS},
        compression=origin.get("card", {}).get("run", {}).get("compression", "zstd-1"),
        former=former,
    )
    return len(made.values)
