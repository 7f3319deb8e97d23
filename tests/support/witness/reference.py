"""What of the record is the same on every machine: the reference of `tests/project/test_witness.py`."""

import json
import math
from importlib.metadata import version

from support.witness.comparing import differences
from support.witness.groups import record_group
from support.witness.names import describe_help, describe_packages, help_options
from support.witness.running import ROOT

__all__ = ["CLOSE", "FILE", "faults", "make_reference", "read_reference", "write_reference"]

FILE = ROOT / "tests" / "data" / "witness.json"

CLOSE = 1e-5
"""Relative difference of numbers that were rounded to six digits."""

_EXACT = ("check ", "counts ", "expect ", "figure ", "init ", "limit ", "list", "sensitivity ")
"""Commands whose numbers come from quadrature: others draw random numbers, or fit such."""

_DESCRIBED = {"dtype", "unit", "description", "class", "status"}
"""Keys whose value is kept where the rest is described by its type."""


def make_reference(*, small=True):
    """Make the part of the record that does not depend on the machine.

    Parameters
    ----------
    small : bool
        Whether to run the commands of "small", which takes seconds.

    Returns
    -------
    dict
        By group: "typer", its version, on which the layout of the help depends; "help"; "options", those that
        the help names; "packages", the public names, without types; "small", results of commands.
    """
    texts = describe_help()
    results = record_group("small") if small else {}
    return {
        "typer": {"version": version("typer")},
        "help": texts,
        "options": help_options(texts),
        "packages": describe_packages(annotations=False),
        "small": {command: _portable(command, said) for command, said in results.items()},
    }


def read_reference():
    """Read the stored reference."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def write_reference():
    """Write the reference of the present code."""
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(make_reference(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def faults(stored, found, group):
    """List what of a group has changed or is lost; what is new is no fault.

    Parameters
    ----------
    stored, found : dict
        Of `make_reference`, the stored one as JSON is read.
    group : str

    Returns
    -------
    list of Difference
    """
    found = json.loads(json.dumps(found[group]))
    return [d for d in differences(stored[group], found, (group,), close=CLOSE) if d.kind != "new"]


def _portable(command, said):
    said = {k: v for k, v in said.items() if k != "stderr"}
    return _rounded(said) if command.startswith(_EXACT) else _structure(said)


def _rounded(value):
    """Round the numbers of a document to six digits."""
    if isinstance(value, dict):
        return {k: _rounded(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_rounded(v) for v in value]
    return float(f"{value:.6g}") if isinstance(value, float) and math.isfinite(value) else value


def _structure(value, key=None):
    """Return keys and types of a document instead of its values; of a list each kind of entry once."""
    if key in _DESCRIBED:
        return value
    if isinstance(value, dict):
        return {k: _structure(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return _kinds(value)
    if value is None or isinstance(value, bool):
        return value
    return "text" if isinstance(value, str) else "number"


def _kinds(values):
    kinds = []
    for kind in map(_structure, values):
        if kind not in kinds:
            kinds.append(kind)
    return kinds
