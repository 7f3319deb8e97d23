"""Files that version 0.1.0 wrote (schema 1), one of each kind.

They were made by that version from the preset borexino-cr51-realistic: 200 events by `generate` (true) and
`detect`; by `simulate` a TTree (events, second), an RNTuple, pseudo-experiments and a series of two files;
`reweight` with --gamma-templates (weighted); `toys`, `calibrate`, `coverage --table`; `merge` of the series,
`hadd` of events and second; and by `simulate decaying.toml` one whose background decays, with times.
"""

import tarfile
from pathlib import Path

ARCHIVE = Path(__file__).parents[1] / "files" / "version-0.1.0.tar.xz"
ROWS = {
    "true": 200, "detected": 116, "events": 106, "second": 97, "rntuple": 106, "experiments": 249,
    "series-0000": 87, "series-0001": 80, "weighted": 106, "toys": 6, "calibration": 3, "coverage": 8,
    "merged": 167, "hadded": 203, "decaying": 147,
}  # fmt: skip
"""Rows of each, as `inspect` of that version says."""


def unpack(directory):
    """Unpack all; return the directory."""
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(directory, filter="data")
    return directory
