"""Groups of the record: what each runs."""

import shutil
import tempfile
import time
from functools import cache, partial
from pathlib import Path

from support.witness import event_scenarios, scenarios
from support.witness.library import describe_library
from support.witness.names import describe_help, describe_modules, describe_names, describe_packages
from support.witness.running import ROOT, run_steps

__all__ = ["groups", "record_group", "timed_record"]

_INPUTS = (ROOT / "tests" / "hard", ROOT / "tests" / "cases")
"""Cards and data that the commands read."""

_TABLES = {
    "help": describe_help,
    "packages": describe_packages,
    "names": describe_names,
    "modules": describe_modules,
    "library": describe_library,
}
"""What is recorded without files."""

_COMMANDS = {
    "small": scenarios.small,
    "messages": scenarios.messages,
    "texts": scenarios.texts,
    "run": scenarios.whole_run,
    "fits": scenarios.fits,
    "limits": scenarios.limits,
    "studies": scenarios.studies,
    "hard": scenarios.hard,
    "planes": scenarios.planes,
    "figures": scenarios.figures,
    "special": event_scenarios.special_events,
}
"""What is recorded of commands: functions that list them."""

_LONG = {"mixing": scenarios.mixing_figure}
"""Groups that run only where they are named."""


@cache
def _scenarios():
    events = {f"events {p}": partial(event_scenarios.preset_events, p) for p in event_scenarios.presets()}
    return _COMMANDS | events | _LONG


def groups(*, long):
    """List the groups.

    Parameters
    ----------
    long : bool
        Whether those that take minutes are among them.
    """
    return [name for name in (*_TABLES, *_scenarios()) if long or name not in _LONG]


def record_group(name):
    """Make the record of a group.

    Parameters
    ----------
    name : str
        One of `groups()`.

    Returns
    -------
    dict
    """
    if name in _TABLES:
        return _TABLES[name]()
    with tempfile.TemporaryDirectory(prefix="witness-") as made:
        directory = Path(made).resolve()
        for inputs in _INPUTS:
            shutil.copytree(inputs, directory / inputs.name)
        return run_steps(_scenarios()[name](), directory)


def timed_record(name):
    """Make the record of a group, and return it with the seconds that it took."""
    start = time.monotonic()
    return record_group(name), time.monotonic() - start
