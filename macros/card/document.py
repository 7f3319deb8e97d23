"""Run cards: one TOML document that describes an experiment, a model, a fit and a run."""

import copy
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from macros.card.build import build_experiment, build_fit, build_model
from macros.card.check import known_keys, read_tables
from macros.card.faults import CardError, CardFault, FaultList, closest
from macros.card.files import locate_files
from macros.card.overrides import apply_overrides
from macros.card.tables import CardTables
from macros.card.toml import write_toml

if TYPE_CHECKING:
    from analysis.settings import FitSettings
    from detsim.experiment import Experiment
    from simgen.models import Model

__all__ = [
    "Card",
    "RunSettings",
    "card_from_document",
    "json_schema",
    "load_card",
    "preset_text",
    "presets",
]

_CARDS = Path(__file__).parents[1] / "cards"
_MAX_SIZE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """How a run is done; none of it changes the physics.

    Parameters
    ----------
    seed : int or None
        None: drawn from the system, printed and stored.
    threads : int or None
        None: as many as there are processors.
    precision : {"float32", "float64"}
        Of the columns in event files.
    compression : {"zstd-1", "lz4-4", "none"}
        Of event files.
    columns : tuple of {"vertex", "time", "cos_theta"}
        What event files hold beside the few that they always hold.
    """

    seed: int | None = None
    threads: int | None = None
    precision: Literal["float32", "float64"] = "float32"
    compression: Literal["zstd-1", "lz4-4", "none"] = "zstd-1"
    columns: tuple[Literal["vertex", "time", "cos_theta"], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Card:
    """A valid card.

    Parameters
    ----------
    name : str
        The preset's name, or the file's without its suffix.
    document : dict
        The card as plain values, overrides applied.
    experiment : detsim.experiment.Experiment
    model : simgen.models.Model
    fit : analysis.settings.FitSettings
    run : RunSettings
    """

    name: str
    document: dict[str, Any]
    experiment: "Experiment"
    model: "Model"
    fit: "FitSettings"
    run: RunSettings

    def text(self) -> str:
        """Write the card as TOML, as it is used: overrides applied, without comments."""
        return write_toml(self.document)


def presets() -> tuple[str, ...]:
    """List the names of the presets.

    Examples
    --------
    >>> "borexino-cr51-paper" in presets()
    True
    """
    return tuple(sorted(path.stem for path in _CARDS.glob("*.toml")))


def preset_text(name: str) -> str:
    """Read a preset as it stands, with its comments.

    Raises
    ------
    CardError
        If there is none of that name.
    """
    if name not in presets():
        raise CardError(name, [_unknown_preset(name)])
    return (_CARDS / f"{name}.toml").read_text(encoding="utf-8")


def load_card(card: str | PathLike[str], overrides: Sequence[str] = ()) -> Card:
    """Load a preset or a card from a file.

    Parameters
    ----------
    card : str or path
        A preset's name or the path of a TOML file.
    overrides : sequence of str
        "key=value", the value as TOML, else a string.

    Raises
    ------
    CardError
        With everything that is wrong, each with its key and a suggestion.

    Examples
    --------
    >>> load_card("borexino-cr51-paper", ["model.gamma=0.05"]).model.gamma
    0.05
    """
    name = str(card)
    text = preset_text(name) if name in presets() else _read_file(name)
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise CardError(name, [CardFault(key="", reason=f"is not TOML: {error}")]) from None
    directory = Path() if name in presets() else Path(name).parent
    stem = Path(name).stem if text else name
    return card_from_document(document, overrides, name=stem, file=name, directory=directory)


def card_from_document(
    document: Mapping[str, Any],
    overrides: Sequence[str] = (),
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
    overrides : sequence of str
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
    used, override_faults = apply_overrides(document, overrides)
    file_faults = locate_files(used, directory or Path())
    checked = copy.deepcopy(used)
    faults = FaultList(checked, known_keys())
    faults.faults += override_faults + file_faults
    tables = read_tables(checked, faults)
    model = build_model(tables["model"], faults) if "model" in tables else None
    fit = build_fit(tables["fit"], faults) if "fit" in tables else None
    experiment = build_experiment(tables, model, faults)
    if experiment is not None and "run" in tables and "vertex" in tables["run"].columns:
        _check_place(experiment, faults)
    if faults.faults or experiment is None or model is None or fit is None:
        raise CardError(file or name, faults.faults)
    stated = tables["run"].model_dump()
    run = RunSettings(**{**stated, "columns": tuple(stated["columns"])})
    return Card(name=name, document=used, experiment=experiment, model=model, fit=fit, run=run)


def _check_place(experiment: "Experiment", faults: FaultList) -> None:
    """Report that vertices are asked for where there is nothing to place them in."""
    if getattr(experiment.normalisation, "geometry", None) is None:
        faults.add(
            "run.columns",
            "asks for vertices, and there is no place to draw them in",
            "state a [geometry], with an activity or events: a flux is the same everywhere",
        )


def json_schema() -> dict[str, Any]:
    """Describe a card as JSON schema (draft 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "nugauge card",
        **CardTables.model_json_schema(),
    }


def _read_file(name: str) -> str:
    path = Path(name)
    fault = None
    try:
        if path.stat().st_size > _MAX_SIZE:
            fault = CardFault(key="", reason="is too large for a card", suggestion="a card is a TOML file")
        else:
            return path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        fault = _unknown_preset(name)
    except UnicodeDecodeError:
        fault = CardFault(key="", reason="is not a text file", suggestion="a card is a TOML file")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        fault = CardFault(key="", reason=f"cannot be read: {reason}")
    raise CardError(name, [fault])


def _unknown_preset(name: str) -> CardFault:
    meant = closest(name, presets())
    return CardFault(
        key="",
        reason="no such file, and no preset of that name",
        suggestion=f"did you mean `{meant}`?" if meant else f"presets are {', '.join(presets())}",
    )
