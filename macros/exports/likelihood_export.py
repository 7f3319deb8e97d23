"""The likelihood of a card and its data, written for pyhf and ROOT's HistFactory."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from analysis.exchange import Difference, PyhfLikelihood, pyhf_likelihood
from detsim.files import Former, whole_files
from detsim.formats import MARK
from macros.card import Card
from macros.studies import Inference
from macros.terminal import RunError

__all__ = ["PyhfExport", "export_pyhf", "patchset_path", "provenance"]

_ROUNDING = 1e-9
_MOST = 1.0
"""Statistical errors of a bin by which expected counts may differ from those of the fit."""


@dataclass(frozen=True, kw_only=True)
class PyhfExport:
    """What was written for pyhf.

    Parameters
    ----------
    files : tuple of Path
        The workspace, and the patchset if there is one.
    likelihood : PyhfLikelihood
    poi : str
        Parameter of interest.
    at : tuple of float or None
        Values at which it is fixed.
    observed : str
        What the counts are.
    """

    files: tuple[Path, ...]
    likelihood: PyhfLikelihood
    poi: str
    at: tuple[float, ...] | None
    observed: str

    @property
    def exact(self) -> bool:
        """Whether the expected counts are those of the fit to rounding."""
        return self.likelihood.difference.errors < _ROUNDING

    def document(self) -> dict[str, Any]:
        """Return the keys of the JSON output."""
        found = self.likelihood
        return {
            "file": str(self.files[0]),
            "files": [str(file) for file in self.files],
            "format": "pyhf",
            "observed": self.observed,
            "parameter": self.poi,
            "at": None if self.at is None else list(self.at),
            "unit": found.unit,
            "held": found.held,
            "modifiers": found.kinds,
            "difference": found.difference.errors,
            "difference_at": found.difference.pulls,
        }


def provenance(card: Card) -> dict[str, str]:
    """Say with what something was made: program, card, and the checksum of the card as it was used."""
    try:
        program = version("nugauge")
    except PackageNotFoundError:
        program = "unknown"
    digest = hashlib.sha256(card.text().encode()).hexdigest()
    return {MARK: program, "card": card.name, "sha256": digest}


def patchset_path(output: Path) -> Path:
    """Return the name of the patchset beside a workspace.

    Examples
    --------
    >>> patchset_path(Path("scan.json")).name
    'scan-patchset.json'
    """
    return output.with_name(f"{output.stem}-patchset{output.suffix}")


def export_pyhf(
    case: Inference, output: Path, *, at: Sequence[float] | None = None, former: Former | None = None
) -> PyhfExport:
    """Write the likelihood of a card for pyhf.

    Parameters
    ----------
    case : Inference
        The fit of the card, to data or expected.
    output : Path
        The workspace; a patchset stands beside it. Both are written whole or not at all.
    at : sequence of float, optional
        Values at which the parameter of interest is fixed; see `analysis.exchange.pyhf_likelihood`.
    former : mapping of Path to FileStamp, optional
        What may be replaced, as for `detsim.files.atomic.WholeFile`.

    Raises
    ------
    ValueError
        If HistFactory cannot hold the likelihood.
    RunError
        If its expected counts differ from those of the fit by more than the statistical error of a bin.
    """
    source = case.source
    named = ", ".join(f"{k} {v}" for k, v in source.items()) if isinstance(source, dict) else source
    observed = "expected counts" if case.counts is None else f"{case.kind} counts of {named}"
    found = pyhf_likelihood(
        case.fitter,
        case.exact,
        case.fitter.nominal if case.pulls is None else case.pulls,
        at=at,
        observed=observed,
        origin=provenance(case.card),
    )
    _check_difference(found.difference)
    documents = {output: {"measurements": found.workspace["measurements"], **found.workspace}}
    if found.patchset is not None:
        documents[patchset_path(output)] = found.patchset
    contents = {
        path: (json.dumps(document, indent=1) + "\n").encode() for path, document in documents.items()
    }
    return PyhfExport(
        files=tuple(whole_files(contents, former=former)),
        likelihood=found,
        poi=case.fitter.templates.poi,
        at=None if at is None else tuple(at),
        observed=observed,
    )


def _check_difference(difference: Difference) -> None:
    """Refuse expected counts that are others than those of the fit; `nan` is refused, too."""
    if difference.errors <= _MOST:
        return
    if difference.pulls:
        at = " and ".join(
            f"{name} at {pull:+g} standard deviations" for name, pull in difference.pulls.items()
        )
        advice = f"give {' or '.join(difference.pulls)} a smaller uncertainty in the card"
    else:
        at, advice = "nominal pulls", "fix the parameter of interest with --at"
    raise RunError(
        f"HistFactory cannot hold this likelihood: with {at}, its expected count of bin {difference.bin} "
        f"(from 0) of {difference.channel} differs by {difference.errors:.2g} statistical errors of the bin "
        f"from that of the fit, and {_MOST:g} is the most; {advice}"
    )
