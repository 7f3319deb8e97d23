"""Sums over toys in a file: coverage at true values, goodness of fit. Parts of a study add up exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analysis.pseudo_experiments import Moments
from analysis.studies import GoodnessTally, Tally
from detsim.event_files import Branch, Compression, TableFile, TableWriter
from detsim.files import Former

__all__ = ["StoredSums", "read_sums", "write_coverage_sums", "write_goodness_sums"]

_TREE = "sums"
_COUNTS = {
    "n_toys": "number of toys",
    "n_failed": "of which the fit failed",
}


@dataclass(frozen=True, kw_only=True)
class StoredSums:
    """Sums of a file, with its provenance.

    Parameters
    ----------
    provenance : dict
    first, last : int
        Index of the first toy, and of the last, of each true value.
    tallies : tuple of Tally
        Of coverage, one for each true value; else empty.
    goodness : GoodnessTally or None
    """

    provenance: dict[str, Any]
    first: int
    last: int
    tallies: tuple[Tally, ...] = ()
    goodness: GoodnessTally | None = None


def write_coverage_sums(
    path: Path,
    tallies: Sequence[Tally],
    origin: Mapping[str, Any],
    *,
    parameter: str,
    first: int,
    compression: Compression = "zstd-1",
    former: Former | None = None,
) -> None:
    """Write sums of toys of true values, one row for each value.

    Parameters
    ----------
    path : Path
        The file, whole or absent.
    tallies : sequence of Tally
        Of the same methods.
    origin : mapping
        Provenance, with ``by_design`` of each true value.
    parameter : str
        Name of the parameter of interest.
    first : int
        Index of the first toy of each value.
    """
    truth, methods = f"true_{parameter}", tuple(tallies[0].covered)
    branches = {
        truth: Branch(dtype="float64", description=f"true value of {parameter}"),
        **{name: Branch(dtype="int64", description=text) for name, text in _COUNTS.items()},
        "n_retried": Branch(dtype="int64", description="fitted by MINUIT, as the compiled fit failed"),
        "bias": Branch(dtype="float64", description="mean of estimate minus truth"),
        "residual_deviation": Branch(dtype="float64", description="its standard deviation"),
        "pull_mean": Branch(dtype="float64", description="mean of (estimate minus truth)/(Hesse error)"),
        "pull_width": Branch(dtype="float64", description="its standard deviation"),
        **{
            _covered(m): Branch(dtype="int64", description=f"toys whose {m} interval holds the truth")
            for m in methods
        },
    }
    columns = {
        truth: [t.value for t in tallies],
        "n_toys": [t.n_toys for t in tallies],
        "n_failed": [t.n_failed for t in tallies],
        "n_retried": [t.n_retried for t in tallies],
        "bias": [_number(t.residuals.mean) for t in tallies],
        "residual_deviation": [_number(t.residuals.deviation) for t in tallies],
        "pull_mean": [_number(t.pulls.mean) for t in tallies],
        "pull_width": [_number(t.pulls.deviation) for t in tallies],
        **{_covered(m): [t.covered[m] for t in tallies] for m in methods},
    }
    exact = [
        {"residuals": t.residuals.document(), "pulls": t.pulls.document()} for t in tallies
    ]  # the means are rounded
    own = {"methods": list(methods), "parameter": parameter}
    with TableWriter(
        path, _TREE, branches, provenance={**origin, **own}, compression=compression, former=former
    ) as table:
        table.extend({name: np.array(values, branches[name].numpy) for name, values in columns.items()})
        last = first + max(t.n_toys for t in tallies) - 1
        table.finish({"first": first, "last": last}, provenance={"exact_sums": exact})


def write_goodness_sums(
    path: Path,
    tally: GoodnessTally,
    origin: Mapping[str, Any],
    *,
    first: int,
    compression: Compression = "zstd-1",
    former: Former | None = None,
) -> None:
    """Write the numbers of toys of a test of the goodness of fit, in one row.

    Parameters
    ----------
    path : Path
        The file, whole or absent.
    tally : GoodnessTally
    origin : mapping
        Provenance, with ``observed``.
    first : int
        Index of the first toy.
    """
    texts = _COUNTS | {"n_above": "whose fit is not better than that of the data"}
    branches = {name: Branch(dtype="int64", description=text) for name, text in texts.items()}
    with TableWriter(
        path, _TREE, branches, provenance=origin, compression=compression, former=former
    ) as table:
        table.extend({name: np.array([getattr(tally, name)], np.int64) for name in texts})
        table.finish({"first": first, "last": first + tally.n_toys - 1})


def read_sums(path: Path) -> StoredSums:
    """Read sums.

    Raises
    ------
    FileError
        If the file is missing, foreign, not whole, or joined by `hadd`.
    """
    with TableFile(path, _TREE) as table:
        (origin, row), columns = table.only_run(), table.arrays()
    stored = StoredSums(provenance=origin, first=int(row["first"]), last=int(row["last"]))
    if "observed" in origin:
        numbers = {name: int(columns[name][0]) for name in ("n_toys", "n_failed", "n_above")}
        return _with(stored, goodness=GoodnessTally(**origin["observed"], **numbers))
    truths, methods = columns[f"true_{origin['parameter']}"], origin["methods"]
    tallies = tuple(
        Tally(
            value=float(truths[i]),
            **{name: int(columns[name][i]) for name in ("n_toys", "n_failed", "n_retried")},
            residuals=Moments.of_document(exact["residuals"]),
            pulls=Moments.of_document(exact["pulls"]),
            covered={m: int(columns[_covered(m)][i]) for m in methods},
            by_design=tuple(origin["by_design"][i]),
            n_calibration=origin.get("n_calibration"),
        )
        for i, exact in enumerate(origin["exact_sums"])
    )
    return _with(stored, tallies=tallies)


def _with(stored: StoredSums, **found: Any) -> StoredSums:
    return StoredSums(provenance=stored.provenance, first=stored.first, last=stored.last, **found)


def _covered(method: str) -> str:
    return f"covered_{method.replace('-', '_')}"


def _number(x: float | None) -> float:
    return np.nan if x is None else x
