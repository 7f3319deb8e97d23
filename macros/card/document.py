"""Run cards: one TOML document that describes an experiment, a model, a fit and a run."""

import copy
import tomllib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from macros.card.card import Card
from macros.card.catalogue import json_schema
from macros.card.checks import (
    MAX_DEPTH,
    CardError,
    CardFault,
    FaultList,
    check_combinations,
    check_limits,
    check_names,
    check_ranges,
    check_uncertainties,
    known_keys,
    read_tables,
)
from macros.card.experiments import Part, check_common, take_apart
from macros.card.files import locate_files
from macros.card.objects import build_experiment, build_fit, build_model
from macros.card.overrides import Overrides, apply_overrides
from macros.card.presets import card_text, preset_text, presets
from macros.card.settings import RunSettings
from macros.card.tables import has_amount
from macros.terminal import printable

_PLACES = {"vertex": "vertices", "direction": "directions"}
"""Columns of events that need a place of the event, as a message names them."""

if TYPE_CHECKING:
    from analysis.settings import FitSettings
    from detsim.experiment import Experiment
    from simgen.interaction import Model

__all__ = [
    "Card",
    "RunSettings",
    "card_from_document",
    "json_schema",
    "load_card",
    "preset_text",
    "presets",
    "read_card",
]


def load_card(card: str | PathLike[str], overrides: Overrides = ()) -> Card:
    """Load a preset or a card from a file, and warn of what is not plausible in it.

    Parameters
    ----------
    card : str or path
        A preset's name or the path of a TOML file.
    overrides : sequence of str, str or mapping
        "key=value", the value as TOML, else a string; one alone, or a mapping of keys to values.

    Raises
    ------
    CardError
        With everything that is wrong, each with its key and a suggestion.

    Examples
    --------
    >>> load_card("borexino-cr51-paper", ["model.gamma=0.05"]).model.gamma
    0.05
    >>> load_card("borexino-cr51-paper", {"model.gamma": 0.05}).model.gamma
    0.05
    """
    loaded = read_card(card, overrides)
    for text in loaded.warnings:
        warnings.warn(f"{card}: {text}", stacklevel=2)
    return loaded


def read_card(card: str | PathLike[str], overrides: Overrides = ()) -> Card:
    """Load a card as `load_card` does, without a warning: what is not plausible stands in `Card.warnings`."""
    name = str(card)
    text = card_text(name)
    try:
        document = tomllib.loads(text)
    except RecursionError:
        raise CardError(name, [CardFault(key="", reason=f"is nested more than {MAX_DEPTH} deep")]) from None
    except ValueError as error:
        digits = "digits" in str(error)  # Python's limit to the numbers that it reads, without a place
        reason = "holds a number of more than 308 digits" if digits else f"is not TOML: {error}"
        raise CardError(name, [CardFault(key="", reason=reason)]) from None
    directory = Path() if name in presets() else Path(name).parent
    stem = printable(Path(name).stem) if text else name
    return card_from_document(document, overrides, name=stem, file=name, directory=directory)


def card_from_document(
    document: Mapping[str, Any],
    overrides: Overrides = (),
    *,
    name: str,
    file: str | None = None,
    directory: Path | None = None,
) -> Card:
    """Make a card of plain values, such as those that are stored in a file's provenance.

    Parameters
    ----------
    document : mapping
        Tables of the card.
    overrides : sequence of str, str or mapping
        As in `load_card`.
    name : str
        Name of the card.
    file : str, optional
        What error messages call it; its name if not given.
    directory : Path, optional
        Where the names of files in the card start; the working directory if not given.

    Raises
    ------
    CardError
        With everything that is wrong.
    """
    _refuse(file or name, check_limits(document))
    used, faults = apply_overrides(document, overrides)
    _refuse(file or name, check_limits(used))
    parts, misplaced = take_apart(used)
    faults += misplaced
    read = [_read(part, directory or Path(), faults) for part in parts]
    experiments = tuple(r.experiment for r in read if r.experiment is not None)
    faults += check_common(experiments)
    if faults or len(experiments) < len(read):
        raise CardError(file or name, list(dict.fromkeys(faults)))
    first = read[0]
    stated = first.tables["run"].model_dump()
    run = RunSettings(**{**stated, "columns": tuple(stated["columns"])})
    if first.model is None or first.fit is None:
        raise CardError(file or name, faults)
    return Card(
        name=name,
        document=used,
        experiments=experiments,
        model=first.model,
        fit=first.fit,
        run=run,
        warnings=tuple(dict.fromkeys(str(w) for r in read for w in r.warnings)),
    )


def _refuse(file: str, faults: Sequence[CardFault]) -> None:
    if faults:
        raise CardError(file, faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What became of a plain card."""

    tables: dict[str, Any]
    experiment: "Experiment | None"
    model: "Model | None"
    fit: "FitSettings | None"
    warnings: list[CardFault]


def _read(part: Part, directory: Path, faults: list[CardFault]) -> _Read:
    """Read one experiment with what all share; add what is wrong, where it stands in the whole card."""
    file_faults = locate_files(part.document, directory)  # in the tables of the whole card, which these are
    checked = copy.deepcopy(part.document)
    fault_list = FaultList(checked, known_keys())
    fault_list.faults += [*file_faults, *check_names(part.document)]
    tables = read_tables(checked, fault_list)
    doubts: list[CardFault] = []
    n_faults = len(fault_list.faults)
    _add(fault_list, doubts, check_ranges(tables, per_mass=has_amount(checked)))
    _add(fault_list, doubts, check_uncertainties(tables))
    for fault in fault_list.faults[n_faults:]:
        tables.pop(fault.key.partition(".")[0], None)  # nothing is built of what cannot be right
    model = build_model(tables["model"], fault_list) if "model" in tables else None
    fit = build_fit(tables["fit"], fault_list) if "fit" in tables else None
    experiment = build_experiment(tables, model, fault_list)
    if experiment is not None and "run" in tables:
        _check_place(experiment, tables["run"].columns, fault_list)
    if experiment is not None:
        _add(fault_list, doubts, check_combinations(experiment, tables))
    if experiment is not None and part.name is not None:
        systematics = (replace(s, common=part.is_common(s.name)) for s in experiment.systematics)
        experiment = replace(experiment, name=part.name, systematics=tuple(systematics))
    faults += map(part.place, fault_list.faults)
    doubts = [part.place(doubt) for doubt in doubts]
    return _Read(tables=tables, experiment=experiment, model=model, fit=fit, warnings=doubts)


def _add(
    faults: FaultList, doubts: list[CardFault], errors_and_warnings: tuple[list[CardFault], list[CardFault]]
) -> None:
    """Add errors to the faults, and warnings to the doubts."""
    faults.faults += errors_and_warnings[0]
    doubts += errors_and_warnings[1]


def _check_place(experiment: "Experiment", columns: Sequence[str], faults: FaultList) -> None:
    """Report that vertices or directions are asked for where there is nothing to place them in."""
    asked = [word for name, word in _PLACES.items() if name in columns]
    if asked and getattr(experiment.normalisation, "geometry", None) is None:
        faults.add(
            "run.columns",
            f"asks for {' and '.join(asked)}, and there is no place to draw them in",
            "state a [geometry], with an activity or events: a flux is the same everywhere",
        )
