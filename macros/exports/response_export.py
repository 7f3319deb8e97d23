"""Response matrices and templates of a card, written as histograms."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.exchange import response_histograms
from analysis.histograms import write_json, write_root
from detsim.files import Former
from detsim.formats import MARK
from macros.exports.likelihood_export import provenance
from macros.studies import Inference

__all__ = ["ResponseExport", "export_response"]

_NAME = MARK.replace(".", "_")
"""Name of the provenance in a ROOT file."""


@dataclass(frozen=True, kw_only=True)
class ResponseExport:
    """What was written of a response.

    Parameters
    ----------
    file : Path
    histograms : tuple of str
        Their names.
    parameter : str
        Parameter of interest.
    value : float
        Of the parameter, for `response` and `signal`.
    """

    file: Path
    histograms: tuple[str, ...]
    parameter: str
    value: float

    def document(self) -> dict[str, Any]:
        """Return the keys of the JSON output."""
        return {
            "file": str(self.file),
            "format": "response",
            "histograms": list(self.histograms),
            "parameter": self.parameter,
            "value": self.value,
        }


def export_response(
    case: Inference, output: Path, *, at: Sequence[float] | None = None, former: Former | None = None
) -> ResponseExport:
    """Write the response matrices and templates of a card.

    Parameters
    ----------
    case : Inference
        The fit of the card; data give their exposure.
    output : Path
        ROOT for .root, UHI JSON for .json.
    at : sequence of float, optional
        One value of the parameter of interest; the card's if not given.
    former : mapping of Path to FileStamp, optional
        What may be replaced, as for `detsim.files.atomic.WholeFile`.

    Raises
    ------
    ValueError
        If data are weighted, or there are several values, or one outside of the range.
    """
    if at is not None and len(at) != 1:
        raise ValueError(
            f"a response is of one value of {case.fitter.templates.poi}, got {len(at)} with --at"
        )
    value = case.fitter.truth if at is None else at[0]
    origin = provenance(case.card)
    found = response_histograms(case.fitter, at=value, origin=origin)
    if output.suffix == ".json":
        write_json(output, found, former=former)
    else:
        entries = {name: float(h.values(flow=True).sum()) for name, h in found.items()}
        texts = {_NAME: json.dumps(origin)}
        write_root(output, found, entries=entries, texts=texts, former=former)
    return ResponseExport(
        file=output, histograms=tuple(found), parameter=case.fitter.templates.poi, value=float(value)
    )
