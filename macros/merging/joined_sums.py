"""Sums over toys, and calibrations, of several files added into one."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.calibration import Calibration, Distributions, read_calibration, write_calibration
from analysis.studies import GoodnessTally, Tally
from detsim.files import FileError
from macros.merging.joined_parts import Joining
from macros.studies import read_sums, write_coverage_sums, write_goodness_sums

__all__ = ["join_calibrations", "join_sums"]

Sample = NDArray[np.float32]

_OF_CALIBRATIONS = ("seed", "conditions", "reference", "keep", "resolution", "largest_kept")
"""What the file of a calibration says of itself."""


def join_sums(joining: Joining) -> int:
    """Add the sums of all files, and write them; return the number of rows."""
    origin, first = joining.provenance(), joining.range[0]
    order = [part.value for part in joining.parts if part.value is not None]
    tallies: dict[float, Tally] = {}
    goodness: GoodnessTally | None = None
    for path in joining.paths:
        stored = read_sums(path)
        if stored.goodness is not None:
            goodness = stored.goodness if goodness is None else goodness + stored.goodness
        for tally in stored.tallies:
            before = tallies.get(tally.value)
            tallies[tally.value] = tally if before is None else before + tally
        joining.advance(1)
    settings: dict[str, Any] = {"compression": joining.compression, "former": joining.former}
    if goodness is not None:
        write_goodness_sums(joining.output, goodness, origin, first=first, **settings)
        return 1
    ordered = [tallies[value] for value in dict.fromkeys(order)]
    write_coverage_sums(
        joining.output, ordered, origin, parameter=origin["parameter"], first=first, **settings
    )
    return len(tallies)


def join_calibrations(joining: Joining) -> int:
    """Join the toys of all calibrations, and write the table; return the number of rows."""
    pairs: list[tuple[Sample, Sample]] = []
    sums: tuple[Distributions, Distributions] | None = None
    table: Calibration | None = None
    for path in joining.paths:
        one = read_calibration(path).calibration
        table = table or one
        if not (np.array_equal(one.values, table.values) and np.array_equal(one.expected, table.expected)):
            reason = f"has other true values, or expects other counts, than {joining.paths[0]}"
            raise FileError(path, "foreign", reason)
        if one.sums is None:
            pairs.append((one.signed, one.reference_statistic))
        else:
            sums = one.sums if sums is None else (sums[0] + one.sums[0], sums[1] + one.sums[1])
        joining.advance(1)
    if table is None:
        raise ValueError("there is no calibration to be joined")
    settings: dict[str, Any] = {
        "values": table.values,
        "reference": table.reference,
        "expected": table.expected,
        "conditions": table.conditions,
        "seed": table.seed,
        "first": joining.range[0],
    }
    if sums is not None:
        made = Calibration.of_sums(sums, **settings)
    else:
        signed, compared = (np.sort(np.concatenate(c, axis=1), axis=1) for c in zip(*pairs, strict=True))
        made = Calibration(signed=signed, reference_statistic=compared, **settings)
    origin = joining.provenance()
    write_calibration(
        joining.output,
        made,
        provenance={key: value for key, value in origin.items() if key not in _OF_CALIBRATIONS},
        compression=joining.compression,
        former=joining.former,
    )
    return len(made.values)
