"""Cards of several experiments: taken apart into a plain card of each."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from detsim.names import closest, is_name
from macros.card.checks import CardFault, name_fault
from macros.card.tables import OWN, CardTables

if TYPE_CHECKING:
    from detsim.experiment import Experiment

__all__ = ["Part", "check_common", "choose_experiment", "plain_document", "take_apart"]

_SHARED = ("model", "fit", "run")


@dataclass(frozen=True, kw_only=True)
class Part:
    """One experiment of a card.

    Parameters
    ----------
    name : str or None
        None: the card is a plain one.
    document : dict
        A plain card; it holds the tables of the whole card, not copies.
    own : mapping
        What stands under the experiment's name.
    top : mapping
        The whole card.
    """

    name: str | None
    document: dict[str, Any]
    own: Mapping[str, Any]
    top: Mapping[str, Any]

    def place(self, fault: CardFault) -> CardFault:
        """Say where in the whole card the fault of a plain one is."""
        if self.name is None:
            return fault
        key = f"experiment.{self.name}.{fault.key}" if self._is_own(fault.key.split(".")) else fault.key
        suggestion = re.sub(r"\[(\w+)\]", self._head, fault.suggestion)
        return replace(fault, key=key, suggestion=suggestion)

    def _is_own(self, path: list[str]) -> bool:
        if path[0] == "systematics" and "systematics" in self.own:
            stated = self.own["systematics"]
            return not isinstance(stated, Mapping) or (len(path) > 1 and path[1] in stated)
        return path[0] in self.own or (path[0] in OWN and path[0] not in self.top)

    def _head(self, match: re.Match[str]) -> str:
        return f"[experiment.{self.name}.{match[1]}]" if self._is_own([match[1]]) else match[0]

    def is_common(self, systematic: str) -> bool:
        """Tell whether an uncertainty is one of all experiments."""
        return self.name is not None and not self._is_own(["systematics", systematic])


def take_apart(document: dict[str, Any]) -> tuple[list[Part], list[CardFault]]:
    """Take a card apart.

    Returns
    -------
    parts : list of Part
        One of each experiment; of a plain card the card itself.
    faults : list of CardFault
        What stands where it does not belong; it is not in the parts.
    """
    if "experiment" not in document:
        return [Part(name=None, document=document, own={}, top=document)], []
    experiments = document["experiment"]
    if not (isinstance(experiments, Mapping) and experiments):
        advice = "for example [experiment.NEAR.detector], beside a plain [model]"
        return [], [CardFault(key="experiment", reason="must hold tables by name", suggestion=advice)]
    faults: list[CardFault] = []
    parts = []
    for name, stated in experiments.items():
        key = f"experiment.{name}"
        if not is_name(name):
            faults.append(name_fault(key, name))
        elif not isinstance(stated, Mapping):
            faults.append(CardFault(key=key, reason=f"must be a table, got {stated!r}"))
        else:
            tables = _own(name, stated, document, faults)
            plain = _plain(document, tables)
            parts.append(Part(name=name, document=plain, own=tables, top=document))
    if len(parts) == len(experiments):
        faults += _unused(document, parts)
    return parts, faults


def choose_experiment(card: str, experiments: "Sequence[Experiment]", name: str | None) -> "Experiment":
    """Find the experiment of a card that has a name, or without one the only one.

    Raises
    ------
    ValueError
        If there is none of the name, suggesting one, or several and no name.
    """
    if name is None:
        if len(experiments) > 1:
            names = ", ".join(e.name for e in experiments)
            raise ValueError(f"{card} has several experiments: choose one of {names} with --of NAME")
        return experiments[0]
    by_name = {experiment.name: experiment for experiment in experiments}
    if name not in by_name:
        meant = closest(str(name), list(by_name))
        advice = f"did you mean {meant}?" if meant else f"choose one of {', '.join(by_name)}"
        raise ValueError(f"{card} has no experiment {name!r}: {advice}")
    return by_name[name]


def plain_document(document: dict[str, Any], name: str) -> dict[str, Any]:
    """Make the plain card of one experiment of a card without faults."""
    return _plain(document, document["experiment"][name])


def check_common(experiments: Sequence["Experiment"]) -> list[CardFault]:
    """Report backgrounds that share one factor, and are not known alike."""
    faults: list[CardFault] = []
    first: dict[str, tuple[str, tuple[float, str]]] = {}
    for experiment in experiments:
        for b in experiment.backgrounds:
            if not b.common:
                continue
            stated = (b.uncertainty, b.constraint)
            name, first_stated = first.setdefault(b.name, (experiment.name, stated))
            if first_stated != stated:
                reason = f"is common with that of {name}, and has another uncertainty or constraint"
                key = f"experiment.{experiment.name}.background.{b.name}"
                faults.append(CardFault(key=key, reason=reason, suggestion="state the same in both"))
    return faults


def _own(
    name: str, stated: Mapping[str, Any], document: Mapping[str, Any], faults: list[CardFault]
) -> dict[str, Any]:
    """Take what belongs to one experiment, and report the rest."""
    tables = dict(stated)
    for key in _SHARED:
        if tables.pop(key, None) is not None:
            reason, advice = "belongs to all experiments", f"state [{key}] once, at the top"
            faults.append(CardFault(key=f"experiment.{name}.{key}", reason=reason, suggestion=advice))
    common, systematics = document.get("systematics"), tables.get("systematics")
    if not isinstance(systematics, Mapping):
        return tables
    systematics = dict(systematics)
    path = f"experiment.{name}.systematics"
    if systematics.pop("sin2_theta_w", None) is not None:
        reason, advice = "is the model's, of which there is one", "state it in [systematics], at the top"
        faults.append(CardFault(key=f"{path}.sin2_theta_w", reason=reason, suggestion=advice))
    for key in set(systematics) & set(common if isinstance(common, Mapping) else ()):
        systematics.pop(key)
        reason = "is common to all experiments already, by [systematics] at the top"
        faults.append(CardFault(key=f"{path}.{key}", reason=reason, suggestion="state it in one place"))
    return {**tables, "systematics": systematics}


def _plain(document: Mapping[str, Any], tables: Mapping[str, Any]) -> dict[str, Any]:
    common, of_experiment = document.get("systematics"), tables.get("systematics")
    merged = {key: value for key, value in {**document, **tables}.items() if key != "experiment"}
    if isinstance(common, Mapping) and isinstance(of_experiment, Mapping):
        merged["systematics"] = {**common, **of_experiment}
    order = [*CardTables.model_fields, *merged]
    return {key: merged[key] for key in dict.fromkeys(order) if key in merged}


def _unused(document: Mapping[str, Any], parts: list[Part]) -> list[CardFault]:
    """Report tables at the top that no experiment takes."""
    faults = []
    for key in OWN:
        if key in document and all(key in part.own for part in parts):
            theirs = " or ".join(f"[experiment.{part.name}.{key}]" for part in parts)
            reason = "is taken by no experiment, as each states its own"
            faults.append(CardFault(key=key, reason=reason, suggestion=f"change {theirs}"))
    return faults
