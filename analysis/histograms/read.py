"""Histograms of measured energies and distances from files: ROOT TH1 and TH2, UHI JSON, CSV."""

from pathlib import Path
from typing import Any

import hist
import numpy as np

from analysis.histograms.write import CSV_COLUMNS
from detsim.files import FileError, read_columns, split_spec
from detsim.formats import bins_of_columns, faults_of, read_binned
from simgen.units import read_quantity

__all__ = ["read_histogram"]

_AXES = {1: (("T_reco", "MeV"),), 2: (("L_reco", "cm"), ("T_reco", "MeV"))}


def read_histogram(spec: str | Path, *, unit: str = "MeV") -> hist.Hist[Any]:
    """Read a histogram of the measured energy [MeV], or of distance [cm] and energy.

    Parameters
    ----------
    spec : str or Path
        ``file.root:name`` (the name may be omitted if there is only one), ``file.json`` (UHI) or ``file.csv``
        with the columns low, high, counts, or L_low, L_high, low, high, counts, each with or without a last
        column variance.
    unit : str
        Unit of the energies in the file: "eV", "keV", "MeV" or "GeV". Distances are in cm.

    Returns
    -------
    hist.Hist
        With underflow and overflow, which are 0 for a CSV. Weighted if the file has variances.

    Raises
    ------
    FileError
        If the file is missing or damaged, has no such histogram, or holds neither counts nor sums of weights
        with their variances.
    """
    path, _ = split_spec(spec)
    units = ("cm", unit)
    match path.suffix.lower():
        case ".csv":
            choices = [
                (*names, *variance) for names in CSV_COLUMNS.values() for variance in ((), ("variance",))
            ]
            bins = bins_of_columns(read_columns(path, *choices), units)
        case ".json" | ".root":
            bins = read_binned(spec, dimensions=tuple(_AXES), units=units)
        case _:
            reason = "must be a histogram: file.root:name, file.json or file.csv"
            raise FileError(path, "foreign", reason)
    with faults_of(path):
        bins.check_data()
    factors = (1.0, read_quantity(f"1 {unit}", "energy"))[-len(bins.edges) :]
    labels = bins.labels or ("",) * len(bins.edges)
    axes = [
        hist.axis.Variable(edges * factor, name=name, label=label or f"{name} [{in_unit}]")
        for (name, in_unit), edges, factor, label in zip(
            _AXES[len(bins.edges)], bins.edges, factors, labels, strict=True
        )
    ]
    storage = hist.storage.Double() if bins.variances is None else hist.storage.Weight()
    label = bins.contents or _comment(path) or "Events per bin"
    h = hist.Hist(*axes, storage=storage, name=bins.title, label=label)
    h[...] = bins.values if bins.variances is None else np.stack([bins.values, bins.variances], axis=-1)
    return h


def _comment(path: Path) -> str:
    """Return the comment that `write_csv` puts into the first line of a CSV file; empty if there is none."""
    if path.suffix.lower() != ".csv":
        return ""
    with path.open(encoding="utf-8", errors="replace") as stream:
        first = stream.readline(200)
    return first.removeprefix("#").strip() if first.startswith("# Simulated") else ""
