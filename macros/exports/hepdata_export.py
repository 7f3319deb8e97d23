"""Results of a card as a submission to HEPData: YAML by hepdata_lib, as a directory or an archive."""

import contextlib
import hashlib
import importlib
import importlib.util
import io
import json
import sys
import tarfile
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from detsim.files import FileError, Former, read_text, whole_files
from macros.exports.document_tables import document_tables
from macros.exports.hepdata_tables import Column, HepTable, result_tables
from macros.exports.likelihood_export import provenance
from macros.setup import whole_directory
from macros.studies import Inference, LimitOptions

__all__ = ["HepdataExport", "archive_suffix", "check_hepdata", "export_hepdata", "foreign_submission"]

_HEAD, _CARD = "submission.yaml", "card.toml"
_DIGITS = 10
"""Digits of all numbers."""


@dataclass(frozen=True, kw_only=True)
class HepdataExport:
    """What was written for HEPData.

    Parameters
    ----------
    file : Path
        Directory or archive.
    tables : tuple of str
    """

    file: Path
    tables: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return the keys of the JSON output."""
        return {"file": str(self.file), "format": "hepdata", "tables": list(self.tables)}


def archive_suffix(output: Path) -> bool:
    """Tell whether a name is that of an archive, and not of a directory."""
    return output.name.endswith((".tar.gz", ".tgz"))


def check_hepdata() -> None:
    """Refuse to work without hepdata_lib.

    Raises
    ------
    ValueError
    """
    if importlib.util.find_spec("hepdata_lib") is None:
        raise ValueError("hepdata needs the library hepdata_lib: pip install 'nugauge[hepdata]'")


def foreign_submission(directory: Path) -> str | None:
    """Say why a directory is no submission that this program made; None if it is."""
    head = directory / _HEAD
    if not head.is_file() or "nugauge.export" not in head.read_text(encoding="utf-8", errors="replace"):
        return f"holds no {_HEAD} of `nugauge export`"
    return None


def export_hepdata(
    case: Inference,
    output: Path,
    *,
    results: Sequence[Path] = (),
    reads: Sequence[Path] = (),
    force: bool = False,
    former: Former | None = None,
) -> HepdataExport:
    """Write spectra, estimates, profile and limit of a card, and results of other commands, for HEPData.

    Parameters
    ----------
    case : Inference
        The fit of the card, to data or expected.
    output : Path
        A directory, or an archive (.tar.gz), written whole or not at all.
    results : sequence of Path
        What `contour`, `coverage`, `limit` and `sensitivity` wrote with --json.
    reads : sequence of Path
        Files that are read, which a directory that is replaced must not hold.
    force : bool
        Whether a directory that this program made may be replaced.
    former : mapping of Path to FileStamp, optional
        Which archive may be replaced, as for `detsim.files.atomic.WholeFile`.

    Raises
    ------
    ValueError
        If hepdata_lib is not there, or its validator refuses what was written.
    FileError
        If a file of results is none.
    """
    check_hepdata()
    added = [table for path in results for table in _read_tables(path)]
    result = case.fit()
    limit = case.limit(LimitOptions(n_toys=0)).result
    tables = _named([*result_tables(case, result, case.profile(result), limit), *added])
    made = HepdataExport(file=output, tables=tuple(table.name for table in tables))
    if archive_suffix(output):
        with tempfile.TemporaryDirectory() as directory:
            _write(Path(directory), tables, case)
            whole_files({output: _archive(Path(directory))}, former=former)
        return made
    names = {_HEAD, _CARD, *map(_file_name, made.tables), *_former_names(output)}
    with whole_directory(output, names, force=force, reads=reads, foreign=foreign_submission) as directory:
        _write(directory, tables, case)
    return made


def _read_tables(path: Path) -> list[HepTable]:
    text = read_text(path)
    try:
        document = json.loads(text)
        if not isinstance(document, dict):
            raise ValueError("is no JSON document of a command")  # noqa: TRY004, TRY301 (one message for all)
        digest = hashlib.sha256(text.encode()).hexdigest()
        return document_tables(document, f"{path.name}, SHA-256 {digest}")
    except (ValueError, KeyError, TypeError) as error:
        what = str(error) if isinstance(error, ValueError) else f"lacks {error}"
        raise FileError(path, "foreign", what) from None


def _named(tables: Sequence[HepTable]) -> list[HepTable]:
    """Give numbers to tables of one name."""
    numbers: dict[str, int] = {}
    named = []
    for table in tables:
        numbers[table.name] = numbers.get(table.name, 0) + 1
        n = numbers[table.name]
        named.append(table if n == 1 else replace(table, name=f"{table.name} {n}"))
    return named


def _file_name(table: str) -> str:
    """Return the name that hepdata_lib gives to the file of a table."""
    return f"{table.lower().replace(' ', '_')}.yaml"


def _former_names(directory: Path) -> set[str]:
    """List the files of a submission that this program made before."""
    if not directory.is_dir() or foreign_submission(directory) is not None:
        return set()
    lines = (directory / _HEAD).read_text(encoding="utf-8").splitlines()
    return {line.partition(":")[2].strip().strip("'\"") for line in lines if line.startswith("data_file:")}


def _write(directory: Path, tables: Sequence[HepTable], case: Inference) -> None:
    """Write the files of a submission into an empty directory, and let HEPData's validator read them."""
    hepdata_lib, yaml, validation = _libraries()
    submission = hepdata_lib.Submission()
    submission.add_additional_resource("Card with which nugauge computed the tables", _CARD)
    head = {
        "comment": _comment(case),
        "data_license": submission.get_license(),
        "additional_resources": submission.additional_resources,
    }
    (directory / _CARD).write_text(case.card.text(), encoding="utf-8")
    with (directory / _HEAD).open("w", encoding="utf-8") as stream:
        yaml.dump(head, stream, default_flow_style=False, explicit_start=True)
    for table in tables:
        _table(hepdata_lib, table).write_output(str(directory))
    validator = validation.FullSubmissionValidator()
    if not validator.validate(directory=str(directory)):
        messages = [
            str(getattr(m, "message", m)) for found in validator.get_messages().values() for m in found
        ]
        raise ValueError(f"HEPData's validator refuses the submission: {'; '.join(messages)}")


def _libraries() -> tuple[Any, Any, Any]:
    """Import hepdata_lib without ROOT, which it prints that it lacks, and does not need here."""
    known = sys.modules.get("ROOT")
    sys.modules["ROOT"] = known  # type: ignore[assignment]  # None: it cannot be imported
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its libraries' own future
            names = ("hepdata_lib", "yaml", "hepdata_validator.full_submission_validator")
            hepdata_lib, yaml, validation = map(importlib.import_module, names)
    finally:
        if known is None:
            del sys.modules["ROOT"]
    return hepdata_lib, yaml, validation


def _comment(case: Inference) -> str:
    """Say where the numbers are from: program, card, data."""
    about = ", ".join(f"{name} {text}" for name, text in provenance(case.card).items())
    source = case.source
    named = ", ".join(f"{k} {v}" for k, v in source.items()) if isinstance(source, Mapping) else source
    return f"{case.card.model.label}; {case.kind} data{f' of {named}' if named else ''}. Made by {about}."


def _table(library: Any, table: HepTable) -> Any:
    made = library.Table(table.name)
    made.description, made.location = table.description, "not in a publication yet"
    for column in table.columns:
        made.add_variable(_variable(library, column))
    return made


def _variable(library: Any, column: Column) -> Any:
    made = library.Variable(
        column.name,
        is_independent=column.independent,
        is_binned=isinstance(column.values[0], tuple),
        units=column.unit,
        values=list(column.values),
        zero_uncertainties_warning=False,
    )
    made.digits = _DIGITS
    for label, values in column.errors:
        pairs = any(isinstance(value, tuple) for value in values)
        uncertainty = library.Uncertainty(label, is_symmetric=not pairs)
        uncertainty.values = [((0.0, 0.0) if pairs else 0.0) if v is None else v for v in values]
        for i in [i for i, value in enumerate(values) if value is None]:
            uncertainty.values[i] = None  # which hepdata_lib leaves out
        made.add_uncertainty(uncertainty)
    for name, value in column.qualifiers:
        made.add_qualifier(name, value)
    return made


def _archive(directory: Path) -> bytes:
    """Pack the files of a directory, the head first; the same files give the same bytes."""
    files = sorted(directory.iterdir(), key=lambda file: (file.name != _HEAD, file.name))
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for file in files:
            content = file.read_bytes()
            entry = tarfile.TarInfo(file.name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()
