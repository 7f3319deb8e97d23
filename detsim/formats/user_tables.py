"""Tables of users: columns of CSV files, and spectra from CSV, ROOT and JSON."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detsim.files import Columns, FileError, checksum, read_columns, split_spec
from detsim.formats.binned import Binned
from detsim.formats.histogram_file import bins_of_columns, faults_of, read_binned
from simgen.sources import HistogramSpectrum, TableSpectrum

__all__ = ["Columns", "checksum", "read_columns", "read_spectrum", "table_path"]

Array = NDArray[np.float64]

_POINTS = ("energy", "density")
_BINS = ("low", "high", "content")
_TOO_LARGE = 1e5


def read_spectrum(spec: str | Path, *, unit: float) -> TableSpectrum | HistogramSpectrum:
    """Read the spectrum of a source.

    Parameters
    ----------
    spec : str or Path
        ``file.csv`` with the columns energy, density (points, straight lines between them) or low, high,
        content (bins); ``file.root:name`` of a TH1 (the name may be left out if there is one);
        ``file.json``, a histogram as the hist library writes it. Densities are neutrinos per decay and energy
        unit, contents neutrinos per decay.
    unit : float
        Unit of the energies in the file [MeV].

    Returns
    -------
    TableSpectrum or HistogramSpectrum

    Raises
    ------
    FileError
        If the file is missing or damaged or is no spectrum, with the row in which something is wrong.
    """
    path, _ = split_spec(spec)
    match path.suffix.lower():
        case ".csv":
            table = read_columns(path, _POINTS, _BINS)
            if table.names == _POINTS:
                return _points(table, unit)
            bins = bins_of_columns(table)
        case ".json" | ".root":
            bins = read_binned(spec)
        case _:
            raise FileError(path, "foreign", "must be file.csv, file.json or file.root:name")
    with faults_of(path):
        _check_spectrum(bins, unit)
    edges = bins.edges[0] * unit
    return HistogramSpectrum(edges=tuple(edges.tolist()), contents=tuple(bins.values[1:-1].tolist()))


def table_path(spec: str | Path) -> Path:
    """Return the file of ``file.root:name`` or any other name."""
    return split_spec(spec)[0]


def _points(table: Columns, unit: float) -> TableSpectrum:
    energies = table.column("energy")
    table.require(energies >= 0, "energy", "must be at least 0")
    table.require(energies * unit <= _TOO_LARGE, "energy", "is beyond 100 GeV: is the unit right?")
    table.require_ascending("energy")
    table.require(table.column("density") >= 0, "density", "must be at least 0")
    if not table.column("density").any():
        raise FileError(table.path, "foreign", "has no density above 0: an empty spectrum")
    if len(table.lines) < 2:
        raise FileError(table.path, "foreign", "must have at least two points")
    return TableSpectrum(
        energies=tuple((energies * unit).tolist()),
        densities=tuple((table.column("density") / unit).tolist()),
    )


def _check_spectrum(bins: Binned, unit: float) -> None:
    """Refuse a histogram that is no spectrum of energies."""
    edges, values = bins.edges[0], bins.values
    if edges[0] < 0 or edges[-1] * unit > _TOO_LARGE:
        raise ValueError(
            f"edges must be from 0 to 100 GeV, got {edges[0]:g} to {edges[-1]:g} in units of {unit:g} MeV: "
            "is the unit right?"
        )
    for i in (0, -1):
        if values[i] != 0:
            where = len(edges) if i else 0
            raise ValueError(f"{bins.name([where])} must be empty, got {values[i]:g}: it has no energy")
    if not values.any():
        raise ValueError("has no content above 0: an empty spectrum")
